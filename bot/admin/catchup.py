"""After a start: whether every room was read again and its subscription looked at. Until then nobody can know what
happened while nothing ran: notifications of that time are lost, and subscriptions lapse."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.availability import Availability
from bot.domain.freshness import behind_after_s
from bot.domain.slots import Slot
from bot.ports import keys
from bot.ports.clock import Clock
from bot.ports.documents import Documents
from bot.ports.records import Polling, SubscriptionRecord

GRACE_S = 300.0
_NOT_OFTENER_S = 1.0
_NEAR = timedelta(days=1)
_AT_ONCE = 500  # documents, so that nothing else waits long


@dataclass(frozen=True, kw_only=True)
class Since:
    """From when on a room must have been read, and (unless that is None) its subscription looked at."""

    read_at: datetime
    subscribed_at: datetime | None


def since_start(started_at: datetime) -> Since:
    """Of a process that works: it has every room read and every subscription renewed when it starts."""
    return Since(read_at=started_at, subscribed_at=started_at)


def since_polls(started_at: datetime, rooms: int) -> Since:
    """Of one that only answers: others read the rooms, and it must find them read within three polls."""
    return Since(read_at=started_at - timedelta(seconds=behind_after_s(rooms)), subscribed_at=None)


class CatchUp:
    """One tenant's, from a start on. Looks no more once all was seen, and never again at a room that was.

    It is bounded by five minutes, which a thousand rooms do not need: a proxy may send only to who is ready, and people
    should not wait for the last of ten thousand. What is left then is told, and holds nothing up any more.
    """

    def __init__(self, documents: Documents, index: Availability, clock: Clock, since: Callable[[], Since]) -> None:
        self._documents = documents
        self._index = index
        self._clock = clock
        self._since = since
        self._begun_s = clock.monotonic()
        self._looked_s = -_NOT_OFTENER_S
        self._read: set[str] = set()
        self._subscribed: set[str] = set()
        self._over = False

    async def is_over(self) -> bool:
        """Whether all was seen or the time for it is over; looked up at most once a second. Raises StoreDown."""
        now_s = self._clock.monotonic()
        if not self._over and now_s - self._looked_s >= _NOT_OFTENER_S:
            self._looked_s = now_s
            await self._look()
            self._over = bool(self._index.rooms) and not self.unread and not self.unsubscribed
        return self._over or self.is_late

    @property
    def unread(self) -> int:
        """Rooms that were not read yet, by the last look."""
        return len(self._left(self._read))

    @property
    def unsubscribed(self) -> int:
        """Rooms whose subscription was not looked at yet, by the last look."""
        return len(self._left(self._subscribed)) if self._since().subscribed_at else 0

    @property
    def is_late(self) -> bool:
        """Whether the time for it is over."""
        return self._clock.monotonic() - self._begun_s > GRACE_S

    def _left(self, seen: set[str]) -> list[str]:
        return [room.address for room in self._index.rooms if room.address not in seen]

    async def _look(self) -> None:
        since = self._since()
        self._read |= {room for room in self._left(self._read) if self._is_read(room, since.read_at)}
        if since.subscribed_at is not None:
            for some in _parts(self._left(self._subscribed)):
                self._subscribed |= await self._looked_at(some, since.subscribed_at)

    def _is_read(self, room: str, since: datetime) -> bool:
        """By the index, which tells of what other processes read, too. A mailbox that cannot be read is told by status
        and holds nothing up; of one that is read for the first time the near days are enough."""
        index, now = self._index, self._clock.now()
        if room in index.read_at:
            return room in index.troubled or index.read_at[room] >= since
        return room in index.troubled or index.knows(room, Slot(now, now + _NEAR))

    async def _looked_at(self, rooms: Sequence[str], since: datetime) -> set[str]:
        """With a subscription that was renewed or made, or refused one and polled instead."""
        records = await self._documents.get_all([keys.subscription(room) for room in rooms], SubscriptionRecord)
        pollings = await self._documents.get_all([keys.polling(room) for room in rooms], Polling)
        looks = [(kept.value.room, kept.value.seen_at) for kept in records.values()]
        looks += [(kept.value.room, kept.value.seen_at) for kept in pollings.values()]
        return {room for room, seen_at in looks if seen_at is not None and seen_at >= since}


def _parts(rooms: Sequence[str]) -> list[Sequence[str]]:
    return [rooms[at : at + _AT_ONCE] for at in range(0, len(rooms), _AT_ONCE)]
