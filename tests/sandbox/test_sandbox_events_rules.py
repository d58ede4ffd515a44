"""What Graph holds events to: properties, enums, limits, etags, transaction ids, series."""

from typing import Any
from urllib.parse import quote

import pytest

from tests.sandbox.events import (
    AMSTERDAM,
    THREE,
    WEEKLY,
    create,
    event,
    forgive,
    instances,
    moment,
    path_of,
    series,
    starts,
    switch,
)
from tests.sandbox.tenant import PORTO, TOM, Tenant

NO_END = {"type": "noEnd", "startDate": "2026-11-24"}


async def test_what_is_no_property_is_refused_by_name(tenant: Tenant) -> None:
    answer = await tenant.graph("POST", f"/users/{TOM}/events", event(colour="red"))

    assert (answer.status, answer.code) == (400, "RequestBodyRead")
    assert answer.body["error"]["message"].startswith(
        "The property 'colour' does not exist on type 'microsoft.graph.event'."
    )


@pytest.mark.parametrize(
    ("change", "type_name"),
    [
        ({"location": {"displayName": "Lobby", "colour": "red"}}, "location"),
        ({"start": moment("2026-11-24T10:00:00") | {"colour": "red"}}, "dateTimeTimeZone"),
        ({"attendees": [{"emailAddress": {"address": PORTO, "colour": "red"}}]}, "emailAddress"),
        ({"attendees": [{"emailAddress": {"address": PORTO}, "colour": "red"}]}, "attendee"),
        ({"recurrence": {"pattern": WEEKLY | {"colour": "red"}, "range": THREE}}, "recurrencePattern"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_what_is_no_property_of_a_part_is_refused_too(
    tenant: Tenant, change: dict[str, Any], type_name: str
) -> None:
    answer = await tenant.graph("POST", f"/users/{TOM}/events", event(**change))

    assert (answer.status, answer.code) == (400, "RequestBodyRead")
    assert f"'colour' does not exist on type 'microsoft.graph.{type_name}'" in answer.body["error"]["message"]


async def test_what_only_the_service_sets_is_ignored(tenant: Tenant) -> None:
    first = await create(tenant, event(attendees=[]))

    again = await create(tenant, event(id="x", iCalUId="y", isOrganizer=False, type="occurrence", hasAttachments=True))
    patched = await tenant.graph("PATCH", path_of(first), first | {"subject": "Echoed"})

    assert again["isOrganizer"]
    assert again["type"] == "singleInstance"
    assert again["iCalUId"] != "y"
    assert (patched.status, patched.body["subject"]) == (200, "Echoed")
    assert patched.body["createdDateTime"] == first["createdDateTime"]


@pytest.mark.parametrize(
    "change",
    [{"showAs": "asleep"}, {"sensitivity": "secret"}, {"importance": "urgent"}, {"attendees": [{"type": "required"}]},
     {"body": {"contentType": "markdown", "content": "*"}}, {"onlineMeetingProvider": "other"}],
    ids=lambda change: str(next(iter(change))),
)  # fmt: skip
async def test_values_outside_of_an_enum_are_refused(tenant: Tenant, change: dict[str, Any]) -> None:
    answer = await tenant.graph("POST", f"/users/{TOM}/events", event(**change))

    assert (answer.status, answer.code) == (400, "RequestBodyRead")
    assert await tenant.view(TOM) == []


async def test_an_event_has_at_most_500_attendees(tenant: Tenant) -> None:
    people = [{"emailAddress": {"address": f"guest{number}@example.com"}} for number in range(501)]

    over = await tenant.graph("POST", f"/users/{TOM}/events", event(attendees=people))
    full = await create(tenant, event(attendees=people[:500]))

    assert (over.status, over.code) == (400, "ErrorPropertyValidationFailure")
    assert len(full["attendees"]) == 500


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (moment("2026-11-24T00:00:00"), moment("2026-11-25T09:00:00")),
        (moment("2026-11-24T00:00:00"), moment("2026-11-25T00:00:00", "UTC")),
        (moment("2026-11-24T00:00:00"), moment("2026-11-24T00:00:00")),
    ],
    ids=["no midnight", "two zones", "no day"],
)
async def test_all_day_is_midnight_to_midnight_in_one_zone(
    tenant: Tenant, start: dict[str, str], end: dict[str, str]
) -> None:
    answer = await tenant.graph("POST", f"/users/{TOM}/events", event(isAllDay=True, start=start, end=end))

    assert (answer.status, answer.code) == (400, "ErrorPropertyValidationFailure")


async def test_a_location_replaces_all_locations(tenant: Tenant) -> None:
    both = [{"displayName": "Oslo", "locationEmailAddress": "oslo@contoso.com"}, {"displayName": "Lobby"}]
    made = await create(tenant, event(locations=both))
    lobby = {"displayName": "Lobby", "locationUri": "https://map.example/1", "address": {"city": "Breda"}}
    lobby |= {"coordinates": {"latitude": 51.5, "longitude": 4.75}}

    one = await tenant.graph("PATCH", path_of(made), {"location": lobby})
    none = await tenant.graph("PATCH", path_of(made), {"location": None})

    assert [place["displayName"] for place in made["locations"]] == ["Oslo", "Lobby"]
    assert made["location"]["locationType"] == "default"
    assert [place["displayName"] for place in one.body["locations"]] == ["Lobby"]
    assert one.body["location"]["address"] == {"city": "Breda"}
    assert one.body["location"]["coordinates"] == {"latitude": 51.5, "longitude": 4.75}
    assert one.body["location"]["locationUri"] == "https://map.example/1"
    assert none.body["locations"] == []


async def test_attendees_are_replaced_as_a_whole(tenant: Tenant) -> None:
    made = await create(tenant, event())
    guest = {"emailAddress": {"address": "guest@example.com"}, "type": "optional"}

    patched = await tenant.graph("PATCH", path_of(made), {"attendees": [guest]})
    await tenant.advance(60)

    assert [one["emailAddress"]["address"] for one in patched.body["attendees"]] == ["guest@example.com"]
    assert (await tenant.one(PORTO))["isCancelled"]


async def test_an_online_meeting_has_a_provider_and_a_url(tenant: Tenant) -> None:
    made = await create(tenant, event(isOnlineMeeting=True))

    assert made["onlineMeetingProvider"] == "teamsForBusiness"
    assert made["onlineMeeting"]["joinUrl"].startswith("https://teams.microsoft.com/l/meetup-join/")


BAD_SERIES: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({"type": "daily", "interval": 0}, NO_END, "recurrence.pattern.interval"),
    ({"type": "weekly"}, NO_END, "recurrence.pattern.daysOfWeek"),
    ({"type": "absoluteMonthly"}, NO_END, "recurrence.pattern.dayOfMonth"),
    ({"type": "absoluteMonthly", "dayOfMonth": 32}, NO_END, "recurrence.pattern.dayOfMonth"),
    ({"type": "relativeMonthly", "index": "first"}, NO_END, "recurrence.pattern.daysOfWeek"),
    ({"type": "absoluteYearly", "dayOfMonth": 24}, NO_END, "recurrence.pattern.month"),
    ({"type": "absoluteYearly", "month": 11}, NO_END, "recurrence.pattern.dayOfMonth"),
    ({"type": "relativeYearly", "month": 11}, NO_END, "recurrence.pattern.daysOfWeek"),
    (WEEKLY, {"type": "noEnd"}, "recurrence.range.startDate"),
    (WEEKLY, {"type": "noEnd", "startDate": "2026-11-23"}, "recurrence.range.startDate"),
    (WEEKLY, {"type": "endDate", "startDate": "2026-11-24"}, "recurrence.range.endDate"),
    (WEEKLY, {"type": "endDate", "startDate": "2026-11-24", "endDate": "2026-11-23"}, "recurrence.range.endDate"),
    (WEEKLY, {"type": "numbered", "startDate": "2026-11-24"}, "recurrence.range.numberOfOccurrences"),
]


@pytest.mark.parametrize(("pattern", "span", "name"), BAD_SERIES)
async def test_a_series_that_lacks_something_is_refused_by_its_property(
    tenant: Tenant, pattern: dict[str, Any], span: dict[str, Any], name: str
) -> None:
    answer = await tenant.graph("POST", f"/users/{TOM}/events", series(pattern, span))

    assert (answer.status, answer.code) == (400, "ErrorPropertyValidationFailure")
    assert f"'{name}'" in answer.body["error"]["message"]


async def test_a_series_starts_on_the_day_that_its_own_zone_says(tenant: Tenant) -> None:
    late = {"start": moment("2026-11-24T23:30:00", "UTC"), "end": moment("2026-11-24T23:45:00", "UTC")}
    span = NO_END | {"startDate": "2026-11-25", "recurrenceTimeZone": AMSTERDAM}

    made = await create(tenant, series({"type": "daily"}, span, attendees=[], **late))
    wrong = await tenant.graph("POST", f"/users/{TOM}/events", series({"type": "daily"}, NO_END | {
        "recurrenceTimeZone": AMSTERDAM}, **late))  # fmt: skip

    assert made["recurrence"]["range"]["recurrenceTimeZone"] == AMSTERDAM
    assert wrong.code == "ErrorPropertyValidationFailure"


async def test_a_new_recurrence_drops_exceptions_and_deleted_occurrences(tenant: Tenant) -> None:
    made = await create(tenant, series(WEEKLY, THREE, attendees=[]))
    first, second, _ = await instances(tenant, TOM, made["id"])
    await tenant.graph("PATCH", path_of(first), {"subject": "Other", "start": moment("2026-11-24T09:00:00")})
    await tenant.graph("DELETE", path_of(second))
    cancelled = f"{path_of(made)}?$select=cancelledOccurrences"
    before = (await tenant.graph("GET", cancelled)).body["cancelledOccurrences"]

    pattern = {"type": "weekly", "interval": 2, "daysOfWeek": ["tuesday"]}
    answer = await tenant.graph("PATCH", path_of(made), {"recurrence": {"pattern": pattern, "range": THREE}})

    assert answer.status == 200, answer.body
    assert (len(before), (await tenant.graph("GET", cancelled)).body["cancelledOccurrences"]) == (1, [])
    found = await instances(tenant, TOM, made["id"])
    assert starts(found) == ["2026-11-24T09:00", "2026-12-08T09:00", "2026-12-22T09:00"]
    assert {(one["type"], one["subject"]) for one in found} == {("occurrence", "Planning")}


async def test_a_series_may_begin_on_another_day(tenant: Tenant) -> None:
    made = await create(tenant, series(WEEKLY, THREE, attendees=[]))
    later = {"start": moment("2026-12-08T10:00:00"), "end": moment("2026-12-08T11:00:00")}

    answer = await tenant.graph("PATCH", path_of(made), later)

    assert answer.body["recurrence"]["range"]["startDate"] == "2026-12-08"
    found = starts(await instances(tenant, TOM, made["id"]))
    assert found == ["2026-12-08T09:00", "2026-12-15T09:00", "2026-12-22T09:00"]


async def test_a_series_becomes_a_single_event(tenant: Tenant) -> None:
    made = await create(tenant, series(WEEKLY, THREE, attendees=[]))

    answer = await tenant.graph("PATCH", path_of(made), {"recurrence": None})

    assert (answer.body["type"], answer.body["recurrence"]) == ("singleInstance", None)
    assert len(await tenant.view(TOM)) == 1


@pytest.mark.parametrize("status", [412, 409])
async def test_a_stale_etag_answers_as_the_switch_says(tenant: Tenant, status: int) -> None:
    await switch(tenant, u_staleStatus=status)
    made = await create(tenant, event())
    await tenant.graph("PATCH", path_of(made), {"subject": "Second"})

    patched = await tenant.graph("PATCH", path_of(made), {"subject": "Third"}, If_Match=made["@odata.etag"])
    deleted = await tenant.graph("DELETE", path_of(made), If_Match=made["@odata.etag"])
    whatever = await tenant.graph("DELETE", path_of(made), If_Match="*")

    assert (patched.status, patched.code) == (status, "ErrorIrresolvableConflict")
    assert (deleted.status, deleted.code) == (status, "ErrorIrresolvableConflict")
    assert whatever.status == 204


@pytest.mark.parametrize("status", [400, 409])
async def test_a_used_transaction_id_answers_as_the_switches_say(tenant: Tenant, status: int) -> None:
    await switch(tenant, u_duplicateStatus=status, u_duplicateNamesExisting=True)
    made = await create(tenant, event(transactionId="t-1"))

    other = await tenant.graph("POST", f"/users/{TOM}/events", event(transactionId="t-1", subject="Other"))

    assert (other.status, other.code) == (status, "ErrorDuplicateTransactionId")
    assert other.body["error"]["@event.existingEventId"] == made["id"]
    forgive()


async def test_a_transaction_id_outlives_its_event_only_by_a_switch(tenant: Tenant) -> None:
    made = await create(tenant, event(transactionId="t-1"))
    await tenant.graph("DELETE", path_of(made))
    await switch(tenant, u_transactionsOutliveEvents=True)
    refused = await tenant.graph("POST", f"/users/{TOM}/events", event(transactionId="t-1"))
    await switch(tenant, u_transactionsOutliveEvents=False)

    again = await create(tenant, event(transactionId="t-1"))

    assert refused.code == "ErrorDuplicateTransactionId"
    assert again["id"] != made["id"]


async def test_a_transaction_id_never_changes(tenant: Tenant) -> None:
    made = await create(tenant, event(transactionId="t-1"))

    same = await tenant.graph("PATCH", path_of(made), {"transactionId": "t-1", "subject": "Renamed"})
    other = await tenant.graph("PATCH", path_of(made), {"transactionId": "t-2"})

    assert (same.status, same.body["transactionId"]) == (200, "t-1")
    assert other.status == 400


async def test_ids_are_case_sensitive_and_a_made_up_one_is_not_found(tenant: Tenant) -> None:
    made = await create(tenant, event())

    for name in (made["id"].swapcase(), "AAMk", made["id"][:-1] + "AVE999999999999999999999="):
        answer = await tenant.graph("GET", f"/users/{TOM}/events/{quote(name)}")
        assert (answer.status, answer.code) == (404, "ErrorItemNotFound")


async def test_switches_refuse_what_they_do_not_know(tenant: Tenant) -> None:
    wrong = await tenant.call("PATCH", "/sandbox/switches", {"u_staleStatus": 418})
    unknown = await tenant.call("PATCH", "/sandbox/switches", {"u_nothing": True})
    await switch(tenant, u_staleStatus=409)
    await tenant.call("POST", "/sandbox/reset")

    assert (wrong.status, unknown.status) == (400, 400)
    assert (await tenant.call("GET", "/sandbox/switches")).body["u_staleStatus"] == 412
