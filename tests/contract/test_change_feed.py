"""The change feed: what every engine that processes can share must tell of what was written."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Protocol

import pytest

from bot.clock import SystemClock
from bot.ports.changes import ChangeFeed, ChangesLost
from bot.ports.store import Batch, Conflict, Delete, Put, Schedule, Store, StoreDown, StoreEngine
from bot.store.memory import MemoryEngine
from bot.store.redis import RedisEngine
from bot.store.redis_link import Bounds
from tests.redis_server import RedisServer

MOST = 50  # keys that the feeds here keep


class Shared(Store, ChangeFeed, Protocol):
    """A store with a feed."""


async def _redis(request: pytest.FixtureRequest) -> RedisEngine:
    server: RedisServer = request.getfixturevalue("redis_server")
    server.ask("FLUSHALL")
    return await RedisEngine.open(server.url(), SystemClock(), bounds=Bounds(most_changed=MOST))


async def _memory(_: pytest.FixtureRequest) -> MemoryEngine:
    return MemoryEngine(most_changed=MOST)


ENGINES: dict[str, Callable[[pytest.FixtureRequest], Awaitable[MemoryEngine | RedisEngine]]] = {
    "memory": _memory,
    "redis": _redis,
}


@pytest.fixture(params=ENGINES)
async def engine(request: pytest.FixtureRequest) -> AsyncIterator[MemoryEngine | RedisEngine]:
    opened = await ENGINES[request.param](request)
    yield opened
    await opened.close()


@pytest.fixture
def store(engine: MemoryEngine | RedisEngine) -> Shared:
    return engine.of("contoso")


def puts(*keys: str) -> Batch:
    return Batch(puts=[Put(key, b"x") for key in keys])


async def told(store: Shared, after: str, limit: int = 100) -> list[str]:
    return list((await store.changes(after, limit)).keys)


async def test_an_empty_store_tells_nothing_and_then_the_first_batch(store: Shared) -> None:
    began = await store.position()
    assert await told(store, began) == []

    await store.commit(puts("a", "b"))

    assert sorted(await told(store, began)) == ["a", "b"]


async def test_writes_and_deletions_are_told_and_nothing_else_is(store: Shared) -> None:
    await store.commit(puts("old", "kept"))
    began = await store.position()

    await store.commit(Batch(deletes=[Delete("old")], schedules=[Schedule("job/1", 1.0)]))
    await store.commit(Batch(schedules=[Schedule("job/2", 1.0)]))

    assert await told(store, began) == ["old"]


async def test_what_was_refused_is_not_told(store: Shared) -> None:
    await store.commit(puts("a"))
    began = await store.position()

    with pytest.raises(Conflict):
        await store.commit(Batch(puts=[Put("b", b"x"), Put("a", b"y", expected=7)]))

    assert await told(store, began) == []


async def test_a_key_is_told_once_at_its_last_change(store: Shared) -> None:
    began = await store.position()
    for key in ("a", "b", "a", "c", "a"):
        await store.commit(puts(key))

    assert await told(store, began) == ["b", "c", "a"]


async def test_pages_follow_each_other_without_a_gap(store: Shared) -> None:
    position = await store.position()
    await store.commit(puts(*(f"k{number}" for number in range(10))))
    found: list[str] = []
    pages = 0
    more = True
    while more:
        page = await store.changes(position, 4)
        found += page.keys
        position, more, pages = page.position, page.more, pages + 1

    assert sorted(found) == sorted(f"k{number}" for number in range(10))
    assert (len(found), pages) == (10, 3)
    assert await told(store, position) == []


async def test_a_position_that_fell_out_of_the_feed_is_refused(store: Shared) -> None:
    began = await store.position()
    await store.commit(puts("first"))
    after_first = await store.position()
    for number in range(MOST):
        await store.commit(puts(f"k{number}"))

    with pytest.raises(ChangesLost):
        await store.changes(began, 10)
    assert len(await told(store, after_first)) == MOST


async def test_one_batch_larger_than_the_feed_is_told_as_a_loss(store: Shared) -> None:
    began = await store.position()
    await store.commit(puts(*(f"k{number}" for number in range(MOST + 1))))

    with pytest.raises(ChangesLost):
        await store.changes(began, 10)
    assert await told(store, await store.position()) == []


async def test_another_tenants_writes_are_not_told(engine: StoreEngine, store: Shared) -> None:
    began = await store.position()
    await engine.of("fabrikam").commit(puts("theirs"))

    assert await told(store, began) == []


async def test_a_closed_store_tells_nothing(engine: StoreEngine, store: Shared) -> None:
    began = await store.position()
    await engine.close()

    with pytest.raises(StoreDown):
        await store.changes(began, 10)
    with pytest.raises(StoreDown):
        await store.position()


async def test_data_that_were_lost_are_a_loss_whatever_was_written_since(redis_server: RedisServer) -> None:
    redis_server.ask("FLUSHALL")
    engine = await RedisEngine.open(redis_server.url(), SystemClock())
    store = engine.of("contoso")
    await store.commit(puts("a"))
    before = await store.position()

    redis_server.ask("FLUSHALL")
    with pytest.raises(ChangesLost):
        await store.changes(before, 10)
    await store.commit(puts("a", "b", "c"))
    with pytest.raises(ChangesLost):
        await store.changes(before, 10)
    await engine.close()


async def test_a_server_that_was_started_again_may_have_forgotten(redis_server: RedisServer) -> None:
    engine = await RedisEngine.open(redis_server.url(), SystemClock())
    store = engine.of("contoso")
    await store.commit(puts("a"))
    before = await store.position()

    redis_server.kill()
    redis_server.start()

    with pytest.raises(ChangesLost):
        await store.changes(before, 10)
    await engine.close()
