"""Series: how a meeting comes back, and when that is. Clocks on the wall count: 10:00 stays 10:00 in summer."""

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from itertools import islice
from zoneinfo import ZoneInfo

from bot.domain.slots import Slot

MOST_OCCURRENCES = 200  # of a series booked through Foyer: every working day for most of a year


class Frequency(StrEnum):
    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"


_LONGEST_STEP = {Frequency.DAILY: 1, Frequency.WEEKLY: 7, Frequency.MONTHLY: 31}  # days


@dataclass(frozen=True, kw_only=True)
class Rhythm:
    """Every `every` days, weeks (which begin on Monday) or months, up to and with `until_on`. `weekdays` count from
    Monday = 0 and are of weekly ones alone; none means the weekday of the first occurrence. `day` is of monthly ones
    and may be later than the first occurrence's, 0 means that one's: one of the 31st is on the last day of shorter
    months, as Exchange has it."""

    frequency: Frequency
    until_on: date
    every: int = 1
    weekdays: tuple[int, ...] = ()
    day: int = 0

    def days(self, first_on: date) -> Iterator[date]:
        """Those of the rhythm from `first_on` on, in order."""
        match self.frequency:
            case Frequency.DAILY:
                days = self._each(first_on, timedelta(days=self.every))
            case Frequency.WEEKLY:
                days = self._weekly(first_on)
            case Frequency.MONTHLY:
                days = self._monthly(first_on)
        return days

    def before(self, on: date) -> date | None:
        """The day of which `on`, one of the rhythm's days, is the next; None where `on` is none of them."""
        earlier = (on - timedelta(days=back) for back in range(1, _LONGEST_STEP[self.frequency] * (self.every + 1) + 1))
        return next((day for day in earlier if list(islice(self.days(day), 2)) == [day, on]), None)

    def last_on(self, first_on: date) -> date:
        """The last of those days; of too many to be booked, and of none, the day that it ends on."""
        days = list(islice(self.days(first_on), MOST_OCCURRENCES + 1))
        return days[-1] if 0 < len(days) <= MOST_OCCURRENCES else self.until_on

    def slots(self, first_on: date, at: time, minutes: int, zone: ZoneInfo) -> tuple[Slot, ...]:
        """The occurrences, one more than MOST_OCCURRENCES at most (that one says that there are too many). A local time
        that a clock change leaves out is moved on by the change; one that occurs twice is the first."""
        found: list[Slot] = []
        for day in self.days(first_on):
            found.append(Slot.lasting(datetime.combine(day, at, zone).astimezone(UTC), minutes))
            if len(found) > MOST_OCCURRENCES:
                break
        return tuple(found)

    def _each(self, first_on: date, step: timedelta) -> Iterator[date]:
        day = first_on
        while day <= self.until_on:
            yield day
            day += step

    def _weekly(self, first_on: date) -> Iterator[date]:
        weekdays = self.weekdays or (first_on.weekday(),)
        for monday in self._each(first_on - timedelta(days=first_on.weekday()), timedelta(weeks=self.every)):
            week = (monday + timedelta(days=weekday) for weekday in sorted(weekdays))
            yield from (day for day in week if first_on <= day <= self.until_on)

    def _monthly(self, first_on: date) -> Iterator[date]:
        month = first_on.year * 12 + first_on.month - 1
        while True:
            year, number = divmod(month, 12)
            day = date(year, number + 1, min(self.day or first_on.day, monthrange(year, number + 1)[1]))
            if day > self.until_on:
                return
            if day >= first_on:
                yield day
            month += self.every
