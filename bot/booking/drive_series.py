"""Drives a series on: makes its meeting, follows its occurrences, undoes it. Every step can be repeated."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.booking.looking import Looking, around
from bot.booking.saga import (
    Call,
    Pace,
    call_for,
    created,
    expired,
    gives_up,
    not_created,
    not_made,
    reason_of,
    surely_absent,
    undone,
)
from bot.booking.series import adopt, ended, gathered, reach, to_undo, undone_singly, waits
from bot.booking.telling import told
from bot.domain.availability import Availability
from bot.domain.bookings import Booking, Reason, State
from bot.ports import keys
from bot.ports.calendar import Calendar, Denied, Meeting, Missing, Moved, NewMeeting, Rejected, RemoteError, Unclear
from bot.ports.clock import Clock
from bot.ports.documents import Documents, Kept
from bot.ports.store import Batch, Finish, Lease, Put, Release, Schedule

log = logging.getLogger(__name__)

_SEEN_AFTER_S = 1.0
_AT_A_TIME = 10  # meetings dropped in one step, which must end well within its lease
_LOOK_AGAIN_S = 15.0


@dataclass(frozen=True)
class _Work:
    """A series and its occurrences as read, and the lease under which it is driven."""

    kept: Kept[Booking]
    children: Sequence[Kept[Booking]]
    lease: Lease

    @property
    def series(self) -> Booking:
        return self.kept.value

    @property
    def bookings(self) -> list[Booking]:
        return [kept.value for kept in self.children]

    def put(self, documents: Documents, booking: Booking) -> Put:
        """Raises KeyError for a booking that is neither the series nor one of its own."""
        kept = {one.value.id: one for one in (self.kept, *self.children)}[booking.id]
        return documents.put(kept.key, booking, expected=kept.version)


class SeriesDriver:
    """Handles the series among `drive/` jobs of one tenant."""

    def __init__(self, documents: Documents, calendar: Calendar, index: Availability, clock: Clock) -> None:
        self._documents = documents
        self._calendar = calendar
        self._index = index
        self._clock = clock
        self._looking = Looking(documents, calendar, clock)
        self._pace = Pace()

    async def step(self, kept: Kept[Booking], lease: Lease) -> None:
        """Raises the calendar's Busy and Unclear, and Conflict where an occurrence moved on meanwhile."""
        series, now = kept.value, self._clock.now()
        found = await self._documents.get_all([keys.booking(one) for one in _ids(series)], Booking)
        work = _Work(kept, tuple(found.values()), lease)
        if expired(series, now) and series.state is State.HELD:
            await self._end(work, series.to(State.EXPIRED))
            return
        match call_for(series, None, now):
            case Call.CREATE:
                await self._create(work)
            case Call.FIND:
                await self._find(work)
            case Call.UNDO:
                await self._undo(work)
            case Call.RENAME:
                await self._rename(work)
            case _:
                await self._gather(work)

    async def _create(self, work: _Work) -> None:
        """As of a single booking, the intent is stored before the call. Where the room was not free each time, it is
        asked only once those times are out of the series: else it would refuse them all."""
        series, now = work.series, self._clock.now()
        first = series.state is State.HELD
        trying = replace(series.to(State.CREATING, tried_at=now) if first else series, asked_at=now)
        await self._documents.store.commit(Batch(puts=(work.put(self._documents, trying),)))
        work = replace(work, kept=Kept(work.kept.key, trying, work.kept.version + 1))
        try:
            meeting = await self._calendar.create(self._meeting(trying))
        except (Denied, Rejected, Missing) as fault:
            await self._refused(work, fault, first=first)
            return
        await self._made(work, meeting)

    async def _refused(self, work: _Work, fault: RemoteError, *, first: bool) -> None:
        """As of a single booking: what follows a first try says nothing of that one."""
        log.warning("series.refused", extra={"booking": work.series.id, "code": fault.code, "status": fault.status})
        if first:
            await self._end(work, not_created(work.series, reason_of(fault)))
            return
        undoing = work.series.to(State.COMPENSATING, ends_as=State.FAILED, reasons=(reason_of(fault),))
        await self._settle(work, undoing, again_at=self._clock.now().timestamp())

    async def _find(self, work: _Work) -> None:
        series = work.series
        meeting = await self._looking.made(series)
        now = self._clock.now()
        if meeting is not None and series.state is State.COMPENSATING:
            found = replace(series, event_id=meeting.id, ical_uid=meeting.ical_uid)
            await self._settle(work, found, again_at=now.timestamp())
        elif meeting is not None:
            await self._made(work, meeting)
        elif not surely_absent(series, now):
            await self._finish(work.lease, now.timestamp() + _LOOK_AGAIN_S)
        elif series.state is State.COMPENSATING:
            await self._end(work, undone(series))
        elif gives_up(series, now):
            await self._end(work, not_made(series))
        else:
            await self._settle(work, replace(series, tried_at=now), again_at=now.timestamp(), tell=False)

    async def _made(self, work: _Work, meeting: Meeting) -> None:
        """The meeting exists: what of it is not wanted goes, the room is asked, and each occurrence follows its own."""
        series, now = work.series, self._clock.now()
        instances = await self._calendar.instances(series.organizer, meeting.id, reach(series))
        left_out = [one.slot for one in series.occurrences if not one.booking_id]
        adopted = adopt(work.bookings, instances, now, left_out)
        if len(adopted.unwanted) < len(instances):  # of a series without any left, the whole is undone
            for one in adopted.unwanted[:_AT_A_TIME]:
                await self._calendar.drop(series.organizer, one.id)
            if adopted.unwanted:  # the room is asked for what is left once none of them is seen any more
                await self._finish(work.lease, self._clock.now().timestamp() + _SEEN_AFTER_S)
                return
            if self._asks_later(series):
                await self._calendar.invite(series.organizer, meeting.id, series.room, self._room_name(series.room))
        made = replace(created(series, meeting), tried_at=now)
        after = gathered(made, {child.id: child for child in (*work.bookings, *adopted.bookings)})
        pointers = tuple(
            self._documents.put(keys.booking_of(child.ical_uid), child.id)
            for child in adopted.bookings
            if child.live and child.ical_uid
        )
        await self._settle(work, after, adopted.bookings, again_at=now.timestamp() + self._pace.quick_s, also=pointers)

    async def _rename(self, work: _Work) -> None:
        series = work.series.renamed()
        try:
            await self._calendar.rename(series.organizer, series.event_id, series.subject)
        except (Rejected, Denied, Missing, Moved) as fault:
            log.warning("series.not_renamed", extra={"booking": series.id, "code": fault.code})
            series = work.series.not_renamed()
        await self._settle(work, series, again_at=self._clock.now().timestamp())

    async def _gather(self, work: _Work) -> None:
        series, now = work.series, self._clock.now()
        after = gathered(series, {child.id: child for child in work.bookings})
        if after.state is State.COMPENSATING and series.state is not State.COMPENSATING:
            at: float | None = now.timestamp()
        else:
            at = self._pace.again_at(after, now) if after.live and waits(after) else None
        if after != series:
            await self._settle(work, after, again_at=at)
            return
        looks = (Schedule(keys.sync(series.room), now.timestamp()),) if at else ()
        finish = Finish(work.lease, again_at=at)
        await self._documents.store.commit(Batch(finishes=(finish,), schedules=looks))

    async def _undo(self, work: _Work) -> None:
        """The whole meeting is cancelled; of one that has begun, only what is to come, each for itself."""
        now = self._clock.now()
        series = gathered(work.series, {child.id: child for child in work.bookings})
        if undone_singly(series, now):
            coming = to_undo(series, work.bookings, now)
            if coming:
                await self._settle(work, series, coming, again_at=now.timestamp() + self._pace.slow_s)
            else:
                await self._settle(work, undone(series))
            return
        if await self._others_stand(work):
            await self._settle(work, undone(series), [child for child in work.bookings if child.live])
            return
        try:
            await self._calendar.cancel(series.organizer, series.event_id, "")
        except (Missing, Rejected, Denied) as fault:
            look = self._looking.find if isinstance(fault, Missing) else self._looking.read
            meeting = await look(series) if series.end_at > now else None
            if meeting is not None and not meeting.is_cancelled:
                raise Unclear(fault.code, fault.status) from fault
        await self._end(work, undone(series))

    async def _others_stand(self, work: _Work) -> bool:
        """Whether the meeting has dates that are nobody's here, where all that are ours ended by themselves: its
        organizer moved it too far to be known, or added some. Those stay; what of ours is left is undone singly."""
        if any(child.live and child.state is not State.COMPENSATING for child in work.bookings):
            return False
        series, now = work.series, self._clock.now()
        names = {name for child in work.bookings for name in (child.event_id, child.ical_uid)}
        left_out = {one.slot for one in series.occurrences if not one.booking_id}  # which a mailbox may show still
        try:
            dates = await self._calendar.instances(series.organizer, series.event_id, around(reach(series)))
        except Missing:
            return False
        coming = [one for one in dates if not one.is_cancelled and one.slot.end_at > now and one.slot not in left_out]
        return any(not {one.id, one.ical_uid} & names for one in coming)

    async def _end(self, work: _Work, series: Booking) -> None:
        """The meeting is gone, or was never made, and all that was held for it is given back."""
        children = ended(work.bookings, series)
        after = gathered(series, {child.id: child for child in (*work.bookings, *children)})
        await self._settle(work, replace(after, number=series.number), children)

    async def _settle(  # noqa: PLR0913 - one batch
        self,
        work: _Work,
        series: Booking,
        children: Sequence[Booking] = (),
        *,
        again_at: float | None = None,
        also: tuple[Put, ...] = (),
        tell: bool = True,
    ) -> None:
        """One batch: the series and those of its occurrences that changed, what people are told, and what
        ended gives back. What lives keeps its claim."""
        now, before = self._clock.now(), work.series
        confirmed = series.state is State.CONFIRMED and before.state is not State.CONFIRMED
        schedules = [*told(series, now)] if tell else []
        if _is_managers_news(before, series):
            schedules.append(Schedule(keys.manager(series.id), now.timestamp()))
        for child in children:
            schedules += [one for one in told(child, now) if one.key != keys.drive(series.id)]
            schedules += [Schedule(keys.drive(child.id), now.timestamp())] if child.live else []
        if children and series.event_id:
            schedules.append(Schedule(keys.sync(series.room), now.timestamp()))
        replaced = await self._replaced(series) if confirmed else ()
        schedules += [Schedule(keys.drive(series.replaces), now.timestamp()) for _ in replaced]
        puts = [work.put(self._documents, one) for one in (series, *children)]
        batch = Batch(
            puts=(*puts, *replaced, *also),
            releases=tuple(Release(keys.held_by_booking(child.id)) for child in children if not child.live),
            schedules=schedules,
            finishes=(Finish(work.lease, again_at=again_at),),
        )
        await self._documents.store.commit(batch)
        for child in children:
            if not child.live:
                self._index.drop(child.room, keys.held_by_booking(child.id))

    async def _replaced(self, series: Booking) -> tuple[Put, ...]:
        kept = await self._documents.get(keys.booking(series.replaces), Booking) if series.replaces else None
        return given_up_for(kept, self._documents)

    async def _finish(self, lease: Lease, at: float) -> None:
        await self._documents.store.commit(Batch(finishes=(Finish(lease, again_at=at),)))

    def _asks_later(self, series: Booking) -> bool:
        return any(not one.booking_id for one in series.occurrences)

    def _meeting(self, series: Booking) -> NewMeeting:
        later, slots = self._asks_later(series), tuple(one.slot for one in series.occurrences)
        return NewMeeting(
            transaction_id=series.id,
            organizer=series.organizer,
            room="" if later else series.room,
            room_name="" if later else self._room_name(series.room),
            slot=min(slots),
            subject=series.subject,
            zone=series.zone,
            rhythm=series.rhythm,
            slots=slots,
        )

    def _room_name(self, address: str) -> str:
        room = self._index.room(address)
        return room.name if room else address


def _is_managers_news(before: Booking, after: Booking) -> bool:
    """Whether a manager's card says something else by now: of a booked series also where one of its dates does."""
    if before.state is after.state:
        return after.state is State.CONFIRMED and before.occurrences != after.occurrences
    return State.CONFIRMED in (before.state, after.state) or not after.live


def given_up_for(kept: Kept[Booking] | None, documents: Documents) -> tuple[Put, ...]:
    """A confirmed booking that was made in place of another gives that one up, in the same batch."""
    if kept is None or kept.value.state not in (State.CONFIRMED, State.REQUESTED, State.CREATING, State.HELD):
        return ()
    there = kept.value.to(State.CREATING) if kept.value.state is State.HELD else kept.value  # looked for, and undone
    gone = there.to(State.COMPENSATING, ends_as=State.CANCELLED, reasons=(Reason(code="replaced", params={}),))
    return (documents.put(kept.key, gone, expected=kept.version),)


def _ids(series: Booking) -> list[str]:
    return [one.booking_id for one in series.occurrences if one.booking_id]
