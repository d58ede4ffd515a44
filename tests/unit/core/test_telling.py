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
