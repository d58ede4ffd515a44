"""What a series should do next, from where its occurrences stand: pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.domain.bookings import LIVE, OPEN, Booking, Occurrence, Reason, State
from bot.domain.slots import Slot
from bot.ports.calendar import Meeting

AROUND = timedelta(days=6)  # not what a weekly series was lengthened by


@dataclass(frozen=True, kw_only=True)
class Adopted:
    """The occurrences of a meeting that was made, as bookings that wait for the room; and the meetings that nobody
    wants: those of times at which the room was not free, or that were given up meanwhile."""

    bookings: tuple[Booking, ...]
    unwanted: tuple[Meeting, ...]


def adopt(
    children: Iterable[Booking], instances: Sequence[Meeting], now: datetime, left_out: Iterable[Slot] = ()
) -> Adopted:
    """One that is wanted and was not made, or is gone already, has been cancelled by somebody. One that stands at a
    time that was never the series' own was moved there, before its creation was answered or since the store was backed
    up: it is followed as it is, and nothing is deleted but what stands at a time that was `left_out` or given up."""
    every = list(children)
    wanted = sorted((child for child in every if child.live), key=lambda child: child.slot)
    by_slot: dict[Slot, Meeting] = {}
    for meeting in instances:
        by_slot.setdefault(meeting.slot, meeting)  # another one may have been moved there in Outlook
    found = {child.id: by_slot[child.slot] for child in wanted if child.slot in by_slot}
    taken = {meeting.id for meeting in found.values()}
    not_wanted = {*left_out, *(child.slot for child in every if not child.live), *(one.slot for one in found.values())}
    left = [one for one in instances if one.id not in taken]
    moved = sorted((one for one in left if one.slot not in not_wanted), key=lambda one: one.slot)
    without = [child for child in wanted if child.id not in found]
    found |= {without[of].id: moved[at] for of, at in paired(_slots(without), _slots(moved))}
    return Adopted(
        bookings=tuple(_asked_for(child, found.get(child.id), now) for child in wanted),
        unwanted=tuple(one for one in left if one.slot in not_wanted),
    )


def paired(some: Sequence[Slot], others: Sequence[Slot]) -> list[tuple[int, int]]:
    """The places of each of the fewer and of the nearest of the more, in their order: no date of a series passes
    another."""
    if len(some) > len(others):
        return [(place, other) for other, place in paired(others, some)]
    pairs: list[tuple[int, int]] = []
    for place, slot in enumerate(some):
        first, last = pairs[-1][1] + 1 if pairs else 0, len(others) - len(some) + place
        gaps = {at: abs(others[at].start_at - slot.start_at) for at in range(first, last + 1)}
        pairs.append((place, min(gaps, key=gaps.__getitem__)))
    return pairs


def _slots(of: Iterable[Booking | Meeting]) -> list[Slot]:
    return [one.slot for one in of]


def _asked_for(child: Booking, meeting: Meeting | None, now: datetime) -> Booking:
    if meeting is None:
        return child.to(State.CANCELLED, reasons=(Reason(code="cancelled_elsewhere", params={}),))
    known = replace(child, event_id=meeting.id, ical_uid=meeting.ical_uid, web_link=meeting.web_link, tried_at=now)
    return known.to(State.REQUESTED) if child.state is State.HELD else known


def gathered(series: Booking, children: Mapping[str, Booking]) -> Booking:
    """The series as its occurrences stand: confirmed once none waits any more, for as long as the room has one of them.
    With none left, it is over. The same comes back where there is no news."""
    undone = series.state not in (State.REQUESTED, State.CONFIRMED)
    rooms = {child.room for child in children.values() if child.live}
    room = rooms.pop() if len(rooms) == 1 else series.room  # all of it may have been taken elsewhere in Outlook
    shown = tuple(_shown(one, children.get(one.booking_id), room, undone=undone) for one in series.occurrences)
    seen = replace(series, occurrences=shown, room=room)
    states = {one.state for one in shown}
    if undone:
        after = seen
    elif State.CONFIRMED in states and (series.state is State.CONFIRMED or State.REQUESTED not in states):
        after = seen if series.state is State.CONFIRMED else seen.to(State.CONFIRMED)
    elif not states & {State.CONFIRMED, State.REQUESTED, State.HELD}:
        after = _over(seen, children.values())
    else:
        after = seen if series.state is State.REQUESTED else seen.to(State.REQUESTED)
    changed = after != series and after.number == series.number
    return replace(after, number=after.number + 1) if changed else after


def as_seen(series: Booking, children: Iterable[Booking]) -> Booking:
    """The series with its occurrences as they stand, and nothing decided from that."""
    by_id = {child.id: child for child in children}
    shown = (_shown(one, by_id.get(one.booking_id), series.room, undone=False) for one in series.occurrences)
    return replace(series, occurrences=tuple(shown))


def waits(series: Booking) -> bool:
    """Whether the room has yet to answer for one of the occurrences."""
    return any(one.state in OPEN for one in series.occurrences)


def undone_singly(series: Booking, now: datetime) -> bool:
    """Whether the occurrences have to be given up one by one: what has begun stays in people's calendars. Of a meeting
    that was never adopted all goes."""
    followed = LIVE - {State.HELD}
    return any(one.state in followed and one.slot.start_at <= now for one in series.occurrences)


def to_undo(series: Booking, children: Iterable[Booking], now: datetime) -> list[Booking]:
    """The coming occurrences that still have to be given up singly, as they then are."""
    coming = [child for child in children if child.live and child.slot.start_at > now]
    return [
        child
        if child.state is State.COMPENSATING
        else child.to(State.COMPENSATING, ends_as=State.CANCELLED, reasons=series.reasons)
        for child in coming
    ]


def ended(children: Iterable[Booking], series: Booking) -> list[Booking]:
    """The occurrences once the whole meeting is gone, or was never made: where another series took its place, their
    cards say so, too."""
    why = series.reasons if series.replaced else ()
    return [
        child.to(
            child.ends_as or (series.state if child.state is State.HELD else State.CANCELLED),
            reasons=child.reasons or why,
        )
        for child in children
        if child.live
    ]


def reach(series: Booking) -> Slot:
    """A window that holds all of its occurrences, also those that were moved some days before the first or after the
    last."""
    slots = [one.slot for one in series.occurrences] or [series.slot]
    return Slot(min(slots).start_at - AROUND, max(slot.end_at for slot in slots) + AROUND)


def _shown(one: Occurrence, child: Booking | None, room: str, *, undone: bool) -> Occurrence:
    if child is None:
        return one
    planned = one.planned or one.slot
    moved_from = planned if planned != child.slot else None
    elsewhere = child.room if child.live and child.room != room else ""
    with_all = one.with_all or (undone and one.state in LIVE and child.state is State.CANCELLED)
    return replace(one, slot=child.slot, state=child.state, planned=moved_from, room=elsewhere, with_all=with_all)


def _over(series: Booking, children: Iterable[Booking]) -> Booking:
    """Its meeting is undone; where its organizer took it away, or the room off it, what stands of it is theirs."""
    every = list(children)
    codes = {child.reasons[0].code if child.reasons else "" for child in every}
    if codes == {"cancelled_elsewhere"} or "room_removed" in codes:
        return series.to(State.CANCELLED, reasons=_why(every))
    return series.to(State.COMPENSATING, ends_as=_end(every), reasons=_why(every))


def _end(children: Iterable[Booking]) -> State:
    """What came of the last of them: a room's refusal, or else somebody's cancelling."""
    ends = {child.ends_as or child.state for child in children}
    return next((end for end in (State.DECLINED, State.CANCELLED, State.EXPIRED) if end in ends), State.CANCELLED)


def _why(children: Iterable[Booking]) -> tuple[Reason, ...]:
    return next((child.reasons for child in children if child.reasons), ())
