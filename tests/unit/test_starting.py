"""A start: what the surface takes and says before the index is loaded, and what becomes of a load that is disturbed."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer

from bot import wiring
from bot.clock import SystemClock
from bot.config import SANDBOX_TENANT, Settings
from bot.domain.events import Response, RoomEvent
from bot.domain.rooms import Room
from bot.domain.slots import Slot
from bot.edges import OpenStore
from bot.ports import keys
from bot.ports.documents import Documents
from bot.ports.records import FeedState, SubscriptionRecord
from bot.ports.store import Batch, Delete, Document, StoreDown
from bot.store.codec import JsonCodec
from bot.store.memory import MemoryEngine, MemoryStore
from bot.sync import opening
from bot.sync.hints import digest
from bot.tenant import NOTIFICATIONS
from bot.wiring import Role, System, open_system

OSLO = Room(address="oslo@c.example", name="Oslo", capacity=8)
NOW = SystemClock().now().replace(microsecond=0)
SOON = Slot(NOW + timedelta(hours=1), NOW + timedelta(hours=2))
NEXT = Slot(SOON.end_at, SOON.end_at + timedelta(hours=1))
HINT = {"value": [{"subscriptionId": "s1", "clientState": "secret", "resource": "x", "changeType": "updated"}]}


class Slow(MemoryStore):
    """Gives out bookings only through the gate, or not at all."""

    asked: asyncio.Event
    gate: asyncio.Event
    faults: list[Exception]

    async def page(self, prefix: str, after: str, limit: int) -> list[Document]:
        if prefix == keys.booking(""):
            self.asked.set()
            await self.gate.wait()
            if self.faults:
                raise self.faults.pop(0)
        return await super().page(prefix, after, limit)


class Engine(MemoryEngine):
    """Of the one tenant that there is."""

    def __init__(self) -> None:
        super().__init__()
        base = super().of(SANDBOX_TENANT)
        self.store = Slow(base._tenant, base._require_open)
        self.store.asked, self.store.gate, self.store.faults = asyncio.Event(), asyncio.Event(), []
        self.documents = Documents(self.store, JsonCodec())

    def of(self, tenant: str) -> Slow:
        assert tenant == SANDBOX_TENANT
        return self.store

    async def fill(self) -> None:
        """A room with a meeting, of which notifications are had."""
        row = RoomEvent(id="e1", room=OSLO.address, ical_uid="u1", slot=SOON, response=Response.ACCEPTED)
        window = Slot(NOW - timedelta(days=1), NOW + timedelta(days=60))
        record = SubscriptionRecord(
            id="s1", room=OSLO.address, expires_at=window.end_at, secret_digest=digest("secret")
        )
        put = self.documents.put
        await self.store.commit(
            Batch(
                puts=(
                    put(keys.room(OSLO.address), OSLO),
                    put(keys.event(OSLO.address, "e1"), row),
                    put(keys.feed(OSLO.address), FeedState(link="x", window=window, synced_at=NOW)),
                    put(keys.subscription_of("s1"), record),
                )
            )
        )


@pytest.fixture
async def engine(monkeypatch: pytest.MonkeyPatch) -> Engine:
    engine = Engine()
    await engine.fill()

    async def opened(*_: object) -> OpenStore:
        return OpenStore(engine=engine, name="memory", feed_of=engine.of)

    monkeypatch.setattr(wiring, "open_store", opened)
    monkeypatch.setattr(opening, "AGAIN_S", 0.0)
    return engine


@contextlib.asynccontextmanager
async def started(data: Path, role: Role = Role.ALL) -> AsyncIterator[tuple[System, TestClient[Any, Any]]]:
    settings = Settings.for_sandbox(port=1, sandbox_port=1, data=data, policy="")
    async with (
        open_system(settings, SystemClock(), role=role) as system,
        TestClient(TestServer(system.app)) as http,
    ):
        yield system, http


async def part(http: TestClient[Any, Any], name: str) -> dict[str, object]:
    answer = await (await http.get("/readyz")).json()
    return next(one for one in answer["parts"] if one["part"] == name)


async def loaded(system: System) -> None:
    async with asyncio.timeout(10):
        await system.tenants[SANDBOX_TENANT].opening.over()


async def test_while_the_index_is_loaded_the_process_lives_is_not_ready_and_takes_notifications(
    engine: Engine, tmp_path: Path
) -> None:
    async with started(tmp_path) as (system, http):
        assert (await http.get("/healthz")).status == 200
        await engine.store.asked.wait()
        assert (await http.post(NOTIFICATIONS, json=HINT)).status == 202
        found = await part(http, "index")
        assert (await http.get("/readyz")).status == 503
        owed = await engine.store.known_jobs([keys.sync(OSLO.address)])
        taken = await engine.store.owed(now=SystemClock().now().timestamp() + 1)

    assert (found["problem"], found["told"]) == ("index.loading", "Loaded: 0 of 1 rooms.")
    assert owed == {keys.sync(OSLO.address)}, "a hint is durable before it is answered"
    assert taken[keys.SYNC].due == 1, "nobody works on a room before the index is loaded"
    assert not system.tenants[SANDBOX_TENANT].services.index.taken(OSLO.address)


@pytest.mark.parametrize("fault", [StoreDown("away"), ValueError("strange")])
async def test_a_load_that_is_disturbed_is_begun_again(engine: Engine, tmp_path: Path, fault: Exception) -> None:
    engine.store.faults.append(fault)
    async with started(tmp_path) as (system, http):
        engine.store.gate.set()
        await loaded(system)

        index = system.tenants[SANDBOX_TENANT].services.index
        assert index.taken(OSLO.address) == [SOON]
        assert index.knows(OSLO.address, SOON)
        assert (await part(http, "index"))["ok"]
        assert await system.tenants[SANDBOX_TENANT].services.opened()


async def test_what_another_process_writes_while_it_is_loaded_is_in_the_index_then(
    engine: Engine, tmp_path: Path
) -> None:
    async with started(tmp_path, Role.WEB) as (system, _):
        await engine.store.asked.wait()
        row = RoomEvent(id="e2", room=OSLO.address, ical_uid="u2", slot=NEXT, response=Response.ACCEPTED)
        gone = keys.event(OSLO.address, "e1")
        await engine.store.commit(Batch(puts=(engine.documents.put(keys.event(OSLO.address, "e2"), row),)))
        engine.store.gate.set()
        await loaded(system)
        await engine.documents.store.commit(Batch(deletes=(Delete(gone),)))
        tenant = system.tenants[SANDBOX_TENANT]
        assert tenant.follower is not None
        await tenant.follower.catch_up()

        assert tenant.services.index.taken(OSLO.address) == [NEXT]


async def test_a_process_that_is_stopped_while_it_loads_stops(engine: Engine, tmp_path: Path) -> None:
    async with asyncio.timeout(5):
        async with started(tmp_path) as (_, http):
            assert (await http.get("/healthz")).status == 200
            await engine.store.asked.wait()

    with pytest.raises(StoreDown):
        await engine.store.read(["x"])
