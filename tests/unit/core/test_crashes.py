"""The process dies at every step of every flow, and another one takes over: one end, no orphan, no leak, no lie."""

from collections.abc import Awaitable, Callable
from contextlib import nullcontext

import pytest

from bot.domain.bookings import State
from bot.domain.errors import Refusal
from tests.unit.core.world import ADA, OSLO, Crash, World, at, running

NINE = at(9)
MOST_STEPS = 100

Act = Callable[[World], Awaitable[object]]


async def booking(world: World) -> None:
    await world.book(NINE)


async def cancelling(world: World) -> None:
    made = await world.book(NINE)
    await world.settle()
    await world.pass_time(30)
    await world.desk.cancel(made.id, ADA.id)


async def cancelling_at_once(world: World) -> None:
    made = await world.book(NINE)
    await world.settle()
    await world.desk.cancel(made.id, ADA.id)


async def moving(world: World) -> None:
    made = await world.book(NINE)
    await world.settle()
    await world.pass_time(30)
    await world.desk.move(made.id, ADA.id, at(14))


async def deciding(world: World) -> None:
    world.calendar.outlook_book(OSLO, NINE, "eve@contoso.example")
    world.calendar.outlook_book(OSLO, at(9.5), "dan@contoso.example")
    await world.hint(OSLO)


async def losing_to_another(world: World) -> None:
    await world.book(NINE)
    held = world.calendar.outlook_book(OSLO, NINE, "eve@contoso.example")
    world.calendar.accept_behind_our_back(held)


FLOWS = (booking, cancelling, cancelling_at_once, moving, deciding, losing_to_another)


@pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: flow.__name__)
async def test_a_crash_at_any_step_leaves_one_sound_end(flow: Act) -> None:
    died = []
    for step in range(MOST_STEPS):
        world = await running()
        try:
            await flow(world)
        except Refusal:
            pytest.fail("the flow itself was refused")
        crashed = await world.survive(step, 45)
        died.append(crashed)
        await world.settle()
        await world.pass_time(420, step_s=20)

        await assert_sound(world)
        if not crashed:
            break
    assert died.count(True) >= 5, "the flow has more steps than this"
    assert not died[-1], "the flow has fewer steps than this"


async def test_a_crash_within_the_press_itself_leaves_nothing_or_all() -> None:
    for step in range(3):
        world = await running()
        world.life.dies_at = world.life.steps + step
        with pytest.raises(Crash) if step < 2 else nullcontext():
            await world.book(NINE)
        await world.start()
        await world.settle()
        await world.pass_time(120)

        bookings = await world.bookings()
        assert len(bookings) == (0 if step == 0 else 1)
        await assert_sound(world)


async def test_two_crashes_in_a_row_are_no_worse_than_one() -> None:
    for first in range(1, 12, 2):
        for second in range(1, 8, 3):
            world = await running()
            await moving(world)
            await world.survive(first, 30)
            await world.survive(second, 90)
            await world.settle()
            await world.pass_time(420, step_s=20)

            await assert_sound(world)


async def assert_sound(world: World) -> None:
    assert world.false_confirmed == []
    assert world.calendar.double == []
    assert await world.dead() == []
    claims = await world.claims(OSLO)
    for made in await world.bookings():
        live = world.calendar.made_by(made.id)
        final = {State.CONFIRMED: 1, State.CANCELLED: 0, State.DECLINED: 0, State.FAILED: 0}
        assert made.state in final, made
        assert len(live) == final[made.state], made
        own = [claim for claim in claims if claim.holder.endswith(made.id)]
        assert [(claim.start, claim.end) for claim in own] == [made.slot.whole_seconds] * len(live)
    accepted = [row for row in world.calendar.live_rows(OSLO).values() if row.blocks and not row.pending]
    assert not any(row.pending and not row.is_cancelled for row in world.calendar.live_rows(OSLO).values())
    assert len(claims) == len(accepted)
