"""The simulation of the whole system on virtual time (tests/rig), as rows of the table."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from tests.proofs.proof import Outcome, Proof, Task

_ROOT = Path(__file__).parents[2]
_FIGURES = ("steps", "faults injected", "deaths of the bot", "bookings")


def _proof(*options: str) -> Callable[[Task], Outcome]:
    def run(task: Task) -> Outcome:
        words = ["--schedules", str(task.size), "--seed", str(task.seed), "--store", task.engine, *options]
        with subprocess.Popen(
            [sys.executable, "-m", "tests.rig", *words], cwd=_ROOT, stdout=subprocess.PIPE, text=True
        ) as rig:
            assert rig.stdout is not None
            said = []
            for line in rig.stdout:
                said.append(line.rstrip())
                task.tell(said[-1])
        return _told("\n".join(said), rig.returncode, task)

    return run


def _told(said: str, code: int, task: Task) -> Outcome:
    """Reads the rig's own table."""
    found = {name: re.search(rf"^\s*([\d,]+) {name}", said, re.MULTILINE) for name in _FIGURES}
    counted = ", ".join(f"{match[1]} {name}" for name, match in found.items() if match)
    broken = re.findall(r"^Schedule \d+ broke a promise.*?(?=^\s+…)", said, re.MULTILINE | re.DOTALL)
    if code != 0 and not broken:
        broken = [f"the simulation ended with code {code}: {said[-500:]}"]
    return Outcome(
        result=f"{len(broken)} of {task.size:,} schedules broke a promise", worst=counted, violations=tuple(broken)
    )


SCHEDULES = Proof(
    name="schedules",
    shows="bot, tenant, Teams and people in one simulation with faults and deaths; every promise judged at every step",
    invariants=("I1", "I2", "I3", "I4", "I5", "I6", "I7", "I9", "I10", "I12", "I13", "I15"),
    unit="schedules",
    full=10_000,
    smoke=0,
    run=_proof(),
)
