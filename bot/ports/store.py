"""The store port: documents with versions, slot claims that never overlap, durable jobs; one atomic batch.

An engine serves many tenants; `Store` is one tenant's view of it, so that no key can miss its tenant.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

MOST_ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class Document:
    """`version` grows by one with each put, from 1; an absent document is read as none at all, never as version 0.
    A key that was deleted and is written again starts at 1 anew."""

    key: str
    value: bytes
    version: int


@dataclass(frozen=True, slots=True)
class Put:
    """`expected`: None writes whatever is there, 0 only where nothing is, n only over version n."""

    key: str
    value: bytes
    expected: int | None = None


@dataclass(frozen=True, slots=True)
class Delete:
    """Deleting what is absent is fine unless `expected` names a version; 0 insists that it is absent."""

    key: str
    expected: int | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """The room is `holder`'s from `start` to `end` (UTC epoch seconds, half open). Two live claims on one room never
    overlap, whatever process makes them. A holder may hold several; its own claims overlap-check too, save for
    those released in the same batch (releases are applied first). Raises ValueError for an end not after the start."""

    room: str
    start: int
    end: int
    holder: str

    def __post_init__(self) -> None:
        if self.start >= self.end:
            raise ValueError("a claim ends after it starts")


@dataclass(frozen=True, slots=True)
class Release:
    """Gives back every claim of `holder` (in `room` alone, where named). Releasing nothing is fine."""

    holder: str
    room: str | None = None


@dataclass(frozen=True, slots=True)
class Schedule:
    """Owe a job. The same key again coalesces: newest payload and `due_at` win, attempts start anew, a dead letter
    lives again; a job that is being worked on runs once more afterwards (at `due_at`, once its lease is finished or
    has run out). `due_at` in epoch seconds."""

    key: str
    due_at: float
    payload: bytes = b""


@dataclass(frozen=True, slots=True)
class Lease:
    """A job in somebody's hands until `until` (epoch seconds). `attempt` counts from 1. `fence` is higher than that of
    every lease before it in this tenant; `generation` tells whether the job was scheduled again meanwhile."""

    key: str
    payload: bytes
    fence: int
    generation: int
    attempt: int
    until: float


@dataclass(frozen=True, slots=True)
class Finish:
    """Done with a leased job. If it was scheduled again meanwhile, it runs again with what was scheduled; else it is
    gone, or, with `again_at`, due again then (attempts start anew; payload replaced where `payload` is given)."""

    lease: Lease
    again_at: float | None = None
    payload: bytes | None = None


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A job whose attempts are used up. Schedule its key again to replay it."""

    key: str
    payload: bytes
    attempts: int
    died_at: float


@dataclass(frozen=True, slots=True)
class Owed:
    """The jobs of one kind: `living` in all, `due` those that anybody could take now, `dead` the dead letters.
    `since` is when the longest owed was first due, however often it was scheduled again or put off since; None where
    none was due yet. (Of a job that is put off whenever it was done, as polls are, that is its first time ever.)"""

    living: int = 0
    due: int = 0
    dead: int = 0
    since: float | None = None


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Happens whole or not at all. Order of application: finishes, deletes, puts, releases, claims, schedules; of
    several refusals the first is told. So a batch may finish a job and schedule the same key anew."""

    puts: Sequence[Put] = ()
    deletes: Sequence[Delete] = ()
    releases: Sequence[Release] = ()
    claims: Sequence[Claim] = ()
    schedules: Sequence[Schedule] = ()
    finishes: Sequence[Finish] = ()


class StoreError(Exception):
    """Root of what a store refuses."""


class Conflict(StoreError):
    """A document's version moved: read again, decide again."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


class Overlap(StoreError):
    """A claim lost. `holder` has the room for some of that time; `claim` is the one refused."""

    def __init__(self, claim: Claim, holder: str) -> None:
        super().__init__(f"{claim.room} is held by {holder}")
        self.claim = claim
        self.holder = holder


class LeaseLost(StoreError):
    """The lease is no longer the job's: somebody took it since, it was finished, or it is a dead letter. A lease that
    ran out while nobody took the job still counts. Nothing of this batch happened."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


class StoreDown(StoreError):
    """The engine cannot be reached or cannot write (disk full, closed): nothing of the batch is to be seen, say so
    upstream."""


class StoreUnusable(StoreError):
    """The store cannot be opened as it stands; the message is for the operator and says what to do."""


class Store(Protocol):
    """One tenant's documents, claims and jobs."""

    async def read(self, keys: Iterable[str], under: Iterable[str] = ()) -> dict[str, Document]:
        """Those of `keys` that exist, then all whose key starts with one of the prefixes `under` (none of them ''), by
        key; of one moment."""

    async def scan(self, prefix: str) -> list[Document]:
        """All documents whose key starts with `prefix`, by key, of one moment."""

    async def page(self, prefix: str, after: str, limit: int) -> list[Document]:
        """The first `limit` documents whose key starts with `prefix` and comes after the key `after` ('' = from the
        first), by key, of one moment: for what is too much to have at once."""

    async def commit(self, batch: Batch) -> None:
        """Atomic and durable (against power loss, where the engine says so) when it returns.

        Raises Conflict, Overlap, LeaseLost or StoreDown; then nothing happened. When the await is cancelled, the batch
        may have happened or not.
        """

    async def claims(self, room: str, start: int, end: int) -> list[Claim]:
        """Live claims on `room` that overlap [start, end), by start."""

    async def take(self, prefixes: Sequence[str], limit: int, *, now: float, lease_s: float) -> list[Lease]:
        """Leases up to `limit` jobs that are due at `now` and whose key starts with one of `prefixes` (() = any),
        longest due first, then by key. The attempt is counted durably before this returns. A job whose lease ran out is
        due again; one whose MOST_ATTEMPTS are used up becomes a dead letter instead of being leased."""

    async def prolong(self, leases: Sequence[Lease], until: float) -> list[Lease]:
        """Those of `leases` that are still the job's, now until `until` (epoch seconds). The others are lost: a batch
        that finishes one would raise LeaseLost."""

    async def next_due(self) -> float | None:
        """When the earliest job (or lapsing lease) is due; None where nothing is owed. Dead letters are not owed."""

    async def dead_letters(self) -> list[DeadLetter]:
        """By time of death, then by key."""

    async def known_jobs(self, jobs: Iterable[str]) -> set[str]:
        """Those of the keys under which there is a job: due now or later, in somebody's hands, or a dead letter."""

    async def owed(self, *, now: float) -> dict[str, Owed]:
        """What is owed by kind: the key up to and with its first "/", '' without one. One pass over the tenant's jobs
        (some milliseconds for ten thousand): for people and figures, not for each turn."""


class StoreEngine(Protocol):
    """What wiring opens once and closes at the end."""

    def of(self, tenant: str) -> Store:
        """The tenant's view; cheap, without I/O."""

    async def healthy(self) -> bool:
        """Whether a write would be taken now."""

    async def is_restored(self) -> bool:
        """Whether what was opened is a backup that was put in the store's place; always False where that cannot be
        told (Redis: the operator says so with --reconcile)."""

    async def made_own(self) -> None:
        """It is the store itself from now on."""

    async def close(self) -> None:
        """Finishes what was accepted; later commits and reads raise StoreDown. Idempotent."""
