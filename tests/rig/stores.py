"""The stores that the simulation runs on: each new and empty, each as production opens it."""

import asyncio
import contextlib
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from bot.ports.clock import Clock
from bot.ports.store import StoreDown, StoreEngine
from bot.store.memory import MemoryEngine
from bot.store.redis import RedisEngine
from bot.store.sqlite import SqliteEngine
from bot.store.sqlite_writer import Change, Waiting, Writer
from tests import redis_server
from tests.rig.loop import virtual_loop

T = TypeVar("T")

KINDS = ("memory", "sqlite", "redis")
_FAST = Path("/dev/shm")  # nothing here has to survive the machine


class _Inline(Writer):
    """Writes where it is asked, each in a transaction of its own: the simulation has put them in order. Its thread has
    nothing to do until the end."""

    async def do(self, change: Change[T]) -> T:
        if self._closed:
            raise StoreDown("the store is closed")
        loop = asyncio.get_running_loop()
        (result,) = self._write([Waiting(change, loop, loop.create_future())])
        if isinstance(result, Exception):
            raise result
        return result  # type: ignore[no-any-return]


def opened_inline(path: Path) -> SqliteEngine:
    """One that does its work where it is asked for, on no thread."""
    return SqliteEngine.open(path, writer=_Inline)


@dataclass(kw_only=True)
class Ground:
    """Where stores of one kind live while a process runs schedules."""

    kind: str
    folder: Path
    server: redis_server.RedisServer | None = None
    used: int = 0

    @contextlib.asynccontextmanager
    async def opened(self, clock: Clock) -> AsyncIterator[StoreEngine]:
        """An empty one."""
        self.used += 1
        with virtual_loop().outside():
            engine = await self._open(clock)
        try:
            yield engine
        finally:
            with virtual_loop().outside():
                await engine.close()
            for file in self.folder.glob("foyer*"):
                file.unlink()

    @property
    def is_outside(self) -> bool:
        """Whether a server does its work."""
        return self.kind == "redis"

    @property
    def is_shareable(self) -> bool:
        """Whether several processes can use one."""
        return self.kind != "sqlite"

    async def _open(self, clock: Clock) -> StoreEngine:
        if self.kind == "memory":
            return MemoryEngine()
        if self.kind == "sqlite":
            return opened_inline(self.folder / f"foyer{self.used}.sqlite")
        assert self.server is not None
        self.server.ask("FLUSHALL")
        return await RedisEngine.open(self.server.url(), clock, accept_loss=True)


@contextlib.contextmanager
def ground(kind: str) -> Iterator[Ground]:
    folder = Path(tempfile.mkdtemp(prefix="rig", dir=_FAST if _FAST.is_dir() else None))
    try:
        if kind != "redis":
            yield Ground(kind=kind, folder=folder)
            return
        # The file is written and not forced to the disk: what a power cut does is not simulated here.
        with redis_server.running(folder / "redis", {"appendfsync": "no"}) as server:
            yield Ground(kind=kind, folder=folder, server=server)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
