"""How many calls the whole app may have in flight: halved when the service says it is crowded, regained one by one.

Some services count an app's calls over all mailboxes (https://learn.microsoft.com/graph/throttling-limits); none tells
its number, so it is felt for: additive increase, multiplicative decrease.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

_ONE_CROWDING_S = 1.0  # refusals so close together are of one moment: calls that were in flight beside each other


class Ceiling:
    """`most` is the highest it goes; it begins there. The number of calls allowed now is `now`, never below 1."""

    def __init__(self, most: int) -> None:
        if most < 1:
            raise ValueError("at least one call must be allowed")
        self._most = float(most)
        self._allowed = float(most)
        self._lowered_at_s = float("-inf")

    @property
    def now(self) -> int:
        return int(self._allowed)

    def lower(self, at_s: float) -> None:
        """The service said that there are too many at once. `at_s` is monotonic."""
        if at_s - self._lowered_at_s < _ONE_CROWDING_S:
            return
        self._lowered_at_s = at_s
        self._allowed = max(1.0, float(int(self._allowed / 2)))

    def grow(self) -> None:
        """A call went through: about one more is allowed after a whole round of them."""
        self._allowed = min(self._most, self._allowed + 1.0 / self._allowed)


class Crowd:
    """Those in flight under a ceiling; the others wait, first come first served."""

    def __init__(self, ceiling: Ceiling) -> None:
        self.ceiling = ceiling
        self._inside = 0
        self._waiting: deque[tuple[asyncio.Future[None], int]] = deque()

    @asynccontextmanager
    async def enter(self, calls: int = 1) -> AsyncIterator[None]:
        """Holds that many places. Who asks for more than are allowed goes in alone."""
        await self._come_in(calls)
        try:
            yield
        finally:
            self._inside -= calls
            self._let_in()

    async def _come_in(self, calls: int) -> None:
        if not self._waiting and self._has_room(calls):
            self._inside += calls
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((turn, calls))
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():  # let in at the very moment of giving up
                self._inside -= calls
            self._let_in()
            raise

    def _let_in(self) -> None:
        while self._waiting:
            turn, calls = self._waiting[0]
            if turn.done():  # gave up
                self._waiting.popleft()
            elif self._has_room(calls):
                self._waiting.popleft()
                self._inside += calls
                turn.set_result(None)
            else:
                return

    def _has_room(self, calls: int) -> bool:
        return self._inside == 0 or self._inside + calls <= self.ceiling.now
