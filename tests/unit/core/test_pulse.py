"""A wall clock that is set back: what is owed is owed anew, for jobs are due by it."""

import asyncio
from datetime import timedelta

import pytest

from bot.admin.pulse import Pulse, is_set_back
from bot.ports import keys
from bot.ports.store import StoreDown
from tests.fakes import ManualClock
from tests.unit.core.world import OSLO, World


class Corrected(ManualClock):
    """Somebody sets its wall clock; what passes goes on passing."""

    by_s = 0.0

    def monotonic(self) -> float:
        return super().monotonic() - self.by_s

    def set_back(self, by_s: float) -> None:
        self.by_s -= by_s
        self._now -= timedelta(seconds=by_s)
        self._sleepers = [(due_at - timedelta(seconds=by_s), woken) for due_at, woken in self._sleepers]


async def beat(clock: Corrected, times: int = 1) -> None:
    for _ in range(times):
        clock.forward(1)
        for _ in range(50):
            await asyncio.sleep(0)  # noqa: TID251 - lets the pulse look


@pytest.mark.parametrize(
    ("wall_s", "passed_s", "expected"),
    [(1, 1, False), (-3599, 1, True), (-20, 1, False), (3601, 1, False), (-58, 1, False), (-60, 1, True)],
)
def test_only_a_clock_that_is_set_back_by_more_than_a_minute_is_one(
    wall_s: float, passed_s: float, expected: bool
) -> None:
    assert is_set_back(wall_s, passed_s) is expected


async def test_rooms_are_read_on_although_the_clock_was_set_back_by_an_hour() -> None:
    world = World()
    world.clock = clock = Corrected()
    world.calendar.clock = clock
    await world.start()
    await world.settle()
    await world.pass_time(600)
    pulse = asyncio.create_task(Pulse(clock, world.house.owe).run())
    await beat(clock)

    clock.set_back(3600)
    await world.settle()
    due_before = await world.raw.owed(now=clock.now().timestamp())
    await beat(clock)
    due = await world.raw.owed(now=clock.now().timestamp())
    pulse.cancel()

    assert keys.SYNC not in due_before or due_before[keys.SYNC].due == 0
    assert due[keys.SYNC].due >= 1, "every room is read now, and its poll owed anew"
    assert await world.raw.next_due() is not None
    polls = await world.raw.take((keys.poll(OSLO),), 1, now=clock.now().timestamp() + 400, lease_s=1)
    assert [lease.key for lease in polls] == [keys.poll(OSLO)]


async def test_a_store_that_is_away_then_is_waited_for() -> None:
    clock, asked = Corrected(), []

    async def owe() -> None:
        asked.append(clock.now())
        if len(asked) < 3:
            raise StoreDown("away")

    pulse = asyncio.create_task(Pulse(clock, owe).run())
    await beat(clock)
    clock.set_back(3600)
    await beat(clock, times=6)
    pulse.cancel()

    assert len(asked) == 3
