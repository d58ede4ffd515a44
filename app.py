"""Starts Foyer: settings → wiring → run. With `--sandbox`, starts the sandbox tenant too, as a program of its own."""

import argparse
import asyncio
import contextlib
import logging
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import aiohttp
from aiohttp import web

from bot.clock import SystemClock
from bot.commands import line
from bot.config import ConfigProblems, Settings, not_on_sandbox
from bot.logs import Form, logging_to
from bot.ports.store import StoreError
from bot.tenant import Leases
from bot.web.app import runner_of
from bot.wiring import Role, open_system

SANDBOX_POLICY = Path(__file__).with_name("chat") / "policy.toml"
SANDBOX_STARTS_WITHIN_S = 30.0
LEASES = Leases()
INSTEAD = {
    "FOYER_PORT": "--port does; under `make run` FOYER_BOT_PORT",
    "FOYER_DATA": "--data does",
    "FOYER_PUBLIC_URL": "--public-port does",
    "REDIS_URL": "with --redis it does",
    "REDIS_ACCEPT_LOSS": "with --redis it does",
}

log = logging.getLogger("app")


class CannotStart(Exception):
    """What stands in the way, in sentences for the operator."""

    def __init__(self, *problems: str) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


def main(arguments: Sequence[str], leases: Leases = LEASES) -> int:
    """Runs until SIGINT or SIGTERM. 0 after a clean stop, 2 for settings of no use, 1 for what else stopped it."""
    if arguments and arguments[0] in line.NAMES:
        return _command(arguments[0], arguments[1:])
    options = _options(arguments)
    try:
        settings = _settings(options)
    except ConfigProblems as wrong:
        _say("Foyer cannot start:", *(f"  {problem}" for problem in wrong.problems))
        return 2
    with logging_to(form=Form(settings.log_form), level=settings.log_level):
        try:
            return asyncio.run(_run(settings, options, leases))
        except CannotStart as cannot:
            _say("Foyer cannot start:", *(f"  {problem}" for problem in cannot.problems))
            return 1


def _command(name: str, arguments: Sequence[str]) -> int:
    """One that an operator runs beside the service; with `--sandbox` on the sandbox that runs already."""
    parser = argparse.ArgumentParser(prog=f"app.py {name}", description=f"app.py {name} {line.NAMES[name]}.")
    parser.set_defaults(role=Role.ALL, reconcile=False)
    _add_places(parser)
    line.add_to(parser, name)
    options = parser.parse_args(arguments)
    try:
        settings = _settings(options)
    except ConfigProblems as wrong:
        return line.unusable(name, wrong, as_program=getattr(options, "json", False))
    level = "CRITICAL" if name == "doctor" else "ERROR"  # its table tells what went wrong
    with logging_to(form=Form(settings.log_form), level=level):
        return line.run(name, settings, options)


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    commands = "\n".join(f"  app.py {name:<14}{does}" for name, does in line.NAMES.items())
    parser = argparse.ArgumentParser(
        prog="app.py",
        description="Foyer, the meeting-room bot: runs the service until it is stopped.",
        epilog=f"commands beside it (each has its own --help):\n{commands}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--role",
        choices=[role.value for role in Role],
        default=Role.ALL.value,
        help="web answers people and Microsoft 365, worker does what is owed; both can run often on one REDIS_URL",
    )
    parser.add_argument(
        "--sandbox-pace", type=float, default=1.0, help="with --sandbox: 0.2 makes Exchange five times faster"
    )
    parser.add_argument(
        "--reconcile",
        action="store_true",
        help="the store is older than the mailboxes (a restored Redis, say): compare before doing anything",
    )
    _add_places(parser)
    options, more = parser.parse_known_args(arguments)
    if more:
        parser.error(_not_understood(more))
    options.role = Role(options.role)
    return options


def _not_understood(words: Sequence[str]) -> str:
    word = next((word for word in words if not word.startswith("-")), "")
    if not word:
        return f"unrecognized arguments: {' '.join(words)}"
    if word in line.NAMES:
        return f"a command comes first: app.py {word} …, and the options after it"
    return f"there is no command {word!r}: the commands are {', '.join(line.NAMES)}; without one the service runs"


def _add_places(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--sandbox", action="store_true", help="run on a sandbox tenant that is started beside it")
    parser.add_argument(
        "--sandbox-runs", action="store_true", help="with --sandbox: the tenant runs already; none is started"
    )
    parser.add_argument("--port", type=_port, default=3978, help="with --sandbox: where the bot listens")
    parser.add_argument("--sandbox-port", type=_port, default=8800, help="with --sandbox: where the tenant listens")
    parser.add_argument(
        "--public-port", type=_port, help="with --sandbox: where the tenant posts notifications, if not to --port"
    )
    parser.add_argument("--redis", action="store_true", help="with --sandbox: keep everything in REDIS_URL's Redis")
    parser.add_argument("--data", type=Path, default=Path(".data"), help="with --sandbox: where everything is kept")


def _port(said: str) -> int:
    if not said.isascii() or not said.isdigit() or len(said) > 5 or not 0 < int(said) < 65536:
        raise argparse.ArgumentTypeError(f"{said!r} is no port: give a number from 1 to 65535")
    return int(said)


def _settings(options: argparse.Namespace) -> Settings:
    settings = _of_sandbox(options) if options.sandbox else Settings.from_mapping(_environment())
    return _of_role(replace(settings, reconcile=options.reconcile), options.role)


def _of_sandbox(options: argparse.Namespace) -> Settings:
    try:
        policy = SANDBOX_POLICY.read_text("utf-8")
    except FileNotFoundError:
        raise ConfigProblems(
            ["--sandbox: is not in this installation: run `make run` in a checkout of Foyer"]
        ) from None
    settings = Settings.for_sandbox(
        port=options.port, sandbox_port=options.sandbox_port, data=options.data, policy=policy
    )
    if options.public_port:
        settings = replace(settings, public_url=f"http://127.0.0.1:{options.public_port}")
    settings = settings.beside_sandbox(_environment(), redis=options.redis)
    without = not_on_sandbox(_environment(), redis=options.redis)
    if without:
        told = (f"{name} ({INSTEAD[name]})" if name in INSTEAD else name for name in without)
        _say(f"These settings do not count in the sandbox: {', '.join(told)}")
    return settings


def _environment() -> Mapping[str, str]:
    return os.environ  # noqa: TID251 - the one place that hands the environment over


def _of_role(settings: Settings, role: Role) -> Settings:
    """One process alone can have a SQLite file, and it does everything."""
    if role is not Role.ALL and not settings.redis_url:
        named = "--redis: is missing: with --sandbox," if settings.sandbox else "REDIS_URL: is missing:"
        raise ConfigProblems([f"{named} --role {role} shares its work with others, in Redis"])
    if role is Role.WEB and settings.reconcile:
        raise ConfigProblems(["--reconcile: is for --role worker or all: web compares nothing"])
    return settings


async def _run(settings: Settings, options: argparse.Namespace, leases: Leases) -> int:
    """The exit code. Ends when it is told to, or when the sandbox tenant that it started does."""
    stop, ended = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with contextlib.AsyncExitStack() as stack:
        if options.sandbox and not options.sandbox_runs:
            await stack.enter_async_context(_sandbox(options, ended))
        try:
            opening = open_system(settings, SystemClock(), role=options.role, leases=leases)
            system = await stack.enter_async_context(opening)
        except (StoreError, OSError) as fault:
            where = "Redis" if settings.redis_url else str(settings.data)
            raise CannotStart(f"the store in {where} cannot be opened: {fault}") from fault
        await _serve(settings, system.app, stack)
        log.info("system.serving", extra={"port": settings.port})
        waits = [asyncio.ensure_future(one.wait()) for one in (stop, ended)]
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for one in waits:
            one.cancel()
        log.info("system.stopping")
    if not stop.is_set():
        _say("Foyer stopped, for its sandbox tenant did: what that said stands above.")
    return 0 if stop.is_set() else 1


async def _serve(settings: Settings, app: web.Application, stack: contextlib.AsyncExitStack) -> None:
    runner = runner_of(app)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    try:
        await web.TCPSite(runner, settings.host, settings.port).start()
    except OSError as fault:
        raise CannotStart(
            f"port {settings.port} cannot be listened on ({fault.strerror}): free it or choose another"
        ) from fault


@contextlib.asynccontextmanager
async def _sandbox(options: argparse.Namespace, ended: asyncio.Event) -> AsyncIterator[None]:
    """The tenant as a stranger: another process, spoken to over HTTP alone. It ends with this one, however that ends:
    the kernel closes its standard input then. `ended` is set when it ends by itself."""
    _check_free(options.sandbox_port)  # else another one's tenant there would be taken for this one's
    try:
        options.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as fault:
        raise CannotStart(f"the folder {options.data} cannot be made ({fault.strerror}): choose another") from fault
    words = ["--port", str(options.sandbox_port), "--pace", str(options.sandbox_pace)]
    words += ["--data", str(options.data.absolute() / "sandbox"), "--until-stdin-ends"]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "sandbox", *words),
        cwd=Path(__file__).parent,
        stdin=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    try:
        await _answers(f"http://127.0.0.1:{options.sandbox_port}/sandbox/clock", process)
        dying = asyncio.create_task(process.wait())
        dying.add_done_callback(lambda _: ended.set())
        yield
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


def _check_free(port: int) -> None:
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind(("127.0.0.1", port))
        except OSError as fault:
            raise CannotStart(
                f"port {port} of the sandbox tenant cannot be listened on ({fault.strerror}): free it, choose another "
                "with --sandbox-port, or use the tenant that runs there with --sandbox-runs"
            ) from fault


async def _answers(url: str, process: asyncio.subprocess.Process) -> None:
    clock = SystemClock()
    until_s = clock.monotonic() + SANDBOX_STARTS_WITHIN_S
    async with aiohttp.ClientSession() as session:
        while clock.monotonic() < until_s:
            if process.returncode is not None:
                raise CannotStart("the sandbox tenant stopped: what it said stands above")
            with contextlib.suppress(aiohttp.ClientError, TimeoutError):
                async with session.get(url, timeout=aiohttp.ClientTimeout(total=2)):
                    return
            await clock.sleep(0.1)
    raise CannotStart(f"the sandbox tenant did not answer within {SANDBOX_STARTS_WITHIN_S:.0f} s")


def _say(*lines: str) -> None:
    sys.stderr.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
