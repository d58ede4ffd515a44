"""Every patch fits the present source, a few bugs are really caught, and what falls over proves nothing."""

from collections import Counter
from dataclasses import replace

import pytest

from tests.mutants.catalogue import ALL
from tests.mutants.hunt import End, hunted
from tests.mutants.mutant import Broken, Finding, Mutant, Patch, Proof, Schedules, Stale, Suite
from tests.mutants.tree import patched

_QUICK = ("removals-passed-over", "booked-once-created", "answer-sent-once")  # found by one of the first schedules


@pytest.mark.parametrize("mutant", ALL, ids=lambda mutant: mutant.name)
def test_its_patch_fits_the_source_and_leaves_code(mutant: Mutant) -> None:
    for file, source in patched(mutant.patches).items():
        if file.endswith(".py"):
            compile(source, file, "exec")


def test_there_are_at_least_twenty_and_each_has_a_name_of_its_own() -> None:
    assert len(ALL) >= 20
    assert set(Counter(mutant.name for mutant in ALL).values()) == {1}


@pytest.mark.parametrize("name", _QUICK)
def test_a_bug_is_caught_within_a_few_schedules(name: str) -> None:
    mutant = next(one for one in ALL if one.name == name)

    result = hunted(replace(mutant, by=Schedules(most=40)))

    assert result.end is End.CAUGHT, result.told
    assert result.finding is not None
    assert result.finding.by in mutant.breaks


def test_a_patch_for_other_source_is_stale_and_runs_nothing() -> None:
    mutant = replace(ALL[0], patches=(Patch("bot/clock.py", "what does not stand there", ""),))

    result = hunted(mutant)

    assert (result.end, result.finding) == (End.STALE, None)
    assert "0 times" in result.told


def test_a_patch_that_would_fit_twice_is_stale() -> None:
    with pytest.raises(Stale, match="2 times"):
        Patch("a", "x", "y").applied("x x")


_BROKEN = """
Schedule 17 broke a promise. To see it again:
  python -m tests.rig --store memory --replay 17
  F (Nothing fails in a way that nobody foresaw.) at 12.000 s: job.failed: KeyError
  I9 (The mirror equals the mailboxes.) at 480.250 s: oslo: x is missing
  …
"""
_PYTEST = """
/somewhere/tests/test_it.py:12: AssertionError: assert 1 == 2
=== short test summary info ===
FAILED tests/test_it.py::test_it[an id] - AssertionError: asse...
"""


def test_what_a_detector_says_is_understood() -> None:
    simulation = Schedules(seed=11)
    assert simulation.finding(1, _BROKEN, ("I9",)) == Finding("I9", "schedule 7", "oslo: x is missing")
    assert simulation.finding(1, _BROKEN, ("I1",)) == Finding("F", "schedule 7", "job.failed: KeyError")
    assert simulation.finding(0, "every promise held", ()) is None
    proof = Proof(proof="race", store="redis", size=1)
    assert proof.finding(1, "x\nVIOLATED: round 3: 2 winners\n", ("I1",)) == Finding("I1", "round 3", "2 winners")
    assert proof.finding(0, "", ()) is None
    suite = Suite(("tests/test_it.py",))
    assert suite.finding(1, _PYTEST, ("I18",)) == Finding("I18", "test_it[an id]", "AssertionError: assert 1 == 2")
    assert suite.finding(0, "1 passed", ()) is None


@pytest.mark.parametrize(
    ("detector", "code", "said"),
    [
        (Schedules(), 1, "Traceback (most recent call last):\nImportError: no such name"),
        (Schedules(), 0, "nothing was played"),
        (Proof(proof="race", store="redis", size=1), 1, "Traceback (most recent call last):"),
        (Proof(proof="race", store="redis", size=1), 2, "no redis-server on this machine"),
        (Suite(("a",)), 1, _PYTEST.replace("AssertionError: assert 1 == 2", "NameError: name 'x' is not defined")),
        (Suite(("a",)), 2, "ERROR collecting"),
    ],
)
def test_a_detector_that_falls_over_has_found_nothing(
    detector: Schedules | Proof | Suite, code: int, said: str
) -> None:
    with pytest.raises(Broken):
        detector.finding(code, said, ())
