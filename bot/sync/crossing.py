"""An answer of ours that met a change which had not been read: which dates of a series it gave the room, and which are
somebody else's to answer. Pure."""

from dataclasses import replace

from bot.domain.events import Response
from bot.ports.calendar import Answer
from bot.ports.records import Decision, Progress
from bot.sync.request import Request


def crossed(request: Request, decision: Decision | None) -> bool:
    """Whether our acceptance may have met the request after a change that had not been read: it has the room at a time
    for which nobody judged it. What is decided now has an answer to overcome, which is ours and no person's."""
    if decision is None or request.head.response is not Response.ACCEPTED:
        return False
    return decision.fingerprint != request.fingerprint and _may_stand_elsewhere(decision)


def counted_for(request: Request, before: Decision | None) -> list[Decision]:
    """An acceptance of a series may have counted for dates that were moved before it arrived: it becomes what was
    decided on them, so that each is judged where it went."""
    if before is None or before.answer is not Answer.ACCEPT or not _may_stand_elsewhere(before):
        return []
    answered = replace(before, fingerprint="", progress=Progress.ANSWERED, had=())
    rows = [row for row in request.counted if row.id not in before.had]
    return [replace(answered, event_id=row.id, ical_uid=row.ical_uid) for row in rows]


def had(request: Request, before: Decision | None) -> tuple[str, ...]:
    """The changed dates that have the room by an answer that is not ours: those that had it before the first of our
    answers which may still be on its way."""
    if before is not None and _may_stand_elsewhere(before):
        return before.had
    return tuple(row.id for row in request.counted)


def _may_stand_elsewhere(decision: Decision) -> bool:
    """Whether the meeting may have been accepted where nobody judged it: by an acceptance that was not seen to hold, or
    by one that a decline is to take back which was not sent yet."""
    if decision.answer is Answer.DECLINE:
        return decision.progress is Progress.ANSWERED and decision.sent == 0
    return decision.answer is Answer.ACCEPT and decision.progress in (Progress.WANTED, Progress.ANSWERED)
