"""Limits that all rooms share: told without naming a room, for no other one would do."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.domain.bookings import Reason
from bot.domain.rooms import Room
from bot.domain.slots import Slot
from bot.policy.engine import judge
from bot.policy.loading import Policies, RoomPolicy
from bot.policy.verdicts import Asking

_TOLD = ("too_long", "too_short", "too_far")
_BEYOND = timedelta(days=2000)  # further ahead than any policy can allow


@dataclass(frozen=True)
class Limits:
    """One room for each policy and zone that there is among rooms that can be reserved."""

    kinds: tuple[tuple[Room, RoomPolicy], ...] = ()

    @classmethod
    def of(cls, rooms: Iterable[Room], policies: Policies) -> "Limits":
        kinds: dict[tuple[RoomPolicy, str], tuple[Room, RoomPolicy]] = {}
        for room in rooms:
            policy = policies.of(room)
            kinds.setdefault((policy, room.zone), (room, policy))
        return cls(tuple(kinds.values()))

    def passed(self, slots: tuple[Slot, ...], now: datetime, zone: str) -> tuple[Reason, ...]:
        """The limits that these times pass in every room, with what they are in the zone, if a room is there."""
        near_first = sorted(self.kinds, key=lambda kind: kind[0].zone != zone)
        found = [_passed(room, policy, slots, now) for room, policy in near_first]
        first = found[0] if found else {}
        return tuple(first[code] for code in first if all(_alike(first[code], one.get(code)) for one in found))

    def furthest(self, now: datetime, zone: str) -> Reason | None:
        """How far ahead any room can be reserved; None where rooms differ."""
        return next(iter(self.passed((Slot.lasting(now + _BEYOND, 60),), now, zone)), None)


def _passed(room: Room, policy: RoomPolicy, slots: tuple[Slot, ...], now: datetime) -> dict[str, Reason]:
    reasons = judge(policy.rules, Asking(room=room, slots=slots, now=now), (), policy=policy.version).reasons
    return {reason.code: _of_all(reason) for reason in reasons if reason.code in _TOLD}


def _of_all(reason: Reason) -> Reason:
    return replace(reason, params={key: value for key, value in reason.params.items() if key != "room"})


def _alike(one: Reason, other: Reason | None) -> bool:
    """Days ahead end at another instant in each zone."""
    keys = one.params.keys() - {"until_at"}
    return other is not None and all(one.params[key] == other.params.get(key) for key in keys)
