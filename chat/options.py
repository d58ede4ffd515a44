"""What a person may choose when starting the windows: ports, folder, the program, and whether windows open at all."""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

BOT_PORT = 3978
SANDBOX_PORT = 8800
EMPLOYEE_PORT = 56150
MANAGER_PORT = 56151
HIGHEST_PORT = 65535


@dataclass(frozen=True, kw_only=True)
class Options:
    """`app` is the program that serves the bot and its sandbox tenant; everything written lies under `data`."""

    bot_port: int = BOT_PORT
    sandbox_port: int = SANDBOX_PORT
    employee_port: int = EMPLOYEE_PORT
    manager_port: int = MANAGER_PORT
    data: Path = Path(".data")
    app: Path = Path("app.py")
    chat: bool = True
    install_only: bool = False


@dataclass(frozen=True, kw_only=True)
class Port:
    """A port that is needed, the part that needs it, and the flag that moves it."""

    number: int
    part: str
    flag: str


def parse_options(arguments: Sequence[str], environ: Mapping[str, str]) -> Options:
    """Reads flags, then FOYER_* variables, then the defaults. Exits with a usage line on a wrong flag."""
    parser = argparse.ArgumentParser(
        prog="python -m chat",
        description="Starts Foyer on a sandbox tenant, with two chat windows. Ctrl-C stops all of it.",
    )
    for flag, fallback, part in (
        ("--bot-port", BOT_PORT, "the bot"),
        ("--sandbox-port", SANDBOX_PORT, "the sandbox tenant"),
        ("--employee-port", EMPLOYEE_PORT, "Mia's chat window"),
        ("--manager-port", MANAGER_PORT, "Jonas's chat window"),
    ):
        variable = variable_of(flag)
        parser.add_argument(
            flag,
            type=_port,
            metavar="PORT",
            default=environ.get(variable, str(fallback)),
            help=f"port of {part} (default {fallback}, or {variable})",
        )
    parser.add_argument("--data", type=Path, default=Options.data, help="folder for data and logs (default .data)")
    parser.add_argument("--no-chat", dest="chat", action="store_false", help="the bot and its sandbox, no chat windows")
    parser.add_argument("--install-only", action="store_true", help="install the chat windows and stop")
    parser.add_argument("--app", type=Path, default=Options.app, help=argparse.SUPPRESS)
    return Options(**vars(parser.parse_args(arguments)))


def ports_of(options: Options) -> tuple[Port, ...]:
    """The ports that must be free before anything starts."""
    served = (
        Port(number=options.bot_port, part="the bot", flag="--bot-port"),
        Port(number=options.sandbox_port, part="the sandbox tenant", flag="--sandbox-port"),
    )
    if not options.chat:
        return served
    return (
        *served,
        Port(number=options.employee_port, part="Mia's chat window", flag="--employee-port"),
        Port(number=options.manager_port, part="Jonas's chat window", flag="--manager-port"),
    )


def variable_of(flag: str) -> str:
    """The environment variable that stands for a flag: --bot-port is FOYER_BOT_PORT."""
    return "FOYER_" + flag.removeprefix("--").replace("-", "_").upper()


def _port(text: str) -> int:
    number = int(text) if text.isascii() and text.isdecimal() else 0
    if not 0 < number <= HIGHEST_PORT:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port: give a number from 1 to {HIGHEST_PORT}")
    return number
