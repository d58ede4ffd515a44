"""The command, the environment and the log of each part that a run starts."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from chat import node
from chat.options import Options
from chat.processes import Command
from chat.windows import JONAS, MIA, ZONE, Window, write_config


@dataclass(frozen=True, kw_only=True)
class Parts:
    """Everything written goes below `data`; `root` is the folder of the project."""

    root: Path
    options: Options
    environ: Mapping[str, str]

    @property
    def data(self) -> Path:
        return self.root / self.options.data

    @property
    def logs(self) -> Path:
        return self.data / "logs"

    @property
    def windows(self) -> tuple[Window, ...]:
        return (
            Window(person=MIA, port=self.options.employee_port),
            Window(person=JONAS, port=self.options.manager_port),
        )

    def bot(self, app: Path) -> Command:
        """The bot together with its sandbox tenant, which `app` starts beside it."""
        options = self.options
        return Command(
            part="The bot",
            arguments=(
                *(sys.executable, str(app), "--sandbox", "--port", str(options.bot_port)),
                *("--sandbox-port", str(options.sandbox_port), "--data", str(self.data)),
            ),
            folder=self.root,
            environ={**self._direct(), "PYTHONUNBUFFERED": "1"},
            log=self.logs / "bot.log",
        )

    def window(self, window: Window, found: node.Node) -> Command:
        """One chat window. Its zone is the sandbox tenant's, wherever the machine stands. Writes its configuration."""
        name = f"chat-{window.person.login}"
        log = self.logs / f"{name}.log"
        config = write_config(window, self.data / name)
        return Command(
            part=f"{window.person.given_name}'s chat window",
            arguments=node.playground_command(
                found, bot_port=self.options.bot_port, port=window.port, service_url=window.service_url
            ),
            folder=config.parent,
            environ={
                **self._direct(),
                "APPLICATION_INSIGHTS_NO_STATSBEAT": "1",
                "M365_AGENTS_PLAYGROUND_CONFIG_PATH": str(config),
                "M365_AGENTS_PLAYGROUND_LOGFILE": str(log),
                "TEAMSAPPTESTER_BROWSER": "none",
                "TZ": ZONE,
            },
            log=log,
        )

    def npm_ci(self, found: node.Node) -> Command:
        """The installation of the chat windows, behind whatever proxy or mirror the person's npm is set to."""
        return Command(
            part="npm ci",
            arguments=node.install_command(found),
            folder=node.HERE,
            environ=self.environ,
            log=self.logs / "npm-ci.log",
        )

    def _direct(self) -> dict[str, str]:
        """The person's environment, with the way to this machine kept clear of any proxy."""
        outside = self.environ.get("NO_PROXY") or self.environ.get("no_proxy") or ""
        direct = ",".join(filter(None, (outside, "127.0.0.1", "localhost")))
        return {**self.environ, "NO_PROXY": direct, "no_proxy": direct}
