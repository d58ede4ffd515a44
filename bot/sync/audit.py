"""Holds the subscriptions that Graph has against those that we know: leftovers go, lost ones are made again."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from bot.domain.availability import Availability
from bot.ports import keys
from bot.ports.calendar import Busy, Calendar, RemoteError, Subscription
from bot.ports.clock import Clock
from bot.ports.documents import Documents
from bot.ports.records import SubscriptionRecord
from bot.ports.store import Batch, Finish, Lease, Schedule

log = logging.getLogger(__name__)

AUDIT_EVERY_S = 6 * 3600.0
FIRST_AFTER_S = 600.0
SURE_AFTER_S = 120.0  # a subscription can be there for a moment before it is recorded here
MOST_AT_ONCE = 100
_APART_S = 0.1
_SOONER = timedelta(minutes=10)  # that it ends: our clock was wrong when it was made, and was put right since


@dataclass(frozen=True, kw_only=True)
class Findings:
    """`strays` are ids of subscriptions to our address that no record names: of an answer that was lost, of a store
    that was restored, or doubles. `lost` are rooms without a subscription that lives as long as recorded."""

    strays: tuple[str, ...]
    lost: tuple[str, ...]


def findings(
    listed: Iterable[Subscription], records: Iterable[SubscriptionRecord], rooms: Iterable[str], url: str
) -> Findings:
    """Pure. Another address is another deployment's, whose subscriptions are none of ours."""
    there = {one.id: one for one in listed if one.notification_url == url}
    known = {record.id for record in records}
    living = {
        record.room
        for record in records
        if record.id in there and there[record.id].expires_at > record.expires_at - _SOONER
    }
    return Findings(strays=tuple(sorted(there.keys() - known)), lost=tuple(sorted(set(rooms) - living)))


class Auditor:
    """Handles `audit/` jobs of one tenant."""

    def __init__(
        self, documents: Documents, calendar: Calendar, index: Availability, clock: Clock, *, url: str
    ) -> None:
        self._documents = documents
        self._calendar = calendar
        self._index = index
        self._clock = clock
        self._url = url

    async def open(self) -> None:
        """Owes the first look, once the subscriptions were renewed. Call once, before the worker runs."""
        at = self._clock.now().timestamp() + FIRST_AFTER_S
        await self._documents.store.commit(Batch(schedules=(Schedule(keys.AUDIT + "all", at),)))

    async def audit(self, lease: Lease) -> None:
        """The payload names the strays of the look before: only what is one twice is deleted. Raises the calendar's
        errors: the worker comes back."""
        listed = await self._calendar.subscriptions()
        kept = await self._documents.scan(keys.subscription(""), SubscriptionRecord)
        found = findings(listed, [one.value for one in kept], [room.address for room in self._index.rooms], self._url)
        suspected = lease.payload.decode().split()
        deleted = await self._delete([one for one in suspected if one in found.strays])
        left = [one for one in found.strays if one not in deleted][:MOST_AT_ONCE]
        if found.lost:
            log.warning("subscriptions.lost", extra={"rooms": len(found.lost)})
        now = self._clock.now().timestamp()
        mended = tuple(
            Schedule(keys.subscribe(room), now + number * _APART_S) for number, room in enumerate(found.lost)
        )
        again_at = now + (SURE_AFTER_S if left else AUDIT_EVERY_S)
        finish = Finish(lease, again_at=again_at, payload="\n".join(left).encode())
        await self._documents.store.commit(Batch(schedules=mended, finishes=(finish,)))

    async def _delete(self, strays: Sequence[str]) -> set[str]:
        deleted: set[str] = set()
        for one in strays:
            try:
                await self._calendar.unsubscribe(one)
            except Busy:
                raise
            except RemoteError as fault:
                log.info("subscription.left", extra={"code": fault.code, "status": fault.status})
            deleted.add(one)
        if deleted:
            log.warning("subscriptions.strays_deleted", extra={"count": len(deleted)})
        return deleted
