"""Change notifications: each only hints that a room is dirty, believed if it carries its subscription's secret."""

import asyncio
import hashlib
import hmac
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from typing import NamedTuple

from bot.ports import keys
from bot.ports.clock import Clock
from bot.ports.documents import Documents
from bot.ports.records import SubscriptionRecord
from bot.ports.store import Batch, Schedule

_READ_AGAIN_S = 60.0
SECOND_LOOK_S = 20.0  # a feed can be behind the notification that told of it


@dataclass(frozen=True, kw_only=True)
class Hint:
    """One item of a notification. `lifecycle` is '' or reauthorizationRequired, subscriptionRemoved, missed."""

    subscription_id: str
    client_state: str
    lifecycle: str = ""


class _Subscription(NamedTuple):
    room: str
    secret_digest: str


@dataclass(frozen=True)
class _Waiting:
    hints: Sequence[Hint]
    counted: asyncio.Future[int]


class Hints:
    """Marks rooms dirty, durably, before it returns; no network. What arrives while a batch is being written waits for
    the next one, all together: in a storm the store is asked as often as it can answer, not as often as somebody calls.
    """

    def __init__(self, documents: Documents, clock: Clock) -> None:
        self._documents = documents
        self._clock = clock
        self._waiting: list[_Waiting] = []
        self._subscribed: dict[str, _Subscription] = {}
        self._read_since = clock.monotonic()
        self._working: asyncio.Task[None] | None = None

    async def take(self, hints: Sequence[Hint]) -> int:
        """Returns how many were believed: the others may be another tenant's. Every item's secret is checked, in
        constant time. Raises StoreDown."""
        mine = _Waiting(hints, asyncio.get_running_loop().create_future())
        self._waiting.append(mine)
        if self._working is None:
            self._working = asyncio.create_task(self._work(), name="hints")
        return await mine.counted

    async def _work(self) -> None:
        try:
            while self._waiting:
                group, self._waiting = self._waiting, []
                await self._answer(group)
        finally:
            self._working = None

    async def _answer(self, group: Sequence[_Waiting]) -> None:
        try:
            counts = await self._mark([one.hints for one in group])
        except BaseException as fault:  # whatever it is, it is theirs who wait
            for one in group:
                if not one.counted.done():
                    one.counted.set_exception(fault)
            if not isinstance(fault, Exception):
                raise
        else:
            for one, count in zip(group, counts, strict=True):
                if not one.counted.done():  # whoever waited was cancelled
                    one.counted.set_result(count)

    async def _mark(self, calls: Sequence[Sequence[Hint]]) -> list[int]:
        """How many of each call's hints were believed."""
        records = await self._subscriptions({hint.subscription_id for hints in calls for hint in hints})
        believed = [
            [(hint, records[hint.subscription_id]) for hint in hints if _is_right(hint, records)] for hints in calls
        ]
        counts = [len(some) for some in believed]
        if any(counts):
            every = [one for some in believed for one in some]
            await self._documents.store.commit(Batch(schedules=self._owed(every)))
        return counts

    async def _subscriptions(self, ids: Set[str]) -> Mapping[str, _Subscription]:
        """Those there are. One that was read lately is not read again: the worst that comes of one that has gone since
        is a round of its room."""
        now = self._clock.monotonic()
        if now - self._read_since >= _READ_AGAIN_S:
            self._subscribed, self._read_since = {}, now
        unread = [keys.subscription_of(one) for one in ids - self._subscribed.keys()]
        found = await self._documents.get_all(unread, SubscriptionRecord)
        new = {kept.value.id: _Subscription(kept.value.room, kept.value.secret_digest) for kept in found.values()}
        self._subscribed |= new
        return self._subscribed

    def _owed(self, believed: Sequence[tuple[Hint, _Subscription]]) -> tuple[Schedule, ...]:
        now = self._clock.now().timestamp()
        rooms = {record.room for _, record in believed}
        syncs = (Schedule(keys.sync(room), now) for room in sorted(rooms))
        looks = (Schedule(keys.look(room), now + SECOND_LOOK_S) for room in sorted(rooms))
        mended = {record.room: hint.lifecycle for hint, record in believed if hint.lifecycle}
        subscribes = (Schedule(keys.subscribe(room), now, mended[room].encode()) for room in sorted(mended))
        return (*syncs, *looks, *subscribes)


def _is_right(hint: Hint, records: Mapping[str, _Subscription]) -> bool:
    record = records.get(hint.subscription_id)
    return record is not None and hmac.compare_digest(digest(hint.client_state), record.secret_digest)


def digest(secret: str) -> str:
    """What is kept of a clientState."""
    return hashlib.sha256(secret.encode()).hexdigest()
