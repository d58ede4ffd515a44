"""How fresh the mirror is, and whom a new process reads first."""

from dataclasses import replace
from datetime import timedelta

from bot.domain.freshness import Freshness, behind_after_s, freshness
from bot.ports import keys
from bot.ports.calendar import Denied
from tests.fakes import START_AT, Fault
from tests.unit.core.world import BERGEN, OSLO, ROOMS, World, at, later, running

NOW = later(START_AT, hours=1)


def told(read: dict[str, float], *, troubled: frozenset[str] = frozenset()) -> Freshness:
    """Of Oslo and Bergen, read so many seconds ago."""
    return freshness(ROOMS, {room: NOW - timedelta(seconds=ago) for room, ago in read.items()}, troubled, NOW)


def test_the_room_that_waits_the_longest_counts() -> None:
    assert told({OSLO: 20, BERGEN: 300}) == Freshness(rooms=2, unread=0, troubled=0, behind=0, oldest_s=300)
    assert told({OSLO: 20, BERGEN: 901}).behind == 1
    assert told({OSLO: 900, BERGEN: 900}).behind == 0, "three polls"


def test_rooms_that_were_never_read_or_may_not_be_are_no_measure_of_the_others() -> None:
    assert told({OSLO: 20}) == Freshness(rooms=2, unread=1, troubled=0, behind=0, oldest_s=20)
    assert told({OSLO: 20, BERGEN: 9_000}, troubled=frozenset({BERGEN})).oldest_s == 20
    assert told({}) == Freshness(rooms=2, unread=2, troubled=0, behind=0, oldest_s=0)
    assert told({OSLO: 20, "gone@x.example": 99_999}).oldest_s == 20


def test_many_rooms_are_behind_later() -> None:
    assert behind_after_s(3_000) == 900
    assert behind_after_s(10_000) > 3 * 1_000


async def test_the_index_knows_when_rooms_were_read_and_which_may_not_be() -> None:
    world = await running()
    world.clock.forward(60)
    await world.start()
    assert world.index.read_at == {OSLO: START_AT, BERGEN: START_AT}, "from before"

    await world.run_one(keys.sync(OSLO))
    assert world.index.read_at[OSLO] == later(START_AT, seconds=60)
    world.calendar.faults.append(Fault(error=Denied("ErrorAccessDenied", 403), method="changes"))
    await world.run_one(keys.sync(BERGEN))
    assert world.index.troubled == {BERGEN}

    await world.start()
    assert world.index.troubled == {BERGEN}
    await world.pass_time(400)
    assert world.index.troubled == set()
    assert world.index.read_at[BERGEN] > START_AT


async def test_a_new_process_reads_first_where_something_is_soon_and_then_what_waited_longest() -> None:
    rooms = tuple(replace(ROOMS[0], address=f"r{number:03}@x.example", name=f"R{number}") for number in range(250))
    world = World(rooms=rooms)
    await world.start()
    await world.settle()
    await world.pass_time(120, step_s=5)
    soon = rooms[249].address
    world.calendar.outlook_book(soon, at(9, days=0), "eve@contoso.example")
    await world.hint(soon)
    await world.settle()
    world.clock.forward(5)
    for room in rooms[:100]:
        await world.hint(room.address)
    await world.settle()

    await world.start()
    owed: list[str] = []
    while leases := await world.raw.take([keys.SYNC], 50, now=world.clock.now().timestamp() + 60, lease_s=600):
        owed += [lease.key.removeprefix(keys.SYNC) for lease in leases]

    first = set(owed[:101])  # due at once
    assert soon in first
    assert not first & {room.address for room in rooms[:100]}, "read a moment ago"
