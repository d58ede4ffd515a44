"""How a meeting is brought to the time that is asked for, in its organizer's calendar."""

import logging
from dataclasses import replace
from datetime import datetime

from bot.booking.looking import Looking
from bot.booking.saga import goes_first, known_as
from bot.domain.bookings import Booking, Reason
from bot.ports import keys
from bot.ports.calendar import Calendar, Denied, Missing, Moved, Rejected
from bot.ports.clock import Clock
from bot.ports.documents import Documents

log = logging.getLogger(__name__)

_MAKES_WAY = 36  # times, some seconds apart: not minutes, in which the mailbox may be throttled


class Moving:
    """For single bookings and for the dates of series. Raises the calendar's Busy and Unclear."""

    def __init__(self, documents: Documents, calendar: Calendar, looking: Looking, clock: Clock) -> None:
        self._documents = documents
        self._calendar = calendar
        self._looking = looking
        self._clock = clock

    async def found(self, booking: Booking) -> Booking | None:
        """The booking, where a move that was not answered needs no repeating: it was done, the meeting is gone, or its
        organizer has moved it on meanwhile, which stands. None where it is to be sent (again)."""
        if not booking.move_sent:
            return None
        try:
            meeting = await self._looking.read(booking)
        except (Denied, Missing):
            return None
        if meeting is not None and meeting.slot in (booking.moving_from, *booking.passed):
            return None
        sent = replace(booking, tried_at=self._clock.now())
        return sent if meeting is None or meeting.slot == booking.slot else sent.at(meeting.slot)

    async def sent(self, booking: Booking) -> Booking | None:
        """The booking after the call; None where other dates of its series have to make room first. One whose meeting
        has another id by now is to be sent once more, under that one."""
        began_at = self._clock.now()
        try:
            await self._calendar.move(booking.organizer, booking.event_id, booking.slot, booking.zone)
        except (Rejected, Denied, Missing, Moved) as fault:
            if isinstance(fault, Rejected) and await self._others_go_first(booking, began_at):
                return None
            log.warning("booking.not_moved", extra={"booking": booking.id, "code": fault.code})
            return await self._not_moved(booking)
        return replace(booking, tried_at=self._clock.now())

    async def _others_go_first(self, booking: Booking, began_at: datetime) -> bool:
        """No date of a series may pass another one: it waits for those that are still to be moved, or were moved since
        it tried, some times."""
        kept = await self._documents.get(keys.booking(booking.series), Booking) if booking.series else None
        if kept is None or booking.made_way >= _MAKES_WAY:
            return False
        ids = [one.booking_id for one in kept.value.occurrences if one.booking_id not in ("", booking.id)]
        found = await self._documents.get_all(map(keys.booking, ids), Booking)
        return any(goes_first(one.value, began_at) for one in found.values())

    async def _not_moved(self, booking: Booking) -> Booking:
        """Back to where the meeting stands, unless an earlier try has moved it after all; to where the room stood, if
        the organizer's copy may not be read either."""
        tried = replace(booking, tried_at=self._clock.now())
        try:
            meeting = await self._looking.read(booking)
            if meeting and meeting.id != booking.event_id:
                return replace(known_as(booking, meeting), move_sent=False)
            stands = meeting.slot if meeting else booking.slot
            if meeting and stands == booking.slot:
                return tried
        except (Denied, Missing):
            stands = booking.moving_from or booking.slot
        back = tried.at(stands)
        return replace(back, reasons=(Reason(code="not_moved", params={}),), number=back.number + 1)
