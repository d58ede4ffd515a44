"""A booking of a store that is older than the mailboxes: what it was about to do is looked for before it is done."""

from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.booking.reconcile import HELD_BACK, Reconciler, doubted
from bot.booking.saga import Call, call_for, created, not_made, surely_absent
from bot.domain.bookings import LIVE, Booking, State
from bot.domain.slots import Slot
from bot.ports import keys
from bot.ports.calendar import Meeting
from bot.ports.store import Conflict
from tests.fakes import START_AT
from tests.unit.core.world import OSLO, ROOMS, running

LATER = Slot(START_AT + timedelta(days=1), START_AT + timedelta(days=1, hours=1))
NOW = START_AT + timedelta(hours=2)


def booking(state: State, **more: object) -> Booking:
    made = Booking(
        id="5f" * 16, person_id="ada", organizer="ada@contoso.example", room=OSLO, slot=LATER, subject="", state=state,
        made_at=START_AT,
    )  # fmt: skip
    return replace(made, **more)  # type: ignore[arg-type]


def test_an_event_that_was_about_to_be_made_is_looked_for_and_not_made() -> None:
    assert call_for(booking(State.HELD), None, NOW) is Call.CREATE
    assert call_for(doubted(booking(State.HELD), NOW), None, NOW) is Call.FIND


def test_an_event_that_is_not_found_after_a_restore_may_have_been_cancelled_and_is_not_made_again() -> None:
    for state in (State.HELD, State.CREATING):
        before = doubted(booking(state, tried_at=NOW, asked_at=NOW), NOW)
        for later in (timedelta(seconds=1), timedelta(minutes=5), timedelta(hours=3)):
            assert call_for(before, None, NOW + later) is Call.FIND
        assert not_made(before).state is State.FAILED
        assert [reason.code for reason in not_made(before).reasons] == ["restored"]
        assert created(before, Meeting(id="e", ical_uid="u", web_link="", slot=LATER)).ends_as is None


def test_an_occurrence_waits_for_its_series() -> None:
    held = booking(State.HELD, series="5e" * 16)
    assert doubted(held, NOW) == held


def test_a_move_that_was_about_to_be_sent_is_not_sent() -> None:
    moving = booking(State.REQUESTED, event_id="e", moving_from=Slot(START_AT, NOW))
    assert call_for(moving, None, NOW) is Call.MOVE
    after = NOW + timedelta(minutes=1)
    assert call_for(doubted(moving, NOW), None, after) is Call.READ


def test_an_event_that_may_have_been_made_just_before_is_looked_for_long_enough() -> None:
    for state in (State.HELD, State.CREATING):
        before = doubted(booking(state, tried_at=START_AT, asked_at=START_AT), NOW)
        assert not surely_absent(before, NOW + timedelta(seconds=50))
        assert surely_absent(before, NOW + timedelta(seconds=70))


@pytest.mark.parametrize("state", sorted(LIVE - {State.HELD, State.CREATING}))
def test_every_other_booking_goes_on_as_it_stands(state: State) -> None:
    assert doubted(booking(state, event_id="e"), NOW) == booking(state, event_id="e")


def test_nothing_that_decides_or_sends_is_given_out() -> None:
    assert set(HELD_BACK) == {keys.DECIDE, keys.DRIVE, keys.TELL, keys.MANAGER}


async def test_a_look_that_ends_does_not_end_the_one_that_another_process_began(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = await running()
    one, other = (Reconciler(world.reading, world.index, world.clock) for _ in range(2))
    await one.begin()
    world.clock.forward(1)
    for room in ROOMS:
        await world.hint(room.address)
    await world.settle()
    all_read = one._all_read

    async def and_begun_anew(since: datetime) -> bool:
        done = await all_read(since)
        world.clock.forward(1)
        await other.begin()
        return done

    monkeypatch.setattr(one, "_all_read", and_begun_anew)
    [lease] = await world.raw.take([keys.RECONCILER], 1, now=world.clock.now().timestamp(), lease_s=30)
    with suppress(Conflict):  # the worker comes back to it
        await one.look(lease)

    assert await world.raw.read([keys.RECONCILE]), "nothing is decided before the rooms were read again"
