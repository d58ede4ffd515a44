"""Expands recurrence: which local days a pattern falls on, in the event's own zone.

https://learn.microsoft.com/graph/api/resources/recurrencepattern and recurrencerange.
"""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from enum import StrEnum
from functools import lru_cache
from itertools import takewhile

from dateutil import rrule

from sandbox.zones import zone

_WEEKDAYS = {
    "monday": rrule.MO,
    "tuesday": rrule.TU,
    "wednesday": rrule.WE,
    "thursday": rrule.TH,
    "friday": rrule.FR,
    "saturday": rrule.SA,
    "sunday": rrule.SU,
}
DAYS = tuple(_WEEKDAYS)
_YEARS = 100  # a series without an end is expanded no further
_REMEMBERED = 8192
POSITIONS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "last": -1}


class PatternType(StrEnum):
    DAILY = "daily"
    WEEKLY = "weekly"
    ABSOLUTE_MONTHLY = "absoluteMonthly"
    RELATIVE_MONTHLY = "relativeMonthly"
    ABSOLUTE_YEARLY = "absoluteYearly"
    RELATIVE_YEARLY = "relativeYearly"


class RangeType(StrEnum):
    END_DATE = "endDate"
    NO_END = "noEnd"
    NUMBERED = "numbered"


@dataclass(frozen=True, kw_only=True)
class Recurrence:
    """A pattern and its range. `zone` is where its dates are meant; '' is the zone of the event's start."""

    type: PatternType
    interval: int = 1
    days: tuple[str, ...] = ()
    first_day: str = "sunday"
    day_of_month: int = 0
    month: int = 0
    index: str = "first"
    range_type: RangeType
    start_on: date
    end_on: date | None = None
    count: int = 0
    zone: str = ""

    def dates(self, *, until_on: date) -> Iterator[date]:
        """The days of the occurrences, in order, none after `until_on`."""
        last = min(until_on, self.end_on) if self.range_type is RangeType.END_DATE and self.end_on else until_on
        return takewhile(lambda day: day <= last, (moment.date() for moment in self._rule()))

    def last_on(self) -> date | None:
        """The day of the last occurrence; None where the series has no end."""
        if self.range_type is RangeType.NO_END:
            return None
        # Long enough for 999 occurrences of anything up to yearly ones within the calendar's own limit.
        horizon = min(self.end_on or self.horizon_on, self.horizon_on)
        return max(self.dates(until_on=horizon), default=self.start_on)

    @property
    def horizon_on(self) -> date:
        return date(min(self.start_on.year + _YEARS, 9998), 12, 31)

    def _rule(self) -> rrule.rrule:
        start = datetime.combine(self.start_on, time())
        count = self.count if self.range_type is RangeType.NUMBERED else None
        days = [_WEEKDAYS[day] for day in self.days]
        position = POSITIONS[self.index]
        month_days = tuple(range(min(28, self.day_of_month), self.day_of_month + 1))
        match self.type:
            case PatternType.DAILY:
                return rrule.rrule(rrule.DAILY, start, self.interval, count=count)
            case PatternType.WEEKLY:
                week = _WEEKDAYS[self.first_day]
                return rrule.rrule(rrule.WEEKLY, start, self.interval, byweekday=days, wkst=week, count=count)
            case PatternType.ABSOLUTE_MONTHLY:  # the 31st of a shorter month is its last day
                return rrule.rrule(rrule.MONTHLY, start, self.interval, bymonthday=month_days, bysetpos=-1, count=count)
            case PatternType.RELATIVE_MONTHLY:
                return rrule.rrule(rrule.MONTHLY, start, self.interval, byweekday=days, bysetpos=position, count=count)
            case PatternType.ABSOLUTE_YEARLY:
                return rrule.rrule(
                    rrule.YEARLY, start, self.interval, bymonth=self.month, bymonthday=month_days, bysetpos=-1,
                    count=count,
                )  # fmt: skip
            case PatternType.RELATIVE_YEARLY:
                return rrule.rrule(
                    rrule.YEARLY, start, self.interval, bymonth=self.month, byweekday=days, bysetpos=position,
                    count=count,
                )  # fmt: skip


class Expansion:
    """The original starts of a series in UTC, deleted ones included, worked out as far as anybody has asked.

    Starts keep their wall clock time in the series' zone. A time that a clock change skips moves on by the change; one
    that comes twice is the first.
    """

    def __init__(self, recurrence: Recurrence, start_at: datetime, zone_name: str) -> None:
        self._recurrence = recurrence
        self._start_at = start_at
        self._home = zone(recurrence.zone or zone_name)
        self._known: list[datetime] = []
        self._coming = self._instants()
        self._is_whole = False

    def between(self, start_at: datetime, end_at: datetime) -> list[datetime]:
        """From `start_at` on, before `end_at`."""
        self._work_out(end_at)
        return self._known[bisect_left(self._known, start_at) : bisect_left(self._known, end_at)]

    def has(self, original: datetime) -> bool:
        self._work_out(original)
        place = bisect_left(self._known, original)
        return place < len(self._known) and self._known[place] == original

    def _work_out(self, until_at: datetime) -> None:
        while not self._is_whole and (not self._known or self._known[-1] < until_at):
            following = next(self._coming, None)
            if following is None:
                self._is_whole = True
            else:
                self._known.append(following)

    def _instants(self) -> Iterator[datetime]:
        first = self._start_at.astimezone(self._home)
        clock_time = first.time().replace(fold=0)
        for day in self._recurrence.dates(until_on=self._recurrence.horizon_on):
            is_first = day == first.date()
            yield self._start_at if is_first else datetime.combine(day, clock_time, self._home).astimezone(UTC)


@lru_cache(maxsize=_REMEMBERED)
def expansion(recurrence: Recurrence, start_at: datetime, zone_name: str) -> Expansion:
    """Shared by all copies of a series."""
    return Expansion(recurrence, start_at, zone_name)
