"""Which operations of Graph's description the sandbox tenant honours: each one works, or the documentation names it."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.tenant import MIA, OSLO, TENANT, TOM, Answer, Subscriber, Tenant
from tests.strangers.openapi import IS_HERE, WHY_NOT, Operation, description

pytestmark = pytest.mark.skipif(not IS_HERE, reason=WHY_NOT)

DOCUMENTATION = Path(__file__).resolve().parents[2] / "docs" / "sandbox.md"
GRANT = "urn:ietf:params:oauth:grant-type"
OPERATIONS = description().operations if IS_HERE else ()
ROOMS_OWN = frozenset({"users.events.accept", "users.events.decline", "users.events.tentativelyAccept"})
# Applications may not: https://learn.microsoft.com/graph/api/user-findmeetingtimes, place-post-checkins
OF_PEOPLE = frozenset(
    {"users.findMeetingTimes", "places.checkIns.list", "places.checkIns.create", "places.checkIns.get"}
)  # fmt: skip
WINDOW = "startDateTime=2026-11-23T00:00:00Z&endDateTime=2026-12-23T00:00:00Z"
WEEKLY = {
    "pattern": {"type": "weekly", "interval": 1, "daysOfWeek": ["tuesday"]},
    "range": {"type": "numbered", "startDate": "2026-11-24", "numberOfOccurrences": 3},
}
ZONE = {"timeZone": "UTC"}
START, END = {"dateTime": "2026-11-24T10:00:00"} | ZONE, {"dateTime": "2026-11-24T10:30:00"} | ZONE
MEETING = {"subject": "Review", "start": START, "end": END}
EXTENSION = {"@odata.type": "microsoft.graph.openTypeExtension", "extensionName": "com.contoso.desk", "side": "left"}
UNTIL = "2026-11-24T08:00:00Z"
TO_MIA = [{"emailAddress": {"address": MIA}}]
BODIES: Mapping[str, Any] = {
    "places.create": {"@odata.type": "microsoft.graph.building", "displayName": "Annex"},
    "places.update": {"@odata.type": "microsoft.graph.room", "nickname": "The quiet one"},
    "users.mailboxSettings.update": {"timeZone": "UTC"},
    "users.sendMail": {
        "message": {"subject": "Hello", "body": {"contentType": "text", "content": "There"}, "toRecipients": TO_MIA},
        "saveToSentItems": False,
    },
    "users.findMeetingTimes": {
        "timeConstraint": {"activityDomain": "unrestricted", "timeSlots": [{"start": START, "end": END}]},
        "meetingDuration": "PT30M",
    },
    "users.calendar.getSchedule": {"schedules": [OSLO], "startTime": START, "endTime": END},
    "users.events.update": {"subject": "Another"},
    "users.events.accept": {"comment": "yes", "sendResponse": True},
    "users.events.decline": {"comment": "no"},
    "users.events.tentativelyAccept": {"comment": "perhaps"},
    "users.events.cancel": {"comment": "sorry"},
    "users.events.forward": {"comment": "look", "toRecipients": TO_MIA},
    "users.events.extensions.create": EXTENSION,
    "users.events.extensions.patch": EXTENSION | {"side": "right"},
    "batch": {"requests": [{"id": "1", "method": "GET", "url": f"/users/{MIA}"}]},
}


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: f"{one.method} {one.template}")
async def test_an_operation_works_or_the_documentation_names_it(
    operation: Operation, tenant: Tenant, subscriber: Subscriber
) -> None:
    """What it answers is held against the description by those who watch."""
    answer = await _call(operation, tenant, subscriber)

    if answer.status == 501:
        name = f"`{operation.method} {operation.template}`"
        assert name in DOCUMENTATION.read_text(encoding="utf-8"), f"docs/sandbox.md should say: {name} is not honoured"
    else:
        assert 200 <= answer.status < 300, answer.body


async def _call(operation: Operation, tenant: Tenant, subscriber: Subscriber) -> Answer:
    await _permit(tenant, "MailboxSettings.ReadWrite")
    caller = await _person(tenant) if operation.id in OF_PEOPLE else tenant
    ids = await _ids(operation, tenant, subscriber)
    if "checkInClaim-calendarEventId" in operation.template:
        claim = await _claim(tenant)
        await caller.graph("POST", f"/places/{OSLO}/checkIns", claim)
        ids["checkInClaim-calendarEventId"] = claim["calendarEventId"]
    path = re.sub(r"\{([^}]+)\}", lambda found: ids[found[1]], operation.template)
    needed = [one.name for one in operation.parameters if one.place == "query" and one.is_needed]
    is_windowed = needed or operation.id.endswith("calendarView.delta")
    body = await _body(operation, tenant, subscriber)
    return await caller.graph(operation.method, f"{path}?{WINDOW}" if is_windowed else path, body)


async def _permit(tenant: Tenant, *roles: str) -> None:
    app = (await tenant.call("GET", "/sandbox/app")).body
    assert (await tenant.call("PATCH", "/sandbox/app", {"roles": [*app["roles"], *roles]})).status == 200


async def _person(tenant: Tenant) -> Tenant:
    """Speaks as Tom, who signed in with a code."""
    login = f"{tenant.root}/{TENANT}/oauth2/v2.0"
    scope = "https://graph.microsoft.com/Calendars.ReadWrite https://graph.microsoft.com/Calendars.Read"
    async with tenant.session.post(f"{login}/devicecode", data={"client_id": "foyer", "scope": scope}) as response:
        code = await response.json()
    allowed = {"user_code": code["user_code"], "answer": "allow", "as": TOM}
    assert (await tenant.call("POST", "/sandbox/device/answer", allowed)).status == 204
    grant = {"client_id": "foyer", "device_code": code["device_code"], "grant_type": f"{GRANT}:device_code"}
    async with tenant.session.post(f"{login}/token", data=grant) as response:
        told = await response.json()
    person = Tenant(tenant.root, tenant.session)
    person._token = told["access_token"]
    return person


async def _ids(operation: Operation, tenant: Tenant, subscriber: Subscriber) -> dict[str, str]:
    """A value for each placeholder of the template: of something that is there."""
    is_list = "roomList" in operation.template
    found = {
        "place-id": "harbour-house@contoso.com" if is_list else OSLO,
        "user-id": OSLO if operation.id in ROOMS_OWN else TOM,
        "TimeZoneStandard": "Iana",
        "appId": "foyer",
        "extension-id": "com.contoso.desk",
    }
    if operation.id == "places.delete":
        made = await tenant.graph("POST", "/places", BODIES["places.create"])
        found["place-id"] = made.body.get("id", OSLO)
    if "{event-id}" in operation.template:
        found["event-id"] = await _event(operation, tenant)
    if "{extension-id}" in operation.template:
        await tenant.graph("POST", f"/users/{TOM}/events/{found['event-id']}/extensions", EXTENSION)
    if "{calendar-id}" in operation.template:
        found["calendar-id"] = await _first(tenant, f"/users/{TOM}/calendars")
    if "{group-id}" in operation.template:
        found["group-id"] = await _first(tenant, "/groups")
    if "{application-id}" in operation.template:
        found["application-id"] = await _first(tenant, "/applications")
    if "{subscription-id}" in operation.template:
        made = await tenant.graph("POST", "/subscriptions", _subscription(subscriber))
        found["subscription-id"] = made.body["id"]
    return found


async def _event(operation: Operation, tenant: Tenant) -> str:
    """A meeting of Tom's in Oslo: his copy, or the room's."""
    series = {"recurrence": WEEKLY} if operation.template.endswith("/instances") else {}
    room = {"attendees": [{"emailAddress": {"address": OSLO}, "type": "resource"}]}
    made = await tenant.graph("POST", f"/users/{TOM}/events", MEETING | room | series)
    assert made.status == 201, made.body
    if operation.id not in ROOMS_OWN:
        return str(made.body["id"])
    await tenant.advance(60)
    return await _first(tenant, f"/users/{OSLO}/events")


async def _claim(tenant: Tenant) -> dict[str, str]:
    """Of a meeting that stands in Oslo: https://learn.microsoft.com/graph/api/place-post-checkins"""
    meeting = await tenant.book()
    await tenant.advance(60)
    return {"calendarEventId": meeting["iCalUId"], "checkInMethod": "manual"}


async def _first(tenant: Tenant, path: str) -> str:
    listed = await tenant.graph("GET", path)
    assert listed.status == 200, listed.body
    return str(listed.body["value"][0]["id"])


async def _body(operation: Operation, tenant: Tenant, subscriber: Subscriber) -> Any:
    if operation.id in BODIES or operation.body is None:
        return BODIES.get(operation.id)
    if operation.id == "subscriptions.create":
        return _subscription(subscriber)
    if operation.id == "places.checkIns.create":
        return await _claim(tenant)
    if operation.id == "subscriptions.patch":
        return {"expirationDateTime": UNTIL}
    if operation.id == "users.translateExchangeIds":
        made = await tenant.graph("POST", f"/users/{TOM}/events", MEETING)
        ids = {"inputIds": [made.body["id"]]}
        return ids | {"sourceIdType": "restId", "targetIdType": "restImmutableEntryId"}
    if operation.id in {"users.checkMemberGroups", "users.getMemberGroups", "directoryObjects.getByIds"}:
        return await _of_the_directory(operation, tenant)
    assert operation.id.endswith("events.create"), f"no example of a body for {operation.id}"
    return MEETING


async def _of_the_directory(operation: Operation, tenant: Tenant) -> dict[str, Any]:
    if operation.id == "users.getMemberGroups":
        return {"securityEnabledOnly": False}
    if operation.id == "users.checkMemberGroups":
        return {"groupIds": [await _first(tenant, "/groups")]}
    return {"ids": [await _first(tenant, "/users")], "types": ["user"]}


def _subscription(subscriber: Subscriber) -> dict[str, str]:
    return {
        "changeType": "updated",
        "notificationUrl": subscriber.url,
        "resource": f"users/{TOM}/events",
        "expirationDateTime": UNTIL,
    }
