"""A sandbox tenant in this process, on a real socket, with a clock that moves when told; and a subscriber."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from sandbox.app import build
from sandbox.exchange.timing import Timing
from sandbox.world import World
from tests.sandbox.posts import Posts
from tests.sandbox.tenant import OSLO, Answer, Subscriber, Tenant


@pytest.fixture
async def serve() -> AsyncIterator[Callable[[web.Application], Awaitable[str]]]:
    servers: list[TestServer] = []

    async def start(app: web.Application) -> str:
        server = TestServer(app)
        await server.start_server()
        servers.append(server)
        return str(server.make_url("")).rstrip("/")

    yield start
    for server in servers:
        await server.close()


@pytest.fixture
def world() -> World:
    """Empty calendars; notifications leave at once."""
    return World(meetings=False, timing=Timing(notify_s=0))


@pytest.fixture
async def tenant(world: World, serve: Callable[[web.Application], Awaitable[str]]) -> AsyncIterator[Tenant]:
    root = await serve(build(world))
    async with aiohttp.ClientSession() as session:
        yield Tenant(root, session)


@pytest.fixture
async def subscriber(serve: Callable[[web.Application], Awaitable[str]]) -> Subscriber:
    app = web.Application()
    made = Subscriber("")
    app.router.add_post("/notify", made.take)
    made.root = await serve(app)
    return made


@pytest.fixture
def posts() -> Posts:
    return Posts()


@pytest.fixture
async def endpoint(serve: Callable[[web.Application], Awaitable[str]], posts: Posts) -> str:
    app = web.Application(client_max_size=64 * 1024 * 1024)
    app.router.add_post("/notify", posts.take)
    return f"{await serve(app)}/notify"


@pytest.fixture
def subscribe(tenant: Tenant, subscriber: Subscriber) -> Callable[..., Awaitable[Answer]]:
    async def ask(mailbox: str = OSLO, **values: Any) -> Answer:
        body = {
            "changeType": "created,updated,deleted",
            "notificationUrl": subscriber.url,
            "resource": f"users/{mailbox}/events",
            "expirationDateTime": "2026-11-24T08:00:00Z",
            "clientState": "secret",
        } | values
        return await tenant.graph("POST", "/subscriptions", body)

    return ask
