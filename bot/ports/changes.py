"""The change feed: which documents were written, for processes that share a store and keep something in step with it.

Only engines that several processes can share have one (`ChangeFeed`); of one process alone, what it writes is all.
"""

from dataclasses import dataclass
from typing import Protocol

from bot.ports.store import StoreError


@dataclass(frozen=True)
class Changes:
    """Keys of documents that were written or deleted, each once, by when that happened last. `position` is what to ask
    from next; `more` tells that there is more to have at once."""

    position: str
    keys: tuple[str, ...]
    more: bool = False


class ChangesLost(StoreError):
    """What happened since that position cannot be told any more: read everything again, from a new position."""


class ChangeFeed(Protocol):
    """One tenant's. A key tells that its document moved, not to what: whoever asks reads the document, which is then at
    least as new. A key may be told again of a change that was told before."""

    async def position(self) -> str:
        """Where the feed stands now: all that is committed later is told from here. Raises StoreDown."""

    async def changes(self, after: str, limit: int) -> Changes:
        """The first `limit` keys after a position. Raises ChangesLost or StoreDown."""
