"""Sees to it that whatever was begun is brought to its end, should the job that drives it be lost."""

import logging

from bot.domain.bookings import OPEN, Booking, State
from bot.ports import keys
from bot.ports.clock import Clock
from bot.ports.documents import Documents
from bot.ports.store import Batch, Finish, Lease, Schedule

log = logging.getLogger(__name__)

EVERY_S = 10.0
_DOES_ITS_DATES = frozenset({State.HELD, State.CREATING, State.COMPENSATING})  # made, and undone, with their series
_AT_ONCE = 500  # bookings looked at in one go: with more that live, a round of all takes longer


class Completer:
    """Handles the `complete/` job of one tenant."""

    def __init__(self, documents: Documents, clock: Clock) -> None:
        self._documents = documents
        self._clock = clock

    async def open(self) -> None:
        """Owes the job, should it have been lost. Call once, before the worker runs."""
        at = self._clock.now().timestamp() + EVERY_S
        await self._documents.store.commit(Batch(schedules=(Schedule(keys.COMPLETE + "all", at),)))

    async def complete(self, lease: Lease) -> None:
        """Owes the driving of each open booking that has no job for it; a dead letter is one, which is for an
        administrator to replay. The payload names the last booking looked at."""
        now = self._clock.now().timestamp()
        page = await self._documents.store.page(keys.ALL_MINE, lease.payload.decode(), _AT_ONCE)
        ids = [one.key.rpartition("/")[2] for one in page]
        found = await self._documents.get_all(map(keys.booking, ids), Booking)
        opened = [kept.value for kept in found.values() if kept.value.state in OPEN]
        series = await self._documents.get_all({keys.booking(one.series) for one in opened if one.series}, Booking)
        theirs = {kept.value.id for kept in series.values() if kept.value.state in _DOES_ITS_DATES}
        wanted = [keys.drive(one.id) for one in opened if one.series not in theirs]
        lost = sorted(set(wanted) - await self._documents.store.known_jobs(wanted))
        if lost:
            log.error("booking.job_lost", extra={"bookings": len(lost)})
        after = page[-1].key if len(page) == _AT_ONCE else ""
        batch = Batch(
            schedules=[Schedule(job, now) for job in lost],
            finishes=(Finish(lease, again_at=now + EVERY_S, payload=after.encode()),),
        )
        await self._documents.store.commit(batch)
