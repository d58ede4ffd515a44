"""Which requests are meetings of Foyer's own bookings."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.domain.bookings import LIVE, Booking, State
from bot.domain.events import RoomEvent
from bot.domain.people import same_address
from bot.domain.rooms import Room
from bot.ports import keys
from bot.ports.documents import Documents
from bot.sync.followup import holder, may_be

_TAKEN_OUT_WITHIN = timedelta(minutes=2)


@dataclass(frozen=True, kw_only=True)
class Own:
    """By event id, the live bookings that rows of a request are. `early`: it cannot be said yet, for a booking may be
    one whose creation has not been answered, or is being undone or moved."""

    bookings: Mapping[str, str] = field(default_factory=dict)
    early: bool = False

    def holder(self, row: RoomEvent) -> str:
        """Who holds the room for it."""
        booking_id = self.bookings.get(row.id)
        return keys.held_by_booking(booking_id) if booking_id else holder(row)


async def own_of(documents: Documents, room: Room, rows: Sequence[RoomEvent], now: datetime) -> Own:
    """A booking's meeting that somebody took to another room is not the booking's there. Of a series that is being made
    it is too early to say as long as not all of its meetings are known."""
    pointers = await documents.get_all([keys.booking_of(row.ical_uid) for row in rows if row.ical_uid], str)
    found = await documents.get_all([keys.booking(kept.value) for kept in pointers.values()], Booking)
    live = {kept.value.ical_uid: kept.value for kept in found.values() if kept.value.live}
    if not live:
        return Own(early=await _unborn(documents, room, rows))
    here = {row.id: live[row.ical_uid] for row in rows if row.ical_uid in live}
    own = {event_id: one for event_id, one in here.items() if same_address(one.room, room.address)}
    slots = {row.id: row.slot for row in rows}
    early = any(one.state is State.COMPENSATING or one.slot != slots[event_id] for event_id, one in own.items())
    if not early and len(here) < len(rows):
        strangers = [row for row in rows if row.id not in here]
        early = await _being_made(documents, own.values(), strangers, now)
    return Own(bookings={event_id: one.id for event_id, one in own.items()}, early=early)


async def _unborn(documents: Documents, room: Room, rows: Sequence[RoomEvent]) -> bool:
    """Whether a booking that holds the room then may be one of these meetings."""
    start, end = min(row.slot.whole_seconds[0] for row in rows), max(row.slot.whole_seconds[1] for row in rows)
    held = await documents.store.claims(room.address, start, end)
    found = await documents.get_all({keys.booking(one.holder.partition(":")[2]) for one in held}, Booking)
    return any(may_be(kept.value, row) for kept in found.values() for row in rows)


async def _being_made(
    documents: Documents, bookings: Iterable[Booking], strangers: Iterable[RoomEvent], now: datetime
) -> bool:
    """While the meeting of their series is made, or the room still shows a time that was taken out of it just now."""
    found = await documents.get_all({keys.booking(one.series) for one in bookings if one.series}, Booking)
    series = [kept.value for kept in found.values()]
    left_out = {
        occurrence.slot
        for one in series
        if one.tried_at is not None and now - one.tried_at < _TAKEN_OUT_WITHIN
        for occurrence in one.occurrences
        if not occurrence.booking_id or occurrence.state not in LIVE
    }
    making = any(one.state in (State.HELD, State.CREATING) for one in series)
    return making or any(row.slot in left_out for row in strangers)
