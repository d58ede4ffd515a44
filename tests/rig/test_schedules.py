"""A small share of what `make soak` plays: whatever happens in whatever order, the promises hold."""

from collections.abc import Sequence

import pytest

from bot.admin import pulse
from bot.ports.store import Batch, Finish, Lease
from bot.sync import follower, worker
from bot.sync.decide import Decider
from tests import redis_server
from tests.rig.schedule import run
from tests.rig.soak import failure
from tests.rig.stores import KINDS, ground

_EACH = 5
_SHARES = {"memory": 16, "sqlite": 4, "redis": 4}
_NEEDS_A_SERVER = pytest.mark.skipif(redis_server.PROGRAM is None, reason=redis_server.HOW_TO_GET)


def _marks(kind: str) -> Sequence[pytest.MarkDecorator]:
    return [_NEEDS_A_SERVER] if kind == "redis" else []


def _shares() -> list[object]:
    return [
        pytest.param(kind, 1 + share * _EACH, marks=_marks(kind))
        for kind, shares in _SHARES.items()
        for share in range(shares)
    ]


@pytest.mark.parametrize(("kind", "first"), _shares())
def test_the_promises_hold(kind: str, first: int) -> None:
    with ground(kind) as where:
        for seed in range(first, first + _EACH):
            outcome = run(seed, where)
            assert not outcome.broken, failure(outcome, kind)
            assert outcome.steps > 0


@pytest.mark.parametrize("kind", [pytest.param(kind, marks=_marks(kind)) for kind in KINDS])
def test_a_seed_has_one_story(kind: str) -> None:
    """Or no failure could be seen again."""
    with ground(kind) as where:
        for seed in (3, 4):
            assert run(seed, where).story == run(seed, where).story


def test_a_job_that_goes_round_without_end_is_a_broken_promise_and_no_endless_simulation(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def again_at_once(self: Decider, lease: Lease) -> None:
        await self._documents.store.commit(Batch(finishes=(Finish(lease, again_at=0.0),)))

    monkeypatch.setattr(Decider, "decide", again_at_once)
    with ground("memory") as where:
        broken = (one for seed in range(1, 11) for one in run(seed, where).broken)
        assert any(one.id == "F" and "GoesRound" in one.what for one in broken)


def test_a_simulation_leaves_the_paces_of_the_program_as_it_found_them() -> None:
    before = (pulse._EVERY_S, follower.POLL_S, worker._IDLE_S)
    with ground("memory") as where:
        run(3, where)
    assert before == (pulse._EVERY_S, follower.POLL_S, worker._IDLE_S)
