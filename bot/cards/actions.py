"""The verbs of card actions, as data: a card carries a verb, an opaque id and a version, and nothing to believe."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Verb(StrEnum):
    """Version 1 verbs; a verb once sent stays understood, for cards live as long as chats do."""

    SEARCH = "foyer.search.1"  # look again with the edited request
    BOOK = "foyer.book.1"  # book option `option` of the draft
    CANCEL = "foyer.cancel.1"
    CHANGE = "foyer.change.1"
    SHOW = "foyer.show.1"  # the booking's card as it stands now
    MINE = "foyer.mine.1"
    HELP = "foyer.help.1"
    DATES = "foyer.dates.1"  # the occurrences of a series, page `option`
    DATE = "foyer.date.1"  # another room for occurrence `option` of a series
    START = "foyer.start.1"  # an empty request card
    STATUS = "foyer.status.1"
    DECLINE_AGAIN = "foyer.decline.1"  # an administrator lifts the brake
    LETTERS = "foyer.letters.1"  # what was given up on, a page
    ROOMS = "foyer.rooms.1"  # the rooms that there are, page `option`
    REPLAY = "foyer.replay.1"  # all of it is to be done again


@dataclass(frozen=True, kw_only=True)
class Press:
    """What a card sends back. `inputs` are the values of its fields, as text, by field id."""

    verb: Verb
    id: str = ""
    version: int = 0
    option: int = -1
    inputs: dict[str, str]

    def __hash__(self) -> int:
        return hash((self.verb, self.id, self.version))


INPUTS = ("on", "at", "minutes", "repeat", "until", "people", "building", "features", "subject")


def data(
    verb: Verb,
    *,
    id: str = "",  # noqa: A002 - the wire's word
    version: int = 0,
    option: int = -1,
) -> dict[str, Any]:
    """The data of a button: what `read` gives back. `option` numbers a room to BOOK, a DATE, or else a page."""
    return {"verb": verb.value, "id": id, "version": version, "option": option}


def read(verb: str, values: dict[str, Any]) -> Press | None:
    """None for a verb that was never sent. Values of a wrong type count as absent: cards come back from strangers."""
    name = verb or str(values.get("verb", ""))
    if name not in set(Verb):
        return None
    return Press(
        verb=Verb(name),
        id=_text(values.get("id"), 64),
        version=_number(values.get("version"), 0),
        option=_number(values.get("option"), -1),
        inputs={key: _text(values.get(key), 200) for key in INPUTS if key in values},
    )


def _text(value: object, most: int) -> str:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        value = str(value)
    return value.strip()[:most] if isinstance(value, str) else ""


def _number(value: object, otherwise: int) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**31 else otherwise
