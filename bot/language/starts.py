"""When a booking starts and ends: hours that were said, on the day that was said or the next one that fits."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from bot.language.days import WEEK
from bot.language.hours import WHOLE_DAY, WINDOWS, choices, span
from bot.language.moment import NO_GRACE, Moment, When, instant, minutes_between, skipped
from bot.language.pieces import MIDNIGHT, WORK_TO, Ahead, Clock, Day
from bot.language.request import MAX_DAYS_AHEAD, MAX_MINUTES, Finding, Trouble
from bot.language.said import Said

STEP = timedelta(minutes=15)  # a stretch of the day that has begun is searched from the next quarter of an hour
SEARCHED_DAYS = 15
SHORTEST = 60  # minutes of the working day that are worth looking at


def hours(said: Said, day: Day | None, moment: Moment) -> When:
    """`day` is the day that was said, if it is one that exists."""
    if said.ahead and (said.ahead.minutes or not said.start):
        return _from_now(said, said.ahead, moment)
    if said.start:
        return _from_clock(said, said.start, day, moment)
    if said.end:
        return _until_clock(said, said.end, day, moment)
    if said.whole_day:
        return replace(_begun(said, day, WHOLE_DAY[:1], moment)[1], minutes=WHOLE_DAY[1] - WHOLE_DAY[0])
    if said.part:
        return _stretch(WINDOWS[said.part.name], said, day, moment)
    return When(day=_first_day(said, day, MIDNIGHT - 1, moment) if day or said.again else None)


def all_day(found: When, said: Said, moment: Moment) -> When:
    """When something is free on a day without a time is asked of its working hours, or of what is left of it; a week
    is not one day of it."""
    day = said.day
    if found.start_at or found.repeats or day is None or day.on is None or day.on < moment.today:
        return found
    if found.day != day.on or (day.loose and day.weekday is None):
        return found
    window = (WHOLE_DAY[0], MIDNIGHT) if moment.passed(day.on, WHOLE_DAY[1] - SHORTEST) else WHOLE_DAY
    stretch = _stretch(window, said, day, moment)
    return replace(found, start_at=stretch.start_at, window_end_at=stretch.window_end_at)


def _from_now(said: Said, ahead: Ahead, moment: Moment) -> When:
    if ahead.minutes > MAX_DAYS_AHEAD * MIDNIGHT:
        return When(findings=(Finding(trouble=Trouble.TOO_FAR, said=ahead.said, limit=MAX_DAYS_AHEAD),))
    start_at = (moment.at.astimezone(UTC) + timedelta(minutes=ahead.minutes)).astimezone(moment.zone)
    found = When(day=start_at.date(), start_at=start_at)
    if said.within:
        end_at = (start_at.astimezone(UTC) + timedelta(minutes=said.within)).astimezone(moment.zone)
        return replace(found, window_end_at=end_at)
    return _ended(found, said.end, moment) if said.end else found


def _from_clock(said: Said, start: Clock, day: Day | None, moment: Moment) -> When:
    if said.end and said.end_day and said.end_day.on:
        found = _begun(said, day, choices(start, said.part), moment)[1]
        return _ending_on(found, said.end_day.on, choices(said.end, None)[0], said.end_day, moment)
    if said.end:
        first, last = span(start, said.end, said.part)
        on, found = _begun(said, day, (first,), moment)
        return _room_to_move(said, _with_end(found, on, (first, last), moment))
    _, found = _begun(said, day, choices(start, said.part), moment)
    if not said.or_later or found.start_at is None or found.day is None:
        return found
    closing = WORK_TO if _minute(found.start_at) < WORK_TO else MIDNIGHT
    return replace(found, window_end_at=instant(found.day, closing, moment.zone))


def _room_to_move(said: Said, found: When) -> When:
    """`between 9 and 12 for an hour` names a stretch, not the booking."""
    if said.minutes is None or found.start_at is None or not found.minutes or said.minutes.minutes >= found.minutes:
        return found
    end_at = found.start_at.astimezone(UTC) + timedelta(minutes=found.minutes)
    return replace(found, minutes=None, window_end_at=end_at.astimezone(found.start_at.tzinfo))


def _until_clock(said: Said, end: Clock, day: Day | None, moment: Moment) -> When:
    """`until 4` begins now; `before 4`, or `until 4` on another day, leaves the beginning open."""
    if not said.or_earlier and (day is None or day.on == moment.today):
        found = _ended(When(day=moment.today, start_at=moment.at), end, moment)
        if found.minutes or day:
            return found
    last = choices(end, said.part)[0] or MIDNIGHT
    return _stretch((min(WHOLE_DAY[0], last - 1), last), said, day, moment)


def _ended(found: When, end: Clock, moment: Moment) -> When:
    if found.start_at is None:
        return found
    begin = Clock(_minute(found.start_at), exact=True, sure=True)
    return _with_end(found, found.start_at.date(), span(begin, end, None), moment)


def _with_end(found: When, on: date, said: tuple[int, int | None], moment: Moment) -> When:
    """`said` is the start and the end as read out, in minutes from the midnight with which `on` begins."""
    first, last = said
    if found.start_at is None:
        return found
    if last is None:
        return replace(found, findings=(*found.findings, Finding(trouble=Trouble.BACKWARDS)))
    minutes = minutes_between(found.start_at, instant(on, last, moment.zone, not_before=found.start_at))
    findings = (*found.findings, *skipped(on, last, moment.zone))
    return replace(found, minutes=minutes if minutes > 0 else last - first, findings=findings)


def _ending_on(found: When, last_on: date, minute: int, day: Day, moment: Moment) -> When:
    """`from monday 9 am to tuesday 10 am`; a weekday is the first one after the start."""
    if found.start_at is None or found.day is None:
        return found
    if day.weekday is not None and last_on < found.day:
        last_on += timedelta(days=-(-(found.day - last_on).days // WEEK) * WEEK)
    minutes = minutes_between(found.start_at, instant(last_on, minute, moment.zone, not_before=found.start_at))
    if last_on < found.day or minutes <= 0:
        return replace(found, findings=(*found.findings, Finding(trouble=Trouble.BACKWARDS)))
    if minutes > MAX_MINUTES:
        too_long = Finding(trouble=Trouble.TOO_LONG_TIME, said=day.said, limit=MAX_MINUTES)
        return replace(found, findings=(*found.findings, too_long))
    return replace(found, minutes=minutes, findings=(*found.findings, *skipped(last_on, minute, moment.zone)))


def _stretch(window: tuple[int, int], said: Said, day: Day | None, moment: Moment) -> When:
    """Any time in a part of the day; of today only what is left of it."""
    first, last = window
    today = said.part is not None and said.part.today and day is None
    on = moment.today if today else _first_day(said, day, last - 1, moment)
    start_at, end_at = instant(on, first, moment.zone), instant(on, last, moment.zone)
    if start_at.astimezone(UTC) < moment.at.astimezone(UTC) < end_at.astimezone(UTC):
        begun = moment.at.astimezone(UTC)
        start_at = min(begun - (begun - datetime.min.replace(tzinfo=UTC)) % -STEP, end_at - STEP)
    start_at = start_at.astimezone(moment.zone)
    return When(day=start_at.date(), start_at=start_at, window_end_at=end_at)


def _begun(said: Said, day: Day | None, options: tuple[int, ...], moment: Moment) -> tuple[date, When]:
    """The day that is meant and the start, which lies on another day where a zone skips one or at 24:00.

    On a day said to be today, an hour still to come is likelier than one that has gone.
    """
    minute = options[0]
    if day and day.on == moment.today and not day.rolls:
        minute = next((later for later in options if not moment.passed(moment.today, later)), minute)
    on = _first_day(said, day, minute, moment)
    start_at = instant(on, minute, moment.zone, not_before=moment.at)
    return on, When(day=start_at.date(), start_at=start_at, findings=skipped(on, minute, moment.zone))


def _first_day(said: Said, day: Day | None, minute: int, moment: Moment) -> date:
    """The day said, or the first from there on that fits what repeats and on which the minute has not passed."""
    start = day.on if day and day.on else moment.today
    if said.again and said.again.weekdays:
        coming = (start + timedelta(days=ahead) for ahead in range(SEARCHED_DAYS))
        fitting = (on for on in coming if on.weekday() in (said.again.weekdays) and not moment.passed(on, minute))
        return next(fitting, start)
    rolls = day.rolls if day else 1
    grace = NO_GRACE if day else moment.grace
    if rolls and start == moment.today and moment.passed(start, minute, grace):
        return start + timedelta(days=rolls)
    return start


def _minute(at: datetime) -> int:
    return at.hour * 60 + at.minute
