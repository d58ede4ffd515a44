"""Places beside the rooms and room lists: buildings, floors, sections, desks, workspaces; what was changed; check-ins.

https://learn.microsoft.com/graph/api/resources/places-api-overview
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import msgspec

Values = dict[str, Any]


class PlaceKind(StrEnum):
    """As the type cast spells it."""

    BUILDING = "building"
    FLOOR = "floor"
    SECTION = "section"
    ROOM = "room"
    WORKSPACE = "workspace"
    DESK = "desk"
    ROOM_LIST = "roomList"


# Under which kinds a place may stand.
PARENTS: dict[PlaceKind, tuple[PlaceKind, ...]] = {
    PlaceKind.BUILDING: (),
    PlaceKind.FLOOR: (PlaceKind.BUILDING,),
    PlaceKind.SECTION: (PlaceKind.FLOOR,),
    PlaceKind.DESK: (PlaceKind.SECTION,),
    PlaceKind.WORKSPACE: (PlaceKind.SECTION,),
    PlaceKind.ROOM: (PlaceKind.FLOOR, PlaceKind.SECTION),
}


class Place(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A place that has no mailbox of this tenant's. `id` is its placeId, too; `values` are Graph's properties."""

    id: str
    kind: PlaceKind
    parent_id: str = ""
    values: Values = msgspec.field(default_factory=dict)


class CheckIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody is in the room for this meeting. `event_id` is its iCalUId."""

    event_id: str
    method: str
    at: datetime


class SavedPlaces(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What differs from the seed."""

    created: list[Place] = msgspec.field(default_factory=list)
    deleted: list[str] = msgspec.field(default_factory=list)
    changed: dict[str, Values] = msgspec.field(default_factory=dict)
    check_ins: dict[str, list[CheckIn]] = msgspec.field(default_factory=dict)


@dataclass(kw_only=True)
class Places:
    """`changed` holds by placeId what PATCH has set, over whatever the place is otherwise."""

    places: dict[str, Place] = field(default_factory=dict)
    changed: dict[str, Values] = field(default_factory=dict)
    check_ins: dict[str, dict[str, CheckIn]] = field(default_factory=dict)
    _rooms: dict[str, str] = field(default_factory=dict)
    _room_floors: dict[str, str] = field(default_factory=dict)
    _by_parent: dict[str, list[str]] = field(default_factory=dict)
    _created: set[str] = field(default_factory=set)
    _deleted: set[str] = field(default_factory=set)

    def add_building(self, address: str, name: str, location: Values) -> None:
        """The building of a room list, with a section of desks and a workspace on its ground floor."""
        building = Place(
            id=building_id(address), kind=PlaceKind.BUILDING, values={"displayName": name, "address": location}
        )
        self.add(building)
        self._seed_desks(address, name)

    def add_room(self, address: str, building_address: str, floor: int) -> None:
        """The room's floor comes with it."""
        own, parent = place_id(address), floor_id(building_address, floor)
        self._rooms[own] = address
        self._room_floors[address] = parent
        self._by_parent.setdefault(parent, []).append(own)
        self._add_floor(building_address, floor)

    def add(self, place: Place) -> None:
        self.places[place.id] = place
        self._by_parent.setdefault(place.parent_id, []).append(place.id)

    def create(self, place: Place) -> None:
        """Beside the seed."""
        self._created.add(place.id)
        self.add(place)

    def delete(self, place: Place) -> None:
        self.places.pop(place.id)
        self._by_parent[place.parent_id].remove(place.id)
        self.changed.pop(place.id, None)
        if place.id in self._created:
            self._created.discard(place.id)
        else:
            self._deleted.add(place.id)

    def change(self, own_id: str, values: Values) -> None:
        """A new parent moves the place under it."""
        before = self.parent_of(own_id)
        self.changed[own_id] = self.changed.get(own_id, {}) | values
        after = self.parent_of(own_id)
        if before != after:
            if own_id in self._by_parent.get(before, []):
                self._by_parent[before].remove(own_id)
            self._by_parent.setdefault(after, []).append(own_id)

    def of_kind(self, kind: PlaceKind) -> list[Place]:
        return [one for one in self.places.values() if one.kind is kind]

    def room_of(self, own_id: str) -> str:
        """The address of the room with this placeId; '' where it is none."""
        return self._rooms.get(own_id, "")

    def parent_of(self, own_id: str) -> str:
        """The placeId of what it stands in; '' for a building."""
        changed = self.changed.get(own_id, {}).get("parentId")
        if changed is not None:
            return str(changed)
        if own_id in self._rooms:
            return self._room_floors[self._rooms[own_id]]
        place = self.places.get(own_id)
        return place.parent_id if place else ""

    def below(self, own_id: str) -> Iterator[str]:
        """PlaceIds of everything that stands in it, floor by floor."""
        for one in self._by_parent.get(own_id, []):
            yield one
            yield from self.below(one)

    def check_in(self, own_id: str, claim: CheckIn) -> None:
        self.check_ins.setdefault(own_id, {})[claim.event_id] = claim

    def checked_in(self, room_address: str, event_id: str) -> bool:
        """Whether somebody has said that the meeting takes place; `event_id` is its iCalUId."""
        return event_id in self.check_ins.get(place_id(room_address), {})

    def saved(self) -> SavedPlaces:
        return SavedPlaces(
            created=[self.places[one] for one in sorted(self._created)],
            deleted=sorted(self._deleted),
            changed=dict(self.changed),
            check_ins={own: list(claims.values()) for own, claims in self.check_ins.items()},
        )

    def restore(self, saved: SavedPlaces) -> None:
        """To be called on freshly seeded places."""
        for one in saved.deleted:
            if one in self.places:
                self.delete(self.places[one])
        for place in saved.created:
            self.create(place)
        for own_id, values in saved.changed.items():
            self.change(own_id, values)
        for own_id, claims in saved.check_ins.items():
            for claim in claims:
                self.check_in(own_id, claim)

    def _add_floor(self, building_address: str, floor: int) -> None:
        own = floor_id(building_address, floor)
        if own not in self.places:
            values = {"displayName": f"Floor {floor}", "sortOrder": floor}
            self.add(Place(id=own, kind=PlaceKind.FLOOR, parent_id=building_id(building_address), values=values))

    def _seed_desks(self, address: str, name: str) -> None:
        self._add_floor(address, 0)
        section = place_id(f"section {address}")
        values = {"displayName": f"{name} quiet zone"}
        self.add(Place(id=section, kind=PlaceKind.SECTION, parent_id=floor_id(address, 0), values=values))
        for number in (1, 2, 3, 4):
            values = {"displayName": f"{name} desk {number}"}
            own = place_id(f"desk {number} {address}")
            self.add(Place(id=own, kind=PlaceKind.DESK, parent_id=section, values=values))
        alias, _, domain = address.partition("@")
        shared: Values = {
            "displayName": f"{name} shared desks", "nickname": f"{name} shared desks", "capacity": 12,
            "emailAddress": f"{alias}-desks@{domain}", "building": address,
        }  # fmt: skip
        own = place_id(f"workspace {address}")
        self.add(Place(id=own, kind=PlaceKind.WORKSPACE, parent_id=section, values=shared))


def place_id(name: str) -> str:
    """The placeId of a room or room list by its address; seeded places have names of their own."""
    return str(uuid5(NAMESPACE_URL, f"place:{name}"))


def building_id(list_address: str) -> str:
    return place_id(f"building {list_address}")


def floor_id(list_address: str, floor: int) -> str:
    return place_id(f"floor {floor} {list_address}")


def standing_in(parents: Iterable[PlaceKind]) -> str:
    """For a sentence about what is wrong."""
    return " or ".join(parents) or "nothing"
