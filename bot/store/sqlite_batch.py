"""Applies one batch to the SQLite tables, or refuses it; transactions are the writer's business."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

import apsw

from bot.ports.store import Batch, Claim, Conflict, Delete, Overlap, Put, Release
from bot.store.sqlite_jobs import finish, schedule

_WRITE = """
INSERT INTO document VALUES (?1, ?2, ?3, 1)
ON CONFLICT DO UPDATE SET value = excluded.value, version = version + 1
"""
_CREATE = "INSERT INTO document VALUES (?1, ?2, ?3, 1) ON CONFLICT DO NOTHING"
_CHANGE = "UPDATE document SET value = ?3, version = version + 1 WHERE tenant = ?1 AND key = ?2 AND version = ?4"
_FIRST_HOLDER = """
SELECT holder FROM claim WHERE tenant = ? AND room = ? AND end_at > ? AND start_at < ? ORDER BY end_at LIMIT 1
"""
_RELEASE_ALL = "DELETE FROM claim WHERE tenant = ? AND holder = ?"
# By itself, SQLite looks through all of the room's claims: it prefers the primary key, though less of that is known.
_RELEASE = "DELETE FROM claim INDEXED BY claim_by_holder WHERE tenant = ? AND holder = ? AND room = ?"


def apply(connection: apsw.Connection, tenant: str, batch: Batch) -> None:
    """Raises Conflict, Overlap or LeaseLost and leaves what was done so far to be rolled back."""
    for one in batch.finishes:
        finish(connection, tenant, one)
    for delete in batch.deletes:
        _delete(connection, tenant, delete)
    for is_blind, puts in groupby(batch.puts, key=lambda put: put.expected is None):  # in their order
        if is_blind:
            connection.executemany(_WRITE, [(tenant, put.key, put.value) for put in puts])
        else:
            for put in puts:
                _put(connection, tenant, put)
    _release(connection, tenant, batch.releases)
    _claim(connection, tenant, batch.claims)
    schedule(connection, tenant, batch.schedules)


def _put(connection: apsw.Connection, tenant: str, put: Put) -> None:
    values = (tenant, put.key, put.value)
    if put.expected == 0:
        connection.execute(_CREATE, values)
    else:
        connection.execute(_CHANGE, (*values, put.expected))
    if connection.changes() != 1:
        raise Conflict(put.key)


def _delete(connection: apsw.Connection, tenant: str, delete: Delete) -> None:
    if delete.expected is not None:
        version = connection.execute("SELECT version FROM document WHERE tenant = ? AND key = ?", (tenant, delete.key))
        if (version.get or 0) != delete.expected:
            raise Conflict(delete.key)
    connection.execute("DELETE FROM document WHERE tenant = ? AND key = ?", (tenant, delete.key))


def _release(connection: apsw.Connection, tenant: str, releases: Iterable[Release]) -> None:
    everywhere = [(tenant, one.holder) for one in releases if one.room is None]
    connection.executemany(_RELEASE_ALL, everywhere)
    connection.executemany(_RELEASE, [(tenant, one.holder, one.room) for one in releases if one.room is not None])


def _claim(connection: apsw.Connection, tenant: str, claims: Sequence[Claim]) -> None:
    """One after the other, so that each is held against those before it, too."""
    trying = claims[0] if claims else None

    def rows() -> Iterator[tuple[str, str, int, int, str]]:
        nonlocal trying
        for trying in claims:
            yield tenant, trying.room, trying.start, trying.end, trying.holder

    try:
        connection.executemany("INSERT INTO claim VALUES (?, ?, ?, ?, ?)", rows())
    except apsw.ConstraintError:
        if trying is None:
            raise
        stretch = (tenant, trying.room, trying.start, trying.end)
        holder = connection.execute(_FIRST_HOLDER, stretch).get
        if holder is None:  # it was refused for something else than an overlap
            raise
        raise Overlap(trying, holder) from None
