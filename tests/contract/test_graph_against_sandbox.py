"""The Graph client and the sandbox tenant over HTTP: two programs written apart must mean the same thing."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.domain.events import Kind, Response
from bot.domain.slots import Slot
from bot.graph.directory import GraphDirectory
from bot.graph.login import Secret
from bot.ports.calendar import Answer, Denied, Missing, Rejected, ResyncNeeded, Unclear
from tests.faults.tenant import BOOKING, MIA, OSLO, PORTO, SLOT, START, WINDOW, Tenant, client_of, open_tenant, rows


@pytest.fixture
async def tenant() -> AsyncIterator[Tenant]:
    async with open_tenant() as tenant:
        yield tenant


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
    start = "2026-11-24T10:00:00Z"
    await tenant.control("outlook/book", organizer=MIA, room=OSLO, start=start, minutes=45, recurrence=weekly)
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
    client = client_of(tenant.session, tenant.root, tenant.clock, Secret("wrong"))

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
