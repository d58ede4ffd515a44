"""The SDK's side of a turn: typing first, then the answer as message, as the invoke's card, or as a changed card."""

import logging
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from botbuilder.core import TurnContext
from botbuilder.schema import Activity, Attachment

from bot.cards import actions
from bot.cards.spoken import summary
from bot.ports import keys
from bot.ports.store import Batch, Conflict, Delete, Put
from bot.teams.adapter import answer_invoke
from bot.teams.conversation import Card, Conversation
from bot.teams.inbound import Inbound, Kind
from bot.teams.services import Services
from bot.teams.turn import begin

log = logging.getLogger(__name__)

CARD = "application/vnd.microsoft.card.adaptive"
MESSAGE = "application/vnd.microsoft.activity.message"
_REMEMBERED = 5_000

Tenants = Callable[[str], Services | None]


class Handler:
    """Turns of every tenant. `services_of` knows the tenants that are served."""

    def __init__(self, services_of: Tenants) -> None:
        self._services_of = services_of
        self._conversations: dict[str, Conversation] = {}
        self._heard: OrderedDict[tuple[str, str], None] = OrderedDict()

    async def on_turn(self, context: TurnContext, inbound: Inbound) -> None:
        """Answers one activity; what is not for us is left alone, and answered 200 by the adapter."""
        services = self._services_of(inbound.tenant)
        if services is None:
            log.warning("turn.tenant_unknown")
            return
        match inbound.kind:
            case Kind.MESSAGE if self._is_new(inbound):
                await services.connector.typing(inbound.reference)
                turn = await begin(services, inbound)
                await _send(context, await self._of(services).said(turn, inbound.text))
            case Kind.ACTION | Kind.SUBMIT:
                await self._pressed(context, services, inbound)
            case Kind.INSTALLED | Kind.MEMBERS_ADDED if inbound.bot_was_added:
                await self._welcome(context, services, inbound)
            case Kind.REMOVED:
                await self._removed(services, inbound)
            case _:
                log.debug("turn.not_for_us", extra={"kind": inbound.kind.value})

    async def _pressed(self, context: TurnContext, services: Services, inbound: Inbound) -> None:
        turn = await begin(services, inbound)
        press = actions.read(inbound.verb, dict(inbound.data))
        card = await self._of(services).pressed(turn, press)
        if inbound.kind is Kind.ACTION:
            _answer(context, card)
        else:
            await _replace(context, inbound, card)

    async def _welcome(self, context: TurnContext, services: Services, inbound: Inbound) -> None:
        """The channel announces an installation more than once; it is greeted once per conversation."""
        turn = await begin(services, inbound)
        greeted = Put(keys.welcomed(inbound.conversation_id), b"1", expected=0)
        try:
            await services.documents.store.commit(Batch(puts=(greeted,)))
        except Conflict:
            return
        await _send(context, self._of(services).welcome(turn))

    async def _removed(self, services: Services, inbound: Inbound) -> None:
        gone = Delete(keys.welcomed(inbound.conversation_id))
        await services.documents.store.commit(Batch(deletes=(gone,)))
        if inbound.actor_id:
            await services.people.unreachable(inbound.actor_id)

    def _of(self, services: Services) -> Conversation:
        if services.tenant not in self._conversations:
            self._conversations[services.tenant] = Conversation(services)
        return self._conversations[services.tenant]

    def _is_new(self, inbound: Inbound) -> bool:
        """Teams sends a message again when it hears no answer in 15 s. Answering words twice does no harm, it only
        clutters: so the memory is this process's own."""
        key = (inbound.conversation_id, inbound.activity_id)
        if not inbound.activity_id:
            return True
        if key in self._heard:
            return False
        self._heard[key] = None
        if len(self._heard) > _REMEMBERED:
            self._heard.popitem(last=False)
        return True


async def _send(context: TurnContext, card: Card) -> None:
    await context.send_activity(message(card))


async def _replace(context: TurnContext, inbound: Inbound, card: Card | str) -> None:
    """Old clients submit instead of executing: the card that was pressed is changed in place."""
    if isinstance(card, str):
        await context.send_activity(Activity(type="message", text=card, text_format="plain"))
        return
    if not inbound.reply_to_id:
        await _send(context, card)
        return
    activity = message(card)
    activity.id = inbound.reply_to_id
    await context.update_activity(activity)


def _answer(context: TurnContext, card: Card | str) -> None:
    kind = MESSAGE if isinstance(card, str) else CARD
    body: dict[str, Any] = {"statusCode": 200, "type": kind, "value": card}
    answer_invoke(context, body)


def message(card: Card) -> Activity:
    """A card as a message, with the line that a notification shows."""
    return Activity(
        type="message",
        summary=summary(card),
        attachments=[Attachment(content_type=CARD, content=card)],
    )
