"""How many calls one mailbox may have in flight, and when a throttled one may be called again."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

# Outlook allows 4 at once per app and mailbox (https://learn.microsoft.com/graph/throttling-limits); one is left for
# a call that the service still counts though we have its answer.
PER_MAILBOX = 3
_REMEMBERED = 4096


@dataclass
class _Gate:
    places: asyncio.Semaphore
    users: int = 0


class Gates:
    """A gate lives while somebody stands at it, so that the map is as small as the traffic."""

    def __init__(self, per_mailbox: int = PER_MAILBOX) -> None:
        self._per_mailbox = per_mailbox
        self._gates: dict[str, _Gate] = {}
        self._closed_until: dict[str, float] = {}

    @asynccontextmanager
    async def enter(self, mailbox: str) -> AsyncIterator[None]:
        """Holds one of the mailbox's places; '' needs none."""
        if not mailbox:
            yield
            return
        key = mailbox.casefold()
        gate = self._gates.setdefault(key, _Gate(asyncio.Semaphore(self._per_mailbox)))
        gate.users += 1
        try:
            async with gate.places:
                yield
        finally:
            gate.users -= 1
            if not gate.users:
                del self._gates[key]

    def close(self, mailbox: str, *, until: float, now: float) -> None:
        """Nobody calls this mailbox before `until` (monotonic seconds): throttled calls count against the limit too."""
        if len(self._closed_until) >= _REMEMBERED:
            self._closed_until = {key: at for key, at in self._closed_until.items() if at > now}
        self._closed_until[mailbox.casefold()] = until

    def closed_s(self, mailbox: str, now: float) -> float:
        """For how long the mailbox is still closed; 0 where it is open."""
        until = self._closed_until.get(mailbox.casefold(), now)
        if until <= now:
            self._closed_until.pop(mailbox.casefold(), None)
        return max(0.0, until - now)

    def __len__(self) -> int:
        return len(self._gates)
