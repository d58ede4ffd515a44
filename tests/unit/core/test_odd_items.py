"""Items that nobody understands take their time, are never answered and hold nothing up; and somebody hears of it."""

import pytest

from bot.domain.events import Response
from bot.ports import keys
from bot.ports.records import Oddity
from tests.unit.core.world import OSLO, World, at, running

EVE = "eve@contoso.example"
NINE, TEN, ELEVEN = at(9), at(10), at(11)


async def noticed(world: World, seconds: float = 0.0) -> None:
    await world.hint(OSLO)
    await world.settle()
    await world.pass_time(seconds)


async def oddities(world: World) -> list[tuple[str, bool]]:
    return [(one.value.event_id, one.value.blocks) for one in await world.reading.scan(keys.ODD, Oddity)]


async def an_odd_one(world: World, *, has_times: bool = True) -> str:
    held = world.calendar.outlook_book(OSLO, NINE, EVE)
    row = world.calendar.row_of(held)
    assert row is not None
    world.calendar.odd[row.id] = has_times
    await noticed(world, 60)
    return row.id


async def test_it_takes_its_time_and_is_not_answered_and_the_others_are(caplog: pytest.LogCaptureFixture) -> None:
    world = await running()
    odd = await an_odd_one(world)
    world.calendar.outlook_book(OSLO, TEN, EVE)
    await noticed(world, 90)

    assert [answer[1] for answer in world.calendar.answers] == [world.calendar.rooms[OSLO].log[-1]]
    assert [room.address for room in world.index.free(NINE)] != [OSLO]
    assert NINE.whole_seconds in [(one.start, one.end) for one in await world.claims(OSLO)]
    assert await oddities(world) == [(odd, True)]
    assert (await world.status.status()).odd_items == 1
    assert sum(one.message == "room.events_not_understood" for one in caplog.records) == 1, "once, not at every round"
    assert await world.dead() == []


async def test_one_without_times_is_told_of_and_what_was_known_of_it_stays() -> None:
    world = await running()
    held = world.calendar.outlook_book(OSLO, NINE, EVE)
    await noticed(world, 60)
    row = world.calendar.row_of(held)
    assert row is not None
    world.calendar.odd[row.id] = False
    world.calendar._write(row)
    await noticed(world)
    world.calendar.generation += 1
    await noticed(world)

    assert await oddities(world) == [(row.id, False)]
    assert not world.index.free_mask(NINE, world.index.mask([world.index.room(OSLO)]))  # type: ignore[list-item]  # known


async def test_once_it_is_understood_it_is_judged_like_any_other() -> None:
    world = await running()
    odd = await an_odd_one(world)
    world.calendar.odd.clear()
    world.calendar._write(world.calendar.rooms[OSLO].items[odd])
    await noticed(world, 90)

    assert world.calendar.rooms[OSLO].items[odd].response is Response.ACCEPTED
    assert await oddities(world) == []


@pytest.mark.parametrize("from_the_start", [False, True])
async def test_one_that_is_gone_is_forgotten(from_the_start: bool) -> None:
    world = await running()
    world.calendar.outlook_book(OSLO, ELEVEN, EVE)
    odd = await an_odd_one(world)
    world.calendar._remove(world.calendar.rooms[OSLO].items[odd])
    world.calendar.generation += 1 if from_the_start else 0
    await noticed(world)

    assert await oddities(world) == []
    assert NINE.whole_seconds not in [(one.start, one.end) for one in await world.claims(OSLO)]
