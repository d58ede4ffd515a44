"""How late the event loop is, and whether the wall clock was set back: what a process promises hangs on both."""

import logging
from collections import deque
from collections.abc import Awaitable, Callable

from bot.ports.clock import Clock
from bot.ports.figures import Family, Sample
from bot.ports.store import StoreDown

log = logging.getLogger(__name__)

SET_BACK_S = 60.0  # less is what polls and leases bear anyway
_EVERY_S = 1.0
_WINDOW = 60


class Pulse:
    """Sleeps a second again and again and notes by how much it overslept.

    Jobs are due by the wall clock: where that is set back by an hour, what is owed would lie still for an hour. So
    `on_set_back` is called then, which owes it anew, and again each second for as long as it raises StoreDown.
    """

    def __init__(self, clock: Clock, on_set_back: Callable[[], Awaitable[None]] | None = None) -> None:
        self._clock = clock
        self._on_set_back = on_set_back
        self._late_s: deque[float] = deque(maxlen=_WINDOW)

    async def run(self) -> None:
        """Until cancelled."""
        owes = False
        while True:
            begun_s, begun_at = self._clock.monotonic(), self._clock.now()
            await self._clock.sleep(_EVERY_S)
            passed_s, wall_s = self._clock.monotonic() - begun_s, (self._clock.now() - begun_at).total_seconds()
            self._late_s.append(max(passed_s - _EVERY_S, 0.0))
            if is_set_back(wall_s, passed_s):
                log.warning("clock.set_back", extra={"by_s": round(passed_s - wall_s)})
                owes = True
            owes = owes and not await self._owed()

    async def _owed(self) -> bool:
        try:
            if self._on_set_back is not None:
                await self._on_set_back()
        except StoreDown:
            return False
        return True

    def family(self) -> Family:
        told = "The longest that the event loop kept a waiting task, over the last minute."
        worst = [Sample(value=max(self._late_s))] if self._late_s else []
        return Family(name="foyer_event_loop_lag_seconds", kind="gauge", told=told, samples=worst)


def is_set_back(wall_s: float, monotonic_s: float) -> bool:
    """Whether the wall clock moved so much less than the time that passed that what is owed must be owed anew. A clock
    that is set forward only makes it due sooner."""
    return monotonic_s - wall_s > SET_BACK_S
