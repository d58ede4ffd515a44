"""The --data switch from outside: a process that is stopped, killed, refused; and the file that it keeps."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest

from sandbox.state.files import StateFile
from sandbox.state.keeper import Keeper
from sandbox.state.tenant import read
from tests.ports import free_ports
from tests.sandbox.tenant import PORTO, Tenant

ROOT = Path(__file__).parents[2]
DAY = (datetime.now(UTC) + timedelta(days=20)).date().isoformat()  # noqa: TID251  the process runs on the real clock


@asynccontextmanager
async def running(folder: Path, *, ends_by: signal.Signals) -> AsyncIterator[Tenant]:
    """A sandbox process that serves, until the block ends it."""
    port = free_ports(1)[0]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "sandbox", "--port", str(port), "--data", str(folder), "--pace", "0.01"),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(30):
            while b"coverage" not in await process.stdout.readline():
                assert process.returncode is None
        async with aiohttp.ClientSession() as session:
            yield Tenant(f"http://127.0.0.1:{port}", session)
    finally:
        process.send_signal(ends_by)
        await process.wait()


async def refused(*arguments: str) -> tuple[int | None, list[str]]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "sandbox", "--port", str(free_ports(1)[0]), *arguments),
        cwd=ROOT,
        stderr=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.DEVNULL,
    )
    _, said = await process.communicate()
    return process.returncode, said.decode().splitlines()


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(20):
        while not await holds():
            await asyncio.to_thread(os.sched_yield)


async def subjects(tenant: Tenant) -> list[tuple[str, str]]:
    path = f"/sandbox/outlook/meetings?mailbox=tom@contoso.com&from={DAY}T00:00:00Z&to={DAY}T23:00:00Z"
    found = (await tenant.call("GET", path)).body["value"]
    return [(one["subject"], one["attendees"].get(PORTO, "")) for one in found]


async def test_a_kill_loses_nothing_that_is_older_than_the_last_second(tmp_path: Path) -> None:
    async with running(tmp_path, ends_by=signal.SIGKILL) as tenant:
        await tenant.book(start=f"{DAY}T10:00", room=PORTO, subject="Kept")

        async def is_answered() -> bool:
            return await subjects(tenant) == [("Kept", "accepted")]

        async def is_saved() -> bool:
            items = read((tmp_path / "tenant.json").read_bytes()).accounts["tom@contoso.com"].mailbox.items
            kept = [item for item in items if item.content.subject == "Kept"]
            return bool(kept) and kept[0].tracking[PORTO].answer == "accepted"

        await until(is_answered)
        await until(is_saved)
    async with running(tmp_path, ends_by=signal.SIGTERM) as tenant:
        after = await subjects(tenant)

    assert after == [("Kept", "accepted")]


async def test_a_clean_stop_loses_nothing_and_says_so_in_the_file(tmp_path: Path) -> None:
    async with running(tmp_path, ends_by=signal.SIGTERM) as tenant:
        await tenant.book(start=f"{DAY}T10:00", subject="At the last moment")
        first = read((tmp_path / "tenant.json").read_bytes())
    stopped = read((tmp_path / "tenant.json").read_bytes())
    async with running(tmp_path, ends_by=signal.SIGTERM) as tenant:
        after = await subjects(tenant)
        second = read((tmp_path / "tenant.json").read_bytes())

    assert [subject for subject, _ in after] == ["At the last moment"]
    assert (first.is_clean, stopped.is_clean, second.is_clean) == (False, True, False)
    assert (first.run, stopped.run, second.run) == (0, 0, 1)
    assert names_in(tmp_path) == ["tenant.json", "tenant.lock"]
    assert (tmp_path / "tenant.json").stat().st_mode & 0o777 == 0o600


async def test_a_damaged_file_is_one_clear_line_and_stays_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "tenant.json"
    path.write_bytes(b'{"format":"sandbox tenant","version":1,')

    code, said = await refused("--data", str(tmp_path))

    assert code == 1
    (line,) = said
    assert line.startswith(f"The tenant's state in {path} can't be read: it is damaged: ")
    assert line.endswith("Move it away or delete it to begin with a new tenant.")
    assert path.read_bytes() == b'{"format":"sandbox tenant","version":1,'


async def test_two_sandboxes_never_share_a_folder(tmp_path: Path) -> None:
    async with running(tmp_path, ends_by=signal.SIGTERM):
        code, said = await refused("--data", str(tmp_path))

    assert code == 1
    assert said == [f"Another sandbox keeps its state in {tmp_path}: stop it, or choose another folder with --data."]


async def test_a_virtual_clock_keeps_no_state(tmp_path: Path) -> None:
    code, said = await refused("--data", str(tmp_path), "--clock", "virtual")

    assert code == 2
    assert said[-1].endswith("--data needs the real clock: a virtual one starts at the same moment every time.")
    assert names_in(tmp_path) == []


async def test_a_write_that_fails_half_way_leaves_the_file_of_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = StateFile(tmp_path)
    file.write(b"before")

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        file.write(b"after")

    assert file.read() == b"before"


class Disk:
    """Takes down what is written; fails as often as it is told to."""

    def __init__(self, failures: int = 0) -> None:
        self.failures = failures
        self.written: list[bytes] = []
        self.was_asked = asyncio.Event()

    def write(self, content: bytes) -> None:
        if self.failures:
            self.failures -= 1
            raise OSError(28, "No space left on device")
        self.written.append(content)


async def test_the_keeper_writes_what_changed_and_nothing_twice() -> None:
    disk, states = Disk(), [b"one", b"one", b"one", b"two", b"two"]
    last = asyncio.Event()

    def take(is_clean: bool) -> bytes:
        if is_clean:
            return b"end"
        state = states.pop(0) if states else b"two"
        if not states:
            last.set()
        return state

    keeper = Keeper(disk, take, every_s=0.001)
    keeper.begin()
    keeper.start()
    await last.wait()
    await keeper.stop()

    assert disk.written == [b"one", b"two", b"end"]


async def test_the_keeper_outlives_a_full_disk() -> None:
    disk = Disk(failures=2)
    taken: list[bool] = []
    enough = asyncio.Event()

    def take(is_clean: bool) -> bytes:
        taken.append(is_clean)
        if len(taken) > 4:
            enough.set()
        return b"state"

    keeper = Keeper(disk, take, every_s=0.001)
    keeper.start()
    await enough.wait()
    await keeper.stop()

    assert disk.written == [b"state"]
    assert taken[-1] is True
