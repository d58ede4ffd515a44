"""Answers calendarView/delta: pages of a window, then what changed since, from the mailbox's journal.

https://learn.microsoft.com/graph/delta-query-events. Deliberately as uncomfortable as the service: occurrences are
thin, deleted occurrences are not announced, whatever changed outside the window comes as removed, the same id may come
twice, a series is never split over pages.
"""

import base64
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import datetime

from sandbox.calendar import ids, rendering
from sandbox.calendar.mailboxes import ChangeType, Mailbox
from sandbox.calendar.models import Item, Kind
from sandbox.errors import no_sync_state
from sandbox.odata import Entity
from sandbox.wire import Preferences

DEFAULT_PAGE = 10
_FIRST = -1


@dataclass(frozen=True, kw_only=True)
class SyncState:
    """What a token says. `since` is -1 in a first round; `upto` is fixed for the round; `offset` counts units sent."""

    mailbox: str
    start_at: str
    end_at: str
    since: int
    upto: int
    offset: int
    generation: int
    is_round: bool

    @property
    def is_first(self) -> bool:
        return self.since == _FIRST

    def token(self) -> str:
        return base64.urlsafe_b64encode(json.dumps(asdict(self)).encode()).decode().rstrip("=")

    @property
    def window(self) -> tuple[datetime, datetime]:
        return datetime.fromisoformat(self.start_at), datetime.fromisoformat(self.end_at)


@dataclass(frozen=True)
class DeltaPage:
    """`next_state` continues the round where `is_round`, else begins the next one."""

    items: list[Entity]
    next_state: SyncState


def first_state(mailbox: Mailbox, start_at: datetime, end_at: datetime, generation: int) -> SyncState:
    return SyncState(
        mailbox=mailbox.address,
        start_at=start_at.isoformat(),
        end_at=end_at.isoformat(),
        since=_FIRST,
        upto=mailbox.version,
        offset=0,
        generation=generation,
        is_round=True,
    )


def read_token(text: str, mailbox: Mailbox, generation: int) -> SyncState:
    """Raises GraphError 410 for a token that is not this mailbox's, is too old or was invalidated."""
    try:
        state = SyncState(**json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))))
    except (ValueError, TypeError) as problem:
        raise no_sync_state() from problem
    oldest = mailbox.journal[0].version if mailbox.journal else 1
    known = state.upto if state.is_first else state.since
    is_lost = not oldest - 1 <= known <= mailbox.version
    if state.mailbox != mailbox.address or state.generation != generation or is_lost:
        raise no_sync_state()
    return state if state.is_round else replace(state, upto=mailbox.version, is_round=True)


def page(mailbox: Mailbox, state: SyncState, prefer: Preferences) -> DeltaPage:
    """At least one unit (a single event, or a series with its occurrences) per page, then as many as fit."""
    size = prefer.max_page_size or DEFAULT_PAGE
    keys = _keys(mailbox, state)
    items: list[Entity] = []
    done = state.offset
    for key in keys[state.offset :]:
        unit = list(_unit(mailbox, key, state, prefer))
        if items and len(items) + len(unit) > size:
            break
        items += unit
        done += 1
    if done < len(keys):
        return DeltaPage(items, replace(state, offset=done))
    return DeltaPage(items, replace(state, since=state.upto, offset=0, is_round=False))


def _keys(mailbox: Mailbox, state: SyncState) -> list[str]:
    """Top items of this round, in an order that stands while the round lasts."""
    if state.is_first:
        # Whatever is created after the round began is in the journal, and comes with the next one.
        newer = {change.key for change in mailbox.journal if change.version > state.upto}
        added_later = {
            change.key
            for change in mailbox.journal
            if change.type is ChangeType.CREATED and change.version > state.upto
        }
        gone = [key for key in newer - added_later if key not in mailbox.items]
        return sorted([*(key for key in mailbox.items if key not in added_later), *gone])
    changed = (change.key for change in mailbox.journal if state.since < change.version <= state.upto)
    return list(dict.fromkeys(changed))


def _unit(mailbox: Mailbox, key: str, state: SyncState, prefer: Preferences) -> Iterator[Entity]:
    item = mailbox.items.get(key)
    if item is None:
        yield from _removals(mailbox, key, state, prefer)
        return
    instances = list(item.instances(*state.window))
    if not instances:
        if not state.is_first:
            yield _removed(item, prefer)
        return
    if item.kind is Kind.MASTER:
        yield _full(item, prefer)
    for instance in sorted(instances, key=lambda one: one.when.start_at):
        yield rendering.thin(instance, prefer) if instance.kind is Kind.OCCURRENCE else _full(instance, prefer)


def _removals(mailbox: Mailbox, key: str, state: SyncState, prefer: Preferences) -> Iterator[Entity]:
    if state.is_first:
        return
    last = next((change for change in reversed(mailbox.journal) if change.key == key), None)
    if last is None:
        return
    yield _removed(last.item, prefer)
    if last.item.kind is Kind.MASTER:
        for instance in last.item.instances(*state.window):
            yield _removed(instance, prefer)


def _full(item: Item, prefer: Preferences) -> Entity:
    return {"@odata.type": "#microsoft.graph.event"} | rendering.event(item, prefer)


def _removed(item: Item, prefer: Preferences) -> Entity:
    own_id = ids.event_id(item, immutable=prefer.immutable)
    return {"@odata.type": "#microsoft.graph.event", "id": own_id, "@removed": {"reason": "deleted"}}
