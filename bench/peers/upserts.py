"""Pages of a room's feed as plain rows of one table, without claims, versions, index or decisions."""

from datetime import UTC
from pathlib import Path
from typing import Any

import apsw

from bot.graph import wire

# The same for every database, but for what is said of each.
COLUMNS = (
    "room TEXT, id TEXT, ical_uid TEXT, start_at BIGINT, end_at BIGINT, kind TEXT, response TEXT, show_as TEXT, "
    "subject TEXT, organizer TEXT, attendees INTEGER, created_at TEXT, PRIMARY KEY (room, id)"
)
BY_TIME = "CREATE INDEX event_by_time ON event (room, start_at, end_at)"
_TABLE = f"""
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
CREATE TABLE event ({COLUMNS}) WITHOUT ROWID;
{BY_TIME};
CREATE TABLE feed (room TEXT PRIMARY KEY, link TEXT) WITHOUT ROWID;
"""


class Plain:
    """In SQLite: a transaction and a flush for each page."""

    def __init__(self, path: Path) -> None:
        self._connection = apsw.Connection(str(path))
        self._connection.execute(_TABLE).fetchall()

    def spent_s(self) -> float:
        """It has no process of its own."""
        return 0.0

    def apply(self, room: str, body: bytes) -> None:
        rows, gone, link = decoded(room, body)
        with self._connection:
            self._connection.executemany("INSERT OR REPLACE INTO event VALUES (?,?,?,?,?,?,?,?,?,?,?,?)", rows)
            self._connection.executemany("DELETE FROM event WHERE room = ? AND id = ?", gone)
            self._connection.execute("INSERT OR REPLACE INTO feed VALUES (?, ?)", (room, link))


def decoded(room: str, body: bytes) -> tuple[list[tuple[Any, ...]], list[tuple[str, str]], str]:
    """Rows to write, keys to delete, the next link."""
    page = wire.read_events(body)
    gone = [(room, one.id) for one in page.events if one.removed is not None]
    rows = [_columns(room, one) for one in page.events if one.removed is None]
    return rows, gone, page.delta_link


def _columns(room: str, one: wire.Event) -> tuple[Any, ...]:
    assert one.start is not None
    assert one.end is not None
    organizer = one.organizer.email_address if one.organizer else None
    return (
        room,
        one.id,
        one.i_cal_u_id,
        int(one.start.date_time.replace(tzinfo=UTC).timestamp()),
        int(one.end.date_time.replace(tzinfo=UTC).timestamp()),
        one.type,
        one.response_status.response if one.response_status else None,
        one.show_as,
        one.subject,
        organizer.address if organizer else None,
        len(one.attendees or ()),
        one.created_date_time,
    )
