"""A client of ours over a sandbox tenant in this process, on a real socket; time moves when told."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
from aiohttp.test_utils import TestServer

from bot.domain.events import RoomEvent
from bot.domain.slots import Slot
from bot.graph.auth import Tokens
from bot.graph.calendar import GraphCalendar
from bot.graph.client import BACKGROUND, Budget, GraphClient
from bot.graph.clouds import custom
from bot.graph.directory import GraphDirectory
from bot.graph.login import AppLogin, Credential, Secret
from bot.ports.calendar import NewMeeting, Page, RemoteError
from sandbox.app import build
from sandbox.world import World

START = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)  # where the sandbox's clock stands
TENANT = "contoso.onmicrosoft.com"
SECRET = Secret("foyer")
MIA, OSLO, PORTO = "mia@contoso.com", "oslo@contoso.com", "porto@contoso.com"
SLOT = Slot.lasting(START + timedelta(days=1, hours=2), 60)
WINDOW = Slot(START - timedelta(days=1), START + timedelta(days=60))
BOOKING = NewMeeting(
    transaction_id="5f2b7c1e9a3d4f60",
    organizer=MIA,
    room=OSLO,
    room_name="Oslo",
    slot=SLOT,
    subject="Design review",
    zone="Europe/Amsterdam",
)


class SandboxClock:
    """Implements the clock port; moves only when the tenant's own clock is moved."""

    def __init__(self) -> None:
        self.passed_s = 0.0

    def now(self) -> datetime:
        return START + timedelta(seconds=self.passed_s)

    def monotonic(self) -> float:
        return self.passed_s

    async def sleep(self, seconds: float) -> None:
        self.passed_s += seconds
        await asyncio.sleep(0)  # noqa: TID251  (only lets others run; no time passes)


@dataclass
class Tenant:
    """The ports over the sandbox, and the sandbox's own controls."""

    calendar: GraphCalendar
    directory: GraphDirectory
    client: GraphClient
    clock: SandboxClock
    session: aiohttp.ClientSession
    root: str
    fault: str = ""

    async def advance(self, seconds: float) -> None:
        self.clock.passed_s += seconds
        await self.control("clock", advance_s=seconds)

    async def control(self, name: str, /, *, via: str = "POST", **body: Any) -> Any:
        async with self.session.request(via, f"{self.root}/sandbox/{name}", json=body) as response:
            assert response.status < 300, await response.text()
            return await response.json() if response.status != 204 else None

    async def feed(self, room: str, link: str = "") -> tuple[list[Page], str]:
        """All pages of one round, and the delta link at its end."""
        pages = [await self.calendar.changes(room, WINDOW, link)]
        while pages[-1].next_link:
            pages.append(await self.calendar.changes(room, WINDOW, pages[-1].next_link))
        return pages, pages[-1].delta_link

    async def look(self, name: str) -> Any:
        async with self.session.get(f"{self.root}/sandbox/{name}") as response:
            assert response.status == 200, await response.text()
            return await response.json()

    async def befallen(self, method: str, path: str, call: Callable[[], Awaitable[object]]) -> str:
        """What the caller of a call sees when the tenant's `fault` befalls the first request of that method and path:
        "done", or the error's name. Fails where the fault found nothing to befall."""
        await self.control("faults/requests", kinds=[self.fault], method=method, path=path)
        try:
            await call()
            seen = "done"
        except RemoteError as error:
            seen = type(error).__name__
        assert (await self.look("faults"))["requests"] == []
        await self.advance(0)
        return seen

    async def meetings(self, mailbox: str) -> int:
        """How many stand in the mailbox, by the tenant's own account."""
        window = "from=2026-11-01T00:00:00Z&to=2026-12-31T00:00:00Z"
        told = await self.look(f"outlook/meetings?mailbox={mailbox}&{window}")
        return sum(not one["isCancelled"] for one in told["value"])

    async def sent(self, method: str, path: str) -> int:
        """How many such requests reached the tenant, answered or not."""
        return int((await self.look(f"requests?method={method}&path={path}"))["count"])

    def calendar_within(self, budget: Budget = BACKGROUND) -> GraphCalendar:
        return GraphCalendar(self.client, budget)

    async def requests_of(self, name: str) -> int:
        async with self.session.get(f"{self.root}/sandbox/requests") as response:
            return str(await response.text()).count(name)


@asynccontextmanager
async def open_tenant() -> AsyncIterator[Tenant]:
    """Empty calendars."""
    async with (
        TestServer(build(World(meetings=False))) as server,
        aiohttp.ClientSession() as session,
    ):
        root = str(server.make_url("")).rstrip("/")
        clock = SandboxClock()
        client = client_of(session, root, clock)
        yield Tenant(GraphCalendar(client, page_size=5), GraphDirectory(client), client, clock, session, root)


def client_of(
    session: aiohttp.ClientSession, root: str, clock: SandboxClock, credential: Credential = SECRET
) -> GraphClient:
    cloud = custom(root, root)
    login = AppLogin(cloud=cloud, tenant=TENANT, client_id="foyer", credential=credential)
    chance = random.Random(5)  # noqa: S311  (jitter)
    return GraphClient(session, cloud=cloud, tokens=Tokens(login, clock), clock=clock, chance=chance)


def rows(pages: list[Page]) -> list[RoomEvent]:
    return [row for page in pages for row in page.changed]
