"""Every proof in a small size: each must hold on each engine. In full size: make figures."""

import pytest

from tests.proofs.catalogue import ALL
from tests.proofs.proof import REDIS, Proof, Task
from tests.redis_server import HOW_TO_GET, PROGRAM

_RUNS = [
    pytest.param(proof, engine, id=f"{proof.name}-{engine}") for proof in ALL if proof.smoke for engine in proof.engines
]


@pytest.mark.parametrize(("proof", "engine"), _RUNS)
def test_nothing_is_lost_and_nothing_doubled(proof: Proof, engine: str) -> None:
    if engine == REDIS and PROGRAM is None:
        pytest.skip(HOW_TO_GET)

    outcome = proof.run(Task(engine=engine, size=proof.smoke))

    assert outcome.violations == ()
