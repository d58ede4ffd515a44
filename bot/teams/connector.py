"""Writes to Teams: messages, changes of messages, new 1:1 chats; over one pooled session, paced, repeated where safe.

Source: Bot Connector REST API reference (learn.microsoft.com/azure/bot-service/rest-api/
bot-framework-rest-connector-api-reference), "Conversation operations".
"""

import json
import logging
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import quote

import aiohttp
from yarl import URL

from bot.ports.clock import Clock
from bot.teams.connector_answers import error_of, read_leniently
from bot.teams.connector_errors import (
    AddressRefused,
    ConnectorError,
    CredentialsRefused,
    MaybeSent,
    Throttled,
    Unreachable,
)
from bot.teams.connector_pace import CONVERSATION_LIMITS, TENANT_LIMITS, Limit, Pace
from bot.teams.credentials import Credentials
from bot.teams.references import ConversationReference, Recipient, ServiceUrls

log = logging.getLogger(__name__)


class Connector(Protocol):
    """Raises the tree of `bot.teams.connector_errors`. Activities are plain JSON; sender, recipient and conversation
    are filled in from the reference where they are missing."""

    async def send(self, to: ConversationReference, activity: Mapping[str, Any], *, reply_to: str = "") -> str:
        """Posts a new message and returns its id, '' where Teams names none (text and card in one activity)."""

    async def update(self, to: ConversationReference, activity_id: str, activity: Mapping[str, Any]) -> None:
        """Replaces a message of ours. Repeating it is harmless."""

    async def delete(self, to: ConversationReference, activity_id: str) -> None:
        """Deletes a message of ours; one that is gone already is fine."""

    async def create_conversation(self, recipient: Recipient) -> str:
        """The id of the 1:1 chat with a person; asking again gives the same one."""

    async def typing(self, to: ConversationReference) -> None:
        """Shows that an answer is being prepared. Best effort: never raises ConnectorError, never waits to be paced."""


@dataclass(frozen=True, kw_only=True)
class Terms:
    """Whom to call, how fast, and how often one call tries before it hands the trouble back.

    Waits double from `first_wait_s`, each somewhere between half and all of that; what needs a longer wait than
    `longest_wait_s` is raised as Throttled at once. Limits are pairs of (count, seconds).
    """

    service_urls: ServiceUrls = field(default_factory=ServiceUrls)
    conversation_limits: tuple[Limit, ...] = CONVERSATION_LIMITS
    tenant_limits: tuple[Limit, ...] = TENANT_LIMITS
    tries: int = 4
    first_wait_s: float = 0.5
    longest_wait_s: float = 8.0
    timeout_s: float = 10.0


@dataclass(frozen=True)
class _Call:
    method: str
    url: str
    body: bytes | None
    pace_key: str
    tenant: str
    creates: bool


class HttpConnector:
    """The real connector. `session` should come from `pooled_session` and be used for nothing else."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        credentials: Credentials,
        *,
        clock: Clock,
        rng: random.Random,
        terms: Terms | None = None,
    ) -> None:
        self._session = session
        self._credentials = credentials
        self._clock = clock
        self._rng = rng
        self._terms = terms or Terms()
        self._timeout = aiohttp.ClientTimeout(total=self._terms.timeout_s, sock_connect=3.0)
        self._conversations = Pace(self._terms.conversation_limits)
        self._tenants = Pace(self._terms.tenant_limits)

    async def send(self, to: ConversationReference, activity: Mapping[str, Any], *, reply_to: str = "") -> str:
        url = self._url(to.service_url, to.conversation_id, "activities", *filter(None, (reply_to,)))
        complete = _addressed(to, activity)
        if reply_to:
            complete.setdefault("replyToId", reply_to)
        answer = await self._persist(_call("POST", url, complete, to, creates=True))
        return _id_in(answer)

    async def update(self, to: ConversationReference, activity_id: str, activity: Mapping[str, Any]) -> None:
        url = self._url(to.service_url, to.conversation_id, "activities", activity_id)
        complete = {**_addressed(to, activity), "id": activity_id}
        await self._persist(_call("PUT", url, complete, to, creates=False))

    async def delete(self, to: ConversationReference, activity_id: str) -> None:
        url = self._url(to.service_url, to.conversation_id, "activities", activity_id)
        try:
            await self._persist(_call("DELETE", url, None, to, creates=False))
        except ConnectorError as error:
            if error.status != 404:
                raise

    async def create_conversation(self, recipient: Recipient) -> str:
        body = {
            "isGroup": False,
            "bot": {"id": recipient.bot_id},
            "members": [{"id": recipient.member_id}],
            "tenantId": recipient.tenant,
            "channelData": {"tenant": {"id": recipient.tenant}},
        }
        url = self._url(recipient.service_url)
        call = _Call("POST", url, _encoded(body), f"new {recipient.member_id}", recipient.tenant, creates=False)
        conversation_id = _id_in(await self._persist(call))
        if not conversation_id:
            raise Unreachable("conversation_without_id", 200)
        return conversation_id

    async def typing(self, to: ConversationReference) -> None:
        now = self._clock.monotonic()
        if self._conversations.wait_s(_thread(to.conversation_id), now) > 0:
            return
        try:
            url = self._url(to.service_url, to.conversation_id, "activities")
            self._conversations.book(_thread(to.conversation_id), now)
            await self._once(_call("POST", url, _addressed(to, {"type": "typing"}), to, creates=False))
        except ConnectorError as error:
            log.debug("typing.failed", extra={"status": error.status})

    def _url(self, service_url: str, *path: str) -> str:
        if not self._terms.service_urls.allow(service_url):
            raise AddressRefused("service_url")
        parts = "/".join(quote(part, safe="") for part in path)
        return f"{service_url.rstrip('/')}/v3/conversations{'/' if parts else ''}{parts}"

    async def _persist(self, call: _Call) -> Mapping[str, Any]:
        """Tries until it is done, useless, or enough. A gateway's error leaves open whether a message was posted: Teams
        asks for a repeat all the same, but if no repeat succeeds, the caller is told of the doubt."""
        attempt, doubtful = 1, False
        while True:
            try:
                await self._keep_pace(call)
                return await self._authorized(call)
            except (Throttled, Unreachable) as error:
                doubtful = doubtful or (call.creates and error.status in {502, 504})
                if not await self._waited(error, call, attempt):
                    raise MaybeSent(error.code, error.status) if doubtful else error from None
            attempt += 1

    async def _keep_pace(self, call: _Call) -> None:
        for pace, key in ((self._conversations, call.pace_key), (self._tenants, call.tenant)):
            now = self._clock.monotonic()
            wait_s = pace.wait_s(key, now)
            if wait_s > self._terms.longest_wait_s:
                raise Throttled("own_pace", retry_after_s=wait_s)
            pace.book(key, now + wait_s)
            if wait_s > 0:
                await self._clock.sleep(wait_s)

    async def _waited(self, error: Throttled | Unreachable, call: _Call, attempt: int) -> bool:
        """Whether to try again, after the wait that this takes."""
        log.warning("send.failed", extra={"status": error.status, "code": error.code, "attempt": attempt})
        if isinstance(error, Throttled):
            if error.status == 429:  # the pace makes this send, and every other one of the conversation, wait
                wait_s = max(error.retry_after_s, 1.0) + self._rng.uniform(0.0, 0.5)
                self._conversations.rest(call.pace_key, self._clock.monotonic(), wait_s)
            return attempt < self._terms.tries and error.retry_after_s <= self._terms.longest_wait_s
        if attempt >= self._terms.tries:
            return False
        longest_s = min(self._terms.first_wait_s * 2 ** (attempt - 1), self._terms.longest_wait_s)
        await self._clock.sleep(self._rng.uniform(longest_s / 2, longest_s))
        return True

    async def _authorized(self, call: _Call) -> Mapping[str, Any]:
        """Once, and once more with another token where the first was not taken."""
        try:
            return await self._once(call)
        except CredentialsRefused as refusal:
            if refusal.status != 401 or not await self._credentials.token():
                raise
        return await self._once(call)

    async def _once(self, call: _Call) -> Mapping[str, Any]:
        token = await self._credentials.token()
        headers = {"Content-Type": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        try:
            async with self._session.request(
                call.method,
                URL(call.url, encoded=True),
                data=call.body,
                headers=headers,
                timeout=self._timeout,
                allow_redirects=False,
            ) as response:
                body = await read_leniently(response)
                if 200 <= response.status < 300:
                    return body
                if response.status == 401:
                    self._credentials.refused(token)
                raise error_of(response, body, creates=call.creates)
        except aiohttp.ClientConnectorError as error:  # nothing was sent
            raise Unreachable(type(error).__name__) from error
        except (aiohttp.ClientError, TimeoutError) as error:
            lost = MaybeSent if call.creates else Unreachable
            raise lost(type(error).__name__) from error


def pooled_session(*, limit: int = 64) -> aiohttp.ClientSession:
    """One session for all sends of all tenants: connections are kept, cookies are not. The caller closes it."""
    pool = aiohttp.TCPConnector(limit=limit, keepalive_timeout=30.0)
    return aiohttp.ClientSession(connector=pool, cookie_jar=aiohttp.DummyCookieJar())


def _call(method: str, url: str, body: Mapping[str, Any] | None, to: ConversationReference, *, creates: bool) -> _Call:
    encoded = None if body is None else _encoded(body)
    return _Call(method, url, encoded, _thread(to.conversation_id), to.tenant, creates)


def _thread(conversation_id: str) -> str:
    """What Teams counts sends for: the channel, not the thread in it."""
    return conversation_id.partition(";")[0]


def _addressed(to: ConversationReference, activity: Mapping[str, Any]) -> dict[str, Any]:
    complete = {
        "type": "message",
        "from": {"id": to.bot_id},
        "conversation": {"id": to.conversation_id},
        "channelId": "msteams",
        "serviceUrl": to.service_url,
        **activity,
    }
    if to.actor_mri:
        complete.setdefault("recipient", {"id": to.actor_mri})
    return complete


def _encoded(body: Mapping[str, Any]) -> bytes:
    return json.dumps(body, separators=(",", ":")).encode()


def _id_in(answer: Mapping[str, Any]) -> str:
    said = answer.get("id")
    return said if isinstance(said, str) else ""
