"""Which of a person's bookings their words mean: pure."""

from collections.abc import Sequence
from dataclasses import replace
from zoneinfo import ZoneInfo

from bot.dialogs.asking import Here
from bot.domain.bookings import Booking
from bot.domain.slots import Slot
from bot.language.request import Request
from bot.language.tokens import tokens_of


def meant(bookings: Sequence[Booking], request: Request, zone: ZoneInfo) -> list[Booking]:
    """Those of a person's bookings that the words fit: by time, by day, by room. Nothing said fits all. Where a series
    is named, its dates alone; where it is only said to come back, they come first."""
    fitting = [booking for booking in bookings if _fits(booking, request, zone)]
    in_series = [booking for booking in fitting if booking.series]
    if request.series or (request.repeats is not None and in_series):
        return in_series
    return fitting


def of_series(request: Request) -> bool:
    """Whether the words are about a series as a whole, not one date of it."""
    return request.series or request.repeats is not None or not request.day_said


def called(bookings: Sequence[Booking], said: str, usual: str) -> list[Booking]:
    """Those whose subject the words name, or all where none is. `usual` is what a meeting is called of which nobody
    said the subject."""
    words = {token.text for token in tokens_of(said)}
    named = [one for one in bookings if one.subject != usual and _named(one.subject, words)]
    return named or list(bookings)


def by_itself(date: Booking, series: Booking, request: Request, here: Here) -> bool:
    """Whether the words fit a date of a series only because it was moved by itself: at its own time, or in its own
    room, and not where the series has it. Where all was moved alike, that is where the series has it."""
    own = next((one for one in series.occurrences if one.booking_id == date.id), None)
    if own is None or request.series or request.repeats is not None:
        return False
    slot = own.slot if series.moved_alike(here.now) else own.planned or own.slot
    return not _fits(replace(date, slot=slot, room=series.room), request, here.zone)


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


def _named(subject: str, words: set[str]) -> bool:
    own = {token.text for token in tokens_of(subject)}
    return bool(own) and own <= words
