"""What the person wants: decided by verbs, then by what else was said."""

from dataclasses import dataclass

from bot.language.lexicon import Role
from bot.language.line import Line
from bot.language.request import Wish

_MINE = Wish.MY_BOOKINGS.value  # "mijn boeking"
_MILD = (Wish.HELP, Wish.STATUS, Wish.GREETING, Wish.THANKS, Wish.GOODBYE)
_VERBS = (Wish.BOOK, Wish.CANCEL, Wish.CHANGE)


@dataclass(frozen=True, kw_only=True)
class Content:
    """What a line holds besides its verb."""

    about_time: bool
    names_room: bool  # known or not
    names_place: bool  # a room or a building
    about_rooms: bool  # people, features, the word for a room, a question whether something is free


def stated(line: Line) -> Wish | None:
    """The wish that a verb states: the first of booking, cancelling and changing; UNKNOWN where it is negated."""
    verbs = [(at, Wish(str(line.value(at, Role.WISH)))) for at in range(len(line.marks)) if line.has(at, Role.WISH)]
    meant = [(at, wish) for at, wish in verbs if not _negated(line, at)]
    at, first = next(((at, wish) for at, wish in meant if wish in _VERBS), (0, None))
    if first is Wish.CANCEL and line.has(at + 1, Role.NUMBER) and line.has(at + 2, Role.PEOPLE):
        return Wish.CHANGE  # "remove 2 people from my 3 pm"
    if first in (Wish.CANCEL, Wish.CHANGE):
        return first
    if lengthened(line):
        return Wish.CHANGE
    before_verb = next((wish for _, wish in meant if wish in (*_VERBS, Wish.MY_BOOKINGS)), None)
    if before_verb:
        return before_verb
    return Wish.UNKNOWN if any(wish in _VERBS for _, wish in verbs) else None


def lengthened(line: Line) -> bool:
    """`can I keep Oslo half an hour longer`: a length and by how much, without a verb for it."""
    if line.says(Role.FREE):
        return False
    adverbs = (at for at in range(len(line.marks)) if line.has(at, Role.STRETCH) and not line.has(at, Role.WISH))
    counted = (Role.UNIT, Role.SPAN) if line.says(Role.SERIES) else (Role.UNIT,)
    return any(line.has(at - 1, *counted) for at in adverbs)


def wish_of(line: Line, said: Wish | None, content: Content) -> Wish:
    """A booking needs no verb: a time, a number of people or the word for a room is enough."""
    specific = content.about_time or content.names_place
    if line.says(Role.HOW_TO) and not specific:
        return Wish.HELP
    if said:
        return said
    if _answers(line):
        return Wish.ANSWERED
    if line.says(Role.HAVE) and not line.says(Role.WANT):
        return Wish.MY_BOOKINGS
    if _after_somebody(line):
        return Wish.WHEREABOUTS
    if line.says(Role.FREE) and content.names_room:
        return Wish.IS_FREE
    searches = content.about_rooms and line.says(Role.WANT)
    mild = _mild(line)
    if mild in (Wish.HELP, Wish.STATUS) and not (specific or searches):
        return mild
    if specific or content.about_rooms or line.says(Role.WANT):
        return Wish.BOOK
    if line.says(Role.SERIES):
        return Wish.MY_BOOKINGS
    return mild or Wish.UNKNOWN


def _mild(line: Line) -> Wish | None:
    """Help, status and courtesies give way to anything more definite, and to one another in this order."""
    said = {line.value(at, Role.WISH) for at in range(len(line.marks))}
    return next((wish for wish in _MILD if wish in said), None)


def _answers(line: Line) -> bool:
    """`yes`, `nee`, `ok do it`, and nothing else."""
    said = [mark for mark in line.marks if not set(mark.roles) <= {Role.STOP, Role.FILLER} or not mark.roles]
    return bool(said) and all(mark.roles.get(Role.WISH) == Wish.ANSWERED for mark in said)


def _after_somebody(line: Line) -> bool:
    """`which room is Tom in`, `waar zit Priya`: a name with a capital after the word for being somewhere."""
    named = any(
        line.has(at - 1, Role.BEING) and not mark.roles and mark.said.istitle() for at, mark in enumerate(line.marks)
    )
    asked = line.says(Role.WHERE, Role.ROOM) and not line.says(Role.FREE, Role.WANT)
    return named and asked and not line.says(Role.KNOWN_ROOM, Role.KNOWN_BUILDING)


def _negated(line: Line, at: int) -> bool:
    return any(line.has(near, Role.NOT) for near in (at - 1, at - 2)) or _negated_after(line, at)


def _negated_after(line: Line, at: int) -> bool:
    """Dutch says it at the end, behind what it is about: "annuleer de reeks niet", "zeg mijn reeks niet af"."""
    ends = (near for near in range(max(at + 1, len(line.marks) - 2), len(line.marks)) if line.has(near, Role.NOT))
    return any(line.has(near - 1, Role.SERIES) or line.value(near - 1, Role.WISH) == _MINE for near in ends)
