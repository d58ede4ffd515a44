"""Finds the items that a window of time may show without looking at all of them."""

from datetime import datetime

from sandbox.calendar.models import Item

_MANY = 62


class Days:
    """Keys of items by the days (UTC) that they touch. Series, and whatever lasts for months, are near every window."""

    def __init__(self) -> None:
        self._keys_by_day: dict[int, set[str]] = {}
        self._days_by_key: dict[str, range] = {}
        self._everywhere: set[str] = set()

    def put(self, item: Item) -> None:
        """Also to be called when the item's times have changed."""
        days = _days(item.when.start_at, item.when.end_at)
        is_everywhere = item.content.recurrence is not None or len(days) > _MANY
        if not is_everywhere and self._days_by_key.get(item.key) == days:
            return
        self.drop(item.key)
        if is_everywhere:
            self._everywhere.add(item.key)
            return
        self._days_by_key[item.key] = days
        for day in days:
            self._keys_by_day.setdefault(day, set()).add(item.key)

    def drop(self, key: str) -> None:
        self._everywhere.discard(key)
        for day in self._days_by_key.pop(key, range(0)):
            keys = self._keys_by_day[day]
            keys.discard(key)
            if not keys:
                del self._keys_by_day[day]

    def near(self, start_at: datetime, end_at: datetime) -> set[str]:
        """Every key that the window may show, and some that it does not."""
        window = _days(start_at, end_at)
        days = window if len(window) < len(self._keys_by_day) else [day for day in self._keys_by_day if day in window]
        return self._everywhere.union(*(self._keys_by_day.get(day, ()) for day in days))


def _days(start_at: datetime, end_at: datetime) -> range:
    return range(start_at.toordinal(), max(start_at, end_at).toordinal() + 1)
