"""Which move follows from what was said: pure, over the words alone."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.cards.views import Asked
from bot.dialogs.asking import Asking, Here, from_booking, from_words, notes_of
from bot.domain.bookings import LIVE, Booking, State
from bot.domain.slots import Slot
from bot.language.request import Request, Wish

_SHORTEST = 5
_LETTERS = frozenset({"dead letters", "dead letter", "opgegeven werk"})
_REPLAY = re.compile(r"(?:replay|opnieuw) (?:(?P<number>[1-9][0-9]{0,5})|all|alles)", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class LookForRooms:
    asking: Asking


@dataclass(frozen=True, kw_only=True)
class CheckRoom:
    """Is this one room free?"""

    room: str
    asking: Asking


@dataclass(frozen=True, kw_only=True)
class ListMine:
    """`which` is "" to look, "cancel" or "change" to choose one."""

    which: str = ""


@dataclass(frozen=True, kw_only=True)
class CancelMine:
    """Of the person's bookings, the one that the words fit."""

    request: Request


@dataclass(frozen=True, kw_only=True)
class ChangeMine:
    request: Request


@dataclass(frozen=True, kw_only=True)
class Explain:
    """Help; `greeted` where the person only said hello."""

    greeted: bool = False


@dataclass(frozen=True, kw_only=True)
class ShowStatus:
    page: int = 0


@dataclass(frozen=True, kw_only=True)
class ShowLetters:
    """What was given up on. `replay` is None to look, a number of the list, or 0 for all: to have it done again."""

    page: int = 0
    replay: int | None = None


@dataclass(frozen=True, kw_only=True)
class NotUnderstood:
    said: str
    understood: Asked


Move = (
    LookForRooms | CheckRoom | ListMine | CancelMine | ChangeMine | Explain | ShowStatus | ShowLetters | NotUnderstood
)


def said(text: str, request: Request, here: Here) -> Move:
    """The move that the words ask for."""
    if order := _order(text):
        return order
    match request.wish:
        case Wish.BOOK:
            return LookForRooms(asking=from_words(request, here))
        case Wish.IS_FREE:
            return _is_free(request, here)
        case Wish.MY_BOOKINGS:
            return ListMine()
        case Wish.CANCEL:
            return CancelMine(request=request)
        case Wish.CHANGE:
            return ChangeMine(request=request)
        case Wish.STATUS:
            return ShowStatus()
        case Wish.HELP | Wish.GREETING:
            return Explain(greeted=request.wish is Wish.GREETING)
        case _:
            understood = replace(from_words(request, here).asked, minutes=request.minutes)
            return NotUnderstood(said=text[:200], understood=understood)


def _order(text: str) -> ShowLetters | None:
    """Administrators' orders are fixed words, not to be guessed at: a whole message or nothing."""
    words = " ".join(text.casefold().split()).rstrip(".!")
    if words in _LETTERS:
        return ShowLetters()
    found = _REPLAY.fullmatch(words)
    if found is None:
        return None
    return ShowLetters(replay=int(found["number"]) if found["number"] else 0)


def meant(bookings: Sequence[Booking], request: Request, zone: ZoneInfo) -> list[Booking]:
    """Those of a person's bookings that the words fit: by time, by day, by room. Nothing said fits all."""
    return [booking for booking in bookings if _fits(booking, request, zone)]


def changeable(booking: Booking, now: datetime) -> bool:
    """Whether there is still something to change: neither over, nor given up, nor being given up."""
    return booking.live and booking.state is not State.COMPENSATING and booking.end_at > now


def wanted(booking: Booking, request: Request, here: Here) -> Asking:
    """The booking as the words want it, with what the person must be told. Whether the new time has passed depends on
    the day of the booking that was found, not on the day that the words alone suggested."""
    notes = tuple(note for note in notes_of(request, here) if note.code != "past")
    return from_booking(changed(booking, request, here.zone, here.now), notes, here)


def changed(booking: Booking, request: Request, zone: ZoneInfo, now: datetime | None = None) -> Asked:
    """The booking as it would be after the change that was asked for."""
    before = as_asked(booking, zone, now)
    start_at = _new_start(_next(booking, now), request, zone)
    length = request.minutes or booking.slot.minutes
    if request.to_end_at is not None:
        length = _until(request.to_end_at.astimezone(zone), start_at)
    return replace(
        before,
        on=start_at.date(),
        at=start_at.time(),
        minutes=max(_SHORTEST, length + (request.add_minutes or 0)),
        people=request.people or before.people,
        building=request.building or "",
        features=request.features,
        room=request.to_room or before.room,
    )


def as_asked(booking: Booking, zone: ZoneInfo, now: datetime | None = None) -> Asked:
    """A booking as the request that it came from; of a series, as it would be from its next occurrence on."""
    start_at = _next(booking, now).start_at.astimezone(zone)
    return Asked(
        on=start_at.date(),
        at=start_at.time(),
        minutes=booking.slot.minutes,
        people=booking.people,
        room=booking.room,
        subject=booking.subject,
        repeats=booking.rhythm,
    )


def _next(booking: Booking, now: datetime | None) -> Slot:
    coming = [one.slot for one in booking.occurrences if one.state in LIVE and now and one.slot.start_at > now]
    return min(coming, default=booking.slot)


def _is_free(request: Request, here: Here) -> Move:
    """A question without a time is about now, unless it names a day: then the time is asked for. One without a room
    is a search."""
    room = request.room
    if room is None or request.repeats is not None or (request.start_at is None and request.day_said):
        return LookForRooms(asking=from_words(request, here))
    if request.start_at is None:
        request = replace(request, start_at=here.now.astimezone(here.zone))
    return CheckRoom(room=room, asking=from_words(request, here))


def _fits(booking: Booking, request: Request, zone: ZoneInfo) -> bool:
    local = booking.slot.start_at.astimezone(zone)
    if request.room is not None and booking.room != request.room:
        return False
    if request.day_said and request.day is not None and local.date() != request.day:
        return False
    if request.start_at is None:
        return True
    if request.window_end_at is not None:
        return Slot(request.start_at, request.window_end_at).contains(booking.slot.start_at)
    wanted = request.start_at.astimezone(zone).time()
    twelve_later = wanted.replace(hour=(wanted.hour + 12) % 24)
    return local.time() in (wanted, twelve_later)


def _new_start(slot: Slot, request: Request, zone: ZoneInfo) -> datetime:
    """A new time without a new day is on the booking's own day: "my 3 pm" may be next week's."""
    start_at = slot.start_at.astimezone(zone)
    same_day = not request.day_said and request.to_day == request.day
    if request.to_start_at is not None:
        to_at = request.to_start_at.astimezone(zone)
        return datetime.combine(start_at.date(), to_at.time(), zone) if same_day else to_at
    if request.to_day is not None and not same_day:
        return datetime.combine(request.to_day, start_at.time(), zone)
    return start_at


def _until(end_at: datetime, start_at: datetime) -> int:
    """Minutes from a start to the next time that the clock shows what it shows at `end_at`."""
    end_at = datetime.combine(start_at.date(), end_at.time(), start_at.tzinfo)
    if end_at <= start_at:
        end_at += timedelta(days=1)
    return int((end_at.astimezone(UTC) - start_at.astimezone(UTC)).total_seconds() // 60)
