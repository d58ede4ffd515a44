"""Which days a person's list is about: `next week`, `last friday`, `from monday to wednesday`, `this month`."""

from datetime import date, timedelta

from bot.language.days import MONTH, WEEK, later
from bot.language.lexicon import Role
from bot.language.line import Line
from bot.language.request import MAX_DAYS_AHEAD
from bot.language.said import Said

Days = tuple[date, date]

_DAY = timedelta(days=1)


def days_listed(line: Line, said: Said, today: date) -> Days | None:
    """The first day and the last; None where none was said. Of a list a day that has gone is as good as another."""
    for at in range(len(line.marks)):
        found = _gone(line, at, today) or _spans(line, at, today)
        if found:
            return found
    first, last = said.day.on if said.day else None, said.until_day.on if said.until_day else None
    if said.day and said.day.loose and said.day.weekday is None and first:
        return first, first + timedelta(days=WEEK - 1)
    if first and last and last < first and said.until_day and said.until_day.weekday is not None:
        last = first + timedelta(days=(said.until_day.weekday - first.weekday()) % WEEK)
    first = first or (today if last else None)
    if first is None or abs(first - today) > timedelta(days=MAX_DAYS_AHEAD):
        return None
    return first, last if last and first <= last <= today + timedelta(days=MAX_DAYS_AHEAD) else first


def _gone(line: Line, at: int, today: date) -> Days | None:
    """`last friday`, `last week`, `vorige maand`, `past bookings`."""
    if not line.has(at, Role.PREVIOUS):
        return None
    if line.has(at + 1, Role.WISH):
        return today - timedelta(days=MONTH), today - _DAY
    weekday = line.number(at + 1, Role.WEEKDAY)
    if weekday is not None:
        on = today - timedelta(days=(today.weekday() - weekday - 1) % WEEK + 1)
        return on, on
    match line.number(at + 1, Role.SPAN):
        case 7:
            monday = today - timedelta(days=today.weekday() + WEEK)
            return monday, monday + timedelta(days=WEEK - 1)
        case 30:
            last = today.replace(day=1) - _DAY
            return last.replace(day=1), last
    return None


def _spans(line: Line, at: int, today: date) -> Days | None:
    """`this week`, `next month`, `in december`, `the next 3 days`."""
    if line.has(at, Role.THIS):
        match line.number(at + 1, Role.SPAN):
            case 7:
                return today, today + timedelta(days=WEEK - 1 - today.weekday())
            case 30:
                return today, _month_after(today) - _DAY
        return None
    month = line.number(at, Role.MONTH)
    if month and line.has(at - 1, Role.INSIDE, Role.FOR) and not line.has(at + 1, Role.DIGITS):
        first = date(today.year + (month < today.month), month, 1)
        return first, _month_after(first) - _DAY
    if not line.has(at, Role.NEXT, Role.ON):
        return None
    if line.has(at, Role.NEXT) and line.number(at + 1, Role.SPAN) == MONTH:
        first = _month_after(today)
        return first, _month_after(first) - _DAY
    number, span = line.number(at + 1, Role.NUMBER), line.number(at + 2, Role.SPAN)
    if number is None or span is None or not 0 < number * span <= MAX_DAYS_AHEAD:
        return None
    return today, later(today, number, span) - _DAY


def _month_after(on: date) -> date:
    return (on.replace(day=1) + timedelta(days=32)).replace(day=1)
