"""Jobs in SQLite: owing, leasing and finishing them; each function runs inside the writer's transaction."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import apsw
import msgspec

from bot.ports.store import MOST_ATTEMPTS, Finish, Lease, LeaseLost, Schedule

_SCHEDULE = """
INSERT INTO job (tenant, key, payload, due_at, since, generation, attempts) VALUES (?1, ?2, ?3, ?4, ?4, 1, 0)
ON CONFLICT DO UPDATE SET payload = excluded.payload, due_at = excluded.due_at, generation = generation + 1,
  since = CASE WHEN died_at IS NULL THEN min(since, excluded.since) ELSE excluded.since END,
  attempts = 0, died_at = NULL
"""
_LET_GO = "UPDATE job SET fence = NULL, leased_until = NULL, since = due_at WHERE tenant = ? AND key = ?"
_AGAIN = """
UPDATE job SET fence = NULL, leased_until = NULL, due_at = ?3, payload = coalesce(?4, payload), attempts = 0
WHERE tenant = ?1 AND key = ?2
"""
# instr(key, prefix) = 1 knows no wildcards, and is true of the empty prefix.
_BURY = """
UPDATE job SET died_at = ?2, fence = NULL, leased_until = NULL
WHERE tenant = ?1 AND ready_at <= ?2 AND attempts >= ?4
  AND EXISTS (SELECT 1 FROM json_each(?3) AS wish WHERE instr(job.key, wish.value) = 1)
"""
_DUE = """
SELECT job.key, payload, generation, attempts FROM job
WHERE tenant = ?1 AND ready_at <= ?2
  AND EXISTS (SELECT 1 FROM json_each(?3) AS wish WHERE instr(job.key, wish.value) = 1)
ORDER BY ready_at, job.key LIMIT ?4
"""
_LEASE = "UPDATE job SET fence = ?3, leased_until = ?4, attempts = attempts + 1 WHERE tenant = ?1 AND key = ?2"
_RAISE_FENCE = "INSERT INTO fence VALUES (?, ?) ON CONFLICT DO UPDATE SET last = last + excluded.last RETURNING last"

_PROLONG = "UPDATE job SET leased_until = ?4 WHERE tenant = ?1 AND key = ?2 AND fence = ?3"
_LET_ALL_GO = "UPDATE job SET fence = NULL, leased_until = NULL WHERE fence IS NOT NULL"


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What a worker asks for: up to `limit` jobs due at `now` under `prefixes`, until `until` (epoch seconds)."""

    prefixes: Sequence[str]
    limit: int
    now: float
    until: float


def schedule(connection: apsw.Connection, tenant: str, owed: Iterable[Schedule]) -> None:
    connection.executemany(_SCHEDULE, [(tenant, one.key, one.payload, float(one.due_at)) for one in owed])


def finish(connection: apsw.Connection, tenant: str, done: Finish) -> None:
    """Raises LeaseLost."""
    lease, key = done.lease, (tenant, done.lease.key)
    row = connection.execute("SELECT fence, generation FROM job WHERE tenant = ? AND key = ?", key).fetchone()
    if row is None or row[0] != lease.fence:
        raise LeaseLost(lease.key)
    if row[1] != lease.generation:
        connection.execute(_LET_GO, key)
    elif done.again_at is None:
        connection.execute("DELETE FROM job WHERE tenant = ? AND key = ?", key)
    else:
        connection.execute(_AGAIN, (*key, float(done.again_at), done.payload))


def take(connection: apsw.Connection, tenant: str, wish: Wish) -> list[Lease]:
    """Writes nothing where nothing is due."""
    prefixes = msgspec.json.encode(tuple(wish.prefixes) or ("",)).decode()
    connection.execute(_BURY, (tenant, wish.now, prefixes, MOST_ATTEMPTS))
    due: list[Any] = connection.execute(_DUE, (tenant, wish.now, prefixes, max(wish.limit, 0))).fetchall()
    if not due:
        return []
    last: int = connection.execute(_RAISE_FENCE, (tenant, len(due))).get
    leases = []
    for fence, (key, payload, generation, attempts) in enumerate(due, last - len(due) + 1):
        connection.execute(_LEASE, (tenant, key, fence, wish.until))
        leases.append(Lease(key, payload, fence, generation, attempts + 1, wish.until))
    return leases


def prolong(connection: apsw.Connection, tenant: str, leases: Sequence[Lease], until: float) -> list[Lease]:
    """Those still held, with their new end."""
    held = []
    for lease in leases:
        connection.execute(_PROLONG, (tenant, lease.key, lease.fence, until))
        if connection.changes():
            held.append(replace(lease, until=until))
    return held


def let_all_go(connection: apsw.Connection) -> None:
    """For whoever has just locked the file: who held these leases is dead. Attempts stay counted."""
    connection.execute(_LET_ALL_GO)
