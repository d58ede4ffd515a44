"""Mailboxes: the items of one calendar, found by id, seen through a window, with a journal of what changed."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import msgspec

from sandbox.calendar import ids
from sandbox.calendar.models import Item

_JOURNAL_LENGTH = 20_000
_SAVED_JOURNAL_LENGTH = 2_000
_LOST = 1_000  # more than a mailbox counts up in the second that a kill may lose


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


class SavedMailbox(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A mailbox as a file holds it. `removed` are the items that the journal still has to name."""

    version: int
    sync_generation: int
    items: list[Item]
    journal: list[tuple[int, ChangeType, str]]
    removed: list[Item]

    def __post_init__(self) -> None:
        known = {item.key for item in (*self.items, *self.removed)}
        if not known.issuperset(key for _, _, key in self.journal):
            raise ValueError("the journal names an item that is not there")


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
        self._file(item)
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

    def saved(self) -> SavedMailbox:
        journal = self.journal[-_SAVED_JOURNAL_LENGTH:]
        removed = {change.key: change.item for change in journal if change.key not in self.items}
        entries = [(change.version, change.type, change.key) for change in journal]
        return SavedMailbox(
            self.version, self.sync_generation, list(self.items.values()), entries, list(removed.values())
        )  # fmt: skip

    def restore(self, saved: SavedMailbox, *, is_clean: bool) -> None:
        """Fills an empty mailbox. Unless the stop was clean, clients may know changes that are lost: then no etag is
        used twice, and delta tokens are no longer good."""
        for item in saved.items:
            self._file(item)
        known = self.items | {item.key: item for item in saved.removed}
        self.journal = [Change(version, type_, key, known[key]) for version, type_, key in saved.journal]
        self.version, self.sync_generation = saved.version, saved.sync_generation
        if not is_clean:
            self.sync_generation += _LOST
            for item in self.items.values():
                item.change += _LOST

    def _file(self, item: Item) -> None:
        self.items[item.key] = item
        self._keys_by_uid[item.uid] = item.key
        for immutable in (False, True):
            self._keys_by_base[ids.base_of(self.address, item.key, immutable=immutable)] = item.key
        if item.transaction_id:
            self._keys_by_transaction[item.transaction_id] = item.key

    def _record(self, type_: ChangeType, item: Item) -> None:
        self.version += 1
        change = Change(self.version, type_, item.key, item)
        self.journal.append(change)
        del self.journal[:-_JOURNAL_LENGTH]
        self._on_change(self, change)
