"""How a large tenant's state is kept: written whole once, then only what has changed."""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

from sandbox.control.outlook import Book, Outlook
from sandbox.seed.size import Size
from sandbox.state.files import StateFile
from sandbox.state.keeper import Following, Keeper
from sandbox.state.tenant import folded, read
from sandbox.world import World
from tests.sandbox.tenant import MIA, MONTREAL, OSLO, PORTO, TOM, Tenant

WEEKLY = {
    "pattern": {"type": "weekly", "interval": 1, "daysOfWeek": ["tuesday"]},
    "range": {"type": "numbered", "startDate": "2026-11-24", "numberOfOccurrences": 4},
}


def keeper_of(world: World, file: StateFile, *, longest_bytes: int = 64_000_000) -> Keeper:
    """One to which every tenant is large."""
    following = Following(file, world.saved_changes, large_bytes=1, longest_bytes=longest_bytes)
    return Keeper(file, lambda is_clean: world.saved(is_clean=is_clean), following, every_s=0.001)


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not holds():
            await asyncio.to_thread(os.sched_yield)


async def test_changes_after_a_whole_state_say_what_the_next_whole_state_says(world: World, tenant: Tenant) -> None:
    whole = world.saved()
    nothing = world.saved_changes()
    await tenant.book(recurrence=WEEKLY, attendees=[MIA])
    first = world.saved_changes()
    await tenant.configure(MONTREAL, maxMin=60)
    Outlook(world).book(Book(organizer="lena@fabrikam.com", start="2026-11-25T09:00", room=PORTO))
    await tenant.advance(60)
    second = world.saved_changes()

    assert nothing is None
    assert first is not None
    assert second is not None
    assert read(whole, [first, second]) == read(world.saved())
    assert read(folded(whole, [first, second])) == read(world.saved())
    assert len(first) < len(whole) / 3


async def test_accounts_that_nobody_used_are_not_written_and_still_lose_no_etag_after_a_kill() -> None:
    world = World(meetings=False, size=Size(rooms=13, people=400))
    state = read(world.saved())
    again = World(meetings=False, state=state)

    assert not any(account.config is None for account in state.accounts.values())
    assert again.size == world.size
    assert {one.sync_generation for one in again.exchange.mailboxes.values()} == {1_000}


async def test_a_large_tenant_is_written_once_and_then_only_its_changes_are(
    world: World, tenant: Tenant, tmp_path: Path
) -> None:
    file = StateFile(tmp_path)
    keeper = keeper_of(world, file)
    keeper.begin()
    whole = file.path.read_bytes()
    keeper.start()
    await tenant.book(subject="Kept in the log")
    await until(lambda: file.log.exists() and b"Kept in the log" in file.log.read_bytes())
    kept = read(whole, file.changes(whole))
    is_whole_as_before = file.path.read_bytes() == whole
    await keeper.stop()

    assert is_whole_as_before
    assert [item.content.subject for item in kept.accounts[TOM].mailbox.items] == ["Kept in the log"]
    assert read(file.path.read_bytes()).is_clean
    assert not file.log.exists()


async def test_a_reset_makes_the_next_file_whole(world: World, tenant: Tenant, tmp_path: Path) -> None:
    file = StateFile(tmp_path)
    keeper = keeper_of(world, file)
    Outlook(world).book(Book(organizer="lena@fabrikam.com", start="2026-11-25T09:00", room=PORTO))
    keeper.begin()
    keeper.start()
    await tenant.call("POST", "/sandbox/reset")
    await until(lambda: b"lena@fabrikam.com" not in file.path.read_bytes())
    await keeper.stop()

    assert read(file.path.read_bytes()).is_clean


def test_a_line_that_a_kill_cut_off_and_the_log_of_another_file_are_left_out(tmp_path: Path) -> None:
    file = StateFile(tmp_path)
    file.write(b"whole")
    file.append(b"one")
    file.append(b"two")
    file.log.write_bytes(file.log.read_bytes() + b"thr")

    assert file.changes(b"whole") == [b"one", b"two"]
    assert file.changes(b"another") == []


async def test_what_was_changed_in_the_directory_and_the_tenants_settings_comes_back(
    world: World, tenant: Tenant
) -> None:
    world.directory.change_user(next(iter(world.directory.users.values())), names=("jobTitle",), job_title="Astronaut")
    world.access = type(world.access)(mailboxes=(OSLO,))
    world.rights = world.rights.granted(OSLO, MIA, "editor")

    again = World(meetings=False, state=read(world.saved(is_clean=True)))

    assert next(iter(again.directory.users.values())).job_title == "Astronaut"
    assert again.access == world.access
    assert again.may_act_in(OSLO, MIA)


async def test_a_log_that_has_outgrown_its_file_is_folded_into_it(world: World, tenant: Tenant, tmp_path: Path) -> None:
    file = StateFile(tmp_path)
    keeper = keeper_of(world, file, longest_bytes=1)
    keeper.begin()
    length = file.path.stat().st_size
    keeper.start()
    await tenant.book(body="x" * length)
    await until(lambda: file.path.stat().st_size > length and not file.log.exists())
    now = read(file.path.read_bytes())
    await keeper.stop()

    assert now.accounts[TOM].mailbox.items[0].content.body == "x" * length
    assert not now.is_clean
