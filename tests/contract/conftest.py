"""Makes each store engine in turn: whoever adds one adds it here, and the whole suite speaks to it."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from bot.ports.store import Store, StoreEngine
from bot.store.memory import MemoryEngine
from bot.store.sqlite import SqliteEngine

ENGINES: dict[str, Callable[[Path], StoreEngine]] = {
    "memory": lambda _: MemoryEngine(),
    "sqlite": lambda folder: SqliteEngine.open(folder / "foyer.db"),
}


@pytest.fixture(params=ENGINES)
async def engine(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[StoreEngine]:
    opened = ENGINES[request.param](tmp_path)
    yield opened
    await opened.close()


@pytest.fixture
def store(engine: StoreEngine) -> Store:
    return engine.of("contoso")
