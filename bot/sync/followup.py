"""What a changed row brings with it: a decision to make, a booking to drive, a claim to take or give back. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.domain.events import Kind, Response, RoomEvent
from bot.domain.rooms import Control, Evidence, Observation
from bot.ports import keys
from bot.ports.calendar import Answer
from bot.ports.records import Decision
from bot.ports.store import Claim, Release, Schedule
from bot.sync.plan import Plan

ATTENDANT_WAITS = timedelta(seconds=60)


@dataclass(frozen=True, kw_only=True)
class Followup:
    """Parts of the round's batch."""

    schedules: tuple[Schedule, ...] = ()
    claims: tuple[Claim, ...] = ()
    releases: tuple[Release, ...] = ()
    observation: Observation | None = None


@dataclass(kw_only=True)
class _Gathered:
    schedules: list[Schedule] = field(default_factory=list)
    claims: list[Claim] = field(default_factory=list)
    releases: list[Release] = field(default_factory=list)


def follow_up(
    plan: Plan, *, control: Control, bookings: Mapping[str, str], decisions: Mapping[str, Decision], now: datetime
) -> Followup:
    """`bookings` maps iCalUId to booking id; `decisions` maps event id (of a series: its master's) to the last one."""
    parts = _Gathered()
    for row in plan.upserts:
        decision = decisions.get(decided_on(row))
        if row.ical_uid in bookings:
            parts.schedules.append(Schedule(keys.drive(bookings[row.ical_uid]), now.timestamp()))
        else:
            parts.releases.append(Release(keys.held_by_event(row.ical_uid), row.room))
            parts.claims.extend([claim(row)] if stands(row, decision) else [])
        if row.pending and control is Control.DELEGATED and row.slot.end_at > now:
            parts.schedules.append(Schedule(keys.decide(row.room, decided_on(row)), decide_at(row, now)))
    for row in plan.drops:
        if row.ical_uid in bookings:
            parts.schedules.append(Schedule(keys.drive(bookings[row.ical_uid]), now.timestamp()))
        else:
            parts.releases.append(Release(keys.held_by_event(row.ical_uid), row.room))
    return Followup(
        schedules=tuple(parts.schedules),
        claims=tuple(parts.claims),
        releases=tuple(parts.releases),
        observation=_observed(plan.upserts, decisions, now),
    )


def decide_at(row: RoomEvent, now: datetime) -> float:
    """Not before Exchange's attendant has left the request tentative, or a minute has passed without that: an answer
    given earlier can be overwritten by the attendant's own."""
    if row.response is Response.TENTATIVE:
        return now.timestamp()
    return ((row.created_at or now) + ATTENDANT_WAITS).timestamp()


def decided_on(row: RoomEvent) -> str:
    """The id that a decision on the row is about: a whole series is answered on its master."""
    return row.master_id if row.kind is Kind.OCCURRENCE else row.id


def stands(row: RoomEvent, decision: Decision | None) -> bool:
    """Whether the meeting has the room: it was accepted, or we have decided to accept just this."""
    if not row.blocks:
        return False
    if not row.pending:
        return True
    same = decision is not None and (row.kind is Kind.OCCURRENCE or decision.fingerprint == row.fingerprint)
    return same and decision is not None and decision.answer is Answer.ACCEPT


def claim(row: RoomEvent) -> Claim:
    """The claim of a meeting that stands in the room."""
    start, end = int(row.slot.start_at.timestamp()), int(row.slot.end_at.timestamp())
    return Claim(row.room, start, end, keys.held_by_event(row.ical_uid))


def _observed(rows: Iterable[RoomEvent], decisions: Mapping[str, Decision], now: datetime) -> Observation | None:
    """A request left tentative is the delegated policy at work; one accepted that we never answered is not."""
    seen: Observation | None = None
    for row in rows:
        if row.pending and row.response is Response.TENTATIVE:
            seen = Observation(evidence=Evidence.DELEGATED, seen_at=now)
        elif row.response is Response.ACCEPTED and decided_on(row) not in decisions and _young(row, now):
            seen = Observation(evidence=Evidence.AUTO, seen_at=now)
        elif row.response in (Response.NOT_RESPONDED, Response.NONE) and row.pending and _unanswered(row, now):
            seen = Observation(evidence=Evidence.SILENT, seen_at=now)
    return seen


def _young(row: RoomEvent, now: datetime) -> bool:
    """Old acceptances were made before Foyer looked, under whatever policy there was."""
    return row.created_at is not None and now - row.created_at < timedelta(minutes=10)


def _unanswered(row: RoomEvent, now: datetime) -> bool:
    return row.created_at is not None and now - row.created_at > timedelta(minutes=3)
