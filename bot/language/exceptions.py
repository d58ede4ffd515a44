"""What is to be left out: `except 15 december`, `but not Oslo`, `behalve morgen`. Never the thing itself."""

from collections.abc import Sequence

from bot.language.clocks import clock_at
from bot.language.days import Scene, day_at, part_at
from bot.language.lexicon import Role
from bot.language.line import Line
from bot.language.pieces import Except, Found

_BETWEEN = (Role.ARTICLE, Role.ON, Role.OF, Role.AT, Role.FOR, Role.FROM, Role.MINE, Role.EVERY, Role.FILLER)
_NAMED = (Role.KNOWN_ROOM, Role.KNOWN_BUILDING, Role.KNOWN_FEATURE, Role.FEATURE, Role.EACH, Role.WEEKDAY, Role.DAY)
_SEVERAL = (Role.EVERY, Role.EACH, Role.OFTEN, Role.SERIES, Role.ALL)
_SHOWN = 3  # words that are told where what follows is not understood


def except_at(line: Line, at: int, scene: Scene) -> Found | None:
    """With all that is left out; after a bare "not" only where several things are spoken of, or one is given up."""
    if not line.has(at, Role.EXCEPT) and not (line.has(at, Role.NOT) and _of_several(line)):
        return None
    end = begin = at + 1
    while (last := _thing(line, begin, scene)) is not None:
        end = begin = last
        while line.has(begin, Role.AND) or line.value(begin, Role.STOP) == ",":
            begin += 1
        if begin == end:
            break
    if end == at + 1 and not (line.has(at, Role.EXCEPT) and _of_several(line)):
        return None  # "but not too big"
    shown = end if end > at + 1 else at + _SHOWN
    return Except(" ".join(mark.said for mark in line.marks[at:shown])), end


def all_but(line: Line, left: Sequence[int]) -> str:
    """ "Alles op 15 december na": the words, or ''."""
    if not line.says(Role.ALL, Role.SERIES):
        return ""
    return next((line.marks[at].said for at in left if line.has(at, Role.AFTER)), "")


def _of_several(line: Line) -> bool:
    given_up = any(line.value(at, Role.WISH) == "cancel" for at in range(len(line.marks)))
    return given_up or line.says(*_SEVERAL)


def _thing(line: Line, at: int, scene: Scene) -> int | None:
    """Where a day, a time, a part of a day or a name that stands here ends."""
    for first in range(at, at + 4):
        day = day_at(line, first, scene) or part_at(line, first)
        if day is not None:
            return day[1]
        if line.has(first, *_NAMED):
            return first + 1
        clock = clock_at(line, first, half_after=scene.half_after)
        if clock is not None:
            return clock[1]
        if not line.has(first, *_BETWEEN):
            return None
    return None
