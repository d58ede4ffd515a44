"""Mailboxes: the items of one calendar, found by id, seen through a window, with a journal of what changed."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sandbox.calendar import ids
from sandbox.calendar.models import Item

_JOURNAL_LENGTH = 20_000


class ChangeType(StrEnum):
    CREATED = "created"
    UPDATED = "updated"
    DELETED = "deleted"


@dataclass(frozen=True)
class Change:
    """`item` is the copy that changed (an exception where only that did); `key` its top item's."""

    version: int
    type: ChangeType
    key: str
    item: Item


class Mailbox:
    """One calendar. `on_change` hears of every change, after it happened."""

    def __init__(self, address: str, on_change: Callable[["Mailbox", Change], None]) -> None:
        self.address = address
        self.items: dict[str, Item] = {}
        self.journal: list[Change] = []
        self.version = 0
        self.sync_generation = 0
        self._on_change = on_change
        self._keys_by_base: dict[str, str] = {}
        self._keys_by_uid: dict[str, str] = {}
        self._keys_by_transaction: dict[str, str] = {}

    def add(self, item: Item) -> None:
        self.items[item.key] = item
        self._keys_by_uid[item.uid] = item.key
        for immutable in (False, True):
            self._keys_by_base[ids.base_of(self.address, item.key, immutable=immutable)] = item.key
        if item.transaction_id:
            self._keys_by_transaction[item.transaction_id] = item.key
        self._record(ChangeType.CREATED, item)

    def touch(self, item: Item, now: datetime) -> None:
        """To be called after every change of an item or one of its exceptions."""
        top = self.items[item.key]
        top.modified_at, top.change = now, top.change + 1
        if item is not top:
            item.modified_at, item.change = now, top.change
        self._record(ChangeType.UPDATED, item)

    def remove(self, item: Item) -> None:
        """Removes a whole item. Its transaction id stays used."""
        top = self.items.pop(item.key)
        self._keys_by_uid.pop(top.uid, None)
        self._record(ChangeType.DELETED, top)

    def touch_removed(self, occurrence: Item, now: datetime) -> None:
        """To be called after an occurrence went into its master's `gone`."""
        top = self.items[occurrence.key]
        top.modified_at, top.change = now, top.change + 1
        self._record(ChangeType.DELETED, occurrence)

    def find(self, event_id: str) -> Item | None:
        """By regular or immutable id; an occurrence that was never changed is made for the occasion."""
        parts = ids.split(event_id)
        if parts is None:
            return None
        base, original = parts
        item = self.items.get(self._keys_by_base.get(base, ""))
        if item is None or original is None:
            return item
        return item.occurrence(original)

    def by_uid(self, uid: str) -> Item | None:
        return self.items.get(self._keys_by_uid.get(uid, ""))

    def by_transaction(self, transaction_id: str) -> Item | None:
        return self.items.get(self._keys_by_transaction.get(transaction_id, ""))

    def view(self, start_at: datetime, end_at: datetime) -> list[Item]:
        """The calendar view: overlapping single items, occurrences and exceptions, by start."""
        seen = [instance for item in self.items.values() for instance in item.instances(start_at, end_at)]
        return sorted(seen, key=lambda item: (item.when.start_at, item.when.end_at, item.key))

    def _record(self, type_: ChangeType, item: Item) -> None:
        self.version += 1
        change = Change(self.version, type_, item.key, item)
        self.journal.append(change)
        del self.journal[:-_JOURNAL_LENGTH]
        self._on_change(self, change)
