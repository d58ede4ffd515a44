"""The rules: one frozen dataclass each, in the order that organizers should hear of them (`stage`)."""

from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

from bot.domain.bookings import Reason
from bot.domain.slots import Slot
from bot.policy.verdicts import Asking, Finding, Outcome, Taken

WHO, WHEN, WHETHER_FREE = 1, 2, 3


@dataclass(frozen=True)
class NotOver:
    """A meeting that has ended needs no room; one that has begun a little ago still does."""

    stage: int = WHO

    def check(self, asking: Asking, taken: tuple[Taken, ...]) -> Finding | None:  # noqa: ARG002 - the rule's signature
        over = all(slot.end_at <= asking.now for slot in asking.slots)
        return _decline("past") if over else None


@dataclass(frozen=True)
class Bookable:
    """First come, first served rooms (`bookingType` reserved) take no bookings."""

    stage: int = WHO

    def check(self, asking: Asking, taken: tuple[Taken, ...]) -> Finding | None:  # noqa: ARG002 - the rule's signature
        return None if asking.room.bookable else _decline("not_bookable", room=asking.room.name)


@dataclass(frozen=True)
class Longest:
    """No meeting longer than `minutes`; 0 is no limit."""

    minutes: int
    stage: int = WHEN

    def check(self, asking: Asking, taken: tuple[Taken, ...]) -> Finding | None:  # noqa: ARG002 - the rule's signature
        length = max(slot.end_at - slot.start_at for slot in asking.slots)
        if not self.minutes or length <= timedelta(minutes=self.minutes):
            return None
        longest = -(-length // timedelta(minutes=1))  # begun minutes count: 60 and a half are more than 60
        return _decline("too_long", room=asking.room.name, most=self.minutes, minutes=longest)


@dataclass(frozen=True)
class Shortest:
    """No meeting shorter than `minutes`; 0 is no limit."""

    minutes: int
    stage: int = WHEN

    def check(self, asking: Asking, taken: tuple[Taken, ...]) -> Finding | None:  # noqa: ARG002 - the rule's signature
        shortest = min(slot.minutes for slot in asking.slots)
        if not self.minutes or shortest >= self.minutes:
            return None
        return _decline("too_short", room=asking.room.name, least=self.minutes, minutes=shortest)


@dataclass(frozen=True)
class Ahead:
    """The meeting ends within `days` days after today, counted in the room's own zone as Exchange counts its booking
    window (Set-CalendarProcessing, BookingWindowInDays); 0 is today alone."""

    days: int
    stage: int = WHEN

    def check(self, asking: Asking, taken: tuple[Taken, ...]) -> Finding | None:  # noqa: ARG002 - the rule's signature
        zone = ZoneInfo(asking.room.zone or "UTC")
        midnight = asking.now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
        until_at = midnight + timedelta(days=self.days + 1)
        if max(slot.end_at for slot in asking.slots) <= until_at:
            return None
        last_day = (until_at - timedelta(days=1)).isoformat()
        return _decline("too_far", room=asking.room.name, days=self.days, until_at=last_day)


@dataclass(frozen=True)
class Recurring:
    """Whether meetings may come back, and how often at most; 0 is no limit. Only what is still to come counts."""

    allowed: bool
    most: int
    stage: int = WHEN

    def check(self, asking: Asking, taken: tuple[Taken, ...]) -> Finding | None:  # noqa: ARG002 - the rule's signature
        if not asking.recurring:
            return None
        if not self.allowed:
            return _decline("recurring_not_allowed", room=asking.room.name)
        if self.most and len(asking.slots) > self.most:
            return _decline("series_too_long", room=asking.room.name, most=self.most)
        return None


@dataclass(frozen=True)
class Free:
    """One meeting at a time. Show-as is ignored: a meeting marked Free sits in the room all the same."""

    stage: int = WHETHER_FREE

    def check(self, asking: Asking, taken: tuple[Taken, ...]) -> Finding | None:
        clash = _first_clash(asking.slots, taken)
        if clash is None:
            return None
        return _decline(
            "conflict", room=asking.room.name, from_at=clash.start_at.isoformat(), to_at=clash.end_at.isoformat()
        )


def _first_clash(slots: tuple[Slot, ...], taken: tuple[Taken, ...]) -> Slot | None:
    clashes = [other.slot for other in taken for slot in slots if slot.overlaps(other.slot)]
    return min(clashes, default=None)


def _decline(code: str, **params: str | int) -> Finding:
    return Finding(outcome=Outcome.DECLINE, reason=Reason(code=code, params=params))
