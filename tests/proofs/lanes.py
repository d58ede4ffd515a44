"""Work whose every trace can be checked: lanes that count, each step one batch of everything that a batch can hold.

Step n of a lane counts the lane's document up to n, writes row n, claims hour n of the lane's room, owes job n, and
drops row and claim n - KEPT. A worker beside the lanes finishes the jobs and keeps book of them in the same batch. So
the state after any fault follows from one number per lane; whatever else is found was lost, doubled or torn.
"""

import json
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field

from bot.ports.store import Batch, Claim, Delete, Document, Finish, Lease, Put, Release, Schedule, Store

LANES = 4
KEPT = 12
_LEASE_S = 10.0
_ALL = 100_000
_BOOK = "book"
_FILLER = b"." * 300

Job = tuple[int, int]


def step(lane: int, number: int) -> Batch:
    """`number` counts from 1."""
    old = number - KEPT
    return Batch(
        puts=(
            Put(f"lane/{lane}", str(number).encode(), expected=number - 1),
            Put(_row(lane, number), _FILLER, expected=0),
        ),
        deletes=(Delete(_row(lane, old), expected=1),) if old > 0 else (),
        releases=(Release(f"{lane}:{old}"),) if old > 0 else (),
        claims=(Claim(f"room{lane}", number, number + 1, f"{lane}:{number}"),),
        schedules=(Schedule(_job(lane, number), 0.0, b"payload"),),
    )


@dataclass
class Book:
    """Which jobs were finished: all up to a number, and some beyond it, of each lane."""

    upto: dict[int, int] = field(default_factory=dict)
    beyond: set[Job] = field(default_factory=set)
    version: int = 0

    @classmethod
    def read(cls, document: Document | None) -> "Book":
        if document is None:
            return cls()
        upto, beyond = json.loads(document.value)
        return cls({int(lane): number for lane, number in upto.items()}, {(a, b) for a, b in beyond}, document.version)

    def has(self, job: Job) -> bool:
        return job[1] <= self.upto.get(job[0], 0) or job in self.beyond

    def with_(self, jobs: Sequence[Job]) -> "Book":
        upto, beyond = dict(self.upto), self.beyond | set(jobs)
        for lane, number in sorted(beyond):
            if number == upto.get(lane, 0) + 1:
                upto[lane] = number
        return Book(upto, {job for job in beyond if job[1] > upto.get(job[0], 0)}, self.version + 1)

    def put(self) -> Put:
        """To be committed with the finishes of what was added last."""
        return Put(_BOOK, json.dumps([self.upto, sorted(self.beyond)]).encode(), expected=self.version - 1)


@dataclass(frozen=True)
class Found:
    """What a store holds. `counts` is each lane's number, and its document's version."""

    counts: Mapping[int, tuple[int, int]]
    rows: Set[Job]
    claims: Set[Job]
    owed: Set[Job]
    dead: Set[Job]
    book: Book


@dataclass
class Answered:
    """What the store has answered so far: the newest step of each lane, and the jobs finished."""

    steps: dict[int, int] = field(default_factory=dict)
    finished: set[Job] = field(default_factory=set)

    def take(self, found: Found) -> None:
        """What was found stands from now on; a step that was on its way has then happened."""
        self.steps = {lane: count for lane, (count, _) in found.counts.items()}
        self.finished = set()


async def look(store: Store, now: float) -> tuple[Found, list[Lease]]:
    """All of it, while nobody writes; leases whatever is owed, until ten seconds after `now`, so as to see it."""
    leases = await store.take(("job/",), _ALL, now=now, lease_s=_LEASE_S)
    counted = await store.scan("lane/")
    claims = [claim for lane in range(LANES) for claim in await store.claims(f"room{lane}", 0, 2**40)]
    found = Found(
        counts={int(one.key.removeprefix("lane/")): (int(one.value), one.version) for one in counted},
        rows={job_of(one.key) for one in await store.scan("row/")},
        claims={_claimed(claim) for claim in claims},
        owed={job_of(lease.key) for lease in leases},
        dead={job_of(letter.key) for letter in await store.dead_letters()},
        book=Book.read((await store.read([_BOOK])).get(_BOOK)),
    )
    return found, leases


def problems(found: Found, answered: Answered) -> list[str]:
    """What the store lost, tore or made up, of what it had answered; at most one step of a lane was on its way."""
    wrong = []
    for lane in range(LANES):
        count, version = found.counts.get(lane, (0, 0))
        had = answered.steps.get(lane, 0)
        if not had <= count <= had + 1:
            wrong.append(f"lane {lane} stands at {count}, step {had} was the last that was answered")
        if count != version:
            wrong.append(f"lane {lane} counted to {count} in {version} versions")
        wrong += _misfit(f"rows of lane {lane}", _of(found.rows, lane), _kept(lane, count))
        wrong += _misfit(f"claims of lane {lane}", _of(found.claims, lane), _kept(lane, count))
        upto = found.book.upto.get(lane, 0)
        jobs = _of(found.owed, lane) | _of(found.dead, lane) | _of(found.book.beyond, lane)
        wrong += _misfit(f"jobs of lane {lane}", jobs, {(lane, number) for number in range(upto + 1, count + 1)})
    wrong += [f"job {job} was finished and is owed" for job in sorted(found.owed | found.dead) if found.book.has(job)]
    wrong += [f"job {job} was finished, answered, and is not" for job in answered.finished if not found.book.has(job)]
    return wrong


def replays(found: Found) -> Batch:
    """Brings dead letters back to life."""
    return Batch(schedules=[Schedule(_job(*job), 0.0, b"payload") for job in sorted(found.dead)])


def finishing(leases: Sequence[Lease], book: Book) -> tuple[Batch, Book]:
    """The batch that finishes them, and the book as it stands then."""
    then = book.with_([job_of(lease.key) for lease in leases])
    return Batch(puts=(then.put(),), finishes=[Finish(lease) for lease in leases]), then


def job_of(key: str) -> Job:
    _, lane, number = key.split("/")
    return int(lane), int(number)


def _misfit(what: str, found: Set[Job], wanted: Set[Job]) -> list[str]:
    missing, extra = sorted(wanted - found), sorted(found - wanted)
    wrong = [f"{what}: {missing[:5]} lost ({len(missing)} in all)"] if missing else []
    return wrong + ([f"{what}: {extra[:5]} too many ({len(extra)} in all)"] if extra else [])


def _kept(lane: int, count: int) -> set[Job]:
    return {(lane, number) for number in range(max(count - KEPT, 0) + 1, count + 1)}


def _of(jobs: Set[Job], lane: int) -> set[Job]:
    return {job for job in jobs if job[0] == lane}


def _claimed(claim: Claim) -> Job:
    lane, number = claim.holder.split(":")
    assert (claim.room, claim.start, claim.end) == (f"room{lane}", int(number), int(number) + 1), claim
    return int(lane), int(number)


def _row(lane: int, number: int) -> str:
    return f"row/{lane}/{number:08}"


def _job(lane: int, number: int) -> str:
    return f"job/{lane}/{number:08}"
