"""Reads Graph's patternedRecurrence from request bodies, and holds a series to its own first day.

https://learn.microsoft.com/graph/api/resources/recurrencepattern and recurrencerange.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, timedelta
from typing import Literal

from msgspec import Struct

from sandbox.calendar.models import Content
from sandbox.calendar.recurrence import PatternType, RangeType, Recurrence
from sandbox.errors import bad_zone, invalid_property
from sandbox.zones import UnknownZone, zone

_MOST = 999
_DAYS_OF_WEEK = 7
_FAR = timedelta(days=3660)
_Day = Literal["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"]
_NEEDS_DAYS = {PatternType.WEEKLY, PatternType.RELATIVE_MONTHLY, PatternType.RELATIVE_YEARLY}
_NEEDS_DAY_OF_MONTH = {PatternType.ABSOLUTE_MONTHLY, PatternType.ABSOLUTE_YEARLY}
_NEEDS_MONTH = {PatternType.ABSOLUTE_YEARLY, PatternType.RELATIVE_YEARLY}


class PatternBody(Struct, rename="camel", forbid_unknown_fields=True):
    type: PatternType
    interval: int = 0
    days_of_week: tuple[_Day, ...] = ()
    first_day_of_week: _Day = "sunday"
    day_of_month: int = 0
    month: int = 0
    index: Literal["first", "second", "third", "fourth", "last"] = "first"


class RangeBody(Struct, rename="camel", forbid_unknown_fields=True):
    type: RangeType
    start_date: date | None = None
    end_date: date | None = None
    number_of_occurrences: int = 0
    recurrence_time_zone: str | None = None


class RecurrenceBody(Struct, forbid_unknown_fields=True):
    pattern: PatternBody
    range: RangeBody


def recurrence(body: RecurrenceBody, start_on: date) -> Recurrence:
    """`start_on` is the event's own day, for a range that names none. Raises GraphError that names the property."""
    pattern, span = body.pattern, body.range
    for name, why in (*_pattern_problems(pattern), *_range_problems(span)):
        raise invalid_property(name, why)
    if span.recurrence_time_zone:
        _check_zone(span.recurrence_time_zone)
    return Recurrence(
        type=pattern.type,
        interval=pattern.interval,
        days=pattern.days_of_week,
        first_day=pattern.first_day_of_week,
        day_of_month=pattern.day_of_month,
        month=pattern.month,
        index=pattern.index,
        range_type=span.type,
        start_on=span.start_date or start_on,
        end_on=span.end_date if span.type is RangeType.END_DATE else None,
        count=span.number_of_occurrences if span.type is RangeType.NUMBERED else 0,
        zone=span.recurrence_time_zone or "",
    )


def anchored(content: Content, *, follows: bool) -> Content:
    """The series starts on its event's day, and the event on the first day that the pattern gives.

    `follows` lets the range's start follow the event; else the two must be equal. Raises GraphError."""
    series = content.recurrence
    if series is None:
        return content
    home = zone(series.zone or content.when.start_zone)
    local = content.when.start_at.astimezone(home)
    if follows:
        series = replace(series, start_on=local.date())
    elif series.start_on != local.date():
        raise invalid_property("recurrence.range.startDate", "It must be the day of the event's start.")
    first_on = next(iter(series.dates(until_on=min(series.start_on, date(9980, 1, 1)) + _FAR)), None)
    if first_on is None:
        raise invalid_property("recurrence.range", "The recurrence has no occurrence.")
    shift = first_on - local.date()
    if not shift:
        return replace(content, recurrence=series)
    start_at, end_at = (
        (moment.astimezone(home).replace(tzinfo=None) + shift).replace(tzinfo=home).astimezone(UTC)
        for moment in (content.when.start_at, content.when.end_at)
    )
    when = replace(content.when, start_at=start_at, end_at=end_at)
    return replace(content, recurrence=replace(series, start_on=first_on), when=when)


def _pattern_problems(pattern: PatternBody) -> Iterator[tuple[str, str]]:
    kind = pattern.type
    if not 1 <= pattern.interval <= _MOST:
        yield "recurrence.pattern.interval", f"A {kind} pattern needs an interval from 1 to {_MOST}."
    if not 0 <= pattern.day_of_month <= 31:
        yield "recurrence.pattern.dayOfMonth", "A day of the month is from 1 to 31."
    if not 0 <= pattern.month <= 12:
        yield "recurrence.pattern.month", "A month is from 1 to 12."
    if len(pattern.days_of_week) > _DAYS_OF_WEEK:
        yield "recurrence.pattern.daysOfWeek", "A week has seven days."
    if kind in _NEEDS_DAYS and not pattern.days_of_week:
        yield "recurrence.pattern.daysOfWeek", f"A {kind} pattern needs at least one day."
    if kind in _NEEDS_DAY_OF_MONTH and not 1 <= pattern.day_of_month <= 31:
        yield "recurrence.pattern.dayOfMonth", f"A {kind} pattern needs a day from 1 to 31."
    if kind in _NEEDS_MONTH and not 1 <= pattern.month <= 12:
        yield "recurrence.pattern.month", f"A {kind} pattern needs a month from 1 to 12."


def _range_problems(span: RangeBody) -> Iterator[tuple[str, str]]:
    if span.start_date is None:
        yield "recurrence.range.startDate", "It is required."
    if span.type is RangeType.END_DATE and span.end_date is None:
        yield "recurrence.range.endDate", "An endDate range needs it."
    if span.type is RangeType.END_DATE and span.start_date and span.end_date and span.end_date < span.start_date:
        yield "recurrence.range.endDate", "It is before startDate."
    if not 0 <= span.number_of_occurrences <= _MOST:
        yield "recurrence.range.numberOfOccurrences", f"A series has at most {_MOST} occurrences."
    if span.type is RangeType.NUMBERED and not 1 <= span.number_of_occurrences <= _MOST:
        yield "recurrence.range.numberOfOccurrences", f"A numbered range needs 1 to {_MOST}."


def _check_zone(name: str) -> None:
    try:
        zone(name)
    except UnknownZone as problem:
        raise bad_zone(name) from problem
