"""Change notifications: each only hints that a room is dirty, believed if it carries its subscription's secret."""

import asyncio
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.ports import keys
from bot.ports.clock import Clock
from bot.ports.documents import Documents
from bot.ports.records import SubscriptionRecord
from bot.ports.store import Batch, Schedule

SECOND_LOOK_S = 20.0  # a feed can be behind the notification that told of it


@dataclass(frozen=True, kw_only=True)
class Hint:
    """One item of a notification. `lifecycle` is '' or reauthorizationRequired, subscriptionRemoved, missed."""

    subscription_id: str
    client_state: str
    lifecycle: str = ""


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
        wanted = {keys.subscription_of(hint.subscription_id) for hints in calls for hint in hints}
        kept = await self._documents.get_all(wanted, SubscriptionRecord)
        records = {record.value.id: record.value for record in kept.values()}
        believed = [
            [(hint, records[hint.subscription_id]) for hint in hints if _is_right(hint, records)] for hints in calls
        ]
        counts = [len(some) for some in believed]
        if any(counts):
            every = [one for some in believed for one in some]
            await self._documents.store.commit(Batch(schedules=self._owed(every)))
        return counts

    def _owed(self, believed: Sequence[tuple[Hint, SubscriptionRecord]]) -> tuple[Schedule, ...]:
        now = self._clock.now().timestamp()
        rooms = {record.room for _, record in believed}
        syncs = (Schedule(keys.sync(room), now) for room in sorted(rooms))
        looks = (Schedule(keys.look(room), now + SECOND_LOOK_S) for room in sorted(rooms))
        mended = {record.room: hint.lifecycle for hint, record in believed if hint.lifecycle}
        subscribes = (Schedule(keys.subscribe(room), now, mended[room].encode()) for room in sorted(mended))
        return (*syncs, *looks, *subscribes)


def _is_right(hint: Hint, records: Mapping[str, SubscriptionRecord]) -> bool:
    record = records.get(hint.subscription_id)
    return record is not None and hmac.compare_digest(digest(hint.client_state), record.secret_digest)


def digest(secret: str) -> str:
    """What is kept of a clientState."""
    return hashlib.sha256(secret.encode()).hexdigest()
