"""What comes back: `every other monday`, `weekly`, `on mondays`, `10 times`, `for 6 weeks`."""

from bot.language.days import MONTH, WEEK
from bot.language.lexicon import Role
from bot.language.line import Line
from bot.language.pieces import MIDNIGHT, Again, ForDays, Found, Lasting, Times
from bot.language.request import MAX_DAYS_AHEAD, Frequency

WORK_WEEK = (0, 1, 2, 3, 4)
MAX_TIMES = 400


def again_at(line: Line, at: int) -> Found | None:
    """A rhythm, or how many times."""
    often = line.value(at, Role.OFTEN)
    if often is not None:
        frequency, _, every = str(often).partition("/")
        return Again(Frequency(frequency), int(every or 1)), at + 1
    count = line.number(at, Role.NUMBER)
    if count is not None and line.has(at + 1, Role.TIMES):
        return (Times(count), at + 2) if 0 < count <= MAX_TIMES else None
    if line.has(at, Role.EACH):
        weekdays, end = _weekdays(line, at)
        return Again(Frequency.WEEKLY, 1, weekdays), end
    return _every(line, at + 1) if line.has(at, Role.EVERY) else None


def for_days_at(line: Line, at: int, *, repeating: bool) -> Found | None:
    """`for 6 weeks`: how long something that repeats goes on, or else the length of one booking."""
    number, span = line.number(at + 1, Role.NUMBER), line.number(at + 2, Role.SPAN)
    if not line.has(at, Role.FOR) or not number or not span:
        return None
    if repeating and number * span <= MAX_DAYS_AHEAD:
        return ForDays(number * span), at + 3
    said = " ".join(mark.said for mark in line.marks[at + 1 : at + 3])
    return Lasting(number * span * MIDNIGHT, said), at + 3


def _every(line: Line, at: int) -> Found | None:
    every = line.number(at, Role.NUMBER)
    every = 1 if every is None else every
    if line.has(at, Role.OTHER):
        every = 2
    at += 1 if line.has(at, Role.OTHER, Role.NUMBER) else 0
    if not 0 < every <= MAX_TIMES:
        return None
    if line.has(at, Role.WORKDAYS):
        return Again(Frequency.WEEKLY, 1, WORK_WEEK), at + 1
    if line.has(at, Role.WEEKDAY):
        weekdays, end = _weekdays(line, at)
        return Again(Frequency.WEEKLY, every, weekdays), end
    span = line.number(at, Role.SPAN)
    frequency = {1: Frequency.DAILY, WEEK: Frequency.WEEKLY, MONTH: Frequency.MONTHLY}.get(span or 0)
    return (Again(frequency, every), at + 1) if frequency else None


def _weekdays(line: Line, at: int) -> tuple[tuple[int, ...], int]:
    """`monday, wednesday and friday`."""
    found: list[int] = []
    while True:
        value = line.number(at, Role.WEEKDAY)
        value = line.number(at, Role.EACH) if value is None else value
        if value is None:
            break
        found.append(value)
        at += 1
        link = at + 1 if line.has(at, Role.AND, Role.STOP) else at
        link = link + 1 if link > at and line.has(link, Role.AND) else link
        if link == at or not line.has(link, Role.WEEKDAY, Role.EACH):
            break
        at = link
    return tuple(sorted(set(found))), at
