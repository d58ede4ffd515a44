"""Applies OData query options to answers: $filter, $orderby, $select, paging, $count; what it cannot do it refuses.

https://learn.microsoft.com/graph/query-parameters and https://learn.microsoft.com/graph/paging.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from sandbox.errors import bad_query, not_honoured
from sandbox.filters import compiled

Entity = dict[str, Any]
_LARGEST = 2**31 - 1
_SHOWN = 100  # of a value that can be as long as a URL


@dataclass(frozen=True, kw_only=True)
class Query:
    """The query options of one request."""

    select: tuple[str, ...] = ()
    filter: str = ""
    orderby: str = ""
    expand: str = ""
    search: str = ""
    top: int | None = None
    skip: int = 0
    count: bool = False
    skiptoken: str = ""
    deltatoken: str = ""

    def refuse(self, *options: str) -> None:
        """Raises 501 where one of these options was given. Names are without the dollar sign."""
        for option in options:
            if getattr(self, option):
                raise not_honoured(f"${option} here")


@dataclass(frozen=True)
class Page:
    """`next_skip` is where the next page begins; None on the last one. `total` is before paging."""

    items: list[Entity]
    next_skip: int | None
    total: int


_OPTIONS = frozenset({"select", "filter", "orderby", "expand", "search", "top", "skip", "count"})


def read_query(values: Mapping[str, str], *, tokens: Iterable[str] = ()) -> Query:
    """`tokens` are the options of `skiptoken` and `deltatoken` that the call knows. Raises GraphError for what is not a
    number, and for options that do not exist."""
    given = {name.lower().lstrip("$"): value for name, value in values.items() if name.startswith("$")}
    for name in given.keys() - _OPTIONS - set(tokens):
        raise not_honoured(f"${name}")
    return Query(
        select=tuple(part.strip() for part in given.get("select", "").split(",") if part.strip()),
        filter=given.get("filter", ""),
        orderby=given.get("orderby", ""),
        expand=given.get("expand", ""),
        search=given.get("search", ""),
        top=_number("top", given["top"], at_least=1) if "top" in given else None,
        skip=_number("skip", given.get("skip", "0"), at_least=0),
        count=given.get("count", "").lower() == "true",
        skiptoken=given.get("skiptoken", ""),
        deltatoken=given.get("deltatoken", ""),
    )


def paged(entities: Sequence[Entity], query: Query, *, size: int, largest: int) -> Page:
    """One page. A $top above `largest` is clamped."""
    return page_of(entities, len(entities), query, size=size, largest=largest)


def page_of(entities: Iterable[Entity], total: int, query: Query, *, size: int, largest: int) -> Page:
    """One page of a collection that is read only as far as the page needs it. A $top above `largest` is clamped."""
    end = query.skip + min(query.top or size, largest)
    return Page(list(islice(entities, query.skip, end)), end if end < total else None, total)


def filtered(entities: Iterable[Entity], expression: str) -> list[Entity]:
    """Those for which the $filter expression holds; all where there is none. Raises GraphError."""
    if not expression:
        return list(entities)
    test = compiled(expression).test
    return [entity for entity in entities if test(entity)]


def ordered(entities: Iterable[Entity], expression: str, *, allowed: Sequence[str]) -> list[Entity]:
    """By properties of `allowed`, each `asc` or `desc`; nothing comes before something."""
    found = list(entities)
    for part in reversed([part.split() for part in expression.split(",") if part.strip()]):
        if part[0] not in allowed or (len(part) > 1 and part[1].lower() not in {"asc", "desc"}):
            raise not_honoured(f"$orderby={expression}")
        try:
            found.sort(key=_rank_by(part[0]), reverse=[one.lower() for one in part[1:]] == ["desc"])
        except TypeError as problem:
            raise bad_query(f"The property '{part[0]}' can't be sorted by.") from problem
    return found


def selected(entity: Entity, names: Sequence[str], *, known: Iterable[str], type_name: str) -> Entity:
    """The named properties and the annotations. Raises GraphError for a name that the type does not have."""
    if not names:
        return entity
    wanted = spelled(names, known=known, type_name=type_name)
    return {key: value for key, value in entity.items() if key in wanted or key == "id" or key.startswith("@odata")}


def spelled(names: Iterable[str], *, known: Iterable[str], type_name: str) -> set[str]:
    """The names as the type spells them. Raises GraphError for one that it does not have."""
    spelling = {name.lower(): name for name in known}
    for name in names:
        if name.lower() not in spelling:
            raise bad_query(f"Could not find a property named '{name}' on type '{type_name}'.")
    return {spelling[name.lower()] for name in names}


def _rank_by(path: str) -> Callable[[Entity], tuple[bool, Any]]:
    def rank(entity: Entity) -> tuple[bool, Any]:
        value = _value(entity, path)
        text = value.casefold() if isinstance(value, str) else value
        return (value is not None, 0 if value is None else text)

    return rank


def _value(entity: Entity, path: str) -> Any:
    value: Any = entity
    for name in path.split("/"):
        if not isinstance(value, dict) or name not in value:
            raise bad_query(f"Could not find a property named '{name}'.")
        value = value[name]
    return value


def whole_number(text: str) -> int | None:
    """None for what is no number of Edm.Int32 in plain digits."""
    if not (text.isascii() and text.isdecimal() and len(text) <= len(str(_LARGEST))):
        return None
    number = int(text)
    return number if number <= _LARGEST else None


def _number(name: str, text: str, *, at_least: int) -> int:
    number = whole_number(text)
    if number is None or number < at_least:
        raise bad_query(f"Invalid value '{text[:_SHOWN]}' for ${name} query option found.")
    return number
