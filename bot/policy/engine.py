"""Judges a request by its rules: all reasons of the first stage that declines, so that nobody learns them singly."""

from collections.abc import Sequence
from itertools import groupby

from bot.domain.bookings import Reason
from bot.policy.verdicts import Asking, Finding, Outcome, Rule, Taken, Verdict

_GRAVITY = list(Outcome)


def judge(rules: Sequence[Rule], asking: Asking, taken: tuple[Taken, ...], *, policy: str) -> Verdict:
    """A pure function of its arguments. A rule that raises holds the request for a human: it never accepts, and never
    declines, what it did not understand."""
    findings: list[Finding] = []
    for _, stage in groupby(sorted(rules, key=lambda rule: rule.stage), key=lambda rule: rule.stage):
        findings += [found for rule in stage if (found := _ask(rule, asking, taken)) is not None]
        if any(found.outcome is Outcome.DECLINE for found in findings):
            break
    outcome = max((found.outcome for found in findings), key=_GRAVITY.index, default=Outcome.PASS)
    reasons = tuple(found.reason for found in findings if found.outcome is outcome)
    return Verdict(outcome=outcome, reasons=reasons, policy=policy)


def _ask(rule: Rule, asking: Asking, taken: tuple[Taken, ...]) -> Finding | None:
    try:
        return rule.check(asking, taken)
    except Exception as fault:  # noqa: BLE001 - whatever a rule stumbles over, the answer is the same: a human looks
        reason = Reason(code="rule_failed", params={"rule": type(rule).__name__, "fault": type(fault).__name__})
        return Finding(outcome=Outcome.HOLD, reason=reason)
