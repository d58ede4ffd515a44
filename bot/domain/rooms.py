"""Rooms: what they are, where they are, who decides their bookings."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Control(StrEnum):
    """Who answers a room's booking requests."""

    DELEGATED = "delegated"  # Exchange leaves them pending, Foyer decides
    AUTO = "auto"  # Exchange decides, Foyer follows
    WATCHED = "watched"  # read only: never booked through Foyer


class Evidence(StrEnum):
    """What was last observed of a room's mailbox; no Graph call can tell its policy."""

    NONE = "none"
    DELEGATED = "delegated"  # a request waited as tentative
    AUTO = "auto"  # a request was accepted, not by us
    SILENT = "silent"  # a request was never answered


@dataclass(frozen=True, kw_only=True)
class Room:
    """`address` (lower case) is the key: Graph's place ids can change. `zone` is an IANA name or ''."""

    address: str
    name: str
    capacity: int | None = None
    building: str = ""
    floor: str = ""
    features: frozenset[str] = frozenset()
    zone: str = ""
    bookable: bool = True


@dataclass(frozen=True, kw_only=True)
class Observation:
    """Evidence of a room's policy, and when it was seen."""

    evidence: Evidence = Evidence.NONE
    seen_at: datetime | None = None
