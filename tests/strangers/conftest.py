"""A sandbox tenant on a real socket for clients that are not ours, and an address where it may notify."""

from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from sandbox.app import build
from sandbox.exchange.timing import Timing
from sandbox.world import World
from tests.sandbox.tenant import Subscriber, Tenant


@pytest.fixture
async def tenant() -> AsyncIterator[Tenant]:
    """Empty calendars, a clock that moves when told, notifications that leave at once."""
    world = World(meetings=False, timing=Timing(notify_s=0))
    async with TestServer(build(world)) as server, aiohttp.ClientSession() as session:
        yield Tenant(str(server.make_url("")).rstrip("/"), session)


@pytest.fixture
async def subscriber() -> AsyncIterator[Subscriber]:
    app = web.Application()
    made = Subscriber("")
    app.router.add_post("/notify", made.take)
    async with TestServer(app) as server:
        made.root = str(server.make_url("")).rstrip("/")
        yield made
