"""Looks once a day when the app's secret ends, so that nobody learns it from a standstill."""

import logging

from bot.ports import keys
from bot.ports.calendar import Denied, Missing, Rejected
from bot.ports.clock import Clock
from bot.ports.documents import Documents
from bot.ports.records import SecretEnds
from bot.ports.registration import Registration
from bot.ports.store import Batch, Finish, Lease, Schedule

log = logging.getLogger(__name__)

EVERY_S = 24 * 3600.0
SOON_DAYS = 30
_JOB = keys.SECRET + "app"


class SecretWatch:
    """Handles the `secret/` job of one tenant."""

    def __init__(self, documents: Documents, registration: Registration, clock: Clock) -> None:
        self._documents = documents
        self._registration = registration
        self._clock = clock

    async def open(self) -> None:
        """Owes the standing job, should it have been lost or died. Call once, before the worker runs."""
        now = self._clock.now().timestamp()
        await self._documents.store.commit(Batch(schedules=(Schedule(_JOB, now),)))

    async def look(self, lease: Lease) -> None:
        """Raises the calendar's Busy: the worker comes back."""
        now = self._clock.now()
        found = await self._found()
        if found.at is not None and (found.at - now).days < SOON_DAYS:
            log.warning("secret.ends_soon", extra={"days": (found.at - now).days})
        batch = Batch(
            puts=(self._documents.put(keys.SECRET_ENDS, found),),
            finishes=(Finish(lease, again_at=now.timestamp() + EVERY_S),),
        )
        await self._documents.store.commit(batch)

    async def _found(self) -> SecretEnds:
        now = self._clock.now()
        try:
            at = await self._registration.secret_ends_at()
        except Denied:
            return SecretEnds(seen_at=now, trouble="denied")
        except (Missing, Rejected):
            return SecretEnds(seen_at=now, trouble="unlisted")
        return SecretEnds(seen_at=now, at=at, trouble="" if at else "unlisted")
