"""Makes each store engine in turn: whoever adds one adds it here, and the whole suite speaks to it."""

import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.clock import SystemClock
from bot.ports.store import Store, StoreEngine
from bot.store.memory import MemoryEngine
from bot.store.redis import RedisEngine
from bot.store.sqlite import SqliteEngine
from tests.redis_server import HOW_TO_GET, PROGRAM, RedisServer, running


@dataclass(frozen=True)
class Place:
    """Where an engine may keep its things: each is empty."""

    folder: Path
    redis: Callable[[], RedisServer]


async def _memory(_: Place) -> StoreEngine:
    return MemoryEngine()


async def _sqlite(place: Place) -> StoreEngine:
    return SqliteEngine.open(place.folder / "foyer.db")


async def _redis(place: Place) -> StoreEngine:
    server = place.redis()
    server.ask("FLUSHALL")
    return await RedisEngine.open(server.url(), SystemClock())


ENGINES: dict[str, Callable[[Place], Awaitable[StoreEngine]]] = {
    "memory": _memory,
    "sqlite": _sqlite,
    "redis": _redis,
}


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisServer]:
    if PROGRAM is None:
        pytest.skip(HOW_TO_GET)
    with tempfile.TemporaryDirectory(prefix="foyer-") as folder, running(Path(folder)) as server:
        yield server


@pytest.fixture(params=ENGINES)
async def engine(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[StoreEngine]:
    place = Place(tmp_path, lambda: request.getfixturevalue("redis_server"))
    opened = await ENGINES[request.param](place)
    yield opened
    await opened.close()


@pytest.fixture
def store(engine: StoreEngine) -> Store:
    return engine.of("contoso")
