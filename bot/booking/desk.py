"""The desk: takes, changes and gives up bookings. Each is one batch; what is owed afterwards is a job."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.booking.search import unseen
from bot.booking.telling import told
from bot.domain.availability import Availability
from bot.domain.bookings import Booking, Reason, State
from bot.domain.errors import NotFound, Refusal, SlotTaken, Stale
from bot.domain.people import Person
from bot.domain.rooms import Control, Room
from bot.domain.slots import Slot
from bot.policy.engine import judge
from bot.policy.loading import Policies
from bot.policy.verdicts import Asking, Outcome, Taken
from bot.ports import keys
from bot.ports.clock import Clock
from bot.ports.documents import Documents, Kept
from bot.ports.mirror import rows_where
from bot.ports.store import Batch, Claim, Conflict, Overlap, Put, Release, Schedule

_PRESSES = 3  # a cancellation wants the same whatever changed meanwhile


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A room at a time, for somebody. `booking_id` is 128 random bits in hex, made by the caller."""

    booking_id: str
    person: Person
    room: str
    slot: Slot
    subject: str
    people: int | None = None
    replaces: str = ""


class Desk:
    """Use cases of one tenant."""

    def __init__(
        self,
        documents: Documents,
        index: Availability,
        policies: Policies,
        clock: Clock,
    ) -> None:
        self._documents = documents
        self.index = index
        self._policies = policies
        self._clock = clock

    async def reserve(self, wanted: Wanted, also: Sequence[Put] = ()) -> Booking:
        """Takes the slot and owes the rest. `also` is written in the same batch, or nothing is.

        Raises Refusal with every reason, SlotTaken when somebody was quicker, Stale when a document of `also` moved or
        another one is to replace the same booking already.
        """
        now = self._clock.now()
        room = self.room(wanted.room)
        self.judge(room, (wanted.slot,), now, wanted.person.address)
        booking = new_booking(wanted, now)
        batch = Batch(
            puts=(
                self._documents.put(keys.booking(booking.id), booking, expected=0),
                self._documents.put(keys.mine(booking.person_id, booking.id), booking.id),
                *await self.replacing(wanted),
                *also,
            ),
            claims=(claim(booking),),
            schedules=self._owed(booking, now),
        )
        await self.commit(batch, room)
        self.index.put(booking.room, keys.held_by_booking(booking.id), booking.slot)
        return booking

    async def cancel(self, booking_id: str, person_id: str, *reasons: Reason) -> Booking:
        """Gives the booking up; a second call finds it given up already. `reasons` are told where the person gave up
        something else. Raises NotFound for a booking that is not the person's own."""
        return await insist(lambda: self._cancel(booking_id, person_id, reasons))

    async def _cancel(self, booking_id: str, person_id: str, reasons: tuple[Reason, ...]) -> Booking:
        kept = await self.owned(booking_id, person_id)
        booking = kept.value
        if not booking.live or booking.state is State.COMPENSATING:
            return booking
        if booking.slot.end_at <= self._clock.now():
            raise Refusal(Reason(code="already_over", params={}))
        pressed = replace(booking, pressed_at=self._clock.now(), reasons=reasons or booking.reasons)
        if booking.state is State.HELD:  # nobody outside knows of it
            gone = pressed.to(State.CANCELLED)
        else:
            gone = pressed.to(State.COMPENSATING, ends_as=State.CANCELLED)
        await self._put(kept, gone, release=not gone.live)
        return gone

    async def change(
        self, booking_id: str, person_id: str, slot: Slot, *, people: int | None = None, subject: str = ""
    ) -> Booking:
        """The same room at another time, for other people or under another subject; None and '' keep what is. What
        does not touch the time asks nobody anew."""
        kept = await self.to_change(booking_id, person_id)
        wanted = replace(kept.value, people=people or kept.value.people).called(subject or kept.value.subject)
        if wanted != kept.value:
            if wanted.state not in (State.CONFIRMED, State.REQUESTED):
                raise Stale(Reason(code="card_old", params={}))
            wanted = replace(wanted, pressed_at=self._clock.now(), number=wanted.number + 1, reasons=())
            if wanted.slot == slot:
                await self._put(kept, wanted, release=False)
                return wanted
        return await self._move(Kept(kept.key, wanted, kept.version), slot)

    async def move(self, booking_id: str, person_id: str, slot: Slot) -> Booking:
        """Another time in the same room. The old time is given back only together with taking the new one."""
        return await self._move(await self.to_change(booking_id, person_id), slot)

    async def _move(self, kept: Kept[Booking], slot: Slot) -> Booking:
        booking = kept.value
        if booking.state not in (State.CONFIRMED, State.REQUESTED):
            raise Stale(Reason(code="card_old", params={}))
        if booking.slot == slot:
            return booking
        now = self._clock.now()
        if booking.slot.end_at <= now:
            raise Refusal(Reason(code="already_over", params={}))
        room = self.room(booking.room)
        own = own_holders(booking) | await self._own_rows(booking)
        self.judge(room, (slot,), now, booking.organizer, ignoring=own)
        moved = booking.moving_to(slot, pressed_at=now)
        batch = Batch(
            puts=(self._documents.put(kept.key, moved, expected=kept.version),),
            releases=(Release(keys.held_by_booking(booking.id)),),
            claims=(claim(moved),),
            schedules=self._owed(moved, now),
        )
        await self.commit(batch, room)
        self.index.put(moved.room, keys.held_by_booking(moved.id), moved.slot)
        return moved

    async def owned(self, booking_id: str, person_id: str) -> Kept[Booking]:
        """Raises NotFound both for no such booking and for somebody else's: strangers learn nothing."""
        kept = await self._documents.get(keys.booking(booking_id), Booking)
        if kept is None or kept.value.person_id != person_id:
            raise NotFound(Reason(code="no_such_booking", params={}))
        return kept

    async def to_change(self, booking_id: str, person_id: str) -> Kept[Booking]:
        """As `owned`. Raises Stale where another booking is to take its place already: one change at a time."""
        kept = await self.owned(booking_id, person_id)
        if await self.replacement(kept.value):
            raise Stale(Reason(code="card_old", params={}))
        return kept

    async def replacement(self, booking: Booking) -> Booking | None:
        """The booking that is to take its place, or has taken it (of a date of a series for which none was asked by
        itself, the series that is to take its series' place); None where none was asked for, or it came to nothing."""
        found = await self._asked_instead(booking)
        if found is None and booking.series:
            series = await self._documents.get(keys.booking(booking.series), Booking)
            found = await self._asked_instead(series.value) if series else None
        return found

    async def _asked_instead(self, booking: Booking) -> Booking | None:
        found = None
        while booking.replaced_by:
            kept = await self._documents.get(keys.booking(booking.replaced_by), Booking)
            if kept is None:
                break
            booking = kept.value
            if booking.live and booking.state is not State.COMPENSATING:
                found = booking
        return found

    async def replacing(self, wanted: Wanted) -> tuple[Put, ...]:
        """To be written with the new booking: which one it replaces knows of it, so that of two at the same moment the
        later one finds the other. Raises Stale where there is one already, and Refusal where the one to replace has yet
        to take another one's place: that one would stay."""
        if not wanted.replaces:
            return ()
        kept = await self.to_change(wanted.replaces, wanted.person.id)
        first = await self._documents.get(keys.booking(kept.value.replaces), Booking) if kept.value.replaces else None
        if first is not None and first.value.live and first.value.state is not State.COMPENSATING:
            raise Refusal(Reason(code="replaces_first", params={}))
        before = replace(kept.value, replaced_by=wanted.booking_id)
        return (self._documents.put(kept.key, before, expected=kept.version), *await self._same_series(before))

    async def _same_series(self, date: Booking) -> tuple[Put, ...]:
        """The series of a date as it is: what takes the series' place at the same moment would have that date, too.
        Raises Stale where something does already."""
        series = await self._documents.get(keys.booking(date.series), Booking) if date.series else None
        if series is None:
            return ()
        if await self._asked_instead(series.value):
            raise Stale(Reason(code="card_old", params={}))
        return (self._documents.put(series.key, series.value, expected=series.version),)

    async def mine(self, person_id: str, since: datetime | None = None) -> list[Booking]:
        """The person's live bookings that are not over, soonest first; with those that were not over at `since`."""
        pointers = await self._documents.scan(keys.mine(person_id), str)
        found = await self._documents.get_all([keys.booking(pointer.value) for pointer in pointers], Booking)
        since = min(since or self._clock.now(), self._clock.now())
        coming = [kept.value for kept in found.values() if kept.value.takes_room and kept.value.slot.end_at > since]
        return sorted(coming, key=lambda booking: booking.slot)

    async def _own_rows(self, booking: Booking) -> frozenset[str]:
        """The mirror's rows of the booking's meeting, which the booking itself may not have heard of yet."""
        if not booking.ical_uid:
            return frozenset()
        rows = await rows_where(self._documents, booking.room, lambda row: row.ical_uid == booking.ical_uid)
        return frozenset(row.id for row in rows)

    def now(self) -> datetime:
        return self._clock.now()

    def room(self, address: str) -> Room:
        """Raises NotFound for one that is not known, Refusal for one that is only watched."""
        room = self.index.room(address)
        if room is None:
            raise NotFound(Reason(code="unknown_room", params={"said": address, "near": []}))
        if self._policies.of(room).control is Control.WATCHED:
            raise Refusal(Reason(code="watched", params={"room": room.name}))
        return room

    def judge(  # noqa: PLR0913 - all that a verdict is about
        self,
        room: Room,
        slots: tuple[Slot, ...],
        now: datetime,
        organizer: str,
        ignoring: frozenset[str] = frozenset(),
        *,
        recurring: bool = False,
    ) -> None:
        """Raises Refusal with every reason why the room cannot be had at all of these times; SlotTaken where somebody
        who is not to be ignored has it."""
        if min(slots).end_at <= now:
            raise Refusal(Reason(code="past", params={}))
        policy = self._policies.of(room)
        busy = (self.index.in_the_way(room.address, slot, ignoring) for slot in slots)
        taken = tuple(Taken(slot=slot, holder="") for slot in busy if slot is not None)
        asking = Asking(room=room, slots=slots, now=now, organizer=organizer, recurring=recurring)
        verdict = judge(policy.rules, asking, taken, policy=policy.version)
        if verdict.outcome is Outcome.PASS and not all(self.index.knows(room.address, slot) for slot in slots):
            raise Refusal(unseen(self.index, room))
        if verdict.outcome is not Outcome.PASS:
            taken_now = any(reason.code == "conflict" for reason in verdict.reasons)
            raise (SlotTaken if taken_now else Refusal)(*verdict.reasons)

    def _owed(self, booking: Booking, now: datetime) -> tuple[Schedule, ...]:
        return (Schedule(keys.drive(booking.id), now.timestamp()), *told(booking, now))

    async def _put(self, kept: Kept[Booking], booking: Booking, *, release: bool) -> None:
        holder = keys.held_by_booking(booking.id)
        batch = Batch(
            puts=(self._documents.put(kept.key, booking, expected=kept.version),),
            releases=(Release(holder),) if release else (),
            schedules=self._owed(booking, self._clock.now()),
        )
        await self.commit(batch, None)
        if release:
            self.index.drop(booking.room, holder)

    async def commit(self, batch: Batch, room: Room | None) -> None:
        """Raises SlotTaken and Stale in place of the store's own refusals."""
        try:
            await self._documents.store.commit(batch)
        except Overlap as lost:
            name = room.name if room else lost.claim.room
            raise SlotTaken(Reason(code="slot_taken", params={"room": name})) from lost
        except Conflict as moved:
            raise Stale(Reason(code="card_old", params={})) from moved


async def insist(press: Callable[[], Awaitable[Booking]]) -> Booking:
    """Presses anew where something changed meanwhile. Raises Stale once that happened too often."""
    for _ in range(_PRESSES - 1):
        try:
            return await press()
        except Stale:
            continue
    return await press()


def own_holders(booking: Booking) -> frozenset[str]:
    """Under which names the booking itself takes its room in the index."""
    return frozenset({keys.held_by_booking(booking.id), booking.room_event_id} - {""})


def claim(booking: Booking) -> Claim:
    """The claim that a live booking holds."""
    start, end = booking.slot.whole_seconds
    return Claim(booking.room, start, end, keys.held_by_booking(booking.id))


def new_booking(wanted: Wanted, now: datetime) -> Booking:
    """Held from now on, once it is stored."""
    return Booking(
        id=wanted.booking_id,
        person_id=wanted.person.id,
        organizer=wanted.person.address,
        room=wanted.room,
        slot=wanted.slot,
        subject=wanted.subject,
        state=State.HELD,
        made_at=now,
        pressed_at=now,
        people=wanted.people,
        zone=wanted.person.zone,
        language=wanted.person.language,
        replaces=wanted.replaces,
    )
