"""Decides pending requests and answers in the room's name: judged once, recorded, sent, and seen to hold.

Exchange leaves a request tentative; https://learn.microsoft.com/graph/api/event-accept answers it. An answer that
crosses the attendant's own can be overwritten, so each is looked at again after half a minute, three times at most.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from bot.domain.availability import Availability
from bot.domain.bookings import Booking, Reason, State
from bot.domain.events import Kind, Response, RoomEvent
from bot.domain.people import same_address
from bot.domain.rooms import Control, Room
from bot.domain.slots import Slot
from bot.policy.engine import judge
from bot.policy.loading import Policies
from bot.policy.verdicts import Asking, Outcome, Taken, Verdict
from bot.ports import keys
from bot.ports.calendar import Answer, Calendar, Missing, Rejected, Unclear
from bot.ports.clock import Clock
from bot.ports.documents import Documents, Kept
from bot.ports.records import Decision, Progress
from bot.ports.store import Batch, Claim, Finish, Lease, Overlap, Release, Schedule
from bot.sync.followup import claim, decide_at, decided_on

log = logging.getLogger(__name__)

VERIFY_AFTER_S = 30.0
MOST_ANSWERS = 3
_WAIT_FOR_OWN_S = 5.0
_LOOK_AFTER_S = 2.0

Comment = Callable[[tuple[Reason, ...]], str]


@dataclass(frozen=True, kw_only=True)
class Request:
    """A pending request: its own rows (one, or every occurrence of a series) and what else stands in the room."""

    room: Room
    event_id: str
    rows: tuple[RoomEvent, ...]
    others: tuple[RoomEvent, ...]

    @property
    def head(self) -> RoomEvent:
        return self.rows[0]

    @property
    def fingerprint(self) -> str:
        """A series is what its first occurrence and its pattern are."""
        return self.head.fingerprint


class Decider:
    """Handles `decide/` jobs of one tenant. `comment` puts reasons into the words sent to the organizer."""

    def __init__(
        self, documents: Documents, calendar: Calendar, index: Availability, policies: Policies, clock: Clock
    ) -> None:
        self._documents = documents
        self._calendar = calendar
        self._index = index
        self._policies = policies
        self._clock = clock
        self.comment: Comment = lambda reasons: ", ".join(reason.code for reason in reasons)

    async def decide(self, lease: Lease) -> None:
        """One stage: judge and record, send, or verify. Raises the calendar's Busy: the worker comes back later."""
        request = await self._request(lease.key)
        kept = await self._documents.get(_decision_key(lease.key), Decision)
        decision = kept.value if kept else None
        if request is None:
            await self._settle_gone(kept, lease)
        elif decision is not None and decision.fingerprint == request.fingerprint:
            await self._go_on(request, decision, lease)
        elif not request.head.pending or self._policies.of(request.room).control is not Control.DELEGATED:
            await self._finish(lease)
        else:
            await self._judge(request, lease)

    async def _judge(self, request: Request, lease: Lease) -> None:
        now = self._clock.now()
        due_at = decide_at(request.head, now)
        own, unborn = await self._own(request)
        if due_at > now.timestamp() or unborn or self._someone_first(request, now):
            await self._finish(lease, max(due_at, now.timestamp() + _WAIT_FOR_OWN_S))
            return
        verdict = self._verdict(request, await self._taken(request, own))
        decision = self._decision(request, verdict)
        try:
            await self._record(request, decision, own, lease)
        except Overlap as lost:
            log.info("decision.lost_claim", extra={"held_by": lost.holder.partition(":")[0]})
            await self._finish(lease, now.timestamp())

    def _verdict(self, request: Request, taken: tuple[Taken, ...]) -> Verdict:
        policy = self._policies.of(request.room)
        asking = Asking(
            room=request.room,
            slots=tuple(row.slot for row in request.rows),
            now=self._clock.now(),
            organizer=request.head.organizer_address,
            people=request.head.attendees,
            recurring=request.head.kind is Kind.OCCURRENCE,
        )
        return judge(policy.rules, asking, taken, policy=policy.version)

    def _decision(self, request: Request, verdict: Verdict) -> Decision:
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
            progress=Progress.WANTED if answer else Progress.HELD,
        )

    async def _record(self, request: Request, decision: Decision, own: str, lease: Lease) -> None:
        """The decision is stored, and the time claimed, before anybody hears of it."""
        at = decision.decided_at
        if decision.progress is Progress.HELD:
            log.error("decision.held", extra={"reasons": [reason.code for reason in decision.reasons]})
        accepts = decision.answer is Answer.ACCEPT and not own
        batch = Batch(
            puts=(
                self._documents.put(keys.decision(decision.room, decision.event_id), decision),
                self._documents.put(keys.journal(decision.room, at.isoformat(), decision.event_id), decision),
            ),
            releases=tuple(Release(keys.held_by_event(row.ical_uid), row.room) for row in request.rows),
            claims=tuple(claim(row) for row in request.rows) if accepts else (),
            finishes=(Finish(lease, again_at=at.timestamp() if decision.answer else None),),
        )
        await self._documents.store.commit(batch)

    async def _go_on(self, request: Request, decision: Decision, lease: Lease) -> None:
        if decision.progress in (Progress.SETTLED, Progress.HELD) and not _undone(request.head, decision):
            await self._finish(lease)
        elif _holds(request.head, decision):
            await self._write(replace(decision, progress=Progress.SETTLED), lease, None)
        elif decision.sent == 0:
            await self._send(request, decision, lease)
        else:
            await self._verify(request, decision, lease)

    async def _verify(self, request: Request, decision: Decision, lease: Lease) -> None:
        """The mirror does not show our answer yet: ask the mailbox itself before repeating it."""
        try:
            now_there = await self._calendar.read_room_event(request.room.address, request.event_id)
        except Missing:
            await self._write(replace(decision, progress=Progress.SETTLED), lease, None)
            return
        if _holds(now_there, decision):
            await self._write(replace(decision, progress=Progress.SETTLED), lease, None)
        elif decision.sent >= MOST_ANSWERS:
            log.error("decision.not_taken", extra={"sent": decision.sent, "response": now_there.response.value})
            await self._write(replace(decision, progress=Progress.HELD), lease, None)
        else:
            await self._send(request, decision, lease)

    async def _send(self, request: Request, decision: Decision, lease: Lease) -> None:
        if decision.answer is None:
            await self._finish(lease)
            return
        comment = self.comment(decision.reasons) if decision.answer is Answer.DECLINE else ""
        now = self._clock.now().timestamp()
        sent = replace(decision, progress=Progress.ANSWERED, sent=decision.sent + 1)
        try:
            await self._calendar.answer(request.room.address, request.event_id, decision.answer, comment)
        except Unclear:
            await self._write(sent, lease, now + _LOOK_AFTER_S)
        except (Missing, Rejected) as fault:
            log.warning("decision.refused", extra={"code": fault.code, "status": fault.status})
            await self._write(sent, lease, now + VERIFY_AFTER_S)
        else:
            log.info("decision.sent", extra={"answer": decision.answer.value, "sent": sent.sent})
            await self._write(sent, lease, now + VERIFY_AFTER_S)

    async def _write(self, decision: Decision, lease: Lease, again_at: float | None) -> None:
        looks = () if again_at is None else (Schedule(keys.sync(decision.room), self._clock.now().timestamp()),)
        put = self._documents.put(keys.decision(decision.room, decision.event_id), decision)
        await self._documents.store.commit(
            Batch(puts=(put,), finishes=(Finish(lease, again_at=again_at),), schedules=looks)
        )

    async def _settle_gone(self, kept: Kept[Decision] | None, lease: Lease) -> None:
        """The event left the room's calendar: declined as we wished, or withdrawn."""
        if kept is None or kept.value.progress is Progress.SETTLED:
            await self._finish(lease)
        else:
            await self._write(replace(kept.value, progress=Progress.SETTLED), lease, None)

    async def _finish(self, lease: Lease, again_at: float | None = None) -> None:
        await self._documents.store.commit(Batch(finishes=(Finish(lease, again_at=again_at),)))

    async def _request(self, job: str) -> Request | None:
        named = keys.decide_key(job)
        room = self._index.room(named.room)
        if room is None:
            return None
        rows = [kept.value for kept in await self._documents.scan(keys.events(named.room), RoomEvent)]
        mine = sorted((row for row in rows if decided_on(row) == named.event_id), key=lambda row: row.slot)
        if not mine:
            return None
        others = tuple(row for row in rows if decided_on(row) != named.event_id and row.blocks)
        return Request(room=room, event_id=named.event_id, rows=tuple(mine), others=others)

    async def _own(self, request: Request) -> tuple[str, bool]:
        """The booking that this request is, if it is one of ours; and whether it may be one whose creation has not
        been answered yet, so that we cannot tell."""
        pointer = await self._documents.get(keys.booking_of(request.head.ical_uid), str)
        if pointer is not None:
            return pointer.value, False
        for held in await self._claims(request.room, request.head.slot):
            kept = await self._documents.get(keys.booking(held.holder.partition(":")[2]), Booking)
            if kept and kept.value.state in (State.HELD, State.CREATING):
                same = same_address(kept.value.organizer, request.head.organizer_address)
                if same and kept.value.slot == request.head.slot:
                    return "", True
        return "", False

    async def _claims(self, room: Room, slot: Slot) -> list[Claim]:
        start, end = int(slot.start_at.timestamp()), int(slot.end_at.timestamp())
        return await self._documents.store.claims(room.address, start, end)

    async def _taken(self, request: Request, own: str) -> tuple[Taken, ...]:
        """Meetings that have the room, and claims of bookings whose meetings are still on their way."""
        standing = [row for row in request.others if not row.pending]
        taken = [Taken(slot=row.slot, holder=keys.held_by_event(row.ical_uid)) for row in standing]
        holders = {keys.held_by_event(row.ical_uid) for row in request.rows} | {keys.held_by_booking(own)}
        for row in request.rows:
            claims = await self._claims(request.room, row.slot)
            taken.extend(_taken_by(held) for held in claims if held.holder not in holders)
        return tuple(taken)

    def _someone_first(self, request: Request, now: datetime) -> bool:
        """An older request for the same time that is still being decided goes first; after two minutes it has had
        its turn."""
        mine = request.head.created_at or now
        return any(
            other.pending and other.created_at is not None and other.created_at < mine
            for other in request.others
            if now - (other.created_at or now) < timedelta(minutes=2)
            and any(other.slot.overlaps(row.slot) for row in request.rows)
        )


def _decision_key(job: str) -> str:
    named = keys.decide_key(job)
    return keys.decision(named.room, named.event_id)


def _taken_by(held: Claim) -> Taken:
    slot = Slot(datetime.fromtimestamp(held.start, UTC), datetime.fromtimestamp(held.end, UTC))
    return Taken(slot=slot, holder=held.holder)


def _holds(row: RoomEvent, decision: Decision) -> bool:
    """Whether what stands is what was decided. A declined event is gone, so that one that stands is not declined."""
    return decision.answer is Answer.ACCEPT and row.response is Response.ACCEPTED


def _undone(row: RoomEvent, decision: Decision) -> bool:
    """A settled answer that no longer stands: the attendant's own, late, has overwritten it."""
    return decision.progress is Progress.SETTLED and row.pending
