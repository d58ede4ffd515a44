"""The last day or hour that is said: `until 18 december`, `until january`, `in march`, `for the rest of the day`."""

from dataclasses import dataclass
from datetime import date, timedelta

from bot.language.days import MONTH, WEEK, YEAR, Scene, day_at, later, year_at
from bot.language.hours import WHOLE_DAY, WINDOWS
from bot.language.lexicon import Role
from bot.language.line import Line
from bot.language.pieces import Clock, Day, Found, PartName, Until, UntilDay, Within

_DAY = timedelta(days=1)
_HALF_MONTH = timedelta(days=14)
_START, _MIDDLE, _END, _REST = -1, 0, 1, 2  # the values of the table "edge" in a lexicon file
_NEW_YEAR = 101
_NEXT = (Role.NEXT, Role.COMING)
_CLOCK_STEP = 5  # `2030` may be half past eight in the evening, `2027` may not


@dataclass(frozen=True, slots=True)
class _Period:
    """A week, month or year: its first day, and the first of the one that follows."""

    first: date
    after: date


def until_day_at(line: Line, at: int, scene: Scene) -> Found | None:
    """A day, or a month, week or year: until January is before it begins, "through" and the end of it when it ends."""
    if line.has(at, Role.UNTIL, Role.BEFORE):
        found = day_at(line, at + 2 if line.has(at + 1, Role.ON) else at + 1, scene)
        if found and isinstance(found[0], Day):
            return UntilDay(_before_new_year(line, found[0], found[1])), found[1]
        return _until_period(line, at + 1, scene, through=line.has(at, Role.THROUGH))
    rest = at + 1 if line.has(at, Role.FOR) else at
    return _until_period(line, rest, scene) if line.number(rest, Role.EDGE) == _REST else None


def within_at(line: Line, at: int, scene: Scene, *, repeating: bool) -> Found | None:
    """Of what repeats, the month, week or year in which it does: `in january`, `all of march 2027`, `this year`."""
    whole = line.has(at, Role.WHOLE)
    if not repeating or not (whole or line.has(at, Role.INSIDE, Role.THIS)):
        return None
    at = at + 1 if whole and line.has(at + 1, Role.INSIDE) else at
    first = at if line.has(at, Role.THIS) else _past(line, at + 1, Role.ARTICLE)
    found = _period(line, first, scene.today, begun=True, alone=not (whole or line.has(first, Role.THIS)))
    if found is None:
        return None
    period, end = found
    said = " ".join(mark.said for mark in line.marks[first:end])
    first_day = Day(period.first, said) if period.first > scene.today else None
    return Within(first_day, Day(period.after - _DAY, said)), end


def _before_new_year(line: Line, day: Day, end: int) -> Day:
    """ "Until New Year" is until the old one is over."""
    if day.on is None or line.number(end - 1, Role.HOLIDAY) != _NEW_YEAR:
        return day
    return Day(day.on - _DAY, day.said)


def _until_period(line: Line, at: int, scene: Scene, *, through: bool = False) -> Found | None:
    """`january`, `the end of next month`, `mid 2027`, `het eind van het jaar`."""
    first = _past(line, at, Role.ARTICLE)
    edge = line.number(first, Role.EDGE)
    if edge is None and line.has(first, Role.HALF) and line.has(first + 1, Role.MONTH):
        edge = _MIDDLE  # "half januari"
    named = first if edge is None else _past(line, first + 1, Role.OF, Role.ARTICLE)
    closing = _closing(line, named) if edge in (_END, _REST) else None
    if closing is not None:
        return Until(Clock(closing, exact=True, sure=True)), named + 1
    found = _period(line, named, scene.today, begun=edge not in (None, _START) or through, alone=edge is None)
    if found is None:
        return None
    period, end = found
    said = " ".join(mark.said for mark in line.marks[first:end])
    return UntilDay(Day(_last_day(period, edge, through=through), said)), end


def _closing(line: Line, at: int) -> int | None:
    """When the working day, or the part of it that stands here, is over."""
    part = line.value(at, Role.PART)
    if part is not None:
        return WINDOWS[PartName(str(part))][1]
    return WHOLE_DAY[1] if line.number(at, Role.SPAN) == 1 else None


def _past(line: Line, at: int, *roles: Role) -> int:
    while line.has(at, *roles):
        at += 1
    return at


def _last_day(period: _Period, edge: int | None, *, through: bool) -> date:
    if edge in (_END, _REST) or (through and edge is None):
        return period.after - _DAY
    if edge != _MIDDLE:
        return period.first - _DAY
    days = (period.after - period.first).days
    return period.first + (timedelta(days=days // 2) if days > MONTH + 1 or days <= WEEK else _HALF_MONTH)


def _period(line: Line, at: int, today: date, *, begun: bool, alone: bool) -> tuple[_Period, int] | None:
    """`begun`: one that has begun already may be meant; `alone`: no word for a part of it stands before it."""
    at = _past(line, at, Role.THIS)
    first = at + 1 if line.has(at, *_NEXT) else at
    month = line.number(first, Role.MONTH)
    if month:
        year, end = year_at(line, first + 1)
        passed = month < today.month or (month == today.month and not begun)
        return _of_month(date(year or today.year + passed, month, 1)), end
    if line.has(at, Role.NEXT_WEEK):
        return None if alone else (_of_span(today, WEEK, ahead=True), at + 1)
    span = line.number(first, Role.SPAN)
    if span in (WEEK, MONTH, YEAR) and (first > at or not alone):
        return _of_span(today, span or WEEK, ahead=first > at), first + 1
    year, end = year_at(line, at)
    if year is None or (alone and (year <= today.year or year % _CLOCK_STEP == 0)):
        return None
    return _Period(date(year, 1, 1), date(year + 1, 1, 1)), end


def _of_month(first: date) -> _Period:
    return _Period(first, later(first, 1, MONTH))


def _of_span(today: date, span: int, *, ahead: bool) -> _Period:
    """That which has begun, or the one `ahead`."""
    match span:
        case 7:
            first = today - timedelta(days=today.weekday()) + timedelta(days=WEEK * ahead)
            return _Period(first, first + timedelta(days=WEEK))
        case 30:
            first = today.replace(day=1)
            return _of_month(later(first, 1, MONTH) if ahead else first)
        case _:
            return _Period(date(today.year + ahead, 1, 1), date(today.year + ahead + 1, 1, 1))
