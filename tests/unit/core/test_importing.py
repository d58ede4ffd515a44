"""The first import: every room's near days before any tail, nothing decided too early, and how far it is."""

from dataclasses import replace

import pytest

from bot.domain.pace import CALLS_PER_S, Turns, begins_s, rest_calls
from bot.ports import keys
from bot.ports.calendar import Busy
from bot.ports.records import FeedState
from bot.ports.store import Batch, Schedule
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


async def a_full_room(world: World, series: int) -> None:
    """A year's worth of meetings, and some series."""
    world.calendar.page_size = 500
    for number in range(300):
        world.calendar.outlook_book(OSLO, shifted(at(7), days=number % 150, hours=number // 150), EVE)
    for number in range(series):
        weekly = [shifted(at(10 + number / 2, 20), days=7 * week) for week in range(26)]
        world.calendar.outlook_series(OSLO, weekly, EVE)
    await world.start()
    await world.run_one(keys.REFRESH)


@pytest.mark.parametrize(("series", "calls"), [(0, 2), (1, 3), (2, 4), (3, 4), (20, 4)])
async def test_a_room_takes_no_more_calls_for_having_more_series(series: int, calls: int) -> None:
    """A look at its near days, its feed of one or two pages, and a look at the occurrences."""
    world = World(rooms=ROOMS[:1])
    await a_full_room(world, series)
    await one_round(world, OSLO)
    await one_round(world, OSLO)

    asked = [name for name in world.calendar.calls if name in ("view", "changes", "occurrences")]
    assert len(asked) <= calls + (1 if series > 7 else 0), "of 300 and more rows, 500 come in a page"
    assert len(await world.documents_under(keys.events(OSLO))) == 300 + 26 * series

    before = len(world.calendar.calls)
    await world.hint(OSLO)
    await one_round(world, OSLO)
    assert world.calendar.calls[before:] == ["changes"], "a poll of a room in which nothing happened"


async def test_a_poll_does_not_bring_forward_what_has_its_turn_unless_it_was_passed_over() -> None:
    rooms = tuple(replace(ROOMS[0], address=f"r{number}@x.example", name=f"R{number}") for number in range(150))
    world = World(rooms=rooms)
    await world.start()
    await world.run_one(keys.REFRESH)
    await one_round(world, rooms[0].address)
    rest_at = (await world.feed(rooms[0].address)).rest_at
    assert rest_at is not None

    world.clock.forward((rest_at - world.clock.now()).total_seconds() - 1)
    await world.raw.commit(Batch(schedules=(Schedule(keys.poll(rooms[0].address), 0),)))
    await world.run_one(keys.poll(rooms[0].address))
    await one_round(world, rooms[0].address)
    assert (await world.feed(rooms[0].address)).synced_at is None

    put = world.reading.put(keys.feed(rooms[0].address), FeedState(near_until_at=rest_at, rest_at=rest_at))
    await world.raw.commit(Batch(puts=(put,)))
    world.clock.forward(700)
    await world.raw.commit(Batch(schedules=(Schedule(keys.poll(rooms[0].address), 0),)))
    await world.run_one(keys.poll(rooms[0].address))
    await one_round(world, rooms[0].address)
    assert (await world.feed(rooms[0].address)).synced_at is not None


@pytest.mark.parametrize(
    ("near_rows", "days", "series", "calls"),
    [(0, 180, False, 1), (0, 180, True, 2), (38, 180, False, 1), (112, 180, True, 6), (112, 365, True, 12)],
)
def test_what_the_rest_of_a_room_takes(near_rows: int, days: float, series: bool, calls: int) -> None:
    assert rest_calls(near_rows, days, series=series) == calls


@pytest.mark.parametrize("calls", [1, 6])
def test_ten_thousand_rooms_never_ask_for_more_than_ten_calls_a_second(calls: int) -> None:
    turns = Turns()
    begins = [turns.take(1000.0 + begins_s(number), calls) for number in range(10_000)]

    assert begins == sorted(begins)
    for first in range(0, 10_000 - 600 // calls, 97):
        span_s = begins[first + 600 // calls] - begins[first]
        assert 600 / max(span_s, 0.001) <= CALLS_PER_S * 1.25, "but for the first hundred"
