"""Reads Graph's event resource from request bodies into calendar content; refuses what is wrong or not honoured."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import msgspec
from msgspec import UNSET, Struct, UnsetType

from sandbox.calendar import extended, recurring
from sandbox.calendar.models import Attendee, Content, Person, Place, ShowAs, When
from sandbox.calendar.recurring import RecurrenceBody
from sandbox.calendar.rendering import KEYS
from sandbox.errors import (
    GraphError,
    bad_body,
    bad_zone,
    duration_too_long,
    failed_validation,
    invalid_property,
    not_honoured,
    outside_of_calendar,
    unknown_property,
)
from sandbox.zones import UnknownZone, zone

MAX_ATTENDEES = 500
FIRST_YEAR, LAST_YEAR = 1602, 4499  # a year less than a mailbox's own first and last days
LONGEST = timedelta(
    days=1825
)  # https://learn.microsoft.com/exchange/client-developer/web-service-reference/responsecode
_TYPE = "microsoft.graph.event"
_READ_APART = "extensions"
_PARTS = {
    "start": "dateTimeTimeZone", "end": "dateTimeTimeZone", "emailAddress": "emailAddress", "attendees": "attendee",
    "location": "location", "locations": "location", "body": "itemBody", "recurrence": "patternedRecurrence",
    "pattern": "recurrencePattern", "range": "recurrenceRange",
}  # fmt: skip
_UNKNOWN = re.compile(rf"Object contains unknown field `(\w+)` - at `\$.*?\b({'|'.join(_PARTS)})(?:\[[^\]]*\])?`$")
_IGNORED = {*KEYS, "uid", "occurrenceId", "calendar", "instances", "exceptionOccurrences", _READ_APART}


class Moment(Struct, rename="camel", forbid_unknown_fields=True):
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
        if not FIRST_YEAR <= parsed.year <= LAST_YEAR:
            raise outside_of_calendar(self.date_time)
        return (parsed if parsed.tzinfo else parsed.replace(tzinfo=home)).astimezone(UTC)


class Email(Struct, forbid_unknown_fields=True):
    address: str
    name: str | None = None


class AttendeeBody(Struct, rename="camel", forbid_unknown_fields=True):
    """`status` and `proposed_new_time` are the service's to set."""

    email_address: Email
    type: Literal["required", "optional", "resource"] | None = "required"
    status: object = None
    proposed_new_time: object = None


class LocationBody(Struct, rename="camel", forbid_unknown_fields=True):
    """The last three are the service's to set."""

    display_name: str | None = None
    location_email_address: str | None = None
    location_uri: str | None = None
    address: dict[str, str | None] | None = None
    coordinates: dict[str, float | None] | None = None
    location_type: object = None
    unique_id: object = None
    unique_id_type: object = None


class ItemBody(Struct, rename="camel", forbid_unknown_fields=True):
    content: str | None = None
    content_type: Literal["text", "html", "Text", "HTML"] = "text"


class EventBody(Struct, rename="camel", forbid_unknown_fields=True):
    """What POST and PATCH may set. Everything is optional: PATCH changes what is named."""

    subject: str | UnsetType | None = UNSET
    body: ItemBody | UnsetType | None = UNSET
    start: Moment | UnsetType = UNSET
    end: Moment | UnsetType = UNSET
    location: LocationBody | UnsetType | None = UNSET
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
    online_meeting_provider: (
        Literal["unknown", "teamsForBusiness", "skypeForBusiness", "skypeForConsumer"] | UnsetType
    ) = UNSET
    transaction_id: str | UnsetType | None = UNSET
    attachments: tuple[object, ...] | UnsetType = UNSET
    single_value_extended_properties: tuple[extended.SingleValue, ...] = ()
    multi_value_extended_properties: tuple[extended.MultiValue, ...] = ()


def event_body(value: Any) -> EventBody:
    """Properties that only the service sets are ignored, and `extensions` are read apart. Raises GraphError: 501 for
    what is not honoured, 400 for what is no property."""
    if not isinstance(value, dict):
        raise bad_body("Unable to read JSON request payload.")
    known = {field.encode_name for field in msgspec.structs.fields(EventBody)}
    for name in value:
        if name not in known and name not in _IGNORED:
            raise unknown_property(name, _TYPE)
    try:
        body = msgspec.convert({name: one for name, one in value.items() if name in known}, EventBody)
    except msgspec.ValidationError as problem:
        raise _refused(str(problem)) from problem
    if body.attachments:
        raise not_honoured("'attachments' in an event body")
    return body


def _refused(problem: str) -> GraphError:
    """Graph's own words for a property that a part of an event does not have; else what is wrong."""
    match = _UNKNOWN.match(problem)
    return unknown_property(match[1], f"microsoft.graph.{_PARTS[match[2]]}") if match else bad_body(problem)


def new_content(body: EventBody) -> Content:
    """Content of a new event. Raises GraphError where start or end lack or contradict."""
    if isinstance(body.start, UnsetType) or isinstance(body.end, UnsetType):
        raise failed_validation("Start and end are required.")
    return changed_content(Content(when=when(body.start, body.end)), body)


def changed_content(content: Content, body: EventBody) -> Content:
    """`content` with what the body names changed. Raises GraphError."""
    content = replace(content, when=_new_when(content.when, body), **_plain_changes(body))
    if body.recurrence is None:
        content = replace(content, recurrence=None)
    elif not isinstance(body.recurrence, UnsetType):
        series = recurring.recurrence(body.recurrence, content.when.start_at.date())
        content = recurring.anchored(replace(content, recurrence=series), follows=False)
    elif not isinstance(body.start, UnsetType):
        content = recurring.anchored(content, follows=True)
    check(content)
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
        changes["body"] = (body.body.content if body.body else None) or ""
        changes["body_type"] = body.body.content_type.lower() if body.body else "html"
    if not isinstance(body.location, UnsetType):
        changes["locations"] = tuple(place for place in (_place(body.location or LocationBody()),) if place.name)
    if not isinstance(body.locations, UnsetType):
        changes["locations"] = tuple(_place(location) for location in body.locations)
    if not isinstance(body.attendees, UnsetType):
        changes["attendees"] = _attendees(body.attendees)
    if body.is_online_meeting is True and changes.get("online_provider", "unknown") == "unknown":
        changes["online_provider"] = "teamsForBusiness"  # the calendar's default
    return changes


def _attendees(given: tuple[AttendeeBody, ...]) -> tuple[Attendee, ...]:
    if len(given) > MAX_ATTENDEES:
        raise invalid_property("attendees", f"An event can have at most {MAX_ATTENDEES} attendees.")
    found: dict[str, Attendee] = {}
    for one in given:
        address = one.email_address.address.strip().lower()
        if "@" not in address:
            raise invalid_property("attendees", f"'{one.email_address.address}' is not an address.")
        person = Person(address, one.email_address.name or address)
        found.setdefault(address, Attendee(person, one.type or "required"))
    return tuple(found.values())


def _place(body: LocationBody) -> Place:
    return Place(
        body.display_name or "",
        (body.location_email_address or "").lower(),
        body.location_uri or "",
        tuple((name, value) for name, value in (body.address or {}).items() if value),
        tuple((name, value) for name, value in (body.coordinates or {}).items() if value is not None),
    )


def when(start: Moment, end: Moment) -> When:
    return When(start.at(), end.at(), start.time_zone or "UTC", end.time_zone or "UTC")


def _new_when(when: When, body: EventBody) -> When:
    if not isinstance(body.start, UnsetType):
        when = replace(when, start_at=body.start.at(), start_zone=body.start.time_zone or "UTC")
    if not isinstance(body.end, UnsetType):
        when = replace(when, end_at=body.end.at(), end_zone=body.end.time_zone or "UTC")
    return when


def check(content: Content) -> None:
    """Whether the times can be an event's. Raises GraphError."""
    when = content.when
    if when.end_at < when.start_at:
        raise invalid_property("end", "The end is before the start.")
    if when.length > LONGEST:
        raise duration_too_long()
    if not content.is_all_day:
        return
    local = [when.start_at.astimezone(zone(when.start_zone)), when.end_at.astimezone(zone(when.end_zone))]
    if when.start_zone != when.end_zone or any((one.hour, one.minute, one.second) != (0, 0, 0) for one in local):
        why = "The start and end of an all-day event must be midnight in the same time zone."
        raise invalid_property("isAllDay", why)
    if when.start_at == when.end_at:
        raise invalid_property("end", "An all-day event lasts at least 24 hours.")
