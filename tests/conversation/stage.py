"""The whole system on a stage: bot, tenant and Teams on real sockets in one process; time moves when told."""

import asyncio
import itertools
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Self

import aiohttp
from aiohttp import web

from bot.config import Settings
from bot.wiring import System, open_system
from sandbox.app import build
from sandbox.clock import VirtualClock
from sandbox.exchange.timing import Timing
from sandbox.world import World
from tests.conversation.connector_fake import FakeConnector
from tests.ports import free_ports

TENANT = "3f6b1c52-0d3e-4d8a-9a55-5f1c0a7e0001"
POLICY = Path(__file__).parents[2] / "chat" / "policy.toml"


@dataclass(frozen=True)
class Somebody:
    """A person with a personal chat."""

    id: str
    name: str
    zone: str = "Europe/Amsterdam"
    locale: str = "en-GB"

    @property
    def chat(self) -> str:
        return f"a:{self.id[:4]}"


MIA = Somebody("11111111-1111-4111-8111-111111111111", "Mia Lindqvist")
JONAS = Somebody("22222222-2222-4222-8222-222222222222", "Jonas Berg")
PRIYA = Somebody("33333333-3333-4333-8333-333333333333", "Priya Raman")


class StageClock:
    """The bot's clock, driven by the tenant's. Waiting takes no time: what waits looks again when time has moved."""

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock
        self._waited_s = 0.0

    def now(self) -> datetime:
        return self._clock.now()

    def monotonic(self) -> float:
        return self._clock.now().timestamp() + self._waited_s

    async def sleep(self, seconds: float) -> None:
        self._waited_s += seconds
        await asyncio.sleep(0)  # noqa: TID251 - lets others run, waits for nothing


@dataclass
class Answered:
    """What the bot's HTTP answer to a press was; `card` is the card it carried."""

    status: int
    body: Any

    @property
    def card(self) -> dict[str, Any]:
        assert self.status == 200, self.body
        card: dict[str, Any] = self.body["value"]
        return card


@dataclass
class Stage:
    """Enter it to start everything; `restart` stops the bot and starts it again on the same data."""

    data: Path
    start_at: datetime | None = None
    policy: str = field(default_factory=POLICY.read_text)
    meetings: bool = False

    async def __aenter__(self) -> Self:
        self._stack = AsyncExitStack()
        self.clock = VirtualClock(self.start_at)
        self.world = World(clock=self.clock, meetings=self.meetings, timing=Timing(notify_s=0))
        self.teams = await self._stack.enter_async_context(FakeConnector())
        self.http = await self._stack.enter_async_context(aiohttp.ClientSession())
        self._sandbox_port, self.port = free_ports(2)
        await self._serve(build(self.world), self._sandbox_port, self._stack)
        self._ids = itertools.count(1)
        self._bot = AsyncExitStack()
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._bot.aclose()
        await self._stack.aclose()

    async def start(self) -> None:
        settings = Settings.for_sandbox(
            port=self.port, sandbox_port=self._sandbox_port, data=self.data, policy=self.policy
        )
        self.system: System = await self._bot.enter_async_context(
            open_system(replace(settings, log_form="json"), StageClock(self.clock), work=False)
        )
        await self._serve(self.system.app, self.port, self._bot)
        await self.settle()

    async def restart(self) -> None:
        await self._bot.aclose()
        await self.start()

    @property
    def tenant(self) -> Any:
        return self.system.tenants[TENANT]

    async def settle(self) -> None:
        """Until nobody has anything to do at this moment: neither the tenant nor the bot."""
        while True:
            await self.control("POST", "/clock", {"advance_s": 0})
            ran = [await worker.settle() for worker in self.system.workers]
            if not any(ran):
                return

    async def pass_time(self, seconds: float, step_s: float = 1.0) -> None:
        """Time passes in steps, everything coming to rest in each."""
        left = seconds
        while left > 0:
            await self.control("POST", "/clock", {"advance_s": min(step_s, left)})
            await self.settle()
            left -= step_s

    async def control(self, method: str, path: str, body: Any = None) -> Any:
        """The tenant's own controls."""
        url = f"http://127.0.0.1:{self._sandbox_port}/sandbox{path}"
        async with self.http.request(method, url, json=body) as answer:
            assert answer.status < 300, await answer.text()
            return await answer.json() if answer.content_type == "application/json" else None

    async def graph(self, path: str, change: Any = None) -> Any:
        """A look at Graph with the app's own token, or a `change` of what is there."""
        root = f"http://127.0.0.1:{self._sandbox_port}"
        form = {"client_id": "foyer", "client_secret": "foyer", "grant_type": "client_credentials"}
        form["scope"] = f"{root}/.default"
        async with self.http.post(f"{root}/{TENANT}/oauth2/v2.0/token", data=form) as answer:
            token = (await answer.json())["access_token"]
        headers = {"Authorization": f"Bearer {token}", "Prefer": 'IdType="ImmutableId"'}
        method = "GET" if change is None else "PATCH"
        async with self.http.request(method, f"{root}/v1.0{path}", headers=headers, json=change) as answer:
            assert change is None or answer.status == 200, await answer.text()
            return await answer.json()

    async def book_in_outlook(self, organizer: str, room: str, start: str, **more: Any) -> Any:
        """As somebody does without Foyer."""
        order = {"organizer": organizer, "room": room, "start": start, **more}
        return await self.control("POST", "/outlook/book", order)

    async def say(self, who: Somebody, text: str, **changes: Any) -> dict[str, Any]:
        """Types words in a chat with Foyer; gives the card of the answer."""
        activity = self.activity(who, type="message", text=text, **changes)
        status, _ = await self.post(activity)
        assert status in (200, 202), status
        card = self.teams.last_card(activity["conversation"]["id"])
        assert card is not None
        return card

    async def press(self, who: Somebody, card: dict[str, Any], title: str, **inputs: str) -> Answered:
        """Presses the first button whose title starts so, with what stands in the card's fields."""
        action = next(found for found in buttons(card) if found["title"].startswith(title) or _takes(found, title))
        return await self.push(who, card, action, **inputs)

    async def push(self, who: Somebody, card: dict[str, Any], action: dict[str, Any], **inputs: str) -> Answered:
        """Presses just that button of a card."""
        shown = self._message_of(card)
        fields = {} if action.get("associatedInputs") == "none" else _fields(card)
        data = {**action["data"], **fields, **inputs}
        value = {"action": {"type": "Action.Execute", "verb": action["verb"], "data": data}}
        activity = self.activity(who, type="invoke", name="adaptiveCard/action", value=value)
        activity["replyToId"] = shown.activity_id if shown else "gone"
        if shown:
            activity["conversation"]["id"] = shown.conversation_id
        return Answered(*await self.post(activity))

    async def post(self, activity: dict[str, Any]) -> tuple[int, Any]:
        url = f"http://127.0.0.1:{self.port}/api/messages"
        async with self.http.post(url, json=activity) as answer:
            text = await answer.text()
            return answer.status, await answer.json() if text and "json" in answer.content_type else text

    def activity(self, who: Somebody, **more: Any) -> dict[str, Any]:
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

    def shown(self, who: Somebody) -> str:
        """All text of the newest message in somebody's chat, as it stands."""
        messages = self.teams.shown(who.chat)
        return text_of(messages[-1].card or {}) if messages else ""

    def _message_of(self, card: dict[str, Any]) -> Any:
        every = [message for chat in self.teams._shown.values() for message in chat.values()]
        return next((message for message in reversed(every) if message.card == card), every[-1] if every else None)

    @staticmethod
    async def _serve(app: web.Application, port: int, stack: AsyncExitStack) -> None:
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, "127.0.0.1", port).start()


def walk(node: Any) -> Iterator[dict[str, Any]]:
    """Every element of a card."""
    if isinstance(node, dict):
        yield node
        for value in node.values():
            yield from walk(value)
    elif isinstance(node, list):
        for value in node:
            yield from walk(value)


def _takes(button: dict[str, Any], title: str) -> bool:
    """ "Book" is whatever button takes a room, however the card words it."""
    return title == "Book" and str(button["verb"]).startswith("foyer.book.")


def _fields(card: dict[str, Any]) -> dict[str, str]:
    """What stands in the fields: clients leave empty ones out."""
    fields = [node for node in walk(card) if str(node.get("type", "")).startswith("Input.")]
    return {node["id"]: str(node["value"]) for node in fields if node.get("value") not in (None, "")}


def buttons(card: dict[str, Any]) -> list[dict[str, Any]]:
    """Every button that does something, also behind a question."""
    return [node for node in walk(card) if node.get("type") == "Action.Execute"]


def text_of(card: dict[str, Any]) -> str:
    """What a person reads on a card, in order."""
    return "\n".join(str(node["text"]) for node in walk(card) if "text" in node and node.get("type") != "Input.Text")


def having(card: dict[str, Any], holds: Callable[[dict[str, Any]], bool]) -> list[dict[str, Any]]:
    return [node for node in walk(card) if holds(node)]
