"""Bookings in the chat: shows one, lists a person's, cancels what they mean."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from typing import Any

from bot.booking.telling import QUIET
from bot.cards.booking import booking as booking_card
from bot.cards.bookings import bookings as list_card
from bot.cards.views import BookingView, Chosen, ListView
from bot.dialogs.drafts import Draft
from bot.dialogs.lists import begins_at, listed
from bot.dialogs.meant import by_itself, called, meant, of_series
from bot.dialogs.moves import CancelMine, ChangeMine, ListMine
from bot.dialogs.repeating import same_date
from bot.domain.bookings import OPEN, Booking, Reason
from bot.domain.errors import NotFound
from bot.ports import keys
from bot.ports.records import CardKind, KeptCard
from bot.ports.store import Batch, Put, Schedule, StoreError
from bot.teams.inbound import Inbound
from bot.teams.services import Services
from bot.teams.successors import successor
from bot.teams.turn import Turn

MOST_LISTED = 7

_ONE_BY_ONE = Reason(code="one_by_one", params={})

Apart = Callable[[Booking, Booking], bool]

log = logging.getLogger(__name__)


class Bookings:
    """Cards of bookings, as plain JSON. Raises Refusal for what cannot be done."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def show(self, turn: Turn, booking_id: str, *notes: Reason) -> dict[str, Any]:
        """The person's own booking as it stands now, or what came of it: an old card may still be pressed where another
        booking is shown by now."""
        kept = await self._services.desk.owned(booking_id, turn.person_id)
        after = await successor(self._services.documents, kept.value, turn.here.now)
        return await self._shown(turn, after or kept.value, notes)

    async def list_mine(self, turn: Turn, *, series: bool = False) -> dict[str, Any]:
        """What the person has coming, or of it the `series` alone."""
        mine = await self._by_series(await self._services.desk.mine(turn.person_id))
        if series:
            mine = [one for one in mine if one.rhythm is not None]
        return self.listed(turn, mine, ListView(choose_for=Chosen.SERIES if series else Chosen.NONE))

    async def list_within(self, turn: Turn, move: ListMine) -> dict[str, Any]:
        """What the person has within what they named, date by date; also what is over, as long as it is kept. Where
        that is nothing, what they have next."""
        zone, since = turn.here.zone, begins_at(move.within, turn.here.zone)
        mine = await self._services.desk.mine(turn.person_id, since)
        fitting = listed(mine, move.within, zone)
        coming = [one for one in mine if one.slot.end_at > turn.here.now]
        shown = tuple(self._view(turn, one) for one in fitting[:MOST_LISTED])
        view = ListView(
            bookings=shown,
            more=len(fitting) - len(shown),
            within=move.within,
            room=turn.here.name(move.within.room) if move.within.room else "",
            next=self._view(turn, coming[0]) if coming and not shown else None,
            notes=move.notes,
        )
        return list_card(view, turn.audience)

    async def dates(self, turn: Turn, booking_id: str, page: int) -> dict[str, Any]:
        """The dates of a series of the person's own."""
        kept = await self._services.desk.owned(booking_id, turn.person_id)
        return booking_card(replace(self._view(turn, kept.value), page=page), turn.audience)

    async def cancel(self, turn: Turn, booking_id: str, version: int) -> dict[str, Any]:
        """A card that shows the meeting at another time than it has now cancels nothing: it shows where it is. What was
        asked for in the place of a booking goes with it."""
        kept = await self._services.desk.owned(booking_id, turn.person_id)
        if version < kept.value.placed or not kept.value.live:
            return await self.show(turn, booking_id)
        if not kept.value.replaced:  # first: of a press that is cut off in between, the same again does the rest
            await self._give_up_instead(turn, kept.value)
        gone = await self._give_up(turn, kept.value)
        if not gone.replaced:  # asked for meanwhile
            await self._give_up_instead(turn, gone)
        return await self._shown(turn, gone)

    async def _give_up_instead(self, turn: Turn, gone: Booking) -> None:
        """What was to take its place; of a date of a series, that day of the series that was to; of a series, what was
        to take the place of one of its dates, too."""
        for date in await self._services.series.movable(gone) if gone.rhythm else ():
            if date.replaced_by and not date.replaced:
                await self._give_up_instead(turn, date)
        instead = await self._services.desk.replacement(gone)
        if instead is not None and gone.series and instead.rhythm is not None:
            series = (await self._services.desk.owned(gone.series, turn.person_id)).value
            there = same_date(series, gone.id, instead, turn.here.zone)
            instead = (await self._services.desk.owned(there, turn.person_id)).value if there else None
        if instead is not None:
            await self._give_up(turn, instead, Reason(code="replaces_cancelled", params={}))

    async def _give_up(self, turn: Turn, booking: Booking, *reasons: Reason) -> Booking:
        desk = self._services.desk if booking.rhythm is None else self._services.series
        return await desk.cancel(booking.id, turn.person_id, *reasons)

    async def cancel_meant(self, turn: Turn, move: CancelMine) -> dict[str, Any]:
        """ "Cancel my 3 pm": the one booking that fits is shown with its cancel button; several are offered to choose
        from. Words alone cancel nothing: a reading can be wrong."""
        fitting, request = await self.meant(turn, move), move.request
        notes = (_ONE_BY_ONE,) if request.all_of_them and len(fitting) > 1 else ()
        return self.listed(turn, fitting, ListView(choose_for=Chosen.CANCEL, part=request.part, notes=notes))

    async def meant(self, turn: Turn, move: CancelMine | ChangeMine) -> list[Booking]:
        """Raises NotFound where none fits. Of a series, the date that was named; without one, all of it. Where one is
        to be cancelled and a day is named, that date, and then all of it: "on Tuesday" may be either. Where the words
        fit a date only where it was moved to by itself, that date alone."""
        mine, request = await self._services.desk.mine(turn.person_id), move.request
        fitting = meant(mine, request, turn.here.zone)
        dates = [one for one in fitting if one.series and request.day_said and isinstance(move, CancelMine)]
        if of_series(request):
            fitting = await self._by_series(fitting, lambda one, series: by_itself(one, series, request, turn.here))
        if request.series:
            fitting = [one for one in fitting if one.rhythm is not None]
        fitting = list(dict.fromkeys((*dates, *fitting)))
        if not fitting:
            code = "no_such_booking" if mine else "no_bookings"
            if request.series:
                code = "no_such_series" if any(one.series for one in mine) else "no_series"
            raise NotFound(Reason(code=code, params={}))
        return called(fitting, move.said, turn.audience.say("Meeting"))

    async def _by_series(self, bookings: list[Booking], alone: Apart | None = None) -> list[Booking]:
        """Each series once, where its first occurrence stands. A date that outlives its series stands for itself, and
        so does one that is meant `alone`."""
        names = {keys.booking(one.series) for one in bookings if one.series}
        found = await self._services.documents.get_all(names, Booking)
        series = {kept.value.id: kept.value for kept in found.values() if kept.value.live}
        whole = {one.id: series.get(one.series, one) for one in bookings}
        return list(dict.fromkeys(one if alone and alone(one, whole[one.id]) else whole[one.id] for one in bookings))

    def listed(
        self, turn: Turn, bookings: Sequence[Booking], blank: ListView, drafts: Sequence[Draft] = ()
    ) -> dict[str, Any]:
        """The `blank` list with these bookings; `drafts`, one for each that can be changed, hold what is to become
        of it."""
        draft_of = {draft.changes: draft for draft in drafts}
        views = [(self._view(turn, one), draft_of.get(one.id)) for one in bookings[:MOST_LISTED]]
        shown = tuple(
            replace(view, draft_id=draft.id, draft_version=draft.version) if draft else view for view, draft in views
        )
        return list_card(replace(blank, bookings=shown, more=len(bookings) - len(shown)), turn.audience)

    async def _shown(self, turn: Turn, booking: Booking, notes: tuple[Reason, ...] = ()) -> dict[str, Any]:
        if booking.live and turn.inbound.reply_to_id:
            try:
                await self._follow(turn, booking)
            except StoreError as fault:  # what was pressed for is done: only this card stays as it is
                log.warning("card.not_followed", extra={"why": type(fault).__name__})
        return booking_card(replace(self._view(turn, booking), notes=notes), turn.audience)

    async def _follow(self, turn: Turn, booking: Booking) -> None:
        """What shows a booking must go on showing it as it is, also on other messages than the booking's own. The card
        is owed once more, of one that stands only if there was news: what is told while this answer is on its way is
        painted over."""
        card = keys.booking_card(booking.id)
        puts: tuple[Put, ...] = ()
        own = await self._services.documents.get(keys.card(card), KeptCard)
        if own is None or not stands_at(own.value, turn.inbound):
            card = keys.also_card(booking.id, turn.inbound.conversation_id, turn.inbound.reply_to_id)
            puts = (self._services.documents.put(keys.card(card), card_here(turn, booking.id)),)
        only_looked = booking.pressed_at is None or booking.pressed_at < turn.here.now  # else it is told later anyway
        at = (turn.here.now + QUIET).timestamp()
        unless = b"" if booking.state in OPEN else str(booking.number).encode()
        owed = (Schedule(keys.repaint(card), at, unless),) if only_looked else ()
        if puts or owed:
            await self._services.documents.store.commit(Batch(puts=puts, schedules=owed))

    def _view(self, turn: Turn, booking: Booking) -> BookingView:
        return self._services.view(replace(booking, subject="") if turn.in_company else booking)


def card_here(turn: Turn, booking_id: str) -> KeptCard:
    """The card that was pressed becomes the booking's card, wherever it stands."""
    return KeptCard(
        kind=CardKind.BOOKING,
        booking_id=booking_id,
        chat=asdict(turn.inbound.reference),
        activity_id=turn.inbound.reply_to_id,
        person_id=turn.person_id,
        person_name=turn.speaker.person.name,
        language=turn.speaker.language,
        zone=turn.here.zone.key,
    )


def stands_at(card: KeptCard, pressed: Inbound) -> bool:
    """Whether the card is on the message that was pressed."""
    same = card.chat.get("conversation_id") == pressed.conversation_id
    return same and bool(card.activity_id) and card.activity_id == pressed.reply_to_id
