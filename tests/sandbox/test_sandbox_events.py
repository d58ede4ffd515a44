"""Events over Graph: create, read, change, cancel; ids, zones, what is refused."""

from typing import Any
from urllib.parse import quote

import pytest

from tests.sandbox.events import AMSTERDAM, create, event
from tests.sandbox.tenant import PORTO, TOM, Tenant

KEYS = {
    "@odata.context", "@odata.etag", "id", "createdDateTime", "lastModifiedDateTime", "changeKey", "categories",
    "originalStartTimeZone", "originalEndTimeZone", "iCalUId", "reminderMinutesBeforeStart", "isReminderOn",
    "hasAttachments", "hideAttendees", "subject", "bodyPreview", "importance", "sensitivity", "isAllDay",
    "isCancelled", "isDraft", "isOrganizer", "responseRequested", "seriesMasterId", "transactionId", "showAs", "type",
    "webLink", "onlineMeetingUrl", "isOnlineMeeting", "onlineMeetingProvider", "onlineMeeting",
    "allowNewTimeProposals", "responseStatus", "body", "start", "end", "location", "locations", "recurrence",
    "attendees", "organizer",
}  # fmt: skip


async def test_a_new_event_answers_with_every_key(tenant: Tenant) -> None:
    made = await create(tenant, event())

    assert set(made) == KEYS
    assert made["start"] == {"dateTime": "2026-11-24T09:00:00.0000000", "timeZone": "UTC"}
    assert made["@odata.etag"] == f'W/"{made["changeKey"]}"'
    assert made["responseStatus"] == {"response": "organizer", "time": "0001-01-01T00:00:00Z"}
    assert made["originalStartTimeZone"] == AMSTERDAM


async def test_the_same_transaction_id_makes_nothing_new_and_another_content_is_refused(tenant: Tenant) -> None:
    first = await create(tenant, event(transactionId="t-1"))
    again = await create(tenant, event(transactionId="t-1"))

    other = await tenant.graph("POST", f"/users/{TOM}/events", event(transactionId="t-1", subject="Other"))

    assert again["id"] == first["id"]
    assert len(await tenant.view(TOM)) == 1
    assert (other.status, other.code) == (400, "ErrorDuplicateTransactionId")


async def test_copies_share_the_ical_uid_and_nothing_else(tenant: Tenant) -> None:
    made = await create(tenant, event())
    await tenant.advance(60)
    copy = await tenant.one(PORTO)

    missing = await tenant.graph("GET", f"/users/{PORTO}/events/{quote(made['id'])}")

    assert copy["iCalUId"] == made["iCalUId"]
    assert copy["id"] != made["id"]
    assert missing.code == "ErrorItemNotFound"
    assert [one["emailAddress"]["address"] for one in copy["attendees"]] == [TOM, PORTO]
    assert {one["status"]["response"] for one in copy["attendees"]} == {"none"}


async def test_immutable_and_regular_ids_differ_and_both_find_the_event(tenant: Tenant) -> None:
    await create(tenant, event())
    regular = await tenant.one(TOM)
    immutable = await tenant.one(TOM, Prefer='IdType="ImmutableId", outlook.timezone="Europe/Berlin"')

    assert regular["id"] != immutable["id"]
    assert immutable["start"] == {"dateTime": "2026-11-24T10:00:00.0000000", "timeZone": "Europe/Berlin"}
    for event_id in (regular["id"], immutable["id"]):
        assert (await tenant.graph("GET", f"/users/{TOM}/events/{quote(event_id)}")).status == 200


async def test_a_stale_etag_is_refused(tenant: Tenant) -> None:
    made = await create(tenant, event())
    path = f"/users/{TOM}/events/{quote(made['id'])}"
    fresh = await tenant.graph("PATCH", path, {"subject": "Second"}, If_Match=made["@odata.etag"])

    stale = await tenant.graph("PATCH", path, {"subject": "Third"}, If_Match=made["@odata.etag"])

    assert (fresh.status, fresh.body["subject"]) == (200, "Second")
    assert (stale.status, stale.code) == (412, "ErrorIrresolvableConflict")


async def test_a_cancelled_meeting_is_gone_for_the_organizer(tenant: Tenant) -> None:
    made = await create(tenant, event())
    await tenant.advance(60)
    copy = await tenant.one(PORTO)

    refused = await tenant.graph("POST", f"/users/{PORTO}/events/{quote(copy['id'])}/cancel", {"Comment": "no"})
    done = await tenant.graph("POST", f"/users/{TOM}/events/{quote(made['id'])}/cancel", {"comment": "off"})
    await tenant.advance(10)

    assert (refused.status, "need to be an organizer" in refused.body["error"]["message"]) == (400, True)
    assert done.status == 202
    assert await tenant.view(TOM) == []
    assert (await tenant.one(PORTO))["isCancelled"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (
            {"start": {"dateTime": "2026-11-24T10:00:00", "timeZone": "Mars Standard Time"}},
            "TimeZoneNotSupportedException",
        ),
        ({"end": {"dateTime": "2026-11-24T09:00:00", "timeZone": AMSTERDAM}}, "ErrorPropertyValidationFailure"),
        ({"isAllDay": True}, "ErrorPropertyValidationFailure"),
        ({"nonsense": 1}, "RequestBodyRead"),
        ({"attachments": [{"name": "x"}]}, "NotImplemented"),
    ],
)
async def test_wrong_events_are_refused(tenant: Tenant, change: dict[str, Any], code: str) -> None:
    assert (await tenant.graph("POST", f"/users/{TOM}/events", event(**change))).code == code


async def test_a_view_needs_a_window_and_shows_what_crosses_its_edges(tenant: Tenant) -> None:
    await create(tenant, event())
    inside = "startDateTime=2026-11-24T10:30:00%2B01:00&endDateTime=2026-11-24T09:45:00"

    for path in ("calendarView", "calendar/calendarView"):
        found = await tenant.graph("GET", f"/users/{TOM}/{path}?{inside}&$select=subject")
        assert [one["subject"] for one in found.body["value"]] == ["Planning"]
        assert (await tenant.graph("GET", f"/users/{TOM}/{path}")).code == "ErrorInvalidParameter"
