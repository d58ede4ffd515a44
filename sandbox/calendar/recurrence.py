"""Expands recurrence: which local days a pattern falls on, in the event's own zone.

https://learn.microsoft.com/graph/api/resources/recurrencepattern and recurrencerange.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from itertools import takewhile

from dateutil import rrule

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
        horizon = self.end_on or date(min(self.start_on.year + 100, 9998), 12, 31)
        return max(self.dates(until_on=horizon), default=self.start_on)

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
