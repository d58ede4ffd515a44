"""Keeps what is due as data beside the clock's agenda, so that it can be written down and taken up again."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from typing import Generic, TypeVar

from sandbox.clock import Clock

T = TypeVar("T")


@dataclass(frozen=True)
class Due(Generic[T]):
    at: datetime
    what: T


class Errands(Generic[T]):
    """`run` is called with each errand at its time. One whose coroutine is cancelled stays, to be run again later."""

    def __init__(self, clock: Clock, run: Callable[[T], Awaitable[None] | None]) -> None:
        self._clock = clock
        self._run = run
        self._open: dict[int, Due[T]] = {}
        self._numbers = count()

    def put(self, due_at: datetime, what: T) -> None:
        number = next(self._numbers)
        self._open[number] = Due(due_at, what)
        self._clock.at(due_at, lambda: self._start(number))

    def waiting(self) -> list[Due[T]]:
        """What has not been run to its end, by time; equal times in the order in which they came."""
        return sorted(self._open.values(), key=lambda due: due.at)

    def take_up(self, waiting: Iterable[Due[T]]) -> None:
        """What fell due meanwhile runs as soon as the clock does."""
        for due in waiting:
            self.put(due.at, due.what)

    def clear(self) -> None:
        self._open.clear()

    def _start(self, number: int) -> Awaitable[None] | None:
        due = self._open.pop(number, None)
        if due is None:
            return None
        waiting = self._run(due.what)
        if waiting is None:
            return None
        self._open[number] = due
        return self._finish(number, waiting)

    async def _finish(self, number: int, waiting: Awaitable[None]) -> None:
        try:
            await waiting
        except Exception:
            self._open.pop(number, None)
            raise
        self._open.pop(number, None)
