"""One length of time within which many short pieces of work have to be done, with one timer for them all."""

import asyncio
from collections import deque
from types import TracebackType


class Deadline:
    """`with deadline.of_one():` around what awaits: as `asyncio.timeout(within_s)`, which makes a timer for each and so
    takes longer than what a notification needs besides. For one event loop."""

    def __init__(self, within_s: float) -> None:
        self.within_s = within_s
        self._under_way: deque[_One] = (
            deque()
        )  # in order of their ends, for all take as long; those done stay till then
        self._timer: asyncio.TimerHandle | None = None

    def of_one(self) -> "_One":
        """Cancels what is within when the time is over; the `with` raises TimeoutError then."""
        return _One(self)

    def add(self, one: "_One") -> None:
        self._under_way.append(one)
        if self._timer is None:
            self._wait()

    def _wait(self) -> None:
        """Until the first that is under way must be done."""
        while self._under_way and self._under_way[0].task is None:
            self._under_way.popleft()
        if self._under_way:
            self._timer = asyncio.get_running_loop().call_at(self._under_way[0].ends_at, self._ring)

    def _ring(self) -> None:
        self._timer = None
        now = asyncio.get_running_loop().time()
        while self._under_way and self._under_way[0].ends_at <= now:
            self._under_way.popleft().break_off()
        self._wait()


class _One:
    __slots__ = ("_cancelling", "_deadline", "_is_late", "ends_at", "task")

    def __init__(self, deadline: Deadline) -> None:
        self._deadline = deadline
        self._is_late = False

    def __enter__(self) -> None:
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("only a task can be broken off")
        self.task: asyncio.Task[object] | None = task
        self._cancelling = task.cancelling()
        self.ends_at = asyncio.get_running_loop().time() + self._deadline.within_s
        self._deadline.add(self)

    def __exit__(
        self, kind: type[BaseException] | None, _fault: BaseException | None, _trace: TracebackType | None
    ) -> None:
        task, self.task = self.task, None
        by_us_alone = self._is_late and task is not None and task.uncancel() <= self._cancelling
        if by_us_alone and kind is asyncio.CancelledError:
            raise TimeoutError

    def break_off(self) -> None:
        if self.task is not None:
            self._is_late = True
            self.task.cancel()
