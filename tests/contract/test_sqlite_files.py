"""What the SQLite engine promises of files and processes, beyond the port."""

import asyncio
import logging
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import apsw
import pytest

from bot.ports.store import (
    Batch,
    Claim,
    DeadLetter,
    Finish,
    LeaseLost,
    Overlap,
    Owed,
    Put,
    Schedule,
    StoreDown,
    StoreUnusable,
)
from bot.store import sqlite, sqlite_file
from bot.store.sqlite import SqliteEngine
from bot.store.sqlite_file import file_system_of, require_library, require_local
from bot.store.sqlite_schema import APPLICATION_ID, STEPS

REPOSITORY = Path(__file__).parents[2]
ROOM = "oak@contoso.example"

WRITER = """
import asyncio, sys
from pathlib import Path
from bot.ports.store import Batch, Put, Schedule
from bot.store.sqlite import SqliteEngine

async def write(store, lane):
    for n in range(10**6):
        key = f"{lane}/{n:06}"
        await store.commit(Batch(puts=(Put(key, key.encode() * 20),), schedules=(Schedule(key, n),)))
        print(key, flush=True)

async def main():
    store = SqliteEngine.open(Path(sys.argv[1])).of("contoso")
    await asyncio.gather(*(write(store, lane) for lane in range(8)))

asyncio.run(main())
"""
OPENER = """
import sys
from pathlib import Path
from bot.store.sqlite import SqliteEngine
from bot.ports.store import StoreUnusable
try:
    SqliteEngine.open(Path(sys.argv[1]))
except StoreUnusable as refusal:
    sys.exit(str(refusal))
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "foyer.db"


@pytest.fixture
async def engine(file: Path) -> AsyncIterator[SqliteEngine]:
    opened = SqliteEngine.open(file)
    yield opened
    await opened.close()


def run(program: str, file: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", program, str(file)],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


# Files and processes --------------------------------------------------------------------------------------------


async def test_everything_survives_closing_and_opening_again(file: Path) -> None:
    first = SqliteEngine.open(file)
    store = first.of("contoso")
    await store.commit(
        Batch(puts=(Put("a", b"1"),), claims=(Claim(ROOM, 1, 9, "us"),), schedules=(Schedule("j", 5, b"p"),))
    )
    await store.commit(Batch(puts=(Put("a", b"2"),), schedules=(Schedule("k", 7),)))
    leases = await store.take((), 1, now=6, lease_s=10)
    await first.close()

    second = SqliteEngine.open(file)
    store = second.of("contoso")

    assert (await store.read(["a"]))["a"].version == 2
    with pytest.raises(Overlap):
        await store.commit(Batch(claims=(Claim(ROOM, 8, 9, "them"),)))
    again, later = await store.take((), 9, now=7, lease_s=10)
    assert (again.key, again.attempt, later.key) == ("j", 2, "k"), "whoever had it is dead: nobody waits for its lease"
    assert later.fence > again.fence > leases[0].fence
    with pytest.raises(LeaseLost):
        await store.commit(Batch(finishes=(Finish(leases[0]),)))
    await second.close()


async def test_attempts_and_dead_letters_survive_closing(file: Path) -> None:
    for opening in range(6):
        engine = SqliteEngine.open(file)
        store = engine.of("contoso")
        if opening == 0:
            await store.commit(Batch(schedules=(Schedule("poison", 1),)))
        await store.take((), 1, now=100 * opening + 5, lease_s=10)
        await engine.close()

    engine = SqliteEngine.open(file)

    assert await engine.of("contoso").dead_letters() == [DeadLetter("poison", b"", 5, 505)]
    await engine.close()


def test_a_second_process_is_refused_and_told_who_has_the_store(file: Path) -> None:
    holder = run(WRITER, file)
    assert holder.stdout is not None
    assert holder.stdout.readline()

    second = run(OPENER, file)
    _, said = second.communicate(timeout=30)
    holder.kill()
    holder.communicate()

    assert second.returncode == 1
    assert f"in use by another Foyer (process {holder.pid})" in said
    assert "another data folder" in said


async def test_the_same_process_cannot_open_the_store_twice(engine: SqliteEngine, file: Path) -> None:
    (file.parent / "link.db").symlink_to(file)

    for name in (file, file.parent / "link.db"):
        with pytest.raises(StoreUnusable, match="in use by another Foyer"):
            SqliteEngine.open(name)


def test_a_killed_process_loses_nothing_that_it_acknowledged(file: Path) -> None:
    writer = run(WRITER, file)
    assert writer.stdout is not None
    acknowledged = [writer.stdout.readline().strip() for _ in range(2000)]
    writer.kill()
    rest, _ = writer.communicate()
    acknowledged += [line for line in rest.splitlines(keepends=True) if line.endswith("\n")]

    async def kept() -> dict[str, bytes]:
        engine = SqliteEngine.open(file)
        store = engine.of("contoso")
        found = {doc.key: doc.value for doc in await store.scan("")}
        owed = await store.take((), 10**6, now=10**9, lease_s=1)
        await engine.close()
        assert {lease.key for lease in owed} == set(found)
        return found

    found = asyncio.run(kept())
    assert {key.strip() for key in acknowledged} <= set(found)
    assert all(value == key.encode() * 20 for key, value in found.items())


async def test_an_overlap_is_refused_to_whatever_else_writes_the_file(engine: SqliteEngine, file: Path) -> None:
    await engine.of("contoso").commit(Batch(claims=(Claim(ROOM, 10, 20, "us"),)))
    stranger = apsw.Connection(str(file))

    with pytest.raises(apsw.ConstraintError, match="overlap"):
        stranger.execute("INSERT INTO claim VALUES ('contoso', ?, 19, 25, 'them')", (ROOM,))
    with pytest.raises(apsw.ConstraintError, match="overlap"):
        stranger.execute("INSERT OR REPLACE INTO claim VALUES ('contoso', ?, 5, 20, 'them')", (ROOM,))
    with pytest.raises(apsw.ConstraintError, match="anew"):
        stranger.execute("UPDATE claim SET end_at = 30")

    stranger.execute("INSERT INTO claim VALUES ('contoso', ?, 20, 25, 'them')", (ROOM,))
    stranger.close()
    assert [claim.holder for claim in await engine.of("contoso").claims(ROOM, 0, 99)] == ["us", "them"]


async def test_nobody_but_the_owner_can_read_the_files(engine: SqliteEngine, file: Path) -> None:
    await engine.of("contoso").commit(Batch(puts=(Put("a", b"1"),)))

    modes = {path.name: path.stat().st_mode & 0o777 for path in file.parent.iterdir()}

    assert modes == dict.fromkeys(("foyer.db", "foyer.db-wal", "foyer.db-shm", "foyer.db.lock"), 0o600)


def test_a_file_that_was_open_to_others_is_taken_from_them(file: Path) -> None:
    asyncio.run(SqliteEngine.open(file).close())
    file.chmod(0o644)

    asyncio.run(SqliteEngine.open(file).close())

    assert file.stat().st_mode & 0o777 == 0o600


async def test_the_settings_are_those_that_survive_a_power_cut(engine: SqliteEngine) -> None:
    asked = ("journal_mode", "synchronous", "mmap_size", "trusted_schema", "busy_timeout")

    def settings(connection: apsw.Connection) -> list[object]:
        return [connection.pragma(name) for name in asked]

    assert await engine._writer.do(settings) == ["wal", 2, 0, 0, 5000]


async def test_a_reader_cannot_write(engine: SqliteEngine) -> None:
    with pytest.raises(StoreDown):
        await engine._readers.ask(lambda connection: connection.execute("DELETE FROM document").fetchall())


async def test_a_damaged_file_is_refused_with_what_to_do(file: Path) -> None:
    engine = SqliteEngine.open(file)
    await engine.of("contoso").commit(Batch(puts=tuple(Put(f"{n:04}", b"x" * 500) for n in range(500))))
    await engine.close()
    with file.open("r+b") as damaged:
        damaged.seek(8192 * 8)
        damaged.write(b"\xa5" * 8192 * 4)

    with pytest.raises(StoreUnusable, match=r"damaged .* restore the newest backup"):
        SqliteEngine.open(file)


async def test_a_big_file_that_is_damaged_is_taken_out_of_service_and_the_log_says_what_to_do(
    file: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(sqlite, "CHECKED_FIRST", 0)
    engine = SqliteEngine.open(file)
    await engine.of("contoso").commit(Batch(puts=tuple(Put(f"{n:04}", b"x" * 500) for n in range(500))))
    assert await engine.healthy()
    await engine.close()
    with file.open("r+b") as damaged:
        damaged.seek(8192 * 8)
        damaged.write(b"\xa5" * 8192 * 4)

    engine = SqliteEngine.open(file)
    assert engine._check is not None
    engine._check._thread.join()

    assert not await engine.healthy()
    with pytest.raises(StoreDown):
        await engine.of("contoso").read(["0001"])
    assert "restore the newest backup" in vars(caplog.records[-1])["what_to_do"]
    await engine.close()


def test_a_file_that_is_no_database_is_refused(file: Path) -> None:
    file.write_text("room,capacity\n" * 500)

    with pytest.raises(StoreUnusable, match="not a database"):
        SqliteEngine.open(file)

    assert file.read_text().startswith("room,capacity")


def test_the_database_of_something_else_is_refused(file: Path) -> None:
    stranger = apsw.Connection(str(file))
    stranger.execute("CREATE TABLE room (name)")
    stranger.close()

    with pytest.raises(StoreUnusable, match="something else"):
        SqliteEngine.open(file)


async def test_a_file_of_a_newer_foyer_is_refused(file: Path) -> None:
    await SqliteEngine.open(file).close()
    newer = apsw.Connection(str(file))
    newer.execute("UPDATE meta SET value = 99 WHERE name = 'schema'")
    newer.close()

    with pytest.raises(StoreUnusable, match="schema 99, this one knows 2"):
        SqliteEngine.open(file)


def test_a_refused_file_can_be_opened_once_its_fault_is_mended(file: Path) -> None:
    file.write_text("nonsense " * 500)
    with pytest.raises(StoreUnusable):
        SqliteEngine.open(file)
    file.unlink()

    asyncio.run(SqliteEngine.open(file).close())


def test_a_path_that_cannot_be_is_refused_by_name(file: Path) -> None:
    file.mkdir()

    with pytest.raises(StoreUnusable, match="cannot be opened"):
        SqliteEngine.open(file)


@pytest.mark.parametrize("version", ["3.40.1", "3.51.2", "3.7.17"])
def test_a_library_that_corrupts_files_is_refused(version: str) -> None:
    with pytest.raises(StoreUnusable, match=r"3\.51\.3 or newer"):
        require_library(version)


@pytest.mark.parametrize("version", ["3.51.3", "3.54.1", "4.0.0"])
def test_a_mended_library_is_taken(version: str) -> None:
    require_library(version)


MOUNTS = """\
22 21 0:20 / /proc rw,nosuid - proc proc rw
40 21 0:40 / /srv rw,relatime shared:2 - nfs4 files:/srv rw,vers=4.2
41 40 254:1 / /srv/local\\040disk rw,relatime - xfs /dev/vdb rw
21 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
42 21 0:41 / /mnt/c rw,noatime - 9p C:\\134 rw
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/var/lib/foyer.db", "ext4"),
        ("/srv/foyer.db", "nfs4"),
        ("/srv/local disk/foyer.db", "xfs"),
        ("/srvother/foyer.db", "ext4"),
        ("/mnt/c/Users/foyer.db", "9p"),
    ],
)
def test_the_file_system_of_a_path_is_that_of_its_nearest_mount(path: str, kind: str) -> None:
    assert file_system_of(Path(path), MOUNTS) == kind


@pytest.mark.parametrize("kind", ["nfs", "nfs4", "cifs", "smb3", "fuse.sshfs"])
def test_a_network_file_system_is_refused(kind: str) -> None:
    with pytest.raises(StoreUnusable, match="network file system"):
        require_local(Path("/srv/foyer.db"), kind)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells the file system of a path")
def test_a_store_on_a_network_file_system_is_refused_before_it_is_made(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mounts = file.with_name("mountinfo")
    mounts.write_text("21 1 0:30 / / rw,relatime - nfs4 files:/ rw\n")
    monkeypatch.setattr(sqlite_file, "_MOUNTS", mounts)

    with pytest.raises(StoreUnusable, match="nfs4"):
        SqliteEngine.open(file)

    assert not file.exists()


def test_a_doubtful_file_system_is_warned_of(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        require_local(Path("/mnt/c/foyer.db"), "9p")
        require_local(Path("/srv/foyer.db"), "ext4")

    assert [record.message for record in caplog.records] == ["store.doubtful_file_system"]


async def test_a_file_of_the_first_schema_is_brought_along(file: Path) -> None:
    old = apsw.Connection(str(file))
    old.execute(STEPS[0])
    old.execute("INSERT INTO meta VALUES ('schema', 1)")
    old.pragma("application_id", APPLICATION_ID)
    old.execute("INSERT INTO job (tenant, key, payload, due_at, generation, attempts) VALUES ('t', 'j/', x'', 5, 1, 0)")
    old.close()

    engine = SqliteEngine.open(file)

    assert await engine.of("t").owed(now=9) == {"j/": Owed(living=1, due=1, since=5)}
    await engine.close()
