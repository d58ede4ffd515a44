"""A stand-in for Teams' connector service over real HTTP: records what is written and fails as it is told to.

Use it as `async with FakeConnector() as teams:` and give `teams.service_url` to the activities that go in.
"""

import asyncio
import itertools
import json
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Self

from aiohttp import web

CARD = "application/vnd.microsoft.card.adaptive"
MOST_BYTES = 100 * 1024  # what Teams takes of a bot's message


class How(StrEnum):
    ANSWER = "answer"  # with the failure's status, and nothing is posted
    CUT = "cut"  # the message is posted, then the connection is cut before the answer
    SILENCE = "silence"  # nothing is posted and no answer comes


@dataclass(frozen=True, kw_only=True)
class Failure:
    status: int = 500
    code: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    body: dict[str, Any] | None = None  # in place of the usual one with `code`
    how: How = How.ANSWER


@dataclass(frozen=True, kw_only=True)
class Written:
    """A message as it arrived. `authorization` is the header, '' without."""

    conversation_id: str
    activity_id: str
    activity: dict[str, Any]
    reply_to: str = ""
    authorization: str = ""

    @property
    def card(self) -> dict[str, Any] | None:
        attachments = self.activity.get("attachments") or []
        return next((part["content"] for part in attachments if part.get("contentType") == CARD), None)

    @property
    def text(self) -> str:
        return str(self.activity.get("text", ""))


class FakeConnector:
    """`sent` are new messages and `updates` changes, each in order; `shown` is what a conversation shows now."""

    def __init__(self) -> None:
        self.sent: list[Written] = []
        self.updates: list[Written] = []
        self.typings: list[Written] = []
        self.deleted: list[str] = []
        self.created: list[dict[str, Any]] = []
        self.attempts = 0
        self.connections: set[tuple[str, int]] = set()
        self.dead: dict[str, str] = {}  # conversation id → error code of the 403
        self._failures: deque[Failure] = deque()
        self._shown: dict[str, dict[str, Written]] = {}
        self._order: list[Written] = []
        self._news = asyncio.Condition()
        self._ids = itertools.count(1)
        self._runner: web.AppRunner | None = None
        self.service_url = ""

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self, port: int = 0) -> None:
        app = web.Application(client_max_size=MOST_BYTES, middlewares=[self._meet])
        path = "/v3/conversations"
        app.add_routes(
            [
                web.post(path, self._create),
                web.post(path + "/{conversation}/activities", self._post),
                web.post(path + "/{conversation}/activities/{activity}", self._post),
                web.put(path + "/{conversation}/activities/{activity}", self._put),
                web.delete(path + "/{conversation}/activities/{activity}", self._delete),
            ]
        )
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", port).start()
        self.service_url = f"http://127.0.0.1:{self._runner.addresses[0][1]}/"

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    def fail(self, *failures: Failure) -> None:
        """The next requests, whatever they are, fail so, one each; those after them succeed."""
        self._failures.extend(failures)

    def mend(self) -> None:
        """Whatever failure was still to come does not."""
        self._failures.clear()

    def shown(self, conversation_id: str) -> list[Written]:
        """The conversation's messages as they stand, oldest first."""
        return list(self._shown.get(conversation_id, {}).values())

    def last_card(self, conversation_id: str | None = None) -> dict[str, Any] | None:
        """The card that was written last, new or changed, in that conversation or in any."""
        wanted = (w for w in reversed(self._order) if conversation_id in {None, w.conversation_id})
        return next((written.card for written in wanted if written.card is not None), None)

    async def wait_for(
        self, count: int, conversation_id: str | None = None, *, timeout_s: float = 5.0
    ) -> list[Written]:
        """The first `count` or more new messages of a conversation. Raises TimeoutError when fewer come."""

        def matching() -> list[Written]:
            return [w for w in self.sent if conversation_id in {None, w.conversation_id}]

        await self.wait_until(lambda: len(matching()) >= count, timeout_s=timeout_s)
        return matching()

    async def wait_until(self, holds: Callable[[], bool], *, timeout_s: float = 5.0) -> None:
        """Looks again after each thing written. Raises TimeoutError."""
        async with asyncio.timeout(timeout_s), self._news:
            await self._news.wait_for(holds)

    @web.middleware
    async def _meet(self, request: web.Request, handler: Callable[..., Any]) -> web.StreamResponse:
        self.attempts += 1
        transport = request.transport
        if transport is not None:
            self.connections.add(transport.get_extra_info("peername"))
        failure = self._failures.popleft() if self._failures else None
        if failure is None:
            answer: web.StreamResponse = await handler(request)
            return answer
        if failure.how is How.SILENCE:
            await asyncio.Event().wait()
        if failure.how is How.CUT:
            await handler(request)
            if transport is not None:
                transport.close()
            return web.Response()
        if failure.body is not None:
            return web.json_response(failure.body, status=failure.status, headers=failure.headers)
        return _error(failure.status, failure.code, failure.headers)

    async def _create(self, request: web.Request) -> web.Response:
        body = json.loads(await request.read())
        self.created.append(body)
        return web.json_response({"id": f"a:{body['members'][0]['id']}"}, status=201)

    async def _post(self, request: web.Request) -> web.Response:
        written = await self._written(request, str(next(self._ids)), request.match_info.get("activity", ""))
        if written.conversation_id in self.dead:
            return _error(403, self.dead[written.conversation_id], {})
        if written.activity.get("type") == "typing":
            self.typings.append(written)
        else:
            self.sent.append(written)
            self._show(written)
        await self._tell()
        if written.text and written.card is not None:  # Teams splits it in two and names neither
            return web.Response(status=202)
        return web.json_response({"id": written.activity_id}, status=201)

    async def _put(self, request: web.Request) -> web.Response:
        written = await self._written(request, request.match_info["activity"], "")
        if written.conversation_id in self.dead:
            return _error(403, self.dead[written.conversation_id], {})
        if written.activity_id not in self._shown.get(written.conversation_id, {}):
            return _error(404, "ActivityNotFoundInConversation", {})
        self.updates.append(written)
        self._show(written)
        await self._tell()
        return web.json_response({"id": written.activity_id})

    async def _delete(self, request: web.Request) -> web.Response:
        conversation = self._shown.get(request.match_info["conversation"], {})
        if conversation.pop(request.match_info["activity"], None) is None:
            return _error(404, "ActivityNotFoundInConversation", {})
        self.deleted.append(request.match_info["activity"])
        await self._tell()
        return web.Response()

    async def _written(self, request: web.Request, activity_id: str, reply_to: str) -> Written:
        return Written(
            conversation_id=request.match_info["conversation"],
            activity_id=activity_id,
            activity=json.loads(await request.read()),
            reply_to=reply_to,
            authorization=request.headers.get("Authorization", ""),
        )

    def _show(self, written: Written) -> None:
        self._shown.setdefault(written.conversation_id, {})[written.activity_id] = written
        self._order.append(written)

    async def _tell(self) -> None:
        async with self._news:
            self._news.notify_all()


def _error(status: int, code: str, headers: dict[str, str]) -> web.Response:
    return web.json_response({"error": {"code": code, "message": "as told"}}, status=status, headers=headers)
