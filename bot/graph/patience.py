"""How long a call is tried and how often: pure, for one call alone and for those that travel in a batch."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from bot.graph.sansio import Effect, Request
from bot.ports.calendar import Busy, Denied, Missing, Rejected, RemoteError, Unclear

T = TypeVar("T")

_LONGEST_BACKOFF_S = 30.0


@dataclass(frozen=True)
class Budget:
    """How long a caller can wait, pauses that Graph asks for included, and how often a call is sent."""

    total_s: float
    tries: int


INTERACTIVE = Budget(total_s=8.0, tries=2)
BACKGROUND = Budget(total_s=60.0, tries=4)
LISTING = Budget(total_s=240.0, tries=4)  # a hundred pages of rooms, one after another


class Course(Generic[T]):
    """One call's way through its budget. `attempt` counts from 1; `doubtful` once an answer to it was lost. `spread`
    stretches the waits that the service left open: equal for calls that go on together, of 0.5 to 1 by chance."""

    __slots__ = ("_ends_at_s", "_spread", "_tries", "attempt", "doubtful", "request")

    def __init__(self, request: Request[T], *, tries: int, ends_at_s: float, spread: float) -> None:
        self.request = request
        self.attempt = 1
        self.doubtful = False
        self._tries = tries
        self._ends_at_s = ends_at_s
        self._spread = spread

    def pause_after(self, error: RemoteError, now_s: float) -> float:
        """Seconds until the call may be sent again. Raises what its caller is to know where it may not: a pause beyond
        the budget stands in the Busy that is raised, and a refusal after a lost answer is Unclear."""
        if isinstance(error, Unclear):
            self.doubtful = True
        elif self.doubtful and type(error) in (Denied, Rejected, Missing):  # says nothing about the earlier send
            raise Unclear(error.code, error.status) from error
        elif not isinstance(error, Busy):
            raise error
        wait_s = self._wait_s(error)
        may_repeat = isinstance(error, Busy) or self.request.effect is not Effect.ONCE
        if self.attempt >= self._tries or now_s + wait_s >= self._ends_at_s or not may_repeat:
            raise self._verdict(error, wait_s) from error
        self.attempt += 1
        return wait_s

    def _wait_s(self, error: RemoteError) -> float:
        told_s = error.retry_after_s if isinstance(error, Busy) else 0.0
        return told_s or min(2.0 ** (self.attempt - 1), _LONGEST_BACKOFF_S) * self._spread

    def _verdict(self, error: RemoteError, wait_s: float) -> RemoteError:
        """Busy would say that nothing happened: not so once an answer was lost."""
        if self.doubtful:
            return Unclear(error.code, error.status)
        return Busy(error.code, error.status, retry_after_s=wait_s)
