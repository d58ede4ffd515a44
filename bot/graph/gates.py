"""How many calls one mailbox may have in flight, and when a throttled one may be called again."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, nullcontext
from dataclasses import dataclass, field

# Outlook allows 4 at once per app and mailbox (https://learn.microsoft.com/graph/throttling-limits); one is left for
# a call that the service still counts though we have its answer.
PER_MAILBOX = 3
_REMEMBERED = 4096
_NO_GATE = nullcontext()


@dataclass
class _Gate:
    places: asyncio.Semaphore
    users: int = 0
    # Who takes several places takes them one after another, and two of those would wait for each other.
    several: asyncio.Lock = field(default_factory=asyncio.Lock)


class Gates:
    """A gate lives while somebody stands at it, so that the map is as small as the traffic."""

    def __init__(self, per_mailbox: int = PER_MAILBOX) -> None:
        self.per_mailbox = per_mailbox
        self._gates: dict[str, _Gate] = {}
        self._closed_until: dict[str, float] = {}

    def enter(self, mailbox: str, places: int = 1) -> AbstractAsyncContextManager[None]:
        """Holds that many of the mailbox's places, never more than it has; '' needs none."""
        return _Standing(self, mailbox.casefold(), places) if mailbox else _NO_GATE

    @asynccontextmanager
    async def enter_all(self, places: Mapping[str, int]) -> AsyncIterator[None]:
        """Holds places of several mailboxes, always taken in one order: nobody waits for who waits for them."""
        async with AsyncExitStack() as stack:
            for mailbox in sorted(places, key=str.casefold):
                await stack.enter_async_context(self.enter(mailbox, places[mailbox]))
            yield

    def close(self, mailbox: str, *, until: float, now: float) -> None:
        """Nobody calls this mailbox before `until` (monotonic seconds): throttled calls count against the limit too. Of
        several answers the longest pause holds."""
        if len(self._closed_until) >= _REMEMBERED:
            self._closed_until = {key: at for key, at in self._closed_until.items() if at > now}
        key = mailbox.casefold()
        self._closed_until[key] = max(until, self._closed_until.get(key, until))

    def closed_s(self, mailbox: str, now: float) -> float:
        """For how long the mailbox is still closed; 0 where it is open."""
        if not self._closed_until:
            return 0.0
        until = self._closed_until.get(mailbox.casefold(), now)
        if until <= now:
            self._closed_until.pop(mailbox.casefold(), None)
        return max(0.0, until - now)

    async def take(self, key: str, places: int) -> int:
        """Waits for the places of a casefolded mailbox; says how many were taken."""
        gate = self._gates.get(key)
        if gate is None:
            gate = self._gates[key] = _Gate(asyncio.Semaphore(self.per_mailbox))
        gate.users += 1
        taken = 0
        try:
            if places == 1:
                await gate.places.acquire()
                return 1
            async with gate.several:
                while taken < min(places, self.per_mailbox):
                    await gate.places.acquire()
                    taken += 1
        except BaseException:
            self.give(key, taken)
            raise
        return taken

    def give(self, key: str, places: int) -> None:
        gate = self._gates[key]
        for _ in range(places):
            gate.places.release()
        gate.users -= 1
        if not gate.users:
            del self._gates[key]

    def __len__(self) -> int:
        return len(self._gates)


class _Standing:
    """A class, as it stands in the way of every call: a generator costs three times as much."""

    __slots__ = ("_gates", "_key", "_places")

    def __init__(self, gates: Gates, key: str, places: int) -> None:
        self._gates = gates
        self._key = key
        self._places = places

    async def __aenter__(self) -> None:
        self._places = await self._gates.take(self._key, self._places)

    async def __aexit__(self, *_: object) -> None:
        self._gates.give(self._key, self._places)
