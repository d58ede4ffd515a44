"""Rows of free rooms, each with its own Book button."""

from collections.abc import Sequence
from dataclasses import dataclass

from microsoft_teams.cards import AssociatedInputs, CardElement

from bot.cards.actions import Verb, data
from bot.cards.elements import beside, button, line, name, upper_first
from bot.cards.places import about, free_until, why
from bot.cards.texts import Audience
from bot.domain.ranking import Option

MOST = 5


@dataclass(frozen=True, kw_only=True)
class Draft:
    """What the Book buttons refer to. `first` is the number of the first option; `inputs` whether fields come along."""

    id: str
    version: int
    first: int = 0
    inputs: AssociatedInputs = "none"


def rows(audience: Audience, options: Sequence[Option], draft: Draft, *, timed: bool) -> list[CardElement]:
    """At most five rows. `timed` tells each row's own time: where it is not the one that was asked."""
    return [_row(audience, option, draft, number, timed) for number, option in enumerate(options[:MOST])]


def _row(audience: Audience, option: Option, draft: Draft, number: int, timed: bool) -> CardElement:
    values = data(Verb.BOOK, id=draft.id, version=draft.version, option=draft.first + number)
    room = name(option.room.name)
    book = button(
        audience.say("Book"),
        values,
        inputs=draft.inputs,
        tooltip=audience.say("Book {room}", room=room),
    )
    known = about(audience, option.room)
    return beside(
        [
            line(room, bold=True),
            *_when(audience, option, timed),
            line(_merits(audience, option), spacing="None"),
            *([line(known, subtle=True, spacing="None")] if known else []),
        ],
        book,
    )


def _when(audience: Audience, option: Option, timed: bool) -> list[CardElement]:
    there = audience.there(option.slot.start_at, option.room.zone)
    told = audience.when(option.slot, option.room.zone) if timed else there
    return [line(upper_first(told), spacing="None")] if told else []


def _merits(audience: Audience, option: Option) -> str:
    parts = (why(audience, option), free_until(audience, option))
    return upper_first(" · ".join(part for part in parts if part))
