"""The store in Redis, for several processes: durable against power loss when `commit` returns, where the server's
settings say so. It promises nothing over a failover to a replica, which may lack the newest writes."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import msgspec

from bot.ports.changes import Changes, ChangesLost
from bot.ports.clock import Clock
from bot.ports.store import MOST_ATTEMPTS, Batch, Claim, Conflict, DeadLetter, Document, Lease, LeaseLost, Overlap, Owed
from bot.store.redis_keys import PROBE, document, stem
from bot.store.redis_link import Bounds, Link
from bot.store.redis_server import require_good
from bot.store.redis_writer import Writer

_HEALTH_S = 1.0
_BOUNDS = Bounds()


class RedisEngine:
    """Made by `open`."""

    def __init__(self, link: Link, *, most_changed: int) -> None:
        self._link = link
        self._writer = Writer(link, most_changed=most_changed)

    @classmethod
    async def open(
        cls, url: str, clock: Clock, *, accept_loss: bool = False, bounds: Bounds = _BOUNDS
    ) -> "RedisEngine":
        """`url` as redis://[[user]:password@]host[:port][/number], rediss:// over TLS. With `accept_loss` a server that
        may forget is warned of, not refused. Raises StoreUnusable."""
        link = Link(url, clock, bounds)
        try:
            await require_good(link, accept_loss=accept_loss)
        except BaseException:
            await link.close()
            raise
        return cls(link, most_changed=bounds.most_changed)

    def of(self, tenant: str) -> "RedisStore":
        return RedisStore(self._link, self._writer, stem(tenant))

    async def healthy(self) -> bool:
        """Writes one key to find out."""
        return await self._link.can(lambda redis: redis.incr(PROBE), within_s=_HEALTH_S)

    async def is_restored(self) -> bool:
        return False

    async def made_own(self) -> None:
        return

    async def close(self) -> None:
        self._link.refuse()
        await self._writer.close()
        await self._link.close()


class RedisStore:
    """One tenant's view, with its change feed."""

    def __init__(self, link: Link, writer: Writer, stem: str) -> None:
        self._link = link
        self._writer = writer
        self._stem = stem

    async def read(self, keys: Iterable[str], under: Iterable[str] = ()) -> dict[str, Document]:
        wanted, prefixes = list(dict.fromkeys(keys)), tuple(under)
        if prefixes:
            several = await self._link.run("read", self._stem, str(len(prefixes)), *prefixes, *wanted)
            return {one.key: one for one in _documents(several)}
        if not wanted:
            self._link.require_open()
            return {}
        found: list[Any] = await self._link.ask(lambda redis: redis.hmget(f"{self._stem}docs", wanted))
        return {key: document(key, stored) for key, stored in zip(wanted, found, strict=True) if stored is not None}

    async def scan(self, prefix: str) -> list[Document]:
        return await self.page(prefix, "", -1)

    async def page(self, prefix: str, after: str, limit: int) -> list[Document]:
        found = await self._link.run("scan", self._stem, prefix, after, str(limit))
        return _documents(found)

    async def commit(self, batch: Batch) -> None:
        refusal = await self._writer.commit(self._stem, _packed(batch))
        if refusal:
            raise _refused(batch, refusal)

    async def claims(self, room: str, start: int, end: int) -> list[Claim]:
        key = f"{self._stem}claims:{room}"
        found: list[Any] = await self._link.ask(lambda redis: redis.zrangebyscore(key, f"({start}", "+inf"))
        claims = (_claim(room, member) for member in found)
        return [claim for claim in claims if claim.start < end]

    async def take(self, prefixes: Sequence[str], limit: int, *, now: float, lease_s: float) -> list[Lease]:
        until = now + lease_s
        first_fence = str(int(now * 1000))
        asked = (_time(now), _time(until), str(limit), str(MOST_ATTEMPTS), first_fence, *(prefixes or ("",)))
        found = await self._link.run("take", self._stem, *asked)
        return [
            Lease(key.decode(), payload, int(fence), int(generation), int(attempt), until)
            for key, payload, fence, generation, attempt in found
        ]

    async def prolong(self, leases: Sequence[Lease], until: float) -> list[Lease]:
        told = [part for lease in leases for part in (lease.key, str(lease.fence))]
        held = await self._link.run("prolong", self._stem, _time(until), *told)
        return [replace(lease, until=until) for lease, is_held in zip(leases, held, strict=True) if is_held]

    async def next_due(self) -> float | None:
        ready = f"{self._stem}ready"
        found: list[Any] = await self._link.ask(lambda redis: redis.zrange(ready, 0, 0, withscores=True))
        return float(found[0][1]) if found else None

    async def dead_letters(self) -> list[DeadLetter]:
        found = await self._link.run("dead", self._stem)
        return [
            DeadLetter(key.decode(), payload, int(attempts), float(died_at))
            for key, payload, attempts, died_at in found
        ]

    async def known_jobs(self, jobs: Iterable[str]) -> set[str]:
        wanted = list(jobs)
        found = await self._link.run("known", self._stem, *wanted) if wanted else []
        return {key for key, exists in zip(wanted, found, strict=True) if exists}

    async def owed(self, *, now: float) -> dict[str, Owed]:
        found = await self._link.run("owed", self._stem, _time(now))
        return {
            kind.decode(): Owed(living, due, dead, float(since) if since else None)
            for kind, living, due, dead, since in found
        }

    async def position(self) -> str:
        found = await self._link.run("changes", self._stem, "", "0")
        return str(found[0].decode())

    async def changes(self, after: str, limit: int) -> Changes:
        found = await self._link.run("changes", self._stem, after, str(limit))
        if not found:
            raise ChangesLost(after)
        return Changes(found[0].decode(), tuple(key.decode() for key in found[2:]), more=bool(found[1]))


class _Values:
    """What a script gets beside the batch: msgpack as Lua reads it has no bytes."""

    def __init__(self, first: int) -> None:
        self._first = first
        self.all: list[bytes] = []

    def number(self, value: bytes | None) -> int:
        """Where the script finds it; 0 for none."""
        if value is None:
            return 0
        self.all.append(value)
        return self._first + len(self.all) - 1


def _documents(found: Sequence[bytes]) -> list[Document]:
    """Of key, document, key, document, …"""
    return [document(key.decode(), stored) for key, stored in zip(found[::2], found[1::2], strict=True)]


def _packed(batch: Batch) -> list[bytes]:
    """As commit.lua reads it: -1 for any version, '' for no room and no time."""
    values = _Values(first=5)
    parts = (
        [
            (one.lease.key, str(one.lease.fence), one.lease.generation, _time(one.again_at), values.number(one.payload))
            for one in batch.finishes
        ],
        [(one.key, _expected(one.expected)) for one in batch.deletes],
        [(one.key, values.number(one.value), _expected(one.expected)) for one in batch.puts],
        [(one.holder, one.room or "") for one in batch.releases],
        [(one.room, str(one.start), str(one.end), one.holder) for one in batch.claims],
        [(one.key, _time(one.due_at), values.number(one.payload)) for one in batch.schedules],
    )
    return [msgspec.msgpack.encode(parts), *values.all]


def _refused(batch: Batch, refusal: Sequence[bytes]) -> Conflict | LeaseLost | Overlap:
    kind, told = refusal[0].decode(), refusal[1].decode()
    if kind == "conflict":
        return Conflict(told)
    if kind == "lost":
        return LeaseLost(told)
    return Overlap(batch.claims[int(told)], refusal[2].decode())


def _claim(room: str, member: bytes) -> Claim:
    start, end, holder = member.decode().split("|", 2)
    return Claim(room, int(start), int(end), holder)


def _time(value: float | None) -> str:
    """All digits, or '' for none."""
    return "" if value is None else repr(float(value))


def _expected(version: int | None) -> int:
    return -1 if version is None else version
