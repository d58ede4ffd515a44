"""Starts the tenant: python -m sandbox."""

import argparse
import errno
import logging
import sys
from pathlib import Path

from aiohttp import web

from sandbox.app import build
from sandbox.calendar.mailboxes import SavedMailbox
from sandbox.clock import RealClock, VirtualClock
from sandbox.exchange.timing import Timing
from sandbox.login.models import CLIENT_ID, CLIENT_SECRET, TENANT_ID, TENANT_NAME
from sandbox.state.files import FolderTaken, StateFile
from sandbox.state.keeper import Keeper
from sandbox.state.tenant import StateUnreadable, TenantState, read
from sandbox.world import World

HOST = "127.0.0.1"


def main(arguments: list[str] | None = None) -> int:
    """Serves until interrupted. 1 where the port is taken or the state can't be used, 2 for wrong arguments."""
    parser = _parser()
    given = parser.parse_args(arguments)
    if given.data is not None and given.clock == "virtual":
        parser.error("--data needs the real clock: a virtual one starts at the same moment every time.")
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s %(message)s")
    logging.getLogger("aiohttp.access").setLevel(logging.WARNING)
    file = None if given.data is None else StateFile(given.data)
    try:
        return _serve(given, file)
    except _Refusal as refusal:
        sys.stderr.write(f"{refusal}\n")
        return 1
    finally:
        if file is not None:
            file.release()


class _Refusal(Exception):
    """Why it does not start, as one line for whoever started it."""


def _serve(given: argparse.Namespace, file: StateFile | None) -> int:
    clock = RealClock() if given.clock == "real" else VirtualClock()
    state = None if file is None else _state(file)
    world = World(seed=given.seed, clock=clock, timing=Timing(pace=given.pace), state=state)
    keeper = None if file is None else _keeper(world, file)
    try:
        web.run_app(
            build(world, keeper), host=HOST, port=given.port, print=lambda _: _say(given.port, file)
        )  # fmt: skip
    except OSError as problem:
        if problem.errno != errno.EADDRINUSE:
            raise
        hint = "stop what uses it, or choose another with --port."
        raise _Refusal(f"Port {given.port} on {HOST} is taken: {hint}") from problem
    return 0


def _state(file: StateFile) -> TenantState[SavedMailbox] | None:
    try:
        file.claim()
        content = file.read()
        return None if content is None else read(content)
    except StateUnreadable as problem:
        hint = "Move it away or delete it to begin with a new tenant."
        raise _Refusal(f"The tenant's state in {file.path} can't be read: {problem}. {hint}") from problem
    except FolderTaken as problem:
        hint = "stop it, or choose another folder with --data."
        raise _Refusal(f"Another sandbox keeps its state in {file.path.parent}: {hint}") from problem
    except OSError as problem:
        raise _Refusal(f"The tenant's state in {file.path} can't be opened: {problem.strerror}.") from problem


def _keeper(world: World, file: StateFile) -> Keeper:
    keeper = Keeper(file, lambda is_clean: world.saved(is_clean=is_clean))
    try:
        keeper.begin()
    except OSError as problem:
        raise _Refusal(f"The tenant's state can't be written to {file.path}: {problem.strerror}.") from problem
    return keeper


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description="A small Microsoft 365 tenant over HTTP.")
    parser.add_argument("--port", type=int, default=8800)
    parser.add_argument("--seed", type=int, default=1, help="decides ids, delays and the seeded meetings")
    parser.add_argument("--pace", type=_pace, default=1.0, help="0.2 makes Exchange's delays five times shorter")
    parser.add_argument("--data", type=Path, metavar="FOLDER", help="keeps the tenant's state there over restarts")
    parser.add_argument("--clock", choices=("real", "virtual"), default="real")
    return parser


def _pace(text: str) -> float:
    value = float(text)
    if value < 0:
        raise argparse.ArgumentTypeError("a pace is not negative")
    return value


def _say(port: int, file: StateFile | None) -> None:
    root = f"http://{HOST}:{port}"
    sys.stdout.write(
        f"Sandbox tenant {TENANT_NAME} ({TENANT_ID})\n"
        f"  rooms    {root}/\n"
        f"  Graph    {root}/v1.0   login {root}/{TENANT_NAME}/oauth2/v2.0/token\n"
        f"  client   {CLIENT_ID}   secret {CLIENT_SECRET}\n"
        f"  state    {'in memory: forgotten at the end' if file is None else file.path}\n"
        f"  coverage {Path('docs', 'sandbox.md')}\n"
    )
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
