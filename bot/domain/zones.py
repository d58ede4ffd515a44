"""Time zones, compared by what their clocks show: Amsterdam's mailboxes may well say Berlin."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo


def offset_at(zone: str, instant: datetime) -> timedelta | None:
    """None for no zone at all. Raises ZoneInfoNotFoundError for a name that is none."""
    return instant.astimezone(ZoneInfo(zone)).utcoffset() if zone else None


def same_clock(one: str, other: str, instant: datetime) -> bool:
    """Whether both show the same time then; a zone that is not known agrees with none."""
    return bool(one and other) and offset_at(one, instant) == offset_at(other, instant)
