"""A look into a store that another process may have open: reads alone, takes no lock, changes nothing."""

from pathlib import Path
from types import TracebackType

import apsw

from bot.ports.store import DeadLetter, Document, Owed, StoreUnusable
from bot.store import sqlite_reads as reads
from bot.store.sqlite_schema import APPLICATION_ID, STEPS, open_reader


class Peek:
    """Blocks. Raises StoreUnusable for a file that is no store of this version, or cannot be read; with `older`, one
    that a start would bring to this version will do, which is not to be asked for what is in it."""

    def __init__(self, path: Path, *, older: bool = False) -> None:
        try:
            self._connection = open_reader(path.absolute(), None)
            self._require_ours(path, older=older)
        except (apsw.NotADBError, apsw.CorruptError) as fault:
            raise StoreUnusable(
                f"{path} is no store of Foyer, or damaged: use a file that `app.py backup` made"
            ) from fault
        except apsw.Error as fault:
            raise StoreUnusable(f"{path} cannot be read ({fault}): check the path and its permissions") from fault

    def __enter__(self) -> "Peek":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    def owed(self, tenant: str, *, now: float) -> dict[str, Owed]:
        """As the store's."""
        return reads.owed(self._connection, tenant, now)

    def scan(self, tenant: str, prefix: str) -> list[Document]:
        """As the store's."""
        return reads.documents_under(self._connection, tenant, prefix)

    def dead_letters(self, tenant: str) -> list[DeadLetter]:
        """As the store's."""
        return reads.dead_letters(self._connection, tenant)

    def _require_ours(self, path: Path, *, older: bool) -> None:
        if self._connection.pragma("application_id") != APPLICATION_ID:
            raise StoreUnusable(f"{path} is no store of Foyer: use a file that `app.py backup` made")
        version = self._connection.execute("SELECT value FROM meta WHERE name = 'schema'").get or 0
        if version > len(STEPS):
            raise StoreUnusable(f"{path} is of a newer version of Foyer: use that version")
        if version < len(STEPS) and not older:
            raise StoreUnusable(f"{path} is of an older version of Foyer: start this one, once")
