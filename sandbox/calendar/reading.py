"""Reads Graph's event resource from request bodies into calendar content; refuses what is wrong or not honoured."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal

import msgspec
from msgspec import UNSET, Struct, UnsetType

from sandbox.calendar.models import Attendee, Content, Person, Place, ShowAs, When
from sandbox.calendar.recurrence import DAYS, POSITIONS, PatternType, RangeType, Recurrence
from sandbox.errors import GraphError, bad_body, bad_zone, failed_validation, not_honoured
from sandbox.zones import UnknownZone, zone

MAX_ATTENDEES = 500
_ANNOUNCED = ("attachments", "extensions", "multiValueExtendedProperties", "originalStart", "isDraft")
_Day = Literal["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"]


class Moment(Struct, rename="camel"):
    """dateTimeTimeZone."""

    date_time: str
    time_zone: str | None = "UTC"

    def at(self) -> datetime:
        """The instant. An offset in the text wins over the zone. Raises GraphError."""
        name = self.time_zone or "UTC"
        try:
            home = zone(name)
        except UnknownZone as problem:
            raise bad_zone(name) from problem
        parsed = parsed_time(self.date_time)
        return (parsed if parsed.tzinfo else parsed.replace(tzinfo=home)).astimezone(UTC)


class Email(Struct):
    address: str
    name: str | None = None


class AttendeeBody(Struct, rename="camel"):
    email_address: Email
    type: Literal["required", "optional", "resource"] = "required"


class LocationBody(Struct, rename="camel"):
    display_name: str | None = None
    location_email_address: str | None = None


class ItemBody(Struct, rename="camel"):
    content: str | None = None
    content_type: str = "text"


class PatternBody(Struct, rename="camel"):
    type: PatternType
    interval: int = 1
    days_of_week: tuple[_Day, ...] = ()
    first_day_of_week: _Day = "sunday"
    day_of_month: int = 0
    month: int = 0
    index: Literal["first", "second", "third", "fourth", "last"] = "first"


class RangeBody(Struct, rename="camel"):
    type: RangeType
    start_date: date
    end_date: date | None = None
    number_of_occurrences: int = 0
    recurrence_time_zone: str | None = None


class RecurrenceBody(Struct):
    pattern: PatternBody
    range: RangeBody


class ExtendedProperty(Struct):
    id: str
    value: str


class EventBody(Struct, rename="camel", forbid_unknown_fields=True):
    """What POST and PATCH may set. Everything is optional: PATCH changes what is named."""

    subject: str | UnsetType | None = UNSET
    body: ItemBody | UnsetType = UNSET
    start: Moment | UnsetType = UNSET
    end: Moment | UnsetType = UNSET
    location: LocationBody | UnsetType = UNSET
    locations: tuple[LocationBody, ...] | UnsetType = UNSET
    attendees: tuple[AttendeeBody, ...] | UnsetType = UNSET
    recurrence: RecurrenceBody | UnsetType | None = UNSET
    importance: Literal["low", "normal", "high"] | UnsetType = UNSET
    sensitivity: Literal["normal", "personal", "private", "confidential"] | UnsetType = UNSET
    show_as: ShowAs | UnsetType = UNSET
    is_all_day: bool | UnsetType = UNSET
    categories: tuple[str, ...] | UnsetType = UNSET
    is_reminder_on: bool | UnsetType = UNSET
    reminder_minutes_before_start: int | UnsetType = UNSET
    response_requested: bool | UnsetType = UNSET
    hide_attendees: bool | UnsetType = UNSET
    allow_new_time_proposals: bool | UnsetType = UNSET
    is_online_meeting: bool | UnsetType = UNSET
    online_meeting_provider: str | UnsetType = UNSET
    transaction_id: str | UnsetType | None = UNSET
    single_value_extended_properties: tuple[ExtendedProperty, ...] | UnsetType = UNSET

    def extended(self) -> dict[str, str]:
        given = self.single_value_extended_properties
        return {} if isinstance(given, UnsetType) else {one.id: one.value for one in given}


def event_body(value: Any) -> EventBody:
    """Raises GraphError: 501 for real properties that are not honoured, 400 for what is no property."""
    if not isinstance(value, dict):
        raise bad_body("Unable to read JSON request payload.")
    for name in _ANNOUNCED:
        if value.get(name):
            raise not_honoured(f"'{name}' in an event body")
    try:
        return msgspec.convert({key: one for key, one in value.items() if key not in _ANNOUNCED}, EventBody)
    except msgspec.ValidationError as problem:
        raise bad_body(str(problem)) from problem


def new_content(body: EventBody) -> Content:
    """Content of a new event. Raises GraphError where start or end lack or contradict."""
    if isinstance(body.start, UnsetType) or isinstance(body.end, UnsetType):
        raise failed_validation("Start and end are required.")
    return changed_content(Content(when=_when(body.start, body.end)), body)


def changed_content(content: Content, body: EventBody) -> Content:
    """`content` with what the body names changed. Raises GraphError."""
    content = replace(content, when=_new_when(content.when, body), **_plain_changes(body))
    if not isinstance(body.recurrence, UnsetType):
        content = replace(content, recurrence=_recurrence(body.recurrence))
    if content.recurrence is not None and not isinstance(body.start, UnsetType):
        content = _anchored(content, body)
    _check(content)
    return content


def parsed_time(text: str) -> datetime:
    """ISO 8601, with any number of fractional digits. Raises GraphError."""
    head, dot, rest = text.partition(".")
    digits = len(rest) - len(rest.lstrip("0123456789"))
    text = f"{head}.{rest[: min(digits, 6)]:0<6}{rest[digits:]}" if dot else text
    try:
        return datetime.fromisoformat(text)
    except ValueError as problem:
        raise GraphError(400, "ErrorInvalidParameter", f"The value '{text}' is not a date and time.") from problem


def _plain_changes(body: EventBody) -> dict[str, Any]:
    names = {
        "importance": "importance", "sensitivity": "sensitivity", "show_as": "show_as", "is_all_day": "is_all_day",
        "categories": "categories", "is_reminder_on": "is_reminder_on",
        "reminder_minutes_before_start": "reminder_min", "response_requested": "response_requested",
        "hide_attendees": "hide_attendees", "allow_new_time_proposals": "allow_proposals",
        "is_online_meeting": "is_online", "online_meeting_provider": "online_provider",
    }  # fmt: skip
    found = {ours: getattr(body, theirs) for theirs, ours in names.items()}
    changes = {name: value for name, value in found.items() if value is not UNSET}
    if not isinstance(body.subject, UnsetType):
        changes["subject"] = body.subject or ""
    if not isinstance(body.body, UnsetType):
        changes["body"] = body.body.content or ""
        changes["body_type"] = body.body.content_type.lower()
    if not isinstance(body.location, UnsetType):
        changes["locations"] = tuple(place for place in (_place(body.location),) if place.name)
    if not isinstance(body.locations, UnsetType):
        changes["locations"] = tuple(_place(location) for location in body.locations)
    if not isinstance(body.attendees, UnsetType):
        changes["attendees"] = _attendees(body.attendees)
    return changes


def _attendees(given: tuple[AttendeeBody, ...]) -> tuple[Attendee, ...]:
    if len(given) > MAX_ATTENDEES:
        raise failed_validation(f"An event can have at most {MAX_ATTENDEES} attendees.")
    found: dict[str, Attendee] = {}
    for one in given:
        address = one.email_address.address.strip().lower()
        if "@" not in address:
            raise failed_validation(f"'{one.email_address.address}' is not an address.")
        found.setdefault(address, Attendee(Person(address, one.email_address.name or address), one.type))
    return tuple(found.values())


def _place(body: LocationBody) -> Place:
    return Place(body.display_name or "", (body.location_email_address or "").lower())


def _when(start: Moment, end: Moment) -> When:
    return When(start.at(), end.at(), start.time_zone or "UTC", end.time_zone or "UTC")


def _new_when(when: When, body: EventBody) -> When:
    if not isinstance(body.start, UnsetType):
        when = replace(when, start_at=body.start.at(), start_zone=body.start.time_zone or "UTC")
    if not isinstance(body.end, UnsetType):
        when = replace(when, end_at=body.end.at(), end_zone=body.end.time_zone or "UTC")
    return when


def _recurrence(body: RecurrenceBody | None) -> Recurrence | None:
    if body is None:
        return None
    pattern, span = body.pattern, body.range
    problem = _pattern_problem(pattern) or _range_problem(span)
    if problem:
        raise failed_validation(problem)
    if span.recurrence_time_zone:
        Moment(date_time="2000-01-01T00:00:00", time_zone=span.recurrence_time_zone).at()
    return Recurrence(
        type=pattern.type,
        interval=pattern.interval,
        days=pattern.days_of_week,
        first_day=pattern.first_day_of_week,
        day_of_month=pattern.day_of_month,
        month=pattern.month,
        index=pattern.index,
        range_type=span.type,
        start_on=span.start_date,
        end_on=span.end_date if span.type is RangeType.END_DATE else None,
        count=span.number_of_occurrences if span.type is RangeType.NUMBERED else 0,
        zone=span.recurrence_time_zone or "",
    )


def _pattern_problem(pattern: PatternBody) -> str:
    needs_days = pattern.type in {PatternType.WEEKLY, PatternType.RELATIVE_MONTHLY, PatternType.RELATIVE_YEARLY}
    needs_month_day = pattern.type in {PatternType.ABSOLUTE_MONTHLY, PatternType.ABSOLUTE_YEARLY}
    needs_month = pattern.type in {PatternType.ABSOLUTE_YEARLY, PatternType.RELATIVE_YEARLY}
    checks = {
        "Recurrence interval must be between 1 and 999.": 1 <= pattern.interval <= 999,
        f"A {pattern.type} pattern needs daysOfWeek.": not needs_days or bool(pattern.days_of_week),
        f"A {pattern.type} pattern needs dayOfMonth.": not needs_month_day or 1 <= pattern.day_of_month <= 31,
        f"A {pattern.type} pattern needs month.": not needs_month or 1 <= pattern.month <= 12,
        "Unknown day.": set(pattern.days_of_week) <= set(DAYS) and pattern.index in POSITIONS,
    }
    return next((problem for problem, is_fine in checks.items() if not is_fine), "")


def _range_problem(span: RangeBody) -> str:
    if span.type is RangeType.END_DATE and (span.end_date is None or span.end_date < span.start_date):
        return "The recurrence range needs an endDate that is not before startDate."
    if span.type is RangeType.NUMBERED and not 1 <= span.number_of_occurrences <= 999:
        return "The recurrence range needs numberOfOccurrences between 1 and 999."
    return ""


def _anchored(content: Content, body: EventBody) -> Content:
    """The series starts on its event's day, and the event on the first day that the pattern gives."""
    recurrence = content.recurrence
    if recurrence is None:
        return content
    home = zone(recurrence.zone or content.when.start_zone)
    local = content.when.start_at.astimezone(home)
    if isinstance(body.recurrence, UnsetType):
        recurrence = replace(recurrence, start_on=local.date())
    elif recurrence.start_on != local.date():
        raise failed_validation("The recurrence range's startDate must be the day of the event's start.")
    first_on = next(iter(recurrence.dates(until_on=recurrence.start_on + timedelta(days=3660))), None)
    if first_on is None:
        raise failed_validation("The recurrence has no occurrence.")
    shift = first_on - local.date()
    start_at, end_at = (
        (moment.astimezone(home).replace(tzinfo=None) + shift).replace(tzinfo=home).astimezone(UTC)
        for moment in (content.when.start_at, content.when.end_at)
    )
    return replace(content, recurrence=recurrence, when=replace(content.when, start_at=start_at, end_at=end_at))


def _check(content: Content) -> None:
    when = content.when
    if when.end_at < when.start_at:
        raise failed_validation("The end is before the start.")
    if not content.is_all_day:
        return
    local = [when.start_at.astimezone(zone(when.start_zone)), when.end_at.astimezone(zone(when.end_zone))]
    if when.start_zone != when.end_zone or any((one.hour, one.minute, one.second) != (0, 0, 0) for one in local):
        raise failed_validation("The start and end of an all-day event must be midnight in the same time zone.")
    if when.start_at == when.end_at:
        raise failed_validation("An all-day event lasts at least 24 hours.")
