"""Reads $expand on events: extended properties by id, and open extensions.

https://learn.microsoft.com/graph/api/singlevaluelegacyextendedproperty-get and opentypeextension-get
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sandbox.calendar import extended, extensions
from sandbox.calendar.models import Item
from sandbox.errors import bad_query, not_honoured
from sandbox.odata import Entity

EXTENSIONS = "extensions"
NAMES = (extended.SINGLE, extended.MULTI, EXTENSIONS)
_PART = re.compile(r"^(\w+)\s*(?:\(\s*\$filter\s*=\s*(.+)\))?$", re.IGNORECASE)
_IDS = re.compile(r"^id\s+eq\s+'((?:[^']|'')*)'(?:\s+or\s+(id\s+eq\s+.+))?$", re.IGNORECASE)


@dataclass(frozen=True)
class Expand:
    """One of NAMES, and the ids that its own filter names."""

    name: str
    ids: tuple[str, ...]


def read(text: str) -> tuple[Expand, ...]:
    """Raises GraphError for what is no $expand, or not one that is honoured."""
    return tuple(_part(one.strip()) for one in _parts(text)) if text else ()


def shown(item: Item, parts: Sequence[Expand]) -> Entity:
    """What an answer carries beside the event itself. An extended property that is not there is left out."""
    found: Entity = {}
    for part in parts:
        if part.name == EXTENSIONS:
            names = [one.removeprefix(extensions.PREFIX) for one in part.ids] or list(item.extensions)
            found[EXTENSIONS] = [extensions.shown(item, name) for name in names if name in item.extensions]
            continue
        for name in part.ids:
            for key, values in extended.shown(item, part.name, name).items():
                found[key] = [*found.get(key, []), *values]
    return found


def _part(text: str) -> Expand:
    match = _PART.match(text)
    known = {name.lower(): name for name in NAMES}
    if match is None or match[1].lower() not in known:
        raise not_honoured(f"$expand={text}")
    name = known[match[1].lower()]
    if match[2] is None and name != EXTENSIONS:
        raise bad_query(f"Expanding '{name}' needs a $filter on the property's id.")
    return Expand(name, tuple(_ids(match[2])) if match[2] else ())


def _ids(text: str) -> Iterator[str]:
    rest: str | None = text.strip()
    while rest:
        match = _IDS.match(rest)
        if match is None:
            raise bad_query(f"Invalid filter clause: '{rest}' is no comparison of an id.")
        end = match[1]
        yield end.replace("''", "'")
        rest = match[2]


def _parts(text: str) -> Iterator[str]:
    """Between commas that stand outside of brackets and quotes."""
    depth, is_quoted, begin = 0, False, 0
    for place, sign in enumerate(text):
        is_quoted ^= sign == "'"
        if not is_quoted:
            depth += (sign == "(") - (sign == ")")
        if sign == "," and depth == 0 and not is_quoted:
            yield text[begin:place]
            begin = place + 1
    yield text[begin:]
