"""Builds the Teams app package: fills in ids and host, checks everything, and zips it to `manifest/build/foyer.zip`.

python manifest/build.py --app-id GUID --bot-id GUID --host foyer.contoso.com
"""

from __future__ import annotations

import argparse
import io
import json
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

if not __package__:
    # Started as a file, Python looks for modules beside it rather than in the project.
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from manifest import checks, fields, schema

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FOLDER: Final = Path(__file__).resolve().parent
# The schemas are Microsoft's and stay outside the project; a checkout that has them beside it is checked against them.
SCHEMAS_BESIDE: Final = FOLDER.parent.parent / "shared" / "data"

# Placeholder → its flag, its rule, and a value that passes, for checking the rest when the given one is wrong.
INPUTS: Final = {
    "TEAMS_APP_ID": ("--app-id", fields.GUID_RULE, "3f2504e0-4f89-41d3-9a0c-0305e82c3301"),
    "BOT_ID": ("--bot-id", fields.GUID_RULE, "3f2504e0-4f89-41d3-9a0c-0305e82c3302"),
    "PUBLIC_HOST": ("--host", fields.HOST_RULE, "foyer.example.com"),
}


def check_values(values: Mapping[str, str]) -> list[str]:
    """What is wrong with the values for the placeholders (name → value)."""
    found = []
    for name, (flag, rule, _) in INPUTS.items():
        if name not in values:
            found.append(f"{flag} is missing: give {rule.demand}")
        elif not rule.holds(values[name]):
            found.append(f"{flag} must be {rule.demand}, not “{values[name][:60]}”")
    return found


def collect(values: Mapping[str, str], *, folder: Path = FOLDER) -> dict[str, bytes]:
    """The files of the package (name → content), with the placeholders that have a value filled in.

    A value under `APP_VERSION` replaces the version that the manifest states.
    """
    files = {path.name: path.read_text("utf-8").encode() for path in sorted(folder.glob("*.json"))}
    files |= {path.name: path.read_bytes() for path in sorted((folder / "icons").iterdir())}
    if checks.MANIFEST in files:
        files[checks.MANIFEST] = _fill(files[checks.MANIFEST].decode(), values).encode()
    return files


def pack(files: Mapping[str, bytes]) -> bytes:
    """The zip; the same files give the same bytes on every machine and every day."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as package:
        for name in sorted(files, key=lambda name: (name != checks.MANIFEST, name)):
            entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            entry.create_system = 3
            entry.external_attr = 0o644 << 16
            # Stored, because two versions of zlib need not compress to the same bytes.
            package.writestr(entry, files[name], compress_type=zipfile.ZIP_STORED)
    return buffer.getvalue()


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code: 0 when the package was written, 1 when a problem was reported."""
    chosen = _parser().parse_args(arguments)
    given = {"TEAMS_APP_ID": chosen.app_id, "BOT_ID": chosen.bot_id, "PUBLIC_HOST": chosen.host}
    values = {name: value for name, value in given.items() if value is not None}
    found = check_values(values)
    passing = {name: spare for name, (_, _, spare) in INPUTS.items()}
    usable = {name: value for name, value in values.items() if INPUTS[name][1].holds(value)}
    version = {"APP_VERSION": chosen.version} if chosen.version is not None else {}
    try:
        files = collect(passing | usable | version)
        found += checks.problems(files, allow_tunnel=chosen.allow_tunnel)
        if chosen.schema or schema.usable(SCHEMAS_BESIDE):
            found += schema.problems(files, chosen.schema or SCHEMAS_BESIDE)
        return _refuse(found) if found else _write(chosen.out, files)
    except (OSError, ValueError) as failure:
        return _refuse([*found, f"a file could not be read or written: {failure}"])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Build the Teams app package of Foyer.")
    parser.add_argument("--app-id", metavar="GUID", help="the Teams app's own id: make one once and keep it")
    parser.add_argument("--bot-id", metavar="GUID", help="the Microsoft App ID of the Azure Bot")
    parser.add_argument("--host", help="the public host that Foyer answers on, such as foyer.contoso.com")
    parser.add_argument("--version", help="in place of the manifest's version: raise it on every upload")
    parser.add_argument("--schema", type=Path, metavar="DIR", help="a folder with Microsoft's schema files")
    parser.add_argument("--allow-tunnel", action="store_true", help="accept a tunnel's host, for trying the bot out")
    parser.add_argument("--out", type=Path, default=FOLDER / "build" / "foyer.zip", help="where to write the package")
    return parser


def _fill(text: str, values: Mapping[str, str]) -> str:
    for name, value in values.items():
        text = text.replace(f"${{{{{name}}}}}", json.dumps(value)[1:-1])
    if "APP_VERSION" not in values:
        return text
    try:
        manifest = json.loads(text)
    except ValueError:
        return text
    return json.dumps(manifest | {"version": values["APP_VERSION"]}, indent=2, ensure_ascii=False) + "\n"


def _refuse(found: Sequence[str]) -> int:
    sys.stderr.write("".join(f"{problem}\n" for problem in found))
    return 1


def _write(path: Path, files: Mapping[str, bytes]) -> int:
    path.parent.mkdir(parents=True, exist_ok=True)
    package = pack(files)
    path.write_bytes(package)
    sys.stdout.write(f"{path}: {len(package)} bytes, {', '.join(files)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
