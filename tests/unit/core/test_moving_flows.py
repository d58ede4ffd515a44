"""Bookings that move, by a press or in Outlook: the old time is kept until the new one is had."""

import pytest

from bot.domain.bookings import Booking, State
from bot.domain.errors import SlotTaken
from bot.domain.slots import Slot
from bot.ports import keys
from bot.ports.calendar import Busy, Denied, Rejected
from tests.fakes import Fault
from tests.unit.core.world import ADA, BOB, OSLO, World, at, running, shifted

NINE = at(9)


async def confirmed(world: World, slot: Slot = NINE) -> Booking:
    booking = await world.book(slot)
    await world.settle()
    await world.pass_time(30)
    found = await world.booking(booking.id)
    assert found.state is State.CONFIRMED
    return found


async def test_moving_takes_the_new_time_gives_back_the_old_one_and_is_confirmed_anew() -> None:
    world = await running()
    booking = await confirmed(world)

    moved = await world.desk.move(booking.id, ADA.id, at(14))
    assert moved.state is State.REQUESTED
    await world.settle()
    await world.pass_time(180)
    await world.book(NINE, BOB)

    after = await world.booking(booking.id)
    assert (after.state, after.slot, after.moving_from) == (State.CONFIRMED, at(14), None)
    assert world.calendar.made_by(booking.id)[0].slot == at(14)
    assert world.false_confirmed == []


async def test_moving_by_half_an_hour_is_not_in_its_own_way() -> None:
    world = await running()
    booking = await confirmed(world)

    await world.desk.move(booking.id, ADA.id, shifted(NINE, minutes=30))
    await world.settle()
    await world.pass_time(180)

    assert (await world.booking(booking.id)).slot == shifted(NINE, minutes=30)
    assert (await world.booking(booking.id)).state is State.CONFIRMED


async def test_moving_before_the_first_look_at_the_room_is_not_in_its_own_way() -> None:
    world = await running()
    booking = await world.book(NINE)
    await world.settle()
    await world.hint(OSLO)
    await world.run_one(keys.sync(OSLO))

    assert (await world.booking(booking.id)).room_event_id == ""
    moved = await world.desk.move(booking.id, ADA.id, shifted(NINE, minutes=30))
    assert moved.slot == shifted(NINE, minutes=30)


async def test_moving_twice_before_the_room_has_heard_ends_at_the_second_time() -> None:
    world = await running()
    booking = await confirmed(world)
    world.calendar.faults += [Fault(error=Busy(retry_after_s=1), method="changes")] * 6

    await world.desk.move(booking.id, ADA.id, at(14))
    world.calendar.faults.append(Fault(error=Busy(retry_after_s=60), method="move"))
    await world.settle()
    await world.desk.move(booking.id, ADA.id, at(16))
    await world.settle()
    between = await world.booking(booking.id)
    await world.pass_time(240)

    after = await world.booking(booking.id)
    assert (between.state, between.slot) == (State.REQUESTED, at(16))
    assert (after.state, after.slot) == (State.CONFIRMED, at(16))
    assert world.false_confirmed == []


async def test_a_move_that_is_refused_goes_back_to_the_time_that_stands() -> None:
    world = await running()
    booking = await confirmed(world)
    world.calendar.faults.append(Fault(error=Rejected("ErrorInvalidRequest", 400), method="move"))

    await world.desk.move(booking.id, ADA.id, at(14))
    await world.settle()
    await world.pass_time(60)

    after = await world.booking(booking.id)
    assert (after.state, after.slot, after.reasons[0].code) == (State.CONFIRMED, NINE, "not_moved")
    assert [(claim.start, claim.end) for claim in await world.claims(OSLO)] == [NINE.whole_seconds]


async def test_moving_onto_somebody_elses_time_is_refused_and_keeps_the_old_one() -> None:
    world = await running()
    booking = await confirmed(world)
    await world.book(at(14), BOB)

    with pytest.raises(SlotTaken):
        await world.desk.move(booking.id, ADA.id, at(14))

    assert (await world.booking(booking.id)).slot == NINE


async def test_moving_in_outlook_is_followed_and_decided_anew() -> None:
    world = await running()
    booking = await confirmed(world)

    world.calendar.outlook_move(booking.event_id, at(13))
    await world.pass_time(700)

    after = await world.booking(booking.id)
    assert (after.state, after.slot) == (State.CONFIRMED, at(13))
    assert [(claim.start, claim.end) for claim in await world.claims(OSLO)] == [at(13).whole_seconds]
    assert world.false_confirmed == []


async def test_moving_in_outlook_onto_another_booking_is_declined_and_undone() -> None:
    world = await running()
    booking = await confirmed(world)
    other = await world.book(at(13), BOB)
    await world.settle()
    await world.pass_time(30)

    world.calendar.outlook_move(booking.event_id, at(13))
    await world.pass_time(700)

    assert (await world.booking(other.id)).state is State.CONFIRMED
    assert (await world.booking(booking.id)).state is State.DECLINED
    assert world.calendar.made_by(booking.id) == []
    assert world.calendar.double == []
    assert len(await world.claims(OSLO)) == 1


async def test_two_moves_that_are_both_forbidden_end_where_the_room_still_stands() -> None:
    world = await running()
    booking = await confirmed(world)
    await world.desk.move(booking.id, ADA.id, at(14))
    await world.desk.move(booking.id, ADA.id, at(16))
    world.calendar.faults += [Fault(error=Denied("ErrorAccessDenied", 403), method=name) for name in ("move", "read")]

    await world.settle()
    await world.pass_time(60)

    after = await world.booking(booking.id)
    assert (after.state, after.slot, after.reasons[0].code) == (State.CONFIRMED, NINE, "not_moved")
