"""The buildings and rooms beyond the seeded ones: as many as asked for, and the same ones every time."""

from collections.abc import Iterator
from itertools import islice

from sandbox.directory.models import Building, Room
from sandbox.seed.ids import address_of, alias_of, guid_of
from sandbox.seed.words import BUILDING_KINDS, BUILDING_STEMS, CITIES, ROOM_THEMES

_ROOMS_A_FLOOR = 8
_FLOORS = (4, 6, 3, 5, 7)  # of one building after the other
# Capacity, audio, video, display, tags, wheelchair: the rooms of a floor, in this order.
_SORTS = (
    (6, "", "Logitech MeetUp", 'LG 55"', ("whiteboard",), True),
    (4, "", "", 'LG 43"', (), True),
    (8, "Poly Sync 60", "Logitech Rally Bar", 'Samsung 65"', ("whiteboard",), True),
    (2, "", "", "", (), False),
    (12, "Shure MXA920", "Logitech Rally Plus", 'Samsung 85"', ("whiteboard", "projector"), True),
    (4, "", "Logitech MeetUp", 'LG 43"', ("whiteboard",), False),
    (10, "Poly Sync 60", "Poly Studio X50", 'Samsung 75"', ("whiteboard",), True),
    (20, "Shure MXA920", "Cisco Room Kit EQ", "Barco projector", ("projector", "whiteboard"), True),
)  # fmt: skip


def more_rooms(count: int) -> list[Room]:
    """Whole buildings one after the other; the last has what is left."""
    return list(islice(_rooms(), count))


def _rooms() -> Iterator[Room]:
    number = 0
    while True:
        building = _building(number)
        theme = ROOM_THEMES[number % len(ROOM_THEMES)]
        for place in range(_FLOORS[number % len(_FLOORS)] * _ROOMS_A_FLOOR):
            yield _room(building, _code(number), theme[place % len(theme)], place)
        number += 1


def _code(number: int) -> str:
    """A building's short name: its city's, counted."""
    return f"{CITIES[number % len(CITIES)][1]}{number // len(CITIES) + 1}"


def _building(number: int) -> Building:
    city, _, country, zone, _, street, postal_code = CITIES[number % len(CITIES)]
    stem = BUILDING_STEMS[number % len(BUILDING_STEMS)]
    # The kind goes on whenever the stems begin again: no two buildings have one name.
    round_, place = divmod(number, len(BUILDING_STEMS))
    kind = BUILDING_KINDS[(place + round_) % len(BUILDING_KINDS)]
    alias = _code(number).lower()
    return Building(
        id=guid_of(f"building {alias}"),
        name=f"{stem} {kind}",
        address=address_of(f"rooms-{alias}"),
        zone=zone,
        street=f"{street} {2 * (number // len(CITIES)) + 8}",
        city=city,
        country=country,
        postal_code=postal_code,
    )


def _room(building: Building, code: str, name: str, place: int) -> Room:
    capacity, audio, video, display, tags, is_accessible = _SORTS[place % len(_SORTS)]
    floor, door = place // _ROOMS_A_FLOOR + 1, place % _ROOMS_A_FLOOR + 1
    alias = f"{code.lower()}-{floor}{door:02d}-{alias_of(name, joined_by='-')}"
    return Room(
        id=guid_of(f"place {alias}"),
        name=f"{code} {floor}.{door:02d} {name}",
        address=address_of(alias),
        building=building,
        floor=floor,
        capacity=capacity,
        audio=audio,
        video=video,
        display=display,
        tags=tags,
        is_wheelchair_accessible=is_accessible,
    )
