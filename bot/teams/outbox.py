"""Keeps posted cards true: renders a booking as it stands when sending, so that the newest state wins."""

import logging
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from bot.booking.search import Finder
from bot.booking.telling import quiet_until, told_again_at
from bot.cards import spoken
from bot.cards.booking import booking as booking_card
from bot.cards.confirmation import confirmation
from bot.cards.texts import Audience
from bot.cards.views import ManagerView
from bot.dialogs.asking import need_of
from bot.dialogs.drafts import Draft
from bot.dialogs.moves import as_asked
from bot.dialogs.repeating import times
from bot.domain.bookings import LOST, OPEN, Booking
from bot.domain.ranking import Option
from bot.ports import keys
from bot.ports.documents import Kept
from bot.ports.records import Acquaintance, CardKind, KeptCard
from bot.ports.store import Batch, Finish, Lease, Put, Schedule
from bot.teams.attached import message
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
from bot.teams.references import ConversationReference
from bot.teams.services import Services
from bot.teams.successors import draft_id, lost_draft

log = logging.getLogger(__name__)

_LATER_S = 5.0
_MOST_LATER_S = 300.0
_OLD = timedelta(days=1)  # after its end, nobody waits for a card that the channel does not take


@dataclass(frozen=True)
class _Telling:
    """One card to keep true, its booking as read, and the lease under which it is told."""

    kept: Kept[KeptCard]
    booking: Booking
    lease: Lease

    @property
    def card(self) -> KeptCard:
        return self.kept.value

    @property
    def is_manager(self) -> bool:
        return self.card.kind is CardKind.MANAGER

    @property
    def is_own(self) -> bool:
        """The booking's own card: if its message is gone, it is posted anew. Of other cards only one can be changed."""
        return self.kept.key == keys.card(keys.booking_card(self.booking.id))


class Outbox:
    """Handles `tell/` jobs of one tenant."""

    def __init__(self, services: Services, finder: Finder) -> None:
        self._services = services
        self._documents = services.documents
        self._finder = finder

    async def tell(self, lease: Lease) -> None:
        """Posts the card, or changes it where it stands; done when the channel has taken it. Not before the answer to
        the last press has surely arrived, which would paint over it. Raises Conflict where the card was moved
        meanwhile."""
        kept = await self._documents.get(keys.card(lease.key.removeprefix(keys.TELL)), KeptCard)
        booking = await self._booking(kept)
        if kept is None or booking is None:
            await self._others_alone(lease)
            return
        now = self._services.clock.now()
        at = quiet_until(booking, now)
        if at > now:  # it was owed before that press
            await self._documents.store.commit(Batch(finishes=(Finish(lease, again_at=at.timestamp()),)))
            return
        telling = _Telling(kept, booking, lease)
        draft = await lost_draft(self._documents, booking, now)
        if self._nothing_to_tell(telling, draft):
            await self._done(telling)
            return
        try:
            await self._post(telling, draft)
        except ConnectorError as fault:
            await self._not_told(telling, fault)

    async def repaint(self, lease: Lease) -> None:
        """Owes the card anew, unless its booking is as the payload says, by number, that it was shown."""
        now, card_id = self._services.clock.now().timestamp(), lease.key.removeprefix(keys.REPAINT)
        booking = await self._booking(await self._documents.get(keys.card(card_id), KeptCard))
        is_shown = booking is not None and lease.payload == str(booking.number).encode()
        owed = () if is_shown else (Schedule(keys.tell(card_id), now),)
        await self._documents.store.commit(Batch(schedules=owed, finishes=(Finish(lease),)))

    def _nothing_to_tell(self, telling: _Telling, draft: Kept[Draft] | None) -> bool:
        """Managers hear of what is settled. Where another booking came of this one, by its alternatives or by a change,
        that one has its message."""
        booking = telling.booking
        if telling.is_manager:
            return booking.state in OPEN and not telling.card.shown
        if draft is not None and draft.value.booking_id:
            return True
        return not telling.card.activity_id and (booking.replaced or not telling.is_own)

    async def _post(self, telling: _Telling, draft: Kept[Draft] | None) -> None:
        card, puts = await self._rendered(telling, draft)
        if puts:  # what the buttons of the card refer to must exist before the card does
            await self._documents.store.commit(Batch(puts=puts))
        try:
            activity_id = await self._written(telling, message(card))
        except TooLarge as fault:
            log.warning("card.too_large", extra={"status": fault.status})
            activity_id = await self._written(telling, _short(card))
        again_at = told_again_at(telling.booking, self._services.clock.now())
        shown = replace(telling.card, activity_id=activity_id, shown=telling.booking.number)
        await self._done(telling, shown, again_at)

    async def _written(self, telling: _Telling, activity: dict[str, Any]) -> str:
        """The id of the message that shows it now."""
        to, activity_id = ConversationReference(**telling.card.chat), telling.card.activity_id
        if activity_id:
            try:
                await self._services.connector.update(to, activity_id, activity)
            except ActivityGone:
                activity_id = ""
        if activity_id or not (telling.is_own or telling.is_manager):
            return activity_id
        return await self._sent_once(to, activity)

    async def _sent_once(self, to: ConversationReference, activity: dict[str, Any]) -> str:
        """A post whose answer was lost is repeated once and no more: a second card of the same booking does no harm,
        its buttons lead to the same place, but one is enough."""
        try:
            return await self._services.connector.send(to, activity)
        except MaybeSent:
            log.warning("card.maybe_sent")
            return await self._services.connector.send(to, activity)

    async def _not_told(self, telling: _Telling, fault: ConnectorError) -> None:
        told = {"why": type(fault).__name__, "status": fault.status}
        if isinstance(fault, Throttled):
            await self._finish(telling.lease, again_in_s=fault.retry_after_s)
            return
        over = telling.booking.end_at + _OLD < self._services.clock.now()
        if over or isinstance(fault, (ConversationDead, Forbidden, AddressRefused, TooLarge, MaybeSent)):
            log.warning("card.not_deliverable", extra=told)
            if isinstance(fault, ConversationDead):
                await self._unreachable(telling)
            await self._done(telling)
            return
        log.warning("card.later", extra=told)
        await self._later(telling.lease)

    async def _unreachable(self, telling: _Telling) -> None:
        """Nobody is written to where nobody listens, until they come back. Only of the organizer is it known whose
        chat it is; a manager is found by it, which happens once for each who leaves."""
        people, chat = self._services.people, telling.card.chat.get("conversation_id")
        if telling.is_manager:
            met = [kept.value for kept in await self._documents.scan(keys.person(""), Acquaintance)]
        else:
            organizer = await people.known(telling.booking.person_id)
            met = [organizer] if organizer else []
        for one in met:
            if one.chat and one.chat.get("conversation_id") == chat:
                await people.unreachable(one.person.id)

    async def _rendered(self, telling: _Telling, draft: Kept[Draft] | None) -> tuple[dict[str, Any], tuple[Put, ...]]:
        card, booking = telling.card, telling.booking
        now = self._services.clock.now()
        reader = await self._services.people.known(card.person_id) if card.person_id else None
        language, zone = (reader.language, reader.person.zone) if reader else (card.language, card.zone)
        zone = zone or card.zone or self._services.default_zone
        audience = self._services.catalogue.audience(language or card.language, zone, now)
        if telling.is_manager:
            changed, told = 0 < card.shown < booking.number, self._services.view(booking)
            view = ManagerView(
                booking=booking,
                room=told.room,
                person_name=card.person_name,
                changed=changed,
                elsewhere=told.elsewhere,
            )
            return confirmation(view, audience), ()
        shown = self._services.view(booking if await self._is_private(telling) else replace(booking, subject=""))
        options = self._alternatives(booking, audience)
        if not options:
            return booking_card(shown, audience), ()
        offered = self._draft(booking, options, audience, draft)
        view_of = replace(shown, options=options, draft_id=offered.id, draft_version=offered.version)
        put = self._documents.put(keys.draft(offered.id), offered, draft.version if draft else 0)
        return booking_card(view_of, audience), (put,)

    async def _is_private(self, telling: _Telling) -> bool:
        """Whether the card stands in the organizer's own chat, where nobody else reads the subject."""
        organizer = await self._services.people.known(telling.booking.person_id)
        chat = organizer.chat.get("conversation_id") if organizer else None
        return chat is not None and chat == telling.card.chat.get("conversation_id")

    def _alternatives(self, booking: Booking, audience: Audience) -> tuple[Option, ...]:
        """Other rooms for a meeting that lost its own; none for one that is over or was given up."""
        if booking.state not in LOST or booking.end_at <= audience.now:
            return ()
        asked = replace(as_asked(booking, audience.zone), room="")
        need, slots = need_of(asked, audience.zone), times(asked, audience.zone)
        if slots and slots[0].start_at <= audience.now:
            return ()
        if slots:
            found = self._finder.look_series(need, slots, audience.now)
        else:
            found = self._finder.look(need, booking.slot, audience.now)
        return tuple(option for option in found.options if option.room.address != booking.room)

    def _draft(
        self, booking: Booking, options: tuple[Option, ...], audience: Audience, kept: Kept[Draft] | None
    ) -> Draft:
        """The same draft each time the card is shown: its id comes of the booking's. Shown with other rooms, it is a
        new version, so that a press on the older showing books nothing else than what stood there."""
        asked = replace(as_asked(booking, audience.zone), room="")
        named = draft_id(booking.id, audience.now)
        fresh = Draft(id=named, person_id=booking.person_id, asked=asked, card_of=booking.id)
        return (kept.value if kept else fresh).shown(asked, options)

    async def _booking(self, kept: Kept[KeptCard] | None) -> Booking | None:
        if kept is None:
            return None
        found = await self._documents.get(keys.booking(kept.value.booking_id), Booking)
        return found.value if found else None

    async def _done(self, telling: _Telling, card: KeptCard | None = None, again_at: datetime | None = None) -> None:
        """Told, or not to be told; what else shows the booking follows its own card. At `again_at` the same booking is
        told otherwise."""
        puts = (self._documents.put(telling.kept.key, card, telling.kept.version),) if card else ()
        owed = await self._also_owed(telling) if telling.is_own else ()
        finish = Finish(telling.lease, again_at=again_at.timestamp() if again_at else None)
        batch = Batch(puts=puts, schedules=owed, finishes=(finish,))
        await self._documents.store.commit(batch)

    async def _also_owed(self, telling: _Telling) -> tuple[Schedule, ...]:
        others = await self._documents.scan(keys.card(keys.also_cards(telling.booking.id)), KeptCard)
        now = self._services.clock.now().timestamp()
        behind = [kept for kept in others if kept.value.shown < telling.booking.number]
        return tuple(Schedule(keys.tell(kept.key.removeprefix(keys.card(""))), now) for kept in behind)

    async def _others_alone(self, lease: Lease) -> None:
        """An occurrence of a series has no card of its own, but may have been opened on other messages."""
        card_id = lease.key.removeprefix(keys.TELL)
        booking_id = card_id.rpartition(".")[0]
        is_own = keys.booking_card(booking_id) == card_id
        others = await self._documents.scan(keys.card(keys.also_cards(booking_id)), KeptCard) if is_own else []
        now = self._services.clock.now().timestamp()
        owed = tuple(Schedule(keys.tell(kept.key.removeprefix(keys.card(""))), now) for kept in others)
        await self._documents.store.commit(Batch(schedules=owed, finishes=(Finish(lease),)))

    async def _later(self, lease: Lease) -> None:
        """At growing distances; the payload counts them."""
        times = int(lease.payload or b"0")
        wait_s = min(_LATER_S * 2.0 ** min(times, 10), _MOST_LATER_S)
        at = self._services.clock.now().timestamp() + wait_s
        finish = Finish(lease, again_at=at, payload=b"%d" % (times + 1))
        await self._documents.store.commit(Batch(finishes=(finish,)))

    async def _finish(self, lease: Lease, *, again_in_s: float | None = None) -> None:
        again_at = None if again_in_s is None else self._services.clock.now().timestamp() + again_in_s
        await self._documents.store.commit(Batch(finishes=(Finish(lease, again_at=again_at),)))


def _short(card: dict[str, Any]) -> dict[str, Any]:
    """The card in words alone, for where it is too large."""
    return {"type": "message", "text": spoken.text(card), "textFormat": "plain", "attachments": []}
