"""Everything there is in one simulation: tenant, Teams, people, and the processes of the bot over one store."""

import asyncio
import contextlib
import json
import logging
import random
from collections.abc import Callable, Iterator
from contextvars import copy_context
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Self

from aiohttp import web

from bot.logs import line_of
from sandbox.app import build
from sandbox.clock import RealClock
from sandbox.exchange.timing import Timing
from sandbox.limits.settings import LimitSettings
from sandbox.seed.size import Size
from sandbox.subscriptions.posting import Posting
from sandbox.world import World
from tests.rig.life import Ledger, Life, Turnstile, WatchedEngine
from tests.rig.loop import virtual_loop
from tests.rig.points import Point
from tests.rig.process import Process, know_lives, served
from tests.rig.seams import BOT_PORT, POLICY, TENANT, TENANT_PORT, LoopClock, Outside
from tests.rig.stores import Ground
from tests.rig.teams import HOST, SERVICE_URL, Teams
from tests.rig.wires import Call, Net

if TYPE_CHECKING:
    from bot.ports.store import StoreEngine

START_AT = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)  # a Monday


class TenantClock(RealClock):
    """The tenant's clock, which the loop drives."""

    def __init__(self, clock: LoopClock) -> None:
        super().__init__()
        self._clock = clock

    def now(self) -> datetime:
        return self._clock.now()


class _Posting(Posting):
    """Notifications leave by the simulation's net."""

    net: Net

    async def open(self) -> None:
        self._session = self.net.session()


@dataclass(frozen=True)
class Human:
    """Somebody with a mailbox and a personal chat."""

    id: str
    name: str
    alias: str
    zone: str = "Europe/Amsterdam"

    @property
    def address(self) -> str:
        return f"{self.alias}@contoso.com"

    @property
    def chat(self) -> str:
        return f"a:{self.id[:4]}"


HUMANS = (
    Human("11111111-1111-4111-8111-111111111111", "Mia Lindqvist", "mia"),
    Human("44444444-4444-4444-8444-444444444444", "Tom de Vries", "tom"),
    Human("22222222-2222-4222-8222-222222222222", "Jonas Berg", "jonas"),  # their manager, an administrator
    Human("33333333-3333-4333-8333-333333333333", "Priya Raman", "priya"),
)


@dataclass(kw_only=True)
class Told:
    """A line that the bot logged, with what it would write."""

    event: str
    line: dict[str, Any]


class _Ear(logging.Handler):
    def __init__(self, heard: Callable[[logging.LogRecord], None]) -> None:
        super().__init__()
        self._heard = heard

    def emit(self, record: logging.LogRecord) -> None:
        self._heard(record)


@dataclass
class Scene:
    """Enter it within a VirtualLoop. `dies_at` is asked at every crash point by every life, with its number."""

    seed: int
    ground: Ground
    ledger: Ledger = field(default_factory=Ledger)
    processes: int = 1
    rooms: int = 3
    idle_s: float = 30.0
    start_at: datetime = START_AT
    policy: str = POLICY
    reconcile: bool = False
    dies_at: Callable[[Life, Point], bool] = lambda _life, _point: False

    async def __aenter__(self) -> Self:
        self._stack = contextlib.AsyncExitStack()
        loop = self.loop = virtual_loop()
        know_lives(loop)
        self.clock = LoopClock(loop, self.start_at)
        self.net = Net(self.chance("net"), outside=copy_context())
        self.world = World(
            seed=self.seed,
            clock=TenantClock(self.clock),
            meetings=False,
            timing=Timing(notify_s=1.0),
            size=Size(rooms=self.rooms),
        )
        self.world.limits.change(LimitSettings(latency_ms=40))
        posting = _Posting(rng=self.chance("posting"), timing=self.world.timing)
        posting.net = self.net
        self.world.delivery.posting = posting
        self.teams = Teams(self.chance("teams"), loop.time)
        self.turnstile = Turnstile(is_outside=self.ground.is_outside)
        self.logged: list[Told] = []
        self.story: list[str] = []
        self.lives = 0
        self.replays = 0  # so many pages of feeds tell something twice
        self._ids = 0
        self._stack.enter_context(self._listening())
        self.engine: StoreEngine = await self._stack.enter_async_context(self.ground.opened(self.clock))
        self._tenant = await self._stack.enter_async_context(served(build(self.world)))
        self.net.hosts[f"127.0.0.1:{TENANT_PORT}"] = self._from_the_tenant
        self.net.hosts[HOST] = self.teams.answer
        starting = asyncio.Lock()
        self.bots = [Process(self._live, starting) for _ in range(self.processes)]
        self._stack.push_async_callback(self._end)
        self.net.hosts[f"127.0.0.1:{BOT_PORT}"] = self._to_a_bot
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def _end(self) -> None:
        for bot in self.bots:
            await bot.kill()

    def chance(self, name: str) -> random.Random:
        """A source of its own for each part, so that one part's draws never shift another's."""
        return random.Random(f"{name} {self.seed}")  # noqa: S311

    @property
    def store(self) -> Any:
        """The tenant's part of the store, past all watching."""
        return self.engine.of(TENANT)

    @property
    def bot(self) -> Process:
        return self.bots[0]

    def tell(self, text: str) -> None:
        """A line of the story."""
        self.story.append(f"{self.loop.time():9.3f} {text}")

    def new_id(self) -> str:
        self._ids += 1
        return f"in-{self._ids}"

    def rooms_addresses(self) -> list[str]:
        return sorted(self.world.exchange.configs)

    async def look(self, operation: Callable[[], Any]) -> Any:
        """What stands in the store, seen from outside."""
        return await self.turnstile.through(operation)

    def activity(self, who: Human, **more: Any) -> dict[str, Any]:
        """As Teams sends it for somebody's personal chat."""
        return {
            "id": self.new_id(),
            "channelId": "msteams",
            "serviceUrl": SERVICE_URL,
            "from": {"id": f"29:{who.id[:4]}", "name": who.name, "aadObjectId": who.id},
            "recipient": {"id": "28:foyer", "name": "Foyer"},
            "conversation": {"id": who.chat, "conversationType": "personal", "tenantId": TENANT},
            "channelData": {"tenant": {"id": TENANT}},
            "locale": "en-GB",
            "localTimezone": who.zone,
            **more,
        }

    def instant(self, days: int, hour: float) -> datetime:
        """So many days after the start's day, at that hour in UTC."""
        return self.start_at.replace(hour=0, minute=0) + timedelta(days=days, hours=hour)

    def _live(self) -> Outside:
        self.lives += 1
        life = Life(self.lives, lambda point: self.dies_at(life, point))
        self.teams.forget_arrivals()
        return Outside(
            life=life,
            engine=WatchedEngine(self.engine, self.turnstile, life, self.ledger),
            net=self.net,
            world=self.world,
            clock=self.clock,
            chance=self.chance(f"life {self.lives}"),
            idle_s=self.idle_s,
            policy=self.policy,
            reconcile=self.reconcile and self.lives == 1,
            is_shared=self.ground.kind == "redis" or self.processes > 1,
        )

    async def _from_the_tenant(self, call: Call) -> web.StreamResponse:
        """Graph's feeds may tell an item twice within one answer, and the first time as it was before."""
        answer: web.StreamResponse = await self._tenant(call)
        if self.replays and "/delta" in call.url.path and answer.status == 200 and isinstance(answer, web.Response):
            page = json.loads(answer.body or b"{}")  # type: ignore[arg-type]
            single = [one for one in page.get("value", []) if one.get("type") == "singleInstance"]
            if single:
                self.replays -= 1
                removed = {"id": single[0]["id"], "@removed": {"reason": "deleted"}}
                page["value"] = [removed, *page["value"], removed]
                return web.json_response(page)
        return answer

    async def _to_a_bot(self, call: Call) -> web.StreamResponse:
        """As a balancer does: to one that is up."""
        up = [bot for bot in self.bots if bot.is_up] or self.bots
        return await up[self._ids % len(up)].answer(call)

    @contextlib.contextmanager
    def _listening(self) -> Iterator[None]:
        root, ear = logging.getLogger(), _Ear(self._heard)
        before = root.level, root.handlers[:]
        root.setLevel(logging.INFO)
        root.handlers[:] = [ear]
        try:
            yield
        finally:
            root.setLevel(before[0])
            root.handlers[:] = before[1]

    def _heard(self, record: logging.LogRecord) -> None:
        line = line_of(record)
        self.logged.append(Told(event=str(line["event"]), line=line))
