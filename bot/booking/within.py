"""Looks for rooms at any time within a stretch of the day: pure over the availability index."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bot.booking.search import MOST_OPTIONS, Finder, Found
from bot.domain.bookings import Reason
from bot.domain.ranking import Need, Option
from bot.domain.rooms import Room
from bot.domain.slots import Slot

_STEP = timedelta(minutes=15)


@dataclass(frozen=True, kw_only=True)
class Stretch:
    """What is wanted: a room for so many minutes, at any time within the window."""

    need: Need
    window: Slot
    minutes: int


@dataclass(frozen=True, kw_only=True)
class RoomTimes:
    """When one named room is free within a stretch: all of that, and up to five times of the wanted length in it.
    `reasons` tell why it could not be had though nobody has it, or why that cannot be told."""

    room: Room
    free: tuple[Slot, ...] = ()
    options: tuple[Option, ...] = ()
    reasons: tuple[Reason, ...] = ()


def look_within(finder: Finder, stretch: Stretch, now: datetime, own: frozenset[str] = frozenset()) -> Found:
    """Up to five times one after another, each with the best room that is free then and would be granted; in the room
    asked for alone, where it can be had at all. Where none is, up to five times after the window."""
    found: list[Option] = []
    elsewhere: list[Option] = []
    reasons: tuple[Reason, ...] = ()
    need, window, minutes = stretch.need, stretch.window, stretch.minutes
    for slot in starts(window, minutes):
        if found and slot.start_at < found[-1].slot.end_at:
            continue
        best = finder.look_then(need, slot, now, own)
        option = next(iter(best.options), None)
        reasons = reasons or best.reasons
        if option is None:
            continue
        kept = found if not need.room or option.room.address == need.room else elsewhere
        if len(kept) < MOST_OPTIONS and (not kept or slot.start_at >= kept[-1].slot.end_at):
            kept.append(option)
        if len(found) == MOST_OPTIONS:
            break
    if found:
        return Found(options=tuple(found))
    if elsewhere:
        return Found(options=tuple(elsewhere), reasons=reasons)
    last = Slot.lasting(max(window.start_at, window.end_at - timedelta(minutes=minutes)), minutes)
    return Found(other_times=finder.look(need, last, now, own).other_times, reasons=reasons)


def room_times(finder: Finder, address: str, wanted: Stretch, now: datetime) -> RoomTimes | None:
    """When that one room is free; None for a room that is not known."""
    need, window, minutes = wanted.need, wanted.window, wanted.minutes
    answer = finder.ask(address, window, now, need)
    if answer is None:
        return None
    free: list[Slot] = []
    begin = window.start_at
    for busy in (*finder.taken_within(address, window), None):
        end = min(busy.start_at, window.end_at) if busy else window.end_at
        if begin < end:
            free.append(Slot(begin, end))
        begin = max(begin, busy.end_at) if busy else begin
    options: list[Option] = []
    reasons = answer.reasons
    for stretch in free:
        for slot in starts(stretch, minutes):
            asked = finder.ask(address, slot, now, need)
            if asked is None or asked.option is None:
                reasons = reasons or (asked.reasons if asked else ())
            elif len(options) < MOST_OPTIONS and (not options or slot.start_at >= options[-1].slot.end_at):
                options.append(asked.option)
    return RoomTimes(
        room=answer.room, free=tuple(free), options=tuple(options), reasons=() if options or not free else reasons
    )


def starts(window: Slot, minutes: int) -> Iterator[Slot]:
    """Slots of that length within the window, from its beginning on and at every quarter of an hour."""
    slot = Slot.lasting(window.start_at, minutes)
    while slot.end_at <= window.end_at:
        yield slot
        after = slot.start_at + _STEP
        slot = Slot.lasting(after - (after - datetime.min.replace(tzinfo=UTC)) % _STEP, minutes)
