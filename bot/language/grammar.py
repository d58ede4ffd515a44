"""A line becomes pieces: at each word the rules are tried in their order, and what one takes no other sees."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bot.language.clocks import LONG_LENGTH, bare_at, end_at, range_at, start_at
from bot.language.company import company_at
from bot.language.days import Scene, day_at, part_at
from bot.language.ends import until_day_at, within_at
from bot.language.exceptions import except_at
from bot.language.lengths import length_at, now_at, soon_at
from bot.language.lexicon import Role, Roles
from bot.language.line import Line
from bot.language.people import people_at
from bot.language.pieces import (
    Again,
    At,
    Day,
    Found,
    HasFeature,
    NamesBuilding,
    NamesRoom,
    Part,
    PartName,
    Piece,
    UntilDay,
)
from bot.language.repeats import again_at, for_span_at, nth_at

_CLOCK = {Role.CLOCK, Role.HOUR_MINUTE, Role.HALF, Role.QUARTER, Role.NUMBER}
_LED = {Role.AT, Role.FROM, Role.AFTER, Role.BETWEEN, Role.FOR, Role.MINE}
_PLACE = frozenset({Role.KNOWN_ROOM, Role.KNOWN_BUILDING})
_AGAIN = frozenset({Role.SERIES, Role.OFTEN, Role.NUMBER, Role.EACH, Role.EVERY})
_RANGE = frozenset(_CLOCK | _LED | {Role.ON})
_START = frozenset(_CLOCK | _LED | {Role.WISH})
_END = frozenset({Role.UNTIL, Role.BEFORE})
_END_DAY = _END | {Role.FOR, Role.EDGE}
_WITHIN = frozenset({Role.INSIDE, Role.THIS, Role.WHOLE})
_DAY = frozenset(
    {Role.ON, Role.AT, Role.FROM, Role.FOR, Role.THIS, Role.AFTER, Role.NEXT, Role.AHEAD, Role.ARTICLE}
    | {Role.DATE, Role.NUMBER, Role.MONTH, Role.NEXT_WEEK, Role.WEEKDAY, Role.DAY, Role.HOLIDAY}
)
_PART = frozenset({Role.WHOLE_DAY, Role.THIS, Role.PART})
_LENGTH = frozenset({Role.FOR, Role.BY, Role.AHEAD, Role.HOUR_MINUTE, Role.ARTICLE, Role.HALF, Role.NUMBER, Role.UNIT})
_SPAN = frozenset({Role.FOR, Role.BY, Role.NEXT, Role.ON, Role.NUMBER, Role.HALF, Role.ARTICLE})
_NTH = frozenset({Role.EVERY, Role.ON, Role.ARTICLE, Role.NTH, Role.NUMBER})
_SOON = frozenset({Role.FOR, Role.AHEAD, Role.INSIDE, Role.UNTIL, Role.ARTICLE, Role.COMING})
_NOW = frozenset({Role.NOW})
_PEOPLE = frozenset(
    {Role.HEADS, Role.SELF, Role.FOR, Role.PARTY, Role.NUMBER, Role.DASH, Role.ARTICLE, Role.DOZEN, Role.PEOPLE}
    | {Role.STOP}
)
_WITH = frozenset({Role.WITH, Role.FOR, Role.SELF})
_EXCEPT = frozenset({Role.EXCEPT, Role.NOT})
_FEATURE = frozenset({Role.FEATURE, Role.KNOWN_FEATURE})
_REPEATING = (Role.EVERY, Role.EACH, Role.OFTEN)


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule and the roles with which what it reads can begin: where none is there, it need not be tried."""

    begins: frozenset[Role]
    read: Callable[[int], Found | None]


@dataclass(frozen=True, slots=True)
class Heard:
    """The pieces in their order, and the positions that no rule took."""

    pieces: tuple[Piece, ...]
    left: tuple[int, ...]


def hear(line: Line, scene: Scene, first: int = 0, end: int | None = None) -> Heard:
    """Reads the marks from `first` up to `end`. Each position is looked at once by each rule: linear."""
    part = line if end is None and not first else Line(line.marks[first:end])
    pieces: list[Piece] = []
    left: list[int] = []
    at = 0
    rules = rules_for(part, scene)
    while at < len(part.marks):
        found = None
        roles = part.marks[at].roles
        if roles:
            next_to_piece = bool(pieces) and not (left and left[-1] == first + at - 1)
            found = (_after_day(part, at, pieces, scene) if next_to_piece else None) or _first(rules, at, roles)
        if found is None:
            left.append(first + at)
            at += 1
            continue
        pieces.append(found[0])
        pieces.extend(_second_piece(part, at, found))
        at = found[1]
    return Heard(tuple(pieces), tuple(left))


def rules_for(line: Line, scene: Scene) -> tuple[Rule, ...]:
    """In the order in which they are tried."""
    half = scene.half_after
    repeating = line.says(*_REPEATING) or (line.says(Role.SERIES) and line.says(Role.STRETCH))
    return (
        Rule(_EXCEPT, lambda at: except_at(line, at, scene)),
        Rule(_PLACE, lambda at: _place_at(line, at)),
        Rule(_WITH, lambda at: company_at(line, at)),
        Rule(_SOON, lambda at: soon_at(line, at)),
        Rule(_SPAN, lambda at: for_span_at(line, at, repeating=repeating)),
        Rule(_NTH, lambda at: nth_at(line, at)),
        Rule(_AGAIN, lambda at: again_at(line, at)),
        Rule(_RANGE, lambda at: range_at(line, at, half_after=half)),
        Rule(_END_DAY, lambda at: until_day_at(line, at, scene)),
        Rule(_END, lambda at: end_at(line, at, half_after=half)),
        Rule(_WITHIN, lambda at: within_at(line, at, scene, repeating=line.says(*_REPEATING))),
        Rule(_DAY, lambda at: day_at(line, at, scene)),
        Rule(_PART, lambda at: part_at(line, at)),
        Rule(_START, lambda at: start_at(line, at, half_after=half)),
        Rule(_LENGTH, lambda at: length_at(line, at)),
        Rule(_NOW, lambda at: now_at(line, at)),
        Rule(_PEOPLE, lambda at: people_at(line, at)),
        Rule(_FEATURE, lambda at: _feature_at(line, at)),
    )


def _first(rules: tuple[Rule, ...], at: int, roles: Roles) -> Found | None:
    for rule in rules:
        found = None if rule.begins.isdisjoint(roles) else rule.read(at)
        if found is not None:
            return found
    return None


def _after_day(line: Line, at: int, pieces: list[Piece], scene: Scene) -> Found | None:
    """A bare number is a time only right after a day or a part of it; a range is one anyway. `7h30` is one there, too,
    where `1h30` is a length. After the day of the end it is the end of what has a start: `monday 9 to tuesday 10`."""
    if isinstance(pieces[-1], UntilDay) and any(isinstance(piece, At) for piece in pieces):
        return bare_at(line, at, half_after=scene.half_after) if line.has(at, Role.NUMBER) else None
    if not isinstance(pieces[-1], Day | Part):
        return None
    if not line.has(at, Role.NUMBER) and (line.number(at, Role.HOUR_MINUTE) or 0) < LONG_LENGTH:
        return None
    half = scene.half_after
    return (
        range_at(line, at, half_after=half)
        or day_at(line, at, scene)
        or again_at(line, at)
        or bare_at(line, at, half_after=half)
    )


def _second_piece(line: Line, at: int, found: Found) -> Iterator[Piece]:
    """Words such as `tonight` and `vrijdagmiddag` say a day and a part of it at once."""
    if not isinstance(found[0], Day | Again):
        return
    for taken in range(at, found[1]):
        name = line.value(taken, Role.PART)
        if name is not None:
            yield Part(PartName(str(name)), today=line.number(taken, Role.DAY) == 0)


def _place_at(line: Line, at: int) -> Found | None:
    alias = line.value(at, Role.KNOWN_ROOM)
    if alias is not None:
        return NamesRoom(str(alias), line.marks[at].said), at + 1
    alias = line.value(at, Role.KNOWN_BUILDING)
    return None if alias is None else (NamesBuilding(str(alias)), at + 1)


def _feature_at(line: Line, at: int) -> Found | None:
    name = line.value(at, Role.FEATURE) or line.value(at, Role.KNOWN_FEATURE)
    if name is None or any(line.has(near, Role.WITHOUT) for near in (at - 1, at - 2)):
        return None
    return HasFeature(str(name), line.marks[at].said), at + 1
