"""Which of the free rooms to offer first, and why each fits."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.domain.rooms import Room
from bot.domain.slots import Slot
from bot.domain.zones import offset_at, same_clock

_WAKING = range(6, 22)  # hours of the day


@dataclass(frozen=True, kw_only=True)
class Need:
    """What is asked of a room. Building and features are requirements; the usual building, and after it the person's
    own zone (where they are, most likely), are preferences. `size` comes
    before those: 1 for the biggest room, -1 for the smallest."""

    people: int = 1
    building: str = ""
    features: frozenset[str] = frozenset()
    room: str = ""
    usual_building: str = ""
    zone: str = ""
    size: int = 0


@dataclass(frozen=True, kw_only=True)
class Option:
    """A room that fits, and is free during `slot` and on until `free_until` (None: as far as is known). For a series,
    `slot` is its first time, `times` how many there are, and at those of `missing` the room is not free; in the room
    that it `stays` in, they are not asked for. `gives_up`: of a series that is to be changed, the times that it would
    have no more."""

    room: Room
    slot: Slot
    free_until: datetime | None
    fits: tuple[str, ...]
    times: int = 1
    missing: tuple[Slot, ...] = ()
    stays: bool = False
    gives_up: tuple[Slot, ...] = ()


def rank(options: Sequence[Option], need: Need) -> list[Option]:
    """Best first: the one asked for, then by size where that matters, the usual building, the least waste of seats, the
    name."""
    return sorted(options, key=lambda option: _order(option, need))


def asleep(option: Option, need: Need) -> bool:
    """Whether it is night then where the room is, and nobody asked for that room, its building or its size."""
    if need.building or need.size or need.room == option.room.address:
        return False
    start_at, offset = option.slot.start_at, offset_at(option.room.zone, option.slot.start_at)
    return offset is not None and (start_at.astimezone(UTC) + offset).hour not in _WAKING


def reasons_to_fit(room: Room, need: Need) -> tuple[str, ...]:
    """Codes that `cards` puts into words, most telling first."""
    fits: list[str] = []
    if need.room == room.address:
        fits.append("asked_for")
    if room.capacity is not None:
        spare = room.capacity - need.people
        fits.append("capacity" if spare == 0 else f"spare_seats:{spare}")
    if need.building:
        fits.append("building")
    elif need.usual_building and room.building == need.usual_building:
        fits.append("usual")
    fits.extend(f"feature:{name}" for name in sorted(need.features))
    return tuple(fits)


def _order(option: Option, need: Need) -> tuple[bool, int, int, bool, bool, int, int, str]:
    room = option.room
    waste = (room.capacity or 50) - need.people
    unneeded = len(room.features - need.features)
    elsewhere = bool(need.usual_building) and room.building != need.usual_building
    far = not same_clock(room.zone, need.zone, option.slot.start_at)
    size = -need.size * (room.capacity or (0 if need.size > 0 else 50))
    return (need.room != room.address, len(option.missing), size, elsewhere, far, waste, unneeded, room.name.casefold())
