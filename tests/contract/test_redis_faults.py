"""Redis as it fails: servers that forget, that die, that hang, that lose an answer. What was acknowledged stays."""

import asyncio
import contextlib
import logging
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from redis.crc import key_slot

from bot.clock import SystemClock
from bot.ports.store import Batch, Claim, Overlap, Put, Schedule, StoreDown, StoreUnusable
from bot.store.redis import RedisEngine
from bot.store.redis_keys import stem
from bot.store.redis_link import Bounds
from tests.ports import free_ports
from tests.redis_server import HOW_TO_GET, PROGRAM, RedisServer, running

pytestmark = pytest.mark.skipif(PROGRAM is None, reason=HOW_TO_GET)

CLOCK = SystemClock()


@pytest.fixture
def folder() -> Iterator[Path]:
    """Short: a socket's path may have hundred characters."""
    with tempfile.TemporaryDirectory(prefix="foyer-") as name:
        yield Path(name)


@contextlib.asynccontextmanager
async def opened(url: str, *, answer_s: float = 2.0, patience_s: float = 5.0) -> AsyncIterator[RedisEngine]:
    engine = await RedisEngine.open(url, CLOCK, bounds=Bounds(answer_s=answer_s, patience_s=patience_s))
    try:
        yield engine
    finally:
        await engine.close()


class Relay:
    """Stands between and passes on what it hears; the next `lose` answers to commits (or to what else names `to`) it
    swallows, and hangs up."""

    def __init__(self, server: RedisServer, path: Path, *, to: bytes = b"EVALSHA") -> None:
        self._server, self._path, self._to = server, path, to
        self.lose = 0
        self.lost = 0

    @property
    def url(self) -> str:
        return f"unix://{self._path}"

    @contextlib.asynccontextmanager
    async def standing(self) -> AsyncIterator["Relay"]:
        async with await asyncio.start_unix_server(self._serve, str(self._path)):
            yield self

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        from_server, to_server = await asyncio.open_unix_connection(str(self._server.socket))
        asked = bytearray()
        with contextlib.closing(writer), contextlib.closing(to_server):
            async with asyncio.TaskGroup() as both:
                both.create_task(self._up(reader, to_server, asked))
                both.create_task(self._down(from_server, writer, asked))

    async def _up(self, reader: asyncio.StreamReader, to_server: asyncio.StreamWriter, asked: bytearray) -> None:
        while heard := await reader.read(65536):
            asked += heard
            to_server.write(heard)
        to_server.close()

    async def _down(self, from_server: asyncio.StreamReader, writer: asyncio.StreamWriter, asked: bytearray) -> None:
        while heard := await from_server.read(65536):
            is_commit = self._to in asked
            asked.clear()
            if is_commit and self.lost < self.lose:
                self.lost += 1
                break
            writer.write(heard)
        writer.close()


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"appendonly": "no"}, "appendonly yes"),
        ({"appendfsync": "everysec"}, "appendfsync always"),
        ({"maxmemory-policy": "allkeys-lru"}, "maxmemory-policy noeviction"),
    ],
)
async def test_a_server_that_forgets_is_refused_unless_told_otherwise(
    folder: Path, settings: dict[str, str], named: str
) -> None:
    with running(folder, settings) as server:
        with pytest.raises(StoreUnusable, match=f"{named}.*REDIS_ACCEPT_LOSS"):
            await RedisEngine.open(server.url(), CLOCK)

        engine = await RedisEngine.open(server.url(), CLOCK, accept_loss=True)
        assert await engine.healthy()
        await engine.close()


async def test_a_server_that_tells_nothing_of_its_settings_is_refused(redis_server: RedisServer) -> None:
    redis_server.ask("ACL", "SETUSER", "managed", "on", ">pass", "~*", "+@all", "-config")

    with pytest.raises(StoreUnusable, match="CONFIG GET is forbidden"):
        await RedisEngine.open(f"unix://managed:pass@{redis_server.socket}", CLOCK)


async def test_a_server_that_goes_while_it_is_asked_is_not_said_to_forbid(
    redis_server: RedisServer, folder: Path
) -> None:
    async with Relay(redis_server, folder / "r", to=b"CONFIG").standing() as relay:
        relay.lose = 1000

        with pytest.raises(StoreUnusable, match="check REDIS_URL") as refused:
            await RedisEngine.open(relay.url, CLOCK, bounds=Bounds(answer_s=0.2, patience_s=0.2))

    assert "REDIS_ACCEPT_LOSS" not in str(refused.value)


async def test_a_replica_is_refused(folder: Path) -> None:
    with running(folder) as server:
        server.ask("REPLICAOF", "127.0.0.1", "1")

        with pytest.raises(StoreUnusable, match="name the primary"):
            await RedisEngine.open(server.url(), CLOCK)


@pytest.mark.parametrize("url", ["http://localhost", "localhost:6379", "", "unix:///s?encoding=utf-16", "redis://[::1"])
async def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(StoreUnusable, match="redis://host:6379"):
        await RedisEngine.open(url, CLOCK)


async def test_nobody_there_is_said_without_the_address(folder: Path) -> None:
    with pytest.raises(StoreUnusable, match="check REDIS_URL") as refused:
        await RedisEngine.open(f"unix://{folder}/nobody", CLOCK, bounds=Bounds(answer_s=0.2, patience_s=0.2))

    assert "nobody" not in str(refused.value)


async def test_a_batch_whose_answer_was_lost_happens_once(redis_server: RedisServer, folder: Path) -> None:
    redis_server.ask("FLUSHALL")
    async with Relay(redis_server, folder / "r").standing() as relay, opened(relay.url) as engine:
        store = engine.of("contoso")
        await store.commit(Batch(puts=(Put("before", b""),)))
        relay.lose = 2

        await store.commit(Batch(puts=(Put("a", b"1", expected=0),), claims=(Claim("oak", 1, 2, "me"),)))

        assert relay.lost == 2
        assert (await store.read(["a"]))["a"].version == 1
        assert await store.claims("oak", 0, 9) == [Claim("oak", 1, 2, "me")]


async def test_what_was_acknowledged_outlives_a_killed_server(folder: Path) -> None:
    with running(folder) as server:
        async with opened(server.url()) as engine:
            store = engine.of("contoso")
            writing = [asyncio.create_task(_write(engine, writer, 40)) for writer in range(8)]
            while len(await store.scan("")) < 60:
                pass
            for _ in range(3):
                server.kill()
                server.start()
            await asyncio.gather(*writing)

            found = await store.scan("")
            assert len(found) == 8 * 40
            assert {document.version for document in found} == {1}


async def _write(engine: RedisEngine, writer: int, times: int) -> None:
    store = engine.of("contoso")
    for number in range(times):
        await store.commit(Batch(puts=(Put(f"{writer}/{number}", b"", expected=0),)))


class Waits(SystemClock):
    """Its time goes on by the waits alone, which it counts."""

    def __init__(self) -> None:
        self.waited_s: list[float] = []

    def monotonic(self) -> float:
        return sum(self.waited_s)

    async def sleep(self, seconds: float) -> None:
        self.waited_s.append(seconds)


async def test_a_server_that_has_been_away_for_long_is_waited_for_no_more_until_it_is_back(folder: Path) -> None:
    """A person's turn makes several commands: were each waited for, nobody would be there any more for the answer."""
    clock = Waits()
    with running(folder) as server:
        engine = await RedisEngine.open(server.url(), clock, bounds=Bounds(patience_s=5.0))
        store = engine.of("contoso")
        server.kill()
        with pytest.raises(StoreDown):
            await store.read(["a"])
        for _ in range(3):
            with pytest.raises(StoreDown):
                await store.read(["a"])
        assert 3 < clock.monotonic() <= 5

        server.start()
        assert await store.read(["a"]) == {}
        server.kill()
        with pytest.raises(StoreDown):
            await store.read(["a"])
        assert clock.monotonic() > 8
        await engine.close()


async def test_a_server_that_hangs_is_down_and_then_back(folder: Path) -> None:
    with running(folder) as server:
        async with opened(server.url(), answer_s=1.0, patience_s=1.0) as engine:
            store = engine.of("contoso")
            await store.commit(Batch(schedules=(Schedule("j", 1),)))
            server.pause()

            with pytest.raises(StoreDown):
                await store.commit(Batch(puts=(Put("a", b""),)))
            with pytest.raises(StoreDown):
                await store.take((), 1, now=5, lease_s=60)
            assert not await engine.healthy()

            server.resume()
            assert await engine.healthy()
            await store.commit(Batch(puts=(Put("b", b""),)))
            assert "b" in await store.read(["a", "b"])


async def test_a_server_whose_memory_is_full_is_down_and_keeps_nothing_of_the_batch(folder: Path) -> None:
    with running(folder) as server:
        async with opened(server.url()) as engine:
            store = engine.of("contoso")
            server.ask("CONFIG", "SET", "maxmemory", "1")

            with pytest.raises(StoreDown, match="maxmemory"):
                await store.commit(Batch(puts=(Put("a", b""),), schedules=(Schedule("j", 1),)))

            assert not await engine.healthy()
            server.ask("CONFIG", "SET", "maxmemory", "0")
            assert await store.scan("") == []
            assert await store.next_due() is None


async def test_of_five_hundred_racers_in_four_processes_worth_of_connections_one_wins(
    redis_server: RedisServer,
) -> None:
    redis_server.ask("FLUSHALL")
    async with contextlib.AsyncExitStack() as stack:
        engines = [await stack.enter_async_context(opened(redis_server.url())) for _ in range(4)]
        won = await asyncio.gather(*(_race(engines[racer % 4], racer) for racer in range(500)))

    assert sum(won) == 1


async def _race(engine: RedisEngine, racer: int) -> bool:
    try:
        await engine.of("contoso").commit(Batch(claims=(Claim("oak", 10, 20, f"racer {racer}"),)))
    except Overlap:
        return False
    return True


async def test_every_key_of_a_tenant_shares_its_hash_tag(redis_server: RedisServer) -> None:
    redis_server.ask("FLUSHALL")
    async with opened(redis_server.url()) as engine:
        store = engine.of("contoso")
        await store.commit(
            Batch(puts=(Put("{a}", b""),), claims=(Claim("{oak}", 1, 2, "{me}"),), schedules=(Schedule("{j}", 1),))
        )
        await store.take((), 1, now=5, lease_s=60)

    keys = redis_server.ask("KEYS", "*")
    assert isinstance(keys, list)
    assert len({key_slot(key) for key in keys}) == 1


def test_a_tenant_whose_name_would_break_the_hash_tag_is_refused() -> None:

    for name in ("", "a}b", "{a"):
        with pytest.raises(ValueError, match="braces"):
            stem(name)


async def test_a_replica_that_took_over_behind_gives_out_no_fence_a_second_time(redis_server: RedisServer) -> None:
    """The counter is put back, as the replica's would stand."""
    redis_server.ask("FLUSHALL")
    async with opened(redis_server.url()) as engine:
        store = engine.of("contoso")
        await store.commit(Batch(schedules=(Schedule("a", 1), Schedule("b", 1))))
        (before,) = await store.take((), 1, now=1_800_000_000, lease_s=60)
        redis_server.ask("DECRBY", "foyer:{contoso}:fence", "1")

        (after,) = await store.take((), 1, now=1_800_000_001, lease_s=60)

    assert after.fence > before.fence


async def test_a_server_that_was_away_is_told_once_however_many_connections_stood_open(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="bot.store.redis_link")
    port = str(free_ports(1)[0])
    with running(folder, {"port": port}) as server:
        async with opened(f"redis://127.0.0.1:{port}/0") as engine:
            store = engine.of("contoso")
            await asyncio.gather(*(store.read(["a"]) for _ in range(8)))
            server.kill()
            server.start()

            for readers in (1, 4, 8):
                await asyncio.gather(*(store.read(["a"]) for _ in range(readers)))

    assert [record.message for record in caplog.records] == ["store.down", "store.back"]
