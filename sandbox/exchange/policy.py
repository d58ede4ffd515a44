"""Tests a request against a room's limits: what is out of policy, and which part of a series. Pure.

https://learn.microsoft.com/powershell/module/exchange/set-calendarprocessing
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from sandbox.calendar.models import Content, Item, Person, ShowAs
from sandbox.exchange.config import RoomConfig
from sandbox.zones import zone

_BLOCKING = {ShowAs.BUSY, ShowAs.OOF, ShowAs.ELSEWHERE}


class Violation(StrEnum):
    RECURRING = "recurring meetings are not allowed"
    WORK_HOURS = "outside working hours"
    DURATION = "longer than allowed"
    WINDOW = "beyond the booking window"
    HORIZON = "the recurrence ends beyond the booking window"
    CONFLICT = "conflicts with another meeting"
    PERMISSION = "no permission to book"
    RESERVED = "the room can't be reserved"
    EXTERNAL = "the organizer is not of this organization"


@dataclass(frozen=True, kw_only=True)
class Request:
    """A request as it reached the room. `occurrences` are its instances (one for a single meeting), `sender` who sent
    it where a delegate did for the organizer."""

    uid: str
    room: str
    organizer: Person
    content: Content
    is_external: bool
    occurrences: tuple[Item, ...]
    sender: Person | None = None

    @property
    def sender_address(self) -> str:
        return (self.sender or self.organizer).address


@dataclass(frozen=True, kw_only=True)
class Clash:
    """One instance of the request that overlaps, and what it overlaps with."""

    mine: Item
    others: tuple[Item, ...]


@dataclass(frozen=True, kw_only=True)
class Findings:
    """`cut_on` is the last day (in the event's zone) on which the room's side of a series that was cut may begin."""

    violations: tuple[Violation, ...] = ()
    clashes: tuple[Clash, ...] = ()
    cut_on: date | None = None


def examine(request: Request, config: RoomConfig, blockers: Sequence[Item], now: datetime) -> Findings:
    """`blockers` is everything on the room's calendar, expanded."""
    ends_at = window_end(config, now)
    cut_on = _cut_on(request.content, ends_at) if _is_cut(request, config, ends_at) else None
    mine = [one for one in request.occurrences if cut_on is None or _day(one, request.content) <= cut_on]
    clashes = _clashes(request.uid, mine, config, blockers)
    violations = [*_limits(request.content, mine, config), *_window(request.content, config, ends_at)]
    if clashes and _too_many(len(clashes), len(mine), request.content, config):
        violations.append(Violation.CONFLICT)
    return Findings(violations=tuple(violations), clashes=clashes, cut_on=cut_on)


def window_end(config: RoomConfig, now: datetime) -> datetime:
    """The end of the last bookable day, in the room's own zone; a window of 0 days is today."""
    home = zone(config.tz)
    last_on = now.astimezone(home).date() + timedelta(days=config.window_days)
    return datetime.combine(last_on + timedelta(days=1), time(), home)


def _limits(content: Content, mine: list[Item], config: RoomConfig) -> list[Violation]:
    found = []
    if content.recurrence and not config.recurring:
        found.append(Violation.RECURRING)
    if config.work_hours_only and not all(_in_work_hours(one, config) for one in mine):
        found.append(Violation.WORK_HOURS)
    longest = max((one.when.length for one in mine), default=content.when.length)
    if config.max_min > 0 and longest > timedelta(minutes=config.max_min):
        found.append(Violation.DURATION)
    return found


def _window(content: Content, config: RoomConfig, ends_at: datetime) -> list[Violation]:
    if content.when.start_at >= ends_at or (content.recurrence is None and content.when.end_at > ends_at):
        return [Violation.WINDOW]
    return [Violation.HORIZON] if config.enforce_horizon and _runs_past(content, ends_at) else []


def _is_cut(request: Request, config: RoomConfig, ends_at: datetime) -> bool:
    begins_inside = request.content.when.start_at < ends_at
    return begins_inside and not config.enforce_horizon and _runs_past(request.content, ends_at)


def _runs_past(content: Content, ends_at: datetime) -> bool:
    recurrence = content.recurrence
    if recurrence is None:
        return False
    last_on = recurrence.last_on()
    if last_on is None:
        return True
    home = zone(recurrence.zone or content.when.start_zone)
    start = content.when.start_at.astimezone(home)
    return datetime.combine(last_on, start.time(), home) + content.when.length > ends_at


def _cut_on(content: Content, ends_at: datetime) -> date:
    home = zone(content.recurrence.zone if content.recurrence and content.recurrence.zone else content.when.start_zone)
    # The last start from which a meeting of this length still ends within the window.
    latest = (ends_at - content.when.length).astimezone(home)
    start_time = content.when.start_at.astimezone(home).time()
    return latest.date() if start_time <= latest.time() else latest.date() - timedelta(days=1)


def _day(one: Item, content: Content) -> date:
    home = zone(content.recurrence.zone if content.recurrence and content.recurrence.zone else content.when.start_zone)
    return (one.original_start_at or one.when.start_at).astimezone(home).date()


def _clashes(uid: str, mine: list[Item], config: RoomConfig, blockers: Sequence[Item]) -> tuple[Clash, ...]:
    if config.allow_conflicts:
        return ()
    blocking = _BLOCKING | ({ShowAs.TENTATIVE} if config.pending_blocks else set())
    others = [one for one in blockers if one.uid != uid and one.show_as in blocking]
    others.sort(key=lambda one: one.when.start_at)
    starts = [one.when.start_at for one in others]
    longest = max((one.when.length for one in others), default=timedelta())
    found = []
    for one in mine:
        start_at, end_at = one.when.start_at, one.when.end_at
        near = others[bisect_left(starts, start_at - longest) : bisect_left(starts, end_at)]
        hits = tuple(other for other in near if other.when.overlaps(start_at, end_at))
        if hits:
            found.append(Clash(mine=one, others=hits))
    return tuple(found)


def _too_many(conflicts: int, instances: int, content: Content, config: RoomConfig) -> bool:
    """Exceeding either limit is enough, so that setting only one of the two changes nothing."""
    if content.recurrence is None:
        return True
    return conflicts > config.conflict_max or 100 * conflicts > config.conflict_pct * instances


def _in_work_hours(one: Item, config: RoomConfig) -> bool:
    home = zone(config.work_tz or config.tz)
    start, end = one.when.start_at.astimezone(home), one.when.end_at.astimezone(home)
    opens, closes = time.fromisoformat(config.work_start), time.fromisoformat(config.work_end)
    is_workday = start.strftime("%A").lower() in config.work_days
    return is_workday and start.date() == end.date() and opens <= start.time() and end.time() <= closes
