"""Keeps one change subscription per room alive: made, renewed at half-life, made anew when lost."""

import contextlib
import logging
import random
from collections.abc import Callable
from datetime import timedelta

from bot.domain.rooms import Room
from bot.ports import keys
from bot.ports.calendar import (
    Calendar,
    Denied,
    Missing,
    Moved,
    Rejected,
    RemoteError,
    Subscription,
    TooMany,
    Unheard,
)
from bot.ports.clock import Clock
from bot.ports.documents import Documents, Kept
from bot.ports.records import FeedState, Polling, SubscriptionRecord, Untold
from bot.ports.store import Batch, Delete, Finish, Lease, Schedule
from bot.sync.hints import digest

log = logging.getLogger(__name__)

LIFE = timedelta(minutes=4230)  # what every revision of the subscription page has allowed for events
_TRY_AGAIN_S = 300.0
_MOST_TRY_AGAIN_S = 3600.0
_REMOVED = b"subscriptionRemoved"  # the lifecycle event after which nothing is left to renew
_WHY = ((Unheard, Untold.ADDRESS), (TooMany, Untold.FULL), (Denied, Untold.DENIED), (Missing, Untold.MISSING))


class Subscriber:
    """Handles `subscribe/` jobs of one tenant. Without subscriptions the poll still keeps the mirror true."""

    def __init__(
        self, documents: Documents, calendar: Calendar, clock: Clock, *, url: str, new_secret: Callable[[], str]
    ) -> None:
        self._documents = documents
        self._calendar = calendar
        self._clock = clock
        self._url = url
        self._new_secret = new_secret
        self._told: dict[Untold, str] = {}  # the room that each was said of; until that has a subscription again
        self._jitter = random.Random(url)  # noqa: S311 - spreads renewals, keeps no secret

    async def keep(self, lease: Lease) -> None:
        """Renews or makes the room's subscription. Raises the calendar's Busy: the worker comes back."""
        room = lease.key.removeprefix(keys.SUBSCRIBE)
        kept = await self._documents.get(keys.subscription(room), SubscriptionRecord)
        if await self._documents.get(keys.room(room), Room) is None:
            await self._given_up(kept, lease)
            return
        try:
            ours = kept is not None and kept.value.url == self._url and lease.payload != _REMOVED
            if kept is not None and ours and await self._renewed(kept, lease):
                return
            await self._made(room, kept, lease)
        except (Denied, Rejected, Missing, Moved) as fault:
            await self._refused(room, fault, lease)

    async def _refused(self, room: str, fault: RemoteError, lease: Lease) -> None:
        """The room is polled more often from now on; said once for each cause, tried at growing distances."""
        now, why = self._clock.now(), why_untold(fault)
        said = log.info if why in self._told else log.error
        said("subscription.refused", extra={"why": why.value, "code": fault.code, "status": fault.status})
        self._told.setdefault(why, room)
        times = int(lease.payload) if lease.payload.isdigit() else 0
        again_at = now.timestamp() + min(_TRY_AGAIN_S * 2.0 ** min(times, 10), _MOST_TRY_AGAIN_S)
        finish = Finish(lease, again_at=again_at, payload=b"%d" % (times + 1))
        before = await self._documents.get(keys.polling(room), Polling)
        since_at = before.value.since_at if before else now
        polling = Polling(room=room, since_at=since_at, code=fault.code, why=why, seen_at=now)
        put = self._documents.put(keys.polling(room), polling)
        polls = () if before else (Schedule(keys.poll(room), now.timestamp()),)
        await self._documents.store.commit(Batch(puts=(put,), schedules=polls, finishes=(finish,)))

    async def _given_up(self, kept: Kept[SubscriptionRecord] | None, lease: Lease) -> None:
        """The room is gone, or no room any more. A subscription that cannot be ended lapses by itself."""
        deletes: tuple[Delete, ...] = ()
        if kept is not None:
            deletes = (Delete(kept.key), Delete(keys.subscription_of(kept.value.id)))
            try:
                await self._calendar.unsubscribe(kept.value.id)
            except RemoteError as fault:
                log.info("subscription.left", extra={"code": fault.code, "status": fault.status})
        deletes = (*deletes, Delete(keys.polling(lease.key.removeprefix(keys.SUBSCRIBE))))
        await self._documents.store.commit(Batch(deletes=deletes, finishes=(Finish(lease),)))

    async def _renewed(self, kept: Kept[SubscriptionRecord], lease: Lease) -> bool:
        try:
            renewed = await self._calendar.renew(kept.value.id, self._clock.now() + LIFE)
        except (Missing, Rejected):
            return False
        await self._record(self._recorded(kept.value.room, renewed, kept.value.secret_digest), lease)
        return True

    async def _made(self, room: str, old: Kept[SubscriptionRecord] | None, lease: Lease) -> None:
        if old is not None:  # of another address, or lapsed: two would tell everything twice
            with contextlib.suppress(RemoteError):
                await self._calendar.unsubscribe(old.value.id)
        secret = self._new_secret()
        made = await self._calendar.subscribe(
            room, url=self._url, client_state=secret, expires_at=self._clock.now() + LIFE
        )
        record = self._recorded(room, made, digest(secret))
        gone = (Delete(keys.subscription_of(old.value.id)),) if old is not None else ()
        feed = await self._documents.get(keys.feed(room), FeedState)
        was_read = (
            feed is not None and feed.value.synced_at is not None
        )  # else its first whole reading is still to come
        await self._record(record, lease, gone=gone, dirty=was_read)

    async def _record(
        self, record: SubscriptionRecord, lease: Lease, *, gone: tuple[Delete, ...] = (), dirty: bool = False
    ) -> None:
        """After a gap the room is dirty: nothing told us of what happened in it."""
        now = self._clock.now()
        half = (record.expires_at - now).total_seconds() / 2
        again_at = now.timestamp() + max(half * (1 - 0.2 * self._jitter.random()), 30.0)
        batch = Batch(
            puts=(
                self._documents.put(keys.subscription(record.room), record),
                self._documents.put(keys.subscription_of(record.id), record),
            ),
            deletes=(*gone, Delete(keys.polling(record.room))),
            schedules=(Schedule(keys.sync(record.room), now.timestamp()),) if dirty else (),
            finishes=(Finish(lease, again_at=again_at, payload=b""),),
        )
        await self._documents.store.commit(batch)
        for why in [why for why, room in self._told.items() if room == record.room]:
            log.warning("subscription.back", extra={"why": why.value})
            del self._told[why]

    def _recorded(self, room: str, subscription: Subscription, secret_digest: str) -> SubscriptionRecord:
        return SubscriptionRecord(
            id=subscription.id,
            room=room,
            expires_at=subscription.expires_at,
            secret_digest=secret_digest,
            url=self._url,
            seen_at=self._clock.now(),
        )


def why_untold(fault: RemoteError) -> Untold:
    """What a refusal says to whoever can do something about it. Pure."""
    return next((why for kind, why in _WHY if isinstance(fault, kind)), Untold.REFUSED)
