"""The number of calls that an app may have in flight at once: lowered when the service is crowded, regained slowly."""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from bot.graph.ceiling import Ceiling, Crowd
from bot.graph.client import BACKGROUND, Budget
from bot.graph.sansio import Request
from bot.ports.calendar import Busy
from tests.unit.graph.graph_server import failure, graph_with

READ: Request[bytes] = Request(name="x.read", method="GET", path="/users/x", read=bytes)


def test_a_refusal_halves_it_and_a_round_of_calls_gives_one_back() -> None:
    ceiling = Ceiling(16)
    ceiling.lower(100)
    lowered = ceiling.now
    for _ in range(9):
        ceiling.grow()

    assert (lowered, ceiling.now) == (8, 9)


def test_refusals_of_one_moment_count_once() -> None:
    ceiling = Ceiling(16)
    for _ in range(5):
        ceiling.lower(100.2)
    ceiling.lower(102)

    assert ceiling.now == 4


@given(st.lists(st.booleans(), max_size=400), st.integers(1, 50))
def test_it_stays_between_one_and_its_highest(steps: list[bool], most: int) -> None:
    ceiling = Ceiling(most)
    for at_s, is_refusal in enumerate(steps):
        if is_refusal:
            ceiling.lower(2.0 * at_s)
        else:
            ceiling.grow()
        assert 1 <= ceiling.now <= most


def test_a_ceiling_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        Ceiling(0)


async def test_who_waits_comes_in_in_turn_and_who_gives_up_is_passed_over() -> None:
    crowd, came = Crowd(Ceiling(2)), []

    async def come(name: str, calls: int = 1) -> None:
        async with crowd.enter(calls):
            came.append(name)

    async with AsyncExitStack() as inside:
        await inside.enter_async_context(crowd.enter())
        await inside.enter_async_context(crowd.enter())
        waiting = [asyncio.create_task(come(name, 2 if name == "b" else 1)) for name in "abc"]
        await asyncio.wait(waiting, timeout=0)
        waiting[0].cancel()
        await asyncio.wait([waiting[0]])
        assert came == []
    await asyncio.gather(*waiting, return_exceptions=True)

    assert came == ["b", "c"]


async def test_more_than_all_places_goes_in_alone() -> None:
    crowd = Crowd(Ceiling(2))

    async with crowd.enter(9):
        other = asyncio.create_task(crowd.enter().__aenter__())
        await asyncio.wait([other], timeout=0)
        assert not other.done()
    await other


async def test_a_crowded_tenant_is_asked_by_fewer_at_a_time() -> None:
    inside, most = 0, 0
    allowed = 4  # what this tenant bears
    calls = [replace(READ, mailbox=f"{number}@contoso.com") for number in range(60)]

    async def handler(_: web.Request) -> web.Response:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        crowded = inside > allowed
        await graph.clock.sleep(0)
        inside -= 1
        return failure(429, "ApplicationThrottled", Retry_After="2") if crowded else web.Response(body=b"done")

    async with graph_with(handler, most_at_once=16) as graph:
        for _ in range(4):
            found = await asyncio.gather(*(graph.client.call(one, Budget(1e6, 50)) for one in calls))
        seen_before, most = len(graph.seen), 0
        await asyncio.gather(*(graph.client.call(one, Budget(1e6, 50)) for one in calls[:12]))

    assert set(found) == {b"done"}
    assert most <= 8
    assert len(graph.seen) - seen_before < 30


async def test_without_the_setting_nothing_is_counted_over_mailboxes() -> None:
    release = asyncio.Event()
    calls = [replace(READ, mailbox=f"{number}@contoso.com") for number in range(30)]

    async def handler(_: web.Request) -> web.Response:
        await release.wait()
        return web.Response(body=b"done")

    async with graph_with(handler) as graph:
        asked = [asyncio.create_task(graph.client.call(one, BACKGROUND)) for one in calls]
        while len(graph.seen) < 30:
            await graph.clock.sleep(0)
        release.set()
        assert await asyncio.gather(*asked) == [b"done"] * 30


async def test_batches_grow_small_where_few_may_be_in_flight() -> None:
    sizes: list[int] = []

    async def handler(request: web.Request) -> web.Response:
        if not request.path.endswith("$batch"):
            crowded = len(graph.seen) == 1
            return failure(429, "ApplicationThrottled") if crowded else web.Response(body=b"alone")
        items: list[dict[str, Any]] = (await request.json())["requests"]
        sizes.append(len(items))
        return web.json_response({"responses": [{"id": one["id"], "status": 200, "body": {}} for one in items]})

    async with graph_with(handler, most_at_once=5) as graph:
        with pytest.raises(Busy):
            await graph.client.call(READ, Budget(1, 1))
        await graph.client.call_many([READ] * 7, BACKGROUND)

    assert sizes
    assert max(sizes) <= 3
