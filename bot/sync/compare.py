"""The nightly proof that the mirror is the mailboxes: every room against a full read of it, counted and published.

A difference may be news on its way. So a room that differs is read by its feed and compared once more: what says the
same twice, with a round between, is a divergence. It is counted, and the room is read anew from nothing.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from bot.domain.availability import Availability
from bot.domain.events import RoomEvent
from bot.domain.zones import next_at
from bot.ports import keys
from bot.ports.calendar import Busy, Calendar, RemoteError
from bot.ports.clock import Clock
from bot.ports.documents import Documents, Kept
from bot.ports.records import Comparison, FeedState
from bot.ports.store import Batch, Delete, Finish, Lease, Put, Schedule
from bot.sync.differences import differences

log = logging.getLogger(__name__)

ALL = "all"
SECOND_LOOK_S = 60.0
MOST_LOOKS = 10  # for a room whose feed is not read meanwhile
NIGHT = 2  # o'clock, in the tenant's zone; before the windows roll, which would heal unseen what differs
_AFTER_START_S = 600.0  # where the night was missed: rooms are read by their feeds first
_AT_ONCE = 4
_FOR_S = 20.0  # of one job; the next goes on where it ended
_MOST_PAUSE_S = 60.0


@dataclass(frozen=True, kw_only=True)
class _Seen:
    """A room as compared just now. `read` is False where its mailbox or its mirror could not be; `pause_s` as the
    service asked."""

    room: str
    read: bool = True
    rows: int = 0
    found: dict[str, str]
    pause_s: float = 0.0


class Comparer:
    """Handles `compare/` jobs of one tenant: one for the night, one for each room that is looked at again."""

    def __init__(
        self, documents: Documents, calendar: Calendar, index: Availability, clock: Clock, zone: str = "UTC"
    ) -> None:
        self._documents = documents
        self._calendar = calendar
        self._index = index
        self._clock = clock
        self._zone = ZoneInfo(zone)

    async def open(self) -> None:
        """Owes the next night's work, or the rest of one that was broken off. Call once, before the worker runs."""
        now = self._clock.now()
        running = await self._documents.get(keys.COMPARING, Comparison)
        last = running or await self._documents.get(keys.COMPARED, Comparison)
        due_at = next_at(NIGHT, last.value.started_at if last else now, self._zone)
        broken_off = running is not None and not running.value.listed
        late = broken_off or due_at <= now
        at = now.timestamp() + _AFTER_START_S if late else due_at.timestamp()
        await self._documents.store.commit(Batch(schedules=(Schedule(keys.compare(ALL), at),)))

    async def compare(self, lease: Lease) -> None:
        """Raises Conflict where another job counted at the same moment: the worker comes back."""
        subject = lease.key.removeprefix(keys.COMPARE)
        await (self._night(lease) if subject == ALL else self._again(subject, lease))

    async def _night(self, lease: Lease) -> None:
        """As many rooms as fit into one job, by address from where the last one ended. What the night before left open
        is not waited for."""
        now = self._clock.now()
        kept = await self._documents.get(keys.COMPARING, Comparison)
        run = kept.value if kept and not kept.value.listed else Comparison(started_at=now)
        left = sorted(room.address for room in self._index.rooms if room.address > run.after)
        looks: list[Schedule] = []
        pause_s, begun = 0.0, self._clock.monotonic()
        while left and not pause_s and self._clock.monotonic() - begun < _FOR_S:
            several, left = left[:_AT_ONCE], left[_AT_ONCE:]
            seen = await asyncio.gather(*map(self._look, several))
            looks += [self._second_look(run, one) for one in seen if one.found]
            run = _counted(run, seen)
            pause_s = min(max(one.pause_s for one in seen), _MOST_PAUSE_S)
        run = replace(run, listed=not left)
        again_at = (
            next_at(NIGHT, now, self._zone).timestamp() if run.listed else self._clock.now().timestamp() + pause_s
        )
        await self._commit(run, kept, Batch(schedules=looks, finishes=(Finish(lease, again_at=again_at),)))

    async def _again(self, room: str, lease: Lease) -> None:
        """The second look at a room."""
        looked_at, looks, night, before = _told(lease)
        kept = await self._documents.get(keys.COMPARING, Comparison)
        if kept is None or kept.value.started_at.timestamp() != night:
            await self._documents.store.commit(Batch(finishes=(Finish(lease),)))
            return
        known = self._index.room(room) is not None
        if known and looks < MOST_LOOKS and not await self._read_since(room, looked_at):
            await self._wait(room, lease)
            return
        seen = await self._look(room) if known else _Seen(room=room, read=False, found={})
        stayed = [event_id for event_id, digest in seen.found.items() if before.get(event_id) == digest]
        unread = 0 if seen.read and looks < MOST_LOOKS else 1
        run = replace(kept.value, open=kept.value.open - 1, unread=kept.value.unread + unread)
        cured = Batch(finishes=(Finish(lease),))
        if stayed and not unread:
            log.error("mirror.diverged", extra={"rows": len(stayed)})
            run = replace(run, divergences=run.divergences + len(stayed))
            cured = await self._cure(room, cured)
        await self._commit(run, kept, cured)

    async def _look(self, room: str) -> _Seen:
        """The mailbox first: what comes in between makes the mirror the newer of the two, and is right at the second
        look."""
        feed = await self._documents.get(keys.feed(room), FeedState)
        window = feed.value.window if feed and not feed.value.trouble else None
        if window is None:
            return _Seen(room=room, read=False, found={})
        try:
            there = await self._calendar.view(room, window)
        except RemoteError as fault:
            pause_s = fault.retry_after_s if isinstance(fault, Busy) else 0.0
            log.info("compare.unread", extra={"code": fault.code, "status": fault.status})
            return _Seen(room=room, read=False, found={}, pause_s=pause_s)
        here = [kept.value for kept in await self._documents.scan(keys.events(room), RoomEvent)]
        return _Seen(room=room, rows=len(there), found=differences(here, there))

    def _second_look(self, run: Comparison, seen: _Seen) -> Schedule:
        now = self._clock.now().timestamp()
        return Schedule(keys.compare(seen.room), now, _payload(now, 0, run.started_at.timestamp(), seen.found))

    async def _read_since(self, room: str, looked_at: float) -> bool:
        feed = await self._documents.get(keys.feed(room), FeedState)
        return bool(feed and feed.value.synced_at and feed.value.synced_at.timestamp() > looked_at)

    async def _wait(self, room: str, lease: Lease) -> None:
        """Only after a round is a difference more than news on its way."""
        now = self._clock.now().timestamp()
        looked_at, looks, night, found = _told(lease)
        finish = Finish(lease, again_at=now + SECOND_LOOK_S, payload=_payload(looked_at, looks + 1, night, found))
        await self._documents.store.commit(Batch(schedules=(Schedule(keys.sync(room), now),), finishes=(finish,)))

    async def _cure(self, room: str, batch: Batch) -> Batch:
        """The next round starts from nothing, and works from what differs."""
        feed = await self._documents.get(keys.feed(room), FeedState)
        if feed is None:
            return batch
        put = self._documents.put(feed.key, replace(feed.value, link=""), feed.version)
        return replace(batch, puts=(put,), schedules=(Schedule(keys.sync(room), self._clock.now().timestamp()),))

    async def _commit(self, run: Comparison, kept: Kept[Comparison] | None, batch: Batch) -> None:
        """The night's count goes on, or is published once every room was looked at and nothing is open."""
        version = kept.version if kept else 0
        if not run.listed or run.open:
            puts: tuple[Put, ...] = (self._documents.put(keys.COMPARING, run, version),)
            await self._documents.store.commit(replace(batch, puts=(*batch.puts, *puts)))
            return
        done = replace(run, finished_at=self._clock.now())
        puts = (*batch.puts, self._documents.put(keys.COMPARED, done))
        deletes = (Delete(keys.COMPARING, version),) if kept else ()
        await self._documents.store.commit(replace(batch, puts=puts, deletes=deletes))
        log.info(
            "mirror.compared",
            extra={"rooms": done.rooms, "rows": done.rows, "unread": done.unread, "divergences": done.divergences},
        )


def _counted(run: Comparison, seen: Sequence[_Seen]) -> Comparison:
    return replace(
        run,
        after=max(one.room for one in seen),
        rooms=run.rooms + sum(one.read for one in seen),
        rows=run.rows + sum(one.rows for one in seen),
        unread=run.unread + sum(not one.read for one in seen),
        open=run.open + sum(bool(one.found) for one in seen),
    )


def _payload(looked_at: float, looks: int, night: float, found: Mapping[str, str]) -> bytes:
    """When the room was looked at, how often it was waited for, in which night, and what was found."""
    lines = [f"{looked_at!r} {looks} {night!r}", *(f"{event_id} {digest}" for event_id, digest in found.items())]
    return "\n".join(lines).encode()


def _told(lease: Lease) -> tuple[float, int, float, dict[str, str]]:
    first, *lines = lease.payload.decode().split("\n")
    looked_at, looks, night = first.split()
    found = (line.rpartition(" ") for line in lines)
    return float(looked_at), int(looks), float(night), {event_id: digest for event_id, _, digest in found}
