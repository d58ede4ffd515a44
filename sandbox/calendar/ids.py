"""Makes and reads the ids of calendar items: per mailbox, regular or immutable, occurrences included.

A regular and an immutable id of one item differ, and an item has other ids in every mailbox
(https://learn.microsoft.com/graph/outlook-immutable-id). iCalUId is the meeting's, and of an occurrence it carries the
day, where a Global Object ID has it ([MS-OXOCAL] 2.2.1.27).
"""

import base64
import hashlib
from datetime import UTC, date, datetime, timedelta

from sandbox.calendar.models import Item
from sandbox.zones import zone

_REGULAR = "AAMkADRk"
_IMMUTABLE = "AAkALgAA"
_BASE_LENGTH = 72
_GLOBAL_OBJECT_ID = "040000008200E00074C5B7101A82E008"
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


def event_id(item: Item, *, immutable: bool) -> str:
    return _base(item, immutable=immutable) + _suffix(item.original_start_at) + "="


def master_id(item: Item, *, immutable: bool) -> str:
    return _base(item, immutable=immutable) + "="


def calendar_id(mailbox: str) -> str:
    """Of a mailbox's only calendar. Folders have no immutable ids."""
    return base_of(mailbox, "calendar", immutable=False) + "AAA="


def calendar_change_key(mailbox: str) -> str:
    digest = hashlib.blake2b(f"{mailbox}|calendar".encode(), digest_size=15).digest()
    return base64.b64encode(digest).decode()


def deleted_base(item: Item) -> str:
    """The regular id of an item changes when it goes into Deleted Items; the immutable one does not."""
    return base_of(item.mailbox, f"{item.key} deleted", immutable=False)


def base_of(mailbox: str, key: str, *, immutable: bool) -> str:
    """The part of an id that a series and all its occurrences share."""
    prefix = _IMMUTABLE if immutable else _REGULAR
    digest = hashlib.blake2b(f"{prefix}|{mailbox}|{key}".encode(), digest_size=48).digest()
    return prefix + base64.urlsafe_b64encode(digest).decode()


def split(text: str) -> tuple[str, datetime | None] | None:
    """An id's base and the occurrence's original start; None where it is no id of this tenant."""
    text = text.rstrip("=")
    base, suffix = text[:_BASE_LENGTH], text[_BASE_LENGTH:]
    if len(base) < _BASE_LENGTH or not suffix:
        return (base, None) if len(base) == _BASE_LENGTH else None
    if not suffix.startswith("AVE") or not suffix[3:].isascii() or not suffix[3:].isdigit() or len(suffix) > 12:
        return None
    return base, _EPOCH + timedelta(minutes=int(suffix[3:]))


def ical_uid(item: Item) -> str:
    day = "00000000"
    if item.original_start_at is not None:
        local = item.original_start_at.astimezone(zone(item.when.start_zone))
        day = f"{local.year:04X}{local.month:02X}{local.day:02X}"
    return _GLOBAL_OBJECT_ID + day + item.uid


def read_ical_uid(text: str) -> tuple[str, date | None]:
    """The meeting's uid and the occurrence's local day; ('', None) where it is no iCalUId."""
    length = len(_GLOBAL_OBJECT_ID)
    if not text.startswith(_GLOBAL_OBJECT_ID):
        return "", None
    day, uid = text[length : length + 8], text[length + 8 :]
    if day == "00000000":
        return uid, None
    try:
        return uid, date(int(day[:4], 16), int(day[4:6], 16), int(day[6:], 16))
    except ValueError:
        return "", None


def change_key(item: Item) -> str:
    digest = hashlib.blake2b(f"{item.mailbox}|{item.key}|{item.change}".encode(), digest_size=15).digest()
    return base64.b64encode(digest).decode()


def _base(item: Item, *, immutable: bool) -> str:
    if item.is_deleted and not immutable:
        return deleted_base(item)
    return base_of(item.mailbox, item.key, immutable=immutable)


def _suffix(original_start_at: datetime | None) -> str:
    if original_start_at is None:
        return ""
    return f"AVE{int((original_start_at - _EPOCH).total_seconds() // 60):09d}"
