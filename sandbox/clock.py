"""Tells the tenant's time and runs what is due: the only place that reads the machine's clock."""

import asyncio
import heapq
import logging
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import count

log = logging.getLogger(__name__)

Action = Callable[[], Awaitable[None] | None]


class Clock(ABC):
    """An agenda of actions on one time line. Actions due at the same instant run in the order in which they came."""

    def __init__(self) -> None:
        self._agenda: list[tuple[datetime, int, Action]] = []
        self._order = count()
        self._running: set[asyncio.Task[None]] = set()
        self._sleepers: set[asyncio.Future[None]] = set()

    @abstractmethod
    def now(self) -> datetime:
        """The tenant's time, in UTC."""

    @abstractmethod
    def wake(self) -> None:
        """Looks at the agenda again. Does nothing outside a running loop: the server calls it when it starts."""

    def at(self, due_at: datetime, action: Action) -> None:
        """Runs `action` at `due_at`; a coroutine runs as a task beside everything else."""
        heapq.heappush(self._agenda, (due_at, next(self._order), action))
        self.wake()

    def after(self, delay_s: float, action: Action) -> None:
        self.at(self.now() + timedelta(seconds=delay_s), action)

    async def sleep(self, seconds: float) -> None:
        """Waits on the tenant's time: on a virtual clock until somebody advances it."""
        if seconds <= 0:
            return
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._sleepers.add(woken)
        woken.add_done_callback(self._sleepers.discard)
        self.after(seconds, lambda: None if woken.done() else woken.set_result(None))
        await woken

    def clear(self) -> None:
        """Forgets everything that is due; who slept wakes."""
        self._agenda.clear()
        for woken in tuple(self._sleepers):
            if not woken.done():
                woken.set_result(None)

    async def close(self) -> None:
        self.clear()
        for task in tuple(self._running):
            task.cancel()
        with suppress(asyncio.CancelledError):
            await asyncio.gather(*self._running, return_exceptions=True)

    def run_due(self) -> None:
        """Runs what is due now, in order; what waits is started and left running."""
        while self._agenda and self._agenda[0][0] <= self.now():
            _, _, action = heapq.heappop(self._agenda)
            try:
                waiting = action()
            except Exception:
                log.exception("clock.action_failed")
                continue
            if waiting is not None:
                self._start(waiting)

    def next_due_at(self) -> datetime | None:
        return self._agenda[0][0] if self._agenda else None

    def _start(self, waiting: Awaitable[None]) -> None:
        async def run() -> None:
            try:
                await waiting
            except Exception:
                log.exception("clock.action_failed")

        task = asyncio.get_running_loop().create_task(run())
        self._running.add(task)
        task.add_done_callback(self._running.discard)


class RealClock(Clock):
    """Follows the machine's clock."""

    def __init__(self) -> None:
        super().__init__()
        self._alarm: asyncio.TimerHandle | None = None

    def now(self) -> datetime:
        return datetime.now(UTC)

    def wake(self) -> None:
        loop = _running_loop()
        due_at = self.next_due_at()
        if loop is None or due_at is None:
            return
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm = loop.call_later(max(0.0, (due_at - self.now()).total_seconds()), self._ring)

    async def close(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
        await super().close()

    def _ring(self) -> None:
        self._alarm = None
        self.run_due()
        self.wake()


class VirtualClock(Clock):
    """Stands still until `advance` is called."""

    def __init__(self, start_at: datetime | None = None) -> None:
        super().__init__()
        self._now = start_at or datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
        self._advancing = asyncio.Lock()

    def now(self) -> datetime:
        return self._now

    def wake(self) -> None:
        loop = _running_loop()
        due_at = self.next_due_at()
        if loop is not None and due_at is not None and due_at <= self._now:
            loop.call_soon(self.run_due)

    async def advance(self, seconds: float) -> None:
        """Moves time on, stopping at every instant at which something is due, until all of it has come to rest.

        Must not be awaited by an action of this clock.
        """
        async with self._advancing:
            target = self._now + timedelta(seconds=seconds)
            await self._settle()
            while (due_at := self.next_due_at()) is not None and due_at <= target:
                self._now = max(self._now, due_at)
                await self._settle()
            self._now = target

    async def _settle(self) -> None:
        self.run_due()
        while self._running:
            await asyncio.wait(set(self._running))
            self.run_due()


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
