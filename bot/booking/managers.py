"""Tells the organizer's manager of a confirmed booking, where the tenant's policy says so."""

import logging
from dataclasses import replace

from bot.domain.availability import Availability
from bot.domain.bookings import Booking, State
from bot.domain.people import Person
from bot.policy.loading import Policies
from bot.ports import keys
from bot.ports.calendar import Missing
from bot.ports.clock import Clock
from bot.ports.directory import Directory
from bot.ports.documents import Documents
from bot.ports.records import Acquaintance, CardKind, KeptCard
from bot.ports.store import Batch, Finish, Lease, Put, Schedule

log = logging.getLogger(__name__)


class Managers:
    """Handles `manager/` jobs of one tenant: finds whom to tell and owes the card."""

    def __init__(
        self,
        documents: Documents,
        directory: Directory,
        index: Availability,
        policies: Policies,
        clock: Clock,
    ) -> None:
        self._documents = documents
        self._directory = directory
        self._index = index
        self._policies = policies
        self._clock = clock

    async def tell(self, lease: Lease) -> None:
        """Owes the manager's card, or nothing where none is to be told. Raises the calendar's Busy."""
        kept = await self._documents.get(keys.booking(lease.key.removeprefix(keys.MANAGER)), Booking)
        booking = kept.value if kept else None
        if booking is None or not self._wanted(booking):
            await self._end(lease)
            return
        card = keys.card(keys.manager_card(booking.id))
        if await self._documents.get(card, KeptCard) is not None:
            await self._end(lease, tell=booking.id)  # told once already: the same card shows what is now
        elif booking.state is State.CONFIRMED:
            await self._first(booking, lease)
        else:
            await self._end(lease)

    async def _first(self, booking: Booking, lease: Lease) -> None:
        try:
            manager = await self._directory.manager(booking.person_id)
        except Missing:
            manager = None
        if manager is None:
            await self._end(lease, puts=await self._say_once(booking.person_id, "manager.none"))
            return
        known = await self._documents.get(keys.person(manager.id), Acquaintance)
        if known is None or not known.value.chat:
            await self._end(lease, puts=await self._say_once(manager.id, "manager.not_reachable", manager))
            return
        card = KeptCard(
            kind=CardKind.MANAGER,
            booking_id=booking.id,
            chat=known.value.chat,
            person_id=manager.id,
            person_name=await self._name(booking.person_id),
            language=known.value.language,
            zone=known.value.person.zone,
        )
        put = self._documents.put(keys.card(keys.manager_card(booking.id)), card, expected=0)
        await self._end(lease, puts=(put,), tell=booking.id)

    def _wanted(self, booking: Booking) -> bool:
        room = self._index.room(booking.room)
        return room is not None and self._policies.of(room).tell_manager

    async def _say_once(self, person_id: str, event: str, person: Person | None = None) -> tuple[Put, ...]:
        """One log line per person: who has no manager, or whose manager has not installed Foyer."""
        kept = await self._documents.get(keys.person(person_id), Acquaintance)
        if kept is not None and kept.value.unreachable_said:
            return ()
        log.warning(event, extra={"person": person_id})
        before = kept.value if kept else Acquaintance(person=person or Person(id=person_id, name="", address=""))
        after = replace(before, unreachable_said=True)
        return (self._documents.put(keys.person(person_id), after, expected=kept.version if kept else 0),)

    async def _name(self, person_id: str) -> str:
        kept = await self._documents.get(keys.person(person_id), Acquaintance)
        return kept.value.person.name if kept else ""

    async def _end(self, lease: Lease, *, puts: tuple[Put, ...] = (), tell: str = "") -> None:
        now = self._clock.now().timestamp()
        owed = (Schedule(keys.tell(keys.manager_card(tell)), now),) if tell else ()
        await self._documents.store.commit(Batch(puts=puts, schedules=owed, finishes=(Finish(lease),)))
