"""Takes single fields out of an activity's JSON, each with its kind and bound checked."""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

MOST_DEPTH = 8
MOST_VALUES = 500
LONGEST_VALUE = 4_000

_ZONE = re.compile(r"[A-Za-z][A-Za-z0-9_+-]{0,31}(?:/[A-Za-z0-9_+-]{1,32}){0,2}")
_LOCALE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8}){0,3}")
_NOT_IN_AN_ID = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")


class Malformed(Exception):
    """An activity that is not one. `code` names the field and what is wrong with it, never its content."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def mapping(raw: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = raw.get(key)
    if not isinstance(value, dict):
        raise Malformed(f"{key}.missing" if value is None else f"{key}.not_an_object")
    return value


def optional_mapping(raw: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    return mapping(raw, key) if raw.get(key) is not None else {}


def mappings(raw: Mapping[str, Any], key: str) -> Sequence[Mapping[str, Any]]:
    """The objects of a list; () where there is none. What in it is no object is passed over."""
    value = raw.get(key)
    if value is None:
        return ()
    if not isinstance(value, list):
        raise Malformed(f"{key}.not_a_list")
    return [item for item in value if isinstance(item, dict)]


def text(raw: Mapping[str, Any], key: str, most: int, *, required: bool = False, cut: bool = False) -> str:
    """With `cut`, a person's words: shortened to `most`, broken characters replaced. Without, an identifier: what is
    too long or holds control characters is refused."""
    value = raw.get(key)
    if value is None or value == "":
        if required:
            raise Malformed(f"{key}.missing")
        return ""
    if not isinstance(value, str):
        raise Malformed(f"{key}.not_text")
    if cut:
        return _SURROGATE.sub("\ufffd", value[:most])
    if len(value) > most or _NOT_IN_AN_ID.search(value):
        raise Malformed(f"{key}.not_usable")
    return value


def bounded(value: Mapping[str, Any]) -> Mapping[str, Any]:
    """A copy of card data with texts shortened to 4,000 characters; refuses more than 500 values or 8 levels."""
    left = [MOST_VALUES]
    copy: Mapping[str, Any] = _bounded(value, MOST_DEPTH, left)
    return copy


def valid_locale(value: object) -> str:
    return value if isinstance(value, str) and _LOCALE.fullmatch(value) else ""


def valid_zone(value: object) -> str:
    return value if isinstance(value, str) and _ZONE.fullmatch(value) and _exists(value) else ""


def _bounded(value: object, depth: int, left: list[int]) -> Any:
    left[0] -= 1
    if depth == 0 or left[0] < 0:
        raise Malformed("data.too_much")
    if isinstance(value, str):
        return _SURROGATE.sub("\ufffd", value[:LONGEST_VALUE])
    if isinstance(value, list):
        return [_bounded(item, depth - 1, left) for item in value]
    if isinstance(value, dict):
        return {_SURROGATE.sub("\ufffd", key[:128]): _bounded(item, depth - 1, left) for key, item in value.items()}
    return value


@lru_cache(maxsize=1024)
def _exists(zone: str) -> bool:
    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, OSError):  # not found; not a zone's file; a folder's name
        return False
    return True
