"""After a restore: nothing is decided or sent until every room was read again; then bookings follow what was found.

The store may be older than the mailboxes: what it would do next may be done already, or undone since.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.domain.availability import Availability
from bot.domain.bookings import Booking, State
from bot.ports import keys
from bot.ports.clock import Clock
from bot.ports.documents import Documents
from bot.ports.records import Decision, FeedState, Progress
from bot.ports.store import Batch, Conflict, Delete, Finish, Lease, Schedule, Store

log = logging.getLogger(__name__)

HELD_BACK = (keys.DECIDE, keys.DRIVE, keys.TELL, keys.MANAGER)
_LOOK_EVERY_S = 5.0
_JOB = keys.RECONCILER + "all"


@dataclass(frozen=True, kw_only=True)
class Reconciling:
    """Under way since then."""

    since: datetime


class HoldingStore:
    """A store that gives out no job that decides or sends while it is reconciled."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.read = store.read
        self.scan = store.scan
        self.page = store.page
        self.claims = store.claims
        self.commit = store.commit
        self.prolong = store.prolong
        self.next_due = store.next_due
        self.dead_letters = store.dead_letters
        self.owed = store.owed
        self.known_jobs = store.known_jobs

    async def take(self, prefixes: Sequence[str], limit: int, *, now: float, lease_s: float) -> list[Lease]:
        """Prefixes are named, as workers do: none of them would mean all."""
        if await self._store.read([keys.RECONCILE]):
            prefixes = [prefix for prefix in prefixes if prefix not in HELD_BACK]
        return await self._store.take(prefixes, limit, now=now, lease_s=lease_s) if prefixes else []


class Reconciler:
    """Handles the `reconcile/` job of one tenant."""

    def __init__(self, documents: Documents, index: Availability, clock: Clock) -> None:
        self._documents = documents
        self._index = index
        self._clock = clock

    async def begin(self) -> None:
        """Every room counts as unread from now on, and every booking is `doubted`: what is pressed meanwhile acts on it
        as such, and what is booked meanwhile is new. Call before the index is loaded and before any worker runs."""
        while True:
            try:
                await self._begin(self._clock.now())
                return
            except Conflict:  # another process was pressed
                continue

    async def _begin(self, now: datetime) -> None:
        feeds = await self._documents.scan(keys.FEEDS, FeedState)
        kept = await self._documents.scan(keys.booking(""), Booking)
        # What was accepted since may stand where it was asked for since: it is not judged as an answer of before.
        decided = [one for one in await self._documents.scan(keys.DECISIONS, Decision) if _is_open(one.value)]
        unsure = [(one, doubted(one.value, now)) for one in kept if _counts(one.value, now)]
        batch = Batch(
            puts=(
                self._documents.put(keys.RECONCILE, Reconciling(since=now)),
                *(self._documents.put(feed.key, FeedState()) for feed in feeds),
                *(self._documents.put(one.key, after, one.version) for one, after in unsure if after != one.value),
                *(self._documents.put(one.key, _settled(one.value), one.version) for one in decided),
            ),
            schedules=(Schedule(_JOB, now.timestamp()),),
        )
        await self._documents.store.commit(batch)
        log.warning("reconcile.begun", extra={"rooms": len(feeds)})

    async def open(self) -> None:
        """Owes the look anew where one is under way, should it have been lost or died: nothing would ever be decided
        or sent again else."""
        if await self._documents.store.read([keys.RECONCILE]):
            again = Schedule(_JOB, self._clock.now().timestamp())
            await self._documents.store.commit(Batch(schedules=(again,)))

    async def look(self, lease: Lease) -> None:
        """A room that cannot be read at all holds nothing up: it is not called free, and is told by status."""
        kept = await self._documents.get(keys.RECONCILE, Reconciling)
        now = self._clock.now()
        if kept is None:
            await self._documents.store.commit(Batch(finishes=(Finish(lease),)))
        elif await self._all_read(kept.value.since):
            await self._end(lease, now, kept.version)
        else:
            again = Finish(lease, again_at=now.timestamp() + _LOOK_EVERY_S)
            await self._documents.store.commit(Batch(finishes=(again,)))

    async def _all_read(self, since: datetime) -> bool:
        rooms = [keys.feed(room.address) for room in self._index.rooms]
        feeds = await self._documents.get_all(rooms, FeedState)
        return bool(rooms) and all(key in feeds and _is_read(feeds[key].value, since) for key in rooms)

    async def _end(self, lease: Lease, now: datetime, version: int) -> None:
        """Raises Conflict where another process has begun anew meanwhile."""
        kept = [one for one in await self._documents.scan(keys.booking(""), Booking) if _counts(one.value, now)]
        batch = Batch(
            deletes=(Delete(keys.RECONCILE, version),),
            schedules=tuple(Schedule(keys.drive(one.value.id), now.timestamp()) for one in kept),
            finishes=(Finish(lease),),
        )
        await self._documents.store.commit(batch)
        log.warning("reconcile.ended", extra={"bookings": len(kept)})


def doubted(booking: Booking, now: datetime) -> Booking:
    """The booking as one of which more may have happened than the store knows: an event that was about to be made is
    looked for, and never made, for it may have been made just now, or made and cancelled since; a move that was about
    to be sent is not sent, for the meeting may stand elsewhere by now. Occurrences go with their series."""
    if booking.state is State.HELD and not booking.series:
        return booking.to(State.CREATING, tried_at=now, asked_at=now, ends_as=State.FAILED)
    if booking.state is State.CREATING:
        return replace(booking, asked_at=now, ends_as=State.FAILED)
    if booking.state is State.REQUESTED and booking.moving_from is not None and booking.tried_at is None:
        return replace(booking, tried_at=now)
    return booking


def _is_open(decision: Decision) -> bool:
    return decision.progress in (Progress.WANTED, Progress.ANSWERED)


def _settled(decision: Decision) -> Decision:
    """What still waits is answered all the same; what has an answer keeps it."""
    return replace(decision, progress=Progress.SETTLED)


def _is_read(feed: FeedState, since: datetime) -> bool:
    return bool(feed.trouble) or (feed.synced_at is not None and feed.synced_at >= since and not feed.doubted)


def _counts(booking: Booking, now: datetime) -> bool:
    return booking.live and booking.end_at > now
