"""Starts and ends the processes, and speaks to them as people, Teams and the tenant's own page do."""

import asyncio
import itertools
import os
import sys
from asyncio.subprocess import Process
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import aiohttp

from tests.conversation.connector_fake import FakeConnector
from tests.conversation.stage import MIA, TENANT, Somebody, buttons
from tests.ports import free_ports
from tests.redis_server import RedisServer, running

ROOT = Path(__file__).parents[2]
WITHIN_S = 40.0
_LOOK_AGAIN_S = 0.05


@dataclass
class Replica:
    """One process of the program."""

    process: Process
    port: int


class Fleet:
    """Enter it for Redis, the tenant and Teams; `start` adds processes. The tenant notifies `public_port`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._ids = itertools.count(1)
        self.public_port = free_ports(1)[0]
        self._tenant_port = free_ports(1)[0]

    async def __aenter__(self) -> Self:
        self._stack = AsyncExitStack()
        self.redis: RedisServer = self._stack.enter_context(running(self._folder))
        self.teams = await self._stack.enter_async_context(FakeConnector())
        self.http = await self._stack.enter_async_context(aiohttp.ClientSession())
        tenant = await self._process(
            "-m", "sandbox", "--port", str(self._tenant_port), "--pace", "0.02", "--data", str(self._folder / "tenant")
        )
        await self.until(lambda: self._answers(tenant, self._tenant_port, "/sandbox/clock"))
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def start(self, role: str, *more: str, public: bool = False) -> Replica:
        """Once it lives, with `more` words on its command line; `public` is the one that the tenant notifies."""
        port = self.public_port if public else free_ports(1)[0]
        process = await self._process(
            "-m", "tests.replicas.replica", "--role", role, "--port", str(port), "--public-port",
            str(self.public_port), "--sandbox", "--sandbox-runs", "--sandbox-port", str(self._tenant_port), "--redis",
            *more,
        )  # fmt: skip
        await self.until(lambda: self._answers(process, port, "/healthz"))
        return Replica(process, port)

    async def ready(self, replica: Replica) -> None:
        """Once it knows the rooms."""
        await self.until(lambda: self._is_ready(replica))

    async def until(self, holds: Callable[[], Awaitable[Any]]) -> Any:
        """What `holds` gives once it is something. Waits in real time, for these are other processes."""
        async with asyncio.timeout(WITHIN_S):
            while not (found := await holds()):  # noqa: ASYNC110 - no event of ours tells
                await asyncio.sleep(_LOOK_AGAIN_S)  # noqa: TID251 - between two looks at other processes
            return found

    async def say(self, replica: Replica, text: str, who: Somebody = MIA) -> dict[str, Any]:
        """Types words to the bot; gives the card that stands in the chat then."""
        assert await self._post(replica, self._activity(who, type="message", text=text)) in (200, 202)
        card = self.teams.last_card(who.chat)
        assert card is not None
        return card

    async def book(self, replica: Replica, card: dict[str, Any], who: Somebody = MIA) -> None:
        """Presses the first button that takes a room."""
        action = next(found for found in buttons(card) if str(found["verb"]).startswith("foyer.book."))
        value = {"action": {"type": "Action.Execute", "verb": action["verb"], "data": action["data"]}}
        shown = self.teams.shown(who.chat)[-1].activity_id
        activity = self._activity(who, type="invoke", name="adaptiveCard/action", value=value, replyToId=shown)
        assert await self._post(replica, activity) == 200

    async def control(self, method: str, path: str, body: Any = None) -> Any:
        """The tenant's own controls."""
        url = f"http://127.0.0.1:{self._tenant_port}/sandbox{path}"
        async with self.http.request(method, url, json=body) as answer:
            assert answer.status < 300, await answer.text()
            return await answer.json() if answer.content_type == "application/json" else None

    async def meetings(self, mailbox: str) -> list[dict[str, Any]]:
        """That stand there, by the tenant's own account."""
        window = "from=2020-01-01T00:00:00Z&to=2100-01-01T00:00:00Z"
        told = await self.control("GET", f"/outlook/meetings?mailbox={mailbox}&{window}")
        return [one for one in told["value"] if not one["isCancelled"]]

    async def _post(self, replica: Replica, activity: dict[str, Any]) -> int:
        async with self.http.post(f"http://127.0.0.1:{replica.port}/api/messages", json=activity) as answer:
            return answer.status

    def _activity(self, who: Somebody, **more: Any) -> dict[str, Any]:
        return {
            "id": f"in-{next(self._ids)}",
            "channelId": "msteams",
            "serviceUrl": self.teams.service_url,
            "from": {"id": f"29:{who.id[:4]}", "name": who.name, "aadObjectId": who.id},
            "recipient": {"id": "28:foyer", "name": "Foyer"},
            "conversation": {"id": who.chat, "conversationType": "personal", "tenantId": TENANT},
            "channelData": {"tenant": {"id": TENANT}},
            "locale": who.locale,
            "localTimezone": who.zone,
            **more,
        }

    async def _process(self, *words: str) -> Process:
        said = self._stack.enter_context((self._folder / f"log-{next(self._ids)}").open("wb"))
        process = await asyncio.create_subprocess_exec(
            sys.executable, *words, cwd=ROOT, stdout=said, stderr=said,
            env=os.environ | {"REDIS_URL": self.redis.url()},  # noqa: TID251 - the program under test is started with it
        )  # fmt: skip
        self._stack.push_async_callback(_ended, process)
        return process

    async def _answers(self, process: Process, port: int, path: str) -> bool:
        assert process.returncode is None, "\n".join(log.read_text()[-2000:] for log in self._folder.glob("log-*"))
        return await self._status(port, path) == 200

    async def _is_ready(self, replica: Replica) -> bool:
        return await self._status(replica.port, "/readyz") == 200

    async def _status(self, port: int, path: str) -> int:
        try:
            async with self.http.get(f"http://127.0.0.1:{port}{path}") as answer:
                return answer.status
        except aiohttp.ClientError:
            return 0


async def _ended(process: Process) -> None:
    if process.returncode is None:
        process.kill()
    await process.wait()
