"""Change notifications: each only hints that a room is dirty, believed if it carries its subscription's secret."""

import hashlib
import hmac
import logging
from collections.abc import Sequence
from dataclasses import dataclass

from bot.ports import keys
from bot.ports.clock import Clock
from bot.ports.documents import Documents
from bot.ports.records import SubscriptionRecord
from bot.ports.store import Batch, Schedule

log = logging.getLogger(__name__)

SECOND_LOOK_S = 20.0  # a feed can be behind the notification that told of it


@dataclass(frozen=True, kw_only=True)
class Hint:
    """One item of a notification. `lifecycle` is '' or reauthorizationRequired, subscriptionRemoved, missed."""

    subscription_id: str
    client_state: str
    lifecycle: str = ""


class Hints:
    """Marks rooms dirty, durably, before it returns: one batch for all, no network."""

    def __init__(self, documents: Documents, clock: Clock) -> None:
        self._documents = documents
        self._clock = clock

    async def take(self, hints: Sequence[Hint]) -> int:
        """Returns how many were believed. Every item's secret is checked, in constant time. Raises StoreDown."""
        wanted = {keys.subscription_of(hint.subscription_id) for hint in hints}
        records = await self._documents.get_all(wanted, SubscriptionRecord)
        believed: list[tuple[Hint, SubscriptionRecord]] = []
        for hint in hints:
            kept = records.get(keys.subscription_of(hint.subscription_id))
            if kept is not None and hmac.compare_digest(digest(hint.client_state), kept.value.secret_digest):
                believed.append((hint, kept.value))
        if len(believed) < len(hints):
            log.warning("notification.not_believed", extra={"items": len(hints) - len(believed)})
        if believed:
            await self._documents.store.commit(Batch(schedules=self._owed(believed)))
        return len(believed)

    def _owed(self, believed: Sequence[tuple[Hint, SubscriptionRecord]]) -> tuple[Schedule, ...]:
        now = self._clock.now().timestamp()
        rooms = {record.room for _, record in believed}
        syncs = (Schedule(keys.sync(room), now) for room in sorted(rooms))
        looks = (Schedule(keys.look(room), now + SECOND_LOOK_S) for room in sorted(rooms))
        mended = {record.room: hint.lifecycle for hint, record in believed if hint.lifecycle}
        subscribes = (Schedule(keys.subscribe(room), now, mended[room].encode()) for room in sorted(mended))
        return (*syncs, *looks, *subscribes)


def digest(secret: str) -> str:
    """What is kept of a clientState."""
    return hashlib.sha256(secret.encode()).hexdigest()
