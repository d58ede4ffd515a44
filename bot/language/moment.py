"""Now in the person's zone, and wall-clock times as instants, also on the days when clocks are changed."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.language.pieces import MIDNIGHT
from bot.language.request import Finding, Repeat, Trouble

NO_GRACE = timedelta(0)


@dataclass(frozen=True, kw_only=True)
class Moment:
    """Now, cut to the minute. `grace`: how long ago an hour named without a day may have been and still be today's."""

    at: datetime
    zone: ZoneInfo
    grace: timedelta = NO_GRACE

    @property
    def today(self) -> date:
        return self.at.date()

    def passed(self, on: date, minute: int, grace: timedelta = NO_GRACE) -> bool:
        return _since(instant(on, minute, self.zone, not_before=self.at), self.at) < -grace


@dataclass(frozen=True, kw_only=True)
class When:
    """The part of a request that is about time; see `Request` for the meaning."""

    day: date | None = None
    day_said: bool = False
    start_at: datetime | None = None
    at: time | None = None
    minutes: int | None = None
    window_end_at: datetime | None = None
    repeats: Repeat | None = None
    findings: tuple[Finding, ...] = ()


def moment_of(now: datetime, zone: ZoneInfo, grace: timedelta = NO_GRACE) -> Moment:
    """Raises ValueError for a naive `now`."""
    if now.tzinfo is None:
        raise ValueError("now must be aware: pass a datetime with a zone")
    whole = now.astimezone(UTC).replace(second=0, microsecond=0)
    return Moment(at=whole.astimezone(zone), zone=zone, grace=grace)


def instant(day: date, minute: int, zone: ZoneInfo, *, not_before: datetime | None = None) -> datetime:
    """The instant of a minute of the day; minutes past midnight belong to the following day.

    A time that does not exist moves on by the length of the gap (2:30 becomes 3:30). Of a time that exists twice
    the first is meant, or the second where the first is before `not_before`.
    """
    ahead, within = divmod(minute, MIDNIGHT)
    wall = datetime.combine(day + timedelta(days=ahead), time(within // 60, within % 60), tzinfo=zone)
    first = _existing(wall)
    if not_before is None or _since(first, not_before) >= NO_GRACE:
        return first
    second = _existing(wall.replace(fold=1))
    doubled = second.fold == 1 and _since(second, not_before) >= NO_GRACE
    return second if doubled else first


def skipped(day: date, minute: int, zone: ZoneInfo) -> tuple[Finding, ...]:
    """What must be told of a minute of the day that does not exist: `said` is what a clock would show on that day."""
    ahead, within = divmod(minute, MIDNIGHT)
    on, at = day + timedelta(days=ahead), time(within // 60, within % 60)
    if _existing(datetime.combine(on, at, tzinfo=zone)).time() == at:
        return ()
    return (Finding(trouble=Trouble.SKIPPED, said=f"{at:%H:%M}", days=(on,)),)


def minutes_between(start_at: datetime, end_at: datetime) -> int:
    """Elapsed minutes; where a clock change turns the order round, those that the wall clock shows."""
    elapsed = _since(end_at, start_at)
    shown = end_at.replace(tzinfo=None) - start_at.replace(tzinfo=None)
    return (elapsed if elapsed > NO_GRACE else shown) // timedelta(minutes=1)


def _since(later: datetime, earlier: datetime) -> timedelta:
    """Elapsed time: two datetimes of one zone would be compared by their wall clocks."""
    return later.astimezone(UTC) - earlier.astimezone(UTC)


def _existing(wall: datetime) -> datetime:
    return wall.astimezone(UTC).astimezone(wall.tzinfo)
