"""The simulation of the whole system on virtual time (tests/rig), as rows of the table: run as anybody runs it."""

import re
import subprocess
import sys
from pathlib import Path

from tests.proofs.proof import Outcome, Proof, Task

_ROOT = Path(__file__).parents[2]
_FIGURES = ("steps", "faults injected", "deaths of the bot", "bookings")


def _schedules(task: Task) -> Outcome:
    said, code = _said(task, "--schedules", str(task.size), "--seed", str(task.seed), "--store", task.engine)
    found = {name: re.search(rf"^\s*([\d,]+) {name}", said, re.MULTILINE) for name in _FIGURES}
    broken = _broken(said, code)
    return Outcome(
        result=f"{len(broken)} of {task.size:,} schedules broke a promise",
        worst=", ".join(f"{match[1]} {name}" for name, match in found.items() if match),
        violations=broken,
    )


def _crashes(task: Task) -> Outcome:
    """`size` counts the pairs of points, drawn by the seed; single points are all tried."""
    said, code = _said(task, "crashes", "--store", task.engine, "--pairs", str(task.size), "--seed", str(task.seed))
    broken = _broken(said, code)
    deaths = re.search(r"[\d,]+ deaths at one point, [\d,]+ at two", said)
    hit = re.search(r"\d+ of \d+ points of the source were hit", said)
    worst = "; ".join(match[0] for match in (hit, deaths) if match)
    return Outcome(result=f"{len(broken)} runs broke a promise", worst=worst, violations=broken)


def _said(task: Task, *words: str) -> tuple[str, int]:
    with subprocess.Popen(
        [sys.executable, "-m", "tests.rig", *words], cwd=_ROOT, stdout=subprocess.PIPE, text=True
    ) as rig:
        assert rig.stdout is not None
        said, is_story = [], False
        for line in rig.stdout:
            said.append(line.rstrip())
            is_story = bool(said[-1]) and (is_story or "broke a promise" in line)
            if is_story:  # hours may pass until the end
                sys.stderr.write(said[-1] + "\n")
            else:
                task.tell(said[-1])
    return "\n".join(said), rig.returncode


def _broken(said: str, code: int) -> tuple[str, ...]:
    """Each complaint, up to the story that follows it."""
    broken = re.findall(r"^\S[^\n]* broke a promise\. To see it again:.*?(?=^ +…)", said, re.MULTILINE | re.DOTALL)
    if code != 0 and not broken:
        broken = [f"the simulation ended with code {code}: {said[-500:]}"]
    return tuple(broken)


SCHEDULES = Proof(
    name="schedules",
    shows="bot, tenant, Teams and people in one simulation with faults and deaths; every promise judged at every step",
    invariants=("I1", "I2", "I3", "I4", "I5", "I6", "I7", "I9", "I10", "I12", "I13", "I15"),
    unit="schedules",
    full=10_000,
    smoke=0,
    run=_schedules,
)

CRASHES = Proof(
    name="crash-points",
    shows="the bot dies before and after everything that changes something outside, at one point and at two",
    invariants=("I2", "I4", "I5", "I6", "I7", "I9", "I10", "I13"),
    unit="pairs of points, and every one singly",
    full=5_000,
    smoke=0,
    run=_crashes,
)
