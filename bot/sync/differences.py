"""Where the mirror and a room's mailbox say different things, item by item: pure."""

import hashlib
from collections.abc import Iterable

from bot.domain.events import RoomEvent


def differences(mirror: Iterable[RoomEvent], mailbox: Iterable[RoomEvent]) -> dict[str, str]:
    """By event id, a digest of what the two say: the same difference seen again has the same digest. Only what a view
    of a calendar tells is compared: neither when an item was made nor the pattern of a series."""
    here, there = ({row.id: row for row in rows} for rows in (mirror, mailbox))
    return {
        event_id: _digest(here.get(event_id), there.get(event_id))
        for event_id in sorted(here.keys() | there.keys())
        if _facts(here.get(event_id)) != _facts(there.get(event_id))
    }


def _digest(here: RoomEvent | None, there: RoomEvent | None) -> str:
    return hashlib.sha256(repr((_facts(here), _facts(there))).encode()).hexdigest()[:16]


def _facts(row: RoomEvent | None) -> tuple[object, ...]:
    if row is None:
        return ()
    times = (row.slot.start_at.timestamp(), row.slot.end_at.timestamp())
    state = (row.response.value, row.is_cancelled, row.is_organizer, row.show_as)
    people = (row.organizer_address.casefold(), row.attendees)
    return (row.ical_uid, row.kind.value, row.master_id, times, state, people, row.subject, row.private)
