"""Notifications that come in a storm: how they share batches, and what each is told."""

import asyncio
from typing import cast

from bot.ports import keys
from bot.ports.documents import Documents
from bot.ports.store import Batch, Store, StoreDown
from bot.store.codec import JsonCodec
from bot.sync.hints import Hints
from tests.unit.core.test_house_and_hints import GOOD, owed, subscribed
from tests.unit.core.world import OSLO, World, running


class HeldStore:
    """Commits wait until they are let go; `fault` is what they end with then."""

    def __init__(self, store: Store) -> None:
        self.read, self._store = store.read, store
        self.batches: list[Batch] = []
        self.go = asyncio.Event()
        self.fault: Exception | None = None

    async def commit(self, batch: Batch) -> None:
        self.batches.append(batch)
        await self.go.wait()
        if self.fault is not None:
            raise self.fault
        await self._store.commit(batch)


async def held() -> tuple[World, HeldStore, Hints]:
    world = await running()
    await subscribed(world)
    store = HeldStore(world.raw)
    return world, store, Hints(Documents(cast("Store", store), JsonCodec()), world.clock)


async def turns() -> None:
    """Long enough for everything that can go on to go on."""
    for _ in range(10):
        await asyncio.get_running_loop().run_in_executor(None, int)


async def test_a_storm_of_notifications_shares_batches_and_none_is_answered_by_a_batch_it_is_not_in() -> None:
    world, store, hints = await held()

    first = asyncio.create_task(hints.take([GOOD]))
    await turns()
    rest = [asyncio.create_task(hints.take([GOOD] * number)) for number in range(4)]
    await turns()
    assert len(store.batches) == 1, "the rest came while the first was being written"
    assert not any(task.done() for task in (first, *rest))
    store.go.set()

    assert [await task for task in (first, *rest)] == [1, 0, 1, 2, 3]
    assert len(store.batches) == 2
    assert await owed(world) == [keys.sync(OSLO)]


async def test_a_store_that_is_down_is_told_to_each_of_a_storm_and_the_next_is_taken_again() -> None:
    world, store, hints = await held()
    store.fault = StoreDown("disk full")
    store.go.set()

    told = await asyncio.gather(*(hints.take([GOOD]) for _ in range(3)), return_exceptions=True)
    assert [type(one) for one in told] == [StoreDown] * 3

    store.fault = None
    assert await hints.take([GOOD]) == 1
    assert await owed(world) == [keys.sync(OSLO)]


async def test_whoever_does_not_wait_any_longer_keeps_nobody_from_an_answer() -> None:
    _, store, hints = await held()
    waiting = [asyncio.create_task(hints.take([GOOD])) for _ in range(3)]
    await turns()
    waiting[0].cancel()
    await turns()
    store.go.set()

    told = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(told[0]), *told[1:]] == [asyncio.CancelledError, 1, 1]
