"""What a list of rooms, or of a person's bookings, is asked of, and which that are."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.cards.views import Within
from bot.domain.bookings import Booking
from bot.domain.rooms import Room
from bot.domain.slots import Slot
from bot.language.request import Request


@dataclass(frozen=True, kw_only=True)
class ListRooms:
    """Which rooms there are, of a building or of all, with that equipment. `size`: 1 the biggest first, -1 the
    smallest, 0 building by building. `left` are the words of which nothing was made."""

    building: str = ""
    features: frozenset[str] = frozenset()
    size: int = 0
    left: str = ""


def listed_rooms(rooms: Iterable[Room], asked: ListRooms) -> list[Room]:
    """Those that are asked for, by size or building and then by name. A room whose size nobody told counts as the
    smallest."""
    found = [room for room in rooms if asked.building in ("", room.building) and room.features >= asked.features]
    if not asked.size:
        return sorted(found, key=lambda room: (room.building.casefold(), room.name.casefold()))
    return sorted(found, key=lambda room: ((room.capacity or 0) * -asked.size, room.name.casefold()))


def limits(request: Request) -> Within:
    """What a list is asked of."""
    room = request.room or ""
    if request.start_at is not None:
        start_at = request.start_at.astimezone(UTC)
        end_at = request.window_end_at or request.end_at or start_at + timedelta(minutes=1)
        return Within(room=room, slot=Slot(start_at, end_at.astimezone(UTC)))
    return Within(room=room, first_on=request.day, last_on=request.last_day)


def listed(bookings: Sequence[Booking], within: Within, zone: ZoneInfo) -> list[Booking]:
    """Those that are in the room, and at least partly at the time, that was named."""
    slot = within.slot or _days(within, zone)
    at_time = [one for one in bookings if slot is None or one.slot.overlaps(slot)]
    return [one for one in at_time if not within.room or one.room == within.room]


def _days(within: Within, zone: ZoneInfo) -> Slot | None:
    if within.first_on is None or within.last_on is None:
        return None
    first, last = (Slot.of_day(on, time(), time(), zone) for on in (within.first_on, within.last_on))
    return Slot(first.start_at, last.end_at)


def begins_at(within: Within, zone: ZoneInfo) -> datetime | None:
    """When what was named begins; None where no time was."""
    slot = within.slot or _days(within, zone)
    return slot.start_at if slot else None
