"""Time zones, compared by what their clocks show: Amsterdam's mailboxes may well say Berlin."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


def offset_at(zone: str, instant: datetime) -> timedelta | None:
    """None for no zone at all, and for a name that is none."""
    try:
        return instant.astimezone(ZoneInfo(zone)).utcoffset() if zone else None
    except (ZoneInfoNotFoundError, ValueError):
        return None


def same_clock(one: str, other: str, instant: datetime) -> bool:
    """Whether both show the same time then; a zone that is not known agrees with none."""
    offset = offset_at(one, instant)
    return offset is not None and offset == offset_at(other, instant)


def next_at(hour: int, after: datetime, zone: ZoneInfo) -> datetime:
    """The first time after that instant that clocks in the zone show that full hour, in UTC; where they skip it, the
    instant that they would have shown it."""
    local = after.astimezone(zone)
    shown = local.replace(hour=hour, minute=0, second=0, microsecond=0, fold=0)
    if shown.timestamp() <= after.timestamp():
        shown = (local + timedelta(days=1)).replace(hour=hour, minute=0, second=0, microsecond=0, fold=0)
    return shown.astimezone(UTC)
