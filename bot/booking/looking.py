"""How a booking's meeting is looked for in its organizer's calendar, where one answer alone is not to be believed."""

from collections.abc import Sequence
from datetime import timedelta

from bot.booking.saga import known_as
from bot.booking.series import AROUND, paired, reach
from bot.domain.bookings import Booking, State
from bot.domain.events import RoomEvent
from bot.domain.slots import Slot
from bot.ports import keys
from bot.ports.calendar import Busy, Calendar, Meeting, Missing, RemoteError
from bot.ports.clock import Clock
from bot.ports.documents import Documents, Kept
from bot.ports.mirror import rows_where
from bot.ports.store import Batch, Schedule

_BEHIND_S = 5.0  # a copy of the mailbox; it is asked again then
_FAR = timedelta(days=366)  # to where the first and the last date may have been moved


def around(slot: Slot) -> Slot:
    """A window that holds what was moved from there, however far."""
    return Slot(slot.start_at - _FAR, slot.end_at + _FAR)


class Looking:
    """For bookings of every kind: single ones, series, and their dates. Raises the calendar's errors, and Conflict
    where dates that have other names by now moved on meanwhile."""

    def __init__(self, documents: Documents, calendar: Calendar, clock: Clock) -> None:
        self._documents = documents
        self._calendar = calendar
        self._clock = clock

    async def read(self, booking: Booking) -> Meeting | None:
        """The organizer's copy; None when it is gone. One that is not had by its id is looked for among their days: a
        copy of the mailbox that is behind does not find what is there. Raises Missing as `find` does."""
        try:
            return await self._calendar.read(booking.organizer, booking.event_id)
        except Missing:
            return await self.find(booking)

    async def find(self, booking: Booking) -> Meeting | None:
        """As `read`, without its id: what lies in Deleted Items may be had by that. Raises Missing where the mailbox
        itself is not to be had: that says nothing of what is in it."""
        if booking.series:
            return await self._date(booking)
        return await self._calendar.find(booking.organizer, booking.id, booking.slot)

    async def made(self, booking: Booking) -> Meeting | None:
        """The meeting of a booking or a series whose creation was not answered; None where there is none, and where
        nobody needs it any more though that cannot be told. Raises as `find` does."""
        try:
            return await self._calendar.find(booking.organizer, booking.id, booking.slot)
        except RemoteError:
            if booking.end_at > self._clock.now():
                raise
            return None

    async def under_another_id(self, booking: Booking) -> Meeting | None:
        """A date of a series that is not had by its id, where it has another one by now."""
        try:
            meeting = await self._date(booking) if booking.series else None
        except Missing:
            return None
        return meeting if meeting is not None and meeting.id != booking.event_id else None

    async def row(self, booking: Booking) -> RoomEvent | None:
        """The room's copy, as it was read last; a cancelled one only where there is no other."""
        if not booking.ical_uid:
            return None
        if booking.room_event_id:
            kept = await self._documents.get(keys.event(booking.room, booking.room_event_id), RoomEvent)
            if kept is not None and not kept.value.is_cancelled:
                return kept.value
        own = await rows_where(self._documents, booking.room, lambda row: row.ical_uid == booking.ical_uid)
        return min(own, key=lambda row: row.is_cancelled, default=None)

    async def _date(self, booking: Booking) -> Meeting | None:
        """A date of a series bears no id of ours: it is looked for among the dates of its meeting."""
        kept = await self._documents.get(keys.booking(booking.series), Booking)
        if kept is None or not kept.value.event_id:
            return None
        slots = [booking.slot, booking.moving_from or booking.slot, reach(kept.value)]
        window = around(Slot(min(slot.start_at for slot in slots), max(slot.end_at for slot in slots)))
        try:
            found = await self._calendar.instances(booking.organizer, kept.value.event_id, window)
        except Missing as fault:
            if await self._calendar.find(booking.organizer, kept.value.id, kept.value.slot) is None:
                return None
            raise Busy(fault.code, fault.status, retry_after_s=_BEHIND_S) from fault
        return await self._among(found, booking, kept.value)

    async def _among(self, dates: Sequence[Meeting], booking: Booking, series: Booking) -> Meeting | None:
        """By its id; where the whole series was moved in Outlook, which gives its dates other ones, by its iCalUId;
        where those are other ones, too, for it went to another day, by its place among those that nobody knows."""
        named = {one.ical_uid: one for one in dates if one.ical_uid} | {one.id: one for one in dates}
        known = named.get(booking.event_id) or named.get(booking.ical_uid)
        if known is not None:
            return known
        ids = [one.booking_id for one in series.occurrences if one.booking_id]
        every = (await self._documents.get_all(map(keys.booking, ids), Booking)).values()
        names = {name for one in every for name in (one.value.event_id, one.value.ical_uid)}
        now = self._clock.now()
        coming = sorted(
            (one for one in every if one.value.live and one.value.slot.end_at > now), key=lambda one: one.value.slot
        )
        if any({one.value.event_id, one.value.ical_uid} & named.keys() for one in coming):
            return None  # the series is where it was: this date is gone, and what is not known was added
        if booking.state is State.COMPENSATING and len(coming) == 1:
            return None  # nothing tells whether the series was moved, or this date is gone already
        left = sorted((one for one in dates if not {one.id, one.ical_uid} & names), key=lambda one: one.slot)
        pairs = paired([one.value.slot for one in coming], [one.slot for one in left])
        near = [(coming[of], left[at]) for of, at in pairs if _is_near(coming[of].value.slot, left[at].slot)]
        if near:
            await self._go_on_as(near)
        return next((meeting for one, meeting in near if one.value.id == booking.id), None)

    async def _go_on_as(self, found: Sequence[tuple[Kept[Booking], Meeting]]) -> None:
        """All of them at once: a date that is not had later is gone. Raises Conflict where one of them moved on."""
        at = self._clock.now().timestamp()
        puts = [self._documents.put(one.key, known_as(one.value, meeting), one.version) for one, meeting in found]
        puts += [self._documents.put(keys.booking_of(to.ical_uid), one.value.id) for one, to in found if to.ical_uid]
        owed = tuple(Schedule(keys.drive(one.value.id), at) for one, _ in found)
        await self._documents.store.commit(Batch(puts=tuple(puts), schedules=owed))


def _is_near(one: Slot, other: Slot) -> bool:
    return abs(other.start_at - one.start_at) < AROUND
