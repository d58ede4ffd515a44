"""Who people are and how to reach them: met in the channel, looked up in the directory once, remembered."""

import logging
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from bot.domain.people import Person
from bot.ports import keys
from bot.ports.directory import Directory
from bot.ports.documents import Documents, Kept
from bot.ports.records import Acquaintance
from bot.ports.store import Batch, Conflict

log = logging.getLogger(__name__)

_SEEN_ANEW = timedelta(days=30)


@dataclass(frozen=True, kw_only=True)
class Met:
    """What a verified activity tells of its sender, and when. `chat` only where it came from their personal chat."""

    person_id: str
    name: str
    zone: str = ""
    language: str = ""
    chat: dict[str, Any] = field(default_factory=dict)
    seen_at: datetime | None = None


class People:
    """Use cases of one tenant."""

    def __init__(self, documents: Documents, directory: Directory) -> None:
        self._documents = documents
        self._directory = directory

    async def meet(self, met: Met) -> Acquaintance:
        """Remembers what is new; writes nothing when nothing is. An address is not looked up here (see `addressed`)."""
        return await self._change(met.person_id, lambda old: _merged(old or stranger(met), met))

    async def addressed(self, person_id: str) -> Person:
        """The person with their mail address, from the directory at the first call. Raises the calendar's RemoteError
        tree; Missing for somebody the directory does not know (a guest, say)."""
        kept = await self.known(person_id)
        if kept is not None and kept.person.address:
            return kept.person
        found = await self._directory.person(person_id)
        changed = await self._change(person_id, lambda old: _with_address(old, found))
        return changed.person

    async def known(self, person_id: str) -> Acquaintance | None:
        """Read anew each time: another process may have met them since."""
        kept = await self._documents.get(keys.person(person_id), Acquaintance)
        return kept.value if kept else None

    async def speaks(self, person_id: str, language: str) -> None:
        """They wrote in `language`: from now on they are answered in it."""
        if await self.known(person_id) is not None:
            await self._change(person_id, lambda old: replace(old, spoken=language) if old else old)

    async def unreachable(self, person_id: str) -> None:
        """The bot was removed, or the person blocked it: no more messages until they come back."""
        before = await self.known(person_id)
        if before is not None:
            await self._change(person_id, lambda old: replace(old or before, chat={}))

    async def _change(self, person_id: str, change: Any) -> Acquaintance:
        while True:
            kept: Kept[Acquaintance] | None = await self._documents.get(keys.person(person_id), Acquaintance)
            after: Acquaintance = change(kept.value if kept else None)
            put = self._documents.put(keys.person(person_id), after, expected=kept.version if kept else 0)
            try:
                if kept is None or kept.value != after:
                    await self._documents.store.commit(Batch(puts=(put,)))
            except Conflict:
                continue
            return after


def stranger(met: Met) -> Acquaintance:
    """Somebody of whom only the activity tells."""
    return Acquaintance(person=Person(id=met.person_id, name=met.name, address=""))


def _merged(old: Acquaintance, met: Met) -> Acquaintance:
    """What was not said this time stays as it was."""
    person = replace(
        old.person,
        name=met.name or old.person.name,
        zone=met.zone or old.person.zone,
        language=met.language or old.person.language,
    )
    return replace(old, person=person, chat=met.chat or old.chat, seen_at=_seen_at(old.seen_at, met.seen_at))


def _seen_at(before: datetime | None, now: datetime | None) -> datetime | None:
    """Exact enough to forget somebody after a year, and not written at every word."""
    return before if now is None or (before is not None and now - before < _SEEN_ANEW) else now


def _with_address(old: Acquaintance | None, found: Person) -> Acquaintance:
    if old is None:
        return Acquaintance(person=found)
    return replace(old, person=replace(old.person, address=found.address, name=old.person.name or found.name))
