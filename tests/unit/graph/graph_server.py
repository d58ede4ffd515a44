"""A scripted Graph on a real socket, a clock that nobody waits for, and tokens that count how often they are asked."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.graph.client import GraphClient
from bot.graph.clouds import Cloud, custom
from tests.strangers import watching

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class StillClock:
    """Implements the clock port: waiting moves it on at once. `slept` lists the waits."""

    def __init__(self) -> None:
        self.slept: list[float] = []
        self.passed_s = 1000.0

    def now(self) -> datetime:
        return NOW + timedelta(seconds=self.passed_s - 1000.0)

    def monotonic(self) -> float:
        return self.passed_s

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.passed_s += seconds
        await asyncio.sleep(0)  # noqa: TID251  (only lets others run; no time passes)


class CountedTokens:
    """Implements TokenSource: token-1, then another after each refusal."""

    def __init__(self) -> None:
        self.asked = 0
        self.refused: list[str] = []
        self.claims: list[str] = []

    async def token(self, *, refused: str = "", claims: str = "") -> str:
        self.asked += 1
        if refused:
            self.refused.append(refused)
        if claims:
            self.claims.append(claims)
        return f"token-{1 + len(self.refused)}"


@dataclass(frozen=True)
class Seen:
    method: str
    url: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Graph:
    """The client under test and what its server saw."""

    client: GraphClient
    cloud: Cloud
    clock: StillClock
    tokens: CountedTokens
    seen: list[Seen] = field(default_factory=list)

    @property
    def lines(self) -> list[str]:
        return [f"{one.method} {one.url}" for one in self.seen]


@asynccontextmanager
async def graph_with(handler: Handler, *, most_at_once: int | None = None) -> AsyncIterator[Graph]:
    """A client whose Graph answers by `handler`."""
    seen: list[Seen] = []
    clock = StillClock()

    async def record(request: web.Request) -> web.StreamResponse:
        headers = {name.lower(): value for name, value in request.headers.items()}
        seen.append(Seen(request.method, request.raw_path, headers, await request.read()))
        watching.check_request(request.method, request.raw_path, await request.read())
        answer = await handler(request)
        if not answer.prepared:
            answer.headers.setdefault("Date", format_datetime(clock.now(), usegmt=True))
        return answer

    app = web.Application()
    app.router.add_route("*", "/{anything:.*}", record)
    async with TestServer(app) as server, aiohttp.ClientSession() as session:
        root = str(server.make_url("")).rstrip("/")
        cloud, tokens = custom(root, root), CountedTokens()
        chance = random.Random(7)  # noqa: S311  (jitter)
        client = GraphClient(session, cloud=cloud, tokens=tokens, clock=clock, chance=chance, most_at_once=most_at_once)
        yield Graph(client, cloud, clock, tokens, seen)


def answers(*script: web.Response | Callable[[], web.Response]) -> Handler:
    """Answers in turn; more calls than answers is a 418, which no test expects."""
    left = list(script)

    async def handler(request: web.Request) -> web.StreamResponse:
        if not left:
            return web.Response(status=418)
        step = left.pop(0)
        return step() if callable(step) else step

    return handler


def failure(status: int, code: str = "", **headers: str) -> web.Response:
    """An error as Graph words it."""
    body = {"error": {"code": code, "message": "as Graph words it", "innerError": {"request-id": "r", "date": "d"}}}
    return web.json_response(body, status=status, headers={k.replace("_", "-"): v for k, v in headers.items()})
