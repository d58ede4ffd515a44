"""The SDK's turn pipeline between our door and our connector: replies, changes, invokes, expectReplies."""

import json
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from botbuilder.core import ActivityHandler, CardFactory, MessageFactory, TurnContext
from botbuilder.integration.aiohttp import CloudAdapter, ConfigurationBotFrameworkAuthentication
from botbuilder.schema import (
    Activity,
    ActivityTypes,
    AdaptiveCardInvokeResponse,
    ChannelAccount,
    ConversationParameters,
    InvokeResponse,
    Mention,
)

from bot.teams.adapter import Answer, ChannelAdapter, answer_invoke
from bot.teams.adapter_wire import from_wire, to_wire
from bot.teams.claims import Claims
from bot.teams.connector import HttpConnector, Terms, pooled_session
from bot.teams.credentials import NoCredentials
from bot.teams.inbound_fields import Malformed
from bot.teams.references import ServiceUrls
from tests.conversation.connector_fake import FakeConnector
from tests.unit.teams.kit import APP_ID, TENANT, ManualClock, activity, press

CARD = {"type": "AdaptiveCard", "version": "1.5", "body": [{"type": "TextBlock", "text": "Reserved"}]}
CARD_ANSWER = {"statusCode": 200, "type": "application/vnd.microsoft.card.adaptive", "value": CARD}


@dataclass
class Scene:
    teams: FakeConnector
    adapter: ChannelAdapter

    async def turn(self, raw: dict[str, Any], logic: Callable[[TurnContext], Awaitable[None]]) -> Answer:
        claims = Claims(app_id=APP_ID, issuer="", service_url=self.teams.service_url, tenant=TENANT)
        return await self.adapter.process({**raw, "serviceUrl": self.teams.service_url}, claims, logic)


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    async with FakeConnector() as teams, pooled_session() as session:
        terms = Terms(
            service_urls=ServiceUrls(frozenset(), loopback=True),
            conversation_limits=(),
            tenant_limits=(),
            timeout_s=2.0,
        )
        rng = random.Random(1)  # noqa: S311 - jitter
        connector = HttpConnector(session, NoCredentials(), clock=ManualClock(), rng=rng, terms=terms)
        yield Scene(teams, ChannelAdapter(connector))


async def echo(context: TurnContext) -> None:
    await context.send_activity(f"echo: {context.activity.text}")


class CardBot(ActivityHandler):  # type: ignore[misc]  # the SDK is untyped
    """The SDK's own handler, as a bot written against the stock adapter would have it."""

    async def on_adaptive_card_invoke(self, _context: TurnContext, _invoke_value: Any) -> Any:
        return AdaptiveCardInvokeResponse(status_code=200, type=CARD_ANSWER["type"], value=CARD)


async def test_a_reply_goes_out_through_our_connector(scene: Scene) -> None:
    answer = await scene.turn(activity(), echo)

    assert answer == Answer(200, None)
    (written,) = scene.teams.sent
    assert written.text == "echo: a room for 6 tomorrow at 9"
    assert (written.conversation_id, written.reply_to) == ("a:ana", "1700000000001")
    assert written.activity["from"]["id"] == "28:" + APP_ID
    assert written.activity["recipient"]["aadObjectId"] == "44444444-4444-4444-4444-44444444444A"
    assert written.activity["conversation"]["tenantId"] == TENANT


async def test_fifty_turns_use_one_connection(scene: Scene) -> None:
    for _ in range(50):
        await scene.turn(activity(), echo)

    assert len(scene.teams.sent) == 50
    assert len(scene.teams.connections) == 1


async def test_a_turn_can_change_and_delete_what_it_sent(scene: Scene) -> None:
    async def logic(context: TurnContext) -> None:
        first = await context.send_activity("one")
        second = await context.send_activity("two")
        change = MessageFactory.attachment(CardFactory.adaptive_card(CARD))
        change.id = first.id
        await context.update_activity(change)
        await context.delete_activity(second.id)

    await scene.turn(activity(), logic)

    assert scene.teams.last_card("a:ana") == CARD
    assert [shown.activity_id for shown in scene.teams.shown("a:ana")] == ["1"]
    assert scene.teams.deleted == ["2"]


async def test_a_turn_can_open_a_chat_with_somebody(scene: Scene) -> None:
    async def logic(context: TurnContext) -> None:
        client = context.turn_state[ChannelAdapter.BOT_CONNECTOR_CLIENT_KEY]
        wanted = ConversationParameters(bot=ChannelAccount(id="28:b"), members=[ChannelAccount(id="29:ben")])
        assert (await client.conversations.create_conversation(wanted)).id == "a:29:ben"
        with pytest.raises(ValueError, match="1:1"):
            await client.conversations.create_conversation(ConversationParameters(is_group=True))

    await scene.turn(activity(), logic)

    assert scene.teams.created[0]["tenantId"] == TENANT


async def test_a_card_action_is_answered_with_the_next_card(scene: Scene) -> None:
    answer = await scene.turn(press(), CardBot().on_turn)

    assert answer == Answer(200, CARD_ANSWER)
    assert json.loads(json.dumps(answer.body)) == CARD_ANSWER


@pytest.mark.parametrize(
    "body",
    [CARD_ANSWER, None, [], {"task": {"type": "message", "value": "x"}}, Mention(text="<at>x</at>", type="mention")],
)
async def test_an_invokes_body_comes_out_as_plain_json(scene: Scene, body: Any) -> None:
    async def logic(context: TurnContext) -> None:
        value = InvokeResponse(status=200, body=body)
        await context.send_activity(Activity(type=ActivityTypes.invoke_response, value=value))

    answer = await scene.turn(press(), logic)

    assert answer.status == 200
    assert json.loads(json.dumps(answer.body)) == to_wire(body)
    assert scene.teams.sent == []


async def test_an_invoke_can_be_answered_without_a_copy_of_its_card(scene: Scene) -> None:
    async def logic(context: TurnContext) -> None:
        answer_invoke(context, CARD_ANSWER)

    answer = await scene.turn(press(), logic)

    assert answer == Answer(200, CARD_ANSWER)


async def test_an_unanswered_invoke_is_not_implemented(scene: Scene) -> None:
    async def nothing(_context: TurnContext) -> None:
        return

    assert await scene.turn(press(), nothing) == Answer(501, None)


async def test_expected_replies_come_back_in_the_answer_and_are_not_posted(scene: Scene) -> None:
    async def logic(context: TurnContext) -> None:
        mention = Mention(text="<at>Ana</at>", type="mention", mentioned=ChannelAccount(id="29:ana"))
        await context.send_activity(Activity(type="message", text="one", entities=[mention]))
        await context.send_activity(MessageFactory.attachment(CardFactory.adaptive_card(CARD)))

    status, body = await scene.turn(activity(deliveryMode="expectReplies"), logic)

    assert status == 200
    assert body is not None
    first, second = json.loads(json.dumps(body))["activities"]
    assert first["text"] == "one"
    assert first["entities"] == [{"type": "mention", "text": "<at>Ana</at>", "mentioned": {"id": "29:ana"}}]
    assert second["attachments"][0]["content"] == CARD
    assert scene.teams.attempts == 0


async def test_what_a_turn_raises_comes_out(scene: Scene) -> None:
    async def logic(_context: TurnContext) -> None:
        raise LookupError

    with pytest.raises(LookupError):
        await scene.turn(activity(), logic)


async def test_the_sdk_is_never_asked_to_authenticate(scene: Scene) -> None:
    with pytest.raises(PermissionError):
        await scene.adapter.process_activity("Bearer x", Activity(), echo)


async def test_the_stock_adapter_fails_where_ours_answers() -> None:
    """The reason for this adapter; should it go red after an update of the SDK, the adapter can be thought over."""

    class NoAuthentication:
        APP_ID = ""
        APP_PASSWORD = ""

    stock = CloudAdapter(ConfigurationBotFrameworkAuthentication(NoAuthentication()))

    async def handle(request: web.Request) -> web.StreamResponse:
        answer: web.StreamResponse = await stock.process(request, CardBot())
        return answer

    app = web.Application()
    app.router.add_post("/", handle)
    async with TestClient(TestServer(app)) as client:
        response = await client.post("/", json=press(serviceUrl="http://127.0.0.1:1/"))

    assert response.status == 500


def test_nothing_of_an_activity_is_lost_on_the_way_through_the_model() -> None:
    raw = activity(
        entities=[{"type": "mention", "text": "<at>Foyer</at>", "mentioned": {"id": "28:b", "name": "Foyer"}}],
        membersAdded=[{"id": "29:x", "aadObjectId": "o", "userRole": "guest"}],
        attachments=[{"contentType": "x", "content": {"a": [1, None]}, "somethingNew": True}],
        somethingNew={"a": 1},
    )

    through = to_wire(from_wire(raw))

    moments = {"timestamp": "2026-11-21T09:00:00.123000+00:00", "localTimestamp": "2026-11-21T11:00:00.123000+02:00"}
    assert through == {**raw, **moments}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"timestamp": "soon"}, "timestamp.not_a_time"),
        ({"timestamp": 5}, "timestamp.not_a_time"),
        ({"from": "ana"}, "ChannelAccount.not_an_object"),
        ({"entities": {"a": 1}}, "entities.not_a_list"),
        ({"entities": [5]}, "Entity.not_an_object"),
        ({"text": {"a": 1}}, "text.not_str"),
        ({"historyDisclosed": "yes"}, "historyDisclosed.not_bool"),
    ],
)
def test_a_field_of_the_wrong_type_is_malformed_not_an_error_of_ours(changes: dict[str, Any], code: str) -> None:
    with pytest.raises(Malformed) as refusal:
        from_wire(activity(**changes))

    assert refusal.value.code == code


def test_what_is_no_json_is_refused_before_it_is_sent() -> None:
    with pytest.raises(TypeError, match="set"):
        to_wire({"a": {1, 2}})
