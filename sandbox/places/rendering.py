"""Writes rooms and room lists as Graph does.

https://learn.microsoft.com/graph/api/resources/room and roomlist
"""

from uuid import NAMESPACE_URL, uuid5

from sandbox.directory.models import Building, Room
from sandbox.odata import Entity


def room(one: Room) -> Entity:
    return {
        "id": one.id,
        "placeId": _place_id(one.address),
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
        "parentId": None,
        "teamsEnabledState": "unknown",
    }


def room_list(one: Building) -> Entity:
    return {
        "id": one.id,
        "placeId": _place_id(one.address),
        "displayName": f"{one.name} rooms",
        "address": _address(one),
        "geoCoordinates": None,
        "phone": "",
        "emailAddress": one.address,
    }


def _address(one: Building) -> Entity:
    return {
        "street": one.street,
        "city": one.city,
        "state": None,
        "postalCode": one.postal_code,
        "countryOrRegion": one.country,
    }


def _place_id(address: str) -> str:
    return str(uuid5(NAMESPACE_URL, f"place:{address}"))
