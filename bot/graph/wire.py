"""Graph's JSON, as much of it as is needed, straight from bytes; an item that fits no shape does not spoil its page.

Shapes: https://learn.microsoft.com/graph/api/resources/event, …/room, …/user, …/subscription.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

import msgspec

from bot.graph.times import ZonedTime

S = TypeVar("S", bound=msgspec.Struct)
T = TypeVar("T")


class EmailAddress(msgspec.Struct, gc=False):
    name: str | None = None
    address: str | None = None


class Recipient(msgspec.Struct, rename="camel", gc=False):
    email_address: EmailAddress | None = None


class ResponseStatus(msgspec.Struct, gc=False):
    response: str | None = None


class Attendee(msgspec.Struct, rename="camel", gc=False):
    type: str | None = None
    email_address: EmailAddress | None = None
    status: ResponseStatus | None = None


class Location(msgspec.Struct, rename="camel", gc=False):
    location_email_address: str | None = None


class Pattern(msgspec.Struct, rename="camel", gc=False):
    type: str | None = None
    interval: int | None = None
    month: int | None = None
    day_of_month: int | None = None
    days_of_week: list[str] | None = None
    first_day_of_week: str | None = None
    index: str | None = None


class Range(msgspec.Struct, rename="camel", gc=False):
    type: str | None = None
    start_date: str | None = None
    end_date: str | None = None
    recurrence_time_zone: str | None = None
    number_of_occurrences: int | None = None


class Recurrence(msgspec.Struct, gc=False):
    pattern: Pattern | None = None
    range: Range | None = None


class Removed(msgspec.Struct, gc=False):
    reason: str | None = None


class Event(msgspec.Struct, rename="camel", gc=False):
    """Everything may be absent: occurrences in a delta are thin, removals are an id."""

    id: str
    removed: Removed | None = msgspec.field(name="@removed", default=None)
    i_cal_u_id: str | None = msgspec.field(name="iCalUId", default=None)
    type: str | None = None
    series_master_id: str | None = None
    start: ZonedTime | None = None
    end: ZonedTime | None = None
    is_all_day: bool | None = None
    original_start_time_zone: str | None = None
    response_status: ResponseStatus | None = None
    show_as: str | None = None
    subject: str | None = None
    sensitivity: str | None = None
    organizer: Recipient | None = None
    attendees: list[Attendee] | None = None
    recurrence: Recurrence | None = None
    is_organizer: bool | None = None
    is_cancelled: bool | None = None
    created_date_time: str | None = None
    web_link: str | None = None
    transaction_id: str | None = None
    location: Location | None = None


class Place(msgspec.Struct, rename="camel", gc=False):
    """A room. Older answers spell one property otherwise and give the capacity as text."""

    email_address: str | None = None
    display_name: str | None = None
    nickname: str | None = None
    capacity: int | str | None = None
    building: str | None = None
    floor_label: str | None = None
    floor_number: int | None = None
    booking_type: str | None = None
    audio_device_name: str | None = None
    video_device_name: str | None = None
    display_device_name: str | None = None
    is_wheel_chair_accessible: bool | None = None
    is_wheelchair_accessible: bool | None = None
    tags: list[str] | None = None


class User(msgspec.Struct, rename="camel", gc=False):
    id: str
    odata_type: str | None = msgspec.field(name="@odata.type", default=None)
    display_name: str | None = None
    mail: str | None = None
    user_principal_name: str | None = None
    preferred_language: str | None = None


class ZoneName(msgspec.Struct, gc=False):
    name: str | None = None


class WorkingHours(msgspec.Struct, rename="camel", gc=False):
    """Times as "08:00:00.0000000", in the zone that is named."""

    days_of_week: list[str] | None = None
    start_time: str | None = None
    end_time: str | None = None
    time_zone: ZoneName | None = None


class MailboxSettings(msgspec.Struct, rename="camel", gc=False):
    """`user_purpose` is user, linked, shared, room, equipment, others: it proves that an address is a room's."""

    time_zone: str | None = None
    user_purpose: str | None = None
    working_hours: WorkingHours | None = None
    error: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


class RoomList(msgspec.Struct, rename="camel", gc=False):
    """`email_address` is what its rooms are asked by, not the id."""

    email_address: str | None = None
    display_name: str | None = None


class Member(msgspec.Struct, rename="camel", gc=False):
    """A member of a group. Of what may not be read only the id is told."""

    id: str
    odata_type: str | None = msgspec.field(name="@odata.type", default=None)
    display_name: str | None = None
    mail: str | None = None
    user_principal_name: str | None = None


class ChangedUser(User, rename="camel", gc=False):
    """`removed.reason` is changed for who may come back, deleted for good."""

    removed: Removed | None = msgspec.field(name="@removed", default=None)
    account_enabled: bool | None = None


class Organization(msgspec.Struct, rename="camel", gc=False):
    id: str
    display_name: str | None = None
    preferred_language: str | None = None
    country_letter_code: str | None = None


class Credential(msgspec.Struct, rename="camel", gc=False):
    """A secret, of which `hint` holds the first characters, or a certificate."""

    key_id: str | None = None
    display_name: str | None = None
    end_date_time: datetime | None = None
    hint: str | None = None


class Application(msgspec.Struct, rename="camel", gc=False):
    id: str
    display_name: str | None = None
    password_credentials: list[Credential] | None = None
    key_credentials: list[Credential] | None = None


class ScheduleItem(msgspec.Struct, rename="camel", gc=False):
    status: str | None = None
    subject: str | None = None
    is_private: bool | None = None
    start: ZonedTime | None = None
    end: ZonedTime | None = None


class ScheduleError(msgspec.Struct, rename="camel", gc=False):
    response_code: str | None = None


class Schedule(msgspec.Struct, rename="camel", gc=False):
    """Free and busy of one address, or why not. A digit of `availability_view` stands for an interval: 0 free,
    1 tentative, 2 busy, 3 away."""

    schedule_id: str
    availability_view: str | None = None
    schedule_items: list[ScheduleItem] | None = None
    working_hours: WorkingHours | None = None
    error: ScheduleError | None = None


class Subscribed(msgspec.Struct, rename="camel", gc=False):
    id: str
    resource: str
    expiration_date_time: str
    notification_url: str | None = None


class Texts(msgspec.Struct):
    value: list[str]


class Items(msgspec.Struct):
    """A page whose items are read one by one."""

    value: list[msgspec.Raw]
    next_link: str | None = msgspec.field(name="@odata.nextLink", default=None)
    delta_link: str | None = msgspec.field(name="@odata.deltaLink", default=None)


class _Events(msgspec.Struct):
    value: list[Event]
    next_link: str | None = msgspec.field(name="@odata.nextLink", default=None)
    delta_link: str | None = msgspec.field(name="@odata.deltaLink", default=None)


@dataclass(frozen=True, kw_only=True)
class EventPage:
    """`opaque` are items that are no Event as they came, with those of their properties that can be read; `unreadable`
    counts those without even an id."""

    events: list[Event]
    opaque: list[Event] = field(default_factory=list)
    unreadable: int = 0
    next_link: str = ""
    delta_link: str = ""


_EVENTS = msgspec.json.Decoder(_Events)
_EVENT = msgspec.json.Decoder(Event)
_PROPERTIES = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ITEMS = msgspec.json.Decoder(Items)
_TEXTS = msgspec.json.Decoder(Texts)
_SETTINGS = msgspec.json.Decoder(MailboxSettings)
_CHANGED_USER = msgspec.json.Decoder(ChangedUser)


def read_event(body: bytes) -> Event:
    return _EVENT.decode(body)


def read_events(body: bytes) -> EventPage:
    """The whole page at once, or, where an item fits no shape, item by item."""
    try:
        page = _EVENTS.decode(body)
    except msgspec.ValidationError:
        return _one_by_one(_ITEMS.decode(body))
    return EventPage(events=page.value, next_link=page.next_link or "", delta_link=page.delta_link or "")


def read_items(body: bytes, kind: type[S]) -> tuple[list[S], str]:
    """The items that fit, and the link to the next page or ''."""
    page, decoder = _ITEMS.decode(body), msgspec.json.Decoder(kind)
    found = [item for raw in page.value if (item := _fitting(raw, decoder)) is not None]
    return found, page.next_link or ""


def read_texts(body: bytes) -> list[str]:
    return _TEXTS.decode(body).value


def read_settings(body: bytes) -> MailboxSettings:
    """Of a call that selects the zone. Raises ValueError for an answer without that, or with an error: every property
    may be absent, so that anything would read as settings."""
    found = _SETTINGS.decode(body)
    if found.error is not msgspec.UNSET or b'"timeZone"' not in body:
        raise ValueError("no settings")
    return found


def read_changed_users(body: bytes) -> tuple[list[ChangedUser], str, str]:
    """Who changed, the link to the next page, and the link to what will change; one of the links is ''. Raises
    ValueError for a page that leads nowhere."""
    page = _ITEMS.decode(body)
    if bool(page.next_link) == bool(page.delta_link):
        raise ValueError("a page of a feed has one link")
    found = [item for raw in page.value if (item := _fitting(raw, _CHANGED_USER)) is not None]
    return found, page.next_link or "", page.delta_link or ""


def _one_by_one(items: Items) -> EventPage:
    events, opaque, unreadable = [], [], 0
    for raw in items.value:
        if (event := _fitting(raw, _EVENT)) is not None:
            events.append(event)
        elif (legible := _legible(raw)) is not None:
            opaque.append(legible)
        else:
            unreadable += 1
    return EventPage(
        events=events,
        opaque=opaque,
        unreadable=unreadable,
        next_link=items.next_link or "",
        delta_link=items.delta_link or "",
    )


def _legible(raw: msgspec.Raw) -> Event | None:
    """What can be read of an item that is no Event as it is: property by property."""
    properties = _fitting(raw, _PROPERTIES) or {}
    sound = {
        name: value
        for name, value in properties.items()
        if _fitting(msgspec.Raw(msgspec.json.encode({"id": "x", name: value})), _EVENT) is not None
    }
    return _fitting(msgspec.Raw(msgspec.json.encode(sound)), _EVENT)


def _fitting(raw: msgspec.Raw, decoder: msgspec.json.Decoder[T]) -> T | None:
    try:
        return decoder.decode(raw)
    except msgspec.ValidationError:
        return None
