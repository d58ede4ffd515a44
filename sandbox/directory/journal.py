"""What has changed in the directory, in order: the ground of /users/delta and /groups/delta."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

import msgspec


class Kind(StrEnum):
    USER = "user"
    GROUP = "group"


class Change(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One change of one object. `names` are properties as Graph spells them; EVERYTHING where the object came, went or
    came back. `added` and `removed` are ids of a group's members."""

    kind: Kind
    id: str
    names: tuple[str, ...]
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()


EVERYTHING = ("*",)


@dataclass(frozen=True, kw_only=True)
class Summary:
    """All changes of one object in a stretch of the journal. `members` tells of each member that changed whether it
    belongs to the group at the end of the stretch."""

    id: str
    names: frozenset[str]
    members: dict[str, bool]

    def touches(self, tracked: Iterable[str]) -> bool:
        return bool(self.names & {*tracked, *EVERYTHING}) or (bool(self.members) and "members" in set(tracked))


class Journal:
    """Changes are numbered from 1 on; what the tenant was seeded with is before all of them."""

    def __init__(self, changes: Iterable[Change] = ()) -> None:
        self.changes = list(changes)

    @property
    def number(self) -> int:
        """Of the newest change."""
        return len(self.changes)

    def add(self, change: Change) -> None:
        self.changes.append(change)

    def summaries(self, kind: Kind, since: int, upto: int) -> list[Summary]:
        """One for each object that changed after number `since` up to `upto`, in the order of its first change."""
        names: dict[str, set[str]] = {}
        members: dict[str, dict[str, bool]] = {}
        for change in self.changes[since:upto]:
            if change.kind is not kind:
                continue
            names.setdefault(change.id, set()).update(change.names)
            known = members.setdefault(change.id, {})
            known.update(dict.fromkeys(change.added, True) | dict.fromkeys(change.removed, False))
        return [Summary(id=id_, names=frozenset(found), members=members[id_]) for id_, found in names.items()]
