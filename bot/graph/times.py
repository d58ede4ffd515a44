"""dateTimeTimeZone both ways: Graph's local times with a zone's name, and instants.

https://learn.microsoft.com/graph/api/resources/datetimetimezone
"""

from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo

import msgspec

from bot.domain.series import Rhythm
from bot.domain.slots import Slot
from bot.graph.zones import iana_of, windows_of, windows_zones, zone_of


class ZonedTime(msgspec.Struct, rename="camel", gc=False):
    """`date_time` comes with seven fractional digits and, as a rule, without an offset: naive."""

    date_time: datetime
    time_zone: str | None = None


class UnknownZone(ValueError):
    """A zone name that neither Windows nor the tz database has."""


def instant_of(time: ZonedTime) -> datetime:
    """Aware, UTC. No zone means UTC; an offset within the value wins. Raises ValueError."""
    local, zone = time.date_time, time.time_zone
    if local.tzinfo is not None:
        return local.astimezone(UTC)
    if zone == "UTC" or not zone:
        return datetime.combine(local.date(), local.time(), UTC)  # a fifth of what replace() takes, twice an event
    return local.replace(tzinfo=_rules(zone)).astimezone(UTC)


def midnight_of(time: ZonedTime, zone_name: str) -> datetime | None:
    """The instant at which that day begins in the named zone; None for another time or an unknown zone."""
    local = time.date_time
    rules = zone_of(iana_of(zone_name)) if zone_name else None
    if rules is None or local.tzinfo is not None or (local.hour, local.minute, local.second) != (0, 0, 0):
        return None
    return local.replace(tzinfo=rules).astimezone(UTC)


def zoned(*instants: datetime, zone: str) -> tuple[ZonedTime, ...]:
    """Instants as Graph takes them: in the person's zone by its Windows name, so that Outlook shows the meeting as made
    there, or all in UTC where the zone is unknown or the name could mean another instant."""
    rules, windows = zone_of(zone) if zone else None, windows_of(zone)
    if rules is None or not windows or not all(_same_for_windows(at, rules, windows) for at in instants):
        return tuple(ZonedTime(_local(at, UTC), "UTC") for at in instants)
    return tuple(ZonedTime(_local(at, rules), windows) for at in instants)


def repeated(slots: Sequence[Slot], rhythm: Rhythm, zone: str) -> tuple[ZonedTime, ZonedTime]:
    """Start and end of the first of a series' times in the Windows zone in which its pattern comes to just these
    `slots`: the person's own, or another whose clocks show the same each time. UTC would be right for one instant and
    wrong for a pattern. Raises UnknownZone where no zone fits."""
    first, own = min(slots), zone_of(zone or "UTC") or UTC
    local = _local(first.start_at, own)
    for windows in (windows_of(zone or "UTC"), *windows_zones()):
        rules = zone_of(iana_of(windows)) if windows else None
        if rules is None or _local(first.start_at, rules) != local:
            continue
        if set(rhythm.slots(local.date(), local.time(), first.minutes, rules)) == set(slots):
            return ZonedTime(local, windows), ZonedTime(_local(first.end_at, rules), windows)
    raise UnknownZone("no Windows zone shows the times of the series")


def query_time(instant: datetime) -> str:
    """An instant in a query string."""
    return _local(instant, UTC).isoformat() + "Z"


def _same_for_windows(instant: datetime, rules: tzinfo, windows: str) -> bool:
    """Whether the local time names this instant alone: not in the hour that comes twice, nor where the Windows zone has
    other rules than the person's own."""
    local = instant.astimezone(rules)
    twin = zone_of(iana_of(windows))
    if twin is None or local.utcoffset() != instant.astimezone(twin).utcoffset():
        return False
    return local.replace(fold=0).utcoffset() == local.replace(fold=1).utcoffset()


def _rules(name: str) -> tzinfo:
    rules = zone_of(iana_of(name)) if iana_of(name) else None
    if rules is None:
        raise UnknownZone("a zone name that is not known")
    return rules


def _local(instant: datetime, rules: tzinfo) -> datetime:
    return instant.astimezone(rules).replace(tzinfo=None, microsecond=0)
