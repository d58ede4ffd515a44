"""Decides pending requests and answers in the room's name: judged once, recorded, sent, and seen to hold.

Exchange leaves a request tentative; https://learn.microsoft.com/graph/api/event-accept answers it. An answer that
crosses the attendant's own can be overwritten, so each is looked at again until the mirror shows it, and once more
later. One that does not hold after three answers is told to a human, and given again every ten minutes.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from bot.domain.availability import Availability
from bot.domain.bookings import Reason
from bot.domain.events import Response, RoomEvent
from bot.domain.rooms import Control, Room
from bot.domain.slots import Slot
from bot.policy.engine import judge
from bot.policy.loading import Policies
from bot.policy.verdicts import Asking, Outcome, Taken, Verdict
from bot.ports import keys
from bot.ports.calendar import Answer, Calendar, Missing, Rejected, Unclear
from bot.ports.clock import Clock
from bot.ports.documents import Documents, Kept
from bot.ports.records import Decision, FeedState, Progress
from bot.ports.store import Batch, Claim, Conflict, Finish, Lease, Overlap, Put, Release, Schedule
from bot.sync.brake import STOPPED_WAITS_S, Brake
from bot.sync.crossing import counted_for, crossed, had
from bot.sync.followup import claim, holder
from bot.sync.lag import DecisionLag
from bot.sync.own import Own, own_of
from bot.sync.request import Request, Requests

log = logging.getLogger(__name__)

# An older mirror is not answered from: the organizer may have moved the meeting meanwhile. Longer than the wait for the
# attendant, so that a request that nobody touched costs two calls: its delta and its answer.
FRESH_S = 15.0
MOST_ANSWERS = 3
_WAIT_FOR_OWN_S = 5.0

Comment = Callable[[tuple[Reason, ...]], str]


class Look(StrEnum):
    """Why a job comes back to a decision: stands in the job's payload, with how often in a row."""

    TAKEN = "taken"  # the answer went out
    UNCLEAR = "unclear"  # it may have gone out
    SEEN = "seen"  # the mailbox shows what the mirror does not yet
    HELD = "held"  # answers did not hold
    LATE = "late"  # settled: an overwriting that no round tells of as news would be missed


_WAITS_S: dict[Look, tuple[float, ...]] = {
    Look.TAKEN: (30.0,),
    Look.UNCLEAR: (2.0, 5.0, 15.0, 60.0, 120.0, 300.0),
    Look.SEEN: (30.0, 60.0, 120.0, 300.0),
    Look.HELD: (600.0,),
    Look.LATE: (120.0,),
}


class Decider:
    """Handles `decide/` jobs of one tenant. `comment` puts reasons into the words sent to the organizer."""

    def __init__(
        self, documents: Documents, calendar: Calendar, index: Availability, policies: Policies, clock: Clock
    ) -> None:
        self._documents = documents
        self._calendar = calendar
        self._requests = Requests(documents, index, clock)
        self._policies = policies
        self._clock = clock
        self._brake = Brake(documents, clock)
        self.comment: Comment = lambda reasons: ", ".join(reason.code for reason in reasons)
        self.lag = DecisionLag()

    async def decide(self, lease: Lease) -> None:
        """One stage: judge and record, send, or verify. Raises the calendar's Busy: the worker comes back later."""
        request, kept = await self._requests.of(lease.key)
        decision = kept.value if kept else None
        if request is None:
            await self._settle_gone(kept, lease)
        elif self._policies.of(request.room).control is not Control.DELEGATED:
            await self._leave(request, lease)
        elif request.loose and request.head.pending:
            await self._finish(lease, self._clock.now().timestamp() + _WAIT_FOR_OWN_S)
        elif decision is not None and await self._is_of(request, decision):
            await self._go_on(request, decision, lease)
        elif request.head.pending or crossed(request, decision):
            await self._judge(request, decision, lease)
        else:
            await self._finish(lease)

    async def _is_of(self, request: Request, decision: Decision) -> bool:
        """Whether it still counts. While a meeting stood elsewhere, or was gone, the time that was claimed for it was
        anybody's: an acceptance that has to be sent needs the claim that was made with it."""
        if decision.fingerprint != request.fingerprint:
            return False
        if decision.answer is not Answer.ACCEPT or not request.head.pending:
            return True
        own = await own_of(self._documents, request.room, request.rows, self._clock.now())
        if own.early:  # its booking goes elsewhere, or is undone: the claim is there already, or goes
            return False
        holders = {holder(row) for row in request.rows} | {own.holder(row) for row in request.rows}
        span = Slot(min(row.slot.start_at for row in request.rows), max(row.slot.end_at for row in request.rows))
        held = [_taken_by(one).slot for one in await self._claims(request.room, span) if one.holder in holders]
        return all(any(map(row.slot.overlaps, held)) for row in request.rows if row.pending)

    async def _judge(self, request: Request, before: Decision | None, lease: Lease) -> None:
        """`before` is the last decision on it, which does not count any more."""
        now = self._clock.now()
        due_at = _due_at(lease)
        if due_at > now.timestamp():
            await self._finish(lease, due_at)
            return
        own = await own_of(self._documents, request.room, request.rows, now)
        others = await self._requests.others(request, own)
        if own.early or _someone_first(request, others, now):
            await self._finish(lease, now.timestamp() + _WAIT_FOR_OWN_S)
            return
        verdict = self._verdict(request, await self._taken(request, others, own))
        progress = Progress.WANTED if request.head.pending else Progress.ANSWERED
        decision = replace(self._decision(request, verdict, progress), had=had(request, before))
        may, puts = await self._may_decline(request, decision)
        try:
            if may:
                await self._record(request, decision, own, lease, self._beside(request, before, puts))
            else:
                finish = Finish(lease, again_at=now.timestamp() + STOPPED_WAITS_S)
                await self._documents.store.commit(Batch(puts=puts, finishes=(finish,)))
        except Overlap as lost:
            log.info("decision.lost_claim", extra={"held_by": lost.holder.partition(":")[0]})
            await self._finish(lease, now.timestamp() + 1)

    async def _may_decline(self, request: Request, decision: Decision) -> tuple[bool, tuple[Put, ...]]:
        """Whatever is no decline may be."""
        if decision.answer is not Answer.DECLINE:
            return True, ()
        policy = self._policies.of(request.room)
        return await self._brake.decline(most=policy.most_declines, policy=policy.version)

    def _verdict(self, request: Request, taken: tuple[Taken, ...]) -> Verdict:
        policy = self._policies.of(request.room)
        asking = Asking(
            room=request.room,
            slots=tuple(row.slot for row in request.rows),
            now=self._clock.now(),
            organizer=request.head.organizer_address,
            people=request.head.attendees,
            recurring=request.series,
        )
        return judge(policy.rules, asking, taken, policy=policy.version)

    def _decision(self, request: Request, verdict: Verdict, progress: Progress) -> Decision:
        answers = {Outcome.PASS: Answer.ACCEPT, Outcome.DECLINE: Answer.DECLINE}
        answer = answers.get(verdict.outcome)
        return Decision(
            room=request.room.address,
            event_id=request.event_id,
            ical_uid=request.head.ical_uid,
            fingerprint=request.fingerprint,
            answer=answer,
            reasons=verdict.reasons,
            policy=verdict.policy,
            decided_at=self._clock.now(),
            progress=progress if answer else Progress.HELD,
        )

    def _beside(self, request: Request, before: Decision | None, puts: tuple[Put, ...]) -> Batch:
        """What is written with a decision: dates for which an earlier answer may have counted are judged anew."""
        dates = counted_for(request, before)
        now = self._clock.now().timestamp()
        return Batch(
            puts=(*puts, *(self._documents.put(keys.decision(one.room, one.event_id), one, 0) for one in dates)),
            schedules=tuple(Schedule(keys.decide(one.room, one.event_id), now) for one in dates),
        )

    async def _record(self, request: Request, decision: Decision, own: Own, lease: Lease, beside: Batch) -> None:
        """The decision is stored, and the time claimed, before anybody hears of it."""
        at = decision.decided_at
        if decision.progress is Progress.HELD:
            log.error("decision.held", extra={"reasons": [reason.code for reason in decision.reasons]})
        accepts = decision.answer is Answer.ACCEPT
        holders = {holder(row) for row in request.rows} | (
            {own.holder(row) for row in request.rows} if accepts else set()
        )
        rows = await self._documents.get_all((keys.event(row.room, row.id) for row in request.everything), RoomEvent)
        if {kept.value.id: kept.value for kept in rows.values()} != {row.id: row for row in request.everything}:
            raise Conflict(keys.events(request.room.address))
        batch = Batch(
            puts=(
                *beside.puts,
                # As they were judged, or not at all: a claim for what went elsewhere meanwhile was never given back.
                *(self._documents.put(key, kept.value, kept.version) for key, kept in rows.items()),
                self._documents.put(keys.decision(decision.room, decision.event_id), decision),
                self._documents.put(keys.journal(decision.room, at.isoformat(), decision.event_id), decision),
            ),
            schedules=beside.schedules,
            releases=tuple(Release(name, decision.room) for name in sorted(holders)),
            claims=_claims_of(request.rows, own) if accepts else (),
            finishes=(Finish(lease, again_at=at.timestamp() if decision.answer else None),),
        )
        await self._documents.store.commit(batch)
        self.lag.note(request.head.created_at, at)

    async def _go_on(self, request: Request, decision: Decision, lease: Lease) -> None:
        settled = decision.progress is Progress.SETTLED
        if decision.answer is None or (settled and not request.head.pending):
            await self._finish(lease)
        elif _stands(request.head, decision):
            await self._look_later(request, lease, why=Look.LATE, new=replace(decision, progress=Progress.SETTLED))
        elif decision.progress is Progress.HELD and not _looks(lease, Look.HELD):
            # A round's news of a row that flaps: were it answered at once, each answer would make the next.
            await self._look_later(request, lease, why=Look.HELD)
        elif decision.progress is Progress.WANTED:
            await self._first_send(request, decision, lease)
        else:
            await self._verify(request, decision, lease)

    async def _first_send(self, request: Request, decision: Decision, lease: Lease) -> None:
        """From a fresh mirror at once; else, or where the mailbox said otherwise, only what the mailbox still shows."""
        synced_at = request.synced_at
        fresh = synced_at is not None and (self._clock.now() - synced_at).total_seconds() <= FRESH_S
        if fresh and not _looks(lease, Look.SEEN):
            await self._send(request, decision, lease)
        else:
            await self._verify(request, decision, lease)

    async def _verify(self, request: Request, decision: Decision, lease: Lease) -> None:
        """The mirror does not show our answer yet: ask the mailbox itself before repeating it. What it shows may be
        overwritten before the mirror has it, so that nothing is settled by it."""
        try:
            now_there = await self._calendar.read_room_event(request.room.address, request.event_id)
        except Missing:
            await self._look_later(request, lease, why=Look.SEEN)
            return
        if _stands(now_there, decision) or now_there.is_cancelled:
            await self._look_later(request, lease, why=Look.SEEN)
        elif not request.series and now_there.slot != request.head.slot:  # moved: not what was decided
            await self._look_anew(request, lease)
        elif decision.sent >= MOST_ANSWERS and decision.progress is not Progress.HELD:
            log.error("decision.not_taken", extra={"sent": decision.sent, "response": now_there.response.value})
            await self._look_later(request, lease, why=Look.HELD, new=replace(decision, progress=Progress.HELD))
        else:
            await self._send(request, decision, lease)

    async def _send(self, request: Request, decision: Decision, lease: Lease) -> None:
        """An answer without a clear outcome counts for nothing; one that was refused counts, for a repeat rarely
        helps."""
        if decision.answer is None:
            await self._finish(lease)
            return
        comment = self.comment(decision.reasons) if decision.answer is Answer.DECLINE else ""
        held = decision.progress is Progress.HELD
        sent = replace(decision, progress=Progress.HELD if held else Progress.ANSWERED, sent=decision.sent + 1)
        why = Look.TAKEN
        try:
            await self._calendar.answer(request.room.address, request.event_id, decision.answer, comment)
        except Unclear as fault:
            log.warning("decision.unclear", extra={"code": fault.code, "status": fault.status})
            sent, why = replace(sent, sent=decision.sent), Look.UNCLEAR
        except (Missing, Rejected) as fault:
            log.warning("decision.refused", extra={"code": fault.code, "status": fault.status})
        else:
            log.info("decision.sent", extra={"answer": decision.answer.value, "sent": sent.sent})
        await self._look_later(request, lease, why=Look.HELD if held else why, new=sent)

    async def _look_later(self, request: Request, lease: Lease, *, why: Look, new: Decision | None = None) -> None:
        """Writes what is new and comes back, later each time in a row; a meeting that is over is left as it is."""
        now, looks = self._clock.now(), _looks(lease, why)
        wait_s = _WAITS_S[why][min(looks, len(_WAITS_S[why]) - 1)]
        over = all(row.slot.end_at <= now for row in request.rows)
        again_at = None if over else now.timestamp() + wait_s
        finish = Finish(lease, again_at=again_at, payload=f"0 {why} {looks + 1}".encode())
        puts = (self._documents.put(keys.decision(new.room, new.event_id), new),) if new else ()
        mirrored = over or why is Look.LATE
        rounds = () if mirrored else (Schedule(keys.sync(request.room.address), now.timestamp()),)
        await self._documents.store.commit(Batch(puts=puts, finishes=(finish,), schedules=rounds))

    async def _look_anew(self, request: Request, lease: Lease) -> None:
        now = self._clock.now().timestamp()
        looks = (Schedule(keys.sync(request.room.address), now),)
        await self._documents.store.commit(
            Batch(finishes=(Finish(lease, again_at=now + _WAIT_FOR_OWN_S),), schedules=looks)
        )

    async def _settle_gone(self, kept: Kept[Decision] | None, lease: Lease) -> None:
        """The event left the room's calendar: declined as we wished, or withdrawn."""
        if kept is None or kept.value.progress is Progress.SETTLED:
            await self._finish(lease)
        else:
            settled = replace(kept.value, progress=Progress.SETTLED)
            put = self._documents.put(keys.decision(settled.room, settled.event_id), settled)
            await self._documents.store.commit(Batch(puts=(put,), finishes=(Finish(lease),)))

    async def _leave(self, request: Request, lease: Lease) -> None:
        """Of a room that is not ours by now: should it be again before a round was made, that has to notice."""
        kept = await self._documents.get(keys.feed(request.room.address), FeedState)
        puts: tuple[Put, ...] = ()
        if kept and request.head.pending and kept.value.control is Control.DELEGATED:
            puts = (self._documents.put(kept.key, replace(kept.value, control=None), kept.version),)
        await self._documents.store.commit(Batch(puts=puts, finishes=(Finish(lease),)))

    async def _finish(self, lease: Lease, again_at: float | None = None) -> None:
        await self._documents.store.commit(Batch(finishes=(Finish(lease, again_at=again_at),)))

    async def _claims(self, room: Room, slot: Slot) -> list[Claim]:
        start, end = slot.whole_seconds
        return await self._documents.store.claims(room.address, start, end)

    async def _taken(self, request: Request, others: Sequence[RoomEvent], own: Own) -> tuple[Taken, ...]:
        """Meetings that have the room, and claims of bookings whose meetings are still on their way."""
        standing = [row for row in others if not row.pending]
        taken = [Taken(slot=row.slot, holder=holder(row)) for row in standing]
        holders = {holder(row) for row in request.rows} | {own.holder(row) for row in request.rows}
        for row in request.rows:
            claims = await self._claims(request.room, row.slot)
            taken.extend(_taken_by(held) for held in claims if held.holder not in holders)
        return tuple(taken)


def _someone_first(request: Request, others: Sequence[RoomEvent], now: datetime) -> bool:
    """An older request for the same time that is still being decided goes first; after two minutes it has had its
    turn."""
    mine = request.head.created_at or now
    return any(
        other.pending and other.created_at is not None and other.created_at < mine
        for other in others
        if now - (other.created_at or now) < timedelta(minutes=2)
        and any(other.slot.overlaps(row.slot) for row in request.rows)
    )


def _taken_by(held: Claim) -> Taken:
    slot = Slot(datetime.fromtimestamp(held.start, UTC), datetime.fromtimestamp(held.end, UTC))
    return Taken(slot=slot, holder=held.holder)


def _claims_of(rows: Sequence[RoomEvent], own: Own) -> tuple[Claim, ...]:
    """The booking's own claim where it is one, which may have been lost when it was moved in Outlook. Where occurrences
    run into each other, the earlier one's claim covers what both have."""
    claims: list[Claim] = []
    for row in rows:
        made = claim(row)
        start = max(made.start, claims[-1].end) if claims else made.start
        if start < made.end:
            claims.append(replace(made, start=start, holder=own.holder(row)))
    return tuple(claims)


def _holds(row: RoomEvent, decision: Decision) -> bool:
    """Whether what stands is what was decided. A declined event is mostly gone, but may stay as declined."""
    wanted = Response.ACCEPTED if decision.answer is Answer.ACCEPT else Response.DECLINED
    return row.response is wanted


def _stands(row: RoomEvent, decision: Decision) -> bool:
    """Whether nothing is left to send: the row is as decided, or a person or a rule of Exchange was quicker, or has
    answered what we could not; theirs stands."""
    unsent = decision.sent == 0 and decision.progress is not Progress.ANSWERED
    return _holds(row, decision) or ((unsent or decision.progress is Progress.HELD) and not row.pending)


def _due_at(lease: Lease) -> float:
    """As the round that saw the request said."""
    return float(lease.payload.split()[0]) if lease.payload else 0.0


def _looks(lease: Lease, why: Look) -> int:
    """How often in a row the job has come back for that cause; a round that owes it anew starts the count again."""
    words = lease.payload.decode().split()
    return int(words[2]) if words[1:2] == [why.value] else 0
