"""Changing a booking: which one is meant, and what it should become."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from bot.language.days import Scene
from bot.language.grammar import Heard, hear
from bot.language.hours import choices, span
from bot.language.lexicon import Role, Value
from bot.language.line import Line, Mark
from bot.language.moment import NO_GRACE, Moment, When, instant
from bot.language.pieces import MIDNIGHT, Clock, NamesRoom
from bot.language.request import Finding, Trouble
from bot.language.said import Said
from bot.language.times import when
from bot.language.wishes import lengthened

_NOW_LEADS = {Role.AT: 1, Role.ON: 1}
_SERIES = (Role.SERIES, Role.OFTEN, Role.EVERY, Role.EACH)
_HEADS_LEAD = {Role.PARTY: 1}


@dataclass(frozen=True, kw_only=True)
class Change:
    """The booking meant (`old`) and what was said of its future."""

    old: When
    to_day: date | None = None
    to_start_at: datetime | None = None
    to_end_at: datetime | None = None
    to_room: NamesRoom | None = None
    add_minutes: int | None = None
    minutes: int | None = None
    shift_minutes: int | None = None
    add_people: int | None = None
    until_on: date | None = None
    go_on: int | None = None
    go_on_span: int = 1
    to_window_end_at: datetime | None = None
    findings: tuple[Finding, ...] = ()


def hear_both(line: Line, scene: Scene) -> tuple[Heard, Heard]:
    """What stands before and after "to": `move my 3 pm | to 4 pm`. Without one, all is before. Where the number of
    people is what is to change, a number after it is theirs: `the number of people of my 3 pm | to 7`."""
    at = _turn(line)
    if at is None:
        return hear(line, scene), Heard((), ())
    old = hear(line, scene, 0, _before_count(line, at))
    heads = line.has(at - 1, Role.PEOPLE) and _before_count(line, at) < at
    heads = heads or any(line.has(left, Role.HEADCOUNT) for left in old.left)
    lead = Mark(line.marks[at].said, line.marks[at].text, _HEADS_LEAD if heads else _lead(line))
    turned = replace(line, marks=(*line.marks[:at], lead, *line.marks[at + 1 :]))
    return old, hear(turned, scene, at)


def _lead(line: Line) -> Mapping[Role, Value]:
    """ "Extend the series to the end of January" is until then."""
    return {Role.UNTIL: 1} if line.says(*_SERIES) and line.says(Role.STRETCH) else _NOW_LEADS


def change_of(line: Line, old: Said, new: Said, moment: Moment) -> Change:
    """`moment` carries the grace that an old time without a day is given; a new time gets none.

    A length before "to" and a time after it is "add 30 minutes to my 3 pm": the booking is named last.
    """
    if old.minutes and new.start and not old.has_hour:
        old, new = replace(new, minutes=old.minutes), Said()
    stretch, shift = _direction(line, Role.STRETCH), _direction(line, Role.SHIFT)
    meant = when(replace(old, minutes=None, end=None if stretch else old.end), moment)
    found = Change(old=meant, to_room=new.room or old.other_room, add_people=_more_people(old, stretch))
    if old.going_on and stretch:
        return replace(found, go_on=stretch * old.going_on.number, go_on_span=old.going_on.span)
    ends = new.until_day or old.until_day or (new.day if stretch and not new.start else None)
    if ends and ends.on and (line.says(Role.SERIES) or old.again):
        return replace(found, until_on=ends.on)
    end = (new.start or new.end or old.end) if stretch else None
    if end:
        return _with_end(found, end, moment)
    if new.minutes is None and old.minutes:
        if stretch:
            return replace(found, add_minutes=stretch * old.minutes.minutes)
        if shift or line.says(Role.BY):
            return _shifted(found, (shift or 1) * old.minutes.minutes, moment)
    length = new.minutes or old.minutes
    return _moved(replace(found, minutes=length.minutes if length else None), new, moment)


def _turn(line: Line) -> int | None:
    """The last verb decides where to look: in "I want to move my 3 pm to 4 pm" the second "to" is meant."""
    verbs = [at for at in range(len(line.marks)) if line.value(at, Role.WISH) == "change"]
    if not verbs and lengthened(line):
        return None  # "blijf een uur langer in Oslo"
    for at in range(verbs[-1] + 1 if verbs else 0, len(line.marks) - 1):
        spoken = line.has(at - 1, Role.QUARTER) and line.has(at, Role.TO_HOUR)
        if line.has(at, Role.TOWARD) and not spoken and not line.has(at + 1, Role.WISH):
            return at
    return None


def _more_people(old: Said, stretch: int) -> int | None:
    """`add 2 people to my 3 pm`."""
    if old.people is None or not stretch or old.minutes or old.end:
        return None
    return stretch * old.people.count


def _before_count(line: Line, at: int) -> int:
    """Where a number that people come down from stands, `from 5 | to 7 people`, `from 5 people | to 7`; else `at`."""
    counted = line.has(at - 1, Role.PEOPLE) and line.has(at - 2, Role.NUMBER)
    counts = line.has(at + 1, Role.NUMBER) and line.has(at + 2, Role.PEOPLE) and line.has(at - 1, Role.NUMBER)
    first = at - 2 if counted else at - 1
    return first - 1 if (counted or counts) and line.has(first - 1, Role.FROM) else at


def _direction(line: Line, role: Role) -> int:
    return next((value for at in range(len(line.marks)) if (value := line.number(at, role))), 0)


def _with_end(found: Change, end: Clock, moment: Moment) -> Change:
    start_at = found.old.start_at
    if start_at is None:
        on, last = found.old.day or moment.today, choices(end, None)[0] or MIDNIGHT
        return replace(found, to_end_at=instant(on, last, moment.zone))
    first = Clock(start_at.hour * 60 + start_at.minute, exact=True, sure=True)
    last_minute = span(first, end, None)[1]
    if last_minute is None:
        return replace(found, findings=(Finding(trouble=Trouble.BACKWARDS),))
    return replace(found, to_end_at=instant(start_at.date(), last_minute, moment.zone))


def _shifted(found: Change, minutes: int, moment: Moment) -> Change:
    if found.old.start_at is None:
        return replace(found, shift_minutes=minutes)
    moved = found.old.start_at.astimezone(UTC) + timedelta(minutes=minutes)
    return _with_start(found, moved.astimezone(moment.zone), moment)


def _moved(found: Change, new: Said, moment: Moment) -> Change:
    """A new time without a day is on the day of the booking meant; a new day without a time keeps its time."""
    old, fresh = found.old, replace(moment, grace=NO_GRACE)
    target = when(replace(new, minutes=None), fresh)
    found = replace(found, findings=tuple(f for f in target.findings if f.trouble is not Trouble.PAST))
    if target.window_end_at:
        found = replace(found, to_window_end_at=target.window_end_at)
    if target.minutes:
        found = replace(found, minutes=target.minutes)
    if target.start_at and (target.day_said or new.ahead or old.day is None or target.day is None):
        to_day = target.day if target.day_said or new.ahead else old.day
        return replace(_with_start(found, target.start_at, moment), to_day=to_day)
    if target.start_at and old.day:
        minute = target.start_at.hour * 60 + target.start_at.minute
        return _with_start(found, instant(old.day, minute, moment.zone), moment)
    if target.day is None:
        return found
    if old.start_at is None:
        return replace(found, to_day=target.day)
    kept = old.start_at.hour * 60 + old.start_at.minute
    return _with_start(found, instant(target.day, kept, moment.zone), moment)


def _with_start(found: Change, start_at: datetime, moment: Moment) -> Change:
    gone = start_at.astimezone(UTC) < moment.at.astimezone(UTC)
    past = (Finding(trouble=Trouble.PAST),) if gone else ()
    return replace(found, to_start_at=start_at, to_day=start_at.date(), findings=(*found.findings, *past))
