"""Bodies as the reference pages show them, and what of them is lost on a way there and back."""

import json
import re
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parent
NAMES = sorted(file.stem for file in _FOLDER.glob("*.json"))
_TIME = re.compile(r"((?:\d{4}-\d\d-\d\dT)?\d\d:\d\d:\d\d)(?:\.(\d{1,6})\d*)?(?:Z|\+00:00)?")


def sample(name: str) -> Any:
    return json.loads((_FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def lost(said: Any, heard: Any, path: str = "$") -> list[str]:
    """Where `heard` is not what was said; it may hold more. Times may be written in another way."""
    if isinstance(said, dict) and isinstance(heard, dict):
        return [text for name in said for text in lost(said[name], heard.get(name), f"{path}.{name}")]
    if isinstance(said, list) and isinstance(heard, list) and len(said) == len(heard):
        return [text for at, one in enumerate(said) for text in lost(one, heard[at], f"{path}[{at}]")]
    if said is None or said == heard or _is_same_time(said, heard):
        return []
    return [f"{path}: {said!r} became {heard!r}"]


def _is_same_time(said: Any, heard: Any) -> bool:
    """To the microsecond, which is all that Python's own types keep."""
    if not (isinstance(said, str) and isinstance(heard, str)):
        return False
    one, other = _TIME.fullmatch(said), _TIME.fullmatch(heard)
    return one is not None and other is not None and _to_microsecond(one) == _to_microsecond(other)


def _to_microsecond(found: re.Match[str]) -> tuple[str, str]:
    return found[1], (found[2] or "").rstrip("0")
