"""Open extensions: named bags of data that callers put on one mailbox's copy of an item.

https://learn.microsoft.com/graph/api/resources/opentypeextension
"""

from typing import Any

from sandbox.calendar.models import Item
from sandbox.errors import GraphError, bad_body, no_item
from sandbox.odata import Entity

PREFIX = "Microsoft.OutlookServices.OpenTypeExtension."
TYPE = "microsoft.graph.openTypeExtension"
SPELLINGS = ("extensions", "Extensions")
_OWN = {"id", "extensionName"}


def read(value: Any) -> tuple[str, dict[str, Any]]:
    """Name and data of a new extension. Raises GraphError."""
    if not isinstance(value, dict):
        raise bad_body("An extension must be a JSON object.")
    name = value.get("extensionName")
    if not isinstance(name, str) or not name or "/" in name:
        raise bad_body("Property 'extensionName' is required on an open type extension.")
    if str(value.get("@odata.type", TYPE)).lstrip("#").lower() != TYPE.lower():
        raise bad_body(f"'{value['@odata.type']}' is no type of extension here.")
    return name, _data(value)


def inline(value: Any) -> dict[str, dict[str, Any]]:
    """The extensions of a new event's body. Raises GraphError."""
    given = value.get("extensions", value.get("Extensions")) if isinstance(value, dict) else None
    if given is None:
        return {}
    if not isinstance(given, list):
        raise bad_body("'extensions' must be a collection.")
    return dict(read(one) for one in given)


def add(item: Item, name: str, data: dict[str, Any]) -> None:
    """Raises GraphError where the item has one of that name."""
    if name in item.extensions:
        raise GraphError(409, "NameAlreadyExists", f"An extension already exists with given id '{name}'.")
    item.extensions[name] = data


def change(item: Item, name: str, value: Any) -> None:
    """Names that are given are added or replaced; null takes one away."""
    if not isinstance(value, dict):
        raise bad_body("An extension must be a JSON object.")
    merged = item.extensions[name] | _data(value)
    item.extensions[name] = {key: one for key, one in merged.items() if one is not None}


def named(item: Item, text: str) -> str:
    """The extension's name by its name or its id. Raises GraphError 404."""
    name = text.removeprefix(PREFIX)
    if name not in item.extensions:
        raise no_item()
    return name


def shown(item: Item, name: str) -> Entity:
    return {"@odata.type": f"#{TYPE}", "id": f"{PREFIX}{name}", "extensionName": name} | item.extensions[name]


def shown_all(item: Item) -> list[Entity]:
    return [shown(item, name) for name in item.extensions]


def names_of(item: Item) -> Entity:
    """For $filter, which finds events by the names or ids of their extensions."""
    found = [{"id": one} for name in item.extensions for one in (name, f"{PREFIX}{name}")]
    return dict.fromkeys(SPELLINGS, found)


def _data(value: dict[str, Any]) -> dict[str, Any]:
    return {name: one for name, one in value.items() if name not in _OWN and not name.startswith("@odata.")}
