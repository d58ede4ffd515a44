"""Forgets what nobody needs any more, each kind at its age; room by room, so that it never holds up other work."""

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta

from bot.domain.bookings import Booking
from bot.domain.events import RoomEvent
from bot.domain.rooms import Room
from bot.ports import keys
from bot.ports.clock import Clock
from bot.ports.documents import Documents
from bot.ports.records import Acquaintance, Decision, FeedState, KeptCard
from bot.ports.store import Batch, Delete, Finish, Lease, Release, Schedule
from bot.sync.followup import decided_on, holder

log = logging.getLogger(__name__)

ALL = "all"
EVERY_S = 24 * 3600.0
FIRST_AFTER_S = 3600.0
DECISIONS_LIVE = timedelta(days=7)  # after the meeting has left the calendar
CARDS_LIVE = timedelta(days=30)  # after the booking's end, as the way from a meeting to its booking
RECORDS_LIVE = timedelta(days=400)  # bookings after their end, decisions, people: a year can be looked back on
GONE_ROOMS_LIVE = timedelta(days=30)  # after the last reading: a room may come back
_MOST_AT_ONCE = 500
_FOR_S = 10.0


class Forgetter:
    """Handles `forget/` jobs of one tenant."""

    def __init__(self, documents: Documents, clock: Clock) -> None:
        self._documents = documents
        self._clock = clock

    async def open(self) -> None:
        """Owes the day's work. Call once, before the worker runs."""
        at = self._clock.now().timestamp() + FIRST_AFTER_S
        await self._documents.store.commit(Batch(schedules=(Schedule(keys.FORGET + ALL, at),)))

    async def forget(self, lease: Lease) -> None:
        """Rooms by address; the payload names the last one done. What remains is left to the next job, at once."""
        now, begun = self._clock.now(), self._clock.monotonic()
        after = lease.payload.decode()
        feeds = [feed for feed in await self._documents.scan(keys.feed(""), FeedState) if _address(feed.key) > after]
        while feeds and self._clock.monotonic() - begun < _FOR_S:
            feed = feeds.pop(0)
            after = _address(feed.key)
            await self._room(after, feed.value, now)
        if feeds:
            finish = Finish(lease, again_at=now.timestamp(), payload=after.encode())
        else:
            await self._bookings(now)
            await self._people(now)
            finish = Finish(lease, again_at=now.timestamp() + EVERY_S, payload=b"")
        await self._documents.store.commit(Batch(finishes=(finish,)))

    async def _room(self, room: str, feed: FeedState, now: datetime) -> None:
        rows = [kept.value for kept in await self._documents.scan(keys.events(room), RoomEvent)]
        listed = await self._documents.get(keys.room(room), Room) is not None
        if not listed and feed.synced_at is not None and now - feed.synced_at > GONE_ROOMS_LIVE:
            await self._gone(room, rows)
            rows = []
        decisions = await self._documents.scan(keys.decision(room, ""), Decision)
        standing = {decided_on(row) for row in rows}
        deletes = [
            Delete(kept.key, kept.version)
            for kept in decisions
            if kept.value.event_id not in standing and now - kept.value.decided_at > DECISIONS_LIVE
        ]
        oldest = keys.journal(room, (now - RECORDS_LIVE).isoformat(), "")
        journal = await self._documents.store.scan(keys.journal(room, "", "").rstrip("/") + "/")
        deletes += [Delete(found.key) for found in journal if found.key < oldest]
        await self._delete(deletes)

    async def _gone(self, room: str, rows: Iterable[RoomEvent]) -> None:
        """The feed goes last: while it is there, the room is come back to."""
        log.info("room.forgotten")
        releases = tuple(Release(holder(row), room) for row in rows)
        await self._documents.store.commit(Batch(releases=releases, deletes=(Delete(keys.packed(room)),)))
        for prefix in (keys.events(room), keys.overlap(room, ""), keys.odd(room)):
            await self._delete([Delete(found.key) for found in await self._documents.store.scan(prefix)])
        await self._delete([Delete(key) for key in _of_room(room)])

    async def _bookings(self, now: datetime) -> None:
        """The booking says how old its card is; it is read after the card, so that none is taken for one without."""
        cards = await self._documents.scan(keys.card(""), KeptCard)
        pointers = await self._documents.scan(keys.booking_of(""), str)
        kept = await self._documents.scan(keys.booking(""), Booking)
        recent = {one.value.id for one in kept if now - one.value.end_at <= CARDS_LIVE}
        await self._delete([Delete(one.key, one.version) for one in cards if one.value.booking_id not in recent])
        await self._delete([Delete(one.key, one.version) for one in pointers if one.value not in recent])
        old = [one for one in kept if now - one.value.end_at > RECORDS_LIVE]
        await self._delete([Delete(one.key, one.version) for one in old])

    async def _people(self, now: datetime) -> None:
        """Who was not seen for long and has no booking, and conversations that were greeted long ago. Who was looked up
        only, and cannot be written to, is looked up again should they be needed."""
        people = await self._documents.scan(keys.person(""), Acquaintance)
        booked = {kept.value.person_id for kept in await self._documents.scan(keys.booking(""), Booking)}
        gone = [one for one in people if one.value.person.id not in booked and _is_stranger(one.value, now)]
        await self._delete([Delete(one.key, one.version) for one in gone])
        greeted = await self._documents.store.scan(keys.welcomed(""))
        await self._delete([Delete(one.key, one.version) for one in greeted if _is_old(one.value, now)])

    async def _delete(self, deletes: list[Delete]) -> None:
        """Raises Conflict where one of them is in use after all: the worker comes back."""
        for at in range(0, len(deletes), _MOST_AT_ONCE):
            await self._documents.store.commit(Batch(deletes=tuple(deletes[at : at + _MOST_AT_ONCE])))


def _is_stranger(known: Acquaintance, now: datetime) -> bool:
    return not known.chat if known.seen_at is None else now - known.seen_at > RECORDS_LIVE


def _is_old(moment: bytes, now: datetime) -> bool:
    try:
        return now - datetime.fromisoformat(moment.decode()) > RECORDS_LIVE
    except (ValueError, TypeError):
        return True


def _of_room(room: str) -> tuple[str, ...]:
    return keys.kin(room), keys.observation(room), keys.polling(room), keys.feed(room)


def _address(feed_key: str) -> str:
    return feed_key.removeprefix(keys.feed(""))
