"""Foyer's own refusals: a code and parameters, never prose; `cards` finds the words.

Refusal            the request cannot be honoured; the person is told why and what would do
├── SlotTaken      somebody was first; carries who holds it
├── NotFound       no such room, booking or card
├── NotAllowed     the person may not do this
├── NotYours       the card is somebody else's
├── NotReady       nothing was looked at yet: the card that was pressed stays as it is
└── Stale          the card that was pressed shows something older than what is
"""

from bot.domain.bookings import Reason


class Refusal(Exception):
    """Carries its reasons, each with what a text needs."""

    def __init__(self, *reasons: Reason) -> None:
        super().__init__(", ".join(reason.code for reason in reasons))
        self.reasons = reasons


class SlotTaken(Refusal):
    """The slot was claimed by somebody else between the look and the press."""


class NotFound(Refusal):
    """No such thing, or not the asker's: the two are told alike."""


class NotAllowed(Refusal):
    """The person has no right to this."""


class NotYours(Refusal):
    """The card belongs to somebody else; it stays as it is."""


class NotReady(Refusal):
    """Foyer has just been started and does not know enough yet; later it will."""


class Stale(Refusal):
    """What was pressed is older than what is: the present state is shown instead."""
