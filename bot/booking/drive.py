"""Drives a booking on: one outside call, then one batch. Safe to be killed anywhere; every step can be repeated."""

import logging
from dataclasses import dataclass, replace

from bot.booking.desk import claim
from bot.booking.drive_series import SeriesDriver, given_up_for
from bot.booking.looking import Looking
from bot.booking.moving import Moving
from bot.booking.saga import (
    GONE_AFTER,
    Call,
    Pace,
    call_for,
    created,
    displaced,
    expired,
    first_there,
    followed,
    gives_up,
    known_as,
    not_created,
    not_made,
    reason_of,
    surely_absent,
    undone,
)
from bot.booking.series import undone_singly
from bot.booking.telling import told
from bot.domain.availability import Availability
from bot.domain.bookings import Booking, Reason, State
from bot.domain.events import RoomEvent
from bot.ports import keys
from bot.ports.calendar import (
    Answer,
    Calendar,
    Denied,
    Meeting,
    Missing,
    Moved,
    NewMeeting,
    Rejected,
    RemoteError,
    Unclear,
)
from bot.ports.clock import Clock
from bot.ports.documents import Documents, Kept
from bot.ports.mirror import rows_within
from bot.ports.records import Decision, FeedState
from bot.ports.store import Batch, Conflict, Finish, Lease, Overlap, Put, Release, Schedule

log = logging.getLogger(__name__)

_LOOK_AGAIN_S = 15.0
_SERIES_FIRST_S = 2.0


@dataclass(frozen=True)
class _Work:
    """A booking as read, and the lease under which it is driven."""

    kept: Kept[Booking]
    lease: Lease

    @property
    def booking(self) -> Booking:
        return self.kept.value

    def put(self, documents: Documents, booking: Booking) -> Put:
        return documents.put(self.kept.key, booking, expected=self.kept.version)


class Driver:
    """Handles `drive/` jobs of one tenant."""

    def __init__(self, documents: Documents, calendar: Calendar, index: Availability, clock: Clock) -> None:
        self._documents = documents
        self._calendar = calendar
        self._index = index
        self._clock = clock
        self._pace = Pace()
        self._looking = Looking(documents, calendar, clock)
        self._moving = Moving(documents, calendar, self._looking, clock)
        self._series = SeriesDriver(documents, calendar, index, clock)

    async def drive(self, lease: Lease) -> None:
        """One step. Raises the calendar's Busy and Unclear: the worker comes back later with the same booking."""
        kept = await self._documents.get(keys.booking(lease.key.removeprefix(keys.DRIVE)), Booking)
        if kept is None:
            await self._again(lease, None)
            return
        try:
            if kept.value.rhythm is not None:
                await self._series.step(kept, lease)
            elif await self._is_its_series_doing(kept.value):
                await self._again(lease, None)
            else:
                await self._step(_Work(kept, lease))
        except Conflict:  # the person pressed something meanwhile: look again at once
            await self._again(lease, self._clock.now().timestamp())

    async def _is_its_series_doing(self, booking: Booking) -> bool:
        """An occurrence is made with its series, and goes with it where the whole meeting is cancelled."""
        if not booking.series or not booking.live:
            return False
        if booking.state is State.HELD:
            return True
        kept = await self._documents.get(keys.booking(booking.series), Booking)
        if kept is None or kept.value.state is not State.COMPENSATING:
            return False
        return not undone_singly(kept.value, self._clock.now())

    async def _step(self, work: _Work) -> None:
        booking, now = work.booking, self._clock.now()
        feed = await self._documents.get(keys.feed(booking.room), FeedState)  # before the row: its window may roll
        row = await self._looking.row(booking)
        if expired(booking, now) and booking.state is State.HELD:
            await self._settle(work, booking.to(State.EXPIRED))
            return
        match call_for(booking, row, now):
            case Call.CREATE:
                await self._create(work)
            case Call.FIND:
                await self._find(work)
            case Call.MOVE:
                await self._move(work)
            case Call.RENAME:
                await self._rename(work)
            case Call.UNDO:
                await self._undo(work)
            case Call.READ:
                await self._look(work, row, feed)
            case Call.WAIT:
                await self._look_again(work, self._again_at(booking))
            case Call.NONE:
                await self._follow(work, row, None)

    async def _look(self, work: _Work, row: RoomEvent | None, feed: Kept[FeedState] | None) -> None:
        try:
            meeting = await self._read(work.booking, row)
        except RemoteError:
            await self._booked_no_more(work, row, feed)
            raise
        if meeting is not None and meeting.id != work.booking.event_id:
            await self._go_on_as(work, meeting)
            return
        shown = feed is not None and feed.value.reaches((meeting or work.booking).slot)
        await self._follow(work, row, meeting, shown=shown)

    async def _read(self, booking: Booking, row: RoomEvent | None) -> Meeting | None:
        """The organizer's copy. Where their mailbox is not to be had, it is waited for; after a while what the room
        has tells where the meeting stands, or that it is gone. Raises Missing."""
        try:
            return await self._looking.read(booking)
        except Missing:
            if self._clock.now() - (booking.tried_at or booking.made_at) < GONE_AFTER:
                raise
            if row is None or row.is_cancelled:
                return None
            return Meeting(id=booking.event_id, ical_uid=row.ical_uid, web_link=booking.web_link, slot=row.slot)

    async def _go_on_as(self, work: _Work, meeting: Meeting) -> None:
        now = self._clock.now().timestamp()
        await self._settle(work, known_as(work.booking, meeting), again_at=now, tell=False)

    async def _create(self, work: _Work) -> None:
        booking, now = work.booking, self._clock.now()
        first = booking.state is State.HELD
        trying = booking.to(State.CREATING, tried_at=now) if first else booking
        trying = replace(trying, asked_at=now)
        work = await self._intending(work, trying)
        try:
            meeting = await self._calendar.create(_meeting(work.booking, self._room_name(booking.room)))
        except (Denied, Rejected, Missing) as fault:
            log.warning("booking.refused", extra={"booking": booking.id, "code": fault.code, "status": fault.status})
            await self._refused(work, fault, first=first)
            return
        await self._created(work, meeting)

    async def _refused(self, work: _Work, fault: RemoteError, *, first: bool) -> None:
        """The first refusal is final. A later one says nothing of the tries before it: one of them may have made the
        event, which has to be looked for and undone."""
        booking = work.booking
        reason = reason_of(fault)
        if first:
            await self._settle(work, not_created(booking, reason))
            return
        undoing = booking.to(State.COMPENSATING, ends_as=State.FAILED, reasons=(*booking.reasons, reason))
        await self._settle(work, undoing, again_at=self._clock.now().timestamp())

    async def _find(self, work: _Work) -> None:
        """Looks for an event whose creation was never answered; only a search late enough proves that there is none."""
        booking = work.booking
        meeting = await self._looking.made(booking)
        now = self._clock.now()
        if meeting is not None:
            await self._created(work, meeting)
        elif not surely_absent(booking, now):
            await self._again(work.lease, now.timestamp() + _LOOK_AGAIN_S)
        elif booking.state is State.COMPENSATING:
            await self._settle(work, undone(booking))
        elif gives_up(booking, now):
            await self._settle(work, not_made(booking))
        else:
            await self._settle(work, replace(booking, tried_at=now), again_at=now.timestamp(), tell=False)

    async def _created(self, work: _Work, meeting: Meeting) -> None:
        booking = created(work.booking, meeting)
        at = self._clock.now()
        again_at = at.timestamp() if booking.state is State.COMPENSATING else self._pace.again_at(booking, at)
        await self._settle(work, booking, again_at=again_at)

    async def _move(self, work: _Work) -> None:
        after = await self._moving.found(work.booking)
        if after is None:
            work = await self._intending(work, replace(work.booking, move_sent=True))
            after = await self._moving.sent(work.booking)
        if after is None:
            after = replace(work.booking, move_sent=False, made_way=work.booking.made_way + 1)
        is_news = after.number != work.booking.number
        at = self._clock.now().timestamp() + (0 if is_news else self._pace.quick_s)
        await self._settle(work, after, again_at=at, tell=is_news)

    async def _intending(self, work: _Work, trying: Booking) -> _Work:
        """The intent is stored before the call, so that a crash in between is known as one."""
        await self._documents.store.commit(Batch(puts=(work.put(self._documents, trying),)))
        return _Work(Kept(work.kept.key, trying, work.kept.version + 1), work.lease)

    async def _rename(self, work: _Work) -> None:
        booking = work.booking
        named = booking.renamed()
        try:
            await self._calendar.rename(booking.organizer, booking.event_id, booking.subject)
        except (Rejected, Denied, Missing, Moved) as fault:
            if isinstance(fault, Missing) and (meeting := await self._looking.under_another_id(booking)) is not None:
                await self._go_on_as(work, meeting)
                return
            log.warning("booking.not_renamed", extra={"booking": booking.id, "code": fault.code})
            named = booking.not_renamed()
        await self._settle(work, named, again_at=self._clock.now().timestamp(), tell=named.number != booking.number)

    async def _undo(self, work: _Work) -> None:
        booking = work.booking
        try:
            await self._calendar.cancel(booking.organizer, booking.event_id, "")
        except (Missing, Rejected, Denied) as fault:
            over = booking.slot.end_at <= self._clock.now()  # nobody needs it cancelled any more
            # Gone already, mostly, which is what was wanted.
            look = self._looking.find if isinstance(fault, Missing) else self._looking.read
            meeting = None if over else await look(booking)
            if meeting is not None and meeting.id != booking.event_id:
                await self._go_on_as(work, meeting)
                return
            if meeting is not None:
                log.warning("booking.not_undone", extra={"booking": booking.id, "code": fault.code})
                raise Unclear(fault.code, fault.status) from fault
        await self._settle(work, undone(booking))

    async def _follow(self, work: _Work, row: RoomEvent | None, meeting: Meeting | None, *, shown: bool = True) -> None:
        booking = work.booking
        if booking.state not in (State.REQUESTED, State.CONFIRMED):
            await self._again(work.lease, None)
            return
        news = followed(booking, row, self._with_our_rooms(meeting), now=self._clock.now(), shown=shown)
        if news.state is State.CONFIRMED and booking.state is State.REQUESTED and row is not None:
            rows = await rows_within(self._documents, booking.room, news.slot)
            if first_there(news, row, rows) is not None:
                log.warning("booking.displaced", extra={"booking": booking.id})
                displaced_one = displaced(replace(booking, room_event_id=row.id), self._room_name(booking.room))
                await self._settle(work, displaced_one, again_at=self._clock.now().timestamp())
                return
        if news.state is State.COMPENSATING and not news.reasons:
            news = replace(news, reasons=await self._why_declined(booking))
        at = self._again_at(news)
        if news == booking:
            await self._look_again(work, at)
        else:
            await self._settle(work, news, again_at=at)

    async def _booked_no_more(self, work: _Work, row: RoomEvent | None, feed: Kept[FeedState] | None) -> None:
        """The room has it no more, whatever the organizer's copy says, which cannot be looked at now."""
        booking, now = work.booking, self._clock.now()
        shown = row is not None or (feed is not None and feed.value.reaches(booking.slot))
        if booking.state is State.CONFIRMED and shown and booking.slot.end_at > now:
            news = booking.to(State.REQUESTED, tried_at=now)
            put, manager = work.put(self._documents, news), Schedule(keys.manager(booking.id), now.timestamp())
            owed = (*told(news, now), *(() if booking.series else (manager,)))
            await self._documents.store.commit(Batch(puts=(put,), schedules=owed))

    def _with_our_rooms(self, meeting: Meeting | None) -> Meeting | None:
        """A meeting that was taken where Foyer sees no calendar, or to equipment, is in no room for us."""
        if meeting is None or meeting.rooms is None:
            return meeting
        ours = {room.address.casefold(): room.address for room in self._index.rooms}
        rooms = tuple(ours[room.casefold()] for room in meeting.rooms if room.casefold() in ours)
        return replace(meeting, rooms=rooms)

    async def _look_again(self, work: _Work, at: float | None) -> None:
        """Nothing new: the room's feed is read once more, should its notification be lost."""
        looks = (Schedule(keys.sync(work.booking.room), self._clock.now().timestamp()),) if at else ()
        await self._documents.store.commit(Batch(finishes=(Finish(work.lease, again_at=at),), schedules=looks))

    async def _again(self, lease: Lease, at: float | None) -> None:
        await self._documents.store.commit(Batch(finishes=(Finish(lease, again_at=at),)))

    def _again_at(self, booking: Booking) -> float | None:
        """The series of an occurrence looks after its room, and may undo all of them at once."""
        if booking.state is State.COMPENSATING:
            return self._clock.now().timestamp() + (_SERIES_FIRST_S if booking.series else 0)
        if booking.state is State.REQUESTED and booking.series and not booking.unseen:
            return self._clock.now().timestamp() + self._pace.slow_s
        if booking.state is State.REQUESTED or booking.unseen:  # no row will tell of what is not shown
            return self._pace.again_at(booking, self._clock.now())
        return None

    async def _why_declined(self, booking: Booking) -> tuple[Reason, ...]:
        decisions = await self._documents.scan(keys.decision(booking.room, booking.room_event_id), Decision)
        for kept in decisions:
            if kept.value.ical_uid == booking.ical_uid and kept.value.answer is Answer.DECLINE:
                return kept.value.reasons
        return (Reason(code="room_declined", params={"room": self._room_name(booking.room), "comment": ""}),)

    async def _settle(
        self,
        work: _Work,
        booking: Booking,
        *,
        again_at: float | None = None,
        tell: bool = True,
    ) -> None:
        """One batch: the booking as it is now, its claim, what people are told, and the end of this step."""
        at, holder = self._clock.now(), keys.held_by_booking(booking.id)
        now = at.timestamp()
        confirmed = booking.state is State.CONFIRMED and work.booking.state is not State.CONFIRMED
        schedules = [*told(booking, at)] if tell else []
        lost = work.booking.state is State.CONFIRMED and booking.state is not State.CONFIRMED
        if (confirmed or lost or not booking.live) and not booking.series:
            schedules.append(Schedule(keys.manager(booking.id), now))
        if booking.event_id and not booking.live:  # the room's copy goes too: see it go
            schedules.append(Schedule(keys.sync(booking.room), now))
        # Until it was known to be ours, its meeting was anybody's, and may have been given the room as such.
        released_row = (Release(keys.held_by_event(booking.ical_uid), booking.room),) if booking.ical_uid else ()
        if booking.room != work.booking.room:  # its meeting there was anybody's until now
            self._index.drop(work.booking.room, holder)
            schedules += [Schedule(keys.sync(room), now) for room in (booking.room, work.booking.room)]
        replaced = await self._replaced(booking) if confirmed else ()
        schedules.extend(Schedule(keys.drive(booking.replaces), now) for _ in replaced)
        is_new = booking.ical_uid not in ("", work.booking.ical_uid)
        pointers = (self._documents.put(keys.booking_of(booking.ical_uid), booking.id),) if is_new else ()
        batch = Batch(
            puts=(work.put(self._documents, booking), *replaced, *pointers),
            releases=(Release(holder), *released_row),
            claims=(claim(booking),) if booking.live else (),  # anew each time: it may have been lost by a move
            schedules=schedules,
            finishes=(Finish(work.lease, again_at=again_at),),
        )
        try:
            await self._documents.store.commit(batch)
        except Overlap as lost:  # moved in Outlook onto somebody else's time: it is theirs; the room's answer decides
            log.warning("booking.moved_onto_another", extra={"booking": booking.id, "held_by": lost.holder})
            if booking.state is State.CONFIRMED:  # the room took both; who held it keeps it
                booking = displaced(booking, self._room_name(booking.room))
                batch = replace(
                    batch,
                    puts=(work.put(self._documents, booking), *pointers),
                    schedules=[*schedules, *told(booking, at)],
                    finishes=(Finish(work.lease, again_at=self._again_at(booking)),),
                )
            await self._documents.store.commit(replace(batch, claims=()))
        if booking.live:
            self._index.put(booking.room, holder, booking.slot)
        else:
            self._index.drop(booking.room, holder)

    async def _replaced(self, booking: Booking) -> tuple[Put, ...]:
        kept = await self._documents.get(keys.booking(booking.replaces), Booking) if booking.replaces else None
        return given_up_for(kept, self._documents)

    def _room_name(self, address: str) -> str:
        room = self._index.room(address)
        return room.name if room else address


def _meeting(booking: Booking, room_name: str) -> NewMeeting:
    return NewMeeting(
        transaction_id=booking.id,
        organizer=booking.organizer,
        room=booking.room,
        room_name=room_name,
        slot=booking.slot,
        subject=booking.subject,
        zone=booking.zone,
    )
