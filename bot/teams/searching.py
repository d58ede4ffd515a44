"""Searches in the chat: shows a request with its rooms, keeps it as a draft, and books what is pressed."""

import contextlib
from dataclasses import replace
from typing import Any

from bot.booking.desk import Wanted, own_holders
from bot.booking.search import Found
from bot.cards.actions import Press
from bot.cards.room_free import room_free
from bot.cards.search import search
from bot.cards.views import Asked, RoomFreeView, SearchView
from bot.dialogs.asking import Asking, from_booking, from_card, need_of, slot_of
from bot.dialogs.drafts import Draft, Offer
from bot.dialogs.moves import as_asked, changeable
from bot.domain.bookings import Booking, Reason
from bot.domain.errors import NotAllowed, NotFound, NotYours, Refusal, Stale
from bot.domain.people import Person
from bot.ports import keys
from bot.ports.calendar import Denied, Missing, RemoteError
from bot.ports.documents import Kept
from bot.ports.records import KeptCard
from bot.ports.store import Batch, Conflict, Put, StoreError
from bot.teams.bookings import Bookings, card_here, stands_at
from bot.teams.services import Services
from bot.teams.turn import Turn

_TRIES = 3  # two presses at once: the later one looks again


class Searching:
    """Cards of searches, as plain JSON. Raises Refusal for what cannot be done."""

    def __init__(self, services: Services, bookings: Bookings) -> None:
        self._services = services
        self._bookings = bookings

    async def look(self, turn: Turn, asking: Asking, kept: Kept[Draft] | None = None) -> dict[str, Any]:
        """The request card, with rooms where the request is complete. Raises Conflict where the draft moved on."""
        kept = kept or self._fresh(turn, asking.asked)
        changes = await self._changing(kept.value, turn)
        found = await self._found(turn, asking, changes)
        draft = kept.value.shown(asking.asked, (*found.options, *found.other_times))
        if draft != kept.value or not kept.version:
            await self._services.documents.store.commit(Batch(puts=(self._put(draft, expected=kept.version),)))
        rooms = self._services.index.rooms
        said = {note.code for note in asking.notes}
        why = tuple(reason for reason in found.reasons if reason.code not in said)
        notes = (*asking.notes, *why) if rooms else (Reason(code="no_rooms", params={}),)
        view = SearchView(
            draft_id=draft.id,
            version=draft.version,
            asked=replace(asking.asked, subject="") if turn.in_company else asking.asked,
            missing=asking.missing,
            options=found.options,
            other_times=found.other_times,
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
        return await self._anew(turn, from_card(press.inputs, kept.value.asked, turn.here), kept)

    async def start(self, turn: Turn) -> dict[str, Any]:
        """An empty request."""
        return await self.look(turn, Asking(asked=Asked(minutes=None)))

    async def change(self, turn: Turn, booking: Booking, asking: Asking | None = None) -> dict[str, Any]:
        """The request card of a booking that the person wants otherwise."""
        asking = asking or from_booking(as_asked(booking, turn.here.zone), (), turn.here)
        return await self.look(turn, asking, self._fresh(turn, asking.asked, changes=booking.id))

    async def check(self, turn: Turn, room: str, asking: Asking) -> dict[str, Any]:
        """Whether one room is free, with a button that books it and others that are free then."""
        asked, slot = asking.asked, slot_of(asking.asked, turn.here.zone)
        answer = self._services.finder.ask(room, slot, turn.here.now) if slot and asking.ready else None
        if answer is None or slot is None:
            return await self.look(turn, asking)
        if answer.reasons:
            return await self.look(turn, replace(asking, notes=(*asking.notes, *answer.reasons)))
        others = (
            ()
            if answer.option
            else self._services.finder.look(
                need_of(replace(asked, room=""), turn.here.zone), slot, turn.here.now
            ).options
        )
        offered = (*((answer.option,) if answer.option else ()), *others)
        draft = self._fresh(turn, asked).value.shown(asked, offered)
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
        asked, reasons = kept.value.asked, tuple[Reason, ...]()
        for _ in range(_TRIES):
            draft = kept.value
            if draft.booking_id:
                break
            offer = draft.offer(press.version, press.option)
            if offer is None:
                reasons = (Reason(code="card_old", params={}),)
                break
            asked = replace(draft.asked, subject=press.inputs.get("subject", draft.asked.subject))
            try:
                booking = await self._take(turn, kept, replace(draft, asked=asked), offer)
            except Stale as stale:
                kept, reasons = await self._mine(turn, press.id), stale.reasons
            except Refusal as refusal:
                reasons = refusal.reasons
                break
            else:
                return await self._bookings.show(turn, booking.id)
        return await self._anew(turn, Asking(asked=asked, notes=reasons), kept)

    async def _take(self, turn: Turn, kept: Kept[Draft], draft: Draft, offer: Offer) -> Booking:
        """A change within one room moves the meeting; into another it is a new booking that replaces the old one once
        it is confirmed, so that nobody is left without a room."""
        changes = await self._changing(draft, turn)
        if changes is not None and changes.room == offer.room:
            return await self._moved(turn, Kept(kept.key, draft, kept.version), changes, offer)
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
            self._services.documents.put(keys.card(keys.booking_card(booking_id)), card_here(turn, booking_id)),
            *await self._let_go(turn, draft),
        )
        return await self._services.desk.reserve(wanted, also)

    async def _moved(self, turn: Turn, kept: Kept[Draft], booking: Booking, offer: Offer) -> Booking:
        """The draft is marked after the move: a crash in between leaves a press that would move it to where it is."""
        asked = kept.value.asked
        moved = await self._services.desk.change(
            booking.id, turn.person_id, offer.slot, people=asked.people, subject=asked.subject
        )
        put = self._put(kept.value.taken(booking.id), expected=kept.version)
        with contextlib.suppress(StoreError):
            await self._services.documents.store.commit(Batch(puts=(put,)))
        return moved

    async def _let_go(self, turn: Turn, draft: Draft) -> list[Put]:
        """The message that was pressed shows the new booking from now on: the cards of the bookings that it showed
        before no longer change it."""
        before = [one for one in (draft.changes, draft.card_of) if one]
        documents, pressed = self._services.documents, turn.inbound
        cards = [keys.booking_card(one) for one in before]
        cards += [keys.also_card(one, pressed.conversation_id, pressed.reply_to_id) for one in before]
        found = (await documents.get_all(map(keys.card, cards), KeptCard)).values() if cards else ()
        here = (kept for kept in found if stands_at(kept.value, turn.inbound))
        return [documents.put(kept.key, replace(kept.value, activity_id=""), kept.version) for kept in here]

    async def _addressed(self, turn: Turn) -> Person:
        """With the address that the event is made for; the zone and language are those of now."""
        try:
            person = await self._services.people.addressed(turn.person_id)
        except (Denied, Missing) as fault:
            raise NotAllowed(Reason(code="no_mailbox", params={})) from fault
        except RemoteError as fault:
            raise Refusal(Reason(code="remote_busy", params={})) from fault
        if not person.address:
            raise NotAllowed(Reason(code="no_mailbox", params={}))
        return replace(person, zone=turn.here.zone.key, language=turn.speaker.language)

    async def _found(self, turn: Turn, asking: Asking, changes: Booking | None) -> Found:
        slot = slot_of(asking.asked, turn.here.zone)
        if not asking.ready or slot is None:
            return Found()
        own = own_holders(changes) if changes else frozenset()
        return self._services.finder.look(need_of(asking.asked, turn.here.zone), slot, turn.here.now, own)

    async def _anew(self, turn: Turn, asking: Asking, kept: Kept[Draft]) -> dict[str, Any]:
        """The draft shown again; what came of it, where another press was quicker."""
        for _ in range(_TRIES):
            if kept.value.booking_id:
                return await self._bookings.show(turn, kept.value.booking_id)
            try:
                return await self.look(turn, asking, kept)
            except Conflict:
                kept = await self._mine(turn, kept.value.id)
        raise Stale(Reason(code="card_old", params={}))

    async def _changing(self, draft: Draft, turn: Turn) -> Booking | None:
        """None as well where there is nothing left to change: what is booked then is a booking of its own."""
        if not draft.changes:
            return None
        booking = (await self._services.desk.owned(draft.changes, turn.person_id)).value
        return booking if changeable(booking, turn.here.now) else None

    async def _mine(self, turn: Turn, draft_id: str) -> Kept[Draft]:
        """Anybody in a chat can press anybody's card; only the person who asked is served by it."""
        kept = await self._services.documents.get(keys.draft(draft_id), Draft)
        if kept is None:
            raise NotFound(Reason(code="card_expired", params={}))
        if kept.value.person_id != turn.person_id:
            raise NotYours(Reason(code="not_your_card", params={}))
        return kept

    def _fresh(self, turn: Turn, asked: Asked, *, changes: str = "") -> Kept[Draft]:
        """A draft that is not stored yet."""
        day = turn.here.now.strftime("%Y%m%d")
        draft_id = f"{day}-{self._services.new_id()}"
        draft = Draft(id=draft_id, person_id=turn.person_id, asked=asked, version=1, changes=changes)
        return Kept(keys.draft(draft_id), draft, 0)

    def _put(self, draft: Draft, expected: int = 0) -> Put:
        return self._services.documents.put(keys.draft(draft.id), draft, expected)
