"""The policy file: TOML in, a policy per room out; every problem reported at once, by place.

[tenant]                          # holds for every room
control = "delegated"             # delegated | auto | watched
longest_minutes = 480
tell_manager = true
[building."Harbour House"]        # overrides the tenant's, field by field
days_ahead = 90
[room."oslo@contoso.com"]         # overrides the building's
control = "auto"
"""

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from bot.domain.rooms import Control, Room
from bot.policy.rules import Ahead, Bookable, Free, Longest, NotOver, Recurring, Shortest
from bot.policy.verdicts import Rule

_LIMITS = {"longest_minutes": 60 * 24 * 31, "shortest_minutes": 60 * 24, "days_ahead": 1080, "most_declines": 10_000}
_LIMITS |= {"most_occurrences": 1000}
_SWITCHES = ("tell_manager", "recurring")


@dataclass(frozen=True, kw_only=True)
class RoomPolicy:
    """What holds for one room. Minutes per meeting, 0 = no limit; days after today, in the room's zone. A series
    has at most so many occurrences, 0 = no limit. At most so many
    declines within ten minutes, over all rooms, 0 = no limit: then declining stops."""

    control: Control = Control.DELEGATED
    longest_minutes: int = 1440
    shortest_minutes: int = 0
    days_ahead: int = 180
    recurring: bool = True
    most_occurrences: int = 0
    tell_manager: bool = False
    most_declines: int = 30
    version: str = ""

    @property
    def rules(self) -> tuple[Rule, ...]:
        return (
            NotOver(),
            Bookable(),
            Longest(self.longest_minutes),
            Shortest(self.shortest_minutes),
            Ahead(self.days_ahead),
            Recurring(self.recurring, self.most_occurrences),
            Free(),
        )


class PolicyProblems(ValueError):
    """A policy file that cannot be used; `problems` are sentences that say where and what to do."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


@dataclass(frozen=True)
class Policies:
    """Every room's policy: tenant, then building, then room, the most specific winning field by field."""

    version: str = "built-in"
    tenant: Mapping[str, Any] = field(default_factory=dict)
    buildings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    rooms: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def of(self, room: Room) -> RoomPolicy:
        building = self.buildings.get(room.building.casefold(), {})
        own = self.rooms.get(room.address.casefold(), {})
        return RoomPolicy(**{**self.tenant, **building, **own, "version": self.version})


def load(text: str) -> Policies:
    """Raises PolicyProblems with all that is wrong. `version` is a digest of the text, kept with each decision."""
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        raise PolicyProblems([f"the policy file is not TOML: {fault}"]) from fault
    problems = [
        f'[{name}] is not known: use [tenant], [building."…"] and [room."…"]'
        for name in tables
        if name not in ("tenant", "building", "room")
    ]
    tenant = _settings("tenant", tables.get("tenant", {}), problems)
    buildings = _group("building", tables.get("building", {}), problems)
    rooms = _group("room", tables.get("room", {}), problems)
    problems += _contradictions(tenant, {"building": buildings, "room": rooms})
    if problems:
        raise PolicyProblems(problems)
    return Policies(hashlib.sha256(text.encode()).hexdigest()[:12], tenant, buildings, rooms)


def _contradictions(tenant: Mapping[str, Any], groups: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> list[str]:
    """A shortest meeting that is longer than the longest would decline everything."""
    tables = {"tenant": tenant} | {
        f'{kind}."{name}"': {**tenant, **own} for kind, group in groups.items() for name, own in group.items()
    }
    return [
        f"[{place}] shortest_minutes is more than longest_minutes: every meeting would be declined"
        for place, table in tables.items()
        if 0 < (table.get("longest_minutes") or 0) < (table.get("shortest_minutes") or 0)
    ]


def _group(kind: str, tables: object, problems: list[str]) -> dict[str, dict[str, Any]]:
    if not isinstance(tables, dict):
        problems.append(f'[{kind}] needs a name: [{kind}."…"]')
        return {}
    group: dict[str, dict[str, Any]] = {}
    for name, table in tables.items():
        place = f'{kind}."{name}"'
        if name.casefold() in group:
            problems.append(f"[{place}] is there twice, spelt differently: keep one")
        group[name.casefold()] = _settings(place, table, problems)
    return group


def _settings(place: str, table: object, problems: list[str]) -> dict[str, Any]:
    if not isinstance(table, dict):
        problems.append(f"[{place}] must be a table of settings")
        return {}
    settings: dict[str, Any] = {}
    for name, value in table.items():
        problem, settings[name] = _setting(name, value)
        if problem:
            problems.append(f"[{place}] {name}: {problem}")
    return settings


def _setting(name: str, value: object) -> tuple[str, Any]:
    known = [item.name for item in fields(RoomPolicy) if item.name != "version"]
    if name not in known:
        return f"is not known: use one of {', '.join(known)}", None
    if name == "control":
        if isinstance(value, str) and value in set(Control):
            return "", Control(value)
        return f"must be one of {', '.join(Control)}", None
    if name in _SWITCHES:
        return ("", value) if isinstance(value, bool) else ("must be true or false", None)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _LIMITS[name]:
        return f"must be a whole number from 0 to {_LIMITS[name]}", None
    return "", value
