"""The stores that the simulation runs on: each new and empty, each as production opens it."""

import contextlib
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

from bot.ports.clock import Clock
from bot.ports.store import StoreEngine
from bot.store.memory import MemoryEngine
from bot.store.redis import RedisEngine
from bot.store.sqlite import SqliteEngine
from tests import redis_server
from tests.rig.loop import virtual_loop

KINDS = ("memory", "sqlite", "redis")
_FAST = Path("/dev/shm")  # nothing here has to survive the machine


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
        """Whether threads or a server do its work."""
        return self.kind != "memory"

    @property
    def is_shareable(self) -> bool:
        """Whether several processes can use one."""
        return self.kind != "sqlite"

    async def _open(self, clock: Clock) -> StoreEngine:
        if self.kind == "memory":
            return MemoryEngine()
        if self.kind == "sqlite":
            return SqliteEngine.open(self.folder / f"foyer{self.used}.sqlite")
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
