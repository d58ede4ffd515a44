"""What a decision is about: the request's own rows, what was decided on it, and what else takes the room."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.domain.availability import Availability
from bot.domain.events import Kind, Response, RoomEvent
from bot.domain.rooms import Room
from bot.domain.slots import Slot
from bot.ports import keys
from bot.ports.calendar import Answer
from bot.ports.clock import Clock
from bot.ports.documents import Documents, Kept
from bot.ports.mirror import rows_where, rows_within
from bot.ports.records import Decision, FeedState, Progress
from bot.sync.followup import decided_on
from bot.sync.indexing import room_at
from bot.sync.own import Own


@dataclass(frozen=True, kw_only=True)
class Request:
    """A request: its own rows (one, or every occurrence of a series), and those of them that are not over (all, when
    all are). `synced_at` is when the mirror that showed it was last read. `loose` are dates of the series that were
    changed by themselves and wait for an answer of their own: one to the series would count for them, too. `counted`
    are those that have the room though nothing was decided on them: one to the series may have counted."""

    room: Room
    event_id: str
    everything: tuple[RoomEvent, ...]
    rows: tuple[RoomEvent, ...]
    synced_at: datetime | None
    loose: tuple[RoomEvent, ...] = ()
    counted: tuple[RoomEvent, ...] = ()

    @property
    def head(self) -> RoomEvent:
        """The row whose answer counts for all: of a series, the first that waits."""
        return next((row for row in self.rows if row.pending), self.rows[0])

    @property
    def series(self) -> bool:
        return self.head.kind is Kind.OCCURRENCE

    @property
    def fingerprint(self) -> str:
        """A series is all of its occurrences: the mirror knows no patterns."""
        if not self.series:
            return self.head.fingerprint
        parts = "\x1f".join(row.fingerprint for row in self.everything)
        return hashlib.sha256(parts.encode()).hexdigest()[:24]


class Requests:
    """Of one tenant, as the store has them."""

    def __init__(self, documents: Documents, index: Availability, clock: Clock) -> None:
        self._documents = documents
        self._index = index
        self._clock = clock

    async def of(self, job: str) -> tuple[Request | None, Kept[Decision] | None]:
        """What a `decide/` job is about, None where that is gone, with the last decision on it."""
        named = keys.decide_key(job)
        row, feed = keys.event(named.room, named.event_id), keys.feed(named.room)
        decided = keys.decision(named.room, named.event_id)
        found = await self._documents.snapshot((row, feed, decided))
        decision, state = found.get(decided, Decision), found.get(feed, FeedState)
        room = await room_at(named.room, self._index, self._documents)
        if room is None:
            return None, decision
        related = await self._rows_of(named, found.get(row, RoomEvent))
        same = sorted((row for row in related if decided_on(row) == named.event_id), key=lambda row: row.slot)
        mine = [row for row in same if row.kind is not Kind.MASTER and not row.is_cancelled and not row.is_organizer]
        if not mine:  # a master takes no time of its own, and what was cancelled or made by the room waits for nothing
            return None, decision
        now = self._clock.now()
        coming = [row for row in mine if row.slot.end_at > now] or mine
        synced_at = state.value.synced_at if state else None
        loose, counted = await self._changed(named, related, now)
        return (
            Request(
                room=room,
                event_id=named.event_id,
                everything=tuple(mine),
                rows=tuple(coming),
                synced_at=synced_at,
                loose=loose,
                counted=counted,
            ),
            decision,
        )

    async def _changed(
        self, named: keys.DecideKey, related: Sequence[RoomEvent], now: datetime
    ) -> tuple[tuple[RoomEvent, ...], tuple[RoomEvent, ...]]:
        """Dates that were changed by themselves: `loose` and `counted`. One that is to be accepted holds its time
        already; one whose answer did not hold was told to a human."""
        dates = [row for row in related if row.kind is Kind.EXCEPTION and row.master_id == named.event_id]
        changed = [row for row in dates if row.slot.end_at > now]
        found = await self._documents.get_all([keys.decision(row.room, row.id) for row in changed], Decision)
        decided = {kept.value.event_id: kept.value for kept in found.values()}
        loose = [row for row in changed if row.pending and (row.id not in decided or _holds_up(row, decided[row.id]))]
        accepted = [row for row in changed if row.response is Response.ACCEPTED and not row.is_cancelled]
        return tuple(loose), tuple(row for row in accepted if row.id not in decided)

    async def _rows_of(self, named: keys.DecideKey, kept: Kept[RoomEvent] | None) -> list[RoomEvent]:
        """A request for one meeting is its row. Of a series the key names the master, which is no row: its occurrences
        and exceptions are looked for among all of the room's."""
        if kept is not None and kept.value.kind in (Kind.SINGLE, Kind.EXCEPTION):
            return [kept.value]
        return await rows_where(self._documents, named.room, lambda row: named.event_id in (row.id, row.master_id))

    async def others(self, request: Request, own: Own) -> tuple[RoomEvent, ...]:
        """What else takes the room between the request's first moment and its last. Where the index shows what the
        mirror's last reading did, and shows nobody, no row is looked at."""
        address = request.room.address
        span = Slot(min(row.slot.start_at for row in request.rows), max(row.slot.end_at for row in request.rows))
        mine = {row.id for row in request.everything} | {own.holder(row) for row in request.rows}
        is_shown = request.synced_at is not None and self._index.read_at.get(address) == request.synced_at
        if is_shown and self._index.in_the_way(address, span, frozenset(mine)) is None:
            return ()
        near = await rows_within(self._documents, address, span)
        return tuple(row for row in near if row.blocks and decided_on(row) != request.event_id)


def _holds_up(row: RoomEvent, decision: Decision) -> bool:
    is_old = decision.fingerprint != row.fingerprint
    return (
        is_old
        or decision.answer is None
        or (decision.answer is Answer.DECLINE and decision.progress is not Progress.HELD)
    )
