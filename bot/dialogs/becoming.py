"""When a booking is, and how a series comes back, after the change that was asked for."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.cards.views import Asked
from bot.domain.series import Frequency, Rhythm
from bot.domain.slots import Slot
from bot.language.days import later
from bot.language.request import Request

_WEEK = 7


def goes_on(before: Asked, on: date, request: Request) -> Rhythm | None:
    """How a series comes back that goes to another day, or end: it keeps as many dates as it has."""
    rhythm = before.repeats
    if rhythm is None or before.on is None:
        return None
    if request.to_until_on is not None:
        return replace(rhythm, until_on=request.to_until_on)
    if request.go_on is not None:
        return replace(rhythm, until_on=later(rhythm.until_on, request.go_on, request.go_on_span))
    if on == before.on:
        return rhythm
    return replace(rhythm, weekdays=(), day=0, until_on=rhythm.until_on + (on - before.on))


def in_its_week(slot: Slot, rhythm: Rhythm | None, request: Request, zone: ZoneInfo, now: datetime | None) -> Request:
    """ "To Wednesday" of a weekly series is the Wednesday of its next date's week, though another comes sooner."""
    if rhythm is None or rhythm.frequency is not Frequency.WEEKLY or request.to_day is None or now is None:
        return request
    today, on = now.astimezone(zone).date(), slot.start_at.astimezone(zone).date()
    ahead = (request.to_day - today).days
    if not 0 <= ahead < _WEEK or (request.to_day == request.day and not request.day_said):
        return request
    to_day = on - timedelta(days=on.weekday() - request.to_day.weekday())
    to_day += timedelta(days=_WEEK * rhythm.every) if to_day < today else timedelta(0)
    to_start_at = request.to_start_at
    if to_start_at is not None:
        to_start_at = datetime.combine(to_day, to_start_at.astimezone(zone).time(), zone)
    return replace(request, to_day=to_day, to_start_at=to_start_at)


def new_start(slot: Slot, request: Request, zone: ZoneInfo) -> datetime:
    """A new time without a new day is on the booking's own day: "my 3 pm" may be next week's."""
    start_at = slot.start_at.astimezone(zone)
    if request.shift_minutes is not None:
        return (start_at.astimezone(UTC) + timedelta(minutes=request.shift_minutes)).astimezone(zone)
    same_day = not request.day_said and request.to_day == request.day
    if request.to_start_at is not None:
        to_at = request.to_start_at.astimezone(zone)
        return datetime.combine(start_at.date(), to_at.time(), zone) if same_day else to_at
    if request.to_day is not None and not same_day:
        return datetime.combine(request.to_day, start_at.time(), zone)
    return start_at


def minutes_until(end_at: datetime, start_at: datetime) -> int:
    """Minutes from a start to the next time that the clock shows what it shows at `end_at`."""
    end_at = datetime.combine(start_at.date(), end_at.time(), start_at.tzinfo)
    if end_at <= start_at:
        end_at += timedelta(days=1)
    return int((end_at.astimezone(UTC) - start_at.astimezone(UTC)).total_seconds() // 60)
