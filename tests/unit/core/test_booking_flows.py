"""Bookings from the press to the room's answer, over the real worker, a store in memory and mailboxes in memory."""

import itertools
import logging

import pytest

from bot.domain.bookings import Booking, State
from bot.domain.errors import NotFound, Refusal, SlotTaken, Stale
from bot.domain.slots import Slot
from bot.ports import keys
from bot.ports.calendar import Busy, Denied, Rejected, Unclear
from tests.fakes import Fault, Mode
from tests.unit.core.world import ADA, BERGEN, BOB, OSLO, World, at, running, shifted

NINE = at(9)


async def confirmed(world: World, slot: Slot = NINE) -> Booking:
    booking = await world.book(slot)
    await world.settle()
    await world.pass_time(30)
    found = await world.booking(booking.id)
    assert found.state is State.CONFIRMED
    return found


async def test_a_booking_is_confirmed_once_the_mailbox_shows_the_acceptance() -> None:
    world = await running()

    booking = await world.book(NINE)
    assert (await world.booking(booking.id)).state is State.HELD
    await world.settle()
    await world.pass_time(30)

    assert (await world.booking(booking.id)).state is State.CONFIRMED
    assert world.calendar.creates == [booking.id]
    assert len(world.calendar.answers) == 1
    assert world.false_confirmed == []
    shown = [seen.state for seen in world.shown[keys.booking_card(booking.id)]]
    assert shown[-1] is State.CONFIRMED


async def test_of_two_people_for_one_slot_the_second_is_told_at_once() -> None:
    world = await running()

    await world.book(NINE)
    with pytest.raises(SlotTaken) as lost:
        await world.book(shifted(NINE, minutes=30), BOB)

    assert lost.value.reasons[0].code == "conflict"
    assert len(await world.claims(OSLO)) == 1


async def test_two_processes_race_for_one_slot_and_the_store_decides() -> None:
    world = await running()

    await world.book(NINE)
    world.index.drop(OSLO, (await world.claims(OSLO))[0].holder)  # as in a process that has not heard of it
    with pytest.raises(SlotTaken) as lost:
        await world.book(NINE, BOB)

    assert lost.value.reasons[0].code == "slot_taken"


async def test_an_unclear_creation_is_repeated_under_the_same_id_and_makes_one_event() -> None:
    world = await running()
    world.calendar.faults += [Fault(error=Unclear(), method="create", done=True)] * 1
    world.calendar.faults += [Fault(error=Unclear(), method="create", done=False)]

    booking = await world.book(NINE)
    await world.settle()
    await world.pass_time(60)

    assert (await world.booking(booking.id)).state is State.CONFIRMED
    assert set(world.calendar.creates) == {booking.id}
    assert world.calendar.calls.count("create") == 3
    assert len(world.calendar.made_by(booking.id)) == 1


async def test_a_busy_service_is_asked_again_no_sooner_than_it_said() -> None:
    world = await running()
    world.calendar.faults.append(Fault(error=Busy("TooManyRequests", 429, retry_after_s=900.0), method="create"))

    await world.book(NINE)
    await world.settle()
    await world.pass_time(890)
    assert len(world.calendar.creates) == 0

    await world.pass_time(30)
    assert len(world.calendar.creates) == 1


async def test_a_refused_creation_frees_the_slot_and_says_why() -> None:
    world = await running()
    world.calendar.faults.append(Fault(error=Rejected("ErrorInvalidRequest", 400), method="create"))

    booking = await world.book(NINE)
    await world.settle()

    failed = await world.booking(booking.id)
    assert (failed.state, failed.reasons[0].code) == (State.FAILED, "remote_rejected")
    assert await world.claims(OSLO) == []
    await world.book(NINE, BOB)


async def test_a_refusal_after_an_unclear_creation_leaves_no_orphan() -> None:
    world = await running()
    world.calendar.faults.append(Fault(error=Unclear(), method="create", done=True))
    world.calendar.faults.append(Fault(error=Denied("ErrorAccessDenied", 403), method="create"))

    booking = await world.book(NINE)
    await world.settle()
    await world.pass_time(300)

    ended = await world.booking(booking.id)
    live = world.calendar.made_by(booking.id)
    assert (ended.state, len(live)) in ((State.CONFIRMED, 1), (State.FAILED, 0))
    assert bool(await world.claims(OSLO)) == (ended.state is State.CONFIRMED)


async def test_a_foreign_meeting_that_was_first_declines_ours_with_reasons_and_cancels_it() -> None:
    world = await running()
    booking = await world.book(NINE)
    foreign = world.calendar.outlook_book(OSLO, NINE, "eve@contoso.example")
    world.calendar.accept_behind_our_back(foreign)

    await world.settle()
    await world.pass_time(120)

    declined = await world.booking(booking.id)
    assert declined.state is State.DECLINED
    assert [reason.code for reason in declined.reasons] == ["conflict"]
    assert world.calendar.made_by(booking.id) == []
    assert keys.held_by_booking(booking.id) not in {claim.holder for claim in await world.claims(OSLO)}
    assert world.calendar.double == []


async def test_a_room_that_exchange_decides_is_followed() -> None:
    world = await running('[tenant]\ncontrol = "auto"')
    world.calendar.rooms[OSLO].mode = Mode.AUTO

    taken = await confirmed(world)
    foreign = await world.book(at(11))
    world.calendar.accept_behind_our_back(world.calendar.outlook_book(OSLO, at(11), "eve@contoso.example"))
    await world.settle()
    await world.pass_time(120)

    assert world.calendar.answers == []
    declined = await world.booking(foreign.id)
    assert (declined.state, declined.reasons[0].code) == (State.DECLINED, "room_declined")
    assert (await world.booking(taken.id)).state is State.CONFIRMED


async def test_an_acceptance_seen_before_the_creation_was_answered_is_no_foreign_overlap() -> None:
    world = await running('[tenant]\ncontrol = "auto"')
    world.calendar.rooms[OSLO].mode = Mode.AUTO
    world.calendar.faults.append(Fault(error=Unclear(), method="create", done=True))

    booking = await world.book(NINE)
    await world.worker._take()
    await world.settle()
    world.clock.forward(1)
    await world.hint(OSLO)
    await world.pass_time(60)

    assert (await world.booking(booking.id)).state is State.CONFIRMED
    assert await world.overlaps() == []


async def test_cancelling_before_anything_was_sent_sends_nothing() -> None:
    world = await running()
    booking = await world.book(NINE)

    gone = await world.desk.cancel(booking.id, ADA.id)
    await world.settle()

    assert gone.state is State.CANCELLED
    assert world.calendar.creates == []
    assert await world.claims(OSLO) == []


async def test_cancelling_while_the_creation_is_under_way_leaves_no_event() -> None:
    world = await running()
    booking = await world.book(NINE)
    cancelling: list[str] = []

    def press(call: str) -> None:
        if call == "create":
            cancelling.append(call)

    world.calendar.before_call = press
    world.calendar.faults.append(Fault(error=Unclear(), method="create", done=True))
    await world.settle()
    await world.desk.cancel(booking.id, ADA.id)
    await world.settle()
    await world.pass_time(180)

    assert (await world.booking(booking.id)).state is State.CANCELLED
    assert world.calendar.made_by(booking.id) == []
    assert await world.claims(OSLO) == []


async def test_cancelling_after_repeated_unclear_creations_waits_until_absence_is_sure() -> None:
    world = await running()
    booking = await world.book(NINE)
    world.calendar.faults += [Fault(error=Unclear(), method="create")] * 1000
    await world.settle()
    await world.pass_time(200)
    world.calendar.faults.clear()
    await world.desk.cancel(booking.id, ADA.id)

    await world.settle()
    await world.pass_time(15)
    soon = await world.booking(booking.id)
    await world.pass_time(120)

    assert soon.asked_at is not None
    assert soon.state is State.COMPENSATING
    assert (await world.booking(booking.id)).state is State.CANCELLED


async def test_a_confirmed_booking_can_be_cancelled_and_the_room_is_free_at_once_after() -> None:
    world = await running()
    booking = await confirmed(world)

    await world.desk.cancel(booking.id, ADA.id)
    await world.settle()

    assert (await world.booking(booking.id)).state is State.CANCELLED
    assert world.calendar.made_by(booking.id) == []
    assert await world.claims(OSLO) == []
    await world.book(NINE, BOB)


async def test_cancelling_twice_or_while_it_is_being_undone_changes_nothing() -> None:
    world = await running()
    booking = await confirmed(world)
    world.calendar.accept_behind_our_back(world.calendar.outlook_book(OSLO, at(15), "eve@contoso.example"))
    held = world.calendar.made_by(booking.id)[0]
    row = world.calendar.row_of(held)
    assert row is not None
    world.calendar._remove(row)
    world.calendar.held[held.id] = held.__class__(**{**held.__dict__, "room_response": "declined"})
    world.calendar.faults.append(Fault(error=Busy(retry_after_s=600), method="cancel"))
    await world.pass_time(600)
    assert (await world.booking(booking.id)).state is State.COMPENSATING

    again = await world.desk.cancel(booking.id, ADA.id)

    assert again.state is State.COMPENSATING
    await world.pass_time(900)
    assert (await world.booking(booking.id)).state is State.DECLINED


async def test_nobody_cancels_or_moves_what_is_not_theirs() -> None:
    world = await running()
    booking = await confirmed(world)

    for act in (world.desk.cancel(booking.id, BOB.id), world.desk.move(booking.id, BOB.id, at(14))):
        with pytest.raises(NotFound):
            await act


async def test_a_meeting_that_is_over_is_neither_cancelled_nor_moved() -> None:
    world = await running()
    booking = await confirmed(world, at(9, 30, days=0))
    world.clock.forward(7200)

    with pytest.raises(Refusal, match="already_over"):
        await world.desk.cancel(booking.id, ADA.id)
    with pytest.raises(Refusal, match="already_over"):
        await world.desk.move(booking.id, ADA.id, at(14))


async def test_cancelling_in_outlook_frees_the_room_and_tells_the_person() -> None:
    for keeps_cancelled in (True, False):
        world = await running()
        world.calendar.keeps_cancelled = keeps_cancelled
        booking = await confirmed(world)

        world.calendar.outlook_cancel(booking.event_id)
        await world.pass_time(700)

        gone = await world.booking(booking.id)
        assert (gone.state, gone.reasons[0].code) == (State.CANCELLED, "cancelled_elsewhere")
        assert await world.claims(OSLO) == []
        assert world.shown[keys.booking_card(booking.id)][-1].state is State.CANCELLED
        await world.book(NINE, BOB)


async def test_a_room_that_never_answers_expires_with_the_meetings_end() -> None:
    world = await running('[tenant]\ncontrol = "auto"')
    world.calendar.rooms[OSLO].mode = Mode.SILENT

    booking = await world.book(at(10, 30, days=0))
    await world.settle()
    await world.pass_time(3600 * 3, step_s=60)

    assert (await world.booking(booking.id)).state is State.EXPIRED
    assert await world.claims(OSLO) == []


async def test_an_event_that_can_never_be_created_is_given_up_after_half_an_hour() -> None:
    world = await running()
    world.calendar.faults += [Fault(error=Unclear(), method="create")] * 1000

    booking = await world.book(NINE)
    await world.settle()
    await world.pass_time(2400, step_s=10)

    assert (await world.booking(booking.id)).state is State.FAILED
    assert await world.claims(OSLO) == []


async def test_an_event_created_at_the_last_moment_is_not_left_behind() -> None:
    world = await running()
    booking = await world.book(NINE)
    creations = 0

    def late_success(call: str) -> None:
        nonlocal creations
        if call == "create":
            creations += 1
            done = (world.clock.now() - booking.made_at).total_seconds() > 1690
            world.calendar.faults.insert(0, Fault(error=Unclear(), method="create", done=done))
            if done:
                world.calendar.faults.insert(0, Fault(error=Unclear(), method="find"))

    world.calendar.before_call = late_success
    await world.settle()
    await world.pass_time(3000, step_s=5)

    ended = await world.booking(booking.id)
    live = world.calendar.made_by(booking.id)
    assert creations > 3
    assert (ended.state, len(live)) in ((State.CONFIRMED, 1), (State.FAILED, 0))


async def test_with_every_notification_lost_the_poll_still_confirms() -> None:
    world = await running()
    booking = await world.book(NINE)
    await world.settle()

    await world.pass_time(1200, step_s=30)

    assert (await world.booking(booking.id)).state is State.CONFIRMED
    foreign = world.calendar.outlook_book(BERGEN, NINE, "eve@contoso.example")
    await world.pass_time(1200, step_s=30)
    row = world.calendar.row_of(foreign)
    assert row is not None
    assert row.response == "accepted"


async def test_a_second_press_of_the_same_card_is_stale() -> None:
    world = await running()
    booking = await world.book(NINE)

    world._ids = itertools.count(int(booking.id, 16))
    world.index.drop(OSLO, keys.held_by_booking(booking.id))
    with pytest.raises(Stale):
        await world.book(NINE)


async def test_my_bookings_are_those_to_come_soonest_first() -> None:
    world = await running()
    second = await confirmed(world, at(15))
    first = await world.book(at(9), ADA)
    await world.book(at(11), BOB)

    assert [booking.id for booking in await world.desk.mine(ADA.id)] == [first.id, second.id]


async def test_logs_name_no_person_and_no_subject(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    world = await running()
    await confirmed(world)

    told = " ".join(str(record.__dict__) for record in caplog.records)
    assert "ada@" not in told
    assert "Planning" not in told
