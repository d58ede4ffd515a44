"""How the state of a booking is told."""

from bot.cards.elements import DONE, NO, SENT, WARNING, WORKING
from bot.cards.texts import mark
from bot.domain.bookings import State

WORDS = {
    State.HELD: mark("Reserving…"),
    State.CREATING: mark("Reserving…"),
    State.REQUESTED: mark("Waiting for the room"),
    State.CONFIRMED: mark("Booked"),
    State.COMPENSATING: mark("Being cancelled"),
    State.DECLINED: mark("Declined"),
    State.FAILED: mark("That did not work"),
    State.EXPIRED: mark("No answer in time"),
    State.CANCELLED: mark("Cancelled"),
}
ICONS = {
    State.HELD: WORKING,
    State.CREATING: WORKING,
    State.REQUESTED: SENT,
    State.CONFIRMED: DONE,
    State.COMPENSATING: WORKING,
    State.DECLINED: NO,
    State.FAILED: WARNING,
    State.EXPIRED: WARNING,
    State.CANCELLED: NO,
}
