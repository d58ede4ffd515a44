"""Keeps this process's search index equal to the documents that all processes write, by the store's change feed."""

import logging
from collections.abc import Awaitable, Callable, Iterable

from bot.ports.changes import ChangeFeed, ChangesLost
from bot.ports.clock import Clock
from bot.ports.store import StoreDown
from bot.sync.indexing import Indexing

log = logging.getLogger(__name__)

POLL_S = 0.5
BEHIND_S = 15.0  # what a person finds may then be long taken
_PAGE = 1_000


class Follower:
    """Of one tenant. `open` once, then `run`.

    What this process writes is in the index at once; the feed tells of it too. Should the answer to a write be late,
    another process's newer write may have been shown by then, and would be painted over: so each document that was
    written here is looked at again after it was shown.

    Where the feed is lost, so may be what was owed (a server that was put back, a replica that took over):
    `on_start_over` owes it anew, and is called until it does not raise StoreDown.
    """

    def __init__(self, feed: ChangeFeed, indexing: Indexing, clock: Clock) -> None:
        self._feed = feed
        self._indexing = indexing
        self._clock = clock
        self._position = ""
        self._wrote: set[str] = set()
        self._caught_up = clock.monotonic()
        self._store_down = False
        self._started_over = False
        self.on_start_over: Callable[[], Awaitable[None]] = _nothing

    async def open(self) -> None:
        """Loads the index. Raises StoreDown."""
        self._position = await self._feed.position()  # first: what is written while it loads is told afterwards
        await self._indexing.load()
        self._caught_up = self._clock.monotonic()

    def wrote(self, keys: Iterable[str]) -> None:
        """Documents that this process committed; call before it shows them, without a pause between."""
        self._wrote.update(keys)

    @property
    def lag_s(self) -> float:
        """For how long the index has not been known to be up to date."""
        return self._clock.monotonic() - self._caught_up

    @property
    def behind(self) -> bool:
        """Whether the index has not been known to be up to date for too long."""
        return self.lag_s > BEHIND_S

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                await self.catch_up()
                self._note(down=False)
            except StoreDown:
                self._note(down=True)
            except Exception:
                log.exception("follower.stumbled")  # whatever it was, it is tried again, and `behind` tells
            await self._clock.sleep(POLL_S)

    async def catch_up(self) -> None:
        """Everything that was committed before this call is in the index when it returns. Raises StoreDown."""
        if self._started_over:
            await self.on_start_over()
            self._started_over = False
        mine, self._wrote = self._wrote, set()
        try:
            position, changed = await self._changed()
            await self._indexing.refresh(changed | mine)
        except ChangesLost:
            log.warning("follower.starts_over")
            await self.open()
            self._started_over = True
            return
        except BaseException:
            self._wrote |= mine
            raise
        self._position = position
        self._caught_up = self._clock.monotonic()

    async def _changed(self) -> tuple[str, set[str]]:
        """All pages: a batch may lie on several, and is shown whole."""
        changed: set[str] = set()
        position, more = self._position, True
        while more:
            page = await self._feed.changes(position, _PAGE)
            position, more = page.position, page.more
            changed.update(page.keys)
        return position, changed

    def _note(self, *, down: bool) -> None:
        """Once when it goes, once when it is back."""
        if down and not self._store_down:
            log.error("follower.store_down")
        elif self._store_down and not down:
            log.warning("follower.store_back")
        self._store_down = down


async def _nothing() -> None:
    """For processes that owe no standing jobs."""
