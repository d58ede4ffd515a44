"""One round of one room: feed, plan, one batch. Killed anywhere, it starts over and ends the same."""

import logging
from dataclasses import replace
from datetime import timedelta

from bot.domain.availability import Availability
from bot.domain.events import RoomEvent
from bot.domain.rooms import Control, Room
from bot.policy.loading import Policies
from bot.ports import keys
from bot.ports.calendar import Calendar, Denied, Missing
from bot.ports.clock import Clock
from bot.ports.documents import Documents, Kept
from bot.ports.records import Decision, FeedState, ForeignOverlap
from bot.ports.store import Batch, Conflict, Delete, Finish, Lease, Overlap, Put
from bot.sync import feed
from bot.sync.followup import Followup, decided_on, follow_up
from bot.sync.plan import Plan, plan

log = logging.getLogger(__name__)

QUARANTINE_S = 300.0
_TRIES = 20


class Rounds:
    """Handles `sync/` jobs of one tenant."""

    def __init__(
        self, documents: Documents, calendar: Calendar, index: Availability, policies: Policies, clock: Clock
    ) -> None:
        self._documents = documents
        self._calendar = calendar
        self._index = index
        self._policies = policies
        self._clock = clock

    async def round(self, lease: Lease) -> None:
        """Raises the calendar's Busy and its like: the room stays dirty and the worker comes back."""
        room = self._index.room(lease.key.removeprefix(keys.SYNC))
        if room is None:
            await self._documents.store.commit(Batch(finishes=(Finish(lease),)))
            return
        kept = await self._documents.get(keys.feed(room.address), FeedState)
        state = kept.value if kept else FeedState()
        now = self._clock.now()
        try:
            horizon = timedelta(days=self._policies.of(room).days_ahead)
            answer = await feed.read(self._calendar, room.address, state, now=now, horizon=horizon)
        except (Denied, Missing) as fault:
            await self._quarantine(room, kept, lease, "denied" if isinstance(fault, Denied) else "missing")
            return
        known = {row.value.id: row.value for row in await self._documents.scan(keys.events(room.address), RoomEvent)}
        changes = plan(known, answer.remote, doubted_before=state.doubted)
        if changes.doubtful:
            log.warning("feed.empty_doubted", extra={"rows": len(known)})
        if state.trouble:
            log.warning("room.back", extra={"trouble": state.trouble})
        after = FeedState(link=answer.link, window=answer.window, synced_at=now, doubted=changes.doubtful)
        if changes.doubtful:
            after = replace(after, link="")
        again_at = now.timestamp() + 5 if changes.doubtful else None
        await self._record(room, changes, (self._put_feed(room, kept, after),), Finish(lease, again_at=again_at))

    async def _record(self, room: Room, changes: Plan, puts: tuple[Put, ...], finish: Finish) -> None:
        """The batch; a claim that is refused is a foreign overlap: recorded, reported, and the rest goes on."""
        parts = await self._follow(room, changes)
        overlaps: list[ForeignOverlap] = []
        for _ in range(_TRIES):
            batch = self._batch(room, changes, parts, (*puts, *self._put_overlaps(overlaps)), finish)
            try:
                await self._documents.store.commit(batch)
            except Overlap as lost:
                row = next(r for r in changes.upserts if keys.held_by_event(r.ical_uid) == lost.claim.holder)
                overlaps.append(self._foreign(row, lost.holder))
                parts = replace(parts, claims=tuple(c for c in parts.claims if c != lost.claim))
                continue
            self._show(changes)
            return
        raise Conflict(keys.feed(room.address))

    def _batch(self, room: Room, changes: Plan, parts: Followup, puts: tuple[Put, ...], finish: Finish) -> Batch:
        rows = tuple(self._documents.put(keys.event(row.room, row.id), row) for row in changes.upserts)
        seen = parts.observation
        observed = (self._documents.put(keys.observation(room.address), seen),) if seen else ()
        gone = [Delete(keys.event(row.room, row.id)) for row in changes.drops]
        over = [Delete(keys.overlap(row.room, row.id)) for row in changes.drops]
        return Batch(
            puts=(*rows, *observed, *puts),
            deletes=(*gone, *over),
            releases=parts.releases,
            claims=parts.claims,
            schedules=parts.schedules,
            finishes=(finish,),
        )

    async def _follow(self, room: Room, changes: Plan) -> Followup:
        uids = {row.ical_uid for row in (*changes.upserts, *changes.drops)}
        pointers = await self._documents.get_all([keys.booking_of(uid) for uid in uids], str)
        bookings = {uid: kept.value for uid in uids if (kept := pointers.get(keys.booking_of(uid)))}
        decided = [keys.decision(row.room, decided_on(row)) for row in changes.upserts]
        decisions = await self._documents.get_all(decided, Decision)
        return follow_up(
            changes,
            control=self.control(room),
            bookings=bookings,
            decisions={kept.value.event_id: kept.value for kept in decisions.values()},
            now=self._clock.now(),
        )

    def control(self, room: Room) -> Control:
        return self._policies.of(room).control

    def _show(self, changes: Plan) -> None:
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

    def _put_overlaps(self, overlaps: list[ForeignOverlap]) -> tuple[Put, ...]:
        return tuple(self._documents.put(keys.overlap(item.room, item.event_id), item) for item in overlaps)

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
