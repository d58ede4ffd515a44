"""Where the bot's process touches the outside, and what it finds there in the simulation."""

import contextlib
import random
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from bot import edges, tenant, wiring
from bot.admin import pulse
from bot.cards.texts import Catalogue
from bot.config import SANDBOX_TENANT, Settings
from bot.edges import OpenStore, http_connector
from bot.graph.calendar import GraphCalendar
from bot.graph.login import Grant
from bot.language.reader import load_reader
from bot.ports.calendar import Busy
from bot.sync import follower, worker
from bot.wiring import System, open_system
from sandbox.world import World
from tests.rig.life import Life, Watched, WatchedEngine
from tests.rig.loop import VirtualLoop
from tests.rig.wires import Net, pause

TENANT = SANDBOX_TENANT
BOT_PORT = 9100
TENANT_PORT = 9200
TENANT_ROOT = f"http://127.0.0.1:{TENANT_PORT}"
SECRET = "foyer"
POLICY = (Path(__file__).parents[2] / "chat" / "policy.toml").read_text("utf-8")
_PAGES = (1, 3, 500)  # rows of a feed at a time
_CATALOGUE, _READER = Catalogue.load(), load_reader()
_LASTING = (
    (wiring, "secrets"), (tenant, "secrets"), (worker, "_IDLE_S"), (pulse, "_EVERY_S"), (follower, "POLL_S"),
)  # fmt: skip


@contextlib.contextmanager
def as_they_were() -> Iterator[None]:
    """What `Seams.opened` sets for as long as a simulation lasts is put back after it."""
    before = [module.__dict__[name] for module, name in _LASTING]
    try:
        yield
    finally:
        for (module, name), value in zip(_LASTING, before, strict=True):
            setattr(module, name, value)


class LoopClock:
    """The bot's clock, which the loop drives."""

    def __init__(self, loop: VirtualLoop, start_at: datetime) -> None:
        self._loop = loop
        self._start_at = start_at

    def now(self) -> datetime:
        return self._start_at + timedelta(seconds=self._loop.time())

    def monotonic(self) -> float:
        return self._loop.time()

    async def sleep(self, seconds: float) -> None:
        await pause(seconds)


class InProcessLogin:
    """The tenant's login endpoint, asked without a thread; the faults that befall its requests befall this one."""

    tenant = TENANT

    def __init__(self, world: World) -> None:
        self._world = world

    def grant(self, claims: str = "") -> Grant:
        path = f"/{TENANT}/oauth2/v2.0/token"
        if self._world.faults.for_request("POST", path, "") is not None:
            raise Busy("LoginBusy", 503, retry_after_s=5.0)
        form = {
            "grant_type": "client_credentials", "client_id": "foyer", "client_secret": SECRET,
            "scope": f"{TENANT_ROOT}/.default",
        }  # fmt: skip
        token = self._world.login.grant(TENANT, form, TENANT_ROOT, self._world.directory)
        return Grant(token=token.text, expires_in_s=float(token.expires_in_s))


class SeededSecrets:
    """In place of the `secrets` module."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance

    def token_hex(self, bytes_: int) -> str:
        return f"{self._chance.getrandbits(8 * bytes_):0{2 * bytes_}x}"


class _SeededRandom:
    """In place of the `random` module: every source is drawn from one."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance

    def Random(self) -> random.Random:  # noqa: N802  the module's own name
        return random.Random(self._chance.getrandbits(64))  # noqa: S311


class _Kept:
    """In place of a class whose one value never changes."""

    def __init__(self, value: Any) -> None:
        self._value = value

    def load(self) -> Any:
        return self._value

    def __call__(self) -> Any:
        return self._value


@dataclass(kw_only=True)
class Outside:
    """What one life of the bot finds outside. `idle_s` is how long its workers rest at most where nothing is due and
    nobody nudges them: longer than in production, for a second's rests would be most of a simulation."""

    life: Life
    engine: WatchedEngine
    net: Net
    world: World
    clock: LoopClock
    chance: random.Random
    idle_s: float = 1.0
    is_shared: bool = False
    policy: str = POLICY
    reconcile: bool = False

    def settings(self) -> Settings:
        settings = Settings.for_sandbox(port=BOT_PORT, sandbox_port=TENANT_PORT, data=Path("/none"), policy=self.policy)
        return replace(settings, log_form="json", reconcile=self.reconcile)

    def session(self) -> Any:
        return self.net.session(self.life)

    async def store(self) -> OpenStore:
        feed_of = self.engine.of if self.is_shared else None
        return OpenStore(engine=self.engine, name="simulated", feed_of=feed_of)

    @contextlib.asynccontextmanager
    async def opened(self) -> AsyncIterator[System]:
        """The system, wired to this. The names of concrete classes mean the simulation's meanwhile: one process opens
        at a time, and what it has opened keeps its own."""
        secrets, chance = SeededSecrets(self.chance), _SeededRandom(self.chance)
        names: list[tuple[Any, str, Any]] = [
            (wiring, "open_store", lambda *_: self.store()),
            (wiring, "aiohttp", _Aiohttp(self)),
            (wiring, "pooled_session", self.session),
            (wiring, "http_connector", self._connector),
            (wiring, "Catalogue", _Kept(_CATALOGUE)),
            (wiring, "load_reader", _Kept(_READER)),
            (
                tenant,
                "GraphCalendar",
                lambda client: Watched(
                    GraphCalendar(client, page_size=self.chance.choice(_PAGES)), "calendar", self.life
                ),
            ),
            (tenant, "login_of", lambda _: InProcessLogin(self.world)),
            (edges, "random", chance),
        ]
        before = [getattr(module, name) for module, name, _ in names]
        for module in (wiring, tenant):
            module.__dict__["secrets"] = secrets  # as long as it lasts: ids are made all along
        worker._IDLE_S = self.idle_s
        pulse._EVERY_S = follower.POLL_S = max(self.idle_s / 10, 1.0)
        try:
            for module, name, value in names:
                setattr(module, name, value)
            opening = open_system(self.settings(), self.clock)
            system = await opening.__aenter__()
        finally:
            for (module, name, _), value in zip(names, before, strict=True):
                setattr(module, name, value)
        try:
            yield system
        finally:
            if not self.life.is_dead:
                await opening.__aexit__(None, None, None)

    def _connector(self, *args: Any) -> Any:
        return Watched(http_connector(*args), "connector", self.life)


class _Aiohttp:
    def __init__(self, outside: Outside) -> None:
        self.ClientSession = outside.session
