"""Rows of free rooms, each with its own button that books it."""

from collections.abc import Sequence
from dataclasses import dataclass

from microsoft_teams.cards import Action, AssociatedInputs, CardElement

from bot.cards.actions import Verb, data
from bot.cards.elements import WARNING, beside, button, line, name, upper_first
from bot.cards.places import about, free_until, why
from bot.cards.series import freedom, giving_up
from bot.cards.texts import Audience
from bot.domain.ranking import Option

MOST = 5


@dataclass(frozen=True, kw_only=True)
class Draft:
    """What the buttons refer to. `first` is the number of the first option; `inputs` whether fields come along;
    `changes` whether the room is for a booking that stands; `counted` whether it was said how many people come."""

    id: str
    version: int
    first: int = 0
    inputs: AssociatedInputs = "none"
    changes: bool = False
    counted: bool = False


def rows(audience: Audience, options: Sequence[Option], draft: Draft, *, timed: bool) -> list[CardElement]:
    """At most five rows. `timed` tells each row's own time: where it is not the one that was asked."""
    return [_row(audience, option, draft, number, timed) for number, option in enumerate(options[:MOST])]


def _row(audience: Audience, option: Option, draft: Draft, number: int, timed: bool) -> CardElement:
    known = about(audience, option.room)
    when = upper_first(audience.span(option.slot))
    lost = giving_up(option, audience)
    items: list[CardElement] = [
        line(_called(audience, option), bold=True),
        *([line(when, spacing="None")] if timed else []),
        line(_merits(audience, option, draft.counted), spacing="None"),
        *([line(f"{WARNING} {lost}", spacing="None")] if lost else []),
        *([line(known, subtle=True, spacing="None")] if known else []),
    ]
    return beside(items, _book(audience, option, draft, number))


def _book(audience: Audience, option: Option, draft: Draft, number: int) -> Action:
    values = data(Verb.BOOK, id=draft.id, version=draft.version, option=draft.first + number)
    room = name(option.room.name)
    if draft.changes:
        return button(
            audience.say("Take this"), values, inputs=draft.inputs, tooltip=audience.say("Take {room}", room=room)
        )
    if option.missing:
        left = option.times - len(option.missing)
        text = audience.count("Book {n} time", "Book {n} times", left)
        return button(text, values, inputs=draft.inputs, tooltip=audience.say("Book {room}", room=room))
    return button(audience.say("Book"), values, inputs=draft.inputs, tooltip=audience.say("Book {room}", room=room))


def _called(audience: Audience, option: Option) -> str:
    """ "Hudson · 09:00 in New York": that a room is far away is told first."""
    there = audience.there(option.slot.start_at, option.room.zone)
    return " · ".join(part for part in (name(option.room.name), there) if part)


def _merits(audience: Audience, option: Option, counted: bool) -> str:
    free = freedom(option, audience) if option.times > 1 else free_until(audience, option)
    parts = (why(audience, option, counted=counted), free)
    return upper_first(" · ".join(part for part in parts if part))
