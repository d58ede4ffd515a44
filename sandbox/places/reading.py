"""Reads the bodies that create and change places.

https://learn.microsoft.com/graph/api/place-post and place-update
"""

from typing import Any, Literal

import msgspec

from sandbox.errors import GraphError, bad_body, bad_request, not_honoured
from sandbox.places.models import PARENTS, PlaceKind, Values, standing_in
from sandbox.places.rendering import FIXED, names_of

_CREATED = (PlaceKind.BUILDING, PlaceKind.FLOOR, PlaceKind.SECTION, PlaceKind.DESK)
_WITH_MAILBOX = (PlaceKind.ROOM, PlaceKind.WORKSPACE)
_TYPES: dict[str, Any] = {
    "displayName": str,
    "nickname": str,
    "address": dict[str, str | None] | None,
    "geoCoordinates": dict[str, float | None] | None,
    "phone": str | None,
    "isWheelChairAccessible": bool | None,
    "label": str | None,
    "tags": list[str],
    "parentId": str | None,
    "capacity": int | None,
    "building": str | None,
    "floorNumber": int | None,
    "floorLabel": str | None,
    "bookingType": Literal["unknown", "standard", "reserved"],
    "audioDeviceName": str | None,
    "videoDeviceName": str | None,
    "displayDeviceName": str | None,
    "teamsEnabledState": Literal["unknown", "enabled", "disabled"],
    "wifiState": Literal["unknown", "enabled", "disabled"],
    "heightAdjustableState": Literal["unknown", "enabled", "disabled"],
    "resourceLinks": list[dict[str, Any]],
    "sortOrder": int,
    "mode": dict[str, Any] | None,
    "mailboxDetails": dict[str, Any] | None,
}


def kind_of(body: Values) -> PlaceKind:
    """Which kind of place its annotation says. Raises GraphError."""
    said = str(body.get("@odata.type", "")).lstrip("#").casefold().rpartition("graph.")[2]
    kind = next((one for one in PlaceKind if one.casefold() == said), None)
    if kind is None:
        raise bad_request("'@odata.type' must name the kind of place, such as #microsoft.graph.room.")
    return kind


def created_kind(body: Values) -> PlaceKind:
    """Raises GraphError: 501 for what needs a mailbox, 400 for what is created in Exchange alone."""
    kind = kind_of(body)
    if kind in _WITH_MAILBOX:
        raise not_honoured(f"POST /places of a {kind}, which needs a mailbox")
    if kind not in _CREATED:
        raise bad_request(f"A {kind} is created in Exchange.")
    return kind


def values_of(body: Values, kind: PlaceKind) -> Values:
    """The properties, each of its type. Raises GraphError for what places of this kind do not have."""
    known = {name.casefold(): name for name in names_of(kind)}
    values: Values = {}
    for given, value in body.items():
        if "@odata." in given:
            continue
        name = known.get(given.casefold())
        if name is None:
            raise bad_body(f"The property '{given}' does not exist on type 'microsoft.graph.{kind}'.")
        if name in FIXED or name not in _TYPES:
            raise bad_request(f"The property '{name}' cannot be set.")
        values[name] = _converted(name, value)
    return values


def check_parent(kind: PlaceKind, parent: PlaceKind | None) -> None:
    """Raises GraphError where such a place cannot stand there; `parent` is None for nowhere."""
    allowed = PARENTS[kind]
    if (parent is None and allowed) or (parent is not None and parent not in allowed):
        raise bad_request(f"'parentId' of a {kind} must be the placeId of a {standing_in(allowed)}.")


def check_in_body(body: Values) -> tuple[str, str]:
    """The event's iCalUId and how somebody checked in. Raises GraphError."""
    event_id = body.get("calendarEventId")
    method = body.get("checkInMethod", "unspecified")
    if not isinstance(event_id, str) or not event_id:
        raise bad_request("'calendarEventId' is missing.")
    if method not in {"manual", "inferred", "verified", "unspecified"}:
        raise GraphError(400, "BadRequest", "'checkInMethod' is one of unspecified, manual, inferred, verified.")
    return event_id, str(method)


def _converted(name: str, value: Any) -> Any:
    try:
        return msgspec.convert(value, _TYPES[name])
    except msgspec.ValidationError as problem:
        raise bad_body(f"Cannot convert the value of '{name}': {problem}") from problem
