"""The bot dies at every place in the source that changes something outside, and what was promised holds."""

import random
from functools import lru_cache

import pytest

from tests.rig.crashes import Case, Run, complaint, first_passes, missed, one_each, pairs, singles, surveyed, tried
from tests.rig.points import points, sites
from tests.rig.scenarios import SCENARIOS
from tests.rig.stores import ground

_SHARES = 12
_PAIRS = 16


@lru_cache(maxsize=1)
def _survey() -> list[Run]:
    with ground("memory") as where:
        return surveyed(where)


@lru_cache(maxsize=1)
def _cases() -> list[Case]:
    """Each point once, in the shortest scenario that passes it; and a few pairs."""
    runs = _survey()
    costs = {run.scenario: float(len(run.passed)) for run in runs}
    drawn = random.Random(1).sample(pairs(runs), _PAIRS)  # noqa: S311
    return [*one_each(singles(runs), costs), *drawn]


def test_the_scenarios_pass_every_point_of_the_source() -> None:
    """Whoever adds a call that changes something outside adds the scenario in which it is made."""
    assert missed(_survey()) == []
    assert first_passes(_survey()).keys() <= set(points()), "what runs is what was found in the source"
    assert len(sites()) > 80


def test_the_scenarios_hold_without_a_death() -> None:
    assert [complaint(Case(run.scenario, ()), run) for run in _survey() if run.outcome.broken] == []
    assert len({run.scenario for run in _survey()}) == len(SCENARIOS)


@pytest.mark.parametrize("share", range(_SHARES))
def test_wherever_it_dies_the_promises_hold(share: int) -> None:
    cases = _cases()[share::_SHARES]
    with ground("memory") as where:
        for case in cases:
            run = tried(case, where)
            assert not run.outcome.broken, complaint(case, run)
            assert run.died[:1] == list(case.deaths[:1])
