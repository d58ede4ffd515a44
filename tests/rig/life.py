"""One life of the bot's process: what it may still do, where it dies, and its ports under watch."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextvars import ContextVar, copy_context
from typing import Any, TypeVar

from bot.ports.store import Batch, Claim, DeadLetter, Document, Lease, Store, StoreDown, StoreEngine
from tests.rig import points
from tests.rig.loop import virtual_loop
from tests.rig.points import AFTER, BEFORE, PORTS, Point
from tests.rig.wires import Call, Guard, Reply, never, pause

T = TypeVar("T")

LIFE: ContextVar["Life | None"] = ContextVar("life", default=None)


class Life(Guard):
    """From the moment at which it is dead, nothing of it goes out any more and nothing comes back to it.

    `dies_at` is asked at every point whether that is where it ends.
    """

    def __init__(self, number: int, dies_at: Callable[[Point], bool]) -> None:
        self.number = number
        self.is_dead = False
        self.is_paused = False
        self.ended_at: Point | None = None
        self.died = asyncio.Event()
        self.told_to_stop = asyncio.Event()
        self.tasks: dict[asyncio.Task[Any], None] = {}
        self._dies_at = dies_at
        self._resumed = asyncio.Event()

    def ended(self, task: asyncio.Task[Any]) -> None:
        self.tasks.pop(task, None)

    def die(self, at: Point | None = None) -> None:
        if not self.is_dead:
            self.is_dead, self.ended_at = True, at
            self.died.set()

    def pause(self) -> None:
        """As SIGSTOP does: whatever it was about to do, it does after `resume`."""
        self.is_paused = True
        self._resumed.clear()

    def resume(self) -> None:
        self.is_paused = False
        self._resumed.set()

    async def lives(self) -> None:
        """Returns once it may go on: at once, later, or never."""
        while self.is_paused and not self.is_dead:
            await self._resumed.wait()
        if self.is_dead:
            await never()

    async def reach(self, site: str, side: str) -> None:
        if site:
            point = Point(site, side)
            if not self.is_dead and self._dies_at(point):
                self.die(point)
        await self.lives()

    async def at(self, site: str, call: Callable[[], Awaitable[T]]) -> T:
        """The call between its two points."""
        await self.reach(site, BEFORE)
        result = await call()
        await self.reach(site, AFTER)
        return result

    async def before(self, call: Call) -> None:
        await self.lives()

    async def after(self, call: Call, reply: Reply) -> None:
        await self.lives()


class Watched:
    """A port whose calls are made between two points each."""

    def __init__(self, port: Any, kind: str, life: Life) -> None:
        self._port = port
        self._methods = PORTS[kind]
        self._life = life

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._port, name)
        if name not in self._methods:
            return method

        def called(*args: Any, **how: Any) -> Awaitable[Any]:
            site = points.calling()
            return self._life.at(site, lambda: method(*args, **how))

        return called


class Turnstile:
    """Lets one operation at a time through to the store, in the order in which they came, whatever thread or server
    works on it; one that has begun is finished, even if nobody waits any more."""

    def __init__(self, *, is_outside: bool) -> None:
        self._free = asyncio.Lock()
        self._is_outside = is_outside
        self.is_down = False

    async def through(self, operation: Callable[[], Awaitable[T]]) -> T:
        if not self._is_outside:
            await pause(0)  # others go on first, as where a server is asked
            return await operation()
        await self._free.acquire()
        nobodys = copy_context()
        nobodys.run(LIFE.set, None)  # else it ends with the life that asked, half done, and who comes next waits for it
        doing = asyncio.get_running_loop().create_task(self._do(operation), context=nobodys)
        doing.add_done_callback(lambda done: done.cancelled() or done.exception())  # who asked may be dead by then
        return await asyncio.shield(doing)

    async def _do(self, operation: Callable[[], Awaitable[T]]) -> T:
        try:
            with virtual_loop().outside():
                return await operation()
        finally:
            self._free.release()


class Ledger:
    """Hears of every operation on the store as it was done: `took` of leases, `wrote` of batches that were taken."""

    def took(self, life: Life, leases: Sequence[Lease]) -> None: ...

    def wrote(self, life: Life, batch: Batch) -> None: ...


class WatchedStore:
    """A store as one life has it."""

    def __init__(self, store: Store, turnstile: Turnstile, life: Life, ledger: Ledger) -> None:
        self._store = store
        self._turnstile = turnstile
        self._life = life
        self._ledger = ledger

    async def _through(self, operation: Callable[[], Awaitable[T]]) -> T:
        await self._life.lives()
        if self._turnstile.is_down:
            raise StoreDown("the simulation says so")
        result = await self._turnstile.through(operation)
        await self._life.lives()
        return result

    async def read(self, keys: Iterable[str], under: Iterable[str] = ()) -> dict[str, Document]:
        return await self._through(lambda: self._store.read(keys, under))

    async def scan(self, prefix: str) -> list[Document]:
        return await self._through(lambda: self._store.scan(prefix))

    async def claims(self, room: str, start: int, end: int) -> list[Claim]:
        return await self._through(lambda: self._store.claims(room, start, end))

    async def next_due(self) -> float | None:
        return await self._through(self._store.next_due)

    async def dead_letters(self) -> list[DeadLetter]:
        return await self._through(self._store.dead_letters)

    def commit(self, batch: Batch) -> Awaitable[None]:
        site = points.calling()

        async def committed() -> None:
            await self._store.commit(batch)
            self._ledger.wrote(self._life, batch)

        return self._life.at(site, lambda: self._through(committed))

    def take(self, prefixes: Sequence[str], limit: int, *, now: float, lease_s: float) -> Awaitable[list[Lease]]:
        site = points.calling()

        async def taken() -> list[Lease]:
            leases = await self._store.take(prefixes, limit, now=now, lease_s=lease_s)
            self._ledger.took(self._life, leases)
            return leases

        return self._life.at(site, lambda: self._through(taken))

    def __getattr__(self, name: str) -> Any:
        """What an engine has beside the port (its change feed), between the same gates."""
        method = getattr(self._store, name)

        async def called(*args: Any, **how: Any) -> Any:
            return await self._through(lambda: method(*args, **how))

        return called


class WatchedEngine:
    """An engine as one life has it. `keeps`: it stays when the life ends, as memory and a server do."""

    def __init__(self, engine: StoreEngine, turnstile: Turnstile, life: Life, ledger: Ledger) -> None:
        self._engine = engine
        self._turnstile = turnstile
        self._life = life
        self._ledger = ledger

    def of(self, tenant: str) -> Any:
        return WatchedStore(self._engine.of(tenant), self._turnstile, self._life, self._ledger)

    async def healthy(self) -> bool:
        return not self._turnstile.is_down and await self._turnstile.through(self._engine.healthy)

    async def is_restored(self) -> bool:
        return False

    async def made_own(self) -> None: ...

    async def close(self) -> None:
        """Whoever opened it closes it."""
