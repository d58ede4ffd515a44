"""Mailboxes: the items of one calendar, found by id, seen through a window, with a journal of what changed."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

import msgspec

from sandbox.calendar import ids
from sandbox.calendar.days import Days
from sandbox.calendar.models import Item

_JOURNAL_LENGTH = 20_000
_SAVED_JOURNAL_LENGTH = 2_000
_DELETED_LENGTH = 1_000
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
    """A mailbox as a file holds it. `removed` are the items that the journal still has to name; `spent` are transaction
    ids whose items are gone."""

    version: int
    sync_generation: int
    items: list[Item]
    journal: list[tuple[int, ChangeType, str]]
    removed: list[Item]
    spent: list[str] = []

    def __post_init__(self) -> None:
        known = {item.key for item in (*self.items, *self.removed)}
        if not known.issuperset(key for _, _, key in self.journal):
            raise ValueError("the journal names an item that is not there")


class Mailbox:
    """One calendar, and Deleted Items. `on_change` hears of every change, after it happened."""

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
        self._deleted: dict[str, Item] = {}
        self._days = Days()

    def add(self, item: Item) -> None:
        self._file(item)
        self._record(ChangeType.CREATED, item)

    def touch(self, item: Item, now: datetime) -> None:
        """To be called after every change of an item or one of its exceptions."""
        top = self.items[item.key]
        top.modified_at, top.change = now, top.change + 1
        if item is not top:
            item.modified_at, item.change = now, top.change
        self._days.put(top)
        self._record(ChangeType.UPDATED, item)

    def remove(self, item: Item) -> None:
        """Moves a whole item into Deleted Items. Its transaction id stays known."""
        top = self.items.pop(item.key)
        self._keys_by_uid.pop(top.uid, None)
        self._days.drop(top.key)
        self._deleted[top.key] = replace(top, is_deleted=True)
        if len(self._deleted) > _DELETED_LENGTH:
            self.purge(next(iter(self._deleted.values())))
        self._record(ChangeType.DELETED, top)

    def purge(self, item: Item) -> None:
        """Takes an item out of Deleted Items for good."""
        self._deleted.pop(item.key, None)
        for immutable in (False, True):
            self._keys_by_base.pop(ids.base_of(self.address, item.key, immutable=immutable), None)

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

    def find_deleted(self, event_id: str) -> Item | None:
        """An item in Deleted Items, by its immutable id or by the regular one that it has there."""
        base, original = ids.split(event_id) or ("", None)
        found = self._deleted.get(self._keys_by_base.get(base, ""))
        if found is None:
            found = next((item for item in self._deleted.values() if ids.deleted_base(item) == base), None)
        elif base == ids.base_of(self.address, found.key, immutable=False):
            return None
        return found if original is None else None

    def by_uid(self, uid: str) -> Item | None:
        return self.items.get(self._keys_by_uid.get(uid, ""))

    def by_transaction(self, transaction_id: str) -> Item | None:
        return self.items.get(self._keys_by_transaction.get(transaction_id, ""))

    def has_spent(self, transaction_id: str) -> bool:
        """It was used for an item that is there no more."""
        key = self._keys_by_transaction.get(transaction_id)
        return key is not None and key not in self.items

    def view(self, start_at: datetime, end_at: datetime) -> list[Item]:
        """The calendar view: overlapping single items, occurrences and exceptions, by start."""
        near = (self.items[key] for key in self._days.near(start_at, end_at))
        seen = [instance for item in near for instance in item.instances(start_at, end_at)]
        return sorted(seen, key=lambda item: (item.when.start_at, item.when.end_at, item.key))

    def saved(self) -> SavedMailbox:
        journal = self.journal[-_SAVED_JOURNAL_LENGTH:]
        removed = {change.key: change.item for change in journal if change.key not in self.items}
        entries = [(change.version, change.type, change.key) for change in journal]
        spent = [name for name, key in self._keys_by_transaction.items() if key not in self.items]
        return SavedMailbox(
            self.version, self.sync_generation, list(self.items.values()), entries, list(removed.values()), spent
        )  # fmt: skip

    def restore(self, saved: SavedMailbox, *, is_clean: bool) -> None:
        """Fills an empty mailbox. Unless the stop was clean, clients may know changes that are lost: then no etag is
        used twice, and delta tokens are no longer good."""
        for item in saved.items:
            self._file(item)
        self._keys_by_transaction |= dict.fromkeys(saved.spent, "")
        known = self.items | {item.key: item for item in saved.removed}
        self.journal = [Change(version, type_, key, known[key]) for version, type_, key in saved.journal]
        self.version, self.sync_generation = saved.version, saved.sync_generation
        if not is_clean:
            self.sync_generation += _LOST
            for item in self.items.values():
                item.change += _LOST

    def _file(self, item: Item) -> None:
        self.items[item.key] = item
        self._days.put(item)
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
