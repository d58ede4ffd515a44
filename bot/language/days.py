"""Days as people say them: `tomorrow`, `next friday`, `24 december`, `12/03`, `in two weeks`."""

from dataclasses import dataclass
from datetime import date, timedelta

from bot.language.lexicon import Role
from bot.language.line import Line
from bot.language.pieces import Day, Found, Part, PartName, WholeDay
from bot.language.request import MAX_DAYS_AHEAD

WEEK = 7
MONTH = 30  # only names for the spans; months and years are counted in the calendar
YEAR = 365
LEAP_CYCLE = 9  # years in which every day of the calendar comes at least once
LONGEST_WITHOUT_A_FIFTH = 6  # months of which one has five of each weekday
FIRST_YEAR, LAST_YEAR = 1900, 2199

_LEADS = (Role.ON, Role.AT, Role.FROM, Role.FOR, Role.THIS, Role.AFTER)


@dataclass(frozen=True, slots=True)
class Scene:
    """What the meaning of words depends on besides the words. `month_first`: None where the region is unknown."""

    today: date
    month_first: bool | None
    half_after: bool


def day_at(line: Line, at: int, scene: Scene) -> Found | None:
    """One day, with the words that lead to it."""
    first = at + 1 if line.has(at, *_LEADS) else at
    for form in (_dated, _calendar, _weekday, _relative, _ahead, _holiday, _day_of_month):
        found = form(line, first, scene)
        if found:
            return found
    return None


def part_at(line: Line, at: int) -> Found | None:
    """`this afternoon`, `in the morning`, `all day`."""
    if line.has(at, Role.WHOLE_DAY):
        return WholeDay(), at + 1
    today = line.has(at, Role.THIS)
    name = line.value(at + 1 if today else at, Role.PART)
    if name is None:
        return None
    return Part(PartName(str(name)), today=today), at + (2 if today else 1)


def _dated(line: Line, at: int, scene: Scene) -> tuple[Day, int] | None:
    """`2026-12-01`, `24-12-2026`, `12/03`: the region decides which number is the month."""
    said = line.value(at, Role.DATE)
    if said is None:
        return None
    parts = [int(part) for part in str(said).replace("/", "-").replace(".", "-").split("-")]
    if parts[0] > 31:
        return Day(_date(parts[0], parts[1], parts[2]), str(said)), at + 1
    year = parts[2] + (2000 if parts[2] < 100 else 0) if len(parts) > 2 else None
    either = "." not in str(said)
    month_first = bool(scene.month_first) and either
    orders = [(parts[0], parts[1]), (parts[1], parts[0])]
    days = [_coming(month, day, year, scene.today) for month, day in (orders if month_first else orders[::-1])]
    if days[0] is None and either:
        days.reverse()
    doubtful = either and scene.month_first is None and days[0] != days[1]
    return Day(days[0], str(said), other=days[1] if doubtful else None), at + 1


def _calendar(line: Line, at: int, scene: Scene) -> tuple[Day, int] | None:
    """`24 december`, `the 24th of december 2026`, `december 24`."""
    number, after = _ordinal(line, at)
    if number is not None:
        after += 1 if line.has(after, Role.DASH, Role.OF) else 0
        month, end = line.number(after, Role.MONTH), after + 1
    else:
        month = line.number(at, Role.MONTH)
        number, end = _ordinal(line, at + 1)
        if month and line.has(end, Role.PEOPLE, Role.UNIT, Role.MERIDIEM, Role.O_CLOCK):
            return None
    if month is None or number is None:
        return None
    year, end = year_at(line, end)
    said = " ".join(mark.said for mark in line.marks[at:end])
    return Day(_coming(month, number, year, scene.today), said), end


def _ordinal(line: Line, at: int) -> tuple[int | None, int]:
    number = line.number(at, Role.NUMBER)
    if number is None or (line.number(at, Role.DIGITS) or 1) > 2:
        return None, at
    return number, at + 2 if line.has(at + 1, Role.ORDINAL) else at + 1


def year_at(line: Line, at: int) -> tuple[int | None, int]:
    """A year that is written out, and what follows it; (None, at) where none stands there."""
    first = at + 1 if line.has(at, Role.STOP, Role.DASH) else at
    number = line.number(first, Role.NUMBER)
    if (
        number
        and line.number(first, Role.DIGITS) == 4
        and FIRST_YEAR <= number <= LAST_YEAR
        and not _goes_on(line, first + 1)
    ):
        return number, first + 1
    return None, at


def _goes_on(line: Line, at: int) -> bool:
    return line.has(at, Role.DASH, Role.UNTIL, Role.MERIDIEM, Role.PEOPLE)


def _day_of_month(line: Line, at: int, scene: Scene) -> tuple[Day, int] | None:
    """`the 24th`: this month, or the next in which there is one that has not passed."""
    number = line.number(at, Role.NUMBER)
    if number is None or not 1 <= number <= 31 or not line.has(at + 1, Role.ORDINAL):
        return None
    if line.has(at + 2, Role.FLOOR) or line.after_at(at):
        return None
    said = " ".join(mark.said for mark in line.marks[at : at + 2])
    for month in range(scene.today.month - 1, scene.today.month + 2):
        day = _date(scene.today.year + month // 12, month % 12 + 1, number)
        if day and day >= scene.today:
            return Day(day, said), at + 2
    return None


def _weekday(line: Line, at: int, scene: Scene) -> tuple[Day, int] | None:
    """`friday` is the next one; `next friday` is that of the week that starts on the coming Monday."""
    first, in_next_week, this = _week(line, at)
    weekday = line.number(first, Role.WEEKDAY)
    if weekday is None:
        return None
    end = first + 1
    if line.has(end, Role.NEXT_WEEK):
        in_next_week, end = True, end + 1
    said = " ".join(mark.said for mark in line.marks[first:end])
    day = _next_on(weekday, scene.today)
    if in_next_week and not this:
        monday = scene.today + timedelta(days=WEEK - scene.today.weekday())
        return Day(monday + timedelta(days=weekday), said, loose=True, weekday=weekday), end
    return Day(day, said, rolls=WEEK, loose=True, weekday=weekday), end


def _week(line: Line, at: int) -> tuple[int, bool, bool]:
    this = line.has(at, Role.THIS) or line.has(at - 1, Role.THIS)
    if line.has(at, Role.NEXT_WEEK):
        return (at + 2 if line.has(at + 1, Role.ON) else at + 1), True, False
    if line.has(at, Role.NEXT, Role.THIS):
        return at + 1, line.has(at, Role.NEXT), this and not line.has(at, Role.NEXT)
    return at, False, this


def _next_on(weekday: int, today: date) -> date:
    """The next such weekday, today included."""
    return today + timedelta(days=(weekday - today.weekday()) % WEEK)


def _relative(line: Line, at: int, scene: Scene) -> tuple[Day, int] | None:
    """`tomorrow`; `next week` alone is its Monday."""
    offset = line.number(at, Role.DAY)
    said = line.marks[at].said if at < len(line.marks) else ""
    if offset is not None:
        return Day(scene.today + timedelta(days=offset), said), at + 1
    if line.has(at, Role.NEXT_WEEK):
        monday = scene.today + timedelta(days=WEEK - scene.today.weekday())
        return Day(monday, said, loose=True), at + 1
    return None


def _ahead(line: Line, at: int, scene: Scene) -> tuple[Day, int] | None:
    """`in 3 days`, `over twee weken`, `a week from now`."""
    first = at + 1 if line.has(at, Role.AHEAD) else at
    number = line.number(first, Role.NUMBER)
    number = 1 if number is None and line.has(first, Role.ARTICLE) else number
    span = line.number(first + 1, Role.SPAN)
    if number is None or span is None:
        return None
    end = first + 2
    if first == at and not line.has(end, Role.FROM_NOW):
        return None
    said = " ".join(mark.said for mark in line.marks[first:end])
    end += 1 if line.has(end, Role.FROM_NOW) else 0
    return Day(later(scene.today, number, span), said), end


def later(today: date, number: int, span: int) -> date:
    """So many spans on, or back. Months and years keep the day of the month, or end where theirs ends."""
    if abs(number * span) > 2 * MAX_DAYS_AHEAD:
        return date.max if number > 0 else date.min
    number, span = (number * 12, MONTH) if span == YEAR else (number, span)
    if span != MONTH:
        return today + timedelta(days=number * span)
    months = today.month - 1 + number
    year, month = today.year + months // 12, months % 12 + 1
    return next(found for day in range(today.day, 0, -1) if (found := _date(year, month, day)))


def nth_weekday(nth: int, weekday: int, today: date) -> date | None:
    """The next such day of a month, today included: the third Monday, the last Friday (-1). None for the sixth."""
    for ahead in range(LONGEST_WITHOUT_A_FIFTH):
        first = later(today.replace(day=1), ahead, MONTH)
        days = range(1, (later(first, 1, MONTH) - first).days + 1)
        fitting = [on for day in days if (on := first.replace(day=day)).weekday() == weekday]
        found = fitting[nth - 1 if nth > 0 else nth] if abs(nth) <= len(fitting) else None
        if found and found >= today:
            return found
    return None


def _holiday(line: Line, at: int, scene: Scene) -> tuple[Day, int] | None:
    value = line.number(at, Role.HOLIDAY)
    if value is None:
        return None
    return Day(_coming(value // 100, value % 100, None, scene.today), line.marks[at].said), at + 1


def _coming(month: int, day: int, year: int | None, today: date) -> date | None:
    """In the year said, or the next time that this day comes, today included."""
    if year is not None:
        return _date(year, month, day)
    coming = (_date(today.year + ahead, month, day) for ahead in range(LEAP_CYCLE))
    return next((found for found in coming if found and found >= today), None)


def _date(year: int, month: int, day: int) -> date | None:
    """None for a day that no calendar has; years beyond ours are as good as the last day of time."""
    if year > LAST_YEAR:
        return date.max
    if year < FIRST_YEAR:
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None
