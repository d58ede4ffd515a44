"""When a room is taken, in one small document beside its rows: what a start loads instead of them.

It is written in the batch that changes the rows, and the room's feed names its digest. So one that is stale, torn, of
another form or written by nobody who knows the rows is not believed, and the rows are read.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bot.domain.events import RoomEvent
from bot.domain.spans import Spans
from bot.ports import keys
from bot.ports.documents import Documents
from bot.ports.records import FeedState
from bot.ports.store import Put
from bot.sync.plan import Plan


@dataclass(frozen=True, kw_only=True)
class Packed:
    """What a batch puts, if anything, and the digest for the room's feed."""

    digest: str
    puts: tuple[Put, ...] = ()


class Packing:
    """Of one tenant."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    async def after(
        self, room: str, state: FeedState | None, changes: Plan, whole: Mapping[str, RoomEvent] | None = None
    ) -> Packed:
        """For the batch that makes `changes` to the rows and expects the feed to be the one that `state` was read from.
        `whole` are all of the room's rows before it, where they were read anyway: then it is packed from them alone."""
        digest = state.packed if state else ""
        if digest and whole is None and not changes.upserts and not changes.drops:
            return Packed(digest=digest)
        spans = taken_by(whole.values()) if whole is not None else await self._before(room, digest)
        for row in changes.drops:
            spans.pop(row.id)
        for row in changes.upserts:
            if row.blocks:
                spans.put(row.id, row.slot)
            else:
                spans.pop(row.id)
        found = packed(room, spans)
        return found if found.digest != digest else Packed(digest=digest)

    async def _before(self, room: str, digest: str) -> Spans:
        found = (await self._documents.store.read([keys.packed(room)])).get(keys.packed(room)) if digest else None
        spans = believed(found.value, digest) if found else None
        if spans is None:
            spans = taken_by([kept.value for kept in await self._documents.scan(keys.events(room), RoomEvent)])
        return spans


def packed(room: str, spans: Spans) -> Packed:
    """The document as it is put."""
    value = spans.to_bytes()
    return Packed(digest=_digest(value), puts=(Put(keys.packed(room), value),))


def believed(value: bytes, digest: str) -> Spans | None:
    """None where the bytes are not those that the feed names, or of another form."""
    if _digest(value) != digest:
        return None
    try:
        return Spans.from_bytes(value)
    except ValueError:
        return None


def taken_by(rows: Iterable[RoomEvent]) -> Spans:
    """When the rows of a room take it."""
    return Spans((row.id, row.slot) for row in rows if row.blocks)


def _digest(value: bytes) -> str:
    return hashlib.blake2b(value, digest_size=12).hexdigest()
