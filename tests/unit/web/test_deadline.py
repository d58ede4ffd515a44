"""Many waits under one timer: each ends in its own time, and nobody else's cancelling is taken for lateness."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from bot.web.deadline import Deadline
from tests.rig.loop import VirtualLoop


def run(scene: Callable[[], Awaitable[None]]) -> None:
    loop = VirtualLoop()
    try:
        loop.run_until_complete(scene())
    finally:
        loop.close()


async def after(seconds: float) -> None:
    passed = asyncio.Event()
    asyncio.get_running_loop().call_later(seconds, passed.set)
    await passed.wait()


async def ended(deadline: Deadline, *, begins_s: float, takes_s: float) -> tuple[float, bool]:
    """When, and whether that was in time."""
    await after(begins_s)
    in_time = True
    try:
        with deadline.of_one():
            await after(takes_s)
    except TimeoutError:
        in_time = False
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0
    return round(asyncio.get_running_loop().time(), 3), in_time


def test_each_has_the_whole_time_and_not_more() -> None:
    async def scene() -> None:
        deadline = Deadline(2.0)
        found = await asyncio.gather(
            ended(deadline, begins_s=0.0, takes_s=9.0),
            ended(deadline, begins_s=0.5, takes_s=1.9),
            ended(deadline, begins_s=0.7, takes_s=9.0),
            ended(deadline, begins_s=1.0, takes_s=0.0),
            ended(deadline, begins_s=30.0, takes_s=9.0),
            ended(deadline, begins_s=31.0, takes_s=1.0),
        )
        assert list(found) == [(2.0, False), (2.4, True), (2.7, False), (1.0, True), (32.0, False), (32.0, True)]

    run(scene)


def test_what_others_cancel_is_cancelled() -> None:
    async def scene() -> None:
        deadline = Deadline(2.0)
        task = asyncio.ensure_future(ended(deadline, begins_s=0.0, takes_s=9.0))
        await after(1.0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await ended(deadline, begins_s=0.0, takes_s=1.5) == (2.5, True), "whose time begins anew"

    run(scene)


def test_what_is_raised_within_goes_on() -> None:
    async def scene() -> None:
        deadline = Deadline(2.0)
        with pytest.raises(ValueError, match="mine"), deadline.of_one():
            raise ValueError("mine")

    run(scene)
