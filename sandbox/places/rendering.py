"""Writes rooms, room lists and the other places as Graph does.

https://learn.microsoft.com/graph/api/resources/room, roomlist, building, floor, section, desk and workspace
"""

from typing import Any

from sandbox.directory.models import Building, Room
from sandbox.odata import Entity
from sandbox.places.models import Place, PlaceKind, Places, place_id

_COMMON: dict[str, Any] = {
    "id": None, "placeId": None, "displayName": "", "address": None, "geoCoordinates": None, "phone": None,
    "isWheelChairAccessible": None, "label": None, "tags": [], "parentId": None,
}  # fmt: skip
_OWN: dict[PlaceKind, dict[str, Any]] = {
    PlaceKind.BUILDING: {"resourceLinks": [], "wifiState": "unknown"},
    PlaceKind.FLOOR: {"sortOrder": 0},
    PlaceKind.SECTION: {},
    PlaceKind.DESK: {
        "displayDeviceName": None, "heightAdjustableState": "unknown", "mailboxDetails": None, "mode": None,
        "servicePlans": [],
    },
    PlaceKind.WORKSPACE: {
        "nickname": "", "capacity": None, "displayDeviceName": None, "emailAddress": None, "mode": None,
    },
    PlaceKind.ROOM: {
        "nickname": "", "capacity": None, "building": None, "floorNumber": None, "floorLabel": None,
        "bookingType": "standard", "audioDeviceName": None, "videoDeviceName": None, "displayDeviceName": None,
        "emailAddress": None, "teamsEnabledState": "unknown",
    },
    PlaceKind.ROOM_LIST: {"emailAddress": None},
}  # fmt: skip
# What PATCH may not touch.
FIXED = frozenset({"id", "placeId", "emailAddress"})


def names_of(kind: PlaceKind) -> tuple[str, ...]:
    """Every property of places of this kind."""
    return tuple(_COMMON | _OWN[kind])


def type_name(kind: PlaceKind) -> str:
    return f"microsoft.graph.{kind}"


def room(one: Room, places: Places) -> Entity:
    own_id = place_id(one.address)
    shape: Entity = {
        "id": one.id,
        "placeId": own_id,
        "displayName": one.name,
        "address": _address(one.building),
        "geoCoordinates": None,
        "phone": one.phone,
        "nickname": one.name,
        "label": None,
        "capacity": one.capacity,
        "building": one.building.name,
        "floorNumber": one.floor,
        "floorLabel": str(one.floor),
        "isWheelChairAccessible": one.is_wheelchair_accessible,
        "bookingType": one.booking_type,
        "tags": list(one.tags),
        "audioDeviceName": one.audio or None,
        "videoDeviceName": one.video or None,
        "displayDeviceName": one.display or None,
        "emailAddress": one.address,
        "parentId": places.parent_of(own_id) or None,
        "teamsEnabledState": "unknown",
    }
    return shape | places.changed.get(own_id, {})


def room_list(one: Building, places: Places) -> Entity:
    own_id = place_id(one.address)
    shape: Entity = {
        "id": one.id,
        "placeId": own_id,
        "displayName": f"{one.name} rooms",
        "address": _address(one),
        "geoCoordinates": None,
        "phone": "",
        "isWheelChairAccessible": None,
        "label": None,
        "tags": [],
        "parentId": None,
        "emailAddress": one.address,
    }
    return shape | places.changed.get(own_id, {})


def place(one: Place, places: Places) -> Entity:
    """A building, floor, section, desk or workspace."""
    known = {key: value for key, value in one.values.items() if key in names_of(one.kind)}
    shape: Entity = _COMMON | _OWN[one.kind] | known
    own = {"id": one.id, "placeId": one.id, "parentId": one.parent_id or None}
    return shape | own | places.changed.get(one.id, {})


def _address(one: Building) -> Entity:
    return {
        "street": one.street,
        "city": one.city,
        "state": None,
        "postalCode": one.postal_code,
        "countryOrRegion": one.country,
    }
