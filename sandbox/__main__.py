"""Starts the tenant: python -m sandbox."""

import argparse
import errno
import logging
import sys
from pathlib import Path

from aiohttp import web

from sandbox.app import build
from sandbox.clock import RealClock, VirtualClock
from sandbox.exchange.timing import Timing
from sandbox.login.models import CLIENT_ID, CLIENT_SECRET, TENANT_ID, TENANT_NAME
from sandbox.world import World

HOST = "127.0.0.1"


def main(arguments: list[str] | None = None) -> int:
    """Serves until interrupted. 1 where the port is taken."""
    given = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s %(message)s")
    logging.getLogger("aiohttp.access").setLevel(logging.WARNING)
    clock = RealClock() if given.clock == "real" else VirtualClock()
    world = World(seed=given.seed, clock=clock, timing=Timing(pace=given.pace))
    try:
        web.run_app(build(world), host=HOST, port=given.port, print=lambda _: _say(given.port))
    except OSError as problem:
        if problem.errno != errno.EADDRINUSE:
            raise
        sys.stderr.write(f"Port {given.port} on {HOST} is taken: stop what uses it, or choose another with --port.\n")
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description="A small Microsoft 365 tenant over HTTP.")
    parser.add_argument("--port", type=int, default=8800)
    parser.add_argument("--seed", type=int, default=1, help="decides ids, delays and the seeded meetings")
    parser.add_argument("--pace", type=_pace, default=1.0, help="0.2 makes Exchange's delays five times shorter")
    parser.add_argument("--clock", choices=("real", "virtual"), default="real")
    return parser


def _pace(text: str) -> float:
    value = float(text)
    if value < 0:
        raise argparse.ArgumentTypeError("a pace is not negative")
    return value


def _say(port: int) -> None:
    root = f"http://{HOST}:{port}"
    sys.stdout.write(
        f"Sandbox tenant {TENANT_NAME} ({TENANT_ID})\n"
        f"  rooms    {root}/\n"
        f"  Graph    {root}/v1.0   login {root}/{TENANT_NAME}/oauth2/v2.0/token\n"
        f"  client   {CLIENT_ID}   secret {CLIENT_SECRET}\n"
        f"  coverage {Path('docs', 'sandbox.md')}\n"
    )
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
