"""Reads of the SQLite store: what is asked, each answer of one moment, on threads and connections of their own."""

import asyncio
import queue
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import apsw

from bot.ports.store import Claim, DeadLetter, Document, Owed, StoreDown

T = TypeVar("T")

_DOCUMENTS = "SELECT key, value, version FROM document WHERE tenant = ? AND key IN carray(?)"
_DOCUMENT = "SELECT key, value, version FROM document WHERE tenant = ? AND key = ?"
_UNDER = "SELECT key, value, version FROM document WHERE tenant = ? AND key >= ? ORDER BY key"
_PAGE = "SELECT key, value, version FROM document WHERE tenant = ? AND key >= ? ORDER BY key LIMIT ?"
_CLAIMS = """
SELECT room, start_at, end_at, holder FROM claim WHERE tenant = ? AND room = ? AND end_at > ? ORDER BY end_at
"""
_JOB = "SELECT 1 FROM job WHERE tenant = ? AND key = ?"
_NEXT_DUE = "SELECT min(ready_at) FROM job WHERE tenant = ? AND ready_at IS NOT NULL"
_DEAD = """
SELECT key, payload, attempts, died_at FROM job WHERE tenant = ? AND died_at IS NOT NULL ORDER BY died_at, key
"""
_OWED = """
SELECT substr(key, 1, instr(key, '/')) AS kind, count(*) FILTER (WHERE died_at IS NULL),
  count(*) FILTER (WHERE ready_at <= ?2), count(died_at),
  min(since) FILTER (WHERE died_at IS NULL AND since <= ?2)
FROM job WHERE tenant = ?1 GROUP BY kind
"""


class Readers:
    """Several reads at once, so that a long scan keeps no short read waiting."""

    def __init__(self, connections: Sequence[apsw.Connection]) -> None:
        self._connections = connections
        self._idle: queue.SimpleQueue[apsw.Connection] = queue.SimpleQueue()
        for connection in connections:
            self._idle.put(connection)
        self._threads = ThreadPoolExecutor(len(connections), thread_name_prefix="store-read")
        self._gate = threading.Lock()
        self._closed = False

    async def ask(self, question: Callable[[apsw.Connection], T]) -> T:
        """The answer to `question`, within one snapshot. Raises StoreDown."""
        with self._gate:
            if self._closed:
                raise StoreDown("the store is closed")
            answer = asyncio.get_running_loop().run_in_executor(self._threads, self._answer, question)
        return await answer

    def refuse(self) -> None:
        """From now on, `ask` raises StoreDown."""
        with self._gate:
            self._closed = True

    def join(self) -> None:
        """Waits for the answers under way, then closes the connections; blocks. After `refuse`."""
        self._threads.shutdown()
        for connection in self._connections:
            connection.close()

    def _answer(self, question: Callable[[apsw.Connection], T]) -> T:
        connection = self._idle.get()
        try:
            connection.execute("BEGIN")
            try:
                return question(connection)
            finally:
                connection.execute("ROLLBACK")
        except apsw.Error as fault:
            raise StoreDown(f"the store cannot be read: {fault}") from fault
        finally:
            self._idle.put(connection)


def documents(
    connection: apsw.Connection, tenant: str, wanted: tuple[Iterable[str], Iterable[str]]
) -> dict[str, Document]:
    """`wanted` are keys, and prefixes of keys. A text in an array ends at its NUL: such keys are asked one by one."""
    keys, prefixes = wanted
    every = tuple(keys)
    named = tuple(key for key in every if "\0" not in key)
    rows = connection.execute(_DOCUMENTS, (tenant, apsw.carray(named))) if named else ()
    found = {row[0]: Document(*row) for row in rows}
    for key in every if len(named) < len(every) else ():
        if "\0" in key:
            found |= {row[0]: Document(*row) for row in connection.execute(_DOCUMENT, (tenant, key))}
    for prefix in prefixes:
        found |= {one.key: one for one in documents_under(connection, tenant, prefix)}
    return found


def documents_under(connection: apsw.Connection, tenant: str, prefix: str) -> list[Document]:
    return _while_under(prefix, connection.execute(_UNDER, (tenant, prefix)))


def page_of_documents(connection: apsw.Connection, tenant: str, wanted: tuple[str, str, int]) -> list[Document]:
    """`wanted` is the prefix, the key to go on after, and how many at most."""
    prefix, after, limit = wanted
    first = max(prefix, after + "\0") if after else prefix  # no key comes between another and that one with a NUL
    return _while_under(prefix, connection.execute(_PAGE, (tenant, first, limit)))


def _while_under(prefix: str, rows: Iterable[Any]) -> list[Document]:
    found = []
    for row in rows:
        if not row[0].startswith(prefix):
            break
        found.append(Document(*row))
    return found


def claims(connection: apsw.Connection, tenant: str, wanted: tuple[str, int, int]) -> list[Claim]:
    """`wanted` is the room, and the stretch that the claims overlap."""
    room, start, end = wanted
    found = []
    for row in connection.execute(_CLAIMS, (tenant, room, start)):
        if row[1] >= end:
            break
        found.append(Claim(*row))
    return found


def next_due(connection: apsw.Connection, tenant: str) -> float | None:
    due: float | None = connection.execute(_NEXT_DUE, (tenant,)).get
    return due


def dead_letters(connection: apsw.Connection, tenant: str) -> list[DeadLetter]:
    return [DeadLetter(*row) for row in connection.execute(_DEAD, (tenant,))]


def known_jobs(connection: apsw.Connection, tenant: str, keys: Iterable[str]) -> set[str]:
    return {key for key in keys if connection.execute(_JOB, (tenant, key)).fetchone() is not None}


def owed(connection: apsw.Connection, tenant: str, now: float) -> dict[str, Owed]:
    return {row[0]: Owed(*row[1:]) for row in connection.execute(_OWED, (tenant, now))}
