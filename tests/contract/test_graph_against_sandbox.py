"""The Graph client and the sandbox tenant over HTTP: two programs written apart must mean the same thing."""

import asyncio
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.domain.events import Kind, Response, RoomEvent
from bot.domain.slots import Slot
from bot.graph.auth import Tokens
from bot.graph.calendar import GraphCalendar
from bot.graph.client import GraphClient
from bot.graph.clouds import Cloud, custom
from bot.graph.directory import GraphDirectory
from bot.graph.login import AppLogin, Secret
from bot.ports.calendar import Answer, Denied, Missing, NewMeeting, Page, Rejected, ResyncNeeded, Unclear
from sandbox.app import build
from sandbox.world import World

START = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)  # where the sandbox's clock stands
TENANT = "contoso.onmicrosoft.com"
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

    async def advance(self, seconds: float) -> None:
        self.clock.passed_s += seconds
        await self.control("clock", advance_s=seconds)

    async def control(self, name: str, /, **body: Any) -> Any:
        async with self.session.post(f"{self.root}/sandbox/{name}", json=body) as response:
            assert response.status < 300, await response.text()
            return await response.json() if response.status != 204 else None

    async def feed(self, room: str, link: str = "") -> tuple[list[Page], str]:
        """All pages of one round, and the delta link at its end."""
        pages = [await self.calendar.changes(room, WINDOW, link)]
        while pages[-1].next_link:
            pages.append(await self.calendar.changes(room, WINDOW, pages[-1].next_link))
        return pages, pages[-1].delta_link

    async def requests_of(self, name: str) -> int:
        async with self.session.get(f"{self.root}/sandbox/requests") as response:
            return str(await response.text()).count(name)


@pytest.fixture
async def tenant() -> AsyncIterator[Tenant]:
    async with TestServer(build(World(meetings=False))) as server, aiohttp.ClientSession() as session:
        root = str(server.make_url("")).rstrip("/")
        clock = SandboxClock()
        client = _client(session, custom(root, root), clock, "foyer")
        yield Tenant(GraphCalendar(client, page_size=5), GraphDirectory(client), client, clock, session, root)


def _client(session: aiohttp.ClientSession, cloud: Cloud, clock: SandboxClock, secret: str) -> GraphClient:
    login = AppLogin(cloud=cloud, tenant=TENANT, client_id="foyer", credential=Secret(secret))
    chance = random.Random(5)  # noqa: S311  (jitter)
    return GraphClient(session, cloud=cloud, tokens=Tokens(login, clock), clock=clock, chance=chance)


def rows(pages: list[Page]) -> list[RoomEvent]:
    return [row for page in pages for row in page.changed]


async def test_a_booking_goes_from_request_to_confirmation_to_cancellation(tenant: Tenant) -> None:
    calendar = tenant.calendar
    _, link = await tenant.feed(OSLO)

    made = await calendar.create(BOOKING)
    await tenant.advance(60)
    pages, link = await tenant.feed(OSLO, link)

    (waiting,) = rows(pages)
    assert (waiting.slot, waiting.kind, waiting.response) == (SLOT, Kind.SINGLE, Response.TENTATIVE)
    assert (waiting.ical_uid, waiting.organizer_address) == (made.ical_uid, MIA)
    assert waiting.pending
    assert waiting.id != made.id
    assert (await calendar.read(MIA, made.id)).room_response == "tentativelyAccepted"

    await calendar.answer(OSLO, waiting.id, Answer.ACCEPT, "Yours.")
    await tenant.advance(60)
    pages, link = await tenant.feed(OSLO, link)

    assert [row.response for row in rows(pages)] == [Response.ACCEPTED]
    assert (await calendar.read_room_event(OSLO, waiting.id)).response is Response.ACCEPTED
    assert (await calendar.read(MIA, made.id)).room_response == "accepted"

    await calendar.cancel(MIA, made.id, "No longer needed.")
    await tenant.advance(60)
    pages, _ = await tenant.feed(OSLO, link)

    gone = {event_id for page in pages for event_id in page.removed}
    assert waiting.id in gone or [row.is_cancelled for row in rows(pages)] == [True]
    with pytest.raises(Missing):
        await calendar.cancel(MIA, made.id, "Again.")


async def test_a_repeat_makes_no_second_meeting(tenant: Tenant) -> None:
    first = await tenant.calendar.create(BOOKING)
    second = await tenant.calendar.create(BOOKING)
    changed = await tenant.calendar.create(replace(BOOKING, subject="Another subject"))

    assert first.id == second.id == changed.id


async def test_a_lost_answer_is_repaired_within_the_call(tenant: Tenant) -> None:
    await tenant.control("faults/requests", method="POST", path="/events$", reset="after")

    made = await tenant.calendar.create(BOOKING)
    found = await tenant.calendar.find(MIA, BOOKING.transaction_id, SLOT)

    assert found is not None
    assert found.id == made.id


async def test_a_meeting_is_found_where_it_was_moved_to(tenant: Tenant) -> None:
    made = await tenant.calendar.create(BOOKING)
    later = Slot.lasting(SLOT.start_at + timedelta(days=9), 30)

    moved = await tenant.calendar.move(MIA, made.id, later, "Europe/Amsterdam")
    found = await tenant.calendar.find(MIA, BOOKING.transaction_id, SLOT)

    assert moved.slot == later
    assert found is not None
    assert (found.id, found.slot) == (made.id, later)
    assert await tenant.calendar.find(MIA, "nobody's", SLOT) is None


async def test_a_declined_request_leaves_the_room_and_tells_the_organizer(tenant: Tenant) -> None:
    made = await tenant.calendar.create(BOOKING)
    await tenant.advance(60)
    pages, link = await tenant.feed(OSLO)
    (waiting,) = rows(pages)

    await tenant.calendar.answer(OSLO, waiting.id, Answer.DECLINE, "Taken.")
    await tenant.advance(60)
    pages, _ = await tenant.feed(OSLO, link)

    assert waiting.id in {event_id for page in pages for event_id in page.removed}
    assert (await tenant.calendar.read(MIA, made.id)).room_response == "declined"
    with pytest.raises(Missing):
        await tenant.calendar.read_room_event(OSLO, waiting.id)


async def test_a_room_that_exchange_decides_answers_by_itself(tenant: Tenant) -> None:
    made = await tenant.calendar.create(replace(BOOKING, room=PORTO, room_name="Porto"))
    await tenant.advance(60)

    assert (await tenant.calendar.read(MIA, made.id)).room_response == "accepted"


async def test_a_series_comes_as_a_master_and_thin_occurrences(tenant: Tenant) -> None:
    weekly = {
        "pattern": {"type": "weekly", "interval": 1, "daysOfWeek": ["tuesday"], "firstDayOfWeek": "monday"},
        "range": {"type": "numbered", "startDate": "2026-11-24", "numberOfOccurrences": 8},
    }
    order = {"organizer": MIA, "room": OSLO, "start": "2026-11-24T10:00:00Z", "minutes": 45, "recurrence": weekly}
    await tenant.control("outlook/book", **order)
    await tenant.advance(60)

    pages, _ = await tenant.feed(OSLO)
    thin = [row for page in pages for row in page.thin]
    (master_id,) = {row.master_id for row in thin}
    every = await tenant.calendar.occurrences(OSLO, master_id, WINDOW)

    assert len(thin) == len(every) == 8
    assert {row.id for row in thin} == {row.id for row in every}
    assert {row.slot for row in thin} == {row.slot for row in every}
    assert all(row.kind is Kind.OCCURRENCE and row.organizer_address == MIA and row.blocks for row in every)


async def test_a_long_feed_comes_in_pages(tenant: Tenant) -> None:
    for day in range(1, 13):
        start = (START + timedelta(days=day)).isoformat()
        await tenant.control("outlook/book", organizer=MIA, room=OSLO, start=start)
    await tenant.advance(60)

    pages, link = await tenant.feed(OSLO)
    again, _ = await tenant.feed(OSLO, link)

    assert len(pages) == 3
    assert len({row.id for row in rows(pages)}) == 12
    assert rows(again) == []


async def test_a_dead_link_asks_for_a_new_start(tenant: Tenant) -> None:
    _, link = await tenant.feed(OSLO)
    await tenant.control("delta/invalidate")

    with pytest.raises(ResyncNeeded):
        await tenant.calendar.changes(OSLO, WINDOW, link)

    assert (await tenant.feed(OSLO))[1]


async def test_throttling_is_waited_and_a_write_in_doubt_is_told(tenant: Tenant) -> None:
    await tenant.control("faults/requests", method="GET", path="delta", status=429, retry_after="2.128")
    await tenant.feed(OSLO)
    made = await tenant.calendar.create(BOOKING)
    await tenant.control("faults/requests", method="POST", path="cancel$", reset="after")

    with pytest.raises(Unclear):
        await tenant.calendar.cancel(MIA, made.id, "Gone.")

    assert tenant.clock.passed_s == pytest.approx(2.128)


async def test_only_the_organizer_cancels(tenant: Tenant) -> None:
    await tenant.calendar.create(BOOKING)
    await tenant.advance(60)
    (waiting,) = rows((await tenant.feed(OSLO))[0])

    with pytest.raises(Rejected):
        await tenant.calendar.cancel(OSLO, waiting.id, "Not mine.")


async def test_the_directory_is_read(tenant: Tenant) -> None:
    rooms = {room.address: room for room in await tenant.directory.rooms()}
    mia = await tenant.directory.person(MIA)
    manager = await tenant.directory.manager(mia.id)
    top = await tenant.directory.person("eleanor@contoso.com")

    assert len(rooms) == 13
    assert (rooms[OSLO].capacity, rooms[OSLO].building, rooms[OSLO].floor) == (8, "Harbour House", "2")
    assert rooms[OSLO].features == {"video", "display", "phone", "whiteboard", "accessible"}
    assert manager is not None
    assert manager.address == "jonas@contoso.com"
    assert await tenant.directory.manager(top.id) is None
    assert await tenant.directory.zone_of(MIA) == "Europe/Berlin"
    assert await tenant.directory.zone_of("boston@contoso.com") == "America/New_York"
    with pytest.raises(Missing):
        await tenant.directory.person("nobody@contoso.com")


async def test_one_login_serves_many_calls(tenant: Tenant) -> None:
    await asyncio.gather(*(tenant.directory.person(MIA) for _ in range(8)))

    assert await tenant.requests_of("oauth2/v2.0/token") == 1


async def test_a_wrong_secret_is_denied_with_its_code(tenant: Tenant) -> None:
    client = _client(tenant.session, custom(tenant.root, tenant.root), tenant.clock, "wrong")

    with pytest.raises(Denied, match="AADSTS7000215"):
        await GraphDirectory(client).rooms()


async def test_subscriptions_live_their_life(tenant: Tenant) -> None:
    async def validate(request: web.Request) -> web.Response:
        return web.Response(text=request.query.get("validationToken", ""))

    app = web.Application()
    app.router.add_post("/notifications", validate)
    async with TestServer(app) as endpoint:
        url = str(endpoint.make_url("/notifications"))
        far = START + timedelta(days=30)
        made = await tenant.calendar.subscribe(OSLO, url=url, client_state="secret", expires_at=far)
        listed = await tenant.calendar.subscriptions()
        renewed = await tenant.calendar.renew(made.id, START + timedelta(days=2))
        await tenant.calendar.unsubscribe(made.id)
        await tenant.calendar.unsubscribe(made.id)

    assert listed == [made]
    assert (made.notification_url, made.resource) == (url, f"users/{OSLO}/events")
    assert made.expires_at == START + timedelta(minutes=10_060)
    assert renewed.expires_at == START + timedelta(days=2)
    with pytest.raises(Missing):
        await tenant.calendar.renew(made.id, START + timedelta(days=2))
