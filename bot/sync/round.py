"""One round of one room: feed, plan, one batch. Killed anywhere, it starts over and ends the same."""

import asyncio
import logging
from bisect import bisect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.domain.availability import Availability
from bot.domain.bookings import Booking
from bot.domain.events import RoomEvent
from bot.domain.kin import Kin
from bot.domain.pace import Turns, import_s, rest_calls
from bot.domain.rooms import Control, Room
from bot.policy.loading import Policies
from bot.ports import keys
from bot.ports.calendar import Calendar, Denied, Missing
from bot.ports.clock import Clock
from bot.ports.documents import Documents, Kept
from bot.ports.records import FeedState, ForeignOverlap, Oddity
from bot.ports.store import Batch, Claim, Delete, Finish, Lease, Overlap, Put
from bot.sync import feed
from bot.sync.followup import Followup, claim, decided_on, follow_up, lately_accepted, may_be, newly_accepted, stands
from bot.sync.indexing import room_at
from bot.sync.known import Before, all_rows, before_round, decisions_and_bookings, kin_after, rows_told_of
from bot.sync.packing import Packing
from bot.sync.plan import Plan, Remote, odd_news, plan

log = logging.getLogger(__name__)

QUARANTINE_S = 300.0
SURE_AFTER_S = 60.0  # an empty answer is believed when one that comes so much later says the same
_Records = tuple[tuple[Put, ...], tuple[Delete, ...]]
_TRIES = 5  # claims are sorted out before each: only another process can come between


@dataclass(frozen=True, kw_only=True)
class _Round:
    """A room with what the feed said and what that changes of it, and the ends of its batch."""

    room: Room
    known: Mapping[str, RoomEvent]
    changes: Plan
    after: FeedState
    remote: Remote
    finish: Finish
    until_at: datetime
    before: Before
    kin: Kin | None  # of all rows, before the changes
    read_at: datetime | None = None  # where this was the whole

    @property
    def whole(self) -> Mapping[str, RoomEvent] | None:
        """All of the room's rows, where all were read."""
        return self.known if self.remote.full or self.before.feed is None else None

    @property
    def looked_at(self) -> datetime | None:
        """When the room was read last, where this reading goes on from that one."""
        return None if self.remote.full or self.before.feed is None else self.before.feed.value.synced_at


class Rounds:
    """Handles `sync/` jobs of one tenant."""

    def __init__(  # noqa: PLR0913  (what a round needs)
        self,
        documents: Documents,
        calendar: Calendar,
        index: Availability,
        policies: Policies,
        clock: Clock,
        zone: str = "UTC",
    ) -> None:
        self._zone = ZoneInfo(zone)
        self._documents = documents
        self._calendar = calendar
        self._index = index
        self._policies = policies
        self._clock = clock
        self._turns = Turns()
        self._packing = Packing(documents)
        self._unshown: dict[str, _Round] = {}  # by room, what was broken off while it was committed

    async def round(self, lease: Lease) -> None:
        """Raises the calendar's Busy and its like: the room stays dirty and the worker comes back."""
        room = await room_at(lease.key.removeprefix(keys.SYNC), self._index, self._documents)
        if room is None:
            await self._documents.store.commit(Batch(finishes=(Finish(lease),)))
            return
        before = await before_round(self._documents, room.address)
        kept = before.feed
        state = kept.value if kept else FeedState()
        now = self._clock.now()
        try:
            if kept is None:
                await self._read_near(room, before, now, lease)
                return
            answer = await self._read(room, state, now)
            known, kin = await rows_told_of(self._documents, room.address, answer.remote, before)
            told = {row.master_id for row in known.values()} & set(answer.remote.removed)
            if told:
                answer = await feed.with_removed(self._calendar, room.address, answer, sorted(told))
                known, kin = await rows_told_of(self._documents, room.address, answer.remote, before)
        except (Denied, Missing) as fault:
            await self._quarantine(room, kept, lease, "denied" if isinstance(fault, Denied) else "missing")
            return
        since = state.doubted_at
        sure = since is not None and (now - since).total_seconds() >= SURE_AFTER_S
        expected = any(row.slot.overlaps(answer.window) for row in known.values())
        changes = plan(known, answer.remote, doubted_before=sure or not expected)
        if changes.doubtful:
            log.warning("feed.empty_doubted", extra={"rows": len(known)})
        if state.trouble:
            log.warning("room.back", extra={"trouble": state.trouble})
        after = FeedState(link=answer.link, window=answer.window, synced_at=now, control=self.control(room))
        again_at = None
        if changes.doubtful:
            after = replace(after, link="", doubted_at=since or now, control=state.control)
            again_at = (since or now).timestamp() + SURE_AFTER_S
        await self._record(
            _Round(
                room=room,
                known=known,
                changes=changes,
                after=after,
                remote=answer.remote,
                finish=Finish(lease, again_at=again_at),
                until_at=answer.window.end_at,
                before=before,
                kin=kin,
                read_at=now,
            )
        )

    async def _read_near(self, room: Room, before: Before, now: datetime, lease: Lease) -> None:
        """A room that was never read: the next two weeks in one look, so that every room can be searched in before any
        is read to its end. Nothing is decided yet: who asked first is told by the feed alone."""
        window = feed.near(now)
        rows = await self._calendar.view(room.address, window)
        known, kin = await all_rows(self._documents, room.address)
        remote = Remote(changed=rows, removed=(), series={})
        changes = plan(known, remote, doubted_before=False)
        rest_at = self._rest_at(room, rows, now)
        finish = Finish(lease, again_at=rest_at.timestamp())
        await self._record(
            _Round(
                room=room,
                known=known,
                changes=changes,
                after=FeedState(near_until_at=window.end_at, rest_at=rest_at, control=Control.WATCHED),
                remote=remote,
                finish=finish,
                until_at=window.end_at,
                before=before,
                kin=kin,
            )
        )

    def _rest_at(self, room: Room, near: Sequence[RoomEvent], now: datetime) -> datetime:
        calls = rest_calls(len(near), self._policies.of(room).days_ahead, series=any(row.master_id for row in near))
        earliest_at = now.timestamp() + import_s(len(self._index.rooms))
        return datetime.fromtimestamp(self._turns.take(earliest_at, calls), UTC)

    async def _read(self, room: Room, state: FeedState, now: datetime) -> feed.Answer:
        """By the link that there is; once a day by a new one over the window of today, if that can be had."""
        horizon = timedelta(days=self._policies.of(room).days_ahead)
        if state.link and state.window and now >= feed.rolls_at(state.window, room.address, self._zone):
            fresh = await feed.rolled(self._calendar, room.address, now=now, horizon=horizon)
            if fresh is not None:
                return fresh
        return await feed.read(self._calendar, room.address, state, now=now, horizon=horizon)

    async def _record(self, this: _Round) -> None:
        """The batch; a claim that is refused is a foreign overlap: recorded, reported, and the rest goes on."""
        parts = await self._follow(this)
        odd = self._odd(this)
        ends = await self._ends(this)
        wanted = {**parts.claims, **{row.id: claim(row) for row in self._held_back(this)}}
        refused: dict[str, str] = {}
        for attempt in range(_TRIES + 1):
            granted = {event_id: made for event_id, made in wanted.items() if event_id not in refused}
            overlaps = await self._told(this, refused)
            batch = self._batch(this, replace(parts, claims=granted), overlaps, odd, ends)
            try:
                await self._documents.store.commit(batch)
                break
            except asyncio.CancelledError:  # broken off: what waits to be written is written all the same
                self._unshown[this.room.address] = this
                raise
            except Overlap:
                if attempt == _TRIES:
                    raise
                refused = await self._refused(this.room, wanted, parts)
        before = self._unshown.pop(this.room.address, None)
        if before is not None and _version(this) > _version(before):
            self._show(before)
        self._show(this)

    async def _ends(self, this: _Round) -> _Records:
        """Where the feed stands from now on, and when the room is taken."""
        kept = this.before.feed
        packed = await self._packing.after(this.room.address, kept.value if kept else None, this.changes, this.whole)
        return (*packed.puts, self._put_feed(this.room, kept, replace(this.after, packed=packed.digest))), ()

    async def _refused(self, room: Room, wanted: Mapping[str, Claim], parts: Followup) -> dict[str, str]:
        """By event id, who has the room already: in the store, or among the others that are wanted."""
        start, end = min(one.start for one in wanted.values()), max(one.end for one in wanted.values())
        given_back = {release.holder for release in parts.releases}
        held = await self._documents.store.claims(room.address, start, end)
        taken = [(one.start, one.end, one.holder) for one in held if one.holder not in given_back]
        refused: dict[str, str] = {}
        for event_id, one in wanted.items():
            at = bisect(taken, (one.start, one.start, ""))
            near = [other for other in taken[max(at - 1, 0) : at + 1] if other[0] < one.end and one.start < other[1]]
            if near:
                refused[event_id] = near[0][2]
            else:
                taken.insert(at, (one.start, one.end, one.holder))
        return refused

    def _held_back(self, this: _Round) -> list[RoomEvent]:
        """Meetings that stood where another held the room: it may have gone by now."""
        if not this.before.overlaps:
            return []
        touched = {row.id for row in (*this.changes.upserts, *this.changes.drops)}
        rows = [this.known[one] for one in this.before.overlaps if one in this.known and one not in touched]
        return [row for row in rows if stands(row)]

    async def _told(self, this: _Round, refused: Mapping[str, str]) -> _Records:
        """What is recorded of overlaps: new ones, and those that are no more."""
        if not refused and not this.before.overlaps:
            return (), ()
        rows, before = {**this.known, **{row.id: row for row in this.changes.upserts}}, this.before.overlaps
        puts, still = [], set()
        for event_id, held_by in refused.items():
            row = rows[event_id]
            if await self._is_ours(row, held_by):
                continue
            still.add(event_id)
            if event_id not in before:
                puts.append(self._documents.put(keys.overlap(row.room, row.id), self._foreign(row, held_by)))
        touched = {row.id for row in (*this.changes.upserts, *this.changes.drops)}
        tried = touched | {row.id for row in self._held_back(this)}
        over = [Delete(keys.overlap(this.room.address, event_id)) for event_id in before if event_id in tried - still]
        return tuple(puts), tuple(over)

    async def _is_ours(self, row: RoomEvent, held_by: str) -> bool:
        """The room's copy can be here before the answer to the creation of our own booking."""
        kept = await self._documents.get(keys.booking(held_by.partition(":")[2]), Booking)
        return kept is not None and may_be(kept.value, row)

    def _odd(self, this: _Round) -> _Records:
        """What is recorded of items that are not understood, so that an administrator hears of them."""
        if this.changes.doubtful:
            return (), ()
        address = this.room.address
        new, over = odd_news(this.before.odd, this.remote)
        if new:
            log.error("room.events_not_understood", extra={"count": len(new)})
        blocking = {row.id for row in this.remote.changed}
        made = [
            Oddity(room=address, event_id=one, seen_at=self._clock.now(), blocks=one in blocking) for one in sorted(new)
        ]
        puts = tuple(self._documents.put(keys.odd(address, one.event_id), one) for one in made)
        return puts, tuple(Delete(keys.odd(address, one)) for one in sorted(over))

    def _batch(self, this: _Round, parts: Followup, *records: _Records) -> Batch:
        rows = tuple(self._documents.put(keys.event(row.room, row.id), row) for row in this.changes.upserts)
        seen = parts.observation
        observed = (self._documents.put(keys.observation(this.room.address), seen),) if seen else ()
        outlived = tuple(self._documents.put(keys.decision(one.room, one.event_id), one) for one in parts.outlived)
        kin = kin_after(this.kin, this.known, this.changes) if this.kin else None
        kept = (self._documents.put(keys.kin(this.room.address), kin),) if kin and kin != this.before.kin else ()
        gone = [Delete(keys.event(row.room, row.id)) for row in this.changes.drops]
        gone += [] if kin else [Delete(keys.kin(this.room.address))]  # not known, or not believed
        return Batch(
            puts=(*rows, *kept, *observed, *outlived, *(put for puts, _ in records for put in puts)),
            deletes=(*gone, *(delete for _, over in records for delete in over)),
            releases=parts.releases,
            claims=tuple(parts.claims.values()),
            schedules=parts.schedules,
            finishes=(this.finish,),
        )

    async def _follow(self, this: _Round) -> Followup:
        room, changes, now = this.room, this.changes, self._clock.now()
        accepted = newly_accepted(changes.upserts, this.known, looked_at=this.looked_at, now=now)
        decided = {decided_on(row) for row in (*accepted, *lately_accepted(changes.upserts, now))}
        decided |= {row.id for row in changes.upserts if row.id in changes.changed and self._is_elsewhere(this, row)}
        uids = {row.ical_uid for row in (*changes.upserts, *changes.drops)}
        decisions, bookings = await decisions_and_bookings(self._documents, room.address, decided, uids)
        return follow_up(
            changes,
            control=this.after.control or Control.WATCHED,
            bookings=bookings,
            decisions=decisions,
            now=now,
            waiting=await self._waiting(this),
            accepted=accepted,
        )

    async def _waiting(self, this: _Round) -> list[RoomEvent]:
        """What a room that has come under our control since its last round has in it: no news will tell of that."""
        before = this.before.feed.value.control if this.before.feed else None
        if this.after.control is before or this.after.control is not Control.DELEGATED:
            return []
        rows = this.whole if this.whole is not None else (await all_rows(self._documents, this.room.address))[0]
        touched = {row.id for row in (*this.changes.upserts, *this.changes.drops)}
        return [row for event_id, row in rows.items() if event_id not in touched]

    @staticmethod
    def _is_elsewhere(this: _Round, row: RoomEvent) -> bool:
        return stands(row) and this.known[row.id].slot != row.slot

    def control(self, room: Room) -> Control:
        return self._policies.of(room).control

    def _show(self, this: _Round) -> None:
        changes = this.changes
        if changes.doubtful:
            self._index.mark_unread(this.room.address)
        else:
            self._index.mark_read(this.room.address, this.until_at)
            self._index.note_read(this.room.address, this.read_at)
        for row in changes.drops:
            self._index.drop(row.room, row.id)
        for row in changes.upserts:
            if row.blocks:
                self._index.put(row.room, row.id, row.slot)
            else:
                self._index.drop(row.room, row.id)

    def _foreign(self, row: RoomEvent, held_by: str) -> ForeignOverlap:
        log.error("room.foreign_overlap", extra={"event": row.id[-12:], "held_by": held_by.partition(":")[0]})
        now = self._clock.now()
        return ForeignOverlap(room=row.room, event_id=row.id, slot=row.slot, held_by=held_by, seen_at=now)

    def _put_feed(self, room: Room, kept: Kept[FeedState] | None, state: FeedState) -> Put:
        return self._documents.put(keys.feed(room.address), state, expected=kept.version if kept else 0)

    async def _quarantine(self, room: Room, kept: Kept[FeedState] | None, lease: Lease, trouble: str) -> None:
        """One mailbox that cannot be read does not stop the others; said once, tried every five minutes."""
        state = kept.value if kept else FeedState()
        now = self._clock.now()
        if state.trouble != trouble:
            log.error("room.unreadable", extra={"trouble": trouble})
            state = replace(state, trouble=trouble, trouble_at=now)
        again_at = now.timestamp() + QUARANTINE_S
        batch = Batch(puts=(self._put_feed(room, kept, state),), finishes=(Finish(lease, again_at=again_at),))
        await self._documents.store.commit(batch)
        self._index.mark_unread(room.address, troubled=True)


def _version(this: _Round) -> int:
    """Of the feed that the round began with."""
    return this.before.feed.version if this.before.feed else 0
