"""When people are told of a booking."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.booking.telling import QUIET, told
from bot.domain.bookings import Booking, State
from bot.domain.slots import Slot

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
BOOKING = Booking(
    id="b1",
    person_id="p1",
    organizer="mia@contoso.com",
    room="oslo@contoso.com",
    slot=Slot.lasting(NOW, 60),
    subject="",
    state=State.REQUESTED,
    made_at=NOW,
)


def test_no_update_overtakes_the_answer_to_the_press() -> None:
    (owed,) = told(replace(BOOKING, pressed_at=NOW), NOW + timedelta(milliseconds=300))

    assert owed.due_at == (NOW + QUIET).timestamp()


def test_later_news_is_told_at_once() -> None:
    later = NOW + timedelta(seconds=20)

    assert told(replace(BOOKING, pressed_at=NOW), later)[0].due_at == later.timestamp()
    assert told(BOOKING, NOW)[0].due_at == NOW.timestamp()


def test_a_press_that_another_machine_whose_clock_is_ahead_has_dated_is_waited_for_too() -> None:
    pressed_at = NOW + timedelta(milliseconds=300)

    assert told(replace(BOOKING, pressed_at=pressed_at), NOW)[0].due_at == (pressed_at + QUIET).timestamp()


def test_a_clock_that_was_set_back_keeps_nobody_waiting() -> None:
    assert told(replace(BOOKING, pressed_at=NOW + timedelta(hours=1)), NOW)[0].due_at == NOW.timestamp()
