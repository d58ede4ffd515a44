"""Turns the SDK's models into JSON and back without loss: the SDK's own way drops the tenant and mention data, and
writes local times as UTC."""

from collections.abc import Mapping
from datetime import date, datetime
from enum import Enum
from functools import cache
from typing import Any

import botbuilder.schema as models
from botbuilder.schema import Activity
from msrest.serialization import Model

from bot.teams.inbound_fields import Malformed

_Attributes = tuple[tuple[str, str, str], ...]  # (attribute, key on the wire, type as the SDK spells it)


def from_wire(raw: Mapping[str, Any]) -> Activity:
    """Raises Malformed where a field that the SDK gives a type has another one."""
    return _model("Activity", raw)


def to_wire(value: Any) -> Any:
    """Plain JSON of models, enums, times, and lists and mappings of them; what is plain stays as it is."""
    if isinstance(value, Enum):
        return value.value
    if value is None or isinstance(value, (str, int, float)):
        return value
    if isinstance(value, Model):
        return _wire_of(value)
    if isinstance(value, Mapping):
        return {str(key): to_wire(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_wire(item) for item in value]
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    raise TypeError(f"a {type(value).__name__} cannot be written as JSON")


def _wire_of(model: Model) -> dict[str, Any]:
    wire = {str(key): to_wire(value) for key, value in (model.additional_properties or {}).items()}
    values = vars(model)
    kind: Any = type(model)
    for attribute, key, _ in _attributes(kind):
        value = values.get(attribute)
        if value is not None:
            wire[key] = to_wire(value)
    return wire


def _model(name: str, raw: object) -> Any:
    if not isinstance(raw, dict):
        raise Malformed(f"{name}.not_an_object")
    kind = getattr(models, name)
    known = _by_key(kind)
    values: dict[str, Any] = {}
    others: dict[str, Any] = {}
    for key, value in raw.items():
        if key not in known:
            others[key] = value
        elif value is not None:
            attribute, wanted = known[key]
            values[attribute] = _value(key, wanted, value)
    model = kind(**values)
    model.additional_properties = others
    return model


def _value(key: str, wanted: str, value: object) -> object:
    if wanted.startswith("["):
        if not isinstance(value, list):
            raise Malformed(f"{key}.not_a_list")
        return [_value(key, wanted[1:-1], item) for item in value]
    plain = _PLAIN.get(wanted)
    if plain is not None:
        if not isinstance(value, plain):
            raise Malformed(f"{key}.not_{wanted}")
        return value
    if wanted == "iso-8601":
        return _moment(key, value)
    return _model(wanted, value) if hasattr(models, wanted) else value


_PLAIN: dict[str, type | tuple[type, ...]] = {"str": str, "bool": bool, "int": int, "float": (int, float)}


def _moment(key: str, value: object) -> datetime:
    try:
        return datetime.fromisoformat(value)  # type: ignore[arg-type]  # another type raises TypeError, caught below
    except (TypeError, ValueError):
        raise Malformed(f"{key}.not_a_time") from None


@cache
def _attributes(kind: Any) -> _Attributes:
    attribute_map = kind._attribute_map  # noqa: SLF001 - the SDK keeps the names on the wire nowhere else
    return tuple((attribute, entry["key"], entry["type"]) for attribute, entry in attribute_map.items() if entry["key"])


@cache
def _by_key(kind: Any) -> dict[str, tuple[str, str]]:
    return {key: (attribute, wanted) for attribute, key, wanted in _attributes(kind)}
