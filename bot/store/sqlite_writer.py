"""The one thread that writes to SQLite: batches that wait together share one transaction and one flush to disk."""

import asyncio
import contextlib
import logging
import queue
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import apsw

from bot.ports.store import StoreDown, StoreError

log = logging.getLogger(__name__)

T = TypeVar("T")
Change = Callable[[apsw.Connection], T]

MOST_TOGETHER = 256
MOST_WAITING = 10_000


@dataclass(frozen=True)
class Figures:
    """Since opening: transactions committed, and what became of the batches in them (leasing jobs counts as one)."""

    transactions: int = 0
    done: int = 0
    refused: int = 0
    failed: int = 0
    waiting: int = 0


@dataclass(frozen=True)
class Waiting:
    """A change that was asked for, and who is to be told."""

    change: Change[Any]
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[Any]


class Writer:
    """Takes changes from any event loop. A change sees all that stood before it, runs whole or not at all, and is
    answered only after the COMMIT that holds it has returned, refusals included: they rest on its neighbours."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection
        self._queue: queue.SimpleQueue[Waiting | None] = queue.SimpleQueue()
        self._gate = threading.Lock()
        self._closed = False
        self._in_trouble = False
        self._counts = {"transactions": 0, "done": 0, "refused": 0, "failed": 0}
        self._thread = threading.Thread(target=self._run, name="store-write", daemon=True)
        self._thread.start()

    async def do(self, change: Change[T]) -> T:
        """What `change` returns, once durable. Raises what it raises, or StoreDown; then it has left no trace."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        with self._gate:
            if self._closed:
                raise StoreDown("the store is closed")
            if self._queue.qsize() >= MOST_WAITING:
                raise StoreDown("the disk does not keep up: too many batches wait")
            self._queue.put(Waiting(change, loop, future))
        return await future

    def figures(self) -> Figures:
        return Figures(waiting=self._queue.qsize(), **self._counts)

    def refuse(self) -> None:
        """From now on, `do` raises StoreDown; what was accepted is still written."""
        with self._gate:
            if not self._closed:
                self._queue.put(None)
            self._closed = True

    def join(self) -> None:
        """Waits until all is written, then closes the connection; blocks. After `refuse`."""
        self._thread.join()
        self._connection.close()

    def _run(self) -> None:
        open_ = True
        while open_:
            group = self._together()
            open_ = group[-1] is not None
            waiting = [one for one in group if one is not None]
            if waiting:
                _answer(waiting, self._write(waiting))

    def _together(self) -> list[Waiting | None]:
        """The next that waits, and all that wait behind it; None, the last ever, means to stop."""
        group = [self._queue.get()]
        with contextlib.suppress(queue.Empty):
            while group[-1] is not None and len(group) < MOST_TOGETHER:
                group.append(self._queue.get_nowait())
        return group

    def _write(self, group: Sequence[Waiting]) -> list[Any]:
        """What each is to be told: a result, or an exception."""
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            told = [self._try(one.change) for one in group]
            self._connection.execute("COMMIT")
        except Exception as fault:  # noqa: BLE001 - the one writer must outlive whatever befalls a group
            self._abandon()
            told = [_down(fault) for _ in group]
            self._note(fault)
        else:
            self._counts["transactions"] += 1
            self._note(None)
        self._count(told)
        return told

    def _try(self, change: Change[Any]) -> Any:
        self._connection.execute("SAVEPOINT batch")
        try:
            result = change(self._connection)
        except Exception as refusal:
            if not self._connection.in_transaction:
                raise  # SQLite took back the neighbours as well
            self._connection.execute("ROLLBACK TO batch")
            result = _down(refusal) if isinstance(refusal, apsw.Error) else refusal
        self._connection.execute("RELEASE batch")
        return result

    def _abandon(self) -> None:
        """SQLite rolls back by itself after some errors, not after others: https://sqlite.org/lang_transaction.html"""
        with contextlib.suppress(apsw.Error):
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")

    def _note(self, fault: Exception | None) -> None:
        """Tells when the trouble begins and when it ends, not of every batch between."""
        if fault is not None and not self._in_trouble:
            log.error("store.write_failed", extra={"error": type(fault).__name__})
        elif fault is None and self._in_trouble:
            log.warning("store.writes_again", extra={"failed": self._counts["failed"]})
        self._in_trouble = fault is not None

    def _count(self, told: Sequence[Any]) -> None:
        for result in told:
            failed, refused = isinstance(result, StoreDown), isinstance(result, StoreError)
            self._counts["failed" if failed else "refused" if refused else "done"] += 1


def _down(fault: Exception) -> StoreDown:
    down = StoreDown(f"the store cannot be written: {fault}")
    down.__cause__ = fault
    return down


def _answer(group: Sequence[Waiting], told: Sequence[Any]) -> None:
    """One wake-up for each event loop, however many of its tasks waited."""
    by_loop: dict[asyncio.AbstractEventLoop, list[tuple[asyncio.Future[Any], Any]]] = {}
    for waiting, result in zip(group, told, strict=True):
        by_loop.setdefault(waiting.loop, []).append((waiting.future, result))
    for loop, answers in by_loop.items():
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(_tell, answers)


def _tell(answers: Sequence[tuple[asyncio.Future[Any], Any]]) -> None:
    for future, result in answers:
        if future.done():  # whoever waited was cancelled
            continue
        if isinstance(result, Exception):
            future.set_exception(result)
        else:
            future.set_result(result)
