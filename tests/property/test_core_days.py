"""Whole days in every zone that Microsoft 365 names: one ends where the next begins, also where clocks change."""

from datetime import UTC, date, datetime, timedelta

import pytest

from bot.domain.events import RoomEvent
from bot.graph import events
from bot.graph.times import ZonedTime
from bot.graph.wire import Event
from bot.graph.zones import _iana_by_windows, iana_of, zone_of

FIRST, DAYS = date(2026, 1, 1), 730
DAY = timedelta(days=1)


def all_day(day: date, zone: str) -> RoomEvent:
    """As a room's calendar tells it: midnight to midnight "UTC", in whatever zone it was made."""
    first, last = (ZonedTime(datetime.combine(one, datetime.min.time()), "UTC") for one in (day, day + DAY))
    event = Event(id="e", start=first, end=last, is_all_day=True, original_start_time_zone=zone)
    return events.room_event(event, "oslo@contoso.example")


def changing_days(zone: str) -> list[date]:
    """The days around those on which the zone's clocks change."""
    rules = zone_of(iana_of(zone))
    assert rules is not None
    noons = [datetime.combine(FIRST + DAY * number, datetime.min.time(), UTC) for number in range(DAYS)]
    offsets = [noon.astimezone(rules).utcoffset() for noon in noons]
    changes = [number for number in range(1, DAYS - 2) if offsets[number] != offsets[number - 1]]
    return sorted({FIRST + DAY * (number + near) for number in (0, *changes) for near in (-2, -1, 0, 1)})


@pytest.mark.parametrize("zone", sorted(_iana_by_windows()))
def test_days_tile_time(zone: str) -> None:
    for day in changing_days(zone):
        today, tomorrow = all_day(day, zone).slot, all_day(day + DAY, zone).slot
        assert today.end_at == tomorrow.start_at
        assert not today.overlaps(tomorrow)
        assert timedelta(hours=22) <= today.end_at - today.start_at <= timedelta(hours=26)
