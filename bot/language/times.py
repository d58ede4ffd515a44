"""When: what was said of days, hours, lengths and repetition in one sum, and what is wrong with it."""

from dataclasses import replace
from datetime import UTC, date, timedelta

from bot.language.days import later, nth_weekday
from bot.language.moment import NO_GRACE, Moment, When
from bot.language.pieces import Day
from bot.language.request import MAX_DAYS_AHEAD, MAX_MINUTES, Finding, Frequency, Repeat, Trouble
from bot.language.said import Said
from bot.language.starts import hours

Findings = tuple[Finding, ...]


def when(said: Said, moment: Moment) -> When:
    """A time without a day is the next one to come; what has passed is told and kept."""
    day, wrong_day = _day(said, moment)
    minutes, too_long = _length(said)
    found = _hour_alone(said, moment) if said.day and day is None else hours(said, day, moment)
    repeats, wrong_end = _repeat(said, found.day, moment)
    findings = (*wrong_day, *too_long, *found.findings, *wrong_end, *_past(found, day, moment))
    return replace(
        found,
        day_said=day is not None,
        minutes=minutes if found.minutes is None else found.minutes,
        repeats=repeats,
        findings=findings,
    )


def with_nth(said: Said, today: date) -> Said:
    """What cannot come back on "the third monday of the month" is looked at on the next such day."""
    on = nth_weekday(said.nth.nth, said.nth.weekday, today) if said.nth and not said.days else None
    return replace(said, days=[Day(on, said.nth.said)]) if said.nth and on else said


def _hour_alone(said: Said, moment: Moment) -> When:
    """What is kept of a time whose day is none: its hour, and how long it lasts."""
    found = hours(replace(said, days=[]), None, moment)
    if found.start_at is None or found.window_end_at:
        return When()
    return When(at=found.start_at.time(), minutes=found.minutes)


def _day(said: Said, moment: Moment) -> tuple[Day | None, Findings]:
    day = said.day
    if day is None and said.part and said.part.today:
        return Day(moment.today, ""), ()
    if day is None or day.on is None:
        return None, (Finding(trouble=Trouble.NO_SUCH_DAY, said=day.said),) if day else ()
    if day.on > _last(moment):
        return None, (Finding(trouble=Trouble.TOO_FAR, said=day.said, limit=MAX_DAYS_AHEAD),)
    weekdays = [other for other in said.days if other.weekday is not None and other.on]
    if day.loose and day.weekday is None and weekdays:
        return replace(day, on=day.on + timedelta(days=weekdays[0].weekday or 0)), ()
    options = [day.other] if day.other else []
    options += [other.on for other in weekdays if other.on and other.weekday != day.on.weekday()]
    if not options:
        return day, ()
    return day, (Finding(trouble=Trouble.AMBIGUOUS_DAY, said=day.said, days=(day.on, options[0])),)


def _length(said: Said) -> tuple[int | None, Findings]:
    if said.minutes is None:
        return None, ()
    if said.minutes.minutes > MAX_MINUTES:
        return None, (Finding(trouble=Trouble.TOO_LONG_TIME, said=said.minutes.said, limit=MAX_MINUTES),)
    return said.minutes.minutes, ()


def _repeat(said: Said, first: date | None, moment: Moment) -> tuple[Repeat | None, Findings]:
    again = said.again
    if again is None or first is None:
        return None, ()
    weekly = again.frequency is Frequency.WEEKLY
    weekdays = again.weekdays or ((first.weekday(),) if weekly else ())
    until, findings = _until(said, first, moment)
    repeat = Repeat(
        frequency=again.frequency,
        every=again.every,
        weekdays=weekdays,
        until_on=until,
        times=said.times if until is None else None,
    )
    return repeat, findings


def _until(said: Said, first: date, moment: Moment) -> tuple[date | None, Findings]:
    latest = _last(moment)
    if said.until_day:
        until, words = said.until_day.on, said.until_day.said
    elif said.going_on:
        until = later(first, said.going_on.number, said.going_on.span) - timedelta(days=1)
        words, latest = said.going_on.said, first + timedelta(days=MAX_DAYS_AHEAD)
    else:
        return None, ()
    if until is None:
        return None, (Finding(trouble=Trouble.NO_SUCH_DAY, said=words),)
    if until > latest:
        return None, (Finding(trouble=Trouble.TOO_FAR, said=words, limit=MAX_DAYS_AHEAD),)
    if until < first:
        return None, (Finding(trouble=Trouble.BACKWARDS, said=words),)
    return until, ()


def _past(found: When, day: Day | None, moment: Moment) -> Findings:
    now = moment.at.astimezone(UTC)
    if found.window_end_at:
        gone = found.window_end_at.astimezone(UTC) <= now
    elif found.start_at:
        gone = found.start_at.astimezone(UTC) < now - (NO_GRACE if day else moment.grace)
    else:
        gone = found.day is not None and found.day < moment.today
    return (Finding(trouble=Trouble.PAST, said=day.said if day else ""),) if gone else ()


def _last(moment: Moment) -> date:
    return moment.today + timedelta(days=MAX_DAYS_AHEAD)
