"""Series, exceptions and overlaps: what is answered as one, and what is reported."""

from dataclasses import replace

import pytest

from bot.domain.events import Kind, Response
from bot.ports import keys
from bot.ports.calendar import Answer, Rejected
from bot.ports.store import Batch, Claim
from tests.fakes import Fault
from tests.unit.core.world import OSLO, at, noticed, running, shifted

NINE = at(9)
EVE, DAN = "eve@contoso.example", "dan@contoso.example"


async def test_a_series_is_answered_once_on_its_master_and_claims_every_occurrence() -> None:
    world = await running()
    slots = [shifted(NINE, days=day) for day in range(5)]
    master = world.calendar.outlook_series(OSLO, slots, EVE)

    await noticed(world, 60)

    assert world.calendar.answers == [(OSLO, master, Answer.ACCEPT)]
    assert [(claim.start, claim.end) for claim in await world.claims(OSLO)] == [slot.whole_seconds for slot in slots]


async def test_a_series_whose_third_day_is_taken_is_declined_whole() -> None:
    world = await running()
    world.calendar.outlook_book(OSLO, shifted(NINE, days=2), DAN)
    await noticed(world, 40)
    master = world.calendar.outlook_series(OSLO, [shifted(NINE, days=day) for day in range(5)], EVE)

    await noticed(world, 60)

    assert world.calendar.answers[-1] == (OSLO, master, Answer.DECLINE)
    assert len(await world.claims(OSLO)) == 1


async def test_a_series_that_became_another_with_the_same_first_day_is_judged_anew() -> None:
    world = await running()
    master = world.calendar.outlook_series(OSLO, [shifted(NINE, days=day) for day in (0, 7)], EVE)
    await noticed(world, 60)
    world.calendar.outlook_book(OSLO, shifted(NINE, days=1), DAN)
    await noticed(world, 60)
    box = world.calendar.rooms[OSLO]
    rows = [row for row in box.items.values() if row.master_id == master]
    for row in rows:
        world.calendar._write(replace(row, response=Response.TENTATIVE))
    world.calendar._write(
        replace(rows[0], id="extra", ical_uid="uid-x", slot=shifted(NINE, days=1), response=Response.TENTATIVE)
    )

    await noticed(world, 120)

    assert world.calendar.double == []
    assert world.calendar.answers[-1] == (OSLO, master, Answer.DECLINE)


async def test_a_series_is_not_accepted_over_one_of_its_dates_that_was_moved_onto_another_meeting() -> None:
    """An answer to the series may count for the date, too: that is decided by itself, and first."""
    world = await running()
    world.calendar.answers_exceptions = True
    world.calendar.outlook_book(OSLO, at(11), DAN)
    await noticed(world, 60)
    master = world.calendar.outlook_series(OSLO, [shifted(NINE, days=day) for day in range(3)], EVE)
    await noticed(world)
    box = world.calendar.rooms[OSLO]
    first = next(row for row in box.items.values() if row.master_id == master)
    world.calendar.attendant_s, box.delivered_at[first.id] = 45.0, world.clock.now()
    world.calendar._write(replace(first, kind=Kind.EXCEPTION, slot=at(11), response=Response.NOT_RESPONDED))

    await noticed(world, 120)

    assert world.calendar.answers[1:] == [(OSLO, first.id, Answer.DECLINE), (OSLO, master, Answer.ACCEPT)]
    assert world.calendar.double == []


async def test_a_series_does_not_wait_for_a_date_whose_answers_never_hold() -> None:
    world = await running()
    master = world.calendar.outlook_series(OSLO, [shifted(NINE, days=day) for day in range(3)], EVE)
    box = world.calendar.rooms[OSLO]
    first = next(row for row in box.items.values() if row.master_id == master)
    world.calendar._write(replace(first, kind=Kind.EXCEPTION, slot=at(11), response=Response.TENTATIVE))
    world.calendar.faults += [Fault(error=Rejected("ErrorInvalidRequest", 400), method="answer")] * 3

    await noticed(world, 180)

    assert (OSLO, master, Answer.ACCEPT) in world.calendar.answers


async def test_a_series_is_judged_by_its_days_to_come() -> None:
    world = await running()
    slots = [shifted(at(7, days=0), days=day) for day in range(3)]  # the first is over
    await world.raw.commit(Batch(claims=(Claim(OSLO, *slots[0].whole_seconds, "event:somebody"),)))
    master = world.calendar.outlook_series(OSLO, slots, EVE)

    await noticed(world, 60)

    assert world.calendar.answers == [(OSLO, master, Answer.ACCEPT)]


async def test_a_master_in_the_feed_neither_stands_in_the_way_nor_makes_the_job_turn_for_ever() -> None:
    world = await running()
    master = world.calendar.outlook_series(OSLO, [shifted(NINE, days=day) for day in range(3)], EVE)
    box = world.calendar.rooms[OSLO]
    box.items[master] = box.series[master]
    box.log.append(master)

    await world.hint(OSLO)
    ran = await world.settle()
    world.clock.forward(10)
    ran += await world.settle()

    assert ran < 30
    assert (OSLO, master, Answer.ACCEPT) in world.calendar.answers


async def test_an_occurrence_that_was_made_an_exception_is_decided_on_its_own() -> None:
    world = await running()
    master = world.calendar.outlook_series(OSLO, [shifted(NINE, days=day) for day in range(2)], EVE)
    await noticed(world, 60)
    row = next(row for row in world.calendar.rooms[OSLO].items.values() if row.master_id == master)
    moved = replace(row, kind=Kind.EXCEPTION, slot=shifted(NINE, hours=3), response=Response.TENTATIVE)
    world.calendar._write(moved)

    await noticed(world, 60)

    assert world.calendar.answers[-1] == (OSLO, row.id, Answer.ACCEPT)


@pytest.mark.parametrize("minutes", [0, 30, 60])
async def test_touching_meetings_do_not_clash_and_overlapping_ones_do(minutes: int) -> None:
    world = await running()
    world.calendar.outlook_book(OSLO, NINE, EVE)
    await noticed(world, 40)
    held = world.calendar.outlook_book(OSLO, shifted(NINE, minutes=minutes), DAN)

    await noticed(world, 40)

    expected = Response.ACCEPTED if minutes == 60 else Response.DECLINED
    assert world.calendar.held[held.id].room_response is expected


async def test_a_meeting_in_the_way_of_another_is_reported_and_taken_back_when_it_is_gone() -> None:
    world = await running()
    first = world.calendar.outlook_book(OSLO, NINE, EVE)
    second = world.calendar.outlook_book(OSLO, shifted(NINE, minutes=15), DAN)
    for held in (first, second):
        world.calendar.accept_behind_our_back(held)
    await noticed(world)
    assert [(found.slot, found.held_by) for found in await world.overlaps()] == [
        (second.slot, keys.held_by_event(first.uid))
    ]

    world.calendar.outlook_cancel(first.id)
    await noticed(world)
    await noticed(world)

    assert await world.overlaps() == []
    assert [claim.holder for claim in await world.claims(OSLO)] == [keys.held_by_event(second.uid)]


async def test_fifty_overlaps_in_one_room_do_not_stop_its_feed() -> None:
    world = await running('[tenant]\ncontrol = "auto"')
    for number in range(51):
        held = world.calendar.outlook_book(OSLO, shifted(NINE, minutes=number), EVE)
        world.calendar.accept_behind_our_back(held)

    await noticed(world)

    assert len(await world.documents_under(keys.events(OSLO))) == 51
    assert len(await world.overlaps()) == 50
    assert (await world.feed(OSLO)).synced_at == world.clock.now()
