"""When people are told of a booking: never so soon that the answer to their own press overtakes it."""

from datetime import datetime, timedelta

from bot.booking.saga import GIVE_UP_AFTER
from bot.domain.bookings import Booking, State
from bot.ports import keys
from bot.ports.store import Schedule

# The answer to a press replaces the card on the presser's screen. An update that arrives before it is painted over, and
# the card would go on telling the older state.
QUIET = timedelta(seconds=2)


PATIENCE = timedelta(minutes=2)  # so long nobody wonders; then the card says that it takes longer
_WORKING = frozenset({State.HELD, State.CREATING, State.COMPENSATING})


def takes_long(booking: Booking, now: datetime) -> bool:
    """Whether the booking is still being made, or undone, after a time in which it should long have been."""
    return booking.state in _WORKING and now >= _since(booking) + PATIENCE


def told_again_at(booking: Booking, now: datetime) -> datetime | None:
    """When the card will say something else though the booking has not changed."""
    if booking.state not in _WORKING:
        return None
    if not takes_long(booking, now):
        return _since(booking) + PATIENCE
    given_up_at = booking.made_at + GIVE_UP_AFTER
    return given_up_at if booking.state is not State.COMPENSATING and now < given_up_at else None


def _since(booking: Booking) -> datetime:
    return booking.made_at if booking.state is not State.COMPENSATING else booking.pressed_at or booking.made_at


def quiet_until(booking: Booking, now: datetime) -> datetime:
    """When the answer to the last press has surely arrived; `now` where it has, where nobody pressed, or where the
    clock was set back since."""
    pressed_at = booking.pressed_at
    return now if pressed_at is None or pressed_at > now + QUIET else max(now, pressed_at + QUIET)


def told(booking: Booking, now: datetime) -> tuple[Schedule, ...]:
    """The booking's card is owed: now, or once the answer to the last press has surely arrived. With a booking that was
    to replace another and came to nothing, the other's card is owed too: it stands, and its message was taken over. The
    series of an occurrence looks at it, too."""
    at = quiet_until(booking, now)
    shown = [booking.id] + ([booking.replaces] if booking.replaces and not booking.live else [])
    series = (Schedule(keys.drive(booking.series), now.timestamp()),) if booking.series else ()
    return (*(Schedule(keys.tell(keys.booking_card(one)), at.timestamp()) for one in shown), *series)
