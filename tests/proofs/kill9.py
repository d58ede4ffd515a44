"""Kills a writer at random moments, again and again, on one store: what was answered is there at the next start."""

from pathlib import Path

import apsw

from tests.proofs.proof import SQLITE, Outcome, Proof, Task
from tests.proofs.stores import Place, place
from tests.proofs.writer import Listener, writer

_LONGEST_LIFE_S = 0.12  # a life of which a good part is the start: that is killed too
_RESTART_WITHIN_S = 5.0


def _run(task: Task) -> Outcome:
    chance, listener = task.chance(), Listener()
    with place(task.engine) as where:
        for life in range(1, task.size + 1):
            with writer(where.address, life) as child:
                child.await_word("started")
                for message in child.told(chance.uniform(0, _LONGEST_LIFE_S)):
                    listener.hear(message)
                child.kill()
                for message in child.told(0):
                    listener.hear(message)
            task.tell(f"{life} of {task.size} kills, {listener.steps} batches answered, {_said(listener)}")
            if listener.violations:
                break
        with writer(where.address, task.size + 1) as child:
            listener.hear(("found", *child.await_word("found")))
        listener.violations += _integrity(where)
    if listener.slowest_s > _RESTART_WITHIN_S:
        listener.violations.append(f"a restart took {listener.slowest_s:.1f} s")
    return Outcome(
        result=f"0 of {listener.steps + listener.jobs:,} answered batches and jobs lost"
        if not listener.violations
        else _said(listener),
        worst=f"store open and read again in {listener.slowest_s * 1000:.0f} ms",
        violations=tuple(listener.violations),
    )


def _said(listener: Listener) -> str:
    return f"{len(listener.violations)} violations"


def _integrity(where: Place) -> list[str]:
    if where.address.engine != SQLITE:
        return []
    with apsw.Connection(str(Path(where.address.where))) as connection:
        said = [row[0] for row in connection.execute("PRAGMA integrity_check")]
    return [] if said == ["ok"] else [f"integrity: {line}" for line in said]


KILL9 = Proof(
    name="kill9",
    shows="a writer process is killed (kill -9) at random moments, its start included",
    invariants=("I4", "I13"),
    unit="kills",
    full=1_000,
    smoke=15,
    run=_run,
)
