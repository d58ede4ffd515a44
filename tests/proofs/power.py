"""Cuts the power at random writes and flushes: what was not flushed is lost, kept or torn, write by write.

The control runs the same with SQLite's weaker setting, which loses what it answered: so the proof can fail.
"""

import asyncio
import itertools
import random
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import apsw

from bot.ports.store import StoreUnusable
from bot.store.sqlite import SqliteEngine
from tests.contract.disks import CutDisk
from tests.proofs.lanes import LANES, Answered, finishing, job_of, look, problems, step
from tests.proofs.proof import SQLITE, Outcome, Proof, Task
from tests.proofs.writer import TENANT

_STEPS = 60
_CUTS = 25  # of one writer's life
_ODDS = 0.04  # of a cut, at each touch of the disk
_NUMBERS = itertools.count()


@dataclass
class _Tally:
    cuts: int = 0
    with_loss: int = 0
    violations: list[str] = field(default_factory=list)


def _run(task: Task) -> Outcome:
    tally = _cut(task, task.size, "")
    if tally.violations:
        task.tell(f"{tally.with_loss} of {tally.cuts} cuts lost something")
    return Outcome(
        result=f"{tally.with_loss} of {tally.cuts:,} cuts lost anything answered",
        worst="no file unreadable, integrity ok after each" if not tally.violations else tally.violations[0],
        violations=tuple(tally.violations),
    )


def _control(task: Task) -> Outcome:
    tally = _cut(task, task.size, "NORMAL")
    found = tally.with_loss > 0
    return Outcome(
        result=f"{tally.with_loss} of {tally.cuts:,} cuts lost what was answered, as they should",
        worst=f"e.g. {tally.violations[0]}" if found else "",
        violations=() if found else ("the weaker setting lost nothing: the cuts prove nothing",),
    )


def _cut(task: Task, cuts: int, synchronous: str) -> _Tally:
    chance, tally = task.chance(), _Tally()
    while tally.cuts < cuts:
        with tempfile.TemporaryDirectory(prefix="foyer-") as folder:
            life = _Life(Path(folder), chance, most=min(_CUTS, cuts - tally.cuts))
            asyncio.run(life.live(synchronous))
            for file, answered in life.cuts:
                wrong = asyncio.run(_judge(file, answered))
                tally.cuts += 1
                tally.with_loss += bool(wrong)
                tally.violations += [f"cut {tally.cuts}: {problem}" for problem in wrong[:3]]
        task.tell(f"{tally.cuts} of {cuts} cuts, {tally.with_loss} with a loss")
    return tally


class _Life:
    """A store that is written to while the power is cut now and then; each cut is a copy of what the disk had."""

    def __init__(self, folder: Path, chance: random.Random, most: int) -> None:
        self._folder, self._chance, self._most = folder, chance, most
        self._disk = CutDisk(f"proof-{next(_NUMBERS)}", chance)
        self._answered = Answered()
        self.cuts: list[tuple[Path, Answered]] = []

    async def live(self, synchronous: str) -> None:
        engine = SqliteEngine.open(self._folder / "foyer.db", vfs=self._disk.name)
        if synchronous:
            engine._writer._connection.execute(f"PRAGMA synchronous = {synchronous}").fetchall()
        self._disk.on_touch = self._maybe_cut
        store = engine.of(TENANT)

        async def lane(number: int) -> None:
            for count in range(1, _STEPS + 1):
                await store.commit(step(number, count))
                self._answered.steps[number] = count

        async def work() -> None:
            found, _ = await look(store, 0.0)
            book = found.book
            while len(self._answered.finished) < LANES * _STEPS:
                leases = await store.take(("job/",), 16, now=1.0, lease_s=10.0)
                if leases:
                    batch, book = finishing(leases, book)
                    await store.commit(batch)
                    self._answered.finished |= {job_of(lease.key) for lease in leases}

        await asyncio.gather(work(), *(lane(number) for number in range(LANES)))
        await engine.close()

    def _maybe_cut(self) -> None:
        """In the thread that writes: nothing is flushed or answered anew before it returns."""
        if len(self.cuts) < self._most and self._chance.random() < _ODDS:
            folder = self._folder / f"cut{len(self.cuts)}"
            folder.mkdir()
            self._disk.cut_into(folder)
            answered = Answered(dict(self._answered.steps), set(self._answered.finished))
            self.cuts.append((folder / "foyer.db", answered))


async def _judge(file: Path, answered: Answered) -> list[str]:
    try:
        engine = SqliteEngine.open(file)
    except StoreUnusable as refused:
        return [f"the store cannot be opened: {refused}"]
    found, _ = await look(engine.of(TENANT), 100.0)
    await engine.close()
    with apsw.Connection(str(file)) as connection:
        said = [row[0] for row in connection.execute("PRAGMA integrity_check")]
    return problems(found, answered) + ([] if said == ["ok"] else [f"integrity: {said[0]}"])


POWER = Proof(
    name="power",
    shows="the power is cut at random writes; what was not flushed is lost, kept or torn",
    invariants=("I8", "I13"),
    unit="cuts",
    full=2_000,
    smoke=75,
    run=_run,
    engines=(SQLITE,),
)

CONTROL = Proof(
    name="power-control",
    shows="the same with synchronous=NORMAL, which must lose: so the proof can fail",
    invariants=("I8",),
    unit="cuts",
    full=200,
    smoke=25,
    run=_control,
    engines=(SQLITE,),
)
