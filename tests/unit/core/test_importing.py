"""The first import: every room's near days before any tail, nothing decided too early, and how far it is."""

from dataclasses import replace

import pytest

from bot.domain.pace import begins_s
from bot.ports import keys
from bot.ports.calendar import Busy
from tests.fakes import Fault
from tests.unit.core.world import BERGEN, OSLO, ROOMS, World, at, shifted

NEAR, FAR = at(9, days=3), at(9, days=40)
EVE = "eve@contoso.example"


async def started(world: World) -> None:
    for room in (OSLO, BERGEN):
        world.calendar.outlook_book(room, NEAR, EVE)
        world.calendar.outlook_book(room, FAR, EVE)
        world.calendar.outlook_series(room, [shifted(at(14), days=day) for day in range(30)], EVE)
    await world.start()
    await world.run_one(keys.REFRESH)


async def one_round(world: World, room: str) -> None:
    await world.run_one(keys.sync(room))


async def test_near_days_come_first_and_then_the_rest() -> None:
    world = World()
    await started(world)
    await one_round(world, OSLO)
    await one_round(world, BERGEN)

    assert world.calendar.calls.count("view") == 2
    assert "changes" not in world.calendar.calls
    assert [room.address for room in world.index.free(NEAR)] == []
    assert [room.address for room in world.index.free(FAR)] == [], "what was not read is not called free"
    assert len(list(world.index.free(at(11, days=5)))) == 2
    assert (await world.status.status()).rooms_read == 0

    await one_round(world, OSLO)
    assert (await world.status.status()).rooms_read == 1
    await one_round(world, BERGEN)

    assert (await world.status.status()).rooms_read == 2
    assert len(list(world.index.free(shifted(FAR, hours=2)))) == 2
    for room in (OSLO, BERGEN):
        assert len(await world.documents_under(keys.events(room))) == 32


async def test_nothing_is_decided_before_the_feed_has_told_who_asked_first() -> None:
    world = World()
    await started(world)
    await one_round(world, OSLO)
    assert await world.raw.take([keys.DECIDE], 9, now=2**40, lease_s=1) == []

    await world.settle()
    await world.pass_time(120)

    assert not any(row.pending for row in world.calendar.live_rows(OSLO).values())


async def test_what_stands_holds_its_time_from_the_first_look_on() -> None:
    world = World()
    held = world.calendar.outlook_book(OSLO, NEAR, EVE)
    world.calendar.accept_behind_our_back(held)
    await world.start()
    await world.run_one(keys.REFRESH)
    await one_round(world, OSLO)

    assert [(one.start, one.end) for one in await world.claims(OSLO)] == [NEAR.whole_seconds]


async def test_a_process_that_dies_between_goes_on_and_knows_the_near_days() -> None:
    world = World()
    await started(world)
    await one_round(world, OSLO)
    await world.start()

    assert world.index.knows(OSLO, NEAR)
    assert not world.index.knows(OSLO, FAR)
    await world.settle()
    assert world.index.knows(OSLO, FAR)


async def test_a_first_look_that_fails_is_had_again() -> None:
    world = World()
    world.calendar.faults.append(Fault(error=Busy("x", 429, retry_after_s=3), method="view"))
    await started(world)
    await world.settle()
    await world.pass_time(20)

    assert (await world.status.status()).rooms_read == 2


async def test_a_thousand_rooms_are_all_known_for_the_near_days_before_one_is_read_to_its_end() -> None:
    rooms = tuple(replace(ROOMS[0], address=f"r{number}@x.example", name=f"R{number}") for number in range(300))
    world = World(rooms=rooms)
    await world.start()
    calls: list[str] = []
    world.calendar.before_call = lambda name: calls.append(name) if name in ("view", "changes") else None
    await world.settle()
    assert calls.count("view") <= 101, "no faster than the service can be asked"
    await world.pass_time(60, step_s=1)

    assert calls.count("view") == 300
    assert calls.index("changes") >= 300
    assert (await world.status.status()).rooms_read == 300


@pytest.mark.parametrize(("number", "after_s"), [(0, 0), (100, 0), (110, 1), (10_000, 990)])
def test_rooms_begin_one_after_the_other(number: int, after_s: float) -> None:
    assert begins_s(number) == after_s
