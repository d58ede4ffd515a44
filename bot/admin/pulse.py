"""How late the event loop is: everything that a process promises in seconds hangs on it."""

from collections import deque

from bot.ports.clock import Clock
from bot.ports.figures import Family, Sample

_EVERY_S = 1.0
_WINDOW = 60


class Pulse:
    """Sleeps a second again and again and notes by how much it overslept."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._late_s: deque[float] = deque(maxlen=_WINDOW)

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            begun_s = self._clock.monotonic()
            await self._clock.sleep(_EVERY_S)
            self._late_s.append(max(self._clock.monotonic() - begun_s - _EVERY_S, 0.0))

    def family(self) -> Family:
        told = "The longest that the event loop kept a waiting task, over the last minute."
        worst = [Sample(value=max(self._late_s))] if self._late_s else []
        return Family(name="foyer_event_loop_lag_seconds", kind="gauge", told=told, samples=worst)
