"""Finds buildings, rooms and people for the page's search boxes, in tenants of any size."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from heapq import nsmallest
from typing import Literal
from weakref import WeakKeyDictionary

from sandbox.directory.models import Directory
from sandbox.odata import Entity
from sandbox.world import World

Kind = Literal["building", "room", "person"]
KINDS: tuple[Kind, ...] = ("building", "room", "person")
MOST = 12  # of each kind


@dataclass(frozen=True, slots=True)
class Row:
    """`text` is everything that a search looks at, in small letters; it begins with the name."""

    address: str
    name: str
    about: str
    text: str


@dataclass(frozen=True)
class _People:
    """`number` is that of the directory's newest change when they were read."""

    directory: Directory
    number: int
    rows: list[Row]


_people_of: WeakKeyDictionary[World, _People] = WeakKeyDictionary()


def find(world: World, text: str, kinds: Iterable[Kind]) -> list[Entity]:
    """Those whose name, place or address holds every word, names that begin so first; at most a dozen of each kind."""
    words = text.casefold().split()
    rows = {"building": _buildings, "room": _rooms, "person": _people}
    return [
        {"kind": kind, "address": row.address, "name": row.name, "about": row.about}
        for kind in kinds
        for row in _best(rows[kind](world), words)
    ]


def _best(rows: Iterable[Row], words: list[str]) -> list[Row]:
    found = ((place, row) for place, row in enumerate(rows) if all(word in row.text for word in words))
    first = words[0] if words else ""
    ranked = nsmallest(MOST, found, key=lambda one: (not one[1].text.startswith(first), one[0]))
    return [row for _, row in ranked]


def _row(address: str, name: str, about: str) -> Row:
    return Row(address, name, about, f"{name} {about} {address}".casefold())


def _buildings(world: World) -> Iterator[Row]:
    return (_row(one.address, one.name, one.city) for one in world.directory.buildings.values())


def _rooms(world: World) -> Iterator[Row]:
    for one in world.directory.rooms.values():
        yield _row(one.address, one.name, f"{one.building.name}, {one.capacity} seats")


def _people(world: World) -> list[Row]:
    """Read once, and again when the directory has changed: there may be fifty thousand."""
    known, directory = _people_of.get(world), world.directory
    if known is None or known.directory is not directory or known.number != directory.journal.number:
        rows = [
            _row(one.address, one.name, one.department) for one in directory.users.values() if one.purpose == "user"
        ]
        known = _people_of[world] = _People(directory, directory.journal.number, rows)
    return known.rows
