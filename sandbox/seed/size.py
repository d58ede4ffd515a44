"""How large the tenant is."""

from typing import Final

import msgspec

SEEDED_ROOMS: Final = 13
SEEDED_PEOPLE: Final = 12
MOST_ROOMS: Final = 10_000
MOST_PEOPLE: Final = 50_000


class Size(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Rooms in all buildings, and people without the delegate. The people who are known by name are always there."""

    rooms: int = SEEDED_ROOMS
    people: int = SEEDED_PEOPLE

    def __post_init__(self) -> None:
        if not 1 <= self.rooms <= MOST_ROOMS:
            raise ValueError(f"a tenant has 1 to {MOST_ROOMS:,} rooms, not {self.rooms:,}")
        if not SEEDED_PEOPLE <= self.people <= MOST_PEOPLE:
            raise ValueError(f"a tenant has {SEEDED_PEOPLE} to {MOST_PEOPLE:,} people, not {self.people:,}")
