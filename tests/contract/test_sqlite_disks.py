"""What the SQLite engine promises of disks that fail, and of one flush for many: beyond the port."""

import asyncio
import itertools
import os
import random
import time
from collections.abc import AsyncIterator
from pathlib import Path

import apsw
import pytest

from bot.ports.store import Batch, Claim, Conflict, Overlap, Put, Schedule, Store, StoreDown
from bot.store.sqlite import SqliteEngine
from bot.store.sqlite_writer import MOST_WAITING
from tests.contract.disks import CutDisk, Disk, SlowDisk

ROOM = "oak@contoso.example"
_NUMBERS = itertools.count()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "foyer.db"


@pytest.fixture
async def engine(file: Path) -> AsyncIterator[SqliteEngine]:
    opened = SqliteEngine.open(file)
    yield opened
    await opened.close()


@pytest.fixture
def disk() -> Disk:
    return Disk(f"disk-{next(_NUMBERS)}")


@pytest.fixture
async def slow_disk() -> AsyncIterator[SlowDisk]:
    made = SlowDisk(f"slow-{next(_NUMBERS)}")
    yield made
    made.slow = False
    made.permits.release(1000)


@pytest.mark.parametrize("fault", ["full", "failing"])
async def test_a_disk_that_fails_fails_the_batch_and_nothing_else(
    file: Path, disk: Disk, fault: str, caplog: pytest.LogCaptureFixture
) -> None:
    engine = SqliteEngine.open(file, vfs=disk.name)
    store = engine.of("contoso")
    await store.commit(Batch(puts=(Put("before", b"1"),), schedules=(Schedule("j", 5),)))

    setattr(disk, fault, True)
    tries = (store.commit(Batch(puts=(Put(f"during/{n}", b"x" * 9000),))) for n in range(20))
    outcomes = await asyncio.gather(*tries, return_exceptions=True)

    assert [type(outcome) for outcome in outcomes] == [StoreDown] * 20
    with pytest.raises(StoreDown):
        await store.take((), 1, now=9, lease_s=1)
    assert not await engine.healthy()
    assert await store.next_due() == 5
    assert [doc.key for doc in await store.scan("")] == ["before"]
    setattr(disk, fault, False)
    assert await engine.healthy()
    await store.commit(Batch(puts=(Put("during/3", b"y", expected=0),)))
    assert [doc.key for doc in await store.scan("")] == ["before", "during/3"]
    assert [lease.attempt for lease in await store.take((), 1, now=9, lease_s=1)] == [1]
    assert engine.figures().failed == 22
    assert [record.message for record in caplog.records] == ["store.write_failed", "store.writes_again"]
    await engine.close()
    assert "foyer.db-wal" not in await asyncio.to_thread(os.listdir, file.parent)


async def test_commits_that_wait_together_share_one_flush(file: Path, slow_disk: SlowDisk) -> None:
    engine = SqliteEngine.open(file, vfs=slow_disk.name)
    store = engine.of("contoso")
    before = engine.figures()
    slow_disk.slow = True
    first = asyncio.ensure_future(store.commit(Batch(puts=(Put("first", b""),))))
    await asyncio.to_thread(slow_disk.reached.wait, 10)
    others = [asyncio.ensure_future(store.commit(Batch(puts=(Put(f"{n}", b""),)))) for n in range(100)]
    await asyncio.wait(others, timeout=0)

    slow_disk.permits.release(2)
    await asyncio.wait_for(asyncio.gather(first, *others), 10)

    after = engine.figures()
    assert after.transactions - before.transactions == 2
    assert after.done - before.done == 101
    slow_disk.slow = False
    await engine.close()


async def test_nothing_is_acknowledged_or_seen_before_the_flush(file: Path, slow_disk: SlowDisk) -> None:
    engine = SqliteEngine.open(file, vfs=slow_disk.name)
    store = engine.of("contoso")
    slow_disk.slow = True

    commit = asyncio.ensure_future(store.commit(Batch(puts=(Put("a", b""),))))
    await asyncio.to_thread(slow_disk.reached.wait, 10)
    seen = await store.read(["a"])

    assert not commit.done()
    assert seen == {}
    slow_disk.permits.release()
    await asyncio.wait_for(commit, 10)
    assert set(await store.read(["a"])) == {"a"}
    slow_disk.slow = False
    await engine.close()


async def test_a_refused_batch_takes_none_of_its_neighbours_with_it(file: Path, slow_disk: SlowDisk) -> None:
    engine = SqliteEngine.open(file, vfs=slow_disk.name)
    store = engine.of("contoso")
    before = engine.figures()
    slow_disk.slow = True
    first = asyncio.ensure_future(store.commit(Batch(puts=(Put("first", b""),))))
    await asyncio.to_thread(slow_disk.reached.wait, 10)
    batches = [Batch(puts=(Put(f"{n}", b""),), claims=(Claim(ROOM, n // 2, n // 2 + 1, f"{n}"),)) for n in range(40)]
    others = [asyncio.ensure_future(store.commit(batch)) for batch in batches]
    await asyncio.wait(others, timeout=0)

    slow_disk.permits.release(2)
    await first
    outcomes = await asyncio.gather(*others, return_exceptions=True)

    assert engine.figures().transactions - before.transactions == 2
    assert [isinstance(outcome, Overlap) for outcome in outcomes] == [False, True] * 20
    assert {doc.key for doc in await store.scan("")} == {"first", *(f"{n}" for n in range(0, 40, 2))}
    slow_disk.slow = False
    await engine.close()


async def test_a_refusal_that_rests_on_a_lost_neighbour_is_not_told(file: Path, slow_disk: SlowDisk) -> None:
    engine = SqliteEngine.open(file, vfs=slow_disk.name)
    store = engine.of("contoso")
    slow_disk.slow = True
    first = asyncio.ensure_future(store.commit(Batch(puts=(Put("first", b""),))))
    await asyncio.to_thread(slow_disk.reached.wait, 10)
    winner = asyncio.ensure_future(store.commit(Batch(puts=(Put("a", b"", expected=0),))))
    loser = asyncio.ensure_future(store.commit(Batch(puts=(Put("a", b"", expected=0),))))
    await asyncio.wait((winner, loser), timeout=0)

    slow_disk.permits.release()
    await first
    slow_disk.failing = True
    slow_disk.permits.release()
    outcomes = await asyncio.gather(winner, loser, return_exceptions=True)

    assert [type(outcome) for outcome in outcomes] == [StoreDown, StoreDown]
    slow_disk.slow = slow_disk.failing = False
    await store.commit(Batch(puts=(Put("a", b"", expected=0),)))
    with pytest.raises(Conflict):
        await store.commit(Batch(puts=(Put("a", b"", expected=0),)))
    await engine.close()


async def test_a_disk_that_does_not_keep_up_is_told_before_memory_fills(file: Path, slow_disk: SlowDisk) -> None:
    engine = SqliteEngine.open(file, vfs=slow_disk.name)
    store = engine.of("contoso")
    slow_disk.slow = True
    first = asyncio.ensure_future(store.commit(Batch(puts=(Put("first", b""),))))
    await asyncio.to_thread(slow_disk.reached.wait, 10)
    waiting = [asyncio.ensure_future(store.commit(Batch())) for _ in range(MOST_WAITING)]
    await asyncio.wait(waiting, timeout=0)
    assert engine.figures().waiting == MOST_WAITING

    with pytest.raises(StoreDown, match="too many"):
        await store.commit(Batch())

    slow_disk.slow = False
    slow_disk.permits.release(100)
    assert set(await asyncio.gather(first, *waiting)) == {None}
    await engine.close()


async def test_closing_finishes_what_was_accepted(file: Path, slow_disk: SlowDisk) -> None:
    engine = SqliteEngine.open(file, vfs=slow_disk.name)
    store = engine.of("contoso")
    slow_disk.slow = True
    accepted = [asyncio.ensure_future(store.commit(Batch(puts=(Put("first", b""),))))]
    await asyncio.to_thread(slow_disk.reached.wait, 10)
    accepted += [asyncio.ensure_future(store.commit(Batch(puts=(Put(f"{n}", b""),)))) for n in range(29)]
    await asyncio.wait(accepted, timeout=0)
    closing = asyncio.ensure_future(engine.close())
    await asyncio.wait((closing,), timeout=0)

    with pytest.raises(StoreDown, match="closed"):
        await store.commit(Batch(puts=(Put("too late", b""),)))
    slow_disk.slow = False
    slow_disk.permits.release(10)
    await asyncio.gather(closing, *accepted)

    again = SqliteEngine.open(file)
    assert len(await again.of("contoso").scan("")) == 30
    await again.close()


async def test_a_batch_that_makes_no_sense_is_told_to_its_maker_alone(engine: SqliteEngine) -> None:
    store = engine.of("contoso")
    nonsense = Batch(puts=(Put("good", b""), Put("bad", "text")))  # type: ignore[arg-type]  # the mistake meant

    outcomes = await asyncio.gather(
        store.commit(Batch(puts=(Put("a", b""),))),
        store.commit(nonsense),
        store.commit(Batch(claims=(Claim(ROOM, 1, 2**70, "x"),))),
        store.commit(Batch(puts=(Put("\ud800", b""),))),
        store.commit(Batch(puts=(Put("b", b""),))),
        return_exceptions=True,
    )

    assert [outcome is None for outcome in outcomes] == [True, False, False, False, True]
    assert [doc.key for doc in await store.scan("")] == ["a", "b"]


def test_a_power_cut_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    chance = random.Random(20261121)  # noqa: S311 - a seed, so that a failure repeats
    disk = CutDisk(f"cut-{next(_NUMBERS)}", chance)
    acknowledged: list[str] = []
    cuts: list[tuple[Path, set[str]]] = []

    def maybe_cut() -> None:
        if chance.random() < 0.02:
            folder = tmp_path / f"cut{len(cuts)}"
            folder.mkdir()
            disk.cut_into(folder)
            cuts.append((folder / "foyer.db", set(acknowledged)))

    async def write(store: Store, lane: int) -> None:
        for n in range(60):
            key = f"{lane}/{n}"
            await store.commit(Batch(puts=(Put(key, key.encode() * 6000),), schedules=(Schedule(key, n),)))
            acknowledged.append(key)

    async def fill() -> None:
        engine = SqliteEngine.open(tmp_path / "foyer.db", vfs=disk.name)
        disk.on_touch = maybe_cut
        await asyncio.gather(*(write(engine.of("contoso"), lane) for lane in range(4)))
        await engine.close()

    async def kept(file: Path) -> dict[str, bytes]:
        engine = SqliteEngine.open(file)
        found = await engine.of("contoso").scan("")
        await engine.close()
        return {doc.key: doc.value for doc in found}

    asyncio.run(fill())

    assert len(cuts) >= 15
    assert any(file.stat().st_size > 1_000_000 for file, _ in cuts), "no cut came after the log was folded back"
    for file, promised in cuts:
        found = asyncio.run(kept(file))
        assert promised <= set(found)
        assert all(value == key.encode() * 6000 for key, value in found.items())


async def test_the_write_ahead_log_is_folded_back_into_the_file(engine: SqliteEngine, file: Path) -> None:
    store = engine.of("contoso")

    for n in range(60):
        await store.commit(Batch(puts=(Put(f"{n}", bytes([n]) * 200_000),)))

    sizes = await asyncio.to_thread(lambda: {path.name: path.stat().st_size for path in file.parent.iterdir()})
    assert sizes["foyer.db"] > 2_000_000
    assert sizes["foyer.db-wal"] < sizes["foyer.db"] * 2


async def test_a_long_scan_does_not_keep_the_writer_waiting(engine: SqliteEngine) -> None:
    store = engine.of("contoso")
    await store.commit(Batch(puts=tuple(Put(f"{n:05}", b"x" * 1000) for n in range(5000))))

    def slow(connection: apsw.Connection) -> int:
        rows = connection.execute("SELECT key FROM document")
        rows.fetchone()
        written = asyncio.run_coroutine_threadsafe(store.commit(Batch(puts=(Put("meanwhile", b""),))), loop)
        written.result(timeout=10)
        return 1 + len(rows.fetchall())

    loop = asyncio.get_running_loop()
    began = time.perf_counter()

    assert await engine._readers.ask(slow) == 5000
    assert time.perf_counter() - began < 10
    assert set(await store.read(["meanwhile"])) == {"meanwhile"}
