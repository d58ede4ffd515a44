"""The tables of the SQLite store, how a file is brought to them, and which files are refused."""

from pathlib import Path

import apsw

from bot.ports.store import StoreUnusable
from bot.store.sqlite_check import finding

APPLICATION_ID = 0x466F7972  # "Foyr"

_FIRST = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID, STRICT;

CREATE TABLE document (
  tenant TEXT NOT NULL, key TEXT NOT NULL, value BLOB NOT NULL, version INTEGER NOT NULL,
  PRIMARY KEY (tenant, key)
) WITHOUT ROWID, STRICT;

-- Live claims of a room never overlap, so their ends stand in the order of their starts: the first that ends after a
-- new one starts is the only one to look at, however long claims are.
CREATE TABLE claim (
  tenant TEXT NOT NULL, room TEXT NOT NULL, start_at INTEGER NOT NULL, end_at INTEGER NOT NULL, holder TEXT NOT NULL,
  PRIMARY KEY (tenant, room, end_at), CHECK (start_at < end_at)
) WITHOUT ROWID, STRICT;
CREATE INDEX claim_by_holder ON claim (tenant, holder, room);
CREATE TRIGGER claims_never_overlap BEFORE INSERT ON claim
WHEN NEW.end_at > (
  SELECT start_at FROM claim WHERE tenant = NEW.tenant AND room = NEW.room AND end_at > NEW.start_at
  ORDER BY end_at LIMIT 1
)
BEGIN SELECT RAISE(ABORT, 'overlap'); END;
CREATE TRIGGER claims_never_change BEFORE UPDATE ON claim
BEGIN SELECT RAISE(ABORT, 'a claim is released and made anew'); END;

-- `fence` is NULL while nobody has the job; a dead letter is never ready.
CREATE TABLE job (
  tenant TEXT NOT NULL, key TEXT NOT NULL, payload BLOB NOT NULL, due_at REAL NOT NULL, generation INTEGER NOT NULL,
  fence INTEGER, leased_until REAL, attempts INTEGER NOT NULL, died_at REAL,
  ready_at REAL GENERATED ALWAYS AS
    (CASE WHEN died_at IS NULL THEN max(due_at, coalesce(leased_until, due_at)) END) VIRTUAL,
  PRIMARY KEY (tenant, key)
) WITHOUT ROWID, STRICT;
CREATE INDEX job_by_ready ON job (tenant, ready_at, key) WHERE ready_at IS NOT NULL;
CREATE INDEX job_by_death ON job (tenant, died_at, key) WHERE died_at IS NOT NULL;

CREATE TABLE fence (tenant TEXT PRIMARY KEY, last INTEGER NOT NULL) WITHOUT ROWID, STRICT;

INSERT INTO meta VALUES ('probe', 0);
"""

# When the job was first due: later schedules and puttings off move due_at alone.
_SINCE = """
ALTER TABLE job ADD COLUMN since REAL NOT NULL DEFAULT 0;
UPDATE job SET since = due_at;
"""

# Step n brings a file from version n - 1 to n. A step that was released is never changed.
STEPS = (_FIRST, _SINCE)

_SETTINGS = """
PRAGMA page_size = 8192; -- documents of 1 to 2 kB stay on their page
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
PRAGMA fullfsync = ON; -- where fsync alone does not reach the disk: macOS
PRAGMA journal_size_limit = 67108864;
"""
_EVERY_CONNECTION = """
PRAGMA busy_timeout = 5000;
PRAGMA trusted_schema = OFF;
PRAGMA mmap_size = 0;
PRAGMA temp_store = MEMORY;
PRAGMA foreign_keys = ON;
"""


def open_writer(path: Path, vfs: str | None, *, checked: bool) -> apsw.Connection:
    """The one connection that writes, its file brought to the newest version, and looked through for damage where it is
    to be `checked`.

    Raises StoreUnusable for a file that is damaged, strange, or written by a newer Foyer.
    """
    connection = _connect(path, apsw.SQLITE_OPEN_READWRITE, vfs)
    try:
        _refuse_strangers(connection, path)
        connection.execute(_SETTINGS).fetchall()
        _require_wal(connection, path)
        if checked and (found := finding(connection)):
            raise StoreUnusable(damaged(path, found))
        _migrate(connection, path)
    except (apsw.NotADBError, apsw.CorruptError) as fault:
        connection.close()
        raise StoreUnusable(damaged(path, str(fault))) from fault
    except apsw.Error as fault:
        connection.close()
        raise StoreUnusable(f"{path} cannot be used ({fault}): is the disk full, or read-only?") from fault
    except StoreUnusable:
        connection.close()
        raise
    return connection


def open_reader(path: Path, vfs: str | None) -> apsw.Connection:
    """A connection that cannot write."""
    return _connect(path, apsw.SQLITE_OPEN_READONLY, vfs)


def _connect(path: Path, flags: int, vfs: str | None) -> apsw.Connection:
    connection = apsw.Connection(str(path), flags=flags, vfs=vfs)
    connection.execute(_EVERY_CONNECTION).fetchall()
    return connection


def _refuse_strangers(connection: apsw.Connection, path: Path) -> None:
    tables = connection.execute("SELECT count(*) FROM sqlite_schema").get
    if tables and connection.pragma("application_id") != APPLICATION_ID:
        raise StoreUnusable(f"{path} is a database of something else than Foyer: name another file")


def _require_wal(connection: apsw.Connection, path: Path) -> None:
    if connection.pragma("journal_mode") != "wal":
        raise StoreUnusable(f"{path} lies on a file system without shared memory: put it on a local disk")


def damaged(path: Path, found: str) -> str:
    """What to tell the operator."""
    return (
        f"{path} is damaged ({found}). Move {path.name}, {path.name}-wal and {path.name}-shm aside, keep them, and "
        "restore the newest backup. Starting without one is possible: rooms and calendars are read anew from "
        "Microsoft 365, but bookings under way, their cards and what is owed to people are gone."
    )


def _migrate(connection: apsw.Connection, path: Path) -> None:
    known, found = len(STEPS), _version(connection)
    if found > known:
        raise StoreUnusable(
            f"{path} was written by a newer Foyer (schema {found}, this one knows {known}): run that version, or "
            "restore the backup that was made before the update"
        )
    for version, step in enumerate(STEPS[found:], found + 1):
        with connection:
            connection.execute(step).fetchall()
            connection.execute("INSERT OR REPLACE INTO meta VALUES ('schema', ?)", (version,))
            connection.pragma("application_id", APPLICATION_ID)


def _version(connection: apsw.Connection) -> int:
    if not connection.execute("SELECT count(*) FROM sqlite_schema WHERE name = 'meta'").get:
        return 0
    return int(connection.execute("SELECT value FROM meta WHERE name = 'schema'").get or 0)
