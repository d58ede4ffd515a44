"""What the seeded calendars promise to a demo: rooms that are free, a room that is not, and no empty day."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from sandbox.clock import VirtualClock
from sandbox.control.outlook import Book, Outlook
from sandbox.seed.size import MOST_ROOMS, Size
from sandbox.state.tenant import read
from sandbox.world import World
from tests.sandbox.tenant import OSLO, TOM

HOME = ZoneInfo("Europe/Amsterdam")
LARGE = [f"{alias}@contoso.com" for alias in ("oslo", "helsinki", "lisbon", "reykjavik", "sint-pietersberg")]
SMALL = ["bergen@contoso.com", "porto@contoso.com"]
STARTS = [datetime(2026, 11, day, 9, 0, tzinfo=UTC) for day in (20, 21, 23, 25)]


def days_around(now: datetime) -> list[date]:
    return [now.date() + timedelta(days=n) for n in range(-5, 8)]


def taken(world: World, room: str, day: date, hours: tuple[int, int]) -> bool:
    start_at, end_at = (datetime.combine(day, time(hour), HOME).astimezone(UTC) for hour in hours)
    return bool(world.exchange.mailboxes[room].view(start_at, end_at))


@pytest.mark.parametrize("now", STARTS)
@pytest.mark.parametrize("seed", range(1, 6))
async def test_three_large_rooms_are_free_from_three_to_four(seed: int, now: datetime) -> None:
    world = World(seed=seed, clock=VirtualClock(now))

    for day in days_around(now):
        assert sum(taken(world, room, day, (15, 16)) for room in LARGE) <= 2, day


@pytest.mark.parametrize("now", STARTS)
@pytest.mark.parametrize("seed", range(1, 6))
async def test_oslo_is_taken_at_two_on_some_working_days_and_free_on_others(seed: int, now: datetime) -> None:
    world = World(seed=seed, clock=VirtualClock(now))
    ahead = [day for day in days_around(now) if day >= now.date() and day.weekday() < 5][:5]

    at_two = [taken(world, OSLO, day, (14, 15)) for day in ahead]

    assert 2 <= at_two.count(True) <= 3, at_two


async def test_meetings_that_are_planted_beside_peoples_own_leave_two_rooms_of_the_house_free() -> None:
    clock = VirtualClock(STARTS[2])
    world = World(clock=clock, meetings=False)
    for room in LARGE:
        pattern = {"type": "daily", "interval": 1}
        range_ = {"type": "numbered", "startDate": "2026-11-23", "numberOfOccurrences": 14}
        recurrence = {"pattern": pattern, "range": range_}
        Outlook(world).book(
            Book(organizer=TOM, room=room, recurrence=recurrence, start="2026-11-23T09:00", minutes=540)
        )
    await clock.advance(120)

    planted = World(clock=VirtualClock(clock.now()), state=read(world.saved(is_clean=True)))

    assert any(taken(planted, "boston@contoso.com", day, (8, 23)) for day in days_around(clock.now()))
    for day in days_around(clock.now())[5:]:
        assert all(taken(planted, room, day, (9, 18)) for room in LARGE)
        assert not any(taken(planted, room, day, (9, 18)) for room in SMALL), day


@pytest.mark.parametrize("now", STARTS)
async def test_every_building_has_something_to_show_on_any_day(now: datetime) -> None:
    world = World(clock=VirtualClock(now))

    for day in days_around(now):
        for building in world.directory.buildings.values():
            rooms = world.directory.rooms_of(building)
            assert any(taken(world, room.address, day, (7, 23)) for room in rooms), (day, building.name)


def large() -> World:
    return World(size=Size(rooms=700, people=1_500))


async def test_a_large_tenant_has_as_many_rooms_and_people_as_asked_each_with_a_name_of_its_own() -> None:
    directory = large().directory
    people = [one for one in directory.users.values() if one.purpose == "user"]

    assert (len(directory.rooms), len(people)) == (700, 1_500)
    assert len({room.name for room in directory.rooms.values()}) == 700
    assert len({one.address for one in people}) == 1_500
    assert len({one.name for one in directory.buildings.values()}) == len(directory.buildings)
    assert len({one.zone for one in directory.buildings.values()}) > 8
    assert OSLO in directory.rooms


async def test_every_chain_of_managers_in_a_large_tenant_ends_with_the_one_who_has_none() -> None:
    users = large().directory.users
    tops = set()
    for user in users.values():
        above, steps = user, 0
        while above.manager_id:
            above, steps = users[above.manager_id], steps + 1
            assert steps < 10, user.name
        if user.purpose == "user":
            tops.add(above.name)

    assert tops == {"Eleanor Whitfield"}


async def test_the_seeded_buildings_are_the_same_in_a_tenant_of_any_size() -> None:
    small, big = World(), large()
    day = small.clock.now().date()

    for room in LARGE:
        assert small.directory.rooms[room] == big.directory.rooms[room]
        assert [taken(small, room, day, (hour, hour + 1)) for hour in range(8, 19)] == [
            taken(big, room, day, (hour, hour + 1)) for hour in range(8, 19)
        ]


async def test_rooms_beyond_the_seeded_buildings_have_meetings_that_they_accepted_and_free_hours() -> None:
    world = large()
    others = list(world.directory.rooms)[13:]
    today = world.clock.now().replace(hour=0)

    busy = [world.exchange.mailboxes[room].view(today, today + timedelta(days=1)) for room in others]

    assert sum(map(bool, busy)) > len(others) / 2
    assert max(map(len, busy)) <= 4
    assert {item.response.answer.value for items in busy for item in items} == {"accepted"}


async def test_a_small_tenant_leaves_out_the_buildings_without_rooms() -> None:
    world = World(size=Size(rooms=3))

    assert [room.name for room in world.directory.rooms.values()] == ["Oslo", "Bergen", "Helsinki"]
    assert [one.name for one in world.directory.buildings.values()] == ["Harbour House"]
    assert any(world.exchange.mailboxes[room].items for room in world.directory.rooms)


@pytest.mark.parametrize(("rooms", "people"), [(0, 12), (MOST_ROOMS + 1, 12), (13, 11), (13, 50_001)])
def test_a_tenant_of_an_impossible_size_is_refused(rooms: int, people: int) -> None:
    with pytest.raises(ValueError, match="a tenant has"):
        Size(rooms=rooms, people=people)
