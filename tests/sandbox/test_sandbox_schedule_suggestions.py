"""findMeetingTimes: for people only; which times are suggested, in which order, and why none."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.sandbox.events import create, event, moment
from tests.sandbox.tenant import FORM, MIA, OSLO, PORTO, TENANT, TOM, Tenant

Find = Callable[..., Awaitable[dict[str, Any]]]
DAY = {"start": moment("2026-11-24T09:00:00"), "end": moment("2026-11-24T12:00:00")}
HOURS = {"activityDomain": "work", "timeSlots": [DAY]}


def people(*addresses: str) -> list[dict[str, Any]]:
    return [{"type": "required", "emailAddress": {"address": address}} for address in addresses]


@pytest.fixture
async def find(tenant: Tenant) -> Find:
    """Asks as Tom, signed in by a device code."""
    client = {"client_id": FORM["client_id"], "scope": "https://graph.microsoft.com/Calendars.Read"}
    login = f"{tenant.root}/{TENANT}/oauth2/v2.0"
    async with tenant.session.post(f"{login}/devicecode", data=client) as response:
        code = await response.json()
    answer = {"user_code": code["user_code"], "answer": "allow", "as": TOM}
    assert (await tenant.call("POST", "/sandbox/device/answer", answer)).status < 300
    form = FORM | {"grant_type": "urn:ietf:params:oauth:grant-type:device_code", "device_code": code["device_code"]}
    async with tenant.session.post(f"{login}/token", data=form) as response:
        token = (await response.json())["access_token"]

    async def ask(status: int = 200, **wish: Any) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {token}", "Prefer": 'outlook.timezone="W. Europe Standard Time"'}
        found = await tenant.call("POST", f"/v1.0/users/{TOM}/findMeetingTimes", wish, headers)
        assert found.status == status, found.body
        body: dict[str, Any] = found.body
        return body

    return ask


def times(found: dict[str, Any]) -> list[str]:
    slots = [one["meetingTimeSlot"] for one in found["meetingTimeSuggestions"]]
    return [slot["start"]["dateTime"][11:16] for slot in slots]


async def busy(tenant: Tenant, who: str, begin: str, end: str) -> None:
    span = {"start": moment(f"2026-11-24T{begin}:00"), "end": moment(f"2026-11-24T{end}:00")}
    await create(tenant, event(attendees=[]) | span, who)


async def test_an_application_may_not_ask(tenant: Tenant) -> None:
    answer = await tenant.graph("POST", f"/users/{TOM}/findMeetingTimes", {})

    assert (answer.status, answer.code) == (403, "ErrorAccessDenied")


async def test_times_that_suit_everybody_come_first(tenant: Tenant, find: Find) -> None:
    await busy(tenant, MIA, "09:00", "10:00")
    await busy(tenant, TOM, "11:00", "12:00")

    found = await find(attendees=people(MIA), timeConstraint=HOURS, meetingDuration="PT30M", maxCandidates=3,
                       returnSuggestionReasons=True)  # fmt: skip

    assert times(found) == ["10:00", "10:30", "09:00"]
    best, *_, last = found["meetingTimeSuggestions"]
    assert (best["confidence"], best["order"], best["organizerAvailability"]) == (100.0, 1, "free")
    assert best["attendeeAvailability"] == [
        {"availability": "free", "attendee": {"type": "required", "emailAddress": {"address": MIA}}}
    ]
    assert (last["confidence"], last["attendeeAvailability"][0]["availability"]) == (50.0, "busy")
    assert best["suggestionReason"]
    assert found["emptySuggestionsReason"] == ""


@pytest.mark.parametrize(
    ("taken", "wish", "reason"),
    [
        ([TOM], {"attendees": people(MIA)}, "organizerUnavailable"),
        ([MIA], {"attendees": people(MIA), "minimumAttendeePercentage": 100}, "attendeesUnavailable"),
        ([], {"attendees": people("guest@example.com"), "minimumAttendeePercentage": 90},
         "attendeesUnavailableOrUnknown"),
        ([PORTO], {"locationConstraint": {"isRequired": True, "locations": [
            {"displayName": "Porto", "locationEmailAddress": PORTO, "resolveAvailability": True}]}},
         "locationsUnavailable"),
        ([], {"meetingDuration": "PT4H"}, "unknown"),
    ],
)  # fmt: skip
async def test_nothing_found_says_why(
    tenant: Tenant, find: Find, taken: list[str], wish: dict[str, Any], reason: str
) -> None:
    for who in taken:
        await busy(tenant, who, "08:00", "13:00")

    found = await find(timeConstraint=HOURS, **wish)

    assert (found["meetingTimeSuggestions"], found["emptySuggestionsReason"]) == ([], reason)


async def test_work_is_the_organizers_hours_and_no_weekend(find: Find) -> None:
    slot = {"start": moment("2026-11-28T06:00:00"), "end": moment("2026-11-30T09:00:00")}

    async def first(domain: str) -> list[str]:
        constraint = {"activityDomain": domain, "timeSlots": [slot]}
        found = await find(timeConstraint=constraint, maxCandidates=2)
        return [one["meetingTimeSlot"]["start"]["dateTime"][5:16] for one in found["meetingTimeSuggestions"]]

    assert await first("work") == ["11-30T08:00", "11-30T08:30"]
    assert await first("personal") == ["11-28T06:00", "11-28T06:30"]
    assert await first("unrestricted") == ["11-28T06:00", "11-28T06:30"]


async def test_without_a_wish_the_next_days_are_searched(find: Find) -> None:
    found = await find()

    assert len(found["meetingTimeSuggestions"]) == 5
    assert found["meetingTimeSuggestions"][0]["suggestionReason"] is None


async def test_free_rooms_are_suggested_where_asked_for(tenant: Tenant, find: Find) -> None:
    await busy(tenant, OSLO, "09:00", "12:00")

    found = await find(timeConstraint=HOURS, locationConstraint={"suggestLocation": True}, maxCandidates=1)

    places = [place["locationEmailAddress"] for place in found["meetingTimeSuggestions"][0]["locations"]]
    assert PORTO in places
    assert OSLO not in places


@pytest.mark.parametrize(
    "wish",
    [
        {"meetingDuration": "half an hour"},
        {"meetingDuration": "PT0M"},
        {"timeConstraint": {"timeSlots": [{"start": DAY["end"], "end": DAY["start"]}]}},
    ],
)
async def test_a_wish_that_makes_no_sense_is_refused(find: Find, wish: dict[str, Any]) -> None:
    assert (await find(400, **wish))["error"]["code"]
