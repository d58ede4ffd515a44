"""An event loop on virtual time: what is ready runs to rest before anything from outside is let in, and only when
nothing is left to wait for does time go on. The same seed therefore runs the same way, however fast the machine is."""

import asyncio
import contextlib
import selectors
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor
from contextvars import Context
from typing import Any, TypeVar

T = TypeVar("T")

_STUCK_S = 20.0  # on the machine's clock: a thread or a server that does not answer for so long never will
_EPSILON_S = 1e-7


def virtual_loop() -> "VirtualLoop":
    """The one that runs."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualLoop)
    return loop


class Stuck(Exception):
    """Nobody has anything to do any more, and somebody still waits."""


class _Outside(selectors.BaseSelector):
    """Lets the machine in only while the loop is at rest."""

    def __init__(self, loop: "VirtualLoop") -> None:
        self._real = selectors.DefaultSelector()
        self._loop = loop

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return self._real.register(fileobj, events, data)

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        return self._real.unregister(fileobj)

    def modify(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return self._real.modify(fileobj, events, data)

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        return self._real.get_map()

    def close(self) -> None:
        self._real.close()

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        return self._loop.rested(self._real, timeout)


class VirtualLoop(asyncio.SelectorEventLoop):
    """`waiting_outside` counts operations that threads or servers are busy with: while there are any, time stands. One
    that gets no answer is told of, and time goes on without it: whoever asked has to give it up."""

    def __init__(self) -> None:
        self._now_s = 0.0
        self.waiting_outside = 0
        self._given_up = 0
        self._handed_in: deque[tuple[Callable[..., Any], tuple[Any, ...], Context | None]] = deque()
        self._own_thread = threading.get_ident()
        super().__init__(_Outside(self))
        self._clock_resolution = _EPSILON_S

    def time(self) -> float:
        return self._now_s

    @contextlib.contextmanager
    def outside(self) -> Iterator[None]:
        """While threads or servers are at work for somebody."""
        self.waiting_outside += 1
        try:
            yield
        finally:
            self.waiting_outside -= 1
            self._given_up = min(self._given_up, self.waiting_outside)

    def call_soon_threadsafe(  # type: ignore[override]  # the stub's variadic form says nothing more
        self, callback: Callable[..., Any], *args: Any, context: Context | None = None
    ) -> asyncio.Handle:
        if threading.get_ident() == self._own_thread:
            return self.call_soon(callback, *args, context=context)
        self._handed_in.append((callback, args, context))
        self._write_to_self()  # type: ignore[attr-defined]
        return asyncio.Handle(callback, args, self)

    def run_in_executor(self, executor: Executor | None, func: Callable[..., T], *args: Any) -> asyncio.Future[T]:  # type: ignore[override]
        """A thread is nothing that the simulation could order: it runs here and now."""
        del executor
        done: asyncio.Future[T] = self.create_future()
        try:
            done.set_result(func(*args))
        except Exception as error:  # noqa: BLE001  it belongs to whoever awaits
            done.set_exception(error)
        return done

    def rested(self, real: selectors.BaseSelector, timeout: float | None) -> list[tuple[selectors.SelectorKey, int]]:
        if self._ready or self._stopping:  # type: ignore[attr-defined]
            return []
        if self._take_in():
            return []
        if self.waiting_outside > self._given_up:
            events = real.select(_STUCK_S)
            self._take_in()
            if events or self._ready:  # type: ignore[attr-defined]
                return events
            self._give_up()
        if timeout is None:
            raise Stuck
        self._now_s = max(self._now_s, self._scheduled[0]._when)  # type: ignore[attr-defined]
        return []

    def _give_up(self) -> None:
        self._given_up = self.waiting_outside
        print(f"At {self._now_s:.3f} s nothing came from outside for {_STUCK_S:.0f} s. What waits:", file=sys.stderr)
        for task in sorted(asyncio.all_tasks(self), key=asyncio.Task.get_name):
            task.print_stack(file=sys.stderr)

    def _take_in(self) -> bool:
        took = bool(self._handed_in)
        while self._handed_in:
            callback, args, context = self._handed_in.popleft()
            self.call_soon(callback, *args, context=context)
        return took
