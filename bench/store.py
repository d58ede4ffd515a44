"""Commits per second of the SQLite store, beside SQLite with a flush per commit and a bare log, in one run.

All three write the same: a job of about 100 bytes, durable against power loss before it is acknowledged. They take
turns, round after round, so that a machine that slows down slows all of them. "shared" is how many batches of ours
went to disk with one flush.
"""

import asyncio
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path

import apsw

from bot.ports.store import Batch, Schedule
from bot.store.sqlite import SqliteEngine

WRITERS = (1, 16, 64)
ROUNDS = 5
ROUND_S = 0.5
PAYLOAD = b"x" * 60


@dataclass(frozen=True)
class Side:
    """One of those compared: its name, and how it makes a numbered job durable."""

    name: str
    commit: Callable[[int], Coroutine[None, None, None]]


def main() -> None:
    """Prints the table."""
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:  # not the temporary folder: that may be in memory
        asyncio.run(_compare(Path(folder)))


async def _compare(folder: Path) -> None:
    engine = SqliteEngine.open(folder / "foyer.db")
    sides = (_ours(engine), _naive(folder / "naive.db"), _log(folder / "log"))
    print(f"commits per second, median of {ROUNDS} interleaved rounds of {ROUND_S:g} s")
    print(f"{'at once':>8}{sides[0].name:>16}{sides[1].name:>24}{sides[2].name:>22}{'ratio':>16}{'shared':>9}")
    for writers in WRITERS:
        before = engine.figures()
        rates: dict[str, list[float]] = {side.name: [] for side in sides}
        for _ in range(ROUNDS):
            for side in sides:
                rates[side.name].append(await _rate(side, writers))
        after = engine.figures()
        ours, naive, log = (statistics.median(rates[side.name]) for side in sides)
        shared = (after.done - before.done) / (after.transactions - before.transactions)
        ratios = f"{ours / naive:.1f}x / {ours / log:.1f}x"
        print(f"{writers:>8}{ours:>16,.0f}{naive:>24,.0f}{log:>22,.0f}{ratios:>16}{shared:>9.1f}")
    await engine.close()


async def _rate(side: Side, writers: int) -> float:
    began = time.perf_counter()
    until = began + ROUND_S

    async def write(lane: int) -> int:
        count = 0
        while time.perf_counter() < until:
            await side.commit(lane * 1000 + count % 1000)
            count += 1
        return count

    counts = await asyncio.gather(*(write(lane) for lane in range(writers)))
    return sum(counts) / (time.perf_counter() - began)


def _ours(engine: SqliteEngine) -> Side:
    store = engine.of("contoso")

    async def commit(number: int) -> None:
        await store.commit(Batch(schedules=(Schedule(f"sync/room{number}@contoso.example", 1.0, PAYLOAD),)))

    return Side("this store", commit)


def _naive(file: Path) -> Side:
    connection = apsw.Connection(str(file))
    connection.execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL").fetchall()
    connection.execute("CREATE TABLE job (key TEXT PRIMARY KEY, due REAL, payload BLOB) WITHOUT ROWID")

    async def commit(number: int) -> None:
        values = (f"sync/room{number}@contoso.example", 1.0, PAYLOAD)
        connection.execute("INSERT OR REPLACE INTO job VALUES (?, ?, ?)", values)
        await asyncio.sleep(0)

    return Side("SQLite, flush each", commit)


def _log(file: Path) -> Side:
    descriptor = os.open(file, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)

    async def commit(number: int) -> None:
        os.write(descriptor, f"sync/room{number}@contoso.example".encode() + PAYLOAD)
        os.fdatasync(descriptor)
        await asyncio.sleep(0)

    return Side("append, fdatasync", commit)


if __name__ == "__main__":
    main()
