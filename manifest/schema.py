"""Holds the package against Microsoft's published schema files, where these are at hand."""

from __future__ import annotations

import json
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

from manifest import fields

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

MANIFEST_SCHEMA: Final = f"MicrosoftTeams.schema.v{fields.VERSION}.json"
LANGUAGE_SCHEMA: Final = f"MicrosoftTeams.Localization.schema.v{fields.VERSION}.json"


def usable(folder: Path) -> bool:
    """Whether the folder has both schemas and this Python can apply them."""
    files = (folder / MANIFEST_SCHEMA, folder / LANGUAGE_SCHEMA)
    return find_spec("jsonschema") is not None and all(file.is_file() for file in files)


def problems(files: Mapping[str, bytes], folder: Path) -> Iterator[str]:
    """What the schemas in the folder refuse; files that are not JSON are left to the other checks."""
    if not usable(folder):
        yield f"--schema needs {MANIFEST_SCHEMA}, {LANGUAGE_SCHEMA} and requirements-dev.txt: add what is missing"
        return
    for name in sorted(name for name in files if name.endswith(".json")):
        rules = json.loads((folder / (MANIFEST_SCHEMA if name == "manifest.json" else LANGUAGE_SCHEMA)).read_bytes())
        yield from _breaches(name, files[name], rules)


def _breaches(name: str, data: bytes, rules: Mapping[str, object]) -> Iterator[str]:
    from jsonschema import Draft4Validator  # noqa: PLC0415  # a tool: the package is also built without it

    try:
        tree = json.loads(data)
    except ValueError:
        return
    for error in Draft4Validator(rules).iter_errors(tree):
        yield f"{name}: {error.json_path} breaks Microsoft's schema, correct it: {error.message[:160]}"
