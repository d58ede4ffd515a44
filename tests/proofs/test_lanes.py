"""The checker of the lanes sees each kind of loss."""

import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from bot.store.memory import MemoryEngine
from tests.proofs.lanes import LANES, Answered, Book, Found, finishing, look, problems, step


async def _after(count: int, finish: int) -> tuple[Found, Answered]:
    store = MemoryEngine().of("contoso")
    for lane in range(LANES):
        for number in range(1, count + 1):
            await store.commit(step(lane, number))
    leases = await store.take(("job/",), finish, now=0.0, lease_s=10.0)
    batch, book = finishing(leases, Book())
    if leases:
        await store.commit(batch)
    found, _ = await look(store, 100.0)
    return found, Answered(dict.fromkeys(range(LANES), count), {job for job in book.beyond if finish})


async def test_what_was_answered_and_stands_is_no_problem() -> None:
    found, answered = await _after(30, 17)

    assert problems(found, answered) == []
    assert problems(found, replace(answered, steps=dict.fromkeys(range(LANES), 29))) == []  # one was on its way


@pytest.mark.parametrize(
    ("broken", "told"),
    [
        (lambda found: replace(found, counts=found.counts | {1: (29, 29)}), "lane 1 stands at 29, step 30"),
        (lambda found: replace(found, counts=found.counts | {1: (30, 31)}), "30 in 31 versions"),
        (lambda found: replace(found, rows=found.rows - {(2, 25)}), r"rows of lane 2: \[\(2, 25\)\] lost"),
        (lambda found: replace(found, rows=found.rows | {(2, 3)}), r"rows of lane 2: \[\(2, 3\)\] too many"),
        (lambda found: replace(found, claims=found.claims - {(0, 30)}), r"claims of lane 0: \[\(0, 30\)\] lost"),
        (lambda found: replace(found, owed=found.owed - {(3, 30)}), r"jobs of lane 3: \[\(3, 30\)\] lost"),
        (lambda found: replace(found, owed=found.owed | {(0, 1)}), r"job \(0, 1\) was finished and is owed"),
        (lambda found: replace(found, book=Book()), "lost"),
    ],
)
async def test_each_kind_of_loss_is_told(broken: Callable[[Found], Found], told: str) -> None:
    found, answered = await _after(30, 17)

    wrong = problems(broken(found), answered)

    assert any(re.search(told, problem) for problem in wrong), wrong
