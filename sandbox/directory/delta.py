"""Answers users/delta and groups/delta: pages of everything, then what has changed since, from the journal.

https://learn.microsoft.com/graph/delta-query-overview, delta-query-users and delta-query-groups
"""

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from sandbox.directory import rendering
from sandbox.directory.journal import EVERYTHING, Kind, Summary
from sandbox.directory.models import Directory, Group, User
from sandbox.errors import GraphError, no_sync_state
from sandbox.odata import Entity

PAGE = 100
TOKEN_LIFE = timedelta(days=7)
_FIRST = -1
_GROUP_DEFAULTS = ("createdDateTime", "description", "displayName", "groupTypes", "mail", "mailEnabled", "mailNickname",
                   "proxyAddresses", "renewedDateTime", "securityEnabled", "visibility", "members")  # fmt: skip


class State(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a token says. `since` is -1 in a first round; `upto` is fixed for the round; `offset` counts entries sent.
    `ids` are the only objects that are followed; none means all."""

    kind: Kind
    since: int
    upto: int
    offset: int
    generation: int
    issued_at: datetime
    is_round: bool
    select: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()

    def token(self) -> str:
        return base64.urlsafe_b64encode(msgspec.json.encode(self)).decode().rstrip("=")


@dataclass(frozen=True)
class Page:
    """`state` continues the round where `is_round`, else begins the next one."""

    items: list[Entity]
    state: State


def begin(directory: Directory, kind: Kind, now: datetime, select: tuple[str, ...], ids: tuple[str, ...]) -> State:
    return State(
        kind=kind,
        since=_FIRST,
        upto=directory.journal.number,
        offset=0,
        generation=directory.generation,
        issued_at=now,
        is_round=True,
        select=select,
        ids=ids,
    )


def latest(state: State) -> State:
    """Where the first round would have ended."""
    return msgspec.structs.replace(state, since=state.upto, is_round=False)


def read_token(text: str, directory: Directory, kind: Kind, now: datetime) -> State:
    """Raises GraphError: 400 for what is no token, 410 for one that is too old or of another state of the tenant."""
    try:
        state = msgspec.json.decode(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), type=State)
    except (ValueError, RecursionError) as problem:
        raise GraphError(400, "Request_BadRequest", "Badly formed token.") from problem
    if state.kind is not kind:
        raise GraphError(400, "Request_BadRequest", "Badly formed token.")
    is_lost = state.generation != directory.generation or max(state.since, state.upto) > directory.journal.number
    if is_lost or now - state.issued_at >= TOKEN_LIFE:
        raise no_sync_state()
    if state.is_round:
        return state
    return msgspec.structs.replace(state, upto=directory.journal.number, offset=0, is_round=True, issued_at=now)


def page(directory: Directory, state: State, *, size: int, is_minimal: bool) -> Page:
    """`size` bounds the objects of a page, and the members that one entry of a group shows: a large group comes in
    several entries."""
    end = state.offset + size
    shapes: list[Entity] = []
    if state.since == _FIRST:
        ids, later = _first(directory, state)
        for id_ in ids[state.offset : end]:
            thing = None if id_ in later else _thing(directory, id_)
            shapes += [] if thing is None else _whole(directory, thing, state, size)
        is_last = end >= len(ids)
    else:
        summaries = _touched(directory, state)
        for one in summaries[state.offset : end]:
            shapes += _changed(directory, one, state, size=size, is_minimal=is_minimal)
        is_last = end >= len(summaries)
    if not is_last:
        return Page(shapes, msgspec.structs.replace(state, offset=end))
    return Page(shapes, msgspec.structs.replace(state, since=state.upto, offset=0, is_round=False))


def _first(directory: Directory, state: State) -> tuple[list[str], set[str]]:
    """The ids of a first round, and those of them that came or went since it began: these come with the next round.

    They keep their places, so that what happens during the round makes nobody slip from one page to another."""
    newer = directory.journal.summaries(state.kind, state.upto, directory.journal.number)
    later = {one.id for one in newer if one.names & set(EVERYTHING)}
    ids = directory.ordered_ids(state.kind)
    if later:
        ids = sorted({*ids, *later})
    return (sorted(set(state.ids) & set(ids)) if state.ids else ids), later


def _touched(directory: Directory, state: State) -> list[Summary]:
    summaries = directory.journal.summaries(state.kind, state.since, state.upto)
    followed = (one for one in summaries if not state.ids or one.id in state.ids)
    return [one for one in followed if one.touches(_tracked(state))]


def _whole(directory: Directory, thing: User | Group, state: State, size: int) -> list[Entity]:
    """What was never set is left out."""
    shape = {key: value for key, value in _shape(directory, thing, state).items() if value not in (None, [])}
    members = [(one, True) for one in thing.members] if isinstance(thing, Group) else []
    return [shape | _links(directory, thing, state, members[:size]), *_rest(directory, thing, state, members, size)]


def _changed(
    directory: Directory, one: Summary, state: State, *, size: int, is_minimal: bool
) -> list[Entity]:  # fmt: skip
    thing = _thing(directory, one.id)
    if thing is None:
        reason = "deleted" if one.id in directory.purged else "changed"
        kind = f"#microsoft.graph.{state.kind}"
        return [{"@odata.type": kind, "id": one.id, "@removed": {"reason": reason}}]
    is_whole = bool(one.names & set(EVERYTHING))
    members = list(one.members.items())
    if is_whole and isinstance(thing, Group):
        members = [(id_, True) for id_ in thing.members]
    shape = _shape(directory, thing, state)
    if is_minimal and not is_whole:
        shape = {key: value for key, value in shape.items() if key in one.names or key in {"id", "@odata.type"}}
    shows_manager = is_whole or "manager" in one.names
    shape |= _links(directory, thing, state, members[:size], shows_manager=shows_manager)
    return [shape, *_rest(directory, thing, state, members, size)]


def _rest(
    directory: Directory, thing: User | Group, state: State, members: list[tuple[str, bool]], size: int
) -> Iterator[Entity]:  # fmt: skip
    """Entries for the members that do not fit into the first."""
    if "members" in _tracked(state):
        for start in range(size, len(members), size):
            yield _head(thing) | _links(directory, thing, state, members[start : start + size])


def _thing(directory: Directory, id_: str) -> User | Group | None:
    return directory.users.get(id_) or directory.groups.get(id_)


def _shape(directory: Directory, thing: User | Group, state: State) -> Entity:
    if isinstance(thing, User):
        whole = directory.shape(thing, rendering.user)
    else:
        whole = directory.shape(thing, rendering.group)
    tracked = {*_tracked(state), "id"}
    return {"@odata.type": _head(thing)["@odata.type"]} | {key: whole[key] for key in whole if key in tracked}


def _links(
    directory: Directory,
    thing: User | Group,
    state: State,
    members: list[tuple[str, bool]],
    *,
    shows_manager: bool = True,
) -> Entity:
    """The relations that are tracked, as the changes of them."""
    if isinstance(thing, User):
        if "manager" not in _tracked(state) or not shows_manager or thing.manager_id not in directory.users:
            return {}
        return {"manager@delta": [{"@odata.type": "#microsoft.graph.user", "id": thing.manager_id}]}
    if "members" not in _tracked(state) or not members:
        return {}
    return {"members@delta": [_member(directory, id_, is_in=is_in) for id_, is_in in members]}


def _member(directory: Directory, id_: str, *, is_in: bool) -> Entity:
    kind = "group" if id_ in directory.groups else "user"
    shape: Entity = {"@odata.type": f"#microsoft.graph.{kind}", "id": id_}
    return shape if is_in else shape | {"@removed": {"reason": "deleted"}}


def _head(thing: User | Group) -> Entity:
    return {"@odata.type": f"#{rendering.typed(thing)}", "id": thing.id}


def _tracked(state: State) -> tuple[str, ...]:
    if state.select:
        return state.select
    return rendering.DEFAULT_KEYS if state.kind is Kind.USER else _GROUP_DEFAULTS
