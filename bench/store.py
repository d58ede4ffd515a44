"""What the stores do in a second, beside the limits they stand on, in one run.

Commits: a job of about 100 bytes, durable against power loss before it is acknowledged; from so many at once. SQLite
stands beside bare SQLite, once with a flush per commit and once with flushes shared as ours are, and a bare log with
fdatasync; Redis beside a bare SET on the same server, which flushes its append-only file before each answer. All take
turns, round after round, so that a machine that slows down slows all of them; a ratio is the median of the rounds'
ratios. "shared" is how many batches of ours went to disk with one flush of SQLite.

Claims and jobs: each store alone, one after the other: batches with one claim on a room of its own hour, and jobs that
were leased by `take`, 32 at a time, as workers do.
"""

import argparse
import asyncio
import contextlib
import itertools
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path

import apsw
import redis.asyncio

from bench.peers.folders import on_disk
from bot.clock import SystemClock
from bot.ports.store import Batch, Claim, Schedule, Store
from bot.store.memory import MemoryEngine
from bot.store.redis import RedisEngine
from bot.store.sqlite import SqliteEngine
from tests.redis_server import HOW_TO_GET, PROGRAM, running

WRITERS = (1, 16, 64)
PAYLOAD = b"x" * 60
JOBS = 4_000
TAKEN = 32  # at a time, as a worker does


@dataclass(frozen=True)
class Side:
    """One of those compared: its name, and how it makes a numbered job durable."""

    name: str
    commit: Callable[[int], Coroutine[None, None, None]]


@dataclass(frozen=True, kw_only=True)
class Length:
    """How many rounds, and how long each side writes in one."""

    rounds: int = 5
    seconds: float = 0.5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="shows that everything runs; the figures say little")
    told = parser.parse_args()
    with on_disk() as folder:
        asyncio.run(_compare(Path(folder), Length(rounds=1, seconds=0.02) if told.quick else Length()))
    if told.quick:
        print("\nA quick run shows that everything runs. Its rounds are too short to measure.")


async def _compare(folder: Path, length: Length) -> None:
    async with contextlib.AsyncExitStack() as stack:
        sqlite = SqliteEngine.open(folder / "foyer.db")
        stack.push_async_callback(sqlite.close)
        bare = (_naive(folder / "naive.db"), _grouped(folder / "grouped.db"), _log(folder / "log"))
        sides = [_ours("SQLite", sqlite.of("contoso")), *bare]
        stores: dict[str, Store] = {"SQLite": sqlite.of("claims"), "memory": MemoryEngine().of("claims")}
        if PROGRAM is None:
            print(f"without Redis: {HOW_TO_GET}")
        else:
            socket = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="foyer-")))  # its path must be short
            server = stack.enter_context(running(socket, {"dir": str(folder)}))
            engine = await RedisEngine.open(server.url(), SystemClock())
            stack.push_async_callback(engine.close)
            client = redis.asyncio.Redis(unix_socket_path=str(server.socket), max_connections=max(WRITERS))
            stack.push_async_callback(client.aclose)
            sides += [_ours("Redis", engine.of("contoso")), _set_each(client)]
            stores["Redis"] = engine.of("claims")
        await _commits(sides, sqlite, length)
        await _work(stores, length)


async def _commits(sides: list[Side], sqlite: SqliteEngine, length: Length) -> None:
    print(f"commits per second, median of {length.rounds} interleaved rounds of {length.seconds:g} s")
    print(f"{'at once':>8}" + "".join(f"{side.name:>24}" for side in sides) + f"{'shared':>9}")
    ratios = []
    for writers in WRITERS:
        before = sqlite.figures()
        rates: dict[str, list[float]] = {side.name: [] for side in sides}
        for _ in range(length.rounds):
            for side in sides:
                rates[side.name].append(await _rate(side, writers, length))
        after = sqlite.figures()
        shared = (after.done - before.done) / (after.transactions - before.transactions)
        medians = "".join(f"{statistics.median(rates[side.name]):>24,.0f}" for side in sides)
        print(f"{writers:>8}{medians}{shared:>9.1f}")
        ratios.append(f"{writers:>8}" + "".join(f"{_ratio(rates, side):>24}" for side in sides))
    print("\nratios: ours to each\n" + "\n".join(ratios))


def _ratio(rates: dict[str, list[float]], side: Side) -> str:
    ours = "Redis" if side.name.startswith("Redis") else "SQLite"
    found = statistics.median(one / other for one, other in zip(rates[ours], rates[side.name], strict=True))
    return "" if side.name == ours else f"{ours} {found:.2f}"


async def _work(stores: dict[str, Store], length: Length) -> None:
    print(f"\nper second: claims, 1 and 64 at once; jobs leased, {TAKEN} at a time, of {JOBS:,}")
    print(f"{'':>8}{'claims, 1':>20}{'claims, 64':>20}{'jobs':>20}")
    for name, store in stores.items():
        claims = _claiming(name, store)
        found = (await _rate(claims, 1, length), await _rate(claims, 64, length), await _leased(store))
        print(f"{name:>8}" + "".join(f"{rate:>20,.0f}" for rate in found))


async def _rate(side: Side, writers: int, length: Length) -> float:
    began = time.perf_counter()
    until = began + length.seconds

    async def write(lane: int) -> int:
        count = 0
        while time.perf_counter() < until:
            await side.commit(lane * 1000 + count % 1000)
            count += 1
        return count

    counts = await asyncio.gather(*(write(lane) for lane in range(writers)))
    return sum(counts) / (time.perf_counter() - began)


def _ours(name: str, store: Store) -> Side:
    async def commit(number: int) -> None:
        await store.commit(Batch(schedules=(Schedule(f"sync/room{number}@contoso.example", 1.0, PAYLOAD),)))

    return Side(name, commit)


def _claiming(name: str, store: Store) -> Side:
    hours = itertools.count()

    async def commit(number: int) -> None:
        start = next(hours) * 3600
        claim = Claim(f"room{number % 100}@contoso.example", start, start + 3600, f"booking:{start}")
        await store.commit(Batch(claims=(claim,)))

    return Side(name, commit)


async def _leased(store: Store) -> float:
    await store.commit(Batch(schedules=[Schedule(f"sync/{number}", 1.0, PAYLOAD) for number in range(JOBS)]))
    began, taken = time.perf_counter(), 0
    while leases := await store.take(("sync/",), TAKEN, now=2.0, lease_s=60.0):
        taken += len(leases)
    return taken / (time.perf_counter() - began)


def _naive(file: Path) -> Side:
    connection = apsw.Connection(str(file))
    connection.execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL").fetchall()
    connection.execute("CREATE TABLE job (key TEXT PRIMARY KEY, due REAL, payload BLOB) WITHOUT ROWID")

    async def commit(number: int) -> None:
        values = (f"sync/room{number}@contoso.example", 1.0, PAYLOAD)
        connection.execute("INSERT OR REPLACE INTO job VALUES (?, ?, ?)", values)
        await asyncio.sleep(0)

    return Side("SQLite, flush each", commit)


def _grouped(file: Path) -> Side:
    """All that wait share a transaction and a flush, on the event loop's own thread: the least there is to do."""
    connection = apsw.Connection(str(file))
    connection.execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL").fetchall()
    connection.execute("CREATE TABLE job (key TEXT PRIMARY KEY, due REAL, payload BLOB) WITHOUT ROWID")
    waiting: list[tuple[str, asyncio.Future[None]]] = []

    def flush() -> None:
        with connection:
            rows = [(key, 1.0, PAYLOAD) for key, _ in waiting]
            connection.executemany("INSERT OR REPLACE INTO job VALUES (?, ?, ?)", rows)
        for _, done in waiting:
            done.set_result(None)
        waiting.clear()

    async def commit(number: int) -> None:
        loop = asyncio.get_running_loop()
        if not waiting:
            loop.call_soon(flush)
        done = loop.create_future()
        waiting.append((f"sync/room{number}@contoso.example", done))
        await done

    return Side("SQLite, flushes shared", commit)


def _log(file: Path) -> Side:
    descriptor = os.open(file, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)

    async def commit(number: int) -> None:
        os.write(descriptor, f"sync/room{number}@contoso.example".encode() + PAYLOAD)
        os.fdatasync(descriptor)
        await asyncio.sleep(0)

    return Side("append, fdatasync", commit)


def _set_each(client: "redis.asyncio.Redis") -> Side:
    """A connection for each that writes, as far as there are so many."""

    async def commit(number: int) -> None:
        await client.set(f"sync/room{number}@contoso.example", PAYLOAD)

    return Side("Redis, bare SET", commit)


if __name__ == "__main__":
    main()
