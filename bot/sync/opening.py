"""The way from a store to an index that holds what it says, beside a surface that serves already."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from bot.ports.clock import Clock
from bot.ports.store import StoreDown
from bot.sync.indexing import Loaded

log = logging.getLogger(__name__)

AGAIN_S = 1.0
ANSWERED_WITHIN_S = 2.0  # somebody waits


class Opening:
    """Of one tenant and process, once. `loaded` tells how far it is."""

    def __init__(self, loaded: Loaded, clock: Clock) -> None:
        self._loaded = loaded
        self._clock = clock
        self._over = asyncio.Event()

    async def run(self, *steps: Callable[[], Awaitable[None]]) -> None:
        """Each step until it comes through, and then the next. A store that is away is waited for; whatever else is
        wrong is logged each time, and /readyz tells that nothing is ready."""
        begun_s = self._clock.monotonic()
        for step in steps:
            await self._through(step)
        self._over.set()
        took_s = round(self._clock.monotonic() - begun_s, 1)
        log.info("index.loaded", extra={"rooms": self._loaded.of, "took_s": took_s})

    async def _through(self, step: Callable[[], Awaitable[None]]) -> None:
        is_down = False
        while True:
            try:
                await step()
                return
            except StoreDown:
                if not is_down:
                    log.error("index.store_down")
                is_down = True
            except Exception:
                log.exception("index.stumbled")
            await self._clock.sleep(AGAIN_S)

    @property
    def told(self) -> str:
        """How far it is; '' once it is over."""
        return "" if self._over.is_set() else f"Loaded: {self._loaded.rooms} of {self._loaded.of} rooms."

    async def over(self) -> None:
        """Returns once it is."""
        await self._over.wait()

    async def is_over(self) -> bool:
        """Waits a little for it: a small house is loaded before anybody would have typed again."""
        if not self._over.is_set():
            try:
                async with asyncio.timeout(ANSWERED_WITHIN_S):
                    await self._over.wait()
            except TimeoutError:
                return False
        return True
