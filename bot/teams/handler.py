"""The SDK's side of a turn: typing first, then the answer as message, as the invoke's card, or as a changed card."""

import asyncio
import contextlib
import logging
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from botbuilder.core import TurnContext
from botbuilder.schema import Activity, Attachment

from bot.cards import actions, spoken
from bot.cards.actions import Verb
from bot.cards.spoken import summary
from bot.ports import keys
from bot.ports.store import Batch, Conflict, Delete, Put, Schedule
from bot.teams.adapter import answer_invoke
from bot.teams.attached import CARD
from bot.teams.connector_errors import (
    ActivityGone,
    AddressRefused,
    ConnectorError,
    ConversationDead,
    Forbidden,
    MaybeSent,
    TooLarge,
)
from bot.teams.conversation import Card, Conversation
from bot.teams.inbound import ConversationType, Inbound, Kind
from bot.teams.services import Services
from bot.teams.turn import begin

log = logging.getLogger(__name__)

MESSAGE = "application/vnd.microsoft.activity.message"
_REMEMBERED = 5_000
_TYPING_WITHIN_S = 0.5
_ANYBODYS = (
    Verb.START,
    Verb.MINE,
    Verb.HELP,
    Verb.STATUS,
    Verb.LETTERS,
)  # pressed on a card that others may still need

Tenants = Callable[[str], Services | None]


class Handler:
    """Turns of every tenant. `services_of` knows the tenants that are served."""

    def __init__(self, services_of: Tenants) -> None:
        self._services_of = services_of
        self._conversations: dict[str, Conversation] = {}
        self._heard: OrderedDict[tuple[str, str, str], None] = OrderedDict()

    async def on_turn(self, context: TurnContext, inbound: Inbound) -> None:
        """Answers one activity; what is not for us is left alone, and answered 200 by the adapter."""
        services = self._services_of(inbound.tenant)
        if services is None:
            log.warning("turn.tenant_unknown")
            return
        try:
            await self._turn(context, services, inbound)
        except (ConversationDead, Forbidden, AddressRefused) as dead:  # no repeat of the activity would help
            log.warning("turn.not_answered", extra={"why": type(dead).__name__, "status": dead.status})
            if isinstance(dead, ConversationDead):
                await self._unreachable(services, inbound)

    async def _turn(self, context: TurnContext, services: Services, inbound: Inbound) -> None:
        match inbound.kind:
            case Kind.MESSAGE if self._is_new(inbound):
                await self._said(context, services, inbound)
            case Kind.ACTION | Kind.SUBMIT:
                await self._pressed(context, services, inbound)
            case Kind.INSTALLED | Kind.MEMBERS_ADDED if inbound.bot_was_added:
                await self._welcome(context, services, inbound)
            case Kind.REMOVED:
                await self._removed(services, inbound)
            case _:
                log.debug("turn.not_for_us", extra={"kind": inbound.kind.value})

    async def _said(self, context: TurnContext, services: Services, inbound: Inbound) -> None:
        """What could not be answered is not counted as heard: it may come again."""
        answered = False
        try:
            await _typing(services, inbound)
            turn = await begin(services, inbound)
            await _send(context, await self._of(services).said(turn, inbound.text))
            answered = True
        finally:
            if not answered:
                self._heard.pop(_key(inbound), None)

    async def _pressed(self, context: TurnContext, services: Services, inbound: Inbound) -> None:
        turn = await begin(services, inbound)
        press = actions.read(inbound.verb, dict(inbound.data))
        card = await self._of(services).pressed(turn, press)
        if inbound.kind is Kind.ACTION:
            _answer(context, card)
        elif isinstance(card, str):
            await context.send_activity(_said(card))
        elif inbound.reply_to_id and (not turn.in_company or (press and press.verb not in _ANYBODYS)):
            await _replace(context, inbound, card)
        else:
            await _send(context, card)

    async def _welcome(self, context: TurnContext, services: Services, inbound: Inbound) -> None:
        """The channel announces an installation more than once; it is greeted once per conversation. A greeting that
        did not get through is left to the next announcement."""
        turn = await begin(services, inbound)
        at = services.clock.now().isoformat().encode()
        greeted = Put(keys.welcomed(inbound.conversation_id), at, expected=0)
        try:
            await services.documents.store.commit(Batch(puts=(greeted,), schedules=await _owed(services, inbound)))
        except Conflict:
            return
        try:
            await _send(context, self._of(services).welcome(turn))
        except ConnectorError as fault:
            log.warning("turn.not_welcomed", extra={"why": type(fault).__name__, "status": fault.status})
            await services.documents.store.commit(Batch(deletes=(Delete(greeted.key),)))

    async def _removed(self, services: Services, inbound: Inbound) -> None:
        gone = Delete(keys.welcomed(inbound.conversation_id))
        await services.documents.store.commit(Batch(deletes=(gone,)))
        await self._unreachable(services, inbound)

    async def _unreachable(self, services: Services, inbound: Inbound) -> None:
        """Who takes the bot out of a team still has their personal chat with it."""
        if inbound.actor_id and inbound.conversation_type is ConversationType.PERSONAL:
            await services.people.unreachable(inbound.actor_id)

    def _of(self, services: Services) -> Conversation:
        if services.tenant not in self._conversations:
            self._conversations[services.tenant] = Conversation(services)
        return self._conversations[services.tenant]

    def _is_new(self, inbound: Inbound) -> bool:
        """Teams sends a message again when it hears no answer in 15 s. Answering words twice does no harm, it only
        clutters: so the memory is this process's own."""
        if not inbound.activity_id:
            return True
        if _key(inbound) in self._heard:
            return False
        self._heard[_key(inbound)] = None
        if len(self._heard) > _REMEMBERED:
            self._heard.popitem(last=False)
        return True


def _key(inbound: Inbound) -> tuple[str, str, str]:
    return inbound.tenant, inbound.conversation_id, inbound.activity_id


async def _owed(services: Services, inbound: Inbound) -> list[Schedule]:
    """Who comes back finds cards that nobody could change meanwhile: they are made true again."""
    if inbound.conversation_type is not ConversationType.PERSONAL or not inbound.actor_id:
        return []
    now = services.clock.now().timestamp()
    booked = await services.documents.scan(keys.mine(inbound.actor_id), str)
    return [Schedule(keys.tell(keys.booking_card(kept.value)), now) for kept in booked]


async def _typing(services: Services, inbound: Inbound) -> None:
    """A courtesy: it never holds up the answer for long. Teams shows it in 1:1 and group chats only
    (github.com/MicrosoftDocs/msteams-docs/issues/1451); in a channel, Microsoft 365 Agents Playground 0.2.28 trips over
    it and mostly loses the answer that follows."""
    if inbound.conversation_type is ConversationType.CHANNEL:
        return
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_TYPING_WITHIN_S):
            await services.connector.typing(inbound.reference)


async def _send(context: TurnContext, card: Card) -> None:
    """Once more where the answer was lost: a second copy's buttons lead to the same place."""
    try:
        await context.send_activity(message(card))
    except MaybeSent:
        log.warning("answer.maybe_sent")
        await context.send_activity(message(card))
    except TooLarge:
        await context.send_activity(_said(spoken.text(card)))


async def _replace(context: TurnContext, inbound: Inbound, card: Card) -> None:
    """Old clients submit instead of executing: the card that was pressed is changed in place."""
    activity = message(card)
    activity.id = inbound.reply_to_id
    try:
        await context.update_activity(activity)
    except ActivityGone:
        await _send(context, card)


def _answer(context: TurnContext, card: Card | str) -> None:
    kind = MESSAGE if isinstance(card, str) else CARD
    body: dict[str, Any] = {"statusCode": 200, "type": kind, "value": card}
    answer_invoke(context, body)


def _said(text: str) -> Activity:
    return Activity(type="message", text=text, text_format="plain")


def message(card: Card) -> Activity:
    """A card as a message, with the line that a notification shows."""
    return Activity(
        type="message",
        summary=summary(card),
        attachments=[Attachment(content_type=CARD, content=card)],
    )
