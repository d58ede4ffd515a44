"""A store that notes how long each commit took."""

from bot.ports.clock import Clock
from bot.ports.figures import Spread
from bot.ports.store import Batch, Store

COMMIT_BOUNDS_S = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


class MeasuredStore:
    """Refused batches count too: they waited for the disk as well."""

    def __init__(self, store: Store, clock: Clock, took: Spread) -> None:
        self._store = store
        self._clock = clock
        self._took = took
        self.read = store.read
        self.scan = store.scan
        self.page = store.page
        self.claims = store.claims
        self.take = store.take
        self.prolong = store.prolong
        self.next_due = store.next_due
        self.dead_letters = store.dead_letters
        self.owed = store.owed
        self.known_jobs = store.known_jobs

    async def commit(self, batch: Batch) -> None:
        begun_s = self._clock.monotonic()
        try:
            await self._store.commit(batch)
        finally:
            self._took.note(self._clock.monotonic() - begun_s)
