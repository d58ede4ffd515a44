"""The brake on declines: a policy gone wrong, or a mirror, must not turn a whole organisation away."""

import logging
from dataclasses import replace
from datetime import datetime, timedelta

from bot.ports import keys
from bot.ports.clock import Clock
from bot.ports.documents import Documents
from bot.ports.records import Declines
from bot.ports.store import Put

log = logging.getLogger(__name__)

WITHIN = timedelta(minutes=10)
STOPPED_WAITS_S = 60.0  # until a decline that was stopped is judged anew


def one_more(before: Declines, now: datetime, *, most: int, policy: str) -> Declines:
    """What is kept after one more decline was wished for: counted, or, where there were `most` (0: no brake) within ten
    minutes, stopped. Stopped stays stopped until another policy holds or an administrator goes on. Pure."""
    if before.stopped_at is not None and before.policy == policy:
        return before
    going = replace(before, stopped_at=None, policy=policy, times=() if before.stopped_at else before.times)
    recent = tuple(at for at in going.times if now - at < WITHIN)
    if 0 < most <= len(recent):
        return replace(going, times=recent, stopped_at=now)
    return replace(going, times=(*recent, now) if most else ())


class Brake:
    """One tenant's, shared by all of its processes through the store."""

    def __init__(self, documents: Documents, clock: Clock) -> None:
        self._documents = documents
        self._clock = clock

    async def decline(self, *, most: int, policy: str) -> tuple[bool, tuple[Put, ...]]:
        """Whether one more may be declined, and what has to be committed with it or, where not, in its place. Raises
        nothing; the commit raises Conflict where another decline was counted meanwhile."""
        kept = await self._documents.get(keys.DECLINES, Declines)
        before = kept.value if kept else Declines()
        after = one_more(before, self._clock.now(), most=most, policy=policy)
        if after.stopped_at is not None and before.stopped_at != after.stopped_at:
            log.error("declines.stopped", extra={"count": len(after.times)})
        if after == before:
            return after.stopped_at is None, ()
        return after.stopped_at is None, (self._documents.put(keys.DECLINES, after, kept.version if kept else 0),)
