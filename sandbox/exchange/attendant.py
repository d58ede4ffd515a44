"""Decides as the Resource Booking Attendant does: is a request in policy, and what follows from that. Pure.

https://learn.microsoft.com/exchange/troubleshoot/calendars/use-resource-booking-attendant-logs
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from sandbox.calendar.models import Content, Item, When
from sandbox.calendar.recurrence import RangeType
from sandbox.exchange.config import BookingType, Mode, RoomConfig
from sandbox.exchange.policy import Clash, Findings, Request, Violation, examine


class Outcome(StrEnum):
    ACCEPT = "accept"
    PENDING = "pending"
    DECLINE = "decline"
    SKIP = "skip"


@dataclass(frozen=True)
class Occupant:
    """Whose meeting is in the way, and when."""

    organizer: str
    when: When


@dataclass(frozen=True, kw_only=True)
class Decision:
    """`declined_starts` are the original starts of the occurrences that conflict in a series that is not declined;
    `occupants` what is in the way."""

    outcome: Outcome
    violations: tuple[Violation, ...] = ()
    occupants: tuple[Occupant, ...] = ()
    declined_starts: tuple[datetime, ...] = ()
    truncate_on: date | None = None
    log: tuple[str, ...] = ()


def decide(request: Request, config: RoomConfig, blockers: Sequence[Item], now: datetime) -> Decision:
    """What the attendant does with the request. `blockers` is everything on the room's calendar, expanded; groups in
    the wells stand beside their members."""
    skipped = _why_skip(request, config, now)
    if skipped:
        return Decision(outcome=Outcome.SKIP, log=(skipped,))
    refused = _why_refuse(request, config)
    if refused is not None:
        return Decision(outcome=Outcome.DECLINE, violations=(refused,), log=("not in policy",))
    findings = examine(request, config, blockers, now)
    outcome = _outcome(request, config, in_policy=not findings.violations)
    denied = () if findings.violations or outcome is not Outcome.DECLINE else (Violation.PERMISSION,)
    return Decision(
        outcome=outcome,
        violations=findings.violations + denied,
        occupants=_occupants(findings.clashes),
        declined_starts=_starts(request, findings) if outcome is not Outcome.DECLINE else (),
        truncate_on=findings.cut_on,
        log=(f"{len(findings.clashes)} conflicts", "in policy" if not findings.violations else "not in policy"),
    )


def truncated(content: Content, end_on: date) -> Content:
    """The room's side of a series that was cut at the booking window."""
    recurrence = content.recurrence
    if recurrence is None:
        return content
    cut = replace(recurrence, range_type=RangeType.END_DATE, end_on=end_on, count=0)
    return replace(content, recurrence=cut)


def _why_skip(request: Request, config: RoomConfig, now: datetime) -> str:
    if config.mode is not Mode.AUTO_ACCEPT:
        return "the attendant is off"
    if request.organizer.address == request.room:
        return "the organizer is the room itself"
    blocked = _what_blocks(config)
    if blocked:
        return blocked
    if request.is_external and not config.external and not config.external_declined:
        return "external meeting messages are not processed"
    if not request.occurrences or max(one.when.end_at for one in request.occurrences) <= now:
        return "the meeting is in the past"
    return ""


def _what_blocks(config: RoomConfig) -> str:
    if config.ddg:
        return "a dynamic distribution group stops the attendant"
    if config.delegate_rule:
        return "a hidden delegate rule blocks the attendant"
    if config.modified_stops and config.items_modified:
        return "somebody has modified items in the mailbox"
    return "configured to do nothing" if config.wells.is_shut() else ""


def _why_refuse(request: Request, config: RoomConfig) -> Violation | None:
    if request.is_external and not config.external:
        return Violation.EXTERNAL
    return Violation.RESERVED if config.booking_type is BookingType.RESERVED else None


def _outcome(request: Request, config: RoomConfig, *, in_policy: bool) -> Outcome:
    wells, asking = config.wells, _asking(request, config)
    asks_out = wells.can_ask_out(asking)
    if not in_policy:
        return Outcome.PENDING if asks_out else Outcome.DECLINE
    either = {request.sender_address, request.organizer.address}
    if wells.can_book(either) or (asks_out and config.ask_out_implies_book):
        return Outcome.ACCEPT
    return Outcome.PENDING if asks_out or _asks_in(request, config, asking) else Outcome.DECLINE


def _asks_in(request: Request, config: RoomConfig, asking: set[str]) -> bool:
    is_covered = not request.is_external or config.ask_in_covers_external
    return config.wells.can_ask_in(asking) if is_covered else config.wells.is_listed_to_ask_in(asking)


def _asking(request: Request, config: RoomConfig) -> set[str]:
    sender, organizer = request.sender_address, request.organizer.address
    return {"sender": {sender}, "organizer": {organizer}, "either": {sender, organizer}}[config.who_asks]


def _starts(request: Request, findings: Findings) -> tuple[datetime, ...]:
    if request.content.recurrence is None or Violation.CONFLICT in findings.violations:
        return ()
    starts = (clash.mine.original_start_at for clash in findings.clashes)
    return tuple(start for start in starts if start is not None)


def _occupants(clashes: tuple[Clash, ...]) -> tuple[Occupant, ...]:
    found = (Occupant(other.organizer.name, other.when) for clash in clashes for other in clash.others)
    return tuple(dict.fromkeys(found))
