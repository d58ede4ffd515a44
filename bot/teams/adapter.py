"""Runs the SDK's turn pipeline behind our own front door and in front of our own connector.

The stock adapter of botbuilder 4.17 answers 500 to every invoke with a body and to expectReplies (it serialises them
twice), builds two HTTP clients in each turn, opens a connection for each reply and repeats nothing
(github.com/microsoft/teams-sdk/issues/2547). Here the turn gets a light client that leads to `bot.teams.connector`.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NamedTuple

from botbuilder.core import CloudAdapterBase, TurnContext
from botbuilder.schema import (
    Activity,
    ConversationParameters,
    ConversationResourceResponse,
    DeliveryModes,
    InvokeResponse,
    ResourceResponse,
)
from botframework.connector.auth import AuthenticateRequestResult, BotFrameworkAuthentication, ClaimsIdentity

from bot.teams.adapter_wire import from_wire, to_wire
from bot.teams.claims import Claims
from bot.teams.connector import Connector
from bot.teams.references import ConversationReference, Recipient

AUDIENCE = "https://api.botframework.com"

Logic = Callable[[TurnContext], Awaitable[None]]


class Answer(NamedTuple):
    """What the channel's request is answered with; `body` is plain JSON or None."""

    status: int
    body: Any | None


class ChannelAdapter(CloudAdapterBase):  # type: ignore[misc]  # the SDK is untyped
    """`on_turn_error` stays unset: what a turn raises comes out of `process`, for the HTTP surface to tell once."""

    def __init__(self, connector: Connector) -> None:
        super().__init__(_NeverAsked())
        self._connector = connector

    async def process(self, raw: Mapping[str, Any], claims: Claims, logic: Logic) -> Answer:
        """Runs one turn. Raises Malformed where `raw` is no activity, and whatever `logic` raises. An invoke that
        `logic` leaves unanswered is answered 501, as the protocol has it."""
        activity = from_wire(raw)
        result = AuthenticateRequestResult()
        result.audience = AUDIENCE
        result.claims_identity = _identity(claims)
        result.connector_factory = _Clients(self._connector, claims)
        response = await self.process_activity(result, activity, logic)
        if response is None:
            return Answer(200, None)
        return Answer(int(response.status), to_wire(response.body))

    def _process_turn_results(self, context: TurnContext) -> InvokeResponse | None:
        """The SDK's own way of writing expected replies drops mentions' data and costs 0.2 ms for each."""
        if context.activity.delivery_mode == DeliveryModes.expect_replies:
            return InvokeResponse(status=200, body={"activities": context.buffered_reply_activities})
        return super()._process_turn_results(context)


def answer_invoke(context: TurnContext, body: Any | None, *, status: int = 200) -> None:
    """Answers the turn's invoke as sending an invokeResponse activity does, without the SDK's deep copy of the card."""
    value = InvokeResponse(status=status, body=body)
    key = ChannelAdapter._INVOKE_RESPONSE_KEY  # noqa: SLF001 - where the SDK's own sending leaves it
    context.turn_state[key] = Activity(type="invokeResponse", value=value)


class _NeverAsked(BotFrameworkAuthentication):  # type: ignore[misc]  # the SDK is untyped
    """The SDK wants an authenticator. Requests were verified before; the stock user token client, which costs 3 ms in
    every turn, is for sign-in prompts, which we do not use."""

    async def authenticate_request(self, *_: object) -> AuthenticateRequestResult:
        raise PermissionError("requests are verified by bot.teams.verifier before they reach the SDK")

    async def authenticate_streaming_request(self, *_: object) -> AuthenticateRequestResult:
        raise PermissionError("streaming connections are not accepted")

    def create_connector_factory(self, *_: object) -> "_Clients":
        raise PermissionError("write outside of turns through bot.teams.connector")

    async def create_user_token_client(self, *_: object) -> None:
        return None


class _Clients:
    """The SDK's connector factory and client in one; made anew for each turn, which costs nothing."""

    def __init__(self, connector: Connector, claims: Claims) -> None:
        self.conversations = _Conversations(connector, claims)

    async def create(self, service_url: str, audience: str) -> "_Clients":  # noqa: ARG002 - both were verified
        return self


class _Conversations:
    """The operations that a turn uses, under the SDK's names."""

    def __init__(self, connector: Connector, claims: Claims) -> None:
        self._connector = connector
        self._claims = claims

    async def send_to_conversation(self, conversation_id: str, activity: Activity) -> ResourceResponse:
        wire = to_wire(activity)
        sent = await self._connector.send(self._to(conversation_id, wire), wire)
        return ResourceResponse(id=sent)

    async def reply_to_activity(self, conversation_id: str, activity_id: str, activity: Activity) -> ResourceResponse:
        wire = to_wire(activity)
        sent = await self._connector.send(self._to(conversation_id, wire), wire, reply_to=activity_id)
        return ResourceResponse(id=sent)

    async def update_activity(self, conversation_id: str, activity_id: str, activity: Activity) -> ResourceResponse:
        wire = to_wire(activity)
        await self._connector.update(self._to(conversation_id, wire), activity_id, wire)
        return ResourceResponse(id=activity_id)

    async def delete_activity(self, conversation_id: str, activity_id: str) -> None:
        await self._connector.delete(self._to(conversation_id, {}), activity_id)

    async def create_conversation(self, parameters: ConversationParameters) -> ConversationResourceResponse:
        members = parameters.members or []
        if parameters.is_group or len(members) != 1:
            raise ValueError("only 1:1 conversations are created")
        recipient = Recipient(
            service_url=self._claims.service_url,
            tenant=self._claims.tenant,
            bot_id=parameters.bot.id,
            member_id=members[0].id,
        )
        return ConversationResourceResponse(id=await self._connector.create_conversation(recipient))

    def _to(self, conversation_id: str, wire: Mapping[str, Any]) -> ConversationReference:
        return ConversationReference(
            service_url=self._claims.service_url,
            conversation_id=conversation_id,
            bot_id=(wire.get("from") or {}).get("id", ""),
            actor_mri=(wire.get("recipient") or {}).get("id", ""),
            tenant=self._claims.tenant,
        )


def _identity(claims: Claims) -> ClaimsIdentity:
    told = {"iss": claims.issuer, "aud": claims.app_id, "appid": claims.app_id, "serviceurl": claims.service_url}
    return ClaimsIdentity(told, claims.proven, "Bearer")
