"""The store in one SQLite file, for one process: durable against power loss when `commit` returns."""

import asyncio
import logging
import os
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import apsw

from bot.ports.store import Batch, Claim, DeadLetter, Document, Lease, Owed, StoreDown, StoreUnusable
from bot.store import sqlite_reads as reads
from bot.store.sqlite_batch import apply
from bot.store.sqlite_check import Check
from bot.store.sqlite_file import file_system_of, lock, make_private, require_library, require_local
from bot.store.sqlite_jobs import Wish, let_all_go, prolong, take
from bot.store.sqlite_schema import damaged, open_reader, open_writer
from bot.store.sqlite_writer import Figures, Writer

_READERS = 2
CHECKED_FIRST = 128 << 20  # bytes, looked through in a second; a big house has sixty times as many

log = logging.getLogger(__name__)


class SqliteEngine:
    """Made by `open`."""

    def __init__(self, writer: Writer, readers: reads.Readers, lock_descriptor: int) -> None:
        self._writer = writer
        self._readers = readers
        self._lock = lock_descriptor
        self._check: Check | None = None
        self._closing: asyncio.Task[None] | None = None

    @classmethod
    def open(cls, path: Path, *, vfs: str | None = None, writer: type[Writer] = Writer) -> "SqliteEngine":
        """Makes the file where there is none. A small file is looked through for damage first; a big one beside the
        service: should there be any, all is refused from then on, and the log says what to do.

        `vfs` names SQLite's way to the disk, for tests that break the disk; `writer`, for tests that order what is
        written. Raises StoreUnusable.
        """
        require_library(apsw.sqlite_lib_version())
        path = path.absolute()
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            path = path.resolve()
            require_local(path, file_system_of(path))
            return cls._open(path, vfs, writer)
        except (OSError, apsw.Error) as fault:
            raise StoreUnusable(f"{path} cannot be opened ({fault}): check the path and its permissions") from fault

    @classmethod
    def _open(cls, path: Path, vfs: str | None, writer: type[Writer]) -> "SqliteEngine":
        with ExitStack() as undo:
            descriptor = lock(path)
            undo.callback(os.close, descriptor)
            make_private(path)
            is_small = path.stat().st_size <= CHECKED_FIRST
            writing = open_writer(path, vfs, checked=is_small)
            undo.callback(writing.close)
            let_all_go(writing)
            readers = reads.Readers([open_reader(path, vfs) for _ in range(_READERS)])
            beside = None if is_small else open_reader(path, vfs)
            undo.pop_all()
        engine = cls(writer(writing), readers, descriptor)
        if beside is not None:
            engine._check = Check(beside, partial(engine._damaged, path))
        return engine

    def _damaged(self, path: Path, found: str) -> None:
        log.critical("store.damaged", extra={"what_to_do": damaged(path, found)})
        self._readers.refuse()
        self._writer.refuse()

    def of(self, tenant: str) -> "SqliteStore":
        return SqliteStore(self._writer, self._readers, tenant)

    async def healthy(self) -> bool:
        """Writes one number to disk to find out."""
        try:
            await self._writer.do(_probe)
        except StoreDown:
            return False
        return True

    async def is_restored(self) -> bool:
        return await self._writer.do(_is_copy)

    async def made_own(self) -> None:
        await self._writer.do(_forget_copying)

    def figures(self) -> Figures:
        """For metrics."""
        return self._writer.figures()

    async def close(self) -> None:
        if self._closing is None:
            self._readers.refuse()
            self._writer.refuse()
            self._closing = asyncio.create_task(asyncio.to_thread(self._join))
        await asyncio.shield(self._closing)

    def _join(self) -> None:
        if self._check is not None:
            self._check.stop()
        self._readers.join()  # first: the last to close folds the log into the file, and a reader cannot
        self._writer.join()
        os.close(self._lock)


class SqliteStore:
    """One tenant's view."""

    def __init__(self, writer: Writer, readers: reads.Readers, tenant: str) -> None:
        self._writer = writer
        self._readers = readers
        self._tenant = tenant

    async def read(self, keys: Iterable[str], under: Iterable[str] = ()) -> dict[str, Document]:
        wanted = (tuple(keys), tuple(under))
        return await self._readers.ask(partial(reads.documents, tenant=self._tenant, wanted=wanted))

    async def scan(self, prefix: str) -> list[Document]:
        return await self._readers.ask(partial(reads.documents_under, tenant=self._tenant, prefix=prefix))

    async def page(self, prefix: str, after: str, limit: int) -> list[Document]:
        wanted = (prefix, after, limit)
        return await self._readers.ask(partial(reads.page_of_documents, tenant=self._tenant, wanted=wanted))

    async def commit(self, batch: Batch) -> None:
        await self._writer.do(partial(apply, tenant=self._tenant, batch=batch))

    async def claims(self, room: str, start: int, end: int) -> list[Claim]:
        return await self._readers.ask(partial(reads.claims, tenant=self._tenant, wanted=(room, start, end)))

    async def take(self, prefixes: Sequence[str], limit: int, *, now: float, lease_s: float) -> list[Lease]:
        wish = Wish(prefixes=tuple(prefixes), limit=limit, now=now, until=now + lease_s)
        return await self._writer.do(partial(take, tenant=self._tenant, wish=wish))

    async def prolong(self, leases: Sequence[Lease], until: float) -> list[Lease]:
        return await self._writer.do(partial(prolong, tenant=self._tenant, leases=tuple(leases), until=until))

    async def next_due(self) -> float | None:
        return await self._readers.ask(partial(reads.next_due, tenant=self._tenant))

    async def dead_letters(self) -> list[DeadLetter]:
        return await self._readers.ask(partial(reads.dead_letters, tenant=self._tenant))

    async def known_jobs(self, jobs: Iterable[str]) -> set[str]:
        return await self._readers.ask(partial(reads.known_jobs, tenant=self._tenant, keys=tuple(jobs)))

    async def owed(self, *, now: float) -> dict[str, Owed]:
        return await self._readers.ask(partial(reads.owed, tenant=self._tenant, now=now))


def _probe(connection: apsw.Connection) -> None:
    connection.execute("UPDATE meta SET value = value + 1 WHERE name = 'probe'")


def _is_copy(connection: apsw.Connection) -> bool:
    return bool(connection.execute("SELECT count(*) FROM meta WHERE name = 'copied_at'").get)


def _forget_copying(connection: apsw.Connection) -> None:
    connection.execute("DELETE FROM meta WHERE name = 'copied_at'")
