"""Decides whether the files of a package may be uploaded: every problem is one line that says what to do.

Sources: the page "Microsoft Teams store validation guidelines" for names, domains and package contents; "Agents and tab
apps for shared and private channels" for channel support; "Teams app icon for Teams Store and app bar" for the icons.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

from manifest import document, fields, png

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from manifest.document import Document

MANIFEST: Final = "manifest.json"
PLACEHOLDER: Final = re.compile(r"\$\{\{.*?\}\}")
MOST_WORDS: Final = 500

# Core features of Teams, and product names that would suggest a partnership.
# fmt: off
RESERVED_WORDS: Final = frozenset({
    "teams", "chat", "contacts", "calendar", "calls", "files", "activity", "apps", "help",
    "microsoft", "office", "outlook", "excel", "powerpoint", "word", "onedrive", "sharepoint", "onenote",
    "azure", "surface", "xbox", "windows", "exchange", "copilot", "viva", "skype",
})
# fmt: on
OWNED_BY_MICROSOFT: Final = ("microsoft.com", "onmicrosoft.com")
SHARED_HOSTING: Final = ("azurewebsites.net", "azurecontainerapps.io", "cloudapp.azure.com", "azurefd.net")
# fmt: off
TUNNELS: Final = (
    "ngrok.io", "ngrok.app", "ngrok.dev", "ngrok-free.app", "ngrok-free.dev", "devtunnels.ms",
    "trycloudflare.com", "loca.lt", "localhost.run", "lhr.life", "serveo.net",
)
# fmt: on


def problems(files: Mapping[str, bytes], *, allow_tunnel: bool = False) -> list[str]:
    """What stands in the way of uploading these files (name in the package → content); empty when nothing does.

    `allow_tunnel` lets a tunnel's host pass, for trying the bot out: the store refuses it.
    """
    if MANIFEST not in files:
        return [f"{MANIFEST} is missing: put it into the package"]
    try:
        manifest = document.parse(files[MANIFEST])
    except document.Malformed as broken:
        return [f"{MANIFEST}: {broken}: correct it"]
    return [
        *_fields(manifest),
        *_absences(manifest),
        *_lists(manifest),
        *_commands(manifest),
        *_scopes(manifest),
        *_names(MANIFEST, manifest),
        *_domains(manifest, allow_tunnel=allow_tunnel),
        *_icons(manifest, files),
        *_languages(manifest, files),
        *_contents(manifest, files),
    ]


def _fields(manifest: Document) -> Iterator[str]:
    for path, value in manifest.values.items():
        if path.startswith("supportedChannelTypes"):
            continue
        rule = fields.FIELDS.get(fields.general(path))
        if value == {}:
            yield f"{MANIFEST}: {path} is empty: fill it or remove it"
        elif rule is None:
            yield f"{MANIFEST}: {path} has no rule here: correct its spelling, or add a rule to manifest/fields.py"
        else:
            yield from _field(MANIFEST, path, value, rule)


def _field(file: str, path: str, value: object, rule: fields.Rule) -> Iterator[str]:
    open_one = PLACEHOLDER.search(value) if isinstance(value, str) else None
    if open_one:
        yield f"{file}: {path} still holds {open_one.group()}: give it a value"
    elif not rule.holds(value):
        yield f"{file}: {path} must be {rule.demand}, not {_short(value)}"


def _absences(manifest: Document) -> Iterator[str]:
    for path in fields.REQUIRED:
        if path not in manifest.values:
            yield f"{MANIFEST}: {path} is missing: add it"


def _lists(manifest: Document) -> Iterator[str]:
    for path, size in manifest.sizes.items():
        if path == "supportedChannelTypes":
            continue
        if fields.general(path) not in fields.SIZES:
            yield f"{MANIFEST}: {path} has no rule here: correct its spelling, or add a rule to manifest/fields.py"
            continue
        least, most = fields.SIZES[fields.general(path)]
        if not least <= size <= most:
            yield f"{MANIFEST}: {path} must have {least} to {most} entries, not {size}"


def _commands(manifest: Document) -> Iterator[str]:
    for index in range(manifest.sizes.get("bots[0].commandLists", 0)):
        path = f"bots[0].commandLists[{index}]"
        count = manifest.sizes.get(f"{path}.commands", 0)
        for needed in (f"{path}.scopes", f"{path}.commands"):
            if needed not in manifest.sizes:
                yield f"{MANIFEST}: {needed} is missing: add it"
        for position in range(count):
            for name in ("title", "description"):
                if f"{path}.commands[{position}].{name}" not in manifest.values:
                    yield f"{MANIFEST}: {path}.commands[{position}].{name} is missing: add it"
        yield from _repeats(MANIFEST, path, [manifest.text(f"{path}.commands[{n}].title") for n in range(count)])
        slash = "slash" in manifest.texts(f"{path}.triggers")
        if slash and manifest.values.get("bots[0].supportsTargetedMessages") is not True:
            yield f"{MANIFEST}: {path}.triggers has slash: set bots[0].supportsTargetedMessages, or take it out"


def _repeats(file: str, path: str, titles: Iterable[str]) -> Iterator[str]:
    seen: set[str] = set()
    for title in titles:
        if title.casefold() in seen:
            yield f"{file}: {path} offers “{title}” twice: keep one"
        seen.add(title.casefold())


def _scopes(manifest: Document) -> Iterator[str]:
    offered = set(manifest.texts("bots[0].scopes"))
    lists = range(manifest.sizes.get("bots[0].commandLists", 0))
    listed = [scope for index in lists for scope in manifest.texts(f"bots[0].commandLists[{index}].scopes")]
    for scope in sorted(offered - set(listed)):
        yield f"{MANIFEST}: the scope {scope} has no commands: add a command list for it to bots[0].commandLists"
    for scope in sorted({scope for scope in listed if listed.count(scope) > 1}):
        yield f"{MANIFEST}: the scope {scope} has two command lists: make them one"
    for scope in sorted({*listed, manifest.text("defaultInstallScope")} - offered - {""}):
        yield f"{MANIFEST}: the scope {scope} is used but not in bots[0].scopes: add it there"
    if any(path.startswith("supportedChannelTypes") for path in (*manifest.values, *manifest.sizes)):
        yield f"{MANIFEST}: supportedChannelTypes blocks the upload since 1.25: use supportsChannelFeatures"
    if "team" in offered and "supportsChannelFeatures" not in manifest.values:
        yield f"{MANIFEST}: supportsChannelFeatures is missing: the team scope demands it since 1.25, set tier1"


def _names(file: str, texts: Document) -> Iterator[str]:
    for path in ("name.short", "name.full"):
        for word in re.findall(r"\w+", texts.text(path)):
            if word.casefold() in RESERVED_WORDS:
                yield f"{file}: {path} has the reserved word {word}: choose a name without it"
    words = len(texts.text("description.full").split())
    if words > MOST_WORDS:
        yield f"{file}: description.full has {words} words: cut it to {MOST_WORDS}"


def _domains(manifest: Document, *, allow_tunnel: bool) -> Iterator[str]:
    for domain in manifest.texts("validDomains"):
        bare = domain.casefold().lstrip("*.")
        if _under(bare, OWNED_BY_MICROSOFT):
            yield f"{MANIFEST}: validDomains has {domain}, which is not yours: use a host of your own"
        if "*" in domain and bare in SHARED_HOSTING:
            yield f"{MANIFEST}: validDomains has {domain}, which covers other people's sites: name your host in full"
        if _under(bare, TUNNELS) and not allow_tunnel:
            yield f"{MANIFEST}: validDomains has the tunnel {domain}: use your own host, or --allow-tunnel for a trial"


def _under(host: str, roots: Iterable[str]) -> bool:
    return any(host == root or host.endswith(f".{root}") for root in roots)


def _icons(manifest: Document, files: Mapping[str, bytes]) -> Iterator[str]:
    for kind, side in (("color", 192), ("outline", 32), ("color32x32", 32)):
        name = manifest.text(f"icons.{kind}")
        if not name:
            continue
        if name not in files:
            yield f"{name} is missing: put it into the package, or correct icons.{kind}"
            continue
        try:
            picture = png.read(files[name])
        except png.Unreadable as reason:
            yield f"{name}: {reason}: save it again as an 8-bit RGBA PNG"
            continue
        if (picture.width, picture.height) != (side, side):
            yield f"{name} is {picture.width} by {picture.height} pixels: draw it {side} by {side}"
        yield from _ink(kind, name, picture)


def _ink(kind: str, name: str, picture: png.Picture) -> Iterator[str]:
    alphas = {alpha for *_, alpha in picture.pixels}
    if kind == "color" and alphas != {png.OPAQUE}:
        yield f"{name} has transparent pixels: fill the square to its corners, Teams rounds them itself"
    if kind != "color" and 0 not in alphas:
        yield f"{name} has no transparent ground: draw the mark alone"
    if kind == "outline" and any(
        alpha and (red, green, blue) != (255, 255, 255) for red, green, blue, alpha in picture.pixels
    ):
        yield f"{name} has pixels that are not white: draw it in pure white on transparent"
    if kind == "outline" and png.OPAQUE not in alphas:
        yield f"{name} has no solid white pixel: it would not be seen"


def _languages(manifest: Document, files: Mapping[str, bytes]) -> Iterator[str]:
    wanted = {path for path in manifest.values if fields.general(path) in fields.LOCALIZABLE}
    for name in _language_files(manifest):
        if name not in files:
            yield f"{name} is missing: put it into the package, or take it out of localizationInfo"
            continue
        try:
            language = document.parse(files[name])
        except document.Malformed as broken:
            yield f"{name}: {broken}: correct it"
            continue
        yield from _language(name, language, wanted)


def _language(name: str, language: Document, wanted: set[str]) -> Iterator[str]:
    if language.text("$schema") != fields.LANGUAGE_SCHEMA_URL:
        yield f"{name}: $schema must be {fields.LANGUAGE_SCHEMA_URL}, the version of the manifest"
    given = language.values.keys() - {"$schema"}
    for path in sorted(wanted - given):
        yield f"{name}: {path} is missing: translate it"
    for path in sorted(given - wanted):
        yield f"{name}: {path} is no text of {MANIFEST}: remove it, or correct its index"
    for path in sorted(given & wanted):
        yield from _field(name, path, language.values[path], fields.FIELDS[fields.general(path)])
    yield from _names(name, language)
    lists = sorted({path.partition(".commands[")[0] for path in given & wanted if ".commands[" in path})
    for path in lists:
        titles = [language.text(key) for key in sorted(given) if key.startswith(path) and key.endswith(".title")]
        yield from _repeats(name, path, titles)


def _language_files(manifest: Document) -> list[str]:
    path = "localizationInfo.additionalLanguages"
    named = [manifest.text(f"{path}[{index}].file") for index in range(manifest.sizes.get(path, 0))]
    return [name for name in named if name]


def _contents(manifest: Document, files: Mapping[str, bytes]) -> Iterator[str]:
    icons = {manifest.text(f"icons.{kind}") for kind in ("color", "outline", "color32x32")}
    for name in sorted(files.keys() - icons - {MANIFEST, *_language_files(manifest)}):
        yield f"{name} is not named by {MANIFEST}: take it out of the package, or name it there"


def _short(value: object) -> str:
    shown = value if isinstance(value, str) else json.dumps(value)
    return f"“{shown[:40]}…” ({len(shown)} characters)" if len(shown) > 40 else f"“{shown}”"
