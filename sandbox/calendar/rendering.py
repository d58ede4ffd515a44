"""Writes calendar items as Graph's event resource.

https://learn.microsoft.com/graph/api/resources/event
"""

import html
import re
from datetime import date, datetime
from typing import Any

from sandbox.calendar import ids
from sandbox.calendar.models import Answer, Attendee, Item, Kind, Person, Place, Response
from sandbox.calendar.recurrence import PatternType, RangeType, Recurrence
from sandbox.odata import Entity
from sandbox.wire import Preferences, instant
from sandbox.zones import zone

NEVER = "0001-01-01T00:00:00Z"
_TAGS = re.compile(r"<(?:style|head)\b.*?</(?:style|head)>|<[^>]*>", re.DOTALL | re.IGNORECASE)
_PREVIEW_LENGTH = 255
_WEB = "https://outlook.office365.com/owa/"
_JOIN = "https://teams.microsoft.com/l/meetup-join/"
KEYS = (
    "id", "createdDateTime", "lastModifiedDateTime", "changeKey", "categories", "originalStartTimeZone",
    "originalEndTimeZone", "iCalUId", "reminderMinutesBeforeStart", "isReminderOn", "hasAttachments",
    "hideAttendees", "subject", "bodyPreview", "importance", "sensitivity", "isAllDay", "isCancelled", "isDraft",
    "isOrganizer", "responseRequested", "seriesMasterId", "transactionId", "showAs", "type", "webLink",
    "onlineMeetingUrl", "isOnlineMeeting", "onlineMeetingProvider", "onlineMeeting", "allowNewTimeProposals",
    "responseStatus", "body", "start", "end", "location", "locations", "recurrence", "attendees", "organizer",
    "originalStart", "cancelledOccurrences",
)  # fmt: skip


def event(item: Item, prefer: Preferences) -> Entity:
    """The whole event as its mailbox sees it. `cancelledOccurrences` is left to the caller: it needs $select."""
    rendered = _head(item, prefer) | _texts(item, prefer) | _flags(item) | _times(item, prefer)
    if item.original_start_at is not None:
        rendered["originalStart"] = instant(item.original_start_at)
    return {"@odata.etag": f'W/"{rendered["changeKey"]}"'} | rendered | _people(item, prefer)


def thin(item: Item, prefer: Preferences) -> Entity:
    """An occurrence as calendarView/delta gives it."""
    return {
        "@odata.type": "#microsoft.graph.event",
        "@odata.etag": etag(item),
        "id": ids.event_id(item, immutable=prefer.immutable),
        "seriesMasterId": ids.master_id(item, immutable=prefer.immutable),
        "type": item.kind,
        "start": moment(item.when.start_at, prefer.zone_name),
        "end": moment(item.when.end_at, prefer.zone_name),
    }


def etag(item: Item) -> str:
    return f'W/"{ids.change_key(item)}"'


def moment(at: datetime, zone_name: str) -> Entity:
    """A dateTimeTimeZone: local time without offset, seven digits, in the named zone or UTC."""
    local = at.astimezone(zone(zone_name or "UTC")).replace(tzinfo=None)
    return {"dateTime": f"{local.isoformat(timespec='microseconds')}0", "timeZone": zone_name or "UTC"}


def cancelled_occurrences(item: Item) -> list[str]:
    """Occurrence ids of the cancelled ones: OID, master and day. Those from before a new recurrence do not count."""
    uid, home = ids.ical_uid(item), zone(item.when.start_zone)
    days = [at.astimezone(home).date().isoformat() for at in item.cancelled_occurrences if at in item.gone]
    return [f"OID.{uid}.{day}" for day in days]


def _head(item: Item, prefer: Preferences) -> Entity:
    is_instance = item.kind in {Kind.OCCURRENCE, Kind.EXCEPTION}
    own_id = ids.event_id(item, immutable=prefer.immutable)
    return {
        "id": own_id,
        "createdDateTime": instant(item.created_at),
        "lastModifiedDateTime": instant(item.modified_at),
        "changeKey": ids.change_key(item),
        "categories": list(item.content.categories),
        "transactionId": item.transaction_id or None,
        "originalStartTimeZone": item.when.start_zone,
        "originalEndTimeZone": item.when.end_zone,
        "iCalUId": ids.ical_uid(item),
        "reminderMinutesBeforeStart": item.content.reminder_min,
        "isReminderOn": item.content.is_reminder_on,
        "hasAttachments": False,
        "seriesMasterId": ids.master_id(item, immutable=prefer.immutable) if is_instance else None,
        "type": item.kind,
        "webLink": f"{_WEB}?itemid={own_id.replace('=', '%3D')}&exvsurl=1&path=/calendar/item",
    }


def _texts(item: Item, prefer: Preferences) -> Entity:
    content = item.content
    is_html = content.body_type == "html"
    plain = text_of(content.body) if is_html else content.body
    if prefer.text_body or not is_html:
        body = {"contentType": "text", "content": plain}
    else:
        body = {"contentType": "html", "content": _page(content.body)}
    return {"subject": content.subject, "bodyPreview": plain[:_PREVIEW_LENGTH], "body": body}


def _flags(item: Item) -> Entity:
    content = item.content
    return {
        "importance": content.importance,
        "sensitivity": content.sensitivity,
        "isAllDay": content.is_all_day,
        "isCancelled": item.is_cancelled,
        "isDraft": False,
        "isOrganizer": item.is_organizer,
        "responseRequested": content.response_requested,
        "showAs": item.show_as,
        "hideAttendees": content.hide_attendees,
        "allowNewTimeProposals": content.allow_proposals,
        "onlineMeetingUrl": None,
        "isOnlineMeeting": content.is_online,
        "onlineMeetingProvider": content.online_provider,
        "onlineMeeting": {"joinUrl": f"{_JOIN}{item.uid.lower()}/0"} if content.is_online else None,
        "responseStatus": _response(item.response),
    }


def _times(item: Item, prefer: Preferences) -> Entity:
    recurrence = item.content.recurrence
    return {
        "start": moment(item.when.start_at, prefer.zone_name),
        "end": moment(item.when.end_at, prefer.zone_name),
        "recurrence": _recurrence(recurrence, item.when.start_zone) if recurrence else None,
    }


def _people(item: Item, prefer: Preferences) -> Entity:
    content = item.content
    places = [location(place) for place in content.locations]
    return {
        "location": places[0] if places else location(Place()),
        "locations": places,
        "attendees": [_attendee(item, attendee, prefer) for attendee in _visible(item)],
        "organizer": {"emailAddress": _email(item.organizer)},
    }


def _visible(item: Item) -> list[Attendee]:
    """Where the organizer hides the attendees, each copy shows its own mailbox and the organizer only."""
    everybody = item.content.attendees
    if item.is_organizer or not item.content.hide_attendees:
        return list(everybody)
    return [one for one in everybody if one.person.address in {item.mailbox, item.organizer.address}]


def _attendee(item: Item, attendee: Attendee, prefer: Preferences) -> Entity:
    status = item.tracking.get(attendee.person.address, Response())
    shape: Entity = {"type": attendee.type, "status": _response(status), "emailAddress": _email(attendee.person)}
    if status.proposed is not None:
        shape["proposedNewTime"] = {
            "start": moment(status.proposed.start_at, prefer.zone_name),
            "end": moment(status.proposed.end_at, prefer.zone_name),
        }
    return shape


def _email(person: Person) -> Entity:
    return {"name": person.name, "address": person.address}


def location(place: Place) -> Entity:
    shape: Entity = {"displayName": place.name, "locationType": "default", "uniqueIdType": "unknown"}
    if place.name:
        shape |= {"uniqueId": place.address or place.name, "uniqueIdType": "directory" if place.address else "private"}
    if place.address:
        shape["locationEmailAddress"] = place.address
    if place.uri:
        shape["locationUri"] = place.uri
    if place.postal:
        shape["address"] = dict(place.postal)
    if place.position:
        shape["coordinates"] = dict(place.position)
    return shape


def _response(response: Response) -> Entity:
    is_dated = response.answered_at is not None and response.answer is not Answer.NONE
    return {
        "response": response.answer,
        "time": instant(response.answered_at) if is_dated and response.answered_at else NEVER,
    }


def _recurrence(recurrence: Recurrence, event_zone: str) -> Entity:
    pattern: dict[str, Any] = {
        "type": recurrence.type,
        "interval": recurrence.interval,
        "month": recurrence.month,
        "dayOfMonth": recurrence.day_of_month,
        "firstDayOfWeek": recurrence.first_day,
        "index": recurrence.index,
    }
    if recurrence.type in {PatternType.WEEKLY, PatternType.RELATIVE_MONTHLY, PatternType.RELATIVE_YEARLY}:
        pattern["daysOfWeek"] = list(recurrence.days)
    is_dated = recurrence.range_type is RangeType.END_DATE
    return {
        "pattern": pattern,
        "range": {
            "type": recurrence.range_type,
            "startDate": recurrence.start_on.isoformat(),
            "endDate": (recurrence.end_on if is_dated and recurrence.end_on else date.min).isoformat(),
            "recurrenceTimeZone": recurrence.zone or event_zone,
            "numberOfOccurrences": recurrence.count,
        },
    }


def _page(body: str) -> str:
    if body.lstrip().lower().startswith("<html"):
        return body
    head = '<meta http-equiv="Content-Type" content="text/html; charset=utf-8">'
    return f"<html><head>\r\n{head}</head><body>{body}</body></html>"


def text_of(body: str) -> str:
    return html.unescape(_TAGS.sub("", body)).strip()
