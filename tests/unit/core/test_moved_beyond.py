"""Bookings that stand at a time so far ahead that the mirror does not show it."""

import pytest

from bot.domain.bookings import Booking, State
from bot.domain.slots import Slot
from bot.policy.loading import load
from bot.ports import keys
from bot.ports.calendar import Answer, Meeting
from tests.fakes import Mode
from tests.unit.core.test_moving_flows import confirmed
from tests.unit.core.world import OSLO, World, at, running

TEN_DAYS = "[tenant]\ndays_ahead = 10\n"  # of which the mirror shows seventeen
NINE, BEYOND = at(9), at(9, days=25)
DAY_S = 24 * 3600.0


async def moved(world: World, slot: Slot = BEYOND) -> Booking:
    booking = await confirmed(world)
    [held] = world.calendar.made_by(booking.id)
    world.calendar.outlook_move(held.id, slot)
    await world.hint(OSLO)
    await world.pass_time(60)
    return await world.booking(booking.id)


async def claimed(world: World, booking: Booking) -> list[tuple[int, int]]:
    holder = keys.held_by_booking(booking.id)
    return [(one.start, one.end) for one in await world.claims(OSLO) if one.holder == holder]


def seconds(slot: Slot) -> tuple[int, int]:
    return int(slot.start_at.timestamp()), int(slot.end_at.timestamp())


async def test_a_booking_moved_beyond_what_is_shown_goes_along_and_stands() -> None:
    world = await running(TEN_DAYS)

    booking = await moved(world)
    assert (booking.state, booking.slot, booking.unseen) == (State.REQUESTED, BEYOND, True)
    await world.pass_time(5 * 3600, 60)

    assert (await world.booking(booking.id)).number == booking.number
    assert world.calendar.made_by(booking.id)[0].slot == BEYOND
    assert await claimed(world, booking) == [seconds(BEYOND)]


async def test_the_rooms_answer_is_followed_once_the_day_is_shown() -> None:
    world = await running(TEN_DAYS)
    world.calendar.rooms[OSLO].mode = Mode.AUTO
    booking = await moved(world)
    assert booking.state is State.REQUESTED

    await world.pass_time(10 * DAY_S, 3600)

    after = await world.booking(booking.id)
    assert (after.state, after.slot, after.unseen) == (State.CONFIRMED, BEYOND, False)
    assert world.false_confirmed == []


async def test_a_window_that_rolls_while_the_meeting_is_read_does_not_make_its_absence_a_refusal() -> None:
    world = await running(TEN_DAYS)
    world.calendar.rooms[OSLO].mode = Mode.AUTO
    booking = await moved(world)
    await world.pass_time(2 * DAY_S, 3600)
    world.clock.forward(8 * DAY_S)
    read = world.calendar.read

    async def read_late(organizer: str, event_id: str) -> Meeting:
        await world.run_one(keys.sync(OSLO))
        return await read(organizer, event_id)

    world.calendar.read = read_late  # type: ignore[method-assign]  # the round comes in between
    await world.hint(OSLO)
    await world.run_one(keys.drive(booking.id))

    assert (await world.feed(OSLO)).reaches(BEYOND)
    assert (await world.booking(booking.id)).state is State.REQUESTED


async def test_a_booking_moved_beyond_and_back_is_as_any_other_that_is_moved() -> None:
    world = await running(TEN_DAYS)
    booking = await moved(world)
    await world.pass_time(3600, 60)

    world.calendar.outlook_move(booking.event_id, at(14))
    await world.hint(OSLO)
    await world.pass_time(120)

    after = await world.booking(booking.id)
    assert (after.state, after.slot, after.unseen) == (State.CONFIRMED, at(14), False)
    assert await claimed(world, booking) == [seconds(at(14))]


@pytest.mark.parametrize("before_s", [0, 60])
async def test_a_booking_that_the_room_has_not_answered_goes_along_too(before_s: float) -> None:
    world = await running(TEN_DAYS)
    world.calendar.rooms[OSLO].mode = Mode.SILENT
    booking = await world.book(NINE)
    await world.run_one(keys.drive(booking.id))
    await world.pass_time(before_s)

    world.calendar.outlook_move(world.calendar.made_by(booking.id)[0].id, BEYOND)
    await world.hint(OSLO)
    await world.pass_time(3600, 20)

    after = await world.booking(booking.id)
    assert (after.state, after.slot, after.unseen) == (State.REQUESTED, BEYOND, True)
    assert world.calendar.made_by(booking.id)


async def test_a_date_of_a_series_goes_along_alone_and_is_looked_at_seldom_then() -> None:
    world = await running(TEN_DAYS)
    series = await world.book_series(NINE, 3, weekly=False)
    await world.pass_time(120)
    date = (await world.occurrences(series.id))[1]
    assert date.state is State.CONFIRMED

    world.calendar.outlook_move(date.event_id, BEYOND)
    await world.hint(OSLO)
    await world.pass_time(2 * 3600, 20)
    world.calendar.calls.clear()
    await world.pass_time(3600, 60)

    after = await world.booking(date.id)
    assert (after.state, after.slot, after.unseen) == (State.REQUESTED, BEYOND, True)
    assert world.calendar.calls.count("read") <= 4
    whole = await world.booking(series.id)
    assert (whole.state, [one.state for one in whole.occurrences].count(State.CONFIRMED)) == (State.CONFIRMED, 2)
    assert BEYOND in {one.slot for one in whole.occurrences}


async def test_a_meeting_that_is_cancelled_beyond_is_cancelled() -> None:
    world = await running(TEN_DAYS)
    booking = await moved(world)

    world.calendar.outlook_cancel(booking.event_id)
    await world.pass_time(1800, 20)

    assert (await world.booking(booking.id)).state is State.CANCELLED


async def test_a_refusal_beyond_is_told_at_the_time_that_was_refused() -> None:
    world = await running(TEN_DAYS)
    booking = await moved(world)

    await world.calendar.answer(OSLO, booking.room_event_id, Answer.DECLINE, "")
    await world.pass_time(1800, 20)

    after = await world.booking(booking.id)
    assert (after.state, after.slot, [one.code for one in after.reasons]) == (State.DECLINED, BEYOND, ["room_declined"])


async def test_a_policy_that_shows_less_than_before_ends_no_booking() -> None:
    """The room's acceptance was seen, and the organizer's copy still has it."""
    world = await running()
    booking = await world.book(BEYOND)
    await world.pass_time(120)
    assert (await world.booking(booking.id)).state is State.CONFIRMED

    world.policies = load(TEN_DAYS)
    await world.start()
    await world.pass_time(DAY_S, 1800)
    assert not (await world.feed(OSLO)).reaches(BEYOND)
    standing = await world.booking(booking.id)
    world.calendar.outlook_cancel(standing.event_id)
    await world.pass_time(DAY_S, 1800)

    assert (standing.state, standing.unseen) == (State.CONFIRMED, True)
    assert (await world.booking(booking.id)).state is State.CANCELLED
