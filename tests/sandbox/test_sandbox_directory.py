"""Places, people, mailbox settings, and the shape of every answer."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.sandbox.tenant import MIA, OSLO, PORTO, TOM, Tenant

SUBSET = Path(__file__).resolve().parents[3] / "shared" / "data" / "graph-openapi-subset.json"


async def test_rooms_come_in_pages_and_are_counted(tenant: Tenant) -> None:
    page = await tenant.graph("GET", "/places/microsoft.graph.room?$top=5&$count=true&$select=displayName,capacity")
    names = [room["displayName"] for room in page.body["value"]]
    assert page.body["@odata.count"] == 13
    assert set(page.body["value"][0]) == {"id", "displayName", "capacity"}
    while link := page.body.get("@odata.nextLink"):
        assert link.startswith(tenant.root)
        page = await tenant.graph("GET", link)
        names += [room["displayName"] for room in page.body["value"]]

    assert len(names) == len(set(names)) == 13
    assert {"Oslo", "Bergen", "Helsinki", "Lisbon", "Porto", "Reykjavik"} < set(names)


async def test_a_room_list_is_addressed_by_its_address(tenant: Tenant) -> None:
    lists = (await tenant.graph("GET", "/places/microsoft.graph.roomList")).body["value"]

    rooms = await tenant.graph("GET", f"/places/{lists[0]['emailAddress']}/microsoft.graph.roomlist/rooms")
    by_id = await tenant.graph("GET", f"/places/{lists[0]['id']}/microsoft.graph.roomlist/rooms")

    assert [one["displayName"] for one in lists] == ["Harbour House rooms", "Thames Yard rooms", "Union Square rooms"]
    assert {room["building"] for room in rooms.body["value"]} == {"Harbour House"}
    assert (len(rooms.body["value"]), by_id.status) == (7, 404)


@pytest.mark.parametrize("name", [MIA, MIA.upper(), "11111111-1111-4111-8111-111111111111"])
async def test_a_person_is_found_by_id_and_address(tenant: Tenant, name: str) -> None:
    person = await tenant.graph("GET", f"/users/{name}")
    manager = await tenant.graph("GET", f"/users/{name}/manager?$select=id,mail")

    assert person.body["displayName"] == "Mia Lindqvist"
    assert "accountEnabled" not in person.body
    assert manager.body["id"] == "22222222-2222-4222-8222-222222222222"


async def test_who_has_no_manager_and_who_does_not_exist_are_404(tenant: Tenant) -> None:
    top = await tenant.graph("GET", "/users/eleanor@contoso.com/manager")
    nobody = await tenant.graph("GET", "/users/nobody@contoso.com")
    mailbox = await tenant.graph("GET", "/users/nobody@contoso.com/events")

    assert [(one.status, one.code) for one in (top, nobody)] == [(404, "Request_ResourceNotFound")] * 2
    assert (mailbox.status, mailbox.code) == (404, "ErrorInvalidUser")


async def test_users_are_filtered_and_unknown_properties_refused(tenant: Tenant) -> None:
    found = await tenant.graph("GET", f"/users?$filter=mail eq '{TOM}'&$select=id,department")
    starting = await tenant.graph("GET", "/users?$filter=startswith(displayName,'Maria')")
    wrong = await tenant.graph("GET", "/users?$select=nonsense")
    either = await tenant.graph("GET", f"/users?$filter=mail eq '{TOM}' or mail eq '{MIA}'&$select=mail")

    assert found.body["value"] == [{"id": "44444444-4444-4444-8444-444444444444", "department": "Sales"}]
    assert len(starting.body["value"]) == 1
    assert wrong.status == 400
    assert {one["mail"] for one in either.body["value"]} == {TOM, MIA}


async def test_mailbox_settings_tell_a_room_from_a_person(tenant: Tenant) -> None:
    room = (await tenant.graph("GET", f"/users/{OSLO}/mailboxSettings")).body
    purpose = await tenant.graph("GET", f"/users/{MIA}/mailboxSettings/userPurpose")
    zone = await tenant.graph("GET", "/users/boston@contoso.com/mailboxSettings/timeZone")
    hours = await tenant.graph("GET", f"/users/{MIA}/mailboxSettings/workingHours")

    assert (room["userPurpose"], room["timeZone"]) == ("room", "W. Europe Standard Time")
    assert (purpose.body["value"], zone.body["value"]) == ("user", "Eastern Standard Time")
    assert hours.body["timeZone"] == {"name": "W. Europe Standard Time"}


async def test_what_is_not_honoured_says_so_by_name(tenant: Tenant) -> None:
    answer = await tenant.graph("GET", f"/users/{MIA}/photo", client_request_id="mine")

    assert (answer.status, answer.code) == (501, "NotImplemented")
    assert "/photo" in answer.body["error"]["message"]
    assert answer.headers["client-request-id"] == "mine"
    assert answer.body["error"]["innerError"]["request-id"] == answer.headers["request-id"]


async def answers(tenant: Tenant) -> dict[str, tuple[str, Any]]:
    """Answers of many kinds, each with the name of its schema."""
    meeting = await tenant.book(body="<p>Agenda</p>", attendees=[MIA])
    await tenant.book(room=PORTO, recurrence=WEEKLY)
    await tenant.advance(60)
    window = "startDateTime=2026-11-23T00:00:00Z&endDateTime=2026-12-23T00:00:00Z"
    schedule = {
        "schedules": [OSLO, "nobody@contoso.com"],
        "startTime": {"dateTime": "2026-11-24T00:00:00", "timeZone": "UTC"},
        "endTime": {"dateTime": "2026-11-25T00:00:00", "timeZone": "UTC"},
    }
    asked = {
        "roomCollectionResponse": "/places/microsoft.graph.room",
        "roomListCollectionResponse": "/places/microsoft.graph.roomlist",
        "userCollectionResponse": "/users",
        "user": f"/users/{MIA}",
        "mailboxSettings": f"/users/{MIA}/mailboxSettings",
        "organizationCollectionResponse": "/organization",
        "event": f"/users/{TOM}/events/{meeting['id']}",
        "eventCollectionResponse": f"/users/{PORTO}/calendarView?{window}",
        "eventDeltaResponse": f"/users/{PORTO}/calendarView/delta?{window}",
        "ODataErrors.ODataError": "/users/nobody",
    }
    found = {path: (name, (await tenant.graph("GET", path)).body) for name, path in asked.items()}
    looked = await tenant.graph("POST", f"/users/{MIA}/calendar/getSchedule", schedule)
    return found | {f"schedule {n}": ("scheduleInformation", one) for n, one in enumerate(looked.body["value"])}


WEEKLY = {
    "pattern": {"type": "weekly", "interval": 1, "daysOfWeek": ["tuesday"]},
    "range": {"type": "numbered", "startDate": "2026-11-24", "numberOfOccurrences": 3},
}


@pytest.mark.skipif(not SUBSET.exists(), reason="Microsoft's OpenAPI description is not beside the repository")
async def test_answers_have_the_shape_that_microsoft_describes(tenant: Tenant) -> None:
    document = json.loads(SUBSET.read_text())
    for name, body in (await answers(tenant)).values():
        reference = f"#/components/schemas/microsoft.graph.{name}"
        schema = _strict(document | {"$ref": reference})

        jsonschema.Draft202012Validator(schema).validate(body)
        _check_names(document, reference, body)


def _strict(node: Any) -> Any:
    """OpenAPI 3.0's `nullable` as JSON Schema says it."""
    if isinstance(node, list):
        return [_strict(one) for one in node]
    if not isinstance(node, dict):
        return node
    plain = {key: _strict(value) for key, value in node.items() if key not in {"nullable", "discriminator", "format"}}
    if node.get("nullable") is True and isinstance(node.get("type"), str):
        plain["type"] = [node["type"], "null"]
    return plain


def _check_names(document: dict[str, Any], reference: str, body: dict[str, Any]) -> None:
    """Every property of an answer exists in Microsoft's description, spelled so."""
    known = _names(document, document["components"]["schemas"][reference.rpartition("/")[2]])
    assert {name for name in body if not name.startswith("@odata")} <= known, reference


def _names(document: dict[str, Any], schema: dict[str, Any]) -> set[str]:
    if "$ref" in schema:
        return _names(document, document["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
    return set(schema.get("properties", {})).union(*(_names(document, part) for part in schema.get("allOf", [])))
