"""A series on cards: how it comes back, what came of each of its dates, and a page of them."""

from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from microsoft_teams.cards import Action, ActionSet, CardElement

from bot.cards.actions import Verb, data
from bot.cards.days import some_of
from bot.cards.elements import NO, beside, button, line, name, stacked, upper_first
from bot.cards.states import ICONS, WORDS
from bot.cards.texts import Audience
from bot.cards.views import BookingView, ManagerView
from bot.domain.bookings import LIVE, LOST, Booking, Occurrence, State
from bot.domain.ranking import Option
from bot.domain.series import Frequency, Rhythm
from bot.domain.slots import Slot

DATES = 6  # on a page, each with a button
_BOTH = 2
_DAYS = 12  # named of a series that is asked about
_GIVEN_UP = 7  # named of those that a change would cost
_TOLD = 5  # dates of which something is to be told
_WORK_WEEK = (0, 1, 2, 3, 4)

Pattern = tuple[time, int, int]


def rhythm_words(rhythm: Rhythm, audience: Audience) -> str:
    """ "every week on Mon and Wed", "every working day"."""
    every = rhythm.every
    match rhythm.frequency:
        case Frequency.DAILY if every == 1:
            return audience.say("every day")
        case Frequency.DAILY:
            return audience.count("every {n} day", "every {n} days", every)
        case Frequency.MONTHLY if every == 1:
            return audience.say("every month")
        case Frequency.MONTHLY:
            return audience.count("every {n} month", "every {n} months", every)
    if rhythm.weekdays == _WORK_WEEK and every == 1:
        return audience.say("every working day")
    weeks = audience.say("every week") if every == 1 else audience.count("every {n} week", "every {n} weeks", every)
    days = audience.all_of([audience.weekday(day) for day in rhythm.weekdays])
    return audience.say("{weeks} on {days}", weeks=weeks, days=days) if days else weeks


def reach(rhythm: Rhythm, first: Slot, last_on: date, audience: Audience) -> str:
    """ "every week, Tue 24 Nov – Tue 16 Feb, 15:00–16:00"."""
    audience = audience.later()
    first_on = first.start_at.astimezone(audience.zone).date()
    first_day, last_day = (audience.day(on).replace(",", "") for on in (first_on, last_on))
    days = audience.say("{first} – {last}", first=first_day, last=last_day)
    clocks = f"{audience.clock(first.start_at)}–{audience.clock(first.end_at)}"
    if first.end_at - first.start_at >= timedelta(days=1):
        clocks = audience.clock(first.start_at)
    return ", ".join((rhythm_words(rhythm, audience), days, clocks))


def when(made: Booking, audience: Audience) -> str:
    """When a booking is, whether it comes back or not. Counted are the dates that a series has, or those that were
    cancelled with it: not what was given up before."""
    if made.rhythm is None or not made.occurrences:
        return audience.span(made.slot)
    asked = [one.slot for one in made.occurrences if one.booking_id]
    standing = [one.slot for one in made.occurrences if one.with_all or _stands(one, made, audience.now)] or asked
    coming = sorted(slot for slot in standing if slot.end_at > audience.now) or sorted(standing)
    pattern = _usual(made)
    usual = next(slot for slot in (*coming, *asked) if _pattern(slot, made) == pattern)
    first_on, last_on = (slot.start_at.astimezone(audience.zone).date() for slot in (coming[0], coming[-1]))
    start_at = datetime.combine(first_on, usual.start_at.astimezone(audience.zone).time(), audience.zone)
    first = Slot.lasting(start_at.astimezone(UTC), usual.minutes)
    times = audience.count("{n} time", "{n} times", len(coming))
    return f"{reach(made.rhythm, first, last_on, audience)} · {times}"


def coming_days(made: Booking, audience: Audience) -> str:
    """The days that a series still has: "Tue 24 Nov, Tue 1 Dec and 3 more dates"."""
    live = [one.slot.start_at for one in made.occurrences if one.state in LIVE and one.slot.end_at > audience.now]
    audience = audience.later()
    return some_of((at.astimezone(audience.zone) for at in sorted(live)), _DAYS, audience)


def moved(view: BookingView | ManagerView, audience: Audience) -> str:
    """ "Moved by itself: Tue 8 Dec, 16:00–17:00 · Oslo": the coming dates that are otherwise than `when` tells; ''
    where none is."""
    made, usual = view.booking, _usual(view.booking)
    if made.rhythm is None:
        return ""
    alike, coming = made.moved_alike(audience.now), made.coming(audience.now)
    apart = [one for one in coming if _otherwise(one, made, usual) and not (alike and one.planned and not one.room)]
    told = [" · ".join(_place(view, one, audience.later().span(one.slot))) for one in apart[:_TOLD]]
    if len(apart) > _TOLD:
        told.append(audience.count("{n} more date", "{n} more dates", len(apart) - _TOLD))
    if not told:
        return ""
    dates = "; ".join(told)
    return audience.count("Moved by itself: {dates}", "Moved by themselves: {dates}", len(apart), dates=dates)


def partly(made: Booking, audience: Audience) -> str:
    """ "Booked 3 of 4 times", where a series is booked and dates of it could not be had; "Booked, 1 cancelled", where
    somebody gave dates up; else ''. All dates are counted, as they are listed."""
    if made.state is not State.CONFIRMED:
        return ""
    states = Counter(one.state for one in made.occurrences)
    booked, cancelled = states[State.CONFIRMED], states[State.CANCELLED]
    every = len(made.occurrences)
    told = audience.say(WORDS[State.CONFIRMED])
    if booked + cancelled < every:
        told = audience.say("Booked {n} of {all} times", n=booked, all=every)
    if cancelled:
        return audience.say("{booked}, {n} cancelled", booked=told, n=cancelled)
    return told if booked < every else ""


def outcomes(view: BookingView, audience: Audience) -> list[CardElement]:
    """What is to be told of single dates: those that are otherwise, or elsewhere, than the whole. Of those that the
    room did not take, other rooms are a press away."""
    made = view.booking
    if made.state not in (State.REQUESTED, State.CONFIRMED):
        return []
    expected, usual = {made.state, State.HELD}, _usual(made)
    other = [one for one in made.occurrences if one.state not in expected or _otherwise(one, made, usual)]
    found: list[CardElement] = []
    for one in other[:_TOLD]:
        told = line(f"{upper_first(audience.span(one.slot))}: {_told(view, one, audience)}")
        found.append(beside([told], _elsewhere(made, one, audience)) if _lost(one, audience) else told)
    more = len(other) - len(found)
    return [*found, *([line(audience.count("and {n} more date", "and {n} more dates", more))] if more else [])]


def going_on(made: Booking, audience: Audience) -> str:
    """Of a series that is given up, the date that had begun by then and goes on; '' where there is none."""
    if made.state not in (State.COMPENSATING, State.CANCELLED):
        return ""
    here = [one for one in made.occurrences if one.state is State.CONFIRMED and one.slot.contains(audience.now)]
    if not here:
        return ""
    when = upper_first(audience.span(here[0].slot))
    return audience.say("{when} has begun and stays yours. The dates after it are cancelled.", when=when)


def dates(view: BookingView, audience: Audience, page: int) -> list[CardElement]:
    """One page of the dates, each with the way to its own booking."""
    shown = view.booking.occurrences[page * DATES : (page + 1) * DATES]
    return [beside(_date(view, one, audience), _way(view.booking, one, audience)) for one in shown]


def turns(made: Booking, audience: Audience, page: int) -> list[Action]:
    """The buttons below a page."""
    found: list[Action] = []
    if page > 0:
        found.append(_page(made, audience.say("Earlier dates"), page - 1))
    if (page + 1) * DATES < len(made.occurrences):
        found.append(_page(made, audience.say("Later dates"), page + 1))
    return found


def back(made: Booking, audience: Audience) -> ActionSet:
    """From the dates to the whole."""
    return stacked(button(audience.say("Back to the series"), data(Verb.SHOW, id=made.id, version=made.number)))


def ways(made: Booking, audience: Audience) -> list[CardElement]:
    """From an occurrence to its series; from a series to the page of its dates that holds what comes next."""
    if made.series:
        return [stacked(button(audience.say("Whole series"), data(Verb.SHOW, id=made.series)))]
    if made.rhythm is None or not made.live:
        return []
    return [stacked(to_dates(made, audience))]


def to_dates(made: Booking, audience: Audience) -> Action:
    """Opens the page of a series' dates that holds what comes next."""
    past = sum(one.slot.end_at <= audience.now for one in made.occurrences[:-1])
    return _page(made, audience.say("Dates"), past // DATES)


def freedom(option: Option, audience: Audience) -> str:
    """ "free all 13 times", or how often, and when not."""
    if not option.missing and option.times == _BOTH:
        return audience.say("free both times")
    if not option.missing:
        return audience.count("free {n} time", "free all {n} times", option.times)
    days = some_of((slot.start_at for slot in option.missing), 3, audience.later())
    times = option.times - len(option.missing)
    if option.stays:
        often = audience.count("{n} time", "{n} times", times)
        return audience.say("{often}, without {days}", often=often, days=days)
    told = audience.say("free {n} of {all} times", n=times, all=option.times)
    return audience.say("{often}, not {days}", often=told, days=days)


def giving_up(option: Option, audience: Audience) -> str:
    """What a changed series would lose with this room; '' where that is nothing."""
    if not option.gives_up:
        return ""
    return audience.count(
        "With this one you give up {n} date that you have: {days}.",
        "With this one you give up {n} dates that you have: {days}.",
        len(option.gives_up),
        days=some_of((slot.start_at for slot in option.gives_up), _GIVEN_UP, audience.later()),
    )


def _stands(one: Occurrence, made: Booking, now: datetime) -> bool:
    """Whether it is one of the dates that the series has; what goes on though the rest is given up is none."""
    undone = made.state in (State.COMPENSATING, State.CANCELLED)
    return one.booking_id != "" and one.state in LIVE and not (undone and one.slot.start_at <= now)


def _usual(made: Booking) -> Pattern | None:
    """The time of most of the dates that were asked for: single ones may have been moved."""
    asked = [one for one in made.occurrences if one.booking_id]
    patterns = Counter(_pattern(one.slot, made) for one in asked)
    unmoved = {_pattern(one.slot, made) for one in asked if not one.planned}
    return max(patterns, key=lambda pattern: (patterns[pattern], pattern in unmoved), default=None)


def _otherwise(one: Occurrence, made: Booking, usual: Pattern | None) -> bool:
    """Whether a date is at another time or on another day than its series, or in another room."""
    return bool(one.room) or _pattern(one.slot, made) != usual or _on_another_day(one, made)


def _pattern(slot: Slot, made: Booking) -> Pattern:
    """Start, minutes and, of one that comes on one day of the week, that day: on the clock that the series follows."""
    local = slot.start_at.astimezone(ZoneInfo(made.zone) if made.zone else UTC)
    weekly = made.rhythm is not None and made.rhythm.frequency is Frequency.WEEKLY and not made.rhythm.weekdays
    return local.time(), slot.minutes, local.weekday() if weekly else -1


def _on_another_day(one: Occurrence, made: Booking) -> bool:
    """Whether it was moved from the day on which the series has it, be it to the same hour of the same weekday."""
    zone = ZoneInfo(made.zone) if made.zone else UTC
    planned = one.planned or one.slot
    return planned.start_at.astimezone(zone).date() != one.slot.start_at.astimezone(zone).date()


def _page(made: Booking, text: str, page: int) -> Action:
    return button(text, data(Verb.DATES, id=made.id, version=made.number, option=page))


def _told(view: BookingView, one: Occurrence, audience: Audience) -> str:
    """What came of it, and in which room where that is another one."""
    word = audience.say(WORDS[one.state]) if one.state else audience.say("The room was not free")
    return " · ".join(_place(view, one, word))


def _place(view: BookingView | ManagerView, one: Occurrence, told: str) -> tuple[str, ...]:
    """What is told of a date, and its room where that is another one."""
    return (told, name(view.elsewhere[one.room].name)) if one.room in view.elsewhere else (told,)


def _date(view: BookingView, one: Occurrence, audience: Audience) -> list[CardElement]:
    icon = ICONS[one.state] if one.state else NO
    return [
        line(upper_first(audience.span(one.slot)), bold=True),
        line(f"{icon} {_told(view, one, audience)}", spacing="None", subtle=True),
    ]


def _lost(one: Occurrence, audience: Audience) -> bool:
    """Whether the date is wanted still and has no room."""
    return (one.state is None or one.state in LOST) and one.slot.start_at > audience.now


def _elsewhere(made: Booking, one: Occurrence, audience: Audience) -> Action:
    values = data(Verb.DATE, id=made.id, version=made.number, option=made.occurrences.index(one))
    hint = audience.say("Find another room for {when}", when=audience.span(one.slot))
    return button(audience.say("Another room"), values, tooltip=hint)


def _way(made: Booking, one: Occurrence, audience: Audience) -> Action | None:
    if made.live and _lost(one, audience):
        return _elsewhere(made, one, audience)
    if not one.booking_id:
        return None
    hint = audience.say("Open {when}", when=audience.span(one.slot))
    return button(audience.say("Open"), data(Verb.SHOW, id=one.booking_id), tooltip=hint)
