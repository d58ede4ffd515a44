"""A draft: one search of one person, as a card shows it. Replaced, never changed; one booking comes of it at most."""

from dataclasses import dataclass, replace

from bot.cards.views import Asked
from bot.domain.ranking import Option
from bot.domain.slots import Slot


@dataclass(frozen=True, kw_only=True)
class Offer:
    """A room at a time, as a button of the card offers it; of a series, without the times that are `missing`."""

    room: str
    slot: Slot
    missing: tuple[Slot, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Draft:
    """`version` grows with every showing that differs, so that a press on an older one is known as such. `booking_id`
    is what came of it; `changes` the booking that it is to replace; `card_of` the lost booking whose card shows it;
    `date_of` the series of which it is a date that has no room."""

    id: str
    person_id: str
    asked: Asked
    version: int = 1
    offers: tuple[Offer, ...] = ()
    changes: str = ""
    booking_id: str = ""
    card_of: str = ""
    date_of: str = ""

    def asking(self, asked: Asked) -> "Draft":
        """Shown anew for another request: earlier offers hold no more."""
        return replace(self, asked=asked, version=self.version + 1, offers=())

    def shown(self, asked: Asked, options: tuple[Option, ...]) -> "Draft":
        """As it is, where that is what it shows already: a press that comes twice gets the same card twice."""
        anew = self.asking(asked).offering(options)
        same = anew.offers == self.offers and replace(asked, subject="") == replace(self.asked, subject="")
        return replace(self, asked=asked) if same else anew

    def offering(self, options: tuple[Option, ...]) -> "Draft":
        return replace(self, offers=tuple(_offer(option) for option in options))

    def taken(self, booking_id: str) -> "Draft":
        """Its work is done: every further press shows the booking."""
        return replace(self, booking_id=booking_id)

    def offer(self, version: int, option: int) -> Offer | None:
        """None where the press was on an older showing, or on nothing."""
        if version != self.version or not 0 <= option < len(self.offers):
            return None
        return self.offers[option]


def _offer(option: Option) -> Offer:
    return Offer(room=option.room.address, slot=option.slot, missing=option.missing)
