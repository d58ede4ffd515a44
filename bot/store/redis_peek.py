"""A look into a Redis that Foyer's processes may be using: reads alone, whatever the server is good for."""

from types import TracebackType

from bot.ports.clock import Clock
from bot.ports.store import DeadLetter, Document, Owed
from bot.store.redis import RedisEngine
from bot.store.redis_link import Bounds, Link
from bot.store.redis_server import Server, server_of


class RedisPeek:
    """An asynchronous context. Entering it raises StoreUnusable for a server that cannot be reached; reading raises
    StoreDown."""

    def __init__(self, url: str, clock: Clock) -> None:
        bounds = Bounds()
        self._link = Link(url, clock, bounds)
        self._engine = RedisEngine(self._link, most_changed=bounds.most_changed)
        self.server: Server

    async def __aenter__(self) -> "RedisPeek":
        try:
            self.server = await server_of(self._link)
        except BaseException:
            await self._engine.close()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._engine.close()

    async def owed(self, tenant: str, *, now: float) -> dict[str, Owed]:
        """As the store's."""
        return await self._engine.of(tenant).owed(now=now)

    async def scan(self, tenant: str, prefix: str) -> list[Document]:
        """As the store's."""
        return await self._engine.of(tenant).scan(prefix)

    async def dead_letters(self, tenant: str) -> list[DeadLetter]:
        """As the store's."""
        return await self._engine.of(tenant).dead_letters()
