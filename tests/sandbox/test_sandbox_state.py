"""What a restart finds again: calendars, requests under way, subscriptions, delta links; and what never comes twice."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import msgspec
import pytest
from aiohttp import web

from sandbox.app import build
from sandbox.calendar import ids
from sandbox.clock import VirtualClock
from sandbox.control.outlook import Book, Cancel, Move, Outlook, Respond
from sandbox.errands import Errands
from sandbox.exchange.timing import Timing
from sandbox.state.tenant import StateUnreadable, read
from sandbox.world import World
from tests.sandbox.tenant import MIA, MONTREAL, OSLO, PORTO, TOM, Answer, Subscriber, Tenant

WINDOW = "startDateTime=2026-11-01T00:00:00Z&endDateTime=2026-12-23T00:00:00Z"
WEEKLY = {
    "pattern": {"type": "weekly", "interval": 1, "daysOfWeek": ["tuesday"]},
    "range": {"type": "numbered", "startDate": "2026-11-24", "numberOfOccurrences": 4},
}
Serve = Callable[[web.Application], Awaitable[str]]
Subscribe = Callable[..., Awaitable[Answer]]


def restarted(world: World, *, is_clean: bool = True, after_s: float = 0.0) -> World:
    return from_file(world.saved(is_clean=is_clean), world.clock.now() + timedelta(seconds=after_s))


def from_file(content: bytes, now: datetime, *, meetings: bool = False) -> World:
    return World(clock=VirtualClock(now), timing=Timing(notify_s=0), meetings=meetings, state=read(content))


@pytest.fixture
async def open_tenant(serve: Serve) -> Any:
    sessions: list[aiohttp.ClientSession] = []

    async def start(world: World) -> Tenant:
        sessions.append(aiohttp.ClientSession())
        return Tenant(await serve(build(world)), sessions[-1])

    yield start
    for session in sessions:
        await session.close()


OpenTenant = Callable[[World], Awaitable[Tenant]]


async def pages(tenant: Tenant, link: str = "", *, room: str = OSLO) -> tuple[list[dict[str, Any]], str]:
    """What one round of a feed brings, and the path of the next, whatever port it was issued on."""
    path = link or f"/users/{room}/calendarView/delta?{WINDOW}"
    items: list[dict[str, Any]] = []
    while True:
        answer = await tenant.graph("GET", path)
        assert answer.status == 200, answer.body
        items += answer.body["value"]
        following = answer.body.get("@odata.nextLink") or answer.body["@odata.deltaLink"]
        path = following.split("/v1.0", 1)[1]
        if "@odata.deltaLink" in answer.body:
            return items, path


async def test_a_restart_finds_every_calendar_setting_and_errand_as_it_was(
    world: World, tenant: Tenant, subscribe: Subscribe
) -> None:
    outlook = Outlook(world)
    series = await tenant.book(recurrence=WEEKLY, attendees=[MIA])
    await tenant.configure(PORTO, maxMin=60, profile="P2")
    outlook.book(Book(organizer="lena@fabrikam.com", start="2026-11-25T09:00", room=PORTO))
    await tenant.advance(60)
    occurrence = await tenant.one(TOM)
    outlook.move(Move(id=occurrence["iCalUId"], start="2026-11-25T15:00"))
    outlook.respond(Respond(mailbox=MIA, id=series["id"], answer="accept"))
    gone = outlook.book(Book(organizer=TOM, start="2026-11-26T09:00", room=OSLO))
    await tenant.advance(60)
    outlook.cancel(Cancel(id=ids.ical_uid(gone)))
    await subscribe()
    await tenant.book(start="2026-11-27T10:00")
    await tenant.book(start="2026-11-27T12:00")
    await tenant.call("POST", "/sandbox/faults/notifications", {"action": "delay", "times": 2})
    await tenant.advance(4)
    await tenant.book(start="2026-11-27T14:00")

    before = read(world.saved(is_clean=True))
    after = read(restarted(world).saved(is_clean=True))

    assert before.attendants.steps
    assert before.attendants.queues
    assert before.messages
    assert before.notifications
    assert any(item.exceptions for item in before.accounts[TOM].mailbox.items)
    assert "lena@fabrikam.com" in before.accounts
    assert len(before.subscriptions) == 1
    assert after == msgspec.structs.replace(before, run=before.run + 1)


@pytest.mark.parametrize("stopped_after_s", [0, 1, 3, 7, 10, 13, 16])
@pytest.mark.parametrize("is_clean", [True, False])
async def test_a_request_under_way_is_answered_after_the_restart(
    world: World, open_tenant: OpenTenant, stopped_after_s: float, is_clean: bool
) -> None:
    before = await open_tenant(world)
    await before.book()
    await before.advance(stopped_after_s)

    after_world = restarted(world, is_clean=is_clean, after_s=3600)
    after = await open_tenant(after_world)
    await after.advance(60)

    assert await after.answer_of(OSLO) == "tentativelyAccepted"
    assert (await after.one(OSLO))["responseStatus"]["response"] == "tentativelyAccepted"
    forwarded = [mail for one in (world, after_world) for mail in one.exchange.post.mails if mail.is_delegated]
    assert len(forwarded) == 1


async def test_requests_that_queue_before_one_attendant_are_all_answered_after_the_restart(
    world: World, open_tenant: OpenTenant
) -> None:
    before = await open_tenant(world)
    for hour in (10, 11, 12):
        await before.book(start=f"2026-11-24T{hour}:00")
    await before.advance(3)

    after = await open_tenant(restarted(world))
    await after.advance(120)

    answers = [event["responseStatus"]["response"] for event in await after.view(OSLO)]
    assert answers == ["tentativelyAccepted"] * 3


async def test_delta_links_go_on_after_a_clean_stop(world: World, open_tenant: OpenTenant) -> None:
    before = await open_tenant(world)
    await before.configure(OSLO, removeCanceled=True)
    first = await before.book()
    await before.advance(60)
    seen, link = await pages(before)
    await before.call("POST", "/sandbox/outlook/cancel", {"id": first["id"]})
    await before.book(start="2026-11-25T10:00", subject="Meanwhile")
    await before.advance(60)

    after = await open_tenant(restarted(world))
    changed, link = await pages(after, link)
    await after.book(start="2026-11-26T10:00", subject="Afterwards")
    await after.advance(60)
    newer, _ = await pages(after, link)

    assert {one["id"] for one in changed if "@removed" in one} == {one["id"] for one in seen}
    assert [one["subject"] for one in changed if "@removed" not in one] == ["Meanwhile"]
    assert [one["subject"] for one in newer] == ["Afterwards"]


async def test_after_a_kill_delta_links_are_dead_and_no_etag_comes_twice(world: World, open_tenant: OpenTenant) -> None:
    before = await open_tenant(world)
    meeting = await before.book()
    await before.advance(60)
    saved = world.saved()
    await before.call("POST", "/sandbox/outlook/move", {"id": meeting["id"], "start": "2026-11-24T15:00"})
    await before.advance(60)
    lost = (await before.one(TOM))["@odata.etag"]
    _, link = await pages(before)

    after = await open_tenant(from_file(saved, world.clock.now()))
    for hour in (16, 17, 18):
        await after.call("POST", "/sandbox/outlook/move", {"id": meeting["id"], "start": f"2026-11-24T{hour}:00"})
        assert (await after.one(TOM))["@odata.etag"] != lost
        await after.advance(60)
    dead = await after.graph("GET", link)

    assert (dead.status, dead.code) == (410, "SyncStateNotFound")
    again = await after.graph("GET", dead.headers["Location"])
    assert (again.status, len(again.body["value"])) == (200, 1)


async def test_no_id_comes_twice_even_where_the_last_second_was_lost(world: World, open_tenant: OpenTenant) -> None:
    saved = world.saved()
    tenants = [await open_tenant(one) for one in (world, from_file(saved, world.clock.now()))]
    booked = [await tenant.book() for tenant in tenants]
    named = [(await tenant.graph("GET", "/organization")).headers["request-id"] for tenant in tenants]
    third = from_file(read_on(saved), world.clock.now())

    for name in ("id", "immutableId", "iCalUId"):
        assert booked[0][name] != booked[1][name]
    assert named[0] != named[1]
    drawn = {one.subscriptions.new_id() for one in (world, from_file(saved, world.clock.now()), third)}
    assert len(drawn) == 3


def read_on(saved: bytes) -> bytes:
    """The file as the run after it writes it."""
    return from_file(saved, datetime(2026, 11, 23, 8, 0, tzinfo=UTC)).saved()


async def test_subscriptions_outlive_a_restart_with_what_they_have_not_been_told(
    world: World, open_tenant: OpenTenant, tenant: Tenant, subscribe: Subscribe, subscriber: Subscriber
) -> None:
    made = await subscribe()
    lapsing = await subscribe(expirationDateTime="2026-11-23T08:50:00Z")
    await tenant.call("POST", "/sandbox/faults/notifications", {"action": "delay", "times": 2, "delay_s": 30})
    await tenant.book()
    await tenant.advance(4)
    told_before = len(subscriber.items)

    after = await open_tenant(restarted(world, after_s=3600))
    await after.advance(1)

    left = await after.graph("GET", "/subscriptions")
    assert [one["id"] for one in left.body["value"]] == [made.body["id"]]
    assert told_before == 0
    assert {one["subscriptionId"] for one in subscriber.items} == {made.body["id"]}
    assert lapsing.body["id"] != made.body["id"]


async def test_an_errand_that_was_broken_off_is_kept_and_one_that_ended_is_not() -> None:
    clock = VirtualClock()
    release = asyncio.Event()

    async def run(errand: str) -> None:
        if errand == "waits":
            await release.wait()
        if errand == "fails":
            raise ValueError(errand)

    errands: Errands[str] = Errands(clock, run)
    for errand in ("ends", "fails", "waits"):
        errands.put(clock.now(), errand)
    before = [due.what for due in errands.waiting()]
    advancing = asyncio.ensure_future(clock.advance(0))
    while len(errands.waiting()) > 1:
        await asyncio.wait([advancing], timeout=0.001)
    await clock.close()
    await advancing

    assert before == ["ends", "fails", "waits"]
    assert [due.what for due in errands.waiting()] == ["waits"]


async def test_a_reset_ends_every_delta_link(tenant: Tenant) -> None:
    await tenant.book()
    await tenant.advance(60)
    _, link = await pages(tenant)
    await tenant.call("POST", "/sandbox/reset")
    for hour in (10, 11, 12):
        await tenant.book(start=f"2026-11-24T{hour}:00")
    await tenant.advance(60)

    answer = await tenant.graph("GET", link)

    assert (answer.status, answer.code) == (410, "SyncStateNotFound")


async def test_the_very_first_change_of_a_mailbox_comes_with_its_feed(tenant: Tenant) -> None:
    _, link = await pages(tenant, room=MONTREAL)
    await tenant.book(room=MONTREAL)
    await tenant.advance(60)

    changed, _ = await pages(tenant, link, room=MONTREAL)

    assert [one["subject"] for one in changed] == ["Standup"]


async def test_a_restart_plants_meetings_only_when_the_days_to_come_are_bare() -> None:
    monday_at = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
    world = World(clock=VirtualClock(monday_at))

    soon = from_file(world.saved(is_clean=True), monday_at + timedelta(days=2), meetings=True)
    later = from_file(world.saved(is_clean=True), monday_at + timedelta(days=14), meetings=True)
    again = from_file(later.saved(is_clean=True), monday_at + timedelta(days=15), meetings=True)

    def oslo(one: World, days: int) -> list[str]:
        start_at = monday_at + timedelta(days=days)
        rooms = one.exchange.configs
        return [
            item.content.subject
            for room in rooms
            for item in one.exchange.mailboxes[room].view(start_at, start_at + timedelta(days=7))
        ]

    assert _items(soon) == _items(world)
    assert oslo(world, 14) == ["Workplace weekly"]
    assert len(oslo(later, 14)) > 30
    assert oslo(later, 14).count("Workplace weekly") == 1
    assert oslo(later, 0) == oslo(world, 0)
    assert _items(again) == _items(later)


def _items(world: World) -> dict[str, list[str]]:
    return {address: list(mailbox.items) for address, mailbox in world.exchange.mailboxes.items()}


def _damaged() -> list[tuple[bytes, str]]:
    good = World(meetings=False).saved()
    return [
        (b"", "damaged"),
        (good[:-2], "damaged"),
        (good.replace(b'"run":0', b'"run":"x"'), "damaged"),
        (good.replace(b'"journal":[]', b'"journal":[[1,"created","nowhere"]]', 1), "the journal names an item"),
        (good.replace(b'"version":1,', b'"version":2,', 1), "has version 2"),
        (b'{"value": []}', "no state of a sandbox tenant"),
    ]


@pytest.mark.parametrize(("content", "why"), _damaged())
async def test_what_is_no_good_state_is_refused_with_its_reason(content: bytes, why: str) -> None:
    with pytest.raises(StateUnreadable, match=why):
        read(content)
