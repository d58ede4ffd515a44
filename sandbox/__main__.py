"""Starts the tenant: python -m sandbox."""

import argparse
import asyncio
import errno
import gc
import logging
import math
import os
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from aiohttp import web

from sandbox.app import build
from sandbox.calendar.mailboxes import SavedMailbox
from sandbox.clock import RealClock, VirtualClock
from sandbox.exchange.timing import Timing
from sandbox.login.models import CLIENT_ID, CLIENT_SECRET, TENANT_ID, TENANT_NAME
from sandbox.seed.size import MOST_PEOPLE, MOST_ROOMS, SEEDED_PEOPLE, SEEDED_ROOMS, Size
from sandbox.state.files import FolderTaken, StateFile
from sandbox.state.keeper import Following, Keeper
from sandbox.state.tenant import StateUnreadable, TenantState, read
from sandbox.world import World

HOST = "127.0.0.1"
_PEOPLE_A_ROOM = 5
_TOLD_EVERY_ROOMS = 1_000


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
        with _bound(given.port) as door:
            return _serve(given, file, door)
    except _Refusal as refusal:
        sys.stderr.write(f"{refusal}\n")
        return 1
    finally:
        if file is not None:
            file.release()


class _Refusal(Exception):
    """Why it does not start, as one line for whoever started it."""


def _bound(port: int) -> socket.socket:
    """Holds the port before anything is written; who connects is let in once the tenant stands. Raises _Refusal."""
    door = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        door.bind((HOST, port))
    except OSError as problem:
        door.close()
        raise _not_had(port, problem) from problem
    return door


def _not_had(port: int, problem: OSError) -> Exception:
    if problem.errno == errno.EADDRINUSE:
        return _Refusal(f"Port {port} on {HOST} is taken: stop what uses it, or choose another with --port.")
    if problem.errno == errno.EACCES:
        return _Refusal(f"Port {port} on {HOST} is not for every user: choose another with --port.")
    return problem


def _serve(given: argparse.Namespace, file: StateFile | None, door: socket.socket) -> int:
    clock = RealClock() if given.clock == "real" else VirtualClock()
    state = None if file is None else _state(file)
    gc.disable()  # it would search the growing tenant for garbage again and again, and find none
    world = World(
        seed=given.seed,
        clock=clock,
        timing=Timing(pace=given.pace),
        state=state,
        size=_size(given, state),
        told=_tell,
    )
    keeper = None if file is None else _keeper(world, file)
    gc.enable()
    gc.freeze()  # what was seeded stays: no later search goes through it
    app = build(world, keeper)
    if given.until_stdin_ends:
        app.on_startup.append(_end_with_stdin)
    try:
        web.run_app(app, sock=door, print=lambda _: _say(given.port, file, world))
    except OSError as problem:
        raise _not_had(given.port, problem) from problem
    return 0


async def _end_with_stdin(_: web.Application) -> None:
    """Stops as for SIGTERM once nobody holds the other end of the standard input: whoever started us was killed."""
    loop, stdin = asyncio.get_running_loop(), sys.stdin.fileno()

    def read() -> None:
        if not os.read(stdin, 4096):
            loop.remove_reader(stdin)
            signal.raise_signal(signal.SIGTERM)

    loop.add_reader(stdin, read)


def _size(given: argparse.Namespace, state: TenantState[SavedMailbox] | None) -> Size:
    """As asked for; what is left open is the state's, or follows from the number of rooms."""
    kept = None if state is None else state.size
    rooms = given.rooms or (kept.rooms if kept else SEEDED_ROOMS)
    usual = SEEDED_PEOPLE if rooms <= SEEDED_ROOMS else max(SEEDED_PEOPLE, min(MOST_PEOPLE, _PEOPLE_A_ROOM * rooms))
    asked = Size(rooms, given.people or (kept.people if kept else usual))
    if kept is not None and asked != kept:
        raise _Refusal(
            f"The tenant in {given.data} has {kept.rooms:,} rooms and {kept.people:,} people: "
            "leave --rooms and --people away, or choose another folder with --data."
        )
    return asked


def _tell(done: int, all_: int) -> None:
    """Says how far the seeding is, where it takes long."""
    if done % _TOLD_EVERY_ROOMS == 0:
        sys.stderr.write(f"Planting meetings… {done:,} of {all_:,} rooms\n")
        sys.stderr.flush()


def _state(file: StateFile) -> TenantState[SavedMailbox] | None:
    try:
        file.claim()
        content = file.read()
        return None if content is None else read(content, file.changes(content))
    except StateUnreadable as problem:
        hint = "Move it away or delete it to begin with a new tenant."
        raise _Refusal(f"The tenant's state in {file.path} can't be read: {problem}. {hint}") from problem
    except FolderTaken as problem:
        hint = "stop it, or choose another folder with --data."
        raise _Refusal(f"Another sandbox keeps its state in {file.path.parent}: {hint}") from problem
    except OSError as problem:
        raise _Refusal(f"The tenant's state in {file.path} can't be opened: {problem.strerror}.") from problem


def _keeper(world: World, file: StateFile) -> Keeper:
    keeper = Keeper(file, lambda is_clean: world.saved(is_clean=is_clean), Following(file, world.saved_changes))
    try:
        keeper.begin()
    except OSError as problem:
        raise _Refusal(f"The tenant's state can't be written to {file.path}: {problem.strerror}.") from problem
    return keeper


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m sandbox", description="A small Microsoft 365 tenant over HTTP.")
    parser.add_argument("--port", type=_number(1, 65_535), default=8800)
    parser.add_argument("--seed", type=int, default=1, help="decides ids, delays and the seeded meetings")
    parser.add_argument("--rooms", type=_number(1, MOST_ROOMS), metavar="N", help=f"1 to {MOST_ROOMS:,}; default 13")
    people_help = f"{SEEDED_PEOPLE} to {MOST_PEOPLE:,}; default {SEEDED_PEOPLE}, or {_PEOPLE_A_ROOM} for every room"
    parser.add_argument("--people", type=_number(SEEDED_PEOPLE, MOST_PEOPLE), metavar="N", help=people_help)
    parser.add_argument("--pace", type=_pace, default=1.0, help="0.2 makes Exchange's delays five times shorter")
    parser.add_argument("--data", type=_folder, metavar="FOLDER", help="keeps the tenant's state there over restarts")
    stdin_help = "stop when the standard input ends: with whoever started this, however that ends"
    parser.add_argument("--until-stdin-ends", action="store_true", help=stdin_help)
    parser.add_argument("--clock", choices=("real", "virtual"), default="real")
    return parser


def _number(least: int, most: int) -> Callable[[str], int]:
    def read_number(text: str) -> int:
        digits = text.replace(",", "").replace("_", "")
        if not digits.isdecimal() or not least <= int(digits) <= most:
            raise argparse.ArgumentTypeError(f"a whole number from {least:,} to {most:,} is needed, not '{text}'")
        return int(digits)

    return read_number


def _folder(text: str) -> Path:
    if not text.strip():
        raise argparse.ArgumentTypeError("a folder is needed, not an empty name")
    return Path(text)


def _pace(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value < math.inf:
        raise argparse.ArgumentTypeError(f"a pace is a number that is not negative, not '{text}'")
    return value


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """One line, without the usage."""
        self.exit(2, f"{self.prog}: {message}\n")


def _say(port: int, file: StateFile | None, world: World) -> None:
    size = world.size
    root = f"http://{HOST}:{port}"
    sys.stdout.write(
        f"Sandbox tenant {TENANT_NAME} ({TENANT_ID})\n"
        f"  rooms    {root}/   ({size.rooms:,} rooms, {size.people:,} people)\n"
        f"  Graph    {root}/v1.0   login {root}/{TENANT_NAME}/oauth2/v2.0/token\n"
        f"  client   {CLIENT_ID}   secret {CLIENT_SECRET}\n"
        f"  state    {'in memory: forgotten at the end' if file is None else file.path}\n"
        f"  coverage {Path('docs', 'sandbox.md')}\n"
    )
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
