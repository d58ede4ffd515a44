"""Where a proof's store lives, in a form that can be told to another process."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.clock import SystemClock
from bot.ports.store import StoreEngine
from bot.store.redis import RedisEngine
from bot.store.redis_link import Bounds
from bot.store.sqlite import SqliteEngine
from tests.proofs.proof import REDIS
from tests.redis_server import RedisServer, running

CLOCK = SystemClock()
_BOUNDS = Bounds()


@dataclass(frozen=True)
class Address:
    """`where` is a file's path or a server's URL. `bounds` are for Redis alone."""

    engine: str
    where: str
    bounds: Bounds = _BOUNDS

    async def open(self) -> StoreEngine:
        """Raises StoreUnusable."""
        if self.engine == REDIS:
            return await RedisEngine.open(self.where, CLOCK, bounds=self.bounds)
        return SqliteEngine.open(Path(self.where))


@dataclass(frozen=True)
class Place:
    """An empty store of the engine; `folder` is for whatever else a proof needs."""

    address: Address
    folder: Path
    redis: RedisServer | None = None

    @property
    def server(self) -> RedisServer:
        assert self.redis is not None, "this place has no server"
        return self.redis


@contextmanager
def place(engine: str) -> Iterator[Place]:
    with tempfile.TemporaryDirectory(prefix="foyer-") as name:  # short: a socket's path may have hundred characters
        folder = Path(name)
        if engine != REDIS:
            yield Place(Address(engine, str(folder / "foyer.db")), folder)
            return
        with running(folder) as server:
            yield Place(Address(engine, server.url()), folder, server)
