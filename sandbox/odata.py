"""Applies OData query options to answers: $filter, $orderby, $select, paging, $count; what it cannot do it refuses.

https://learn.microsoft.com/graph/query-parameters and https://learn.microsoft.com/graph/paging.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.errors import bad_query, not_honoured

Entity = dict[str, Any]

_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda have, want: _fold(have) == _fold(want),
    "ne": lambda have, want: _fold(have) != _fold(want),
    "ge": lambda have, want: have is not None and have >= want,
    "gt": lambda have, want: have is not None and have > want,
    "le": lambda have, want: have is not None and have <= want,
    "lt": lambda have, want: have is not None and have < want,
}
_COMPARISON = re.compile(r"^([\w/]+)\s+(eq|ne|ge|gt|le|lt)\s+('(?:[^']|'')*'|[\w.:+-]+)$")
_STARTS_WITH = re.compile(r"^startswith\(\s*([\w/]+)\s*,\s*'((?:[^']|'')*)'\s*\)$", re.IGNORECASE)
_AND = re.compile(r"\s+and\s+(?=(?:[^']*'[^']*')*[^']*$)", re.IGNORECASE)
_LITERALS = {"true": True, "false": False, "null": None}


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


def read_query(values: Mapping[str, str]) -> Query:
    """Raises GraphError for what is not a number, and for options that do not exist."""
    given = {name.lower().lstrip("$"): value for name, value in values.items() if name.startswith("$")}
    for name in given.keys() - {"select", "filter", "orderby", "expand", "search", "top", "skip", "count"}:
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
    )


def paged(entities: Sequence[Entity], query: Query, *, size: int, largest: int) -> Page:
    """One page. A $top above `largest` is clamped."""
    length = min(query.top or size, largest)
    end = query.skip + length
    return Page(list(entities[query.skip : end]), end if end < len(entities) else None, len(entities))


def filtered(entities: Iterable[Entity], expression: str) -> list[Entity]:
    """Comparisons and startswith(), joined by `and`. Anything else is refused."""
    if not expression:
        return list(entities)
    tests = [_test(part.strip()) for part in _AND.split(expression)]
    return [entity for entity in entities if all(test(entity) for test in tests)]


def ordered(entities: Iterable[Entity], expression: str, *, allowed: Sequence[str]) -> list[Entity]:
    """By properties of `allowed`, each `asc` or `desc`."""
    found = list(entities)
    for part in reversed([part.split() for part in expression.split(",") if part.strip()]):
        if part[0] not in allowed or (len(part) > 1 and part[1] not in {"asc", "desc"}):
            raise not_honoured(f"$orderby={expression}")
        found.sort(key=_text_at(part[0]), reverse=part[1:] == ["desc"])
    return found


def selected(entity: Entity, names: Sequence[str], *, known: Iterable[str], type_name: str) -> Entity:
    """The named properties and the annotations. Raises GraphError for a name that the type does not have."""
    if not names:
        return entity
    spelling = {name.lower(): name for name in known}
    wanted = set()
    for name in names:
        if name.lower() not in spelling:
            raise bad_query(f"Could not find a property named '{name}' on type '{type_name}'.")
        wanted.add(spelling[name.lower()])
    return {key: value for key, value in entity.items() if key in wanted or key == "id" or key.startswith("@odata")}


def _test(part: str) -> Callable[[Entity], bool]:
    if match := _STARTS_WITH.match(part):
        return _starts_with(match[1], match[2].replace("''", "'"))
    if match := _COMPARISON.match(part):
        return _compares(match[1], _OPERATORS[match[2]], _unquoted(match[3]))
    raise not_honoured(f"$filter={part}")


def _starts_with(path: str, prefix: str) -> Callable[[Entity], bool]:
    return lambda entity: str(_value(entity, path) or "").casefold().startswith(prefix.casefold())


def _compares(path: str, compare: Callable[[Any, Any], bool], want: Any) -> Callable[[Entity], bool]:
    return lambda entity: compare(_value(entity, path), want)


def _text_at(path: str) -> Callable[[Entity], str]:
    return lambda entity: str(_value(entity, path))


def _unquoted(text: str) -> Any:
    if text.startswith("'"):
        return text[1:-1].replace("''", "'")
    if text in _LITERALS:
        return _LITERALS[text]
    return int(text) if text.lstrip("-").isdigit() else text


def _value(entity: Entity, path: str) -> Any:
    value: Any = entity
    for name in path.split("/"):
        if not isinstance(value, dict) or name not in value:
            raise bad_query(f"Could not find a property named '{name}'.")
        value = value[name]
    return value


def _fold(value: Any) -> Any:
    return value.casefold() if isinstance(value, str) else value


def _number(name: str, text: str, *, at_least: int) -> int:
    if not text.isdigit() or int(text) < at_least:
        raise bad_query(f"Invalid value '{text}' for ${name} query option found.")
    return int(text)
