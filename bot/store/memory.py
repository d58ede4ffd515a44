"""Keeps everything in this process's memory: the store port for unit tests, with the laws of the real engines."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from bot.ports.changes import Changes, ChangesLost
from bot.ports.store import (
    MOST_ATTEMPTS,
    Batch,
    Claim,
    Conflict,
    DeadLetter,
    Delete,
    Document,
    Finish,
    Lease,
    LeaseLost,
    Overlap,
    Owed,
    Put,
    Release,
    Schedule,
    StoreDown,
)


class MemoryEngine:
    """For one event loop. Nothing awaits between the first and the last step of a batch, so that none interleave. The
    change feed of a tenant keeps `most_changed` keys."""

    def __init__(self, *, most_changed: int = 100_000) -> None:
        self._tenants: dict[str, _Tenant] = {}
        self._most_changed = most_changed
        self._closed = False

    def of(self, tenant: str) -> "MemoryStore":
        kept = self._tenants.setdefault(tenant, _Tenant(_Feed(self._most_changed)))
        return MemoryStore(kept, self._require_open)

    async def healthy(self) -> bool:
        return not self._closed

    async def is_restored(self) -> bool:
        return False

    async def made_own(self) -> None:
        return

    async def close(self) -> None:
        self._closed = True

    def _require_open(self) -> None:
        if self._closed:
            raise StoreDown("the store is closed")


class MemoryStore:
    """One tenant's view, with its change feed."""

    def __init__(self, tenant: "_Tenant", require_open: Callable[[], None]) -> None:
        self._tenant = tenant
        self._require_open = require_open

    async def read(self, keys: Iterable[str], under: Iterable[str] = ()) -> dict[str, Document]:
        self._require_open()
        documents = self._tenant.documents
        found = {key: documents[key] for key in keys if key in documents}
        for prefix in under:
            found |= {key: documents[key] for key in sorted(documents) if key.startswith(prefix)}
        return found

    async def scan(self, prefix: str) -> list[Document]:
        self._require_open()
        documents = self._tenant.documents
        return [documents[key] for key in sorted(documents) if key.startswith(prefix)]

    async def page(self, prefix: str, after: str, limit: int) -> list[Document]:
        return [document for document in await self.scan(prefix) if document.key > after][:limit]

    async def commit(self, batch: Batch) -> None:
        self._require_open()
        changes = _Changes()
        try:
            _apply(self._tenant, batch, changes)
        except BaseException:
            changes.undo()
            raise
        self._tenant.feed.add([*(part.key for part in batch.deletes), *(part.key for part in batch.puts)])

    async def claims(self, room: str, start: int, end: int) -> list[Claim]:
        self._require_open()
        return _overlapping(self._tenant, room, start, end)

    async def take(self, prefixes: Sequence[str], limit: int, *, now: float, lease_s: float) -> list[Lease]:
        self._require_open()
        return _take(self._tenant, _Wish(tuple(prefixes) or ("",), max(limit, 0)), now, now + lease_s)

    async def prolong(self, leases: Sequence[Lease], until: float) -> list[Lease]:
        self._require_open()
        jobs = self._tenant.jobs
        held = [lease for lease in leases if lease.key in jobs and jobs[lease.key].fence == lease.fence]
        for lease in held:
            jobs[lease.key] = replace(jobs[lease.key], leased_until=until)
        return [replace(lease, until=until) for lease in held]

    async def next_due(self) -> float | None:
        self._require_open()
        return min((job.ready_at for job in self._tenant.jobs.values() if job.died_at is None), default=None)

    async def dead_letters(self) -> list[DeadLetter]:
        self._require_open()
        dead = [
            DeadLetter(key, job.payload, job.attempts, job.died_at)
            for key, job in self._tenant.jobs.items()
            if job.died_at is not None
        ]
        return sorted(dead, key=lambda letter: (letter.died_at, letter.key))

    async def known_jobs(self, jobs: Iterable[str]) -> set[str]:
        self._require_open()
        return {key for key in jobs if key in self._tenant.jobs}

    async def owed(self, *, now: float) -> dict[str, Owed]:
        self._require_open()
        kinds: dict[str, list[_Job]] = {}
        for key, job in self._tenant.jobs.items():
            kinds.setdefault(key[: key.find("/") + 1], []).append(job)
        return {kind: _owed(jobs, now) for kind, jobs in kinds.items()}

    async def position(self) -> str:
        self._require_open()
        return str(self._tenant.feed.last)

    async def changes(self, after: str, limit: int) -> Changes:
        self._require_open()
        return self._tenant.feed.after(int(after), limit)


@dataclass(frozen=True)
class _Job:
    payload: bytes
    due_at: float
    since: float
    generation: int = 1
    fence: int | None = None
    leased_until: float | None = None
    attempts: int = 0
    died_at: float | None = None

    @property
    def ready_at(self) -> float:
        return self.due_at if self.leased_until is None else max(self.due_at, self.leased_until)


class _Feed:
    """Each changed key with the number of its last change, in that order."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._numbers: dict[str, int] = {}
        self._forgot = 0
        self.last = 0

    def add(self, keys: Iterable[str]) -> None:
        for key in keys:
            self.last += 1
            self._numbers.pop(key, None)
            self._numbers[key] = self.last
        while len(self._numbers) > self._most:
            self._forgot = self._numbers.pop(next(iter(self._numbers)))

    def after(self, number: int, limit: int) -> Changes:
        if not self._forgot <= number <= self.last:
            raise ChangesLost(str(number))
        found = [(key, at) for key, at in self._numbers.items() if at > number][:limit]
        more = len(found) == limit
        return Changes(str(found[-1][1] if more else self.last), tuple(key for key, _ in found), more=more)


@dataclass
class _Tenant:
    feed: _Feed
    documents: dict[str, Document] = field(default_factory=dict)
    claims: dict[str, tuple[Claim, ...]] = field(default_factory=dict)  # by room, by start
    jobs: dict[str, _Job] = field(default_factory=dict)
    fence: int = 0


@dataclass(frozen=True)
class _Wish:
    prefixes: tuple[str, ...]
    limit: int


class _Changes:
    """What a batch did so far, so that it can be taken back."""

    def __init__(self) -> None:
        self._before: list[tuple[dict[str, Any], str, Any]] = []

    def set(self, table: dict[str, Any], key: str, value: Any) -> None:
        """None removes."""
        self._before.append((table, key, table.get(key)))
        _set(table, key, value)

    def undo(self) -> None:
        for table, key, value in reversed(self._before):
            _set(table, key, value)


def _set(table: dict[str, Any], key: str, value: Any) -> None:
    if value is None:
        table.pop(key, None)
    else:
        table[key] = value


def _apply(tenant: _Tenant, batch: Batch, changes: _Changes) -> None:
    for finish in batch.finishes:
        _finish(tenant, finish, changes)
    for delete in batch.deletes:
        _expect(tenant, delete)
        changes.set(tenant.documents, delete.key, None)
    for put in batch.puts:
        version = _expect(tenant, put) + 1
        changes.set(tenant.documents, put.key, Document(put.key, put.value, version))
    for release in batch.releases:
        _release(tenant, release, changes)
    for claim in batch.claims:
        _claim(tenant, claim, changes)
    for schedule in batch.schedules:
        _schedule(tenant, schedule, changes)


def _expect(tenant: _Tenant, part: Put | Delete) -> int:
    """The document's present version, 0 where there is none."""
    document = tenant.documents.get(part.key)
    version = document.version if document else 0
    if part.expected is not None and part.expected != version:
        raise Conflict(part.key)
    return version


def _release(tenant: _Tenant, release: Release, changes: _Changes) -> None:
    for room in list(tenant.claims) if release.room is None else [release.room]:
        held = tenant.claims.get(room, ())
        left = tuple(claim for claim in held if claim.holder != release.holder)
        if left != held:
            changes.set(tenant.claims, room, left or None)


def _claim(tenant: _Tenant, claim: Claim, changes: _Changes) -> None:
    if held := _overlapping(tenant, claim.room, claim.start, claim.end):
        raise Overlap(claim, held[0].holder)
    claims = sorted((*tenant.claims.get(claim.room, ()), claim), key=lambda one: one.start)
    changes.set(tenant.claims, claim.room, tuple(claims))


def _overlapping(tenant: _Tenant, room: str, start: int, end: int) -> list[Claim]:
    return [claim for claim in tenant.claims.get(room, ()) if claim.start < end and start < claim.end]


def _schedule(tenant: _Tenant, schedule: Schedule, changes: _Changes) -> None:
    job = _Job(schedule.payload, schedule.due_at, schedule.due_at)
    if old := tenant.jobs.get(schedule.key):
        since = min(old.since, schedule.due_at) if old.died_at is None else schedule.due_at
        job = replace(job, since=since, generation=old.generation + 1, fence=old.fence, leased_until=old.leased_until)
    changes.set(tenant.jobs, schedule.key, job)


def _finish(tenant: _Tenant, finish: Finish, changes: _Changes) -> None:
    lease = finish.lease
    job = tenant.jobs.get(lease.key)
    if job is None or job.fence != lease.fence:
        raise LeaseLost(lease.key)
    left: _Job | None = None
    if job.generation != lease.generation:
        left = replace(job, fence=None, leased_until=None, since=job.due_at)
    elif finish.again_at is not None:
        payload = job.payload if finish.payload is None else finish.payload
        left = _Job(payload, finish.again_at, job.since, generation=job.generation)
    changes.set(tenant.jobs, lease.key, left)


def _owed(jobs: Sequence[_Job], now: float) -> Owed:
    living = [job for job in jobs if job.died_at is None]
    return Owed(
        living=len(living),
        due=sum(job.ready_at <= now for job in living),
        dead=len(jobs) - len(living),
        since=min((job.since for job in living if job.since <= now), default=None),
    )


def _take(tenant: _Tenant, wish: _Wish, now: float, until: float) -> list[Lease]:
    due = sorted(
        (job.ready_at, key)
        for key, job in tenant.jobs.items()
        if job.died_at is None and job.ready_at <= now and key.startswith(wish.prefixes)
    )
    leases: list[Lease] = []
    for _, key in due:
        job = tenant.jobs[key]
        if job.attempts >= MOST_ATTEMPTS:
            tenant.jobs[key] = replace(job, fence=None, leased_until=None, died_at=now)
        elif len(leases) < wish.limit:
            tenant.fence += 1
            tenant.jobs[key] = replace(job, fence=tenant.fence, leased_until=until, attempts=job.attempts + 1)
            leases.append(Lease(key, job.payload, tenant.fence, job.generation, job.attempts + 1, until))
    return leases
