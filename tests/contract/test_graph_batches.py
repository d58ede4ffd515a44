"""Batches and the service's limits, on the sandbox tenant."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.slots import Slot
from bot.graph import calls
from bot.graph.client import BACKGROUND, Budget
from bot.ports.calendar import Answer, Missing, RemoteError
from tests.faults.tenant import BOOKING, MIA, OSLO, SLOT, WINDOW, Tenant, open_tenant, rows


@pytest.fixture
async def tenant() -> AsyncIterator[Tenant]:
    async with open_tenant() as tenant:
        yield tenant


async def test_a_whole_house_is_asked_for_its_zones_in_one_round_trip(tenant: Tenant) -> None:
    rooms = await tenant.directory.rooms()

    zones = await asyncio.gather(*(tenant.directory.zone_of(room.address) for room in rooms))

    assert len(zones) == 13
    assert {"Europe/Berlin", "Europe/London", "America/New_York"} == set(zones)
    assert await tenant.sent("POST", "batch$") == 1


async def test_the_first_pages_of_many_rooms_come_together(tenant: Tenant) -> None:
    await tenant.calendar.create(BOOKING)
    await tenant.advance(60)
    rooms = [room.address for room in await tenant.directory.rooms()]

    pages = await tenant.client.call_many([calls.changes(room, WINDOW, "", 50) for room in rooms], BACKGROUND)

    told = {room: page for room, page in zip(rooms, pages, strict=True) if not isinstance(page, RemoteError)}
    assert len(told) == 13
    assert {room: len(page.events) for room, page in told.items() if page.events} == {OSLO: 1}
    assert all(page.delta_link for page in told.values())


async def test_answers_in_several_rooms_and_a_missing_event_share_a_batch(tenant: Tenant) -> None:
    await tenant.calendar.create(BOOKING)
    await tenant.calendar.create(replace(BOOKING, transaction_id="2", room="bergen@contoso.com", room_name="Bergen"))
    await tenant.advance(60)
    waiting = {}
    for room in (OSLO, "bergen@contoso.com"):
        (waiting[room],) = rows((await tenant.feed(room))[0])
    asked = [calls.answer(room, row.id, Answer.ACCEPT, "") for room, row in waiting.items()]

    accepted, other, missing = await tenant.client.call_many(
        [*asked, calls.answer(OSLO, "AAMkNothing=", Answer.ACCEPT, "")], BACKGROUND
    )

    assert (accepted, other) == (None, None)
    assert isinstance(missing, Missing)
    for room, row in waiting.items():
        assert (await tenant.calendar.read_room_event(room, row.id)).response == "accepted"


async def test_many_calls_at_once_never_reach_the_mailbox_limit(tenant: Tenant) -> None:
    await tenant.control("limits", via="PATCH", latency_ms=200)
    made = [calls.organizer_days(MIA, SLOT, "") for _ in range(9)]

    asked = asyncio.create_task(tenant.client.call_many(made, BACKGROUND))
    alone = [asyncio.create_task(tenant.client.call(one, BACKGROUND)) for one in made]
    await _until_done(tenant, asked, *alone)

    assert not any(isinstance(one, RemoteError) for one in asked.result())
    statuses = {one["status"] for one in (await tenant.look("requests"))["value"]}
    assert 429 not in statuses


async def test_a_mailbox_that_bears_less_is_asked_until_it_has_answered_all(tenant: Tenant) -> None:
    await tenant.control("limits", via="PATCH", latency_ms=200, mailbox_concurrency=1)
    slots = [Slot.lasting(SLOT.start_at + timedelta(hours=2 * number), 60) for number in range(6)]
    wanted = [replace(BOOKING, transaction_id=f"b{number}", slot=slot) for number, slot in enumerate(slots)]

    asked = asyncio.create_task(
        tenant.client.call_many([calls.create(one) for one in wanted], Budget(total_s=3600, tries=30))
    )
    await _until_done(tenant, asked)

    assert not any(isinstance(one, RemoteError) for one in asked.result())
    assert await tenant.meetings(MIA) == 6


async def _until_done(tenant: Tenant, *tasks: "asyncio.Task[object]") -> None:
    """Moves the tenant's clock until all have their answers."""
    for _ in range(2000):
        if all(task.done() for task in tasks):
            return
        await tenant.advance(0.2)
    raise AssertionError("nobody answers")
