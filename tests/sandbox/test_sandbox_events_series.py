"""Series over Graph: expansion, exceptions, what rooms make of them."""

from typing import Any
from urllib.parse import quote

import pytest

from tests.sandbox.events import AMSTERDAM, OSLO_ASKED, THREE, WEEKLY, create, event, instances, series, starts
from tests.sandbox.tenant import MIA, OSLO, PORTO, TOM, Tenant

DST_SPAN = {"type": "numbered", "startDate": "2026-11-24", "numberOfOccurrences": 3}
PATTERNS: list[tuple[dict[str, Any], dict[str, Any], list[str]]] = [
    ({"type": "daily", "interval": 2}, DST_SPAN, ["11-24T09:00", "11-26T09:00", "11-28T09:00"]),
    (
        {"type": "weekly", "daysOfWeek": ["tuesday", "thursday"]},
        {"type": "endDate", "startDate": "2026-11-24", "endDate": "2026-12-01"},
        ["11-24T09:00", "11-26T09:00", "12-01T09:00"],
    ),
    (
        {"type": "absoluteMonthly", "dayOfMonth": 24, "interval": 5},
        DST_SPAN,
        ["11-24T09:00", "04-24T08:00", "09-24T08:00"],
    ),
    (
        {"type": "relativeMonthly", "daysOfWeek": ["tuesday"], "index": "last"},
        DST_SPAN,
        ["11-24T09:00", "12-29T09:00", "01-26T09:00"],
    ),
    ({"type": "absoluteYearly", "dayOfMonth": 24, "month": 11}, DST_SPAN, ["11-24T09:00", "11-24T09:00"]),
    (
        {"type": "relativeYearly", "daysOfWeek": ["tuesday"], "month": 11, "index": "fourth"},
        DST_SPAN,
        ["11-24T09:00", "11-23T09:00"],
    ),
]


@pytest.mark.parametrize(("pattern", "span", "expected"), PATTERNS, ids=[str(row[0]["type"]) for row in PATTERNS])
async def test_every_pattern_expands_in_the_events_own_zone(
    tenant: Tenant, pattern: dict[str, Any], span: dict[str, Any], expected: list[str]
) -> None:
    made = await create(tenant, series(pattern, span, attendees=[]))

    found = await instances(tenant, TOM, made["id"])

    assert made["type"] == "seriesMaster"
    assert [one["start"]["dateTime"][5:16] for one in found] == expected
    assert {one["type"] for one in found} == {"occurrence"}
    assert {one["seriesMasterId"] for one in found} == {made["id"]}
    assert len({one["iCalUId"] for one in found} | {made["iCalUId"]}) == len(found) + 1


async def test_the_31st_of_a_shorter_month_is_its_last_day(tenant: Tenant) -> None:
    day = {"dateTime": "2026-12-31T10:00:00", "timeZone": AMSTERDAM}
    end = {"dateTime": "2026-12-31T10:30:00", "timeZone": AMSTERDAM}
    span = {"type": "numbered", "startDate": "2026-12-31", "numberOfOccurrences": 3}
    body = series({"type": "absoluteMonthly", "dayOfMonth": 31}, span, start=day, end=end, attendees=[])

    made = await create(tenant, body)

    assert [one["start"]["dateTime"][:10] for one in await instances(tenant, TOM, made["id"])] == [
        "2026-12-31",
        "2027-01-31",
        "2027-02-28",
    ]


async def test_a_room_accepts_a_series_as_a_series(tenant: Tenant) -> None:
    made = await create(tenant, series(WEEKLY, THREE))
    await tenant.advance(60)

    (master,) = (await tenant.graph("GET", f"/users/{PORTO}/events")).body["value"]
    own = await tenant.graph("GET", f"/users/{TOM}/events/{quote(made['id'])}")

    assert (master["type"], master["responseStatus"]["response"]) == ("seriesMaster", "accepted")
    found = await instances(tenant, PORTO, master["id"])
    assert [(one["responseStatus"]["response"], one["showAs"]) for one in found] == [("accepted", "busy")] * 3
    assert own.body["attendees"][0]["status"]["response"] == "accepted"


async def test_one_conflict_declines_the_whole_series_unless_some_are_allowed(tenant: Tenant) -> None:
    await tenant.book(room=PORTO, organizer=MIA, start="2026-12-01T10:00")
    await tenant.advance(60)
    strict = await create(tenant, series(WEEKLY, THREE))
    await tenant.advance(60)
    await tenant.configure(PORTO, conflictMax=1, conflictPct=50)
    lenient = await create(tenant, series(WEEKLY, THREE))
    await tenant.advance(60)

    refused = await tenant.graph("GET", f"/users/{TOM}/events/{quote(strict['id'])}")
    found = await instances(tenant, TOM, lenient["id"])

    assert refused.body["attendees"][0]["status"]["response"] == "declined"
    assert [one["attendees"][0]["status"]["response"] for one in found] == ["accepted", "declined", "accepted"]
    room = [one for one in await tenant.view(PORTO, days=30) if one["type"] != "singleInstance"]
    assert starts(room) == ["2026-11-24T09:00"]


async def test_a_delegate_declines_one_occurrence_of_an_accepted_series(tenant: Tenant) -> None:
    made = await create(tenant, series(WEEKLY, THREE, attendees=OSLO_ASKED))
    await tenant.advance(60)
    (master,) = (await tenant.graph("GET", f"/users/{OSLO}/events")).body["value"]
    await tenant.graph("POST", f"/users/{OSLO}/events/{quote(master['id'])}/accept", {})
    second = (await instances(tenant, OSLO, master["id"]))[1]

    done = await tenant.graph("POST", f"/users/{OSLO}/events/{quote(second['id'])}/decline", {"comment": "No."})
    await tenant.advance(10)

    assert done.status == 202
    assert starts(await instances(tenant, OSLO, master["id"])) == ["2026-11-24T09:00", "2026-12-08T09:00"]
    own = await instances(tenant, TOM, made["id"])
    assert [one["attendees"][0]["status"]["response"] for one in own] == ["accepted", "declined", "accepted"]
    assert [one["type"] for one in own] == ["occurrence", "exception", "occurrence"]


async def test_a_series_past_the_window_is_cut_in_the_room_or_declined(tenant: Tenant) -> None:
    forever = {"type": "noEnd", "startDate": "2026-11-24"}
    body = series(WEEKLY, forever, attendees=OSLO_ASKED)
    await create(tenant, body)
    declined = await create(tenant, series(WEEKLY, forever))
    await tenant.advance(60)

    (master,) = (await tenant.graph("GET", f"/users/{OSLO}/events")).body["value"]
    own = await tenant.graph("GET", f"/users/{TOM}/events/{quote(declined['id'])}")

    assert master["recurrence"]["range"]["type"] == "endDate"
    assert master["recurrence"]["range"]["endDate"] == "2027-05-22"
    assert own.body["attendees"][0]["status"]["response"] == "declined"


async def test_one_occurrence_is_moved_and_one_cancelled(tenant: Tenant) -> None:
    made = await create(tenant, series(WEEKLY, THREE))
    await tenant.advance(60)
    first, second, _ = await instances(tenant, TOM, made["id"])
    moved = {"start": {"dateTime": "2026-11-25T15:00:00", "timeZone": AMSTERDAM}}
    moved |= {"end": {"dateTime": "2026-11-25T15:30:00", "timeZone": AMSTERDAM}}

    patched = await tenant.graph("PATCH", f"/users/{TOM}/events/{quote(first['id'])}", moved)
    await tenant.graph("POST", f"/users/{TOM}/events/{quote(second['id'])}/cancel", {})
    await tenant.advance(60)

    assert (patched.body["type"], patched.body["id"]) == ("exception", first["id"])
    assert patched.body["originalStart"] == "2026-11-24T09:00:00Z"
    assert starts(await instances(tenant, TOM, made["id"])) == ["2026-11-25T14:00", "2026-12-08T09:00"]
    (master,) = (await tenant.graph("GET", f"/users/{PORTO}/events")).body["value"]
    room = await instances(tenant, PORTO, master["id"])
    assert starts([one for one in room if not one["isCancelled"]]) == ["2026-11-25T14:00", "2026-12-08T09:00"]
    assert [one["isCancelled"] for one in room] == [False, True, False]
    assert [one["subject"] for one in room if one["isCancelled"]] == ["Canceled: Tom de Vries"]
    cancelled = await tenant.graph("GET", f"/users/{TOM}/events/{quote(made['id'])}?$select=cancelledOccurrences")
    assert [one[-10:] for one in cancelled.body["cancelledOccurrences"]] == ["2026-12-01"]
    await tenant.graph("DELETE", f"/users/{TOM}/events/{quote(made['id'])}")
    await tenant.advance(60)
    room = await instances(tenant, PORTO, master["id"])
    assert [(one["isCancelled"], one["subject"]) for one in room] == [(True, "Canceled: Tom de Vries")] * 3


async def test_an_occurrence_may_be_moved_twice(tenant: Tenant) -> None:
    made = await create(tenant, series(WEEKLY, THREE))
    await tenant.advance(60)
    first = (await instances(tenant, TOM, made["id"]))[0]

    for hour in (13, 15):
        moved = {"start": {"dateTime": f"2026-11-24T{hour}:00:00", "timeZone": AMSTERDAM}}
        moved |= {"end": {"dateTime": f"2026-11-24T{hour}:30:00", "timeZone": AMSTERDAM}}
        await tenant.graph("PATCH", f"/users/{TOM}/events/{quote(first['id'])}", moved)
        await tenant.advance(60)

    (master,) = (await tenant.graph("GET", f"/users/{PORTO}/events")).body["value"]
    found = await instances(tenant, PORTO, master["id"])
    assert starts(found) == ["2026-11-24T14:00", "2026-12-01T09:00", "2026-12-08T09:00"]
    assert {one["responseStatus"]["response"] for one in found} == {"accepted"}


async def test_exceptions_follow_their_series_where_they_do_not_differ(tenant: Tenant) -> None:
    made = await create(tenant, series(WEEKLY, THREE, attendees=OSLO_ASKED))
    first = (await instances(tenant, TOM, made["id"]))[0]
    moved = {"end": {"dateTime": "2026-11-24T12:00:00", "timeZone": AMSTERDAM}}
    await tenant.graph("PATCH", f"/users/{TOM}/events/{quote(first['id'])}", moved)
    await tenant.advance(60)
    (master,) = (await tenant.graph("GET", f"/users/{OSLO}/events")).body["value"]
    await tenant.graph("POST", f"/users/{OSLO}/events/{quote(master['id'])}/accept", {})

    await tenant.graph("PATCH", f"/users/{TOM}/events/{quote(made['id'])}", {"subject": "Renamed"})
    await tenant.advance(60)

    for mailbox, master_id in ((TOM, made["id"]), (OSLO, master["id"])):
        found = await instances(tenant, mailbox, master_id)
        assert [one["subject"] for one in found] == ["Renamed"] * 3
        assert found[0]["end"]["dateTime"][11:16] == "11:00"
    assert {one["responseStatus"]["response"] for one in found} == {"accepted"}


async def test_a_room_that_joins_a_series_late_gets_its_exceptions(tenant: Tenant) -> None:
    made = await create(tenant, series(WEEKLY, THREE, attendees=[]))
    first, second, _ = await instances(tenant, TOM, made["id"])
    moved = {"start": {"dateTime": "2026-11-24T08:00:00", "timeZone": AMSTERDAM}}
    await tenant.graph("PATCH", f"/users/{TOM}/events/{quote(first['id'])}", moved)
    await tenant.graph("DELETE", f"/users/{TOM}/events/{quote(second['id'])}")

    await tenant.graph("PATCH", f"/users/{TOM}/events/{quote(made['id'])}", {"attendees": event()["attendees"]})
    await tenant.advance(60)

    (master,) = (await tenant.graph("GET", f"/users/{PORTO}/events")).body["value"]
    taken = [one for one in await instances(tenant, PORTO, master["id"]) if not one["isCancelled"]]
    assert starts(taken) == ["2026-11-24T07:00", "2026-12-08T09:00"]
    assert {one["responseStatus"]["response"] for one in taken} == {"accepted"}


async def test_an_occurrence_does_not_cross_its_neighbour(tenant: Tenant) -> None:
    made = await create(tenant, series(WEEKLY, THREE))
    first = (await instances(tenant, TOM, made["id"]))[0]
    over = {"start": {"dateTime": "2026-12-01T15:00:00", "timeZone": AMSTERDAM}}
    over |= {"end": {"dateTime": "2026-12-01T15:30:00", "timeZone": AMSTERDAM}}

    answer = await tenant.graph("PATCH", f"/users/{TOM}/events/{quote(first['id'])}", over)

    assert (answer.status, answer.code) == (400, "ErrorOccurrenceCrossingBoundary")


async def test_moving_a_series_makes_the_room_decide_again(tenant: Tenant) -> None:
    made = await create(tenant, series(WEEKLY, THREE, attendees=OSLO_ASKED))
    await tenant.advance(60)
    (before,) = (await tenant.graph("GET", f"/users/{OSLO}/events")).body["value"]
    await tenant.graph("POST", f"/users/{OSLO}/events/{quote(before['id'])}/accept", {})
    later = {"start": {"dateTime": "2026-11-24T12:00:00", "timeZone": AMSTERDAM}}
    later |= {"end": {"dateTime": "2026-11-24T12:30:00", "timeZone": AMSTERDAM}}

    await tenant.graph("PATCH", f"/users/{TOM}/events/{quote(made['id'])}", later)
    await tenant.advance(60)

    (after,) = (await tenant.graph("GET", f"/users/{OSLO}/events")).body["value"]
    assert (after["id"], after["responseStatus"]["response"]) == (before["id"], "tentativelyAccepted")
    found = await instances(tenant, OSLO, after["id"])
    assert [one["start"]["dateTime"][11:16] for one in found] == ["11:00"] * 3
