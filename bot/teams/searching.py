"""Searches in the chat: shows a request with its rooms, keeps it as a draft, and books what is pressed."""

from dataclasses import asdict, replace
from typing import Any

from bot.booking.desk import Wanted, own_holders
from bot.cards.actions import Press
from bot.cards.room_free import room_free
from bot.cards.search import search
from bot.cards.views import Asked, RoomFreeView, SearchView
from bot.dialogs.asking import Asking, from_card, need_of, slot_of
from bot.dialogs.drafts import Draft, Offer
from bot.dialogs.moves import as_asked
from bot.domain.bookings import Booking, Reason
from bot.domain.errors import NotAllowed, NotFound, NotYours, Refusal
from bot.domain.people import Person
from bot.domain.ranking import Option
from bot.ports import keys
from bot.ports.calendar import Denied, Missing, RemoteError
from bot.ports.documents import Kept
from bot.ports.records import CardKind, KeptCard
from bot.ports.store import Batch, Put
from bot.teams.bookings import Bookings
from bot.teams.services import Services
from bot.teams.turn import Turn

CHECKED_MINUTES = 30


class Searching:
    """Cards of searches, as plain JSON. Raises Refusal for what cannot be done."""

    def __init__(self, services: Services, bookings: Bookings) -> None:
        self._services = services
        self._bookings = bookings

    async def look(self, turn: Turn, asking: Asking, draft: Draft | None = None) -> dict[str, Any]:
        """The request card, with rooms where the request is complete."""
        draft = draft.asking(asking.asked) if draft else self._draft(turn, asking.asked)
        changes = await self._changing(draft, turn)
        found = await self._found(turn, asking, changes)
        offered = (*found[0], *found[1])
        draft = draft.offering(offered)
        await self._services.documents.store.commit(Batch(puts=(self._put(draft),)))
        rooms = self._services.index.rooms
        notes = asking.notes if rooms else (Reason(code="no_rooms", params={}),)
        view = SearchView(
            draft_id=draft.id,
            version=draft.version,
            asked=asking.asked,
            missing=asking.missing,
            options=found[0],
            other_times=found[1],
            buildings=tuple(sorted({room.building for room in rooms if room.building})),
            features=tuple(sorted({feature for room in rooms for feature in room.features})),
            notes=notes,
            changes=changes,
            searched=asking.ready,
        )
        return search(view, turn.audience)

    async def edit(self, turn: Turn, press: Press) -> dict[str, Any]:
        """ "Find rooms": the fields of the card over the draft behind it."""
        kept = await self._mine(turn, press.id)
        if kept.value.booking_id:
            return await self._bookings.show(turn, kept.value.booking_id)
        return await self.look(turn, from_card(press.inputs, kept.value.asked, turn.here), kept.value)

    async def start(self, turn: Turn) -> dict[str, Any]:
        """An empty request."""
        return await self.look(turn, Asking(asked=Asked(minutes=None)))

    async def change(self, turn: Turn, booking: Booking, asked: Asked | None = None) -> dict[str, Any]:
        """The request card of a booking that the person wants otherwise."""
        asked = asked or as_asked(booking, turn.here.zone)
        return await self.look(turn, Asking(asked=asked), self._draft(turn, asked, changes=booking.id))

    async def check(self, turn: Turn, room: str, asking: Asking) -> dict[str, Any]:
        """Whether one room is free, with a button that books it and others that are free then."""
        asked = asking.asked if asking.asked.minutes else replace(asking.asked, minutes=CHECKED_MINUTES)
        slot = slot_of(asked, turn.here.zone)
        answer = self._services.finder.ask(room, slot, turn.here.now) if slot and asking.ready else None
        if answer is None or slot is None:
            return await self.look(turn, asking)
        others = (
            ()
            if answer.option
            else self._services.finder.look(
                need_of(replace(asked, room=""), turn.here.zone), slot, turn.here.now
            ).options
        )
        offered = (*((answer.option,) if answer.option else ()), *others)
        draft = self._draft(turn, asked).offering(offered)
        await self._services.documents.store.commit(Batch(puts=(self._put(draft),)))
        view = RoomFreeView(
            draft_id=draft.id,
            version=draft.version,
            room=answer.room,
            asked=slot,
            option=answer.option,
            busy=answer.busy,
            next_free_at=answer.next_free.start_at if answer.next_free else None,
            others=others,
        )
        return room_free(view, turn.audience)

    async def book(self, turn: Turn, press: Press) -> dict[str, Any]:
        """Books what was pressed, once: every further press on the draft shows the booking that came of it."""
        kept = await self._mine(turn, press.id)
        draft = kept.value
        if draft.booking_id:
            return await self._bookings.show(turn, draft.booking_id)
        offer = draft.offer(press.version, press.option)
        if offer is None:
            return await self._again(turn, draft, Reason(code="card_old", params={}))
        subject = press.inputs.get("subject", draft.asked.subject)
        draft = replace(draft, asked=replace(draft.asked, subject=subject))
        try:
            booking = await self._take(turn, kept, draft, offer)
        except Refusal as refusal:
            return await self._again(turn, draft, *refusal.reasons)
        return await self._bookings.show(turn, booking.id)

    async def _take(self, turn: Turn, kept: Kept[Draft], draft: Draft, offer: Offer) -> Booking:
        """A change within one room moves the meeting; into another it is a new booking that replaces the old one once
        it is confirmed, so that nobody is left without a room."""
        changes = await self._changing(draft, turn)
        if changes is not None and changes.room == offer.room:
            return await self._services.desk.move(changes.id, turn.person_id, offer.slot)
        booking_id = self._services.new_id()
        wanted = Wanted(
            booking_id=booking_id,
            person=await self._addressed(turn),
            room=offer.room,
            slot=offer.slot,
            subject=draft.asked.subject or turn.audience.say("Meeting"),
            people=draft.asked.people,
            replaces=changes.id if changes else "",
        )
        also = (
            self._put(draft.taken(booking_id), expected=kept.version),
            self._services.documents.put(keys.card(keys.booking_card(booking_id)), _card(turn, booking_id)),
        )
        return await self._services.desk.reserve(wanted, also)

    async def _addressed(self, turn: Turn) -> Person:
        """With the address that the event is made for; the zone and language are those of now."""
        try:
            person = await self._services.people.addressed(turn.person_id)
        except (Denied, Missing) as fault:
            raise NotAllowed(Reason(code="no_mailbox", params={})) from fault
        except RemoteError as fault:
            raise Refusal(Reason(code="remote_busy", params={})) from fault
        return replace(person, zone=turn.here.zone.key, language=turn.speaker.person.language)

    async def _found(
        self, turn: Turn, asking: Asking, changes: Booking | None
    ) -> tuple[tuple[Option, ...], tuple[Option, ...]]:
        slot = slot_of(asking.asked, turn.here.zone)
        if not asking.ready or slot is None:
            return (), ()
        own = own_holders(changes) if changes else frozenset()
        found = self._services.finder.look(need_of(asking.asked, turn.here.zone), slot, turn.here.now, own)
        return found.options, found.other_times

    async def _again(self, turn: Turn, draft: Draft, *notes: Reason) -> dict[str, Any]:
        return await self.look(turn, Asking(asked=draft.asked, notes=notes), draft)

    async def _changing(self, draft: Draft, turn: Turn) -> Booking | None:
        if not draft.changes:
            return None
        return (await self._services.desk.owned(draft.changes, turn.person_id)).value

    async def _mine(self, turn: Turn, draft_id: str) -> Kept[Draft]:
        """Anybody in a chat can press anybody's card; only the person who asked is served by it."""
        kept = await self._services.documents.get(keys.draft(draft_id), Draft)
        if kept is None:
            raise NotFound(Reason(code="card_expired", params={}))
        if kept.value.person_id != turn.person_id:
            raise NotYours(Reason(code="not_your_card", params={}))
        return kept

    def _draft(self, turn: Turn, asked: Asked, *, changes: str = "") -> Draft:
        day = turn.here.now.strftime("%Y%m%d")
        draft_id = f"{day}-{self._services.new_id()}"
        return Draft(id=draft_id, person_id=turn.person_id, asked=asked, version=0, changes=changes).asking(asked)

    def _put(self, draft: Draft, expected: int | None = None) -> Put:
        return self._services.documents.put(keys.draft(draft.id), draft, expected)


def _card(turn: Turn, booking_id: str) -> KeptCard:
    """The card that was pressed becomes the booking's card, wherever it stands."""
    return KeptCard(
        kind=CardKind.BOOKING,
        booking_id=booking_id,
        chat=asdict(turn.inbound.reference),
        activity_id=turn.inbound.reply_to_id,
        person_name=turn.speaker.person.name,
        language=turn.speaker.person.language,
        zone=turn.here.zone.key,
    )
