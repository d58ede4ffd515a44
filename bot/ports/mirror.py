"""Rows of the mirror, found among all of a room's without reading each of them whole."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from bot.domain.events import Outline, RoomEvent
from bot.domain.kin import Kin, kin_of
from bot.domain.slots import Slot
from bot.ports import keys
from bot.ports.documents import Documents


@dataclass(frozen=True, slots=True)
class _Times:
    """As they are stored: in UTC, as ISO texts, whose order is that of the instants down to the second."""

    start_at: str
    end_at: str


@dataclass(frozen=True, slots=True)
class _Timed:
    slot: _Times


_TO_THE_SECOND = len("2026-12-01T09:00:00")


async def rows_within(documents: Documents, room: str, slot: Slot) -> list[RoomEvent]:
    """Rows that overlap `slot`, of one moment."""
    first, last = (at.isoformat()[:_TO_THE_SECOND] for at in (slot.start_at, slot.end_at))

    def choose(some: dict[str, _Timed]) -> Iterable[str]:
        return [
            key for key, row in some.items() if row.slot.start_at[:_TO_THE_SECOND] <= last and first <= row.slot.end_at
        ]

    found = await documents.sift(keys.events(room), _Timed, choose, RoomEvent)
    return [row for row in found if row.slot.overlaps(slot)]


async def rows_where(documents: Documents, room: str, wanted: Callable[[Outline], bool]) -> list[RoomEvent]:
    """In order of their ids, of one moment."""

    def choose(some: dict[str, Outline]) -> Iterable[str]:
        return [key for key, outline in some.items() if wanted(outline)]

    return await documents.sift(keys.events(room), Outline, choose, RoomEvent)


async def rows_touched(
    documents: Documents, room: str, ids: frozenset[str], series: frozenset[str]
) -> tuple[list[RoomEvent], Kin]:
    """Rows with these ids, of these series (ids of masters), and whatever else has an iCalUId of theirs; and the kin of
    all rows."""
    kin = Kin()

    def choose(some: dict[str, Outline]) -> Iterable[str]:
        nonlocal kin
        kin = kin_of(some.values())
        uids = {one.ical_uid for one in some.values() if one.id in ids or one.master_id in series} - {""}
        return [key for key, one in some.items() if one.id in ids or one.master_id in series or one.ical_uid in uids]

    return await documents.sift(keys.events(room), Outline, choose, RoomEvent), kin
