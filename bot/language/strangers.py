"""Words that nobody knows but that were meant as the name of a room or a building."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.language.lexicon import Role
from bot.language.line import Line
from bot.language.places import PlaceIndex

MAX_WORDS = 3
MAX_NAME = 60


@dataclass(frozen=True, slots=True)
class Stranger:
    """A name that fits nothing known; `marks` are the positions that it takes."""

    said: str
    is_building: bool
    marks: tuple[int, ...]


def stranger_in(line: Line, left: Sequence[int]) -> Stranger | None:
    """The first run of unknown words that stands where a name stands, or a number after the word for a room."""
    free_at = next((at for at in range(len(line.marks)) if line.has(at, Role.FREE)), -1)
    for run in _runs(line, left):
        is_building = line.has(run[-1] + 1, Role.BUILDING) or line.has(run[0] - 1, Role.BUILDING)
        if is_building or _stands_as_name(line, run, free_at):
            return Stranger(_said(line, run), is_building, run)
    for at in left:
        if line.has(at, Role.DIGITS) and line.has(at - 1, Role.ROOM):
            return Stranger(_said(line, (at - 1, at)), False, (at,))
    return None


def city_in(line: Line, left: Sequence[int], index: PlaceIndex) -> Stranger | None:
    """The first city with rooms that unknown words name, wherever they stand."""
    for at in left:
        for size in range(MAX_WORDS, 0, -1):
            marks = tuple(range(at, at + size))
            unknown = set(marks) <= set(left) and not any(line.marks[one].roles for one in marks[:1])
            if unknown and index.buildings_in(_said(line, marks)):
                return Stranger(_said(line, marks), False, marks)
    return None


def _stands_as_name(line: Line, run: Sequence[int], free_at: int) -> bool:
    before, after = run[0] - 1, run[-1] + 1
    if line.value(before, Role.WISH) == "book" and not line.says(Role.ROOM):
        return True
    while line.has(before, Role.ARTICLE):
        before -= 1
    if line.has(before, Role.ROOM, Role.INSIDE) or line.has(after, Role.ROOM):
        return True
    return after <= free_at and not line.says(Role.ROOM) and not line.has(before, Role.FOR)


def _runs(line: Line, left: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """Neighbouring unknown words; a number may end a name but not begin it."""
    run: list[int] = []
    for at in left:
        unknown = not line.marks[at].roles and line.marks[at].text.isalpha()
        goes_on = bool(run) and at == run[-1] + 1 and len(run) < MAX_WORDS
        if run and not (goes_on and (unknown or line.has(at, Role.DIGITS))):
            yield tuple(run)
            run = []
        if unknown or run:
            run.append(at)
    if run:
        yield tuple(run)


def _said(line: Line, run: Sequence[int]) -> str:
    return " ".join(line.marks[at].said for at in run)[:MAX_NAME]
