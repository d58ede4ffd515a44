"""What comes back: `every other monday`, `weekly`, `on mondays`, `10 times`, `for 6 weeks`."""

from bot.language.days import MONTH, WEEK, YEAR
from bot.language.lexicon import Role
from bot.language.line import Line
from bot.language.pieces import MIDNIGHT, Again, ForSpan, Found, Lasting, NthOfMonth, Times
from bot.language.request import Frequency

_OF_A_MONTH = frozenset({1, -1})  # every first one, every last one: of each month, what else
WORK_WEEK = (0, 1, 2, 3, 4)
MAX_TIMES = 400


def again_at(line: Line, at: int) -> Found | None:
    """A rhythm, or how many times."""
    if line.has(at, Role.SERIES):
        counted = line.number(at + 2, Role.NUMBER) if line.has(at + 1, Role.OF) else None
        return (Times(counted), at + 3) if counted and counted <= MAX_TIMES else None
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


def for_span_at(line: Line, at: int, *, repeating: bool) -> Found | None:
    """`for 6 weeks`, `6 weeks in a row`, `half a year`: how long something that repeats goes on, or else the length of
    one booking. Years never count people."""
    led = line.has(at, Role.FOR) or (repeating and line.has(at, Role.BY))
    first = at + 1 if led else at
    first += 1 if line.has(first, Role.NEXT, Role.ON) else 0
    found = _spans(line, first, led=led, repeating=repeating)
    if found is None or line.has(found[2], Role.FROM_NOW):
        return None
    number, span, end = found
    said = " ".join(mark.said for mark in line.marks[first:end])
    lasting = line.has(end, Role.LASTING)
    end += 1 if lasting else 0
    if repeating:
        return _for_span(number, span, said), end
    if not (led and first == at + 1) and not lasting:
        return None
    return Lasting(round(number * span * MIDNIGHT), said), end


def _spans(line: Line, at: int, *, led: bool, repeating: bool) -> tuple[float, int, int] | None:
    """How many, of so many days, and where that ends: `6 weeks`, `a year and a half`, `half a year`."""
    half = at + 1 if line.has(at, Role.ARTICLE) else at
    number = line.value(at, Role.NUMBER)
    if line.has(half, Role.HALF):
        amount, span_at = 0.5, half + 2 if line.has(half + 1, Role.ARTICLE) else half + 1
    elif isinstance(number, int | float):
        amount, span_at = number, at + 1
    elif line.has(at, Role.ARTICLE) and (led or line.has(at + 2, Role.LASTING)):
        amount, span_at = 1, at + 1
    elif led and repeating:
        amount, span_at = 1, at  # "voor een" is one word
    else:
        return None
    if line.has(span_at, Role.AND_A_HALF):
        amount, span_at = amount + 0.5, span_at + 1
    span, end = line.number(span_at, Role.SPAN), span_at + 1
    if line.has(end, Role.AND_A_HALF):
        amount, end = amount + 0.5, end + 1
    if not amount or not span or (span == 1 and amount != int(amount)):
        return None
    return amount, span, end


def _for_span(number: float, span: int, said: str) -> ForSpan:
    """Half years as months, other halves as days."""
    if span == YEAR:
        number, span = number * 12, MONTH
    whole = number == int(number)
    return ForSpan(int(number), span, said) if whole else ForSpan(round(number * span), 1, said)


def nth_at(line: Line, at: int) -> Found | None:
    """`every first monday`, `the third monday of the month`, `monthly on the last friday`."""
    every = line.has(at, Role.EVERY)
    found = _nth(line, at + 1 if every or line.has(at, Role.ON, Role.ARTICLE) else at)
    if found is None or not line.has(found[1], Role.WEEKDAY):
        return None
    nth, weekday_at = found
    end = _of_the_month(line, weekday_at + 1)
    if end is None and not (nth in _OF_A_MONTH and every) and not _monthly(line):
        return None
    end = end or weekday_at + 1
    said = " ".join(mark.said for mark in line.marks[at:end])
    return NthOfMonth(said, nth, line.number(weekday_at, Role.WEEKDAY) or 0), end


def _nth(line: Line, at: int) -> tuple[int, int] | None:
    """`third`, `3rd`, and where what is counted stands."""
    nth, number = line.number(at, Role.NTH), line.number(at, Role.NUMBER)
    if nth is not None:
        return nth, at + 1
    return (number, at + 2) if number is not None and line.has(at + 1, Role.ORDINAL) else None


def _of_the_month(line: Line, at: int) -> int | None:
    """Where `of the month`, `of every month`, `in de maand` ends."""
    end = at + 1 if line.has(at, Role.OF, Role.INSIDE) else at
    end += 1 if line.has(end, Role.ARTICLE, Role.EVERY) else 0
    return end + 1 if end > at and line.number(end, Role.SPAN) == MONTH else None


def _monthly(line: Line) -> bool:
    """Whether months are what it comes round with."""
    return any(
        line.value(at, Role.OFTEN) == Frequency.MONTHLY
        or (line.has(at, Role.EVERY) and line.number(at + 1, Role.SPAN) == MONTH)
        for at in range(len(line.marks))
    )


def _every(line: Line, at: int) -> Found | None:
    every, at = _how_often(line, at)
    if not 0 < every <= MAX_TIMES:
        return None
    if line.has(at, Role.WORKDAYS):
        return Again(Frequency.WEEKLY, 1, WORK_WEEK), at + 1
    if line.has(at, Role.WEEKDAY, Role.EACH):
        weekdays, end = _weekdays(line, at)
        return Again(Frequency.WEEKLY, every, weekdays), end
    span = line.number(at, Role.SPAN)
    frequency = {1: Frequency.DAILY, WEEK: Frequency.WEEKLY, MONTH: Frequency.MONTHLY}.get(span or 0)
    return (Again(frequency, every), at + 1) if frequency else None


def _how_often(line: Line, at: int) -> tuple[int, int]:
    """Each, every second or every so many of what stands at the position that comes along."""
    if line.has(at, Role.OTHER):
        return 2, at + 1
    nth = _nth(line, at)
    if nth is not None:
        return nth
    number = line.number(at, Role.NUMBER)
    return (1, at) if number is None else (number, at + 1)


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
