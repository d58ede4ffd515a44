"""The brake on declines: so many in ten minutes and no more, until somebody looks."""

from datetime import timedelta

import pytest

from bot.policy.loading import load
from bot.ports import keys
from bot.ports.calendar import Answer
from bot.ports.records import Declines
from bot.sync.brake import one_more
from tests.fakes import START_AT
from tests.unit.core.world import OSLO, World, at, running

POLICY = "[tenant]\nlongest_minutes = 30\nmost_declines = 3\n"
EVE = "eve@contoso.example"


async def asked(world: World, times: int, minutes: int = 60) -> None:
    for number in range(times):
        world.calendar.outlook_book(OSLO, at(8 + 2 * number, minutes, days=2), EVE)
    await world.hint(OSLO)
    await world.pass_time(60)


def declined(world: World) -> int:
    return sum(answer is Answer.DECLINE for _, _, answer in world.calendar.answers)


async def test_after_so_many_declines_nothing_more_is_declined_and_it_is_said_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    world = await running(POLICY)
    await asked(world, 6)
    await world.pass_time(3600, step_s=30)

    assert declined(world) == 3
    assert len(world.calendar.live_rows(OSLO)) == 3, "the others wait"
    assert (await world.status.status()).declines_stopped_at is not None
    assert [one.message for one in caplog.records].count("declines.stopped") == 1
    assert await world.dead() == []


async def test_what_is_fine_is_accepted_all_the_same() -> None:
    world = await running(POLICY)
    await asked(world, 5)
    world.calendar.outlook_book(OSLO, at(9, 30, days=4), EVE)
    await world.hint(OSLO)
    await world.pass_time(60)

    assert [answer for *_, answer in world.calendar.answers].count(Answer.ACCEPT) == 1


async def test_an_administrator_lets_it_go_on() -> None:
    world = await running(POLICY)
    await asked(world, 5)

    await world.status.decline_again()
    await world.pass_time(120)

    assert declined(world) == 5
    assert (await world.status.status()).declines_stopped_at is None


async def test_another_policy_lifts_it() -> None:
    world = await running(POLICY)
    await asked(world, 5)

    world.policies = load(POLICY.replace("30", "90"))
    await world.start()
    await world.pass_time(120)

    assert declined(world) == 3
    assert world.calendar.live_rows(OSLO)
    assert not any(row.pending for row in world.calendar.live_rows(OSLO).values())


async def test_a_crash_between_counts_none_twice_and_loses_none() -> None:
    for dies_at in range(1, 16):
        world = await running(POLICY)
        for number in range(5):
            world.calendar.outlook_book(OSLO, at(8 + 2 * number, 60, days=2), EVE)
        await world.hint(OSLO)
        await world.survive(dies_at, 60)
        await world.pass_time(300)
        kept = await world.reading.get(keys.DECLINES, Declines)
        assert kept is not None
        assert (declined(world), len(kept.value.times)) == (3, 3)


@pytest.mark.parametrize(
    ("ages_s", "most", "counted", "stopped"),
    [
        ([], 1, 1, False),
        ([10], 1, 1, True),
        ([601], 1, 1, False),
        ([599, 300, 601], 2, 2, True),
        ([1, 2, 3], 4, 4, False),
        ([1, 2, 3], 0, 0, False),
    ],
)
def test_ten_minutes_are_counted(ages_s: list[int], most: int, counted: int, stopped: bool) -> None:
    before = Declines(times=tuple(START_AT - timedelta(seconds=age) for age in ages_s))

    after = one_more(before, START_AT, most=most, policy="p")

    assert (len(after.times), after.stopped_at is not None) == (counted, stopped)


def test_it_holds_until_another_policy() -> None:
    stopped = Declines(times=(START_AT,), policy="p", stopped_at=START_AT)
    much_later = START_AT + timedelta(days=9)

    assert one_more(stopped, much_later, most=5, policy="p") == stopped
    assert one_more(stopped, much_later, most=5, policy="q") == Declines(times=(much_later,), policy="q")
