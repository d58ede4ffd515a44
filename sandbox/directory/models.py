"""The directory: people and resource accounts, groups, buildings and rooms, and what has changed among them."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, fields, replace
from typing import Any, TypeVar

import msgspec

from sandbox.directory.journal import EVERYTHING, Change, Journal, Kind
from sandbox.places.models import Places, SavedPlaces

# Graph's name of a room's property -> ours.
_ROOM_FIELDS = {
    "displayName": "name", "capacity": "capacity", "floorNumber": "floor", "audioDeviceName": "audio",
    "videoDeviceName": "video", "displayDeviceName": "display", "isWheelChairAccessible": "is_wheelchair_accessible",
    "phone": "phone", "bookingType": "booking_type", "tags": "tags",
}  # fmt: skip
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday")


@dataclass(frozen=True, kw_only=True)
class User:
    """An account with a mailbox. `purpose` is the mailbox's: user, room or shared. An empty `principal_name` is the
    address, an empty `mailbox_language` the account's language."""

    id: str
    name: str
    address: str
    zone: str
    purpose: str = "user"
    principal_name: str = ""
    job_title: str = ""
    department: str = ""
    office: str = ""
    mobile: str = ""
    language: str = "en-US"
    manager_id: str = ""
    is_enabled: bool = True
    needs_second_factor: bool = False
    mailbox_language: str = ""
    date_format: str = "yyyy-MM-dd"
    time_format: str = "HH:mm"
    meeting_messages: str = "sendToDelegateOnly"
    replies: dict[str, Any] | None = None
    work_start: str = "08:00:00.0000000"
    work_end: str = "17:00:00.0000000"
    work_days: tuple[str, ...] = WEEKDAYS

    def __post_init__(self) -> None:
        if not self.principal_name:
            object.__setattr__(self, "principal_name", self.address)

    @property
    def given_name(self) -> str:
        return self.name.split(" ", 1)[0]

    @property
    def surname(self) -> str:
        return self.name.partition(" ")[2]


@dataclass(frozen=True, kw_only=True)
class Group:
    """Members are ids of users and of other groups. Unified groups are Microsoft 365 groups; a mail-enabled group that
    is neither unified nor for security is a distribution list, as a room list is."""

    id: str
    name: str
    description: str = ""
    address: str = ""
    members: tuple[str, ...] = ()
    is_security: bool = True
    is_unified: bool = False
    has_hidden_members: bool = False


@dataclass(frozen=True, kw_only=True)
class Building:
    """`address` is the room list's."""

    id: str
    name: str
    address: str
    zone: str
    street: str
    city: str
    country: str
    postal_code: str


@dataclass(frozen=True, kw_only=True)
class Room:
    """What /places tells of a room. Its mailbox is the user with the same address."""

    id: str
    name: str
    address: str
    building: Building
    floor: int
    capacity: int
    audio: str = ""
    video: str = ""
    display: str = ""
    tags: tuple[str, ...] = ()
    is_wheelchair_accessible: bool = False
    phone: str = ""
    booking_type: str = "standard"


Thing = TypeVar("Thing", User, Group, Room)


class SavedDirectory(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What differs from the seed."""

    users: list[User] = msgspec.field(default_factory=list)
    groups: list[Group] = msgspec.field(default_factory=list)
    deleted: dict[str, User] = msgspec.field(default_factory=dict)
    purged: list[str] = msgspec.field(default_factory=list)
    changes: list[Change] = msgspec.field(default_factory=list)
    generation: int = 0
    places: SavedPlaces = msgspec.field(default_factory=SavedPlaces)


@dataclass(kw_only=True)
class Directory:
    """The whole directory of the tenant, in the order in which it lists things.

    `add_*` seeds it; `create_user`, `change_user`, `delete_user`, `restore_user` and `set_members` are changes that the
    delta feeds report.
    """

    users: dict[str, User] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    rooms: dict[str, Room] = field(default_factory=dict)
    buildings: dict[str, Building] = field(default_factory=dict)
    deleted: dict[str, User] = field(default_factory=dict)
    purged: set[str] = field(default_factory=set)
    journal: Journal = field(default_factory=Journal)
    places: Places = field(default_factory=Places)
    generation: int = 0  # counted up, it ends every delta token
    shapes: dict[str, tuple[object, dict[str, Any]]] = field(default_factory=dict)
    _orders: dict[Kind, tuple[tuple[int, int], list[str]]] = field(default_factory=dict)
    _ids_by_name: dict[str, str] = field(default_factory=dict)
    _rooms_by_id: dict[str, Room] = field(default_factory=dict)
    _rooms_by_building: dict[str, dict[str, Room]] = field(default_factory=dict)
    _parents: dict[str, list[str]] | None = None
    _resettled: set[str] = field(default_factory=set)

    def add_user(self, user: User) -> None:
        self.users[user.id] = user
        self._ids_by_name[user.address.casefold()] = user.id
        self._ids_by_name[user.principal_name.casefold()] = user.id

    def add_group(self, group: Group) -> None:
        self.groups[group.id] = group
        self._parents = None

    def add_building(self, building: Building) -> None:
        self.buildings[building.address] = building
        self.places.add_building(building.address, building.name, _address(building))

    def add_room(self, room: Room) -> None:
        """Its floor comes with it."""
        self.rooms[room.address] = room
        self._rooms_by_id[room.id] = room
        self._rooms_by_building.setdefault(room.building.address, {})[room.address] = room
        self.places.add_room(room.address, room.building.address, room.floor)

    def change_place(self, own_id: str, values: dict[str, Any]) -> None:
        """`values` by Graph's names. What other parts of the tenant read of a room changes with it."""
        self.places.change(own_id, values)
        room = self.rooms.get(self.places.room_of(own_id))
        if room is not None:
            self._change_room(room, values)

    def user(self, name: str) -> User | None:
        """By Entra object id, user principal name or address, in any case."""
        wanted = name.casefold()
        return self.users.get(self._ids_by_name.get(wanted, wanted))

    def room(self, name: str) -> Room | None:
        """By place id or address."""
        wanted = name.casefold()
        return self.rooms.get(wanted) or self._rooms_by_id.get(wanted) or self.rooms.get(self.places.room_of(wanted))

    def rooms_of(self, building: Building) -> list[Room]:
        return list(self._rooms_by_building.get(building.address, {}).values())

    def shape(self, thing: Thing, render: Callable[[Thing], dict[str, Any]]) -> dict[str, Any]:
        """What `render` makes of a user, group or room; made anew only after it has changed. Not to be changed."""
        known = self.shapes.get(thing.id)
        if known is None or known[0] is not thing:
            known = self.shapes[thing.id] = (thing, render(thing))
        return known[1]

    def ordered_ids(self, kind: Kind) -> list[str]:
        """Ids of everybody or of every group, sorted. Not to be changed."""
        things = self.users if kind is Kind.USER else self.groups
        stamp = (self.journal.number, len(things))
        known = self._orders.get(kind)
        if known is None or known[0] != stamp:
            known = self._orders[kind] = (stamp, sorted(things))
        return known[1]

    def create_user(self, user: User) -> None:
        self.add_user(user)
        self.journal.add(Change(kind=Kind.USER, id=user.id, names=EVERYTHING))

    def change_user(self, user: User, names: Iterable[str] = (), **values: Any) -> User:
        """`names` are the properties as Graph spells them; a change of none is none of the directory's, such as one of
        mailbox settings."""
        changed = replace(user, **values)
        if user.principal_name.casefold() != changed.principal_name.casefold():
            self._ids_by_name.pop(user.principal_name.casefold(), None)
        self.add_user(changed)
        if tuple(names):
            self.journal.add(Change(kind=Kind.USER, id=user.id, names=tuple(names)))
        return changed

    def delete_user(self, user: User, *, for_good: bool = False) -> None:
        """Moves to the deleted items, from where `restore_user` brings back, or is gone for good."""
        self.users.pop(user.id, None)
        self.deleted.pop(user.id, None)
        for name in (user.address, user.principal_name):
            self._ids_by_name.pop(name.casefold(), None)
        if for_good:
            self.purged.add(user.id)
        else:
            self.deleted[user.id] = user
        self.journal.add(Change(kind=Kind.USER, id=user.id, names=EVERYTHING))

    def restore_user(self, user_id: str) -> User | None:
        user = self.deleted.pop(user_id, None)
        if user is not None:
            self.create_user(user)
        return user

    def create_group(self, group: Group) -> None:
        self.add_group(group)
        self.journal.add(Change(kind=Kind.GROUP, id=group.id, names=EVERYTHING))

    def delete_group(self, group: Group) -> None:
        """For good."""
        self.groups.pop(group.id)
        self.purged.add(group.id)
        self._parents = None
        self.journal.add(Change(kind=Kind.GROUP, id=group.id, names=EVERYTHING))

    def set_members(self, group: Group, members: Iterable[str]) -> Group:
        wanted = tuple(dict.fromkeys(members))
        changed = replace(group, members=wanted)
        self.add_group(changed)
        added = tuple(one for one in wanted if one not in set(group.members))
        removed = tuple(one for one in group.members if one not in set(wanted))
        self.journal.add(Change(kind=Kind.GROUP, id=group.id, names=(), added=added, removed=removed))
        return changed

    def members(self, group: Group, *, transitive: bool = False) -> Iterator[User | Group]:
        """Deleted members do not count. Transitively everybody comes once, and the nested groups with them."""
        seen = {group.id}
        waiting = list(group.members)
        while waiting:
            one = waiting.pop(0)
            found = self.users.get(one) or self.groups.get(one)
            if found is None or one in seen:
                continue
            seen.add(one)
            yield found
            if transitive and isinstance(found, Group):
                waiting += found.members

    def groups_of(self, member_id: str, *, transitive: bool = False) -> Iterator[Group]:
        seen: set[str] = set()
        waiting = list(self._groups_above(member_id))
        while waiting:
            one = waiting.pop(0)
            if one in seen:
                continue
            seen.add(one)
            yield self.groups[one]
            if transitive:
                waiting += self._groups_above(one)

    def saved(self) -> SavedDirectory:
        """Of people and groups only those that ever changed."""
        touched = {change.id for change in self.journal.changes} | self._resettled
        return SavedDirectory(
            users=[self.users[one] for one in sorted(touched) if one in self.users],
            groups=[self.groups[one] for one in sorted(touched) if one in self.groups],
            deleted=dict(self.deleted),
            purged=sorted(self.purged),
            changes=list(self.journal.changes),
            generation=self.generation,
            places=self.places.saved(),
        )

    def restore(self, saved: SavedDirectory) -> None:
        """To be called on a freshly seeded directory."""
        for id_ in {*saved.deleted, *saved.purged} & self.users.keys():
            self.delete_user(self.users[id_])
        for id_ in set(saved.purged) & self.groups.keys():
            self.groups.pop(id_)
        for user in saved.users:
            self.change_user(
                self.users.get(user.id, user), **{one.name: getattr(user, one.name) for one in fields(user)}
            )
            self._resettled.add(user.id)
        for group in saved.groups:
            self.add_group(group)
        self.deleted, self.purged = dict(saved.deleted), set(saved.purged)
        self.journal = Journal(saved.changes)
        self.generation = max(self.generation, saved.generation)
        self.places.restore(saved.places)
        for own_id, values in saved.places.changed.items():
            self.change_place(own_id, values)

    def settle(self, user: User, **values: Any) -> User:
        """Changes mailbox settings: kept, but none of the directory's changes."""
        self._resettled.add(user.id)
        return self.change_user(user, **values)

    def _change_room(self, room: Room, values: dict[str, Any]) -> None:
        known = {name: value for name, value in values.items() if name in _ROOM_FIELDS and value is not None}
        given: dict[str, Any] = {
            _ROOM_FIELDS[name]: tuple(value) if name == "tags" else value for name, value in known.items()
        }
        changed = replace(room, **given)
        self.rooms[room.address] = changed
        self._rooms_by_id[room.id] = changed
        self._rooms_by_building[room.building.address][room.address] = changed

    def _groups_above(self, member_id: str) -> list[str]:
        if self._parents is None:
            parents: dict[str, list[str]] = {}
            for group in self.groups.values():
                for one in group.members:
                    parents.setdefault(one, []).append(group.id)
            self._parents = parents
        return self._parents.get(member_id, [])


def _address(building: Building) -> dict[str, str | None]:
    return {
        "street": building.street,
        "city": building.city,
        "state": None,
        "postalCode": building.postal_code,
        "countryOrRegion": building.country,
    }
