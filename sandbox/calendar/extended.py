"""Extended properties of items: MAPI properties that callers set, never shown unless asked for by id.

https://learn.microsoft.com/graph/api/resources/extended-properties-overview
"""

import re
from collections.abc import Iterable

from msgspec import Struct

from sandbox.calendar.models import Item
from sandbox.errors import GraphError
from sandbox.odata import Entity

SINGLE = "singleValueExtendedProperties"
MULTI = "multiValueExtendedProperties"
_TYPES = (
    "ApplicationTime", "Binary", "Boolean", "CLSID", "Currency", "Double", "Float", "Integer", "Long", "Object",
    "Short", "String", "SystemTime",
)  # fmt: skip
_SPELLED = {name.lower(): name for name in (*_TYPES, *(f"{name}Array" for name in _TYPES))}
_GUID = r"\{[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\}"
_NAMED = re.compile(rf"^(\w+)\s+({_GUID})\s+(Name\s+.+|Id\s+0x[0-9a-f]+)$", re.IGNORECASE)
_TAGGED = re.compile(r"^(\w+)\s+(0x[0-9a-f]+)$", re.IGNORECASE)


class SingleValue(Struct):
    """`value` null takes the property away."""

    id: str
    value: str | None


class MultiValue(Struct):
    id: str
    value: tuple[str, ...]


def spelled(name: str) -> str:
    """An id in the one spelling in which the mailbox keeps it. Raises GraphError."""
    match = _NAMED.match(name.strip()) or _TAGGED.match(name.strip())
    kind = _SPELLED.get(match[1].lower()) if match else None
    if match is None or kind is None:
        message = (
            "PropertyId values may only be in one of the following formats: 'MapiPropertyType namespaceGuid Name "
            "propertyName', 'MapiPropertyType namespaceGuid Id propertyId' or 'MapiPropertyType propertyTag'."
        )
        raise GraphError(400, "ErrorInvalidProperty", message)
    rest = " ".join(match.groups()[2:])
    return f"{kind} {match[2].lower()}" + (f" {rest}" if rest else "")


def store(item: Item, singles: Iterable[SingleValue], multis: Iterable[MultiValue]) -> None:
    """Raises GraphError, and then nothing is stored."""
    given, lists = _read(singles, multis)
    for name, value in given.items():
        if value is None:
            item.extended.pop(name, None)
        else:
            item.extended[name] = value
    item.extended_lists |= lists


def check(singles: Iterable[SingleValue], multis: Iterable[MultiValue]) -> None:
    """Raises GraphError for what `store` would refuse."""
    _read(singles, multis)


def shown(item: Item, kind: str, name: str) -> Entity:
    """The one property that $expand asks for; nothing where the item does not have it."""
    wanted = spelled(name)
    value: object = item.extended.get(wanted) if kind == SINGLE else item.extended_lists.get(wanted)
    return {} if value is None else {kind: [{"id": wanted, "value": value}]}


def all_of(item: Item) -> Entity:
    """For $filter, which sees what answers do not show."""
    return {
        SINGLE: [{"id": name, "value": value} for name, value in item.extended.items()],
        MULTI: [{"id": name, "value": list(value)} for name, value in item.extended_lists.items()],
    }


def _read(
    singles: Iterable[SingleValue], multis: Iterable[MultiValue]
) -> tuple[dict[str, str | None], dict[str, tuple[str, ...]]]:
    given = {spelled(one.id): one.value for one in singles}
    lists = {spelled(one.id): one.value for one in multis}
    for name in (*(name for name in given if _is_array(name)), *(name for name in lists if not _is_array(name))):
        raise GraphError(400, "ErrorInvalidProperty", f"The type of '{name}' does not fit the kind of the property.")
    return given, lists


def _is_array(name: str) -> bool:
    return name.split(" ", 1)[0].endswith("Array")
