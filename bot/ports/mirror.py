"""Rows of the mirror, found among all of a room's without reading each of them whole."""

from collections.abc import Callable, Iterable

from bot.domain.events import Outline, RoomEvent
from bot.ports import keys
from bot.ports.documents import Documents


async def rows_where(documents: Documents, room: str, wanted: Callable[[Outline], bool]) -> list[RoomEvent]:
    """In order of their ids, of one moment."""

    def choose(some: dict[str, Outline]) -> Iterable[str]:
        return [key for key, outline in some.items() if wanted(outline)]

    return await documents.sift(keys.events(room), Outline, choose, RoomEvent)


async def rows_touched(documents: Documents, room: str, ids: frozenset[str], series: frozenset[str]) -> list[RoomEvent]:
    """Rows with these ids, of these series (ids of masters), and whatever else has an iCalUId of theirs."""

    def choose(some: dict[str, Outline]) -> Iterable[str]:
        uids = {one.ical_uid for one in some.values() if one.id in ids or one.master_id in series} - {""}
        return [key for key, one in some.items() if one.id in ids or one.master_id in series or one.ical_uid in uids]

    return await documents.sift(keys.events(room), Outline, choose, RoomEvent)
