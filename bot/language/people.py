"""How many people: `for 6`, `12 people`, `a dozen`, `(9)`, `6-persoons`, and the wrong ones `-3` and `0`."""

from bot.language.lexicon import Role
from bot.language.line import Line
from bot.language.pieces import Found, People

_NOT_AFTER = (Role.MERIDIEM, Role.O_CLOCK, Role.UNIT, Role.SPAN, Role.MONTH, Role.DATE, Role.ORDINAL, Role.TIMES)


def people_at(line: Line, at: int) -> Found | None:
    return _phrase(line, at) or _with_self(line, at) or _counted(line, at) or _led(line, at) or _bracketed(line, at)


def number_at(line: Line, at: int) -> tuple[int, int] | None:
    """A whole number, also `two dozen` and `-3`."""
    sign = line.number(at, Role.DASH) == 1
    first = at + 1 if sign else at
    number = line.number(first, Role.NUMBER)
    if number is None and line.has(first, Role.ARTICLE):
        return (12, first + 2) if line.has(first + 1, Role.DOZEN) else None
    if line.has(first, Role.DOZEN):
        return 12, first + 1
    if number is None:
        return None
    if line.has(first + 1, Role.DOZEN):
        return number * 12, first + 2
    return (-number if sign else number), first + 1


def _phrase(line: Line, at: int) -> Found | None:
    heads = line.number(at, Role.HEADS)
    return None if heads is None else (People(heads, line.marks[at].said), at + 1)


def _with_self(line: Line, at: int) -> Found | None:
    """`me and 3 colleagues` is four."""
    first = at + 1 if line.has(at, Role.FOR) else at
    if not (line.has(first, Role.SELF) and line.has(first + 1, Role.AND)):
        return None
    found = number_at(line, first + 2)
    if found is None or found[0] < 1 or not line.has(found[1], Role.PEOPLE):
        return None
    return People(found[0] + 1, _said(line, first + 2, found[1])), found[1] + 1


def _counted(line: Line, at: int) -> Found | None:
    """`6 people`, `6-8 people`, `6-person`, `for -3 people`."""
    first = at + 1 if line.has(at, Role.FOR, Role.PARTY) else at
    found = _upper(line, first)
    if found is None:
        return None
    count, after = found
    after = after + 1 if line.has(after, Role.DASH) else after
    if not line.has(after, Role.PEOPLE):
        return None
    return People(count, _said(line, first, after)), after + 1


def _led(line: Line, at: int) -> Found | None:
    """`for 6`, `party of 6`, `attendees: 6`; not `for 6 pm`, `for 6 hours`."""
    lead = line.has(at, Role.FOR, Role.PARTY)
    if not lead and not line.has(at, Role.PEOPLE):
        return None
    first = at + 2 if line.has(at + 1, Role.STOP, Role.PARTY) and not _opens(line, at + 1) else at + 1
    found = _upper(line, first)
    if found is None or line.has(found[1], *_NOT_AFTER) or (not lead and line.has(found[1], Role.DASH)):
        return None
    along, article = line.has(at, Role.WITH), line.has(first, Role.ARTICLE) and found[1] == first + 1
    if article or (along and _equips(line, found[1])):
        return None  # "met een scherm", "with 2 screens"
    return People(found[0], _said(line, first, found[1]), along=along), found[1]


def _equips(line: Line, at: int) -> bool:
    """Whether equipment is counted, `2 big screens`."""
    near = next((near for near in range(at, at + 3) if not line.has(near, Role.FILLER)), at)
    return line.has(near, Role.FEATURE, Role.KNOWN_FEATURE)


def _bracketed(line: Line, at: int) -> Found | None:
    if not _opens(line, at):
        return None
    found = number_at(line, at + 1)
    if found is None or line.value(found[1], Role.STOP) != ")":
        return None
    return People(found[0], _said(line, at + 1, found[1])), found[1] + 1


def _upper(line: Line, at: int) -> tuple[int, int] | None:
    """Of `6-8` or `6 to 8` the greater, so that the room fits."""
    found = number_at(line, at)
    if found is None or not line.has(found[1], Role.DASH, Role.UNTIL):
        return found
    upper = number_at(line, found[1] + 1)
    return upper if upper and upper[0] > found[0] else found


def _opens(line: Line, at: int) -> bool:
    return line.value(at, Role.STOP) == "("


def _said(line: Line, first: int, end: int) -> str:
    return "".join(mark.said for mark in line.marks[first:end])
