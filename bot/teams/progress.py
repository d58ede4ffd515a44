"""Keeps the card of a first import true while it goes on, for the administrator who asked."""

import logging
from dataclasses import asdict, replace

from bot.cards.progress import progress
from bot.ports import keys
from bot.ports.documents import Kept
from bot.ports.records import ProgressCard
from bot.ports.store import Batch, Conflict, Delete, Finish, Lease, Schedule
from bot.teams.attached import message
from bot.teams.connector_errors import ActivityGone, ConnectorError, CredentialsRefused, Throttled, Unreachable
from bot.teams.references import ConversationReference
from bot.teams.services import Services
from bot.teams.turn import Turn

log = logging.getLogger(__name__)

_EVERY_S = 10.0
_AFTER_ANSWER_S = 2.0  # below the answer to what was asked
_LATER_S = 60.0


class Progress:
    """Handles `progress/` jobs of one tenant; `begin` is for the conversation."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._documents = services.documents

    async def begin(self, turn: Turn) -> None:
        """Owes the card in this conversation; one at a time for a person is enough."""
        card = ProgressCard(
            chat=asdict(turn.inbound.reference), language=turn.speaker.language, zone=turn.here.zone.key
        )
        put = self._documents.put(keys.progress(turn.person_id), card, 0)
        owed = Schedule(keys.progress(turn.person_id), turn.here.now.timestamp() + _AFTER_ANSWER_S)
        try:
            await self._documents.store.commit(Batch(puts=(put,), schedules=(owed,)))
        except Conflict:
            log.debug("progress.shown_already")

    async def tell(self, lease: Lease) -> None:
        """Posts the card, or changes it where it stands, until every room was read."""
        kept = await self._documents.get(lease.key, ProgressCard)
        if kept is None:
            await self._documents.store.commit(Batch(finishes=(Finish(lease),)))
            return
        read, rooms = self._services.status.imported()
        try:
            shown = kept.value if kept.value.shown == read else await self._shown(kept.value, read, rooms)
        except Throttled as fault:
            await self._again(lease, fault.retry_after_s)
        except (Unreachable, CredentialsRefused):
            await self._again(lease, _LATER_S)
        except ConnectorError as fault:
            log.warning("progress.not_deliverable", extra={"why": type(fault).__name__, "status": fault.status})
            await self._over(kept, lease)
        else:
            await (self._over(kept, lease) if read >= rooms else self._on(kept, shown, lease))

    async def _shown(self, card: ProgressCard, read: int, rooms: int) -> ProgressCard:
        zone = card.zone or self._services.default_zone
        audience = self._services.catalogue.audience(card.language, zone, self._services.clock.now())
        activity, to = message(progress(read, rooms, audience)), ConversationReference(**card.chat)
        activity_id = card.activity_id
        if activity_id:
            try:
                await self._services.connector.update(to, activity_id, activity)
            except ActivityGone:
                activity_id = ""
        if not activity_id:
            activity_id = await self._services.connector.send(to, activity)
        return replace(card, activity_id=activity_id, shown=read)

    async def _on(self, kept: Kept[ProgressCard], shown: ProgressCard, lease: Lease) -> None:
        put = self._documents.put(kept.key, shown, kept.version)
        finish = Finish(lease, again_at=self._services.clock.now().timestamp() + _EVERY_S)
        await self._documents.store.commit(Batch(puts=(put,), finishes=(finish,)))

    async def _over(self, kept: Kept[ProgressCard], lease: Lease) -> None:
        await self._documents.store.commit(Batch(deletes=(Delete(kept.key),), finishes=(Finish(lease),)))

    async def _again(self, lease: Lease, in_s: float) -> None:
        finish = Finish(lease, again_at=self._services.clock.now().timestamp() + in_s)
        await self._documents.store.commit(Batch(finishes=(finish,)))
