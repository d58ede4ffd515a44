"""Every request we build, and every sample we decode, against Graph's own OpenAPI description.

The description is Microsoft's and no part of this project: it lies beside the checkout, if at all.
"""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from bot.domain.slots import Slot
from bot.graph import calls, clouds, subscriptions
from bot.graph.sansio import API, Request, url_of
from bot.ports.calendar import Answer, NewMeeting
from tests.unit.graph.graph_samples import ALEX, ROOM, ROOM_PLACE, WEEKLY, event, removed, thin

_FILE = Path(__file__).resolve().parents[4] / "shared" / "data" / "graph-openapi-subset.json"

pytestmark = pytest.mark.skipif(not _FILE.exists(), reason="Graph's OpenAPI description is not beside the checkout")

SLOT = Slot(datetime(2026, 11, 24, 10, tzinfo=UTC), datetime(2026, 11, 24, 11, tzinfo=UTC))
MEETING = NewMeeting(
    transaction_id="0123456789abcdef",
    organizer=ALEX,
    room=ROOM,
    room_name="Boardroom",
    slot=SLOT,
    subject="Quarterly review",
    zone="Europe/Amsterdam",
    attendees=("meganb@contoso.com",),
)
REQUESTS: list[Request[Any]] = [
    calls.create(MEETING),
    calls.organizer_days(ALEX, SLOT, ""),
    calls.by_booking(ALEX, "0123456789abcdef"),
    calls.read_meeting(ALEX, "AAMk1="),
    calls.read_room_event(ROOM, "AAMk1="),
    calls.move(ALEX, "AAMk1=", SLOT, ""),
    calls.cancel(ALEX, "AAMk1=", "sorry"),
    calls.answer(ROOM, "AAMk1=", Answer.ACCEPT, "yes"),
    calls.answer(ROOM, "AAMk1=", Answer.DECLINE, "no"),
    calls.changes(ROOM, SLOT, "", 50),
    calls.occurrences(ROOM, "AAMkM=", SLOT, ""),
    calls.rooms(""),
    calls.user(ALEX),
    calls.manager(ALEX),
    calls.mailbox_settings(ROOM),
    subscriptions.subscribe(ROOM, "https://foyer.example/api/graph/notifications", "state", SLOT.end_at),
    subscriptions.renew("7f105c7d", SLOT.end_at),
    subscriptions.every(""),
    subscriptions.unsubscribe("7f105c7d"),
]


@cache
def api() -> dict[str, Any]:
    told: dict[str, Any] = _as_json_schema(json.loads(Path(_FILE).read_text(encoding="utf-8")))
    return told


@pytest.mark.parametrize("request_built", REQUESTS, ids=lambda one: one.name)
def test_a_request_is_one_that_graph_describes(request_built: Request[Any]) -> None:
    template, operation = _operation(request_built)

    known = {name for part in (api()["paths"][template], operation) for name in _query_names(part)}
    asked = {name.split("=")[0] for name in url_of(clouds.GLOBAL, request_built).partition("?")[2].split("&") if name}
    assert asked <= known
    if request_built.body:
        schema = operation["requestBody"]["content"]["application/json"]["schema"]
        _check(json.loads(request_built.body), schema)
    else:
        assert "requestBody" not in operation


@pytest.mark.parametrize(
    "selecting", [one for one in REQUESTS if dict(one.query).get("$select")], ids=lambda one: one.name
)
def test_what_is_selected_exists(selecting: Request[Any]) -> None:
    kind = {"user": "user", "mailbox": "mailboxSettings"}.get(selecting.name.split(".")[0], "event")

    selected = set(dict(selecting.query)["$select"].split(","))

    assert selected <= _properties({"$ref": f"#/components/schemas/microsoft.graph.{kind}"})


@pytest.mark.parametrize(
    ("sample", "kind"),
    [
        (event(), "event"),
        (event(recurrence=WEEKLY, type="seriesMaster"), "event"),
        (thin("o1", "2026-11-24"), "event"),
        ({key: value for key, value in removed("r").items() if key != "@removed"}, "event"),
        (ROOM_PLACE, "room"),
    ],
)
def test_a_sample_is_what_graph_describes(sample: dict[str, Any], kind: str) -> None:
    _check(sample, {"$ref": f"#/components/schemas/microsoft.graph.{kind}"})


def _operation(request: Request[Any]) -> tuple[str, dict[str, Any]]:
    path = url_of(clouds.GLOBAL, request).partition("?")[0].removeprefix(clouds.GLOBAL.graph + API)
    for template, operations in api()["paths"].items():
        pattern = re.sub(r"\\\{[^}]*\\\}", "[^/]+", re.escape(template))
        if request.method.lower() in operations and re.fullmatch(pattern, path):
            return template, operations[request.method.lower()]
    raise AssertionError(f"no such operation: {request.method} {path}")


def _query_names(part: dict[str, Any]) -> Iterator[str]:
    for parameter in part.get("parameters", ()):
        told = _resolved(parameter)
        if told["in"] == "query":
            yield told["name"]


def _check(value: dict[str, Any], schema: dict[str, Any]) -> None:
    """Types and enums by the schema; names by its properties, which the schema leaves open."""
    validator = Draft202012Validator({**schema, "components": api()["components"]})
    assert [one.message for one in validator.iter_errors(value)] == []
    unknown = {name for name in value if "@" not in name} - _properties(schema)
    assert unknown == set()


def _properties(schema: dict[str, Any]) -> set[str]:
    told = _resolved(schema)
    found = set(told.get("properties", ()))
    for part in told.get("allOf", ()):
        found |= _properties(part)
    return found


def _resolved(part: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in part:
        found: Any = api()
        for step in part["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        part = found
    return part


def _as_json_schema(part: Any) -> Any:
    """OpenAPI 3.0's `nullable` in JSON Schema's words."""
    if isinstance(part, list):
        return [_as_json_schema(one) for one in part]
    if not isinstance(part, dict):
        return part
    told = {name: _as_json_schema(value) for name, value in part.items()}
    if told.get("nullable") is True and isinstance(told.get("type"), str):
        told["type"] = [told["type"], "null"]
        if isinstance(told.get("enum"), list):
            told["enum"] = [*told["enum"], None]
    return told
