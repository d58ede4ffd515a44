"""Any history of batches, leases, crashes of workers and reopenings leaves each engine as the one in memory."""

import asyncio
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from bot.clock import SystemClock
from bot.ports.store import (
    Batch,
    Claim,
    Delete,
    Finish,
    Lease,
    Put,
    Release,
    Schedule,
    Store,
    StoreEngine,
    StoreError,
)
from bot.store.memory import MemoryEngine
from bot.store.redis import RedisEngine
from bot.store.sqlite import SqliteEngine
from tests.redis_server import HOW_TO_GET, PROGRAM, RedisServer, running

KEYS = st.sampled_from(["a", "a/1", "a/2", "a%", "a_", "é", "部/1", "\U0010ffff", ""])
VALUES = st.binary(max_size=4)
EXPECTED = st.one_of(st.none(), st.integers(0, 3))
ROOMS = st.sampled_from(["oak", "elm"])
HOLDERS = st.sampled_from(["h1", "h2", "h3"])
TENANTS = st.sampled_from(["contoso", "fabrikam"])
TIMES = st.integers(0, 40)

PUTS = st.builds(Put, KEYS, VALUES, EXPECTED)
DELETES = st.builds(Delete, KEYS, EXPECTED)
CLAIMS = st.builds(lambda room, start, length, holder: Claim(room, start, start + length, holder),
                   ROOMS, TIMES, st.integers(1, 12), HOLDERS)  # fmt: skip
RELEASES = st.builds(Release, HOLDERS, st.one_of(st.none(), ROOMS))
SCHEDULES = st.builds(Schedule, KEYS, TIMES.map(float), VALUES)
BATCHES = st.builds(Batch, puts=st.lists(PUTS, max_size=1), claims=st.lists(CLAIMS, max_size=2))


class Stores(RuleBasedStateMachine):
    """Each step is done to both stores, which must answer and stand alike."""

    def __init__(self) -> None:
        super().__init__()
        self._loop = asyncio.new_event_loop()
        self._folder = tempfile.TemporaryDirectory(prefix="foyer-")
        self._memory = MemoryEngine()
        self._real = self._open()
        self._leases: dict[str, list[tuple[Lease, Lease]]] = {"contoso": [], "fabrikam": []}
        self._now = 0.0

    def _open(self) -> StoreEngine:
        raise NotImplementedError

    def teardown(self) -> None:
        self._loop.run_until_complete(self._real.close())
        self._loop.run_until_complete(self._loop.shutdown_default_executor())
        self._loop.close()
        self._folder.cleanup()

    @initialize()
    def jobs(self) -> None:
        """So that most histories have something to take."""
        batch = Batch(schedules=tuple(Schedule(key, 0.0) for key in ("a/1", "é")))
        self._commit("contoso", batch)

    @rule(
        tenant=TENANTS,
        puts=st.lists(PUTS, max_size=2),
        deletes=st.lists(DELETES, max_size=1),
        releases=st.lists(RELEASES, max_size=2),
        claims=st.lists(CLAIMS, max_size=2),
        schedules=st.lists(SCHEDULES, max_size=2),
    )
    def commit(self, tenant: str, **parts: Any) -> None:
        self._commit(tenant, Batch(**parts))

    @rule(
        tenant=TENANTS,
        choices=st.lists(st.integers(0, 10**6), min_size=1, max_size=2),
        again_at=st.one_of(st.none(), TIMES.map(float)),
        payload=st.one_of(st.none(), VALUES),
        schedules=st.lists(SCHEDULES, max_size=1),
        puts=st.lists(PUTS, max_size=1),
    )
    def finish(
        self, tenant: str, choices: list[int], again_at: float | None, payload: bytes | None, **rest: Any
    ) -> None:
        """Old leases are tried as often as present ones."""
        leases = self._leases[tenant]
        chosen = [leases[choice % len(leases)] for choice in choices if leases]
        memory, real = (
            Batch(finishes=tuple(Finish(pair[side], again_at=again_at, payload=payload) for pair in chosen), **rest)
            for side in (0, 1)
        )
        self._commit(tenant, memory, real)

    @rule(
        tenant=TENANTS,
        prefixes=st.lists(st.sampled_from(["a", "a/", "a%", "é", "部", "z", ""]), max_size=2),
        limit=st.integers(0, 4),
        lease_s=st.sampled_from([1.0, 5.0, 30.0]),
    )
    def take(self, tenant: str, prefixes: list[str], limit: int, lease_s: float) -> None:
        memory, real = (
            self._do(store.take(tuple(prefixes), limit, now=self._now, lease_s=lease_s)) for store in self._both(tenant)
        )
        # Where fences begin is each engine's own.
        assert [replace(lease, fence=0) for lease in memory] == [replace(lease, fence=0) for lease in real]
        self._leases[tenant] += zip(memory, real, strict=True)

    @rule(tenant=TENANTS, choices=st.lists(st.integers(0, 10**6), min_size=1, max_size=3, unique=True))
    def prolong(self, tenant: str, choices: list[int]) -> None:
        leases = self._leases[tenant]
        chosen = list({choice % len(leases): None for choice in choices}) if leases else []
        until = self._now + 20.0
        memory, real = (
            self._do(store.prolong([leases[at][side] for at in chosen], until))
            for side, store in enumerate(self._both(tenant))
        )
        assert [replace(lease, fence=0) for lease in memory] == [replace(lease, fence=0) for lease in real]

    @rule(seconds=st.sampled_from([0.5, 3.0, 31.0]))
    def time_passes(self, seconds: float) -> None:
        self._now += seconds

    @rule(tenant=TENANTS)
    def a_worker_keeps_dying(self, tenant: str) -> None:
        for _ in range(6):
            self._now += 31
            self.take(tenant, [], 9, 30.0)

    @rule()
    def reopen(self) -> None:
        self._loop.run_until_complete(self._real.close())
        self._real = self._open()

    @rule(tenant=TENANTS, batches=st.lists(BATCHES, max_size=5))
    def commit_together(self, tenant: str, batches: list[Batch]) -> None:
        """The batches of one moment are applied in the order in which they came, each whole or not at all."""
        memory, real = (self._do(_together(store, batches)) for store in self._both(tenant))
        assert memory == real

    @precondition(lambda self: any(self._leases.values()))
    @rule(tenant=TENANTS)
    def forget_leases(self, tenant: str) -> None:
        self._leases[tenant].clear()

    @invariant()
    def both_stand_alike(self) -> None:
        for tenant in self._leases:
            memory, real = (self._do(_everything(store)) for store in self._both(tenant))
            assert memory == real

    @invariant()
    def no_two_claims_overlap(self) -> None:
        store = self._real.of("contoso")
        for room in ("oak", "elm"):
            claims = self._do(store.claims(room, -1, 10**6))
            assert all(one.end <= other.start for one, other in pairwise(claims))

    @invariant()
    def fences_are_never_given_twice(self) -> None:
        for leases in self._leases.values():
            assert not [fence for fence, times in Counter(real.fence for _, real in leases).items() if times > 1]

    def _both(self, tenant: str) -> tuple[Store, Store]:
        return self._memory.of(tenant), self._real.of(tenant)

    def _do(self, coroutine: Any) -> Any:
        return self._loop.run_until_complete(coroutine)

    def _commit(self, tenant: str, batch: Batch, for_real: Batch | None = None) -> None:
        memory, real = self._both(tenant)
        assert self._do(_outcome(memory, batch)) == self._do(_outcome(real, for_real or batch))


async def _outcome(store: Store, batch: Batch) -> tuple[Any, ...]:
    try:
        await store.commit(batch)
    except StoreError as refusal:
        return type(refusal), refusal.args, vars(refusal)
    return ()


async def _together(store: Store, batches: list[Batch]) -> list[tuple[Any, ...]]:
    return await asyncio.gather(*(_outcome(store, batch) for batch in batches))


async def _everything(store: Store) -> list[Any]:
    return await asyncio.gather(
        store.scan(""),
        store.scan("a"),
        store.read(["a", "é", "absent"]),
        store.claims("oak", 10, 20),
        store.claims("elm", -1, 10**6),
        store.next_due(),
        store.dead_letters(),
    )


class SqliteStores(Stores):
    def _open(self) -> StoreEngine:
        """Who locks the file knows that whoever held leases is dead."""
        for kept in self._memory._tenants.values():
            kept.jobs = {key: replace(job, fence=None, leased_until=None) for key, job in kept.jobs.items()}
        return SqliteEngine.open(Path(self._folder.name) / "foyer.db")


class RedisStores(Stores):
    """One server for all histories, emptied before each."""

    _server: ClassVar[RedisServer]

    def __init__(self) -> None:
        self._server.ask("FLUSHALL")
        super().__init__()

    def _open(self) -> StoreEngine:
        return self._loop.run_until_complete(RedisEngine.open(self._server.url(), SystemClock()))


@pytest.fixture(scope="module")
def server() -> Iterator[None]:
    if PROGRAM is None:
        pytest.skip(HOW_TO_GET)
    with tempfile.TemporaryDirectory(prefix="foyer-") as folder, running(Path(folder)) as started:
        RedisStores._server = started
        yield


TestSqliteStores = pytest.mark.timeout(600)(SqliteStores.TestCase)  # the search for the shortest history takes long
TestRedisStores = pytest.mark.usefixtures("server")(pytest.mark.timeout(600)(RedisStores.TestCase))
_LENGTH = settings(max_examples=40, stateful_step_count=30, deadline=None)
TestSqliteStores.settings = _LENGTH
TestRedisStores.settings = _LENGTH
