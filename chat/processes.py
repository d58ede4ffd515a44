"""Starts one part as a process group of its own, with its log, and ends the whole group."""

import asyncio
import os
import signal
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from chat import texts

GRACE_S = 10.0
TAIL_BYTES = 8192


@dataclass(frozen=True, kw_only=True)
class Command:
    """What to start: `part` is the name that people read, `log` takes all output."""

    part: str
    arguments: tuple[str, ...]
    folder: Path
    environ: Mapping[str, str]
    log: Path


@dataclass(frozen=True)
class Child:
    """A part that was started and not yet ended by us."""

    command: Command
    process: asyncio.subprocess.Process

    def tail(self) -> str:
        """The last lines that the part wrote."""
        written = self.command.log.read_bytes()[-TAIL_BYTES:]
        return texts.last_lines(written.decode("utf-8", errors="replace"))

    def notes(self) -> str:
        """What the part said first of settings that the person should know of, '' if nothing."""
        with self.command.log.open("rb") as log:
            return texts.notes(log.read(TAIL_BYTES).decode("utf-8", errors="replace"))

    async def stop(self, hurry: asyncio.Event) -> None:
        """Asks the group to end, and ends what is left of it after ten seconds, or at once when told to hurry."""
        self._signal(signal.SIGTERM)
        leaving = asyncio.ensure_future(self.process.wait())
        hurried = asyncio.ensure_future(hurry.wait())
        await asyncio.wait((leaving, hurried), timeout=GRACE_S, return_when=asyncio.FIRST_COMPLETED)
        self._signal(signal.SIGKILL)
        hurried.cancel()
        await leaving

    def _signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError, PermissionError):  # nobody of the group is left; macOS says the latter
            os.killpg(self.process.pid, number)


async def start(command: Command) -> Child:
    """Starts the command in a new session, so that Ctrl-C at the terminal reaches us alone. Its log begins anew, and
    the one of the run before stays beside it: that run may still be going on, and only the part itself finds out."""
    command.log.parent.mkdir(parents=True, exist_ok=True)
    if command.log.exists():
        command.log.replace(command.log.with_suffix(".before.log"))
    with command.log.open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            *command.arguments,
            cwd=command.folder,
            env=command.environ,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=log,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
        )
    return Child(command, process)
