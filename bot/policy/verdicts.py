"""What a rule may say, and what it is told: values only, so that a decision can be replayed from its record."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from bot.domain.bookings import Reason
from bot.domain.rooms import Room
from bot.domain.slots import Slot


class Outcome(StrEnum):
    """From mild to grave; the gravest of all findings is the verdict."""

    PASS = "pass"  # noqa: S105 - not a password
    HOLD = "hold"  # a human must look
    DECLINE = "decline"


@dataclass(frozen=True, kw_only=True)
class Asking:
    """One request for one room. `slots` are all its times (one, or every occurrence of a series in the window)."""

    room: Room
    slots: tuple[Slot, ...]
    now: datetime
    organizer: str = ""
    people: int = 0
    recurring: bool = False


@dataclass(frozen=True, kw_only=True)
class Taken:
    """A time at which somebody else has the room."""

    slot: Slot
    holder: str


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What one rule holds against a request."""

    outcome: Outcome
    reason: Reason


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """`policy` is the version of the rules that judged."""

    outcome: Outcome
    reasons: tuple[Reason, ...]
    policy: str


class Rule(Protocol):
    """A frozen dataclass with one method: no clock, no store, no memory. Nothing found is a pass."""

    @property
    def stage(self) -> int: ...

    def check(self, asking: Asking, taken: tuple[Taken, ...]) -> Finding | None: ...
