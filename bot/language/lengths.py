"""Lengths of time and distances from now: `half an hour`, `1h30`, `anderhalf uur`, `in 20 minutes`."""

from bot.language.clocks import minutes_at
from bot.language.lexicon import Role
from bot.language.line import Line
from bot.language.pieces import Ahead, Found, Lasting, Soon

QUARTER_HOUR = 15
HOUR = 60

_NO_MINUTES = (Role.MERIDIEM, Role.O_CLOCK, Role.DASH, Role.UNTIL)  # a time follows the length


def length_at(line: Line, at: int) -> Found | None:
    """`for two hours`, `by 30 minutes`, or the length alone; after "in" or before "from now" a distance."""
    led = line.has(at, Role.FOR, Role.BY)
    ahead = line.has(at, Role.AHEAD)
    first = at + 1 if led or ahead else at
    first = first + 1 if led and line.has(first, Role.NEXT) else first
    found = _length(line, first, led=led or ahead)
    if found is None:
        return None
    minutes, end = found
    said = " ".join(mark.said for mark in line.marks[first:end])
    if ahead and _measures(line, first, end):
        return Ahead(minutes, said), end
    if line.has(end, Role.FROM_NOW):
        return Ahead(minutes, said), end + 1
    return Lasting(minutes, said), end


def soon_at(line: Line, at: int) -> Found | None:
    """`in the next hour`, `for the next 2 hours`, `het komende uur`."""
    led = line.has(at, Role.FOR, Role.AHEAD, Role.INSIDE, Role.UNTIL)
    first = at + 1 if led else at
    first += 1 if line.has(first, Role.ARTICLE) and not line.has(first, Role.COMING) else 0
    if not line.has(first, Role.COMING):
        return None
    found = _length(line, first + 1, led=True)
    if found is None:
        return None
    said = " ".join(mark.said for mark in line.marks[first : found[1]])
    whole = found[0] <= HOUR or line.has(at, Role.FOR)
    return Soon(found[0], said, whole), found[1]


def now_at(line: Line, at: int) -> Found | None:
    if not line.has(at, Role.NOW):
        return None
    return Ahead(0, line.marks[at].said), at + 1


def _measures(line: Line, first: int, end: int) -> bool:
    """A written `15h30` after "in" or "over" is no distance."""
    return end - first > 1 or not line.has(first, Role.HOUR_MINUTE)


def _length(line: Line, at: int, *, led: bool) -> tuple[int, int] | None:
    written = line.number(at, Role.HOUR_MINUTE)
    if written is not None and line.has(at, Role.LENGTH_LIKE):
        return written, at + 1
    found = _amount(line, at, led=led)
    if found is None:
        return None
    amount, unit_at = found
    unit = line.number(unit_at, Role.UNIT)
    if unit is None:
        return None
    minutes, end = amount * unit, unit_at + 1
    if line.has(end, Role.AND_A_HALF):
        minutes, end = minutes + unit / 2, end + 1
    smaller = _smaller(line, end, unit)
    if smaller:
        minutes, end = minutes + smaller[0], smaller[1]
    return (round(minutes), end) if round(minutes) > 0 else None


def _amount(line: Line, at: int, *, led: bool) -> tuple[float, int] | None:
    """How many units, and where the unit stands. `een half uur`, `half an hour`, `two and a half hours`, `an hour`."""
    half = at + 1 if line.has(at, Role.ARTICLE) else at
    if line.has(half, Role.HALF):
        return 0.5, half + 2 if line.has(half + 1, Role.ARTICLE) else half + 1
    number = line.value(at, Role.NUMBER)
    if isinstance(number, int | float):
        if line.has(at + 1, Role.AND_A_HALF):
            return number + 0.5, at + 2
        return number, at + 2 if line.has(at + 1, Role.DASH) else at + 1
    if line.has(at, Role.ARTICLE):
        return 1, at + 1
    return (1, at) if led or line.number(at, Role.UNIT) == QUARTER_HOUR else None


def _smaller(line: Line, at: int, unit: int) -> tuple[float, int] | None:
    """The minutes of `1 hour and 30 minutes`, `1 hour 30`."""
    first = at + 1 if line.has(at, Role.AND) else at
    number, less = line.value(first, Role.NUMBER), line.number(first + 1, Role.UNIT)
    if isinstance(number, int | float) and less and less < unit:
        return number * less, first + 2
    minutes = minutes_at(line, at) if unit == HOUR else None
    return None if minutes is None or line.has(at + 1, *_NO_MINUTES) else (minutes, at + 1)
