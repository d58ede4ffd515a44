"""The calls that Foyer makes on mailboxes and the directory, one function each: pure, checked against Graph's OpenAPI.

Reference: https://learn.microsoft.com/graph/api/resources/calendar-overview
"""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import TypeVar

import msgspec

from bot.domain.events import RoomEvent
from bot.domain.series import Frequency, Rhythm
from bot.domain.slots import Slot
from bot.graph import events, wire
from bot.graph.sansio import Effect, Request, json_of, path_of, read_nothing
from bot.graph.times import UnknownZone, ZonedTime, query_time, repeated, zoned
from bot.ports.calendar import Answer, Meeting, NewMeeting, NoZone

T = TypeVar("T")

# Our id on the organizer's copy: Graph finds an event by it even after it was moved
# (https://learn.microsoft.com/graph/api/resources/extended-properties-overview).
BOOKING_PROPERTY = "String {3b1f6c52-7a0e-4d57-9a6c-2f1d0c8e4b71} Name FoyerBooking"

_TIMES = "id,iCalUId,type,start,end,isAllDay,originalStartTimeZone,isCancelled,attendees"
_MEETING = f"{_TIMES},seriesMasterId,webLink,location,transactionId"
# createdDateTime cannot be selected in views of a calendar.
_OCCURRENCE = f"{_TIMES},seriesMasterId,responseStatus,showAs,subject,sensitivity,organizer,recurrence,isOrganizer"
_ROOM_EVENT = f"{_OCCURRENCE},createdDateTime"
_DAY = timedelta(days=1)
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def create(meeting: NewMeeting) -> Request[Meeting]:
    """Raises NoZone."""
    start, end = _times(meeting)
    people = [{"emailAddress": {"address": address}, "type": "required"} for address in meeting.attendees]
    place = _place(meeting.room, meeting.room_name)
    series = {"recurrence": _recurrence(meeting.rhythm, start)} if meeting.rhythm else {}
    return Request(
        name="event.create",
        method="POST",
        path=path_of("users", meeting.organizer, "events"),
        body=json_of(
            {
                "subject": meeting.subject,
                "start": start,
                "end": end,
                **place,
                "attendees": [*_asked(meeting.room, meeting.room_name), *people],
                **series,
                "showAs": "busy",
                "transactionId": meeting.transaction_id,
                "singleValueExtendedProperties": [{"id": BOOKING_PROPERTY, "value": meeting.transaction_id}],
            }
        ),
        mailbox=meeting.organizer,
        effect=Effect.REPEATABLE,
        read=_meeting,
    )


def organizer_days(organizer: str, slot: Slot, link: str) -> Request[wire.EventPage]:
    """The organizer's calendar from the day before the slot to the day after."""
    window = Slot(slot.start_at - _DAY, slot.end_at + _DAY)
    return Request(
        name="calendar.view",
        method="GET",
        path=path_of("users", organizer, "calendarView"),
        query=(*_window(window), ("$select", _MEETING), ("$top", "100")),
        link=link,
        mailbox=organizer,
        read=wire.read_events,
    )


def by_booking(organizer: str, transaction_id: str) -> Request[wire.EventPage]:
    """The organizer's events that carry our id, wherever they were moved to."""
    value = transaction_id.replace("'", "''")
    condition = f"singleValueExtendedProperties/Any(ep: ep/id eq '{BOOKING_PROPERTY}' and ep/value eq '{value}')"
    return Request(
        name="event.search",
        method="GET",
        path=path_of("users", organizer, "events"),
        query=(("$filter", condition), ("$select", _MEETING)),
        mailbox=organizer,
        read=wire.read_events,
    )


def read_meeting(organizer: str, event_id: str) -> Request[Meeting]:
    return _read(organizer, event_id, _MEETING, _meeting)


def read_room_event(room: str, event_id: str) -> Request[RoomEvent]:
    return _read(room, event_id, _ROOM_EVENT, lambda body: events.room_event(wire.read_event(body), room))


def move(organizer: str, event_id: str, slot: Slot, zone: str) -> Request[Meeting]:
    start, end = zoned(slot.start_at, slot.end_at, zone=zone)
    return Request(
        name="event.move",
        method="PATCH",
        path=path_of("users", organizer, "events", event_id),
        body=json_of({"start": start, "end": end}),
        mailbox=organizer,
        effect=Effect.ONCE,  # attendees are mailed each time
        read=_meeting,
    )


def instances(organizer: str, event_id: str, window: Slot, link: str) -> Request[wire.EventPage]:
    """https://learn.microsoft.com/graph/api/event-list-instances"""
    return Request(
        name="event.instances",
        method="GET",
        path=path_of("users", organizer, "events", event_id, "instances"),
        query=(*_window(window), ("$select", _TIMES), ("$top", "200")),
        link=link,
        mailbox=organizer,
        read=wire.read_events,
    )


def drop(organizer: str, event_id: str) -> Request[None]:
    return Request(
        name="event.delete",
        method="DELETE",
        path=path_of("users", organizer, "events", event_id),
        mailbox=organizer,
        effect=Effect.REPEATABLE,  # what is gone already is not there
        read=read_nothing,
        statuses=(204,),
    )


def invite(organizer: str, event_id: str, room: str, room_name: str) -> Request[None]:
    return Request(
        name="event.invite",
        method="PATCH",
        path=path_of("users", organizer, "events", event_id),
        body=json_of({**_place(room, room_name), "attendees": _asked(room, room_name)}),
        mailbox=organizer,
        effect=Effect.REPEATABLE,
        read=read_nothing,
    )


def rename(organizer: str, event_id: str, subject: str) -> Request[None]:
    return Request(
        name="event.rename",
        method="PATCH",
        path=path_of("users", organizer, "events", event_id),
        body=json_of({"subject": subject}),
        mailbox=organizer,
        effect=Effect.REPEATABLE,
        read=read_nothing,
    )


def cancel(organizer: str, event_id: str, comment: str) -> Request[None]:
    return Request(
        name="event.cancel",
        method="POST",
        path=path_of("users", organizer, "events", event_id, "cancel"),
        body=json_of({"comment": comment}),
        mailbox=organizer,
        effect=Effect.ONCE,
        read=read_nothing,
        statuses=(202,),
    )


def answer(room: str, event_id: str, answer: Answer, comment: str) -> Request[None]:
    return Request(
        name=f"event.{answer}",
        method="POST",
        path=path_of("users", room, "events", event_id, str(answer)),
        # Unsent, the organizer would be left with "tentative" for good.
        body=json_of({"comment": comment, "sendResponse": True}),
        mailbox=room,
        effect=Effect.ONCE,
        read=read_nothing,
        statuses=(202,),
    )


def changes(room: str, window: Slot, link: str, page_size: int) -> Request[wire.EventPage]:
    """https://learn.microsoft.com/graph/api/event-delta takes no $select, $filter or $top."""
    return Request(
        name="calendar.delta",
        method="GET",
        path=path_of("users", room, "calendarView", "delta"),
        query=_window(window),
        link=link,
        prefer=(f"odata.maxpagesize={page_size}",),
        mailbox=room,
        is_feed=True,
        read=_feed_page,
    )


def occurrences(room: str, master_id: str, window: Slot, link: str) -> Request[wire.EventPage]:
    return Request(
        name="event.instances",
        method="GET",
        path=path_of("users", room, "events", master_id, "instances"),
        query=(*_window(window), ("$select", _OCCURRENCE), ("$top", "200")),
        link=link,
        mailbox=room,
        read=wire.read_events,
    )


def view(room: str, window: Slot, link: str) -> Request[wire.EventPage]:
    """https://learn.microsoft.com/graph/api/user-list-calendarview: occurrences stand in it as whole events."""
    return Request(
        name="calendar.view",
        method="GET",
        path=path_of("users", room, "calendarView"),
        query=(*_window(window), ("$select", _OCCURRENCE), ("$top", "500")),
        link=link,
        mailbox=room,
        read=wire.read_events,
    )


def rooms(link: str) -> Request[tuple[list[wire.Place], str]]:
    """https://learn.microsoft.com/graph/api/place-list"""
    return Request(
        name="places.rooms",
        method="GET",
        path="/places/microsoft.graph.room",
        query=(("$top", "100"),),
        link=link,
        read=partial(wire.read_items, kind=wire.Place),
    )


def user(person_id: str) -> Request[wire.User]:
    return _directory("user.read", path_of("users", person_id))


def manager(person_id: str) -> Request[wire.User]:
    return _directory("user.manager", path_of("users", person_id, "manager"))


def mailbox_settings(address: str) -> Request[wire.MailboxSettings]:
    return Request(
        name="mailbox.settings",
        method="GET",
        path=path_of("users", address, "mailboxSettings"),
        query=(("$select", "timeZone"),),
        mailbox=address,
        read=wire.read_settings,
    )


def _place(room: str, room_name: str) -> dict[str, object]:
    return {"location": {"displayName": room_name, "locationEmailAddress": room}} if room else {}


def _asked(room: str, room_name: str) -> list[dict[str, object]]:
    return [{"emailAddress": {"address": room, "name": room_name}, "type": "resource"}] if room else []


def _times(meeting: NewMeeting) -> tuple[ZonedTime, ZonedTime]:
    if meeting.rhythm is None:
        start, end = zoned(meeting.slot.start_at, meeting.slot.end_at, zone=meeting.zone)
        return start, end
    try:
        return repeated(meeting.slots, meeting.rhythm, meeting.zone)
    except UnknownZone as error:
        raise NoZone("NoWindowsZone") from error


def _recurrence(rhythm: Rhythm, start: ZonedTime) -> dict[str, object]:
    """https://learn.microsoft.com/graph/api/resources/recurrencepattern"""
    first_on = start.date_time.date()
    pattern: dict[str, object] = {"interval": rhythm.every}
    match rhythm.frequency:
        case Frequency.DAILY:
            pattern |= {"type": "daily"}
        case Frequency.WEEKLY:
            days = [_WEEKDAYS[day] for day in rhythm.weekdays or (first_on.weekday(),)]
            pattern |= {"type": "weekly", "daysOfWeek": days, "firstDayOfWeek": "monday"}
        case Frequency.MONTHLY:
            pattern |= {"type": "absoluteMonthly", "dayOfMonth": rhythm.day or first_on.day}
    reach = {
        "type": "endDate",
        "startDate": first_on.isoformat(),
        "endDate": rhythm.until_on.isoformat(),
        "recurrenceTimeZone": start.time_zone,
    }
    return {"pattern": pattern, "range": reach}


def _directory(name: str, path: str) -> Request[wire.User]:
    select = "id,displayName,mail,userPrincipalName,preferredLanguage"
    return Request(
        name=name,
        method="GET",
        path=path,
        query=(("$select", select),),
        read=partial(msgspec.json.decode, type=wire.User),
    )


def _read(mailbox: str, event_id: str, select: str, read: Callable[[bytes], T]) -> Request[T]:
    return Request(
        name="event.read",
        method="GET",
        path=path_of("users", mailbox, "events", event_id),
        query=(("$select", select),),
        mailbox=mailbox,
        read=read,
    )


def _meeting(body: bytes) -> Meeting:
    return events.meeting(wire.read_event(body))


def _window(window: Slot) -> tuple[tuple[str, str], ...]:
    return (("startDateTime", query_time(window.start_at)), ("endDateTime", query_time(window.end_at)))


def _feed_page(body: bytes) -> wire.EventPage:
    page = wire.read_events(body)
    if bool(page.next_link) == bool(page.delta_link):
        raise ValueError("a page of a feed has one link")
    return page
