"""How a booking's meeting is looked for in its organizer's calendar, where one answer alone is not to be believed."""

from collections.abc import Sequence
from datetime import timedelta

from bot.booking.series import AROUND, paired, reach
from bot.domain.bookings import Booking
from bot.domain.slots import Slot
from bot.ports import keys
from bot.ports.calendar import Busy, Calendar, Meeting, Missing, RemoteError
from bot.ports.clock import Clock
from bot.ports.documents import Documents

_BEHIND_S = 5.0  # a copy of the mailbox; it is asked again then
_FAR = timedelta(days=366)  # to where the first and the last date may have been moved


class Looking:
    """For bookings of every kind: single ones, series, and their dates. Raises the calendar's errors."""

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

    async def _date(self, booking: Booking) -> Meeting | None:
        """A date of a series bears no id of ours: it is looked for among the dates of its meeting."""
        kept = await self._documents.get(keys.booking(booking.series), Booking)
        if kept is None or not kept.value.event_id:
            return None
        slots = [booking.slot, booking.moving_from or booking.slot, reach(kept.value)]
        window = Slot(min(slot.start_at for slot in slots) - _FAR, max(slot.end_at for slot in slots) + _FAR)
        try:
            found = await self._calendar.instances(booking.organizer, kept.value.event_id, window)
        except Missing as fault:
            if await self._calendar.find(booking.organizer, kept.value.id, kept.value.slot) is None:
                return None
            raise Busy(fault.code, fault.status, retry_after_s=_BEHIND_S) from fault
        return await self._among(found, booking, kept.value)

    async def _among(self, dates: Sequence[Meeting], booking: Booking, series: Booking) -> Meeting | None:
        """By its id; where the whole series was moved in Outlook, which gives its dates other ones, by its iCalUId;
        where that is another one, too, for it went to another day, by its place among those that nobody knows."""
        named = {one.ical_uid: one for one in dates if one.ical_uid} | {one.id: one for one in dates}
        known = named.get(booking.event_id) or named.get(booking.ical_uid)
        if known is not None:
            return known
        ids = [one.booking_id for one in series.occurrences if one.booking_id]
        every = [kept.value for kept in (await self._documents.get_all(map(keys.booking, ids), Booking)).values()]
        names = {name for one in every for name in (one.event_id, one.ical_uid)}
        lost = [one for one in every if one.live and not {one.event_id, one.ical_uid} & named.keys()]
        left = [one for one in dates if not {one.id, one.ical_uid} & names]
        lost.sort(key=lambda one: one.slot)
        left.sort(key=lambda one: one.slot)
        for of, at in paired([one.slot for one in lost], [one.slot for one in left]):
            if lost[of].id == booking.id and abs(left[at].slot.start_at - booking.slot.start_at) < AROUND:
                return left[at]
        return None
