"""Keeps posted cards true: renders a booking as it stands when sending, so that the newest state wins."""

import logging
from dataclasses import replace
from datetime import timedelta
from typing import Any

from bot.booking.search import Finder
from bot.cards.booking import booking as booking_card
from bot.cards.confirmation import confirmation
from bot.cards.spoken import summary
from bot.cards.texts import Audience
from bot.cards.views import BookingView, ManagerView
from bot.dialogs.asking import need_of
from bot.dialogs.drafts import Draft
from bot.dialogs.moves import as_asked
from bot.domain.bookings import Booking, State
from bot.domain.ranking import Option
from bot.domain.rooms import Room
from bot.ports import keys
from bot.ports.documents import Kept
from bot.ports.records import CardKind, KeptCard
from bot.ports.store import Batch, Finish, Lease, Put
from bot.teams.connector_errors import (
    ActivityGone,
    AddressRefused,
    ConnectorError,
    ConversationDead,
    Forbidden,
    MaybeSent,
    Throttled,
    TooLarge,
)
from bot.teams.handler import CARD
from bot.teams.references import ConversationReference
from bot.teams.services import Services

log = logging.getLogger(__name__)

_LOST = frozenset({State.DECLINED, State.FAILED, State.EXPIRED})
_LATER_S = 5.0
_OLD = timedelta(days=1)


class Outbox:
    """Handles `tell/` jobs of one tenant."""

    def __init__(self, services: Services, finder: Finder) -> None:
        self._services = services
        self._finder = finder

    async def tell(self, lease: Lease) -> None:
        """Posts the card, or changes it where it stands; done when the channel has taken it."""
        kept = await self._services.documents.get(keys.card(lease.key.removeprefix(keys.TELL)), KeptCard)
        booking = await self._booking(kept)
        if kept is None or booking is None:
            await self._finish(lease)
            return
        if kept.value.kind is CardKind.MANAGER and booking.state in (State.REQUESTED, State.CREATING):
            await self._finish(lease)  # managers hear of what is settled
            return
        card, puts = await self._rendered(kept.value, booking)
        try:
            await self._post(kept, booking, card, puts, lease)
        except Throttled as slow:
            await self._finish(lease, again_in_s=slow.retry_after_s)
        except (ConversationDead, Forbidden, AddressRefused, TooLarge) as dead:
            log.warning("card.not_deliverable", extra={"why": type(dead).__name__, "status": dead.status})
            await self._finish(lease)
        except ConnectorError as fault:
            log.warning("card.later", extra={"why": type(fault).__name__, "status": fault.status})
            await self._finish(lease, again_in_s=_LATER_S)

    async def _post(
        self, kept: Kept[KeptCard], booking: Booking, card: dict[str, Any], puts: tuple[Put, ...], lease: Lease
    ) -> None:
        to = ConversationReference(**kept.value.chat)
        activity = {
            "type": "message",
            "summary": summary(card),
            "attachments": [{"contentType": CARD, "content": card}],
        }
        if puts:  # what the buttons of the card refer to must exist before the card does
            await self._services.documents.store.commit(Batch(puts=puts))
        activity_id = kept.value.activity_id
        if activity_id:
            try:
                await self._services.connector.update(to, activity_id, activity)
            except ActivityGone:
                activity_id = ""
        if not activity_id:
            activity_id = await self._sent_once(to, activity)
        shown = replace(kept.value, activity_id=activity_id, shown=booking.number)
        put = self._services.documents.put(kept.key, shown)
        await self._services.documents.store.commit(Batch(puts=(put,), finishes=(Finish(lease),)))

    async def _sent_once(self, to: ConversationReference, activity: dict[str, Any]) -> str:
        """A post whose answer was lost is not repeated blindly: a second card of the same booking does no harm, its
        buttons lead to the same place, but one is enough."""
        try:
            return await self._services.connector.send(to, activity)
        except MaybeSent:
            log.warning("card.maybe_sent")
            return await self._services.connector.send(to, activity)

    async def _rendered(self, card: KeptCard, booking: Booking) -> tuple[dict[str, Any], tuple[Put, ...]]:
        now = self._services.clock.now()
        audience = self._services.catalogue.audience(card.language, card.zone or self._services.default_zone, now)
        room = self._services.index.room(booking.room) or Room(address=booking.room, name=booking.room)
        if card.kind is CardKind.MANAGER:
            changed = 0 < card.shown < booking.number
            view = ManagerView(booking=booking, room=room, person_name=card.person_name, changed=changed)
            return confirmation(view, audience), ()
        options = self._alternatives(booking, audience)
        if not options:
            return booking_card(BookingView(booking=booking, room=room), audience), ()
        draft = self._draft(booking, options, audience)
        shown = BookingView(
            booking=booking,
            room=room,
            options=options,
            draft_id=draft.id,
            draft_version=draft.version,
        )
        return booking_card(shown, audience), (self._services.documents.put(keys.draft(draft.id), draft),)

    def _alternatives(self, booking: Booking, audience: Audience) -> tuple[Option, ...]:
        """Other rooms for a meeting that lost its own; none for one that is over or was given up."""
        if booking.state not in _LOST or booking.slot.end_at <= audience.now:
            return ()
        need = need_of(replace(as_asked(booking, audience.zone), room=""), audience.zone)
        found = self._finder.look(need, booking.slot, audience.now)
        return tuple(option for option in found.options if option.room.address != booking.room)

    def _draft(self, booking: Booking, options: tuple[Option, ...], audience: Audience) -> Draft:
        """The same draft each time the card is shown: its id comes of the booking's."""
        draft_id = f"{audience.now.strftime('%Y%m%d')}-{booking.id}"
        asked = replace(as_asked(booking, audience.zone), room="")
        return Draft(id=draft_id, person_id=booking.person_id, asked=asked).offering(options)

    async def _booking(self, kept: Kept[KeptCard] | None) -> Booking | None:
        if kept is None:
            return None
        found = await self._services.documents.get(keys.booking(kept.value.booking_id), Booking)
        return found.value if found else None

    async def _finish(self, lease: Lease, *, again_in_s: float | None = None) -> None:
        again_at = None if again_in_s is None else self._services.clock.now().timestamp() + again_in_s
        await self._services.documents.store.commit(Batch(finishes=(Finish(lease, again_at=again_at),)))
