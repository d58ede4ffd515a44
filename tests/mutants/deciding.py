"""Bugs in how requests are decided and answered."""

from tests.mutants.mutant import Mutant, Patch, Schedules

_DECIDE = "bot/sync/decide.py"

DECIDING = (
    Mutant(
        name="decision-unbound",
        sentence="a decision goes on holding after the meeting was moved",
        breaks=("I2", "I2e"),
        patches=(
            Patch(
                _DECIDE,
                "        elif decision is not None and await self._is_of(request, decision):\n",
                "        elif decision is not None:\n",
            ),
        ),
        by=Schedules(),
    ),
    Mutant(
        name="accepted-unclaimed",
        sentence="a request is accepted without a claim on its time",
        breaks=("F",),  # it is judged anew without end
        patches=(Patch(_DECIDE, "            claims=_claims_of(request.rows, own) if accepts else (),\n", ""),),
        by=Schedules(),
    ),
    Mutant(
        name="outlook-unclaimed",
        sentence="meetings that stand in a room without Foyer hold no claim",
        breaks=("I4c",),
        patches=(
            Patch(
                "bot/sync/followup.py",
                "            parts.claims |= {row.id: claim(row)} if stands(row) else {}\n",
                "",
            ),
        ),
        by=Schedules(),
    ),
    Mutant(
        name="answer-sent-once",
        sentence="an answer whose outcome is unclear is never looked after",
        breaks=("I5",),
        patches=(
            Patch(
                _DECIDE,
                "            sent, why = replace(sent, sent=decision.sent), Look.UNCLEAR\n",
                "            await self._finish(lease)\n            return\n",
            ),
        ),
        by=Schedules(),
    ),
)
