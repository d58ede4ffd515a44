"""Turns a file of the package into one flat table of path to value, so that a rule never trips over a wrong shape."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class Malformed(Exception):
    """The file is not a JSON object; the text says where."""


@dataclass(frozen=True)
class Document:
    """`values` holds every leaf by its path, as in `bots[0].scopes[2]`; `sizes` the length of every list."""

    values: Mapping[str, object]
    sizes: Mapping[str, int]

    def text(self, path: str) -> str:
        """The text at the path; empty when there is none or it is not a text."""
        value = self.values.get(path)
        return value if isinstance(value, str) else ""

    def texts(self, path: str) -> list[str]:
        """The texts in the list at the path."""
        return [self.text(f"{path}[{index}]") for index in range(self.sizes.get(path, 0))]


def parse(data: bytes) -> Document:
    """Raises Malformed for broken JSON, for a key given twice, and for anything but an object."""
    try:
        tree = json.loads(data, object_pairs_hook=_once)
    except json.JSONDecodeError as broken:
        raise Malformed(f"line {broken.lineno} is not JSON: {broken.msg}") from broken
    except UnicodeDecodeError as broken:
        raise Malformed("it is not UTF-8 text") from broken
    if not isinstance(tree, dict):
        raise Malformed("it is not a JSON object")
    leaves = list(_walk("", tree))
    sizes = {path: len(value) for path, value in leaves if isinstance(value, list)}
    return Document({path: value for path, value in leaves if not isinstance(value, list)}, sizes)


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    seen = dict(pairs)
    if len(seen) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise Malformed(f"it has the key {twice} twice")
    return seen


def _walk(path: str, value: object) -> Iterator[tuple[str, object]]:
    if isinstance(value, dict) and value:
        for name, inner in value.items():
            yield from _walk(f"{path}.{name}" if path else name, inner)
        return
    yield path, value
    if isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _walk(f"{path}[{index}]", inner)
