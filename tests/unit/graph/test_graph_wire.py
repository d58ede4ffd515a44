"""Samples of Graph's JSON become rows of the mirror; none of them spoils its page."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from bot.domain.events import Kind, Response, RoomEvent
from bot.domain.slots import Slot
from bot.graph import events, wire
from tests.unit.graph.graph_samples import ALEX, ROOM, WEEKLY, attendee, event, page, removed, thin, time


def row(**changes: Any) -> RoomEvent:
    told = events.room_page(wire.read_events(page(event(**changes))), ROOM)
    assert told.not_understood == 0
    return told.changed[0]


def meeting_of(**changes: Any) -> Any:
    return events.meeting(wire.read_event(msgspec.json.encode(event(**changes))))


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type, misc]  # a star of ints cannot be told apart from tzinfo


def test_a_pending_request_is_read_whole() -> None:
    read = row()

    assert read == RoomEvent(
        id="AAMkRoom1=",
        room=ROOM,
        ical_uid="040000008200E00074C5B7101A82E008A1",
        slot=Slot(utc(2026, 11, 24, 10), utc(2026, 11, 24, 11)),
        kind=Kind.SINGLE,
        response=Response.TENTATIVE,
        show_as="tentative",
        subject="Quarterly review",
        organizer_name="Alex Wilber",
        organizer_address=ALEX,
        attendees=2,
        created_at=utc(2026, 11, 20, 8, 30, 12, 123456),
    )
    assert read.pending
    assert read.blocks


def test_people_are_counted_once_and_rooms_not_at_all() -> None:
    attendees = [
        attendee(ALEX.upper(), "required", "none"),
        attendee("meganb@contoso.com", "optional", "none"),
        attendee("meganb@contoso.com", "required", "none"),
        attendee(ROOM, "resource", "none"),
        {"type": "required"},
    ]

    assert row(attendees=attendees).attendees == 2
    assert row(attendees=[]).attendees == 1


def test_values_that_graph_adds_later_are_tolerated() -> None:
    status = {"response": "perhaps", "time": "x"}
    read = row(
        type="quantumInstance", showAs="dancing", sensitivity="secret", responseStatus=status, newThing={"a": [1]}
    )

    assert (read.kind, read.response, read.show_as, read.private) == (Kind.SINGLE, Response.NONE, "dancing", True)


def test_nulls_everywhere_are_tolerated() -> None:
    nulls = dict.fromkeys(
        ["subject", "sensitivity", "organizer", "attendees", "recurrence", "showAs", "createdDateTime", "webLink"]
    )
    body = page({**event(), **nulls, "responseStatus": None, "isOrganizer": True, "createdDateTime": "not a time"})

    (read,) = events.room_page(wire.read_events(body), ROOM).changed

    assert (read.subject, read.attendees, read.response) == ("", 0, Response.ORGANIZER)
    assert read.created_at is None


def test_an_all_day_event_covers_the_days_of_the_zone_it_was_made_in() -> None:
    read = row(isAllDay=True, start=time("2026-11-24T00:00:00"), end=time("2026-11-25T00:00:00"))

    assert read.slot == Slot(utc(2026, 11, 23, 23), utc(2026, 11, 24, 23))


@pytest.mark.parametrize("zone", [None, "Customized Time Zone"])
def test_an_all_day_event_of_an_unknown_zone_covers_utc_days(zone: str | None) -> None:
    read = row(
        isAllDay=True,
        start=time("2026-11-24T00:00:00"),
        end=time("2026-11-25T00:00:00"),
        originalStartTimeZone=zone,
    )

    assert read.slot == Slot(utc(2026, 11, 24), utc(2026, 11, 25))


def test_an_event_that_ends_when_it_starts_is_a_minute_long() -> None:
    read = row(end=time("2026-11-24T10:00:00"))

    assert read.slot.end_at - read.slot.start_at == timedelta(minutes=1)


def test_times_in_another_zone_than_asked_for_are_understood() -> None:
    zone = "Pacific Standard Time"

    read = row(start=time("2026-11-24T02:00:00", zone), end=time("2026-11-24T03:00:00", zone))

    assert read.slot == Slot(utc(2026, 11, 24, 10), utc(2026, 11, 24, 11))


def test_equal_recurrences_render_equally_and_others_do_not() -> None:
    pattern = WEEKLY["pattern"]
    turned = {
        "range": WEEKLY["range"],
        "pattern": dict(reversed({**pattern, "daysOfWeek": ["monday", "tuesday"]}.items())),
    }
    later = {"pattern": pattern, "range": {**WEEKLY["range"], "endDate": "2026-12-29"}}

    one, same, other = (row(recurrence=told, type="seriesMaster").recurrence for told in (WEEKLY, turned, later))

    assert one == same
    assert one != other
    assert row(recurrence=None).recurrence == ""


def test_a_delta_page_is_told_apart_into_full_thin_and_removed() -> None:
    body = page(
        event(id="m", type="seriesMaster", recurrence=WEEKLY),
        thin("o1", "2026-11-24"),
        removed("gone"),
        event(id="x", type="exception", seriesMasterId="m"),
        delta_link="https://graph/d",
    )

    read = wire.read_events(body)
    told = events.room_page(read, ROOM)

    assert [(one.id, one.kind) for one in told.changed] == [("m", Kind.MASTER), ("x", Kind.EXCEPTION)]
    assert [(one.id, one.master_id, one.slot.minutes) for one in told.thin] == [("o1", "AAMkMaster=", 60)]
    assert told.removed == ("gone",)
    assert read.delta_link == "https://graph/d"


def test_an_event_of_no_known_shape_blocks_its_room_and_is_never_answered() -> None:
    body = page(event(id="good"), event(id="odd", attendees="nobody"), event(id="last"), next_link="https://graph/n")

    read = wire.read_events(body)
    told = events.room_page(read, ROOM)

    odd = next(one for one in told.changed if one.id == "odd")
    assert {one.id for one in told.changed} == {"good", "odd", "last"}
    assert odd.blocks
    assert not odd.pending
    assert told.not_understood == 1
    assert read.next_link == "https://graph/n"


@pytest.mark.parametrize(
    "broken",
    [
        {"id": "no times", "subject": "x"},
        {"id": 5, "start": time("2026-11-24T10:00:00"), "end": time("2026-11-24T11:00:00")},
        {"subject": "no id"},
        event(start=time("yesterday")),
        event(attendees=7, end=time("soon")),
        event(start=time("0001-01-01T00:00:00", "Tokyo Standard Time")),
        event(attendees=7, start=time("0001-01-01T00:00:00", "Tokyo Standard Time")),
        "a string",
        None,
    ],
)
def test_an_event_without_times_is_counted_and_spoils_nothing(broken: object) -> None:
    told = events.room_page(wire.read_events(page(event(id="good"), broken)), ROOM)

    assert [one.id for one in told.changed] == ["good"]
    assert told.not_understood == 1
    has_id = isinstance(broken, dict) and isinstance(broken.get("id"), str)
    assert told.odd == ((broken["id"],) if has_id else ())  # type: ignore[index]  # a dict where it has an id


POISON: list[tuple[dict[str, Any], Slot]] = [
    ({"attendees": "nobody"}, Slot(utc(2026, 11, 24, 10), utc(2026, 11, 24, 11))),
    ({"recurrence": {"pattern": {"interval": "often"}}}, Slot(utc(2026, 11, 24, 10), utc(2026, 11, 24, 11))),
    ({"subject": {"a": 1}, "organizer": []}, Slot(utc(2026, 11, 24, 10), utc(2026, 11, 24, 11))),
    # Whatever zone it may mean: from UTC+14 to UTC-12.
    ({"start": time("2026-11-24T10:00:00", "Middle Earth")}, Slot(utc(2026, 11, 23, 20), utc(2026, 11, 24, 22))),
    ({"start": time("2026-11-24T12:00:00")}, Slot(utc(2026, 11, 24, 11), utc(2026, 11, 24, 12))),
]


@pytest.mark.parametrize(("poison", "slot"), POISON)
def test_what_is_not_understood_blocks_all_the_time_it_may_mean(poison: dict[str, Any], slot: Slot) -> None:
    told = events.room_page(wire.read_events(page(event(id="good"), event(**{"id": "odd", **poison}))), ROOM)

    odd = next(one for one in told.changed if one.id == "odd")
    assert (odd.slot, odd.blocks, odd.pending) == (slot, True, False)
    assert told.odd == ("odd",)


@pytest.mark.parametrize(
    ("of", "kind"),
    [
        ({"type": "seriesMaster"}, Kind.MASTER),
        ({"type": "occurrence", "seriesMasterId": "m"}, Kind.OCCURRENCE),
        ({"type": "exception", "seriesMasterId": "m"}, Kind.EXCEPTION),
    ],
)
def test_an_odd_item_of_a_series_stays_one(of: dict[str, Any], kind: Kind) -> None:
    """Or a master would stand in the way of its own first occurrence."""
    told = events.room_page(wire.read_events(page(event(**{"id": "odd", "attendees": 7, **of}))), ROOM)

    (odd,) = told.changed
    assert (odd.kind, odd.master_id, odd.ical_uid) == (kind, of.get("seriesMasterId", ""), event()["iCalUId"])


def test_an_odd_item_that_was_cancelled_or_removed_takes_no_time() -> None:
    cancelled = event(id="cancelled", attendees=7, isCancelled=True)
    gone = {"id": "gone", "@removed": {"reason": "deleted"}, "subject": 7}

    told = events.room_page(wire.read_events(page(cancelled, gone)), ROOM)

    assert [one.blocks for one in told.changed] == [False]
    assert (told.removed, told.odd) == (("gone",), ("cancelled",))


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"value": 3}', b'{"value": [{"id": "x"'])
def test_a_page_that_is_none_raises(body: bytes) -> None:
    with pytest.raises(msgspec.MsgspecError):
        wire.read_events(body)


def test_the_rooms_answer_is_that_of_the_room_in_the_location() -> None:
    both = [attendee("other@contoso.com", "resource", "declined"), attendee(ROOM.upper(), "resource", "accepted")]

    assert meeting_of(attendees=both).room_response == "accepted"
    assert meeting_of(attendees=both, location=None).room_response == "declined"
    assert meeting_of(attendees=[]).room_response == "none"


def test_an_organizers_copy_is_read() -> None:
    read = meeting_of(isCancelled=True)

    assert (read.id, read.is_cancelled, read.room_response) == ("AAMkRoom1=", True, "none")
    assert read.web_link.startswith("https://outlook.office365.com/")
    assert read.ical_uid == "040000008200E00074C5B7101A82E008A1"
