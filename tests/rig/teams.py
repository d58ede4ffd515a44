"""Microsoft Teams as the bot meets it: conversations, messages and their changes; with its limits, and its bad days."""

import json
import random
import re
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.rig.wires import Call, never, pause

SERVICE_URL = "http://127.0.0.1:9300/"
HOST = "127.0.0.1:9300"
CARD = "application/vnd.microsoft.card.adaptive"
MOST_BYTES = 28 * 1024
LIMITS = ((7, 1.0), (8, 2.0), (60, 30.0), (1800, 3600.0))
_PATH = re.compile(r"^/v3/conversations(?:/([^/]+)/activities(?:/([^/]+))?)?$")


@dataclass(kw_only=True)
class Message:
    """`cards` are all that it ever showed, the present one last."""

    id: str
    conversation: str
    text: str = ""
    cards: list[dict[str, Any]] = field(default_factory=list)

    @property
    def card(self) -> dict[str, Any] | None:
        return self.cards[-1] if self.cards else None


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """What befalls a call: a refusal (`status`), or the loss of the answer after it was done (`cut`), or silence."""

    status: int = 0
    code: str = ""
    retry_after_s: int = 0
    cut: bool = False
    silence: bool = False
    method: str = ""  # the only one that it befalls, if set


TROUBLES = (
    Trouble(status=429, code="TooManyRequests", retry_after_s=2),
    Trouble(status=429, code="TooManyRequests"),
    Trouble(status=412, code="PreconditionFailed"),
    Trouble(status=500, code="ServiceError"),
    Trouble(status=502, code="BadGateway"),
    Trouble(status=503, code="ServiceUnavailable"),
    Trouble(status=504, code="GatewayTimeout"),
    Trouble(cut=True),
    Trouble(silence=True),
)


class Teams:
    """`wrote` hears of every message and change that shows a card, as soon as people see it."""

    def __init__(self, chance: random.Random, now_s: Callable[[], float]) -> None:
        self._chance = chance
        self._now_s = now_s
        self.conversations: dict[str, dict[str, Message]] = {}
        self.blocked: dict[str, str] = {}  # by conversation, the code of the 403
        self.rate = 0.0
        self.next: deque[Trouble] = deque()  # befall the next calls, one each
        self.faults = 0
        self.over_limit: list[str] = []
        self.wrote: list[Callable[[str, dict[str, Any]], None]] = []
        self._arrivals: dict[str, deque[float]] = {}
        self._ids = 0

    def mend(self) -> None:
        self.rate = 0.0
        self.next.clear()
        self.blocked.clear()

    def shown(self, conversation: str) -> list[Message]:
        """The conversation's messages as they stand, oldest first."""
        return list(self.conversations.get(conversation, {}).values())

    def forget_arrivals(self) -> None:
        """A process that starts knows nothing of what another one sent."""
        self._arrivals.clear()

    async def answer(self, call: Call) -> web.StreamResponse:
        trouble = self._trouble(call.method)
        if trouble is not None and trouble.silence:
            await never()
        if trouble is not None and trouble.status:
            headers = {"Retry-After": str(trouble.retry_after_s)} if trouble.retry_after_s else {}
            return _error(trouble.status, trouble.code, headers)
        answer = self._done(call)
        if trouble is not None and trouble.cut:
            call.is_cut = True
            await pause(0.05)
        return answer

    def _trouble(self, method: str) -> Trouble | None:
        if self.next and self.next[0].method in {"", method}:
            trouble = self.next.popleft()
        elif self.rate and self._chance.random() < self.rate:
            trouble = self._chance.choice(TROUBLES)
        else:
            return None
        self.faults += 1
        return trouble

    def _done(self, call: Call) -> web.Response:
        found = _PATH.match(call.url.path)
        if found is None:
            return _error(404, "NotFound", {})
        conversation, activity = found.group(1) or "", found.group(2) or ""
        body = json.loads(call.body) if call.body else {}
        if not conversation:
            return web.json_response({"id": f"a:{body['members'][0]['id'].rpartition(':')[2]}"}, status=201)
        self._count(conversation.partition(";")[0])
        if conversation in self.blocked:
            return _error(403, self.blocked[conversation], {})
        if len(call.body) > MOST_BYTES:
            return _error(413, "MessageSizeTooBig", {})
        if call.method == "PUT":
            return self._change(conversation, activity, body)
        if call.method == "DELETE":
            gone = self.conversations.get(conversation, {}).pop(activity, None)
            return web.Response() if gone else _error(404, "ActivityNotFoundInConversation", {})
        return self._post(conversation, body)

    def _post(self, conversation: str, body: dict[str, Any]) -> web.Response:
        self._ids += 1
        id_ = str(self._ids)
        if body.get("type") != "typing":
            message = Message(id=id_, conversation=conversation, text=str(body.get("text", "")))
            self.conversations.setdefault(conversation, {})[id_] = message
            self._show(message, body)
            if message.text and message.card is not None:  # Teams splits it in two and names neither
                return web.Response(status=202)
        return web.json_response({"id": id_}, status=201)

    def _change(self, conversation: str, activity: str, body: dict[str, Any]) -> web.Response:
        message = self.conversations.get(conversation, {}).get(activity)
        if message is None:
            return _error(404, "ActivityNotFoundInConversation", {})
        self._show(message, body)
        return web.json_response({"id": activity})

    def _show(self, message: Message, body: dict[str, Any]) -> None:
        attachments = body.get("attachments") or []
        card = next((part["content"] for part in attachments if part.get("contentType") == CARD), None)
        if card is not None:
            self.show(message, card)

    def show(self, message: Message, card: dict[str, Any]) -> None:
        """The message shows that card from now on."""
        message.cards.append(card)
        for hear in self.wrote:
            hear(message.conversation, card)

    def _count(self, thread: str) -> None:
        now = self._now_s()
        moments = self._arrivals.setdefault(thread, deque(maxlen=1801))
        moments.append(now)
        for most, seconds in LIMITS:
            if len(moments) > most and now - moments[-most - 1] < seconds - 0.3:  # what the way may take differs
                self.over_limit.append(f"more than {most} in {seconds:g} s in {thread}")


def _error(status: int, code: str, headers: dict[str, str]) -> web.Response:
    return web.json_response({"error": {"code": code, "message": "as told"}}, status=status, headers=headers)
