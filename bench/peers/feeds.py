"""Delta pages of rooms as Graph sends them, and a service that answers with them at once."""

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.graph.client import Budget
from bot.graph.sansio import Request
from bot.ports.clock import Clock

PAGE = 50
REMOVED = 5  # of a page
MEETINGS = 862  # of a room: eight a day for ninety days, then three in two days
FIRST = datetime(2026, 12, 1, 7, tzinfo=UTC)


def page(room: str, turn: int) -> bytes:
    """The n-th page of a room's changes: 45 meetings moved to another time of their day and five removed, which the
    page after brings again."""
    gone = {(turn * REMOVED + number) % PAGE for number in range(REMOVED)}
    items = [{"id": event_id(room, n), "@removed": {"reason": "deleted"}} for n in gone]
    items += [event(room, n, shift=turn % 2) for n in range(PAGE) if n not in gone]
    return _body(room, items)


def everything(room: str, meetings: int = MEETINGS) -> bytes:
    """A whole calendar on one page."""
    return _body(room, [event(room, number) for number in range(meetings)])


def nothing(room: str) -> bytes:
    return _body(room, [])


def request(room: str, number: int, made_at: datetime) -> bytes:
    """One meeting that was just asked for, as Exchange's attendant leaves it under the delegated policy."""
    asked = event(room, MEETINGS + number) | {
        "responseStatus": {"response": "tentativelyAccepted", "time": "0001-01-01T00:00:00Z"},
        "createdDateTime": f"{made_at:%Y-%m-%dT%H:%M:%S}Z",
    }
    return _body(room, [asked])


def only(body: bytes) -> bytes:
    """The one event of a page, alone."""
    (one,) = json.loads(body)["value"]
    return json.dumps(one).encode()


def event(room: str, number: int, shift: int = 0) -> dict[str, Any]:
    """Of about 0.7 kB. No two of a room overlap, whichever way they are shifted."""
    day, place = divmod(number, 8)
    start_at = FIRST + timedelta(days=day, minutes=60 * place + 25 * shift)
    end_at = start_at + timedelta(minutes=30)
    return {
        "@odata.etag": 'W/"DwAAABYAAABZ2f4Rz1ZTRZkYbq3bT0hBAAAl8xq1"',
        "id": event_id(room, number),
        "iCalUId": f"040000008200E00074C5B7101A82E008{room[:10]}{number:08}".ljust(112, "0"),
        "createdDateTime": "2026-11-20T09:12:44.1234567Z",
        "type": "singleInstance",
        "subject": f"Weekly planning {number}",
        "showAs": "busy",
        "sensitivity": "normal",
        "isCancelled": False,
        "isOrganizer": False,
        "responseStatus": {"response": "accepted", "time": "2026-11-20T09:13:00Z"},
        "start": {"dateTime": f"{start_at:%Y-%m-%dT%H:%M:%S}.0000000", "timeZone": "UTC"},
        "end": {"dateTime": f"{end_at:%Y-%m-%dT%H:%M:%S}.0000000", "timeZone": "UTC"},
        "organizer": {"emailAddress": {"name": "Mia Jansen", "address": "mia@contoso.com"}},
        "attendees": [{"type": "required", "emailAddress": {"name": "Tom", "address": "tom@contoso.com"}}],
    }


def event_id(room: str, number: int) -> str:
    return f"AAMkAGUwNjQ4ZjIxLTQ3Y2YtNDViMi1{room.partition('@')[0]}{number:06}".ljust(120, "x")


def _body(room: str, items: list[dict[str, Any]]) -> bytes:
    link = f"https://graph.microsoft.com/v1.0/users/{room}/calendarView/delta?$deltatoken=abc"
    return json.dumps({"@odata.deltaLink": link, "value": items}).encode()


class AtOnce:
    """Stands where the Graph client does: every call is answered without a wait, and counted. `feeds` are what a room's
    next delta is, by address, `views` its calendar, `events` the one event that it is asked for."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.feeds: dict[str, bytes] = {}
        self.views: dict[str, bytes] = {}
        self.events: dict[str, bytes] = {}
        self.calls: Counter[str] = Counter()

    async def call(self, request: Request[Any], _budget: Budget) -> Any:
        self.calls[request.name] += 1
        if request.name == "calendar.delta":
            return request.read(self.feeds[request.mailbox])
        if request.name == "calendar.view":
            return request.read(self.views[request.mailbox].replace(b"@odata.deltaLink", b"@odata.context"))
        return request.read(self.events.get(request.mailbox, b""))
