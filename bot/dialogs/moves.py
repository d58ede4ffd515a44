"""Which move follows from what was said: pure, over the words alone."""

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import takewhile
from zoneinfo import ZoneInfo

from bot.cards.views import Asked, Within
from bot.dialogs.asking import Asking, Here, from_booking, from_words, notes_of
from bot.dialogs.becoming import goes_on, in_its_week, minutes_until, new_start
from bot.dialogs.lists import ListRooms, limits
from bot.domain.bookings import LIVE, LOST, Booking, Occurrence, Reason, State
from bot.domain.series import Frequency, Rhythm
from bot.domain.slots import Slot
from bot.language.request import Request, Trouble, Wish

_SHORTEST = 5
_ALL = Within()
_DUTCH_LETTERS = frozenset({"dode brieven", "dode brief", "opgegeven werk"})
_LETTERS = _DUTCH_LETTERS | {"dead letters", "dead letter"}
_DOCTOR = frozenset({"doctor", "dokter"})
_PROGRESS = frozenset(
    {"progress", "import", "import progress", "first import", "voortgang", "voortgang import", "eerste import"}
)
_REPLAY = re.compile(r"(?:replay|opnieuw) (?:(?P<number>[1-9][0-9]{0,5})|all|alles)", re.ASCII)
_DUTCH = re.compile("|".join((*_DUTCH_LETTERS, "dokter", "voortgang.*", "eerste import", "opnieuw .*")))


@dataclass(frozen=True, kw_only=True)
class LookForRooms:
    asking: Asking


@dataclass(frozen=True, kw_only=True)
class CheckRoom:
    """Is this one room free?"""

    room: str
    asking: Asking


@dataclass(frozen=True, kw_only=True)
class ShowRoom:
    """What is the room that is asked for, and has it what is asked for?"""

    asking: Asking


@dataclass(frozen=True, kw_only=True)
class ListMine:
    """The person's bookings, or of them the series alone, or those within what was named."""

    series: bool = False
    within: Within = _ALL
    notes: tuple[Reason, ...] = ()


@dataclass(frozen=True, kw_only=True)
class CancelMine:
    """Of the person's bookings, the one that the words fit."""

    said: str
    request: Request


@dataclass(frozen=True, kw_only=True)
class ChangeMine:
    said: str
    request: Request


@dataclass(frozen=True, kw_only=True)
class Explain:
    """Help; `greeted` where the person only said hello."""

    greeted: bool = False


@dataclass(frozen=True, kw_only=True)
class Answer:
    """To a courtesy, with one: thanks, or `leaving`; to a bare `yes_or_no`, what to do instead."""

    leaving: bool = False
    yes_or_no: bool = False


@dataclass(frozen=True, kw_only=True)
class Refuse:
    """What cannot be asked for, and why."""

    reason: Reason


@dataclass(frozen=True, kw_only=True)
class ShowStatus:
    """`doctor` where it was asked for by that word; `progress` where it was asked how far the first import is."""

    page: int = 0
    doctor: bool = False
    progress: bool = False


@dataclass(frozen=True, kw_only=True)
class ShowLetters:
    """What was given up on. `replay` is None to look, a number of the list, or 0 for all: to have it done again."""

    page: int = 0
    replay: int | None = None


@dataclass(frozen=True, kw_only=True)
class NotUnderstood:
    said: str
    understood: Asked


Words = Explain | Answer | Refuse | NotUnderstood
Move = (
    LookForRooms
    | CheckRoom
    | ListRooms
    | ShowRoom
    | ListMine
    | CancelMine
    | ChangeMine
    | ShowStatus
    | ShowLetters
    | Words
)


def said(text: str, request: Request, here: Here) -> Move:
    """The move that the words ask for."""
    if order := _order(text):
        return order
    match request.wish:
        case Wish.BOOK:
            return _of_rooms(request, here)
        case Wish.IS_FREE:
            return _is_free(request, here)
        case Wish.MY_BOOKINGS:
            notes = tuple(note for note in notes_of(request, here) if note.code != "past")
            return ListMine(series=request.series, within=limits(request), notes=notes)
        case Wish.CANCEL | Wish.CHANGE:
            return _of_existing(text, request)
        case Wish.STATUS:
            return ShowStatus()
        case Wish.UNKNOWN:
            understood = replace(from_words(request, here).asked, minutes=request.minutes)
            return NotUnderstood(said=text[:200], understood=understood)
        case _:
            return _in_passing(request.wish)


def _of_rooms(request: Request, here: Here) -> Move:
    """A search, or which rooms there are, or what one of them is."""
    if request.listing and not request.findings:
        return ListRooms(
            building=request.building or "", features=request.features, size=request.size, left=request.text_left
        )
    asking = from_words(request, here)
    return (
        ShowRoom(asking=asking) if request.about and request.room and not asking.notes else LookForRooms(asking=asking)
    )


def _in_passing(wish: Wish) -> Move:
    """What has nothing to do with a room or a booking of the person's own."""
    match wish:
        case Wish.THANKS | Wish.GOODBYE:
            return Answer(leaving=wish is Wish.GOODBYE)
        case Wish.ANSWERED:
            return Answer(yes_or_no=True)
        case Wish.WHEREABOUTS:
            return Refuse(reason=Reason(code="others_private", params={}))
        case _:
            return Explain(greeted=wish is Wish.GREETING)


def _of_existing(text: str, request: Request) -> Move:
    left_out = request.finding(Trouble.EXCEPTION)
    if left_out is not None:  # what is to stay must not be what is given up
        return Refuse(reason=Reason(code="exception_given_up", params={"said": left_out.said}))
    if request.wish is Wish.CHANGE:
        return ChangeMine(said=text, request=request)
    return CancelMine(said=text, request=_whole(request))


def _whole(request: Request) -> Request:
    """Of the dates from a day on, the series is meant that has them, whether or not one of them is on that day."""
    return replace(request, day=None, day_said=False) if request.part else request


def _order(text: str) -> ShowLetters | ShowStatus | None:
    """Administrators' orders are fixed words, not to be guessed at: a whole message or nothing."""
    words = _words(text)
    if words in _LETTERS:
        return ShowLetters()
    if words in _DOCTOR or words in _PROGRESS:
        return ShowStatus(doctor=words in _DOCTOR, progress=words in _PROGRESS)
    found = _REPLAY.fullmatch(words)
    if found is None:
        return None
    return ShowLetters(replay=int(found["number"]) if found["number"] else 0)


def ordered_in(text: str) -> str:
    """The language of such an order, where its words tell; the English ones are said in any."""
    return "nl" if _order(text) and _DUTCH.fullmatch(_words(text)) else ""


def _words(text: str) -> str:
    return " ".join(text.casefold().split()).rstrip(".!?")


def changeable(booking: Booking, now: datetime) -> bool:
    """Whether there is still something to change: neither over, nor given up, nor being given up."""
    return booking.live and booking.state is not State.COMPENSATING and booking.end_at > now


def wanted(booking: Booking, request: Request, here: Here) -> Asking:
    """The booking as the words want it, with what the person must be told. Whether the new time has passed depends on
    the day of the booking that was found, not on the day that the words alone suggested."""
    notes = tuple(note for note in notes_of(request, here) if note.code != "past")
    after = changed(booking, request, here.zone, here.now)
    if _said_how(request) and after == as_asked(booking, here.zone, here.now):
        notes = (*notes, Reason(code="already_so", params={}))
    return from_booking(after, notes, here)


def _said_how(request: Request) -> bool:
    """Whether anything was said of what a booking is to become that is a time, a room or a number of people."""
    times = (request.to_day, request.to_start_at, request.to_end_at, request.to_until_on, request.minutes)
    return any(one is not None for one in (*times, request.go_on, request.to_room, request.people))


def changed(booking: Booking, request: Request, zone: ZoneInfo, now: datetime | None = None) -> Asked:
    """The booking as it would be after the change that was asked for."""
    before = as_asked(booking, zone, now)
    slot = _next(booking, zone, now)
    start_at = new_start(slot, in_its_week(slot, booking.rhythm, request, zone, now), zone)
    length, until = request.minutes or slot.minutes, request.to_window_end_at
    if request.to_end_at is not None:
        length = minutes_until(request.to_end_at.astimezone(zone), start_at)
    return replace(
        before,
        on=start_at.date(),
        at=start_at.time(),
        minutes=max(_SHORTEST, length + (request.add_minutes or 0)),
        people=request.people or _more(before.people, request.add_people),
        repeats=goes_on(before, start_at.date(), request),
        building=request.building or "",
        features=request.features,
        room=request.to_room or ("" if request.size else before.room),
        size=request.size,
        until=until.astimezone(zone).time() if until and before.repeats is None else None,
    )


def as_asked(booking: Booking, zone: ZoneInfo, now: datetime | None = None) -> Asked:
    """A booking as the request that it came from; of a series, as it would be from its next occurrence on (be it one
    that the room did not take), by its own hour and day also where that date was moved by itself."""
    slot = _next(booking, zone, now)
    start_at = slot.start_at.astimezone(zone)
    return Asked(
        on=start_at.date(),
        at=start_at.time(),
        minutes=slot.minutes,
        people=booking.people,
        room=booking.room,
        subject=booking.subject,
        repeats=_rhythm(booking, zone),
    )


def date_asked(series: Booking, number: int, zone: ZoneInfo) -> Asked | None:
    """One date of a series as a request of its own, in whichever room; None where there is no such date."""
    if not 0 <= number < len(series.occurrences):
        return None
    slot = series.occurrences[number].slot
    alone = replace(series, slot=slot, rhythm=None, occurrences=())
    return replace(as_asked(alone, zone), room="")


def _next(booking: Booking, zone: ZoneInfo, now: datetime | None) -> Slot:
    """The next time of a series. Dates before the next one that stands, for which it has no room, are wanted still:
    they are as many steps of the rhythm before it, for the hour that they once had may be another than the series'."""
    slot, rhythm = _next_standing(booking, now), _rhythm(booking, zone)
    if rhythm is None or now is None:
        return slot
    local, days = slot.start_at.astimezone(zone), [slot.start_at.astimezone(zone).date()]
    found = slot
    for one in reversed(_leading(booking, now)):
        day = rhythm.before(days[-1])
        if day is None:
            break
        days.append(day)
        start_at = datetime.combine(day, local.time(), zone).astimezone(UTC)
        if start_at > now and (one.state is None or one.state in LOST):
            found = Slot.lasting(start_at, slot.minutes)
    return found


def _leading(booking: Booking, now: datetime) -> list[Occurrence]:
    """The coming dates before the first of them that stands; none where none stands."""
    coming = [one for one in booking.occurrences if one.slot.start_at > now]
    leading = list(takewhile(lambda one: one.state not in LIVE, coming))
    return leading if len(leading) < len(coming) else []


def _next_standing(booking: Booking, now: datetime | None) -> Slot:
    """Where all that is to come was moved alike, in Outlook, that is when the series is now."""
    coming = booking.coming(now) if now else ()
    if not coming or now is None:
        return booking.slot
    return coming[0].slot if booking.moved_alike(now) else coming[0].planned or coming[0].slot


def _rhythm(booking: Booking, zone: ZoneInfo) -> Rhythm | None:
    """With the day of the month that it has, of which the next date may fall short."""
    rhythm = booking.rhythm
    if rhythm is None or rhythm.frequency is not Frequency.MONTHLY or rhythm.day:
        return rhythm
    planned = [(one.planned or one.slot).start_at.astimezone(zone).day for one in booking.occurrences]
    return replace(rhythm, day=max(planned, default=0))


def _more(people: int | None, more: int | None) -> int | None:
    return people if more is None else max(1, (people or 1) + more)


def _is_free(request: Request, here: Here) -> Move:
    """A question without a time is about now, unless it names a day: then the time is asked for. One without a room
    is a search."""
    room = request.room
    if room is None or request.repeats is not None or (request.start_at is None and request.day_said):
        return LookForRooms(asking=from_words(request, here))
    if request.start_at is None:
        request = replace(request, start_at=here.now.astimezone(here.zone))
    return CheckRoom(room=room, asking=from_words(request, here))
