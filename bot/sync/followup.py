"""What a changed row brings with it: a decision to make, a booking to drive, a claim to take or give back. Pure."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from bot.domain.bookings import Booking, State
from bot.domain.events import Kind, Response, RoomEvent
from bot.domain.people import same_address
from bot.domain.rooms import Control, Evidence, Observation
from bot.ports import keys
from bot.ports.records import Decision
from bot.ports.store import Claim, Release, Schedule
from bot.sync.plan import Plan

ATTENDANT_WAITS = timedelta(seconds=60)
LATELY = timedelta(minutes=10)
ATTENDANT_REPLIES = timedelta(seconds=10)  # after it has left a request tentative, and said so to the organizer


@dataclass(frozen=True, kw_only=True)
class Followup:
    """Parts of the round's batch; claims by the id of the event that is to have the room. `outlived` are decisions on
    requests that stand otherwise by now: should one come back as it was, it is decided anew."""

    schedules: tuple[Schedule, ...] = ()
    claims: Mapping[str, Claim] = field(default_factory=dict)
    releases: tuple[Release, ...] = ()
    outlived: tuple[Decision, ...] = ()
    observation: Observation | None = None


@dataclass(kw_only=True)
class _Gathered:
    jobs: dict[str, Schedule] = field(default_factory=dict)
    claims: dict[str, Claim] = field(default_factory=dict)
    releases: list[Release] = field(default_factory=list)

    def owe(self, job: str, at: float, payload: bytes = b"") -> None:
        self.jobs[job] = Schedule(job, at, payload)

    def decide(self, row: RoomEvent, at: float) -> None:
        self.owe(keys.decide(row.room, decided_on(row)), at, f"{at:.3f}".encode())


def follow_up(  # noqa: PLR0913  (what it depends on)
    plan: Plan,
    *,
    control: Control,
    bookings: Mapping[str, str],
    decisions: Mapping[str, Decision],
    now: datetime,
    waiting: Iterable[RoomEvent] = (),
    accepted: Iterable[RoomEvent] = (),
) -> Followup:
    """`bookings` maps iCalUId to the id of a live booking; `decisions` maps event id (of a series: its master's) to the
    last one, where a new acceptance or a new time of what stands asks for it. What waits for a decision keeps the
    claims that it has: the decider replaces them. Of a booking that somebody took to another room in Outlook, the claim
    of its row there goes when that is cancelled. `waiting` are rows that the plan leaves as they are, of a room that
    has come under our control: their requests are decided now, a second apart, in the order in which they were made.
    `accepted` are those of the plan's rows that are `newly_accepted`."""
    parts = _Gathered(releases=[Release(holder(row), row.room) for row in plan.renamed])
    for number, row in enumerate(_requests(row for row in waiting if _waits_for_us(row, control, now))):
        parts.decide(row, max(decide_at(row, now), now.timestamp() + number))
    for row in plan.upserts:
        deciding = _waits_for_us(row, control, now)
        if row.ical_uid in bookings:
            parts.owe(keys.drive(bookings[row.ical_uid]), now.timestamp())
            parts.releases.extend([] if row.blocks else [Release(holder(row), row.room)])
        elif not deciding:
            parts.releases.append(Release(holder(row), row.room))
            parts.claims |= {row.id: claim(row)} if stands(row) else {}
        if deciding:
            parts.decide(row, decide_at(row, now, changed=row.id in plan.changed))
    for row in plan.drops:
        if row.ical_uid not in bookings:
            parts.releases.extend([Release(holder(row), row.room)] if row.ical_uid not in plan.still else [])
        elif row.slot.end_at > now:  # a meeting that is over leaves the window some day, which is no news
            parts.owe(keys.drive(bookings[row.ical_uid]), now.timestamp())
    return Followup(
        schedules=tuple(parts.jobs.values()),
        claims=parts.claims,
        releases=tuple(parts.releases),
        outlived=_outlived(plan.upserts, decisions),
        observation=_observed(plan.upserts, {row.id for row in accepted if decided_on(row) not in decisions}, now),
    )


def decide_at(row: RoomEvent, now: datetime, *, changed: bool = False) -> float:
    """Not before Exchange's attendant has left the request tentative and told the organizer, or a minute has passed
    without that: to an answer that crosses the attendant's own, the organizer's copy would stay tentative. A request
    that was `changed` is with the attendant anew."""
    since = now if changed else row.created_at or now
    if row.response is not Response.TENTATIVE:
        return (since + ATTENDANT_WAITS).timestamp()
    old = now - since > ATTENDANT_WAITS
    return (now if old else now + ATTENDANT_REPLIES).timestamp()


def decided_on(row: RoomEvent) -> str:
    """The id that a decision on the row is about: a whole series is answered on its master."""
    return row.master_id if row.kind is Kind.OCCURRENCE else row.id


def stands(row: RoomEvent) -> bool:
    """Whether the meeting has the room by its own right, answered or made in the room's calendar itself."""
    return row.blocks and not row.pending


def holder(row: RoomEvent) -> str:
    """The name that the row's claim is held under. What could not be understood has no iCalUId."""
    return keys.held_by_event(row.ical_uid or row.id)


def claim(row: RoomEvent) -> Claim:
    """The claim of a meeting that stands in the room."""
    start, end = row.slot.whole_seconds
    return Claim(row.room, start, end, holder(row))


def may_be(booking: Booking, row: RoomEvent) -> bool:
    """Whether the row may be the meeting of a booking whose creation has not been answered yet."""
    unborn = not booking.event_id and booking.state in (State.HELD, State.CREATING, State.COMPENSATING)
    return unborn and booking.slot == row.slot and same_address(booking.organizer, row.organizer_address)


def _waits_for_us(row: RoomEvent, control: Control, now: datetime) -> bool:
    """What is over waits for nobody."""
    return row.pending and control is Control.DELEGATED and row.slot.end_at > now


def _requests(rows: Iterable[RoomEvent]) -> list[RoomEvent]:
    """A row for each request, who asked first coming first."""
    first: dict[str, RoomEvent] = {}
    for row in sorted(rows, key=lambda row: (row.created_at or row.slot.start_at, row.id)):
        first.setdefault(decided_on(row), row)
    return list(first.values())


def _outlived(rows: Iterable[RoomEvent], decisions: Mapping[str, Decision]) -> tuple[Decision, ...]:
    """The claim of what stands goes where it stands, and is not left at the time that was decided on."""
    single = [row for row in rows if row.kind is not Kind.OCCURRENCE and stands(row)]
    found = [(row, decisions[row.id]) for row in single if row.id in decisions]
    return tuple(replace(one, fingerprint="") for row, one in found if one.fingerprint not in ("", row.fingerprint))


def _observed(rows: Iterable[RoomEvent], by_others: Collection[str], now: datetime) -> Observation | None:
    """A request left tentative is the delegated policy at work; one accepted that we never answered is not."""
    seen: Observation | None = None
    for row in rows:
        if row.pending and row.response is Response.TENTATIVE:
            seen = Observation(evidence=Evidence.DELEGATED, seen_at=now)
        elif row.id in by_others:
            seen = Observation(evidence=Evidence.AUTO, seen_at=now)
        elif row.response in (Response.NOT_RESPONDED, Response.NONE) and row.pending and _unanswered(row, now):
            seen = Observation(evidence=Evidence.SILENT, seen_at=now)
    return seen


def newly_accepted(
    rows: Collection[RoomEvent], known: Mapping[str, RoomEvent], *, looked_at: datetime | None, now: datetime
) -> list[RoomEvent]:
    """Those whose acceptance came since the room was `looked_at`; None where this reading begins from nothing, as the
    first, the nightly one and the one after a restore do: what that finds accepted may be of any time, and what we
    answered ourselves after the backup is not in the store. Occurrences do not tell when they were made."""
    if looked_at is None:
        return []
    found = lately_accepted(rows, now)
    if now - looked_at < LATELY:
        found += [row for row in rows if row.kind is Kind.OCCURRENCE and row.response is Response.ACCEPTED]
    return [row for row in found if (was := known.get(row.id)) is None or was.response is not Response.ACCEPTED]


def lately_accepted(rows: Iterable[RoomEvent], now: datetime) -> list[RoomEvent]:
    """Old ones were made before Foyer looked, under whatever policy there was."""
    accepted = (row for row in rows if row.response is Response.ACCEPTED)
    return [row for row in accepted if row.created_at is not None and now - row.created_at < LATELY]


def _unanswered(row: RoomEvent, now: datetime) -> bool:
    return row.created_at is not None and now - row.created_at > timedelta(minutes=3)
