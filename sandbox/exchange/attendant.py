"""Decides as the Resource Booking Attendant does: is a request in policy, and what follows from that. Pure.

https://learn.microsoft.com/exchange/troubleshoot/calendars/use-resource-booking-attendant-logs
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from sandbox.calendar.models import Content, Item, Person, ShowAs
from sandbox.calendar.recurrence import RangeType, Recurrence
from sandbox.exchange.config import RoomConfig
from sandbox.zones import zone

_BLOCKING = {ShowAs.BUSY, ShowAs.OOF, ShowAs.ELSEWHERE}


class Outcome(StrEnum):
    ACCEPT = "accept"
    PENDING = "pending"
    DECLINE = "decline"
    SKIP = "skip"


class Violation(StrEnum):
    RECURRING = "recurring meetings are not allowed"
    WORK_HOURS = "outside working hours"
    DURATION = "longer than allowed"
    WINDOW = "beyond the booking window"
    HORIZON = "the recurrence ends beyond the booking window"
    CONFLICT = "conflicts with another meeting"
    PERMISSION = "no permission to book"


@dataclass(frozen=True, kw_only=True)
class Request:
    """A request as it reached the room. `occurrences` are its instances (one for a single meeting)."""

    uid: str
    room: str
    organizer: Person
    content: Content
    is_external: bool
    occurrences: tuple[Item, ...]


@dataclass(frozen=True, kw_only=True)
class Decision:
    outcome: Outcome
    violations: tuple[Violation, ...] = ()
    conflicting_with: tuple[str, ...] = ()
    declined_starts: tuple[datetime, ...] = ()
    truncate_on: date | None = None
    log: tuple[str, ...] = ()


def decide(request: Request, config: RoomConfig, blockers: Sequence[Item], now: datetime) -> Decision:
    """What the attendant does with the request. `blockers` is everything on the room's calendar, expanded."""
    skipped = _why_skip(request, config, now)
    if skipped:
        return Decision(outcome=Outcome.SKIP, log=(skipped,))
    clashes = _clashes(request, config, blockers)
    window_end_on = now.astimezone(zone(config.tz)).date() + timedelta(days=config.window_days)
    violations = (*_limits(request, config), *_window(request, config, window_end_on))
    if clashes and _too_many(len(clashes), request, config):
        violations = (*violations, Violation.CONFLICT)
    outcome, extra = _outcome(request.organizer.address, config, in_policy=not violations)
    return Decision(
        outcome=outcome,
        violations=violations + extra,
        conflicting_with=tuple(sorted({other.organizer.name for others in clashes.values() for other in others})),
        declined_starts=() if Violation.CONFLICT in violations else _starts(request, clashes),
        truncate_on=window_end_on if _runs_past(request, window_end_on) and not config.enforce_horizon else None,
        log=(f"{len(clashes)} conflicts", "in policy" if not violations else "not in policy"),
    )


def truncated(content: Content, end_on: date) -> Content:
    """The room's side of a series that was cut at the booking window."""
    recurrence = content.recurrence
    if recurrence is None:
        return content
    cut = replace(recurrence, range_type=RangeType.END_DATE, end_on=end_on, count=0)
    return replace(content, recurrence=cut)


def _why_skip(request: Request, config: RoomConfig, now: datetime) -> str:
    if request.organizer.address == request.room:
        return "the organizer is the room itself"
    if config.delegate_rule:
        return "a hidden delegate rule blocks the attendant"
    if config.wells.is_shut():
        return "configured to do nothing"
    if request.is_external and not config.external:
        return "external meeting messages are not processed"
    if not request.occurrences or max(item.when.end_at for item in request.occurrences) <= now:
        return "the meeting is in the past"
    return ""


def _limits(request: Request, config: RoomConfig) -> tuple[Violation, ...]:
    found = []
    if request.content.recurrence and not config.recurring:
        found.append(Violation.RECURRING)
    if config.work_hours_only and not all(_in_work_hours(item, config) for item in request.occurrences):
        found.append(Violation.WORK_HOURS)
    if config.max_min > 0 and request.content.when.length > timedelta(minutes=config.max_min):
        found.append(Violation.DURATION)
    return tuple(found)


def _window(request: Request, config: RoomConfig, window_end_on: date) -> tuple[Violation, ...]:
    home = zone(config.tz)
    found = []
    first = request.content.when
    decisive = first.start_at if request.content.recurrence else first.end_at
    if decisive.astimezone(home).date() > window_end_on:
        found.append(Violation.WINDOW)
    elif _runs_past(request, window_end_on) and config.enforce_horizon:
        found.append(Violation.HORIZON)
    return tuple(found)


def _runs_past(request: Request, window_end_on: date) -> bool:
    recurrence: Recurrence | None = request.content.recurrence
    if recurrence is None:
        return False
    last_on = recurrence.last_on()
    return last_on is None or last_on > window_end_on


def _clashes(request: Request, config: RoomConfig, blockers: Sequence[Item]) -> dict[datetime, list[Item]]:
    if config.allow_conflicts:
        return {}
    blocking = _BLOCKING | ({ShowAs.TENTATIVE} if config.pending_blocks else set())
    others = [item for item in blockers if item.uid != request.uid and item.show_as in blocking]
    found = {}
    for mine in request.occurrences:
        hits = [item for item in others if item.when.overlaps(mine.when.start_at, mine.when.end_at)]
        if hits:
            found[mine.when.start_at] = hits
    return found


def _too_many(conflicts: int, request: Request, config: RoomConfig) -> bool:
    if request.content.recurrence is None:
        return True
    share = 100 * conflicts / len(request.occurrences)
    return conflicts > config.conflict_max or share > config.conflict_pct


def _starts(request: Request, clashes: dict[datetime, list[Item]]) -> tuple[datetime, ...]:
    if request.content.recurrence is None:
        return ()
    return tuple(
        item.original_start_at
        for item in request.occurrences
        if item.original_start_at is not None and item.when.start_at in clashes
    )


def _outcome(who: str, config: RoomConfig, *, in_policy: bool) -> tuple[Outcome, tuple[Violation, ...]]:
    wells = config.wells
    asks_out = wells.can_ask_out(who)
    if not in_policy:
        return (Outcome.PENDING if asks_out else Outcome.DECLINE), ()
    if wells.can_book(who) or (asks_out and config.ask_out_implies_book):
        return Outcome.ACCEPT, ()
    if asks_out or wells.can_ask_in(who):
        return Outcome.PENDING, ()
    return Outcome.DECLINE, (Violation.PERMISSION,)


def _in_work_hours(item: Item, config: RoomConfig) -> bool:
    home = zone(config.tz)
    start, end = item.when.start_at.astimezone(home), item.when.end_at.astimezone(home)
    opens, closes = time.fromisoformat(config.work_start), time.fromisoformat(config.work_end)
    is_workday = start.strftime("%A").lower() in config.work_days
    return is_workday and start.date() == end.date() and opens <= start.time() and end.time() <= closes
