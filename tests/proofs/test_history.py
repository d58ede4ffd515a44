"""The checker of histories: lets pass what may have been, and tells what cannot."""

import pytest

from bot.ports.store import Claim
from tests.proofs.history import Asked, End, Given, judge

A, B = Claim("oak", 10, 20, "a"), Claim("oak", 15, 25, "b")
FAR, ELSEWHERE = Claim("oak", 20, 30, "b"), Claim("elm", 10, 20, "b")


def ok(claim: Claim, began: float, ended: float) -> Asked:
    return Asked(claim=claim, began=began, ended=ended, end=End.OK)


def refused(claim: Claim, by: str, began: float, ended: float) -> Asked:
    return Asked(claim=claim, began=began, ended=ended, end=End.REFUSED, by=by)


def back(claim: Claim, began: float, ended: float) -> Given:
    return Given(holder=claim.holder, began=began, ended=ended, end=End.OK)


@pytest.mark.parametrize(
    ("asked", "given", "stands"),
    [
        ([ok(A, 1, 2), refused(B, "a", 3, 4)], [], [A]),
        ([ok(A, 1, 2), ok(FAR, 3, 4)], [], [A, FAR]),
        ([ok(A, 1, 2), ok(ELSEWHERE, 1, 2)], [], [A, ELSEWHERE]),
        ([ok(A, 1, 2), ok(B, 5, 6)], [back(A, 3, 4)], [B]),
        ([ok(A, 1, 2), ok(B, 3, 6)], [back(A, 4, 5)], [B]),  # in whichever order the store had them
        ([ok(A, 1, 2), refused(B, "a", 3, 6)], [back(A, 4, 5)], []),
        ([ok(A, 1, 2), ok(B, 5, 6)], [Given(holder="a", began=3)], [B]),  # given back after all
        ([Asked(claim=A, began=1), ok(B, 3, 4)], [], [B]),  # it never happened
        ([Asked(claim=A, began=1), refused(B, "a", 3, 4)], [], [A]),  # it did
        ([Asked(claim=A, began=1), refused(B, "a", 3, 4), ok(B, 7, 8)], [back(A, 5, 6)], [B]),
    ],
)
def test_what_may_have_been_is_let_pass(asked: list[Asked], given: list[Given], stands: list[Claim]) -> None:
    assert judge(asked, given, stands) == []


@pytest.mark.parametrize(
    ("asked", "given", "stands", "told"),
    [
        ([ok(A, 1, 2), ok(B, 3, 4)], [], [A, B], "both held"),
        ([ok(A, 1, 2), ok(B, 3, 4)], [back(A, 5, 6)], [B], "both held"),
        ([ok(A, 1, 4), ok(B, 2, 3)], [back(A, 5, 6), back(B, 5, 6)], [], "both held"),
        ([Asked(claim=A, began=1), refused(FAR, "a", 3, 4)], [], [A], "which has oak 10 to 20"),
        ([Asked(claim=A, began=1), refused(B, "a", 3, 4), ok(Claim("oak", 1, 12, "c"), 5, 6)], [], [A], "both held"),
        ([ok(A, 1, 2), refused(B, "a", 5, 6)], [back(A, 3, 4)], [], "not there then"),
        ([refused(B, "a", 1, 2), ok(A, 3, 4)], [], [A], "not there then"),
        ([refused(A, "b", 1, 2)], [], [], "nobody has asked for"),
        ([ok(A, 1, 2)], [], [], "is gone"),
        ([ok(A, 1, 2)], [back(A, 3, 4)], [A], "was given back"),
        ([], [], [A], "never asked for"),
        ([refused(B, "a", 1, 2), Asked(claim=A, began=0)], [], [], "is gone"),
        ([Asked(claim=A, began=1), Asked(claim=B, began=1)], [], [A, B], "stand, and overlap"),
        ([ok(A, 1, 2)], [], [Claim("oak", 10, 21, "a")], "asked for oak 10 to 20"),
    ],
)
def test_what_cannot_have_been_is_told(asked: list[Asked], given: list[Given], stands: list[Claim], told: str) -> None:
    assert any(told in one for one in judge(asked, given, stands)), judge(asked, given, stands)
