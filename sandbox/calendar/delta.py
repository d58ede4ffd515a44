"""Answers calendarView/delta and events/delta: pages of what there is, then what changed since, from the journal.

https://learn.microsoft.com/graph/delta-query-events. Deliberately as uncomfortable as the service: occurrences are
thin, whatever changed outside the window comes as removed, the same id may come twice, a series is never split over
pages, deleted occurrences are not announced unless a switch says so.
"""

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec.structs import replace

from sandbox.calendar import ids, rendering
from sandbox.calendar.mailboxes import Change, ChangeType, Mailbox
from sandbox.calendar.models import Item, Kind
from sandbox.calendar.reading import FIRST_YEAR, LAST_YEAR
from sandbox.calendar.settings import Switches
from sandbox.errors import GraphError, no_sync_state
from sandbox.odata import Entity
from sandbox.wire import Preferences

DEFAULT_PAGE = 10
_FIRST = -1
_DAY = timedelta(days=1)
_EVER = (datetime(1, 1, 2, tzinfo=UTC), datetime(9998, 12, 31, tzinfo=UTC))


class Feed(StrEnum):
    """A view has occurrences and a window; events are single ones and masters."""

    VIEW = "view"
    EVENTS = "events"


_Instant = Annotated[datetime, msgspec.Meta(tz=True)]


class SyncState(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a token says. `since` is -1 in a first round; `upto` is fixed for the round; `offset` counts units sent;
    `has_rested` once the round has had its empty page. The window of an events feed may be open at either end."""

    mailbox: str
    feed: Feed
    start_at: _Instant | None
    end_at: _Instant | None
    since: int
    upto: int
    offset: Annotated[int, msgspec.Meta(ge=0)]
    generation: int
    is_round: bool
    has_rested: bool = False

    @property
    def is_first(self) -> bool:
        return self.since == _FIRST

    @property
    def window(self) -> tuple[datetime, datetime]:
        return self.start_at or _EVER[0], self.end_at or _EVER[1]

    def token(self) -> str:
        return base64.urlsafe_b64encode(msgspec.json.encode(self)).decode().rstrip("=")


@dataclass(frozen=True)
class DeltaPage:
    """`next_state` continues the round where `is_round`, else begins the next one."""

    items: list[Entity]
    next_state: SyncState


def first_state(mailbox: Mailbox, feed: Feed, start_at: datetime | None, end_at: datetime | None) -> SyncState:
    return SyncState(
        mailbox=mailbox.address,
        feed=feed,
        start_at=start_at,
        end_at=end_at,
        since=_FIRST,
        upto=mailbox.version,
        offset=0,
        generation=mailbox.sync_generation,
        is_round=True,
    )


def read_token(text: str, mailbox: Mailbox, feed: Feed, switches: Switches) -> SyncState:
    """Raises GraphError 410 for a token that is not this mailbox's, is too old or was invalidated."""
    state = _decoded(text)
    if state is None:
        raise _lost(mailbox, switches)
    oldest = mailbox.journal[0].version if mailbox.journal else 1
    is_known = oldest - 1 <= (state.upto if state.is_first else state.since) <= mailbox.version
    is_own = (state.mailbox, state.feed, state.generation) == (mailbox.address, feed, mailbox.sync_generation)
    if not is_known or not is_own:
        raise _lost(mailbox, switches)
    if state.is_round:
        return state
    since = max(oldest - 1, state.since - switches.delta_repeats)
    return replace(state, since=since, upto=mailbox.version, is_round=True, has_rested=False)


def window_of(text: str) -> tuple[datetime | None, datetime | None]:
    """What a token of any mailbox and generation still tells of its window."""
    state = _decoded(text)
    return (None, None) if state is None else (state.start_at, state.end_at)


def page(mailbox: Mailbox, state: SyncState, prefer: Preferences, switches: Switches) -> DeltaPage:
    """At least one unit (a single event, or a series with its occurrences) per page, then as many as fit."""
    if switches.delta_empty_page and not state.has_rested:
        return DeltaPage([], replace(state, has_rested=True))
    size = prefer.max_page_size or DEFAULT_PAGE
    keys = _keys(mailbox, state)
    units = _Units(mailbox, state, prefer, switches)
    items: list[Entity] = []
    done = state.offset
    for key in keys[state.offset :]:
        unit = list(units.of(key))
        if items and len(items) + len(unit) > size:
            break
        items += unit
        done += 1
    if done < len(keys):
        return DeltaPage(items, replace(state, offset=done))
    return DeltaPage(items, replace(state, since=state.upto, offset=0, is_round=False))


def _decoded(text: str) -> SyncState | None:
    """None for what this tenant can't have given out."""
    try:
        state = msgspec.json.decode(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), type=SyncState)
    except (ValueError, RecursionError):
        return None
    ends = [one.astimezone(UTC).year for one in (state.start_at, state.end_at) if one is not None]
    return state if all(FIRST_YEAR <= year <= LAST_YEAR for year in ends) else None


def _lost(mailbox: Mailbox, switches: Switches) -> GraphError:
    return no_sync_state(switches.lost_code, generation=mailbox.sync_generation, highest=mailbox.sync_generation + 1)


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


class _Units:
    """What a round says of one top item after the other."""

    def __init__(self, mailbox: Mailbox, state: SyncState, prefer: Preferences, switches: Switches) -> None:
        self._mailbox = mailbox
        self._state = state
        self._prefer = prefer
        self._switches = switches
        self._gone: dict[str, list[Change]] = {}
        if switches.delta_announces and not state.is_first:
            for change in mailbox.journal:
                if change.type is ChangeType.DELETED and state.since < change.version <= state.upto:
                    self._gone.setdefault(change.key, []).append(change)

    def of(self, key: str) -> Iterator[Entity]:
        item = self._mailbox.items.get(key)
        if item is None:
            yield from self._removals(key)
            return
        instances = list(item.instances(*self._state.window)) if self._is_view else self._itself(item)
        if not instances:
            if not self._state.is_first:
                yield self._removed(item)
            return
        if self._is_view and item.kind is Kind.MASTER and self._switches.delta_master:
            yield self._full(item)
        for instance in sorted(instances, key=lambda one: one.when.start_at):
            is_thin = instance.kind is Kind.OCCURRENCE
            yield rendering.thin(instance, self._prefer) if is_thin else self._full(instance)
        yield from self._gone_occurrences(item)

    @property
    def _is_view(self) -> bool:
        return self._state.feed is Feed.VIEW

    def _itself(self, item: Item) -> list[Item]:
        return [item] if _touches(item, *self._state.window) else []

    def _gone_occurrences(self, item: Item) -> Iterator[Entity]:
        for change in self._gone.get(item.key, []) if self._is_view else []:
            original = change.item.original_start_at
            if original is not None and original in item.gone:
                yield self._removed(change.item)

    def _removals(self, key: str) -> Iterator[Entity]:
        if self._state.is_first:
            return
        last = next((change for change in reversed(self._mailbox.journal) if change.key == key), None)
        if last is None:
            return
        yield self._removed(last.item)
        if self._is_view and last.item.kind is Kind.MASTER:
            for instance in last.item.instances(*self._state.window):
                yield self._removed(instance)

    def _full(self, item: Item) -> Entity:
        return {"@odata.type": "#microsoft.graph.event"} | rendering.event(item, self._prefer)

    def _removed(self, item: Item) -> Entity:
        own_id = ids.event_id(item, immutable=self._prefer.immutable)
        return {"@odata.type": "#microsoft.graph.event", "id": own_id, "@removed": {"reason": "deleted"}}


def _touches(item: Item, start_at: datetime, end_at: datetime) -> bool:
    """Whether anything of the item lies in a window that may be open at either end."""
    start_at = max(start_at, item.when.start_at - _DAY)
    if end_at < _EVER[1]:
        return next(item.instances(start_at, end_at), None) is not None
    series = item.content.recurrence
    last_on = series.last_on() if series else item.when.end_at.date()
    return last_on is None or last_on >= start_at.date()
