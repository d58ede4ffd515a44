"""A slot: a half-open stretch of time that a room is, or is asked to be, taken."""

import math
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True, order=True, slots=True)
class Slot:
    """From `start_at` (inclusive) to `end_at` (exclusive), kept in UTC.

    Raises ValueError for naive instants and for an end that is not after the start: a slot that exists is sound.
    """

    start_at: datetime
    end_at: datetime

    def __post_init__(self) -> None:
        if self.start_at.tzinfo is None or self.end_at.tzinfo is None:
            raise ValueError("a slot needs instants with a zone")
        if self.start_at.tzinfo is not UTC or self.end_at.tzinfo is not UTC:  # a feed makes thousands that are
            object.__setattr__(self, "start_at", self.start_at.astimezone(UTC))
            object.__setattr__(self, "end_at", self.end_at.astimezone(UTC))
        if self.start_at >= self.end_at:
            raise ValueError("a slot ends after it starts")

    @classmethod
    def lasting(cls, start_at: datetime, minutes: int) -> "Slot":
        """The slot of so many absolute minutes (a daylight-saving night is not special)."""
        return cls(start_at, start_at.astimezone(UTC) + timedelta(minutes=minutes))

    @classmethod
    def of_day(cls, on: date, at: time, until: time, zone: ZoneInfo) -> "Slot":
        """From one time of day to another as the clocks of the zone show them; that of the next day where it is not
        later. From a time that a clock change leaves out it takes as long as the clocks would have shown."""
        last_on = on if until > at else on + timedelta(days=1)
        start_at, end_at = datetime.combine(on, at, zone), datetime.combine(last_on, until, zone)
        if end_at.astimezone(UTC) > start_at.astimezone(UTC):
            return cls(start_at, end_at)
        return cls.lasting(start_at, int((end_at - start_at).total_seconds() // 60))  # of one zone: as clocks show

    @property
    def minutes(self) -> int:
        return int((self.end_at - self.start_at).total_seconds() // 60)

    @property
    def whole_seconds(self) -> tuple[int, int]:
        """Start and end as epoch seconds, widened to whole ones: what is claimed is never less than what is taken."""
        return math.floor(self.start_at.timestamp()), math.ceil(self.end_at.timestamp())

    def overlaps(self, other: "Slot") -> bool:
        """Touching ends do not overlap."""
        return self.start_at < other.end_at and other.start_at < self.end_at

    def contains(self, instant: datetime) -> bool:
        return self.start_at <= instant < self.end_at
