"""What an event of the wire is in the domain: a row of a room's calendar, or an organizer's meeting."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bot.domain.events import Kind, Response, RoomEvent
from bot.domain.slots import Slot
from bot.graph.times import UnknownZone, ZonedTime, instant_of, midnight_of
from bot.graph.wire import Attendee, Event, EventPage, Recurrence
from bot.ports.calendar import Meeting

_KINDS = {str(kind): kind for kind in Kind}
_RESPONSES = {str(response): response for response in Response}
_MINUTE = timedelta(minutes=1)
# Where the zone of a local time is not known: from the one furthest ahead of UTC to the one furthest behind.
_AHEAD, _BEHIND = timedelta(hours=14), timedelta(hours=12)


@dataclass(frozen=True, kw_only=True)
class RoomPage:
    """A page in the domain's words. `not_understood` counts items that could be told only as an opaque busy row, or
    not at all; `odd` are the ids of those that have one."""

    changed: tuple[RoomEvent, ...]
    thin: tuple[RoomEvent, ...]
    removed: tuple[str, ...]
    not_understood: int
    odd: tuple[str, ...] = ()


def room_page(page: EventPage, room: str) -> RoomPage:
    """Never raises for an item: what has a start and an end blocks the room, whatever else is wrong with it."""
    changed: list[RoomEvent] = []
    thin: list[RoomEvent] = []
    removed: list[str] = []
    removed.extend(event.id for event in page.opaque if event.removed is not None)
    odd = [event for event in page.opaque if event.removed is None]
    for event in page.events:
        if event.removed is not None:
            removed.append(event.id)
            continue
        try:
            row = room_event(event, room)
        except (ValueError, OverflowError):  # the latter at the edges of the calendar
            odd.append(event)
            continue
        (thin if _is_thin(event) else changed).append(row)
    changed.extend(_opaque_rows(odd, room))
    return RoomPage(
        changed=tuple(changed),
        thin=tuple(thin),
        removed=tuple(removed),
        not_understood=page.unreadable + len(odd),
        odd=tuple(event.id for event in odd),
    )


def room_event(event: Event, room: str) -> RoomEvent:
    """Raises ValueError for an event without times that can be understood."""
    name, address = _organizer(event)
    return RoomEvent(
        id=event.id,
        room=room,
        ical_uid=event.i_cal_u_id or "",
        slot=_slot(event),
        kind=_KINDS.get(event.type or "", Kind.SINGLE),
        master_id=event.series_master_id or "",
        response=_response(event),
        show_as=event.show_as or "busy",
        subject=event.subject or "",
        private=event.sensitivity is not None and event.sensitivity != "normal",
        organizer_name=name,
        organizer_address=address,
        attendees=_people(event.attendees or (), address),
        recurrence=_rendered(event.recurrence) if event.recurrence else "",
        is_organizer=bool(event.is_organizer),
        is_cancelled=bool(event.is_cancelled),
        created_at=_created_at(event.created_date_time),
    )


def meeting(event: Event) -> Meeting:
    """The organizer's copy. Raises ValueError for one without times."""
    return Meeting(
        id=event.id,
        ical_uid=event.i_cal_u_id or "",
        web_link=event.web_link or "",
        slot=_slot(event),
        room_response=_room_response(event),
        is_cancelled=bool(event.is_cancelled),
        rooms=tuple((one.email_address.address or "") for one in _resources(event) if one.email_address),
    )


def _is_thin(event: Event) -> bool:
    """An occurrence as a delta gives it: id, master, type and times alone
    (https://learn.microsoft.com/graph/api/event-delta)."""
    return event.type == Kind.OCCURRENCE and event.i_cal_u_id is None and event.response_status is None


def _slot(event: Event) -> Slot:
    start, end = event.start, event.end
    if start is None or end is None:
        raise ValueError("an event without times")
    if event.is_all_day:
        whole = _whole_days(start, end, event.original_start_time_zone or "")
        if whole is not None:
            return whole
    return _lasting(instant_of(start), instant_of(end))


def _whole_days(start: ZonedTime, end: ZonedTime, zone: str) -> Slot | None:
    """All-day events come as midnight to midnight "UTC" whatever zone is preferred; the days are those of the zone they
    were made in (https://github.com/microsoftgraph/microsoft-graph-docs-contrib/issues/8057)."""
    first, last = midnight_of(start, zone), midnight_of(end, zone)
    return _lasting(first, last) if first and last else None


def _lasting(start_at: datetime, end_at: datetime) -> Slot:
    """Outlook lets a meeting end when it starts. It is told as a minute long, so that it can be answered."""
    return Slot(start_at, end_at + _MINUTE if start_at == end_at else end_at)


def _response(event: Event) -> Response:
    told = event.response_status.response if event.response_status else None
    known = _RESPONSES.get(told or "")
    if known is None:
        return Response.ORGANIZER if event.is_organizer else Response.NONE
    return known


def _organizer(event: Event) -> tuple[str, str]:
    known = event.organizer.email_address if event.organizer is not None else None
    return ("", "") if known is None else (known.name or "", known.address or "")


def _people(attendees: Iterable[Attendee], organizer: str) -> int:
    """How many are expected: the organizer, whom a room's copy lists among the attendees too, and everybody asked; no
    rooms or equipment."""
    people = {organizer.casefold()} if organizer else set()
    for attendee in attendees:
        if attendee.type != "resource" and (known := attendee.email_address) is not None and known.address:
            people.add(known.address.casefold())
    return len(people)


def _room_response(event: Event) -> str:
    """The answer of the room: of the resource that the location names, else of the first."""
    for one in _resources(event):
        return (one.status.response if one.status else None) or "none"
    return "none"


def _resources(event: Event) -> list[Attendee]:
    rooms = [one for one in event.attendees or () if one.type == "resource"]
    place = ((event.location.location_email_address if event.location else None) or "").casefold()
    return sorted(rooms, key=lambda one: not one.email_address or (one.email_address.address or "").casefold() != place)


def _rendered(recurrence: Recurrence) -> str:
    """The pattern and its range in one fixed order, so that equal series render equally."""
    pattern, reach = recurrence.pattern, recurrence.range
    parts: list[object] = []
    if pattern is not None:
        days = ",".join(sorted(pattern.days_of_week or ()))
        parts += [pattern.type, pattern.interval, days, pattern.first_day_of_week]
        parts += [pattern.day_of_month, pattern.month, pattern.index]
    if reach is not None:
        parts += [reach.type, reach.start_date, reach.end_date, reach.number_of_occurrences, reach.recurrence_time_zone]
    return "/".join("" if part is None else str(part) for part in parts)


def _created_at(text: str | None) -> datetime | None:
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)


def _opaque_rows(items: Iterable[Event], room: str) -> Iterable[RoomEvent]:
    """Taken, and never to be answered: nobody knows what they ask. What has no times at all is told by its id alone."""
    for item in items:
        try:
            slot = _wide(item)
        except (ValueError, OverflowError):
            continue
        yield RoomEvent(
            id=item.id,
            room=room,
            ical_uid=item.i_cal_u_id or "",
            slot=slot,
            kind=_KINDS.get(item.type or "", Kind.SINGLE),
            master_id=item.series_master_id or "",
            response=Response.ACCEPTED,
            is_cancelled=bool(item.is_cancelled),
        )


def _wide(event: Event) -> Slot:
    """All the time that an event may take, where its zone is not known or its end comes before its start. Raises
    ValueError for one without times."""
    try:
        return _slot(event)
    except ValueError:
        pass
    if event.start is None or event.end is None:
        raise ValueError("an event without times")
    (first, last), (earliest, latest) = _span(event.start), _span(event.end)
    return _lasting(min(first, earliest), max(last, latest))


def _span(time: ZonedTime) -> tuple[datetime, datetime]:
    """Between which instants it may be."""
    try:
        return (instant_of(time),) * 2
    except UnknownZone:
        local = time.date_time.replace(tzinfo=UTC)
        return local - _AHEAD, local + _BEHIND
