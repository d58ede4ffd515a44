"""Searches in the chat: shows a request with its rooms, keeps it as a draft, and books what is pressed."""

import contextlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from bot.booking.desk import Wanted, own_holders
from bot.booking.search import Found, Standing
from bot.booking.series_desk import Changed, WantedSeries
from bot.booking.within import look_within
from bot.cards.actions import Press
from bot.cards.room_free import room_free
from bot.cards.search import search
from bot.cards.views import Asked, RoomFreeView, SearchView
from bot.dialogs.asking import Asking, from_booking, from_card, need_of, slot_of
from bot.dialogs.drafts import Draft, Offer
from bot.dialogs.moves import as_asked, changeable, date_asked
from bot.dialogs.repeating import giving_up, own_times, put_back, standing_times, times, without_dates_elsewhere
from bot.domain.bookings import Booking, Reason
from bot.domain.errors import NotAllowed, Refusal, Stale
from bot.domain.people import Person
from bot.domain.ranking import Need
from bot.domain.slots import Slot
from bot.ports import keys
from bot.ports.calendar import Denied, Missing, RemoteError
from bot.ports.documents import Kept
from bot.ports.records import KeptCard
from bot.ports.store import Batch, Conflict, Put, StoreError
from bot.teams.bookings import Bookings, card_here, stands_at
from bot.teams.drafted import fresh_draft, own_draft
from bot.teams.free_times import stretch_of, times_card
from bot.teams.services import Services
from bot.teams.successors import draft_named
from bot.teams.turn import Turn

_TRIES = 3  # two presses at once: the later one looks again
_ASKED_ALREADY = Reason(code="asked_already", params={})


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
        told = (self._services.finder.with_limit(note, turn.here.now, turn.here.zone.key) for note in asking.notes)
        notes = (*told, *why) if rooms else (Reason(code="no_rooms", params={}),)
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
            date_of=draft.date_of,
            searched=asking.ready,
            explained=bool(found.reasons),
            room=turn.here.name(asking.asked.room) if asking.asked.room else "",
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
        asking = asking or from_booking(as_asked(booking, turn.here.zone, turn.here.now), (), turn.here)
        return await self._anew(turn, asking, self._fresh(turn, asking.asked, changes=booking.id))

    async def kept(self, turn: Turn, wanted: Sequence[tuple[Booking, Asking]]) -> list[Draft]:
        """Drafts of changes that are not looked for yet: which booking is meant is still to be chosen."""
        fresh = [self._fresh(turn, asking.asked, changes=booking.id).value for booking, asking in wanted]
        await self._services.documents.store.commit(Batch(puts=tuple(map(self._put, fresh))))
        return fresh

    async def date(self, turn: Turn, press: Press) -> dict[str, Any]:
        """Rooms for one date of a series that its own room did not take, or what the person has booked for it since.
        Every card for the date is of one draft, so that one room comes of them."""
        series = (await self._services.desk.owned(press.id, turn.person_id)).value
        asked = date_asked(series, press.option, turn.here.zone)
        if asked is None or not series.live:
            return await self._bookings.show(turn, press.id)
        slot = series.occurrences[press.option].slot
        for one in await self._services.desk.mine(turn.person_id):
            if one.slot == slot and changeable(one, turn.here.now):
                return await self._bookings.show(turn, one.id)
        for _ in range(_TRIES):
            with contextlib.suppress(Conflict):
                kept = await self._date_draft(turn, series, press.option, asked)
                if kept.value.booking_id:
                    return await self._bookings.show(turn, kept.value.booking_id)
                return await self.look(turn, from_booking(asked, (), turn.here), kept)
        raise Stale(Reason(code="card_old", params={}))

    async def _date_draft(self, turn: Turn, series: Booking, number: int, asked: Asked) -> Kept[Draft]:
        """Anew where what came of it before is no longer booked."""
        name = f"{series.id}-date-{number}"
        kept = await draft_named(self._services.documents, name, turn.here.now)
        if kept is None:
            return self._fresh(turn, asked, name=name, date_of=series.id)
        if not kept.value.booking_id:
            return kept
        booked = (await self._services.desk.owned(kept.value.booking_id, turn.person_id)).value
        if await self._services.desk.replacement(booked) or changeable(booked, turn.here.now):
            return kept
        again = replace(kept.value.asking(asked), booking_id="")
        await self._services.documents.store.commit(Batch(puts=(self._put(again, expected=kept.version),)))
        return Kept(kept.key, again, kept.version + 1)

    async def check(self, turn: Turn, room: str, asking: Asking) -> dict[str, Any]:
        """Whether one room is free, with a button that books it and others that are free then."""
        if asking.asked.until is not None:
            found = await times_card(self._services, turn, asking, self._fresh(turn, asking.asked).value)
            return await self.look(turn, found) if isinstance(found, Asking) else found
        asked, slot = asking.asked, slot_of(asking.asked, turn.here.zone)
        need, finder = need_of(asked, turn.here.zone), self._services.finder
        answer = finder.ask(room, slot, turn.here.now, need) if slot and asking.ready else None
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
            offer = draft.offer(press.version, press.option)
            if already := await self._already(turn, draft, offer):
                return already
            if offer is None:
                reasons = (Reason(code="card_old", params={}),)
                break
            asked = replace(draft.asked, subject=press.inputs.get("subject", draft.asked.subject))
            try:
                taken = replace(draft, asked=asked)
                booking = await self._take(turn, Kept(kept.key, taken, kept.version), taken, offer)
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
        it is confirmed, so that nobody is left without a room. So it is with series: of one that goes on in its room,
        what is to come moves, if it can each time."""
        changes = await self._changing(draft, turn)
        standing = await self._standing(changes) if changes else []
        staying, untaken = await self._times(turn, draft.asked, changes, standing)
        slots = tuple(sorted((*staying, *untaken)))
        if slots and slots[0] != offer.slot:  # the card was read in another zone
            raise Stale(Reason(code="card_old", params={}))
        if changes is not None and changes.room == offer.room:
            if changes.rhythm is None and not slots:
                return await self._moved(turn, kept, changes, offer)
            whole = len(standing) == len(staying) and set(offer.missing) <= set(untaken)
            if slots and changes.rhythm is not None and whole:
                return await self._moved_series(turn, kept, changes, staying)
            wanted = [slot for slot in slots or (offer.slot,) if slot not in offer.missing]
            if any(slot.overlaps(one.slot) for slot in wanted for one in standing):
                raise Refusal(Reason(code="series_own_times", params={"room": turn.here.name(offer.room)}))
        return await self._new(turn, kept, offer, changes, slots)

    async def _new(
        self, turn: Turn, kept: Kept[Draft], offer: Offer, changes: Booking | None, slots: tuple[Slot, ...]
    ) -> Booking:
        draft = kept.value
        booking_id, asked, all_slots = self._services.new_id(), draft.asked, times(draft.asked, turn.here.zone)
        wanted = Wanted(
            booking_id=booking_id,
            person=await self._addressed(turn),
            room=offer.room,
            slot=offer.slot,
            subject=asked.subject or turn.audience.say("Meeting"),
            people=asked.people,
            replaces=changes.id if changes else "",
        )
        also = (
            self._put(draft.taken(booking_id), expected=kept.version),
            self._services.documents.put(keys.card(keys.booking_card(booking_id)), card_here(turn, booking_id)),
            *await self._let_go(turn, draft),
        )
        if asked.repeats is None:
            return await self._services.desk.reserve(wanted, also)
        series = WantedSeries(
            each=wanted,
            rhythm=asked.repeats,
            slots=all_slots,
            missing=frozenset(offer.missing),
            given_up=frozenset(all_slots) - frozenset(slots),
        )
        return await self._services.series.reserve(series, also)

    async def _standing(self, booking: Booking) -> list[Booking]:
        """What a change of the booking is about: of a series, its coming occurrences."""
        return [booking] if booking.rhythm is None else await self._services.series.movable(booking)

    async def _moved_series(self, turn: Turn, kept: Kept[Draft], series: Booking, staying: dict[Slot, Slot]) -> Booking:
        asked = kept.value.asked
        planned = {where: slot for slot, where in staying.items()}
        wanted = Changed(rhythm=asked.repeats, people=asked.people, subject=asked.subject, planned=planned)
        slots = tuple(sorted(staying.values()))
        moved = await self._services.series.move(series.id, turn.person_id, slots, wanted)
        await self._mark_taken(kept, moved.id)
        return moved

    async def _moved(self, turn: Turn, kept: Kept[Draft], booking: Booking, offer: Offer) -> Booking:
        """The draft is marked after the move: a crash in between leaves a press that would move it to where it is."""
        asked = kept.value.asked
        moved = await self._services.desk.change(
            booking.id, turn.person_id, offer.slot, people=asked.people, subject=asked.subject
        )
        await self._mark_taken(kept, booking.id)
        return moved

    async def _mark_taken(self, kept: Kept[Draft], booking_id: str) -> None:
        put = self._put(kept.value.taken(booking_id), expected=kept.version)
        with contextlib.suppress(StoreError):
            await self._services.documents.store.commit(Batch(puts=(put,)))

    async def _let_go(self, turn: Turn, draft: Draft) -> list[Put]:
        """The message that was pressed shows the new booking from now on: the cards of the bookings that it showed
        before no longer change it."""
        before = [one for one in (draft.changes, draft.card_of, draft.date_of) if one]
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
        need = need_of(asking.asked, turn.here.zone)
        if times(asking.asked, turn.here.zone):
            return await self._found_series(turn, asking.asked, need, changes)
        own = own_holders(changes) if changes else frozenset()
        if wanted := stretch_of(turn, asking):
            return look_within(self._services.finder, wanted, turn.here.now, own)
        return self._services.finder.look(need, slot, turn.here.now, own)

    async def _found_series(self, turn: Turn, asked: Asked, need: Need, changes: Booking | None) -> Found:
        """A change that adds or leaves out dates cannot be had in the room that has the others of them."""
        coming = await self._standing(changes) if changes and changes.rhythm else []
        staying, untaken = await self._times(turn, asked, changes, coming)
        whole = len(coming) == len(staying)
        holders = frozenset().union(*map(own_holders, coming)) if whole else frozenset[str]()
        slots = tuple(sorted((*staying, *untaken)))
        here = Standing(
            room=changes.room if changes else "",
            holders=holders,
            slots=tuple(staying.values()),
            left_out=frozenset(untaken),
        )
        found = self._services.finder.look_series(need, slots, turn.here.now, here)
        if changes is not None:
            found = replace(found, options=giving_up(found.options, changes, coming, slots, turn.here.zone))
            at = own_times(changes, coming, turn.here.now)
            back = put_back(staying, found.options, changes, at, turn.here.zone)
            found = replace(found, reasons=(*found.reasons, *back))
        if whole or changes is None or not any(slot.overlaps(one.slot) for slot in staying for one in coming):
            return found
        others = tuple(option for option in found.options if option.room.address != changes.room)
        own = Reason(code="series_own_times", params={"room": turn.here.name(changes.room)})
        return replace(found, options=others, reasons=(own,) if need.room == changes.room else found.reasons)

    async def _times(
        self, turn: Turn, asked: Asked, changes: Booking | None, standing: list[Booking]
    ) -> tuple[dict[Slot, Slot], tuple[Slot, ...]]:
        """The times asked for, each with where it is in the room that a changed series is in; and those that are to be
        had in another one alone."""
        slots, zone = times(asked, turn.here.zone), turn.here.zone
        each = dict(zip(slots, slots, strict=True))
        if changes is None or changes.rhythm is None or not standing:
            return each, ()
        before = times(as_asked(changes, zone, turn.here.now), zone)
        mine = await self._services.desk.mine(turn.person_id)
        wanted = without_dates_elsewhere(changes, [one.slot for one in mine if one.series != changes.id])
        staying, untaken = standing_times(wanted, standing, before, slots, zone)
        return (staying, untaken) if staying else (each, ())

    async def _anew(self, turn: Turn, asking: Asking, kept: Kept[Draft]) -> dict[str, Any]:
        """The draft shown again; what came of it, where another press was quicker."""
        for _ in range(_TRIES):
            if already := await self._already(turn, kept.value):
                return already
            try:
                return await self.look(turn, asking, kept)
            except Conflict:
                kept = await self._mine(turn, kept.value.id)
        raise Stale(Reason(code="card_old", params={}))

    async def _already(self, turn: Turn, draft: Draft, offer: Offer | None = None) -> dict[str, Any] | None:
        """The booking that came of the draft, or of another one that changes the same booking or is for the same date;
        and that it did, where something else was pressed."""
        desk, booking_id, other = self._services.desk, draft.booking_id, False
        if draft.changes and not booking_id:
            instead = await desk.replacement((await desk.owned(draft.changes, turn.person_id)).value)
            booking_id, other = (instead.id, True) if instead else ("", False)
        if draft.date_of and not booking_id:  # the series that took its series' place may have that date
            slot = slot_of(draft.asked, turn.here.zone)
            mine = await desk.mine(turn.person_id)
            there = [one.id for one in mine if one.slot == slot and changeable(one, turn.here.now)]
            booking_id, other = (there[0], True) if there else ("", False)
        if not booking_id:
            return None
        booking = (await desk.owned(booking_id, turn.person_id)).value
        other = other or (offer is not None and offer.room != booking.room)
        other = other and changeable(booking, turn.here.now)
        return await self._bookings.show(turn, booking_id, *((_ASKED_ALREADY,) if other else ()))

    async def _changing(self, draft: Draft, turn: Turn) -> Booking | None:
        """None as well where there is nothing left to change: what is booked then is a booking of its own."""
        if not draft.changes:
            return None
        booking = (await self._services.desk.owned(draft.changes, turn.person_id)).value
        return booking if changeable(booking, turn.here.now) else None

    async def _mine(self, turn: Turn, draft_id: str) -> Kept[Draft]:
        return await own_draft(self._services, turn, draft_id)

    def _fresh(self, turn: Turn, asked: Asked, *, name: str = "", changes: str = "", date_of: str = "") -> Kept[Draft]:
        fresh = fresh_draft(self._services, turn, asked, name=name)
        return replace(fresh, value=replace(fresh.value, changes=changes, date_of=date_of))

    def _put(self, draft: Draft, expected: int = 0) -> Put:
        return self._services.documents.put(keys.draft(draft.id), draft, expected)
