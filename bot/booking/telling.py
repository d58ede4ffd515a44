"""When people are told of a booking: never so soon that the answer to their own press overtakes it."""

from datetime import datetime, timedelta

from bot.domain.bookings import Booking
from bot.ports import keys
from bot.ports.store import Schedule

# The answer to a press replaces the card on the presser's screen. An update that arrives before it is painted over, and
# the card would go on telling the older state.
QUIET = timedelta(seconds=2)


def told(booking: Booking, now: datetime) -> Schedule:
    """The booking's card is owed: now, or once the answer to the last press has surely arrived."""
    at = now if booking.pressed_at is None else max(now, booking.pressed_at + QUIET)
    return Schedule(keys.tell(keys.booking_card(booking.id)), at.timestamp())
