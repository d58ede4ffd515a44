"""Bugs at the edges: the front door, the limits of the services, the log."""

from tests.mutants.mutant import Mutant, Patch, Schedules, Suite

AROUND = (
    Mutant(
        name="any-audience",
        sentence="a token that was made for another bot opens the door",
        breaks=("I18",),
        patches=(
            Patch(
                "bot/teams/verifier.py",
                '        if payload.get("aud") != self._admission.app_id:\n'
                '            return Refused(401, "token.audience")\n',
                "",
            ),
        ),
        by=Suite(("tests/unit/teams/test_verifier.py",)),
    ),
    Mutant(
        name="eight-at-once",
        sentence="a mailbox is asked by eight calls at once",
        breaks=("I15",),
        patches=(Patch("bot/graph/gates.py", "PER_MAILBOX = 3\n", "PER_MAILBOX = 8\n"),),
        by=Schedules(),
    ),
    Mutant(
        name="impatient",
        sentence="a mailbox that asks for a pause is called during it",
        breaks=("I15",),
        patches=(
            Patch(
                "bot/graph/patience.py",
                "        told_s = error.retry_after_s if isinstance(error, Busy) else 0.0\n",
                "        told_s = 0.0\n",
            ),
            Patch(
                "bot/graph/gates.py",
                "        self._closed_until[key] = max(until, self._closed_until.get(key, until))\n",
                "        self._closed_until.pop(key, None)\n",
            ),
        ),
        by=Schedules(),
    ),
    Mutant(
        name="last-pause-holds",
        sentence="of several pauses that a mailbox asks for the last one holds, though another is longer",
        breaks=("I15",),
        patches=(
            Patch(
                "bot/graph/gates.py",
                "        self._closed_until[key] = max(until, self._closed_until.get(key, until))\n",
                "        self._closed_until[key] = until\n",
            ),
        ),
        by=Suite(("tests/unit/graph/test_graph_client.py",)),
    ),
    Mutant(
        name="subject-logged",
        sentence="the subject of a meeting stands in the log",
        breaks=("I17",),
        patches=(
            Patch(
                "bot/sync/decide.py",
                'extra={"answer": decision.answer.value, "sent": sent.sent}',
                'extra={"answer": decision.answer.value, "about": request.head.subject}',
            ),
        ),
        by=Schedules(),
    ),
)
