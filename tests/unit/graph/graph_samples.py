"""Bodies as the public reference shows them: https://learn.microsoft.com/graph/api/resources/event and others."""

import json
from typing import Any

ROOM = "boardroom@contoso.com"
ALEX = "alexw@contoso.com"


def time(text: str, zone: str = "UTC") -> dict[str, str]:
    return {"dateTime": f"{text}.0000000", "timeZone": zone}


def event(**changes: Any) -> dict[str, Any]:
    """A request that waits in a room's calendar for the room's answer. A change to None takes the property out."""
    full = {
        "@odata.type": "#microsoft.graph.event",
        "@odata.etag": 'W/"ZlnW4RIAV06KYYwlrfNZvQAAKGWwbw=="',
        "id": "AAMkRoom1=",
        "createdDateTime": "2026-11-20T08:30:12.1234567Z",
        "lastModifiedDateTime": "2026-11-20T08:30:20.7654321Z",
        "changeKey": "ZlnW4RIAV06KYYwlrfNZvQAAKGWwbw==",
        "categories": [],
        "transactionId": None,
        "originalStartTimeZone": "W. Europe Standard Time",
        "originalEndTimeZone": "W. Europe Standard Time",
        "iCalUId": "040000008200E00074C5B7101A82E008A1",
        "reminderMinutesBeforeStart": 15,
        "isReminderOn": True,
        "hasAttachments": False,
        "subject": "Quarterly review",
        "bodyPreview": "",
        "importance": "normal",
        "sensitivity": "normal",
        "isAllDay": False,
        "isCancelled": False,
        "isOrganizer": False,
        "responseRequested": True,
        "seriesMasterId": None,
        "showAs": "tentative",
        "type": "singleInstance",
        "webLink": "https://outlook.office365.com/owa/?itemid=AAMkRoom1",
        "onlineMeetingUrl": None,
        "isOnlineMeeting": False,
        "onlineMeetingProvider": "unknown",
        "allowNewTimeProposals": True,
        "recurrence": None,
        "onlineMeeting": None,
        "responseStatus": {"response": "tentativelyAccepted", "time": "2026-11-20T08:30:15Z"},
        "body": {"contentType": "html", "content": "<html></html>"},
        "start": time("2026-11-24T10:00:00"),
        "end": time("2026-11-24T11:00:00"),
        "location": {
            "displayName": "Boardroom",
            "locationEmailAddress": ROOM,
            "locationType": "default",
            "uniqueId": "Boardroom",
            "uniqueIdType": "private",
        },
        "locations": [],
        "attendees": [
            attendee(ALEX, "required", "none"),
            attendee("meganb@contoso.com", "optional", "none"),
            attendee(ROOM, "resource", "none"),
        ],
        "organizer": {"emailAddress": {"name": "Alex Wilber", "address": ALEX}},
    }
    return {key: value for key, value in (full | changes).items() if not (key in changes and value is None)}


def attendee(address: str, kind: str, response: str) -> dict[str, Any]:
    return {
        "type": kind,
        "status": {"response": response, "time": "0001-01-01T00:00:00Z"},
        "emailAddress": {"name": address.split("@", maxsplit=1)[0], "address": address},
    }


def thin(event_id: str, day: str) -> dict[str, Any]:
    """An occurrence as a delta gives it: https://learn.microsoft.com/graph/api/event-delta."""
    return {
        "@odata.type": "#microsoft.graph.event",
        "@odata.etag": 'W/"x"',
        "id": event_id,
        "seriesMasterId": "AAMkMaster=",
        "type": "occurrence",
        "start": time(f"{day}T10:00:00"),
        "end": time(f"{day}T11:00:00"),
    }


def removed(event_id: str) -> dict[str, Any]:
    return {"@odata.type": "#microsoft.graph.event", "id": event_id, "@removed": {"reason": "deleted"}}


WEEKLY = {
    "pattern": {
        "type": "weekly",
        "interval": 1,
        "month": 0,
        "dayOfMonth": 0,
        "daysOfWeek": ["tuesday", "monday"],
        "firstDayOfWeek": "sunday",
        "index": "first",
    },
    "range": {
        "type": "endDate",
        "startDate": "2026-11-24",
        "endDate": "2026-12-22",
        "recurrenceTimeZone": "W. Europe Standard Time",
        "numberOfOccurrences": 0,
    },
}

ROOM_PLACE = {
    "id": "3162F1E1-C4C0-604B-51D8-91DA78989EB1",
    "placeId": "80c5e4e5-1b1c-4b0a-9a25-000000000001",
    "emailAddress": "Boardroom@Contoso.com",
    "displayName": "Boardroom",
    "address": {"street": "4567 Main Street", "city": "Buffalo"},
    "phone": "555-0100",
    "nickname": "Board",
    "label": "1A",
    "capacity": 14,
    "building": "North",
    "floorLabel": "Second",
    "floorNumber": 2,
    "isWheelChairAccessible": True,
    "bookingType": "standard",
    "tags": ["White  Board", "Beamer", "Plants"],
    "audioDeviceName": "Conf phone 1",
    "videoDeviceName": None,
    "displayDeviceName": "Surface Hub",
    "teamsEnabledState": "enabled",
}


def page(*items: Any, **links: str) -> bytes:
    """A collection; `next_link` or `delta_link`."""
    names = {"next_link": "@odata.nextLink", "delta_link": "@odata.deltaLink"}
    return json.dumps({"@odata.context": "…", "value": items} | {names[k]: v for k, v in links.items()}).encode()
