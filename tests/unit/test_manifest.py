"""The Teams app package: what is built can be uploaded, and each mistake is refused with a line on what to do."""

from __future__ import annotations

import io
import json
import struct
import zipfile
import zlib
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image, ImageChops

from manifest import build, checks, draw, png, schema

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Files = dict[str, bytes]
    Edit = Callable[[dict[str, Any]], object]

APP_ID = "3f2504e0-4f89-41d3-9a0c-0305e82c3311"
BOT_ID = "3f2504e0-4f89-41d3-9a0c-0305e82c3312"
FLAGS = ["--app-id", APP_ID, "--bot-id", BOT_ID, "--host", "foyer.contoso.com"]
VALUES = {"TEAMS_APP_ID": APP_ID, "BOT_ID": BOT_ID, "PUBLIC_HOST": "foyer.contoso.com"}


@pytest.fixture
def files() -> Files:
    return build.collect(VALUES)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "made" / "foyer.zip"


def edited(files: Files, edit: Edit, *, name: str = "manifest.json") -> Files:
    tree = json.loads(files[name])
    edit(tree)
    return files | {name: json.dumps(tree, ensure_ascii=False).encode()}


def picture(size: tuple[int, int], color: tuple[int, ...], *, mode: str = "RGBA") -> bytes:
    buffer = io.BytesIO()
    Image.new(mode, size, color).save(buffer, "PNG")
    return buffer.getvalue()


def commands(tree: dict[str, Any], index: int = 0) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = tree["bots"][0]["commandLists"][index]["commands"]
    return found


def test_the_package_has_no_problems(files: Files) -> None:
    assert checks.problems(files) == []


@pytest.mark.skipif(not schema.usable(build.SCHEMAS_BESIDE), reason="Microsoft's schemas are not beside this checkout")
def test_the_package_passes_microsofts_schemas(files: Files) -> None:
    assert list(schema.problems(files, build.SCHEMAS_BESIDE)) == []


@pytest.mark.skipif(not schema.usable(build.SCHEMAS_BESIDE), reason="Microsoft's schemas are not beside this checkout")
def test_microsofts_schemas_refuse_an_unknown_field(files: Files) -> None:
    broken = edited(files, lambda tree: tree.update(flavor="mint"))

    assert [line for line in schema.problems(broken, build.SCHEMAS_BESIDE) if "flavor" in line]


def test_a_schema_folder_without_schemas_is_one_problem(files: Files, tmp_path: Path) -> None:
    assert [line.partition(" needs ")[0] for line in schema.problems(files, tmp_path)] == ["--schema"]


def test_one_command_writes_a_zip_of_manifest_icons_and_languages_alone(out: Path) -> None:
    code = build.main([*FLAGS, "--out", str(out)])

    with zipfile.ZipFile(out) as package:
        names, manifest = package.namelist(), json.loads(package.read("manifest.json"))
    assert code == 0
    assert names == ["manifest.json", "color.png", "color32x32.png", "nl.json", "outline.png"]
    assert (manifest["id"], manifest["bots"][0]["botId"]) == (APP_ID, BOT_ID)
    assert manifest["developer"]["privacyUrl"] == "https://foyer.contoso.com/privacy"


def test_building_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    build.main([*FLAGS, "--out", str(tmp_path / "one.zip")])
    build.main([*FLAGS, "--out", str(tmp_path / "two.zip")])

    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()


def test_the_order_in_which_files_are_found_does_not_change_the_zip(files: Files) -> None:
    assert build.pack(files) == build.pack(dict(reversed(files.items())))


def test_the_zip_depends_neither_on_the_time_nor_on_a_compressor(files: Files) -> None:
    with zipfile.ZipFile(io.BytesIO(build.pack(files))) as package:
        entries = package.infolist()

    assert {entry.date_time for entry in entries} == {(1980, 1, 1, 0, 0, 0)}
    assert {entry.compress_type for entry in entries} == {zipfile.ZIP_STORED}


def test_a_version_given_replaces_the_manifests(out: Path) -> None:
    build.main([*FLAGS, "--version", "2.5.0", "--out", str(out)])

    with zipfile.ZipFile(out) as package:
        assert json.loads(package.read("manifest.json"))["version"] == "2.5.0"


def test_all_bad_flags_are_reported_at_once_and_nothing_is_written(
    out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = build.main(["--bot-id", "nope", "--host", "https://x.com/", "--version", "1", "--out", str(out)])

    lines = capsys.readouterr().err.splitlines()
    assert code == 1
    assert not out.exists()
    assert [line.partition(" must be ")[0].partition(" is ")[0] for line in lines[:4]] == [
        "--app-id",
        "--bot-id",
        "--host",
        "manifest.json: version",
    ]


@pytest.mark.parametrize("host", ["localhost", "10.0.0.7", "foyer", "foyer.contoso.com:443", 'a".com', ""])
def test_a_host_that_teams_cannot_reach_is_refused(host: str) -> None:
    assert len(build.check_values(VALUES | {"PUBLIC_HOST": host})) == 1


def test_a_place_that_cannot_be_written_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "taken").write_text("")

    code = build.main([*FLAGS, "--out", str(tmp_path / "taken" / "foyer.zip")])

    assert code == 1
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_a_tunnel_passes_only_when_asked_for(files: Files) -> None:
    tunneled = edited(files, lambda tree: tree.update(validDomains=["abc.devtunnels.ms"]))

    assert "--allow-tunnel" in checks.problems(tunneled)[0]
    assert checks.problems(tunneled, allow_tunnel=True) == []


MISTAKES: dict[str, tuple[Edit, str]] = {
    "old schema": (lambda m: m.update(manifestVersion="1.16"), "manifestVersion must be 1.30, not “1.16”"),
    "no developer": (lambda m: m.pop("developer"), "developer.privacyUrl is missing: add it"),
    "long name": (lambda m: m["name"].update(short="F" * 31), "name.short must be a text of 1 to 30 characters"),
    "empty text": (lambda m: m["description"].update(short=" "), "description.short must be a text of 1 to 80"),
    "reserved word": (lambda m: m["name"].update(short="Foyer for Teams"), "name.short has the reserved word Teams"),
    "wordy": (lambda m: m["description"].update(full="so " * 501), "description.full has 501 words: cut it to 500"),
    "id is no GUID": (lambda m: m.update(id="foyer"), "id must be a GUID such as"),
    "empty GUID": (lambda m: m["bots"][0].update(botId="0" * 8 + "-0000-0000-0000-" + "0" * 12), "and not 00000000-"),
    "placeholder": (lambda m: m["developer"].update(name="${{WHO}}"), "developer.name still holds ${{WHO}}"),
    "http": (lambda m: m["developer"].update(websiteUrl="http://a.com"), "websiteUrl must be an https address"),
    "version": (lambda m: m.update(version="1.0"), "version must be three numbers"),
    "color": (lambda m: m.update(accentColor="teal"), "accentColor must be a color such as #0B5F6B"),
    "misspelt field": (lambda m: m.update(validDomain="a.com"), "validDomain has no rule here: correct its spelling"),
    "misspelt list": (lambda m: m.update(conectors=[]), "conectors has no rule here: correct its spelling"),
    "empty object": (lambda m: m.update(developer={}), "developer is empty: fill it or remove it"),
    "old scope": (
        lambda m: m["bots"][0].update(scopes=["personal", "groupchat"]),
        "scopes[1] must be personal or team",
    ),
    "two bots": (lambda m: m["bots"].append(m["bots"][0]), "bots must have 1 to 1 entries, not 2"),
    "bots is a text": (lambda m: m.update(bots="one"), "bots has no rule here"),
    "too many commands": (
        lambda m: commands(m).extend({"title": f"c{n}", "description": "d"} for n in range(9)),
        "1 to 12 entries, not 13",
    ),
    "command twice": (lambda m: commands(m)[1].update(title="Help"), "offers “help” twice: keep one"),
    "slash in title": (lambda m: commands(m)[0].update(title="/book"), "without a leading /, not “/book”"),
    "bare command": (lambda m: commands(m)[0].pop("description"), "commands[0].description is missing: add it"),
    "scope unlisted": (lambda m: m["bots"][0]["commandLists"].pop(), "scope groupChat has no commands: add a command"),
    "scope not offered": (lambda m: m["bots"][0]["scopes"].remove("team"), "scope team is used but not in bots[0]"),
    "slash unsupported": (
        lambda m: m["bots"][0]["commandLists"][1].update(triggers=["slash"]),
        "triggers has slash: set bots[0].supportsTargetedMessages",
    ),
    "channel types": (lambda m: m.update(supportedChannelTypes=["sharedChannels"]), "use supportsChannelFeatures"),
    "no channel tier": (lambda m: m.pop("supportsChannelFeatures"), "supportsChannelFeatures is missing"),
    "not ours": (lambda m: m.update(validDomains=["foyer.onmicrosoft.com"]), "which is not yours: use a host of your"),
    "shared": (
        lambda m: m.update(validDomains=["*.azurewebsites.net"]),
        "other people's sites: name your host in full",
    ),
    "wildcard": (
        lambda m: m.update(validDomains=["foyer.*.com"]),
        "validDomains[0] must be a host name, its wildcards",
    ),
    "scheme": (lambda m: m.update(validDomains=["https://a.com"]), "validDomains[0] must be a host name"),
    "no icon file": (lambda m: m["icons"].update(color="c.png"), "c.png is missing: put it into the package"),
    "icon in a folder": (lambda m: m["icons"].update(color="icons/color.png"), "icons.color must be the plain name"),
    "no language file": (
        lambda m: m["localizationInfo"]["additionalLanguages"].append({"languageTag": "nn", "file": "nn.json"}),
        "nn.json is missing: put it into the package",
    ),
}


@pytest.mark.parametrize(("edit", "line"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_in_the_manifest_is_refused(files: Files, edit: Edit, line: str) -> None:
    found = checks.problems(edited(files, edit))

    assert [problem for problem in found if line in problem], found


TRANSLATION_MISTAKES: dict[str, tuple[Edit, str]] = {
    "missing": (lambda t: t.pop("name.full"), "nl.json: name.full is missing: translate it"),
    "unknown": (
        lambda t: t.update({"bots[0].commandLists[2].commands[9].title": "x"}),
        "nl.json: bots[0].commandLists[2].commands[9].title is no text of manifest.json",
    ),
    "not localizable": (lambda t: t.update(accentColor="#000000"), "nl.json: accentColor is no text of manifest.json"),
    "too long": (lambda t: t.update({"name.short": "F" * 31}), "nl.json: name.short must be a text of 1 to 30"),
    "reserved word": (lambda t: t.update({"name.full": "Foyer Chat"}), "nl.json: name.full has the reserved word Chat"),
    "other schema": (lambda t: t.pop("$schema"), "nl.json: $schema must be https://developer.microsoft.com/"),
    "one word for two": (
        lambda t: t.update({"bots[0].commandLists[1].commands[0].title": "help"}),
        "nl.json: bots[0].commandLists[1] offers “help” twice",
    ),
}


@pytest.mark.parametrize(("edit", "line"), TRANSLATION_MISTAKES.values(), ids=TRANSLATION_MISTAKES.keys())
def test_a_mistake_in_a_translation_is_refused(files: Files, edit: Edit, line: str) -> None:
    found = checks.problems(edited(files, edit, name="nl.json"))

    assert len(found) == 1
    assert found[0].startswith(line)


FILE_MISTAKES: dict[str, tuple[Files, str]] = {
    "stray file": ({"notes.txt": b""}, "notes.txt is not named by manifest.json: take it out of the package"),
    "broken manifest": ({"manifest.json": b'{\n"id": }'}, "manifest.json: line 2 is not JSON"),
    "manifest is a list": ({"manifest.json": b"[]"}, "manifest.json: it is not a JSON object"),
    "key twice": ({"nl.json": b'{"name.short": "a", "name.short": "b"}'}, "nl.json: it has the key name.short twice"),
    "not UTF-8": ({"nl.json": b'{"name.short": "\xff"}'}, "nl.json: it is not UTF-8 text"),
    "no PNG": ({"color.png": b"GIF89a"}, "color.png: it is not a PNG file: save it again"),
    "cut PNG": ({"color.png": picture((192, 192), (1, 2, 3))[:60]}, "color.png: its data is damaged"),
    "palette PNG": ({"color.png": picture((192, 192), (0,), mode="L")}, "color.png: it is not 8-bit RGB or RGBA"),
    "small icon": (
        {"color.png": picture((96, 96), (1, 2, 3, 255))},
        "color.png is 96 by 96 pixels: draw it 192 by 192",
    ),
    "rounded icon": ({"color.png": picture((192, 192), (1, 2, 3, 0))}, "color.png has transparent pixels: fill"),
    "solid outline": (
        {"outline.png": picture((32, 32), (255, 255, 255, 255))},
        "outline.png has no transparent ground",
    ),
    "gray outline": ({"outline.png": picture((32, 32), (9, 9, 9, 200))}, "outline.png has pixels that are not white"),
    "unseen outline": ({"outline.png": picture((32, 32), (0, 0, 0, 0))}, "outline.png has no solid white pixel"),
}


@pytest.mark.parametrize(("broken", "line"), FILE_MISTAKES.values(), ids=FILE_MISTAKES.keys())
def test_a_file_that_teams_would_refuse_is_refused(files: Files, broken: Files, line: str) -> None:
    found = checks.problems(files | broken)

    assert [problem for problem in found if problem.startswith(line)], found


def test_every_problem_is_reported_in_one_go(files: Files) -> None:
    broken = edited(files, lambda tree: tree.update(id="x", accentColor="y", version="z")) | {"notes.txt": b""}

    assert [problem.split(" ")[1] for problem in checks.problems(broken)] == ["version", "id", "accentColor", "is"]


def test_a_missing_manifest_is_the_only_problem(files: Files) -> None:
    del files["manifest.json"]

    assert checks.problems(files) == ["manifest.json is missing: put it into the package"]


@pytest.mark.parametrize(
    ("name", "drawn"),
    [("color", draw.draw_color), ("color32x32", draw.draw_color_small), ("outline", draw.draw_outline)],
)
def test_the_committed_icons_are_the_drawn_ones(name: str, drawn: Callable[[], Image.Image]) -> None:
    with Image.open(draw.ICONS / f"{name}.png") as committed:
        assert (committed.mode, committed.tobytes()) == (drawn().mode, drawn().tobytes())


def test_the_mark_stays_within_the_safe_area_of_the_store_icon() -> None:
    icon = draw.draw_color()

    bounds = ImageChops.difference(icon, Image.new("RGB", icon.size, draw.TEAL)).getbbox()

    assert bounds is not None
    assert min(bounds[:2]) >= 36
    assert max(bounds[2:]) <= 156


@pytest.mark.parametrize("name", ["color", "color32x32", "outline"])
def test_pixels_are_read_as_image_software_reads_them(name: str) -> None:
    path = draw.ICONS / f"{name}.png"
    with Image.open(path) as image:
        expected = image.convert("RGBA").tobytes()

    read = png.read(path.read_bytes())

    assert bytes(value for pixel in read.pixels for value in pixel) == expected


@pytest.mark.parametrize("kind", range(5))
def test_each_way_that_png_filters_a_row_is_undone(kind: int) -> None:
    rows = [[(x * 37 + y * 91 + c * 53) % 251 for x in range(4) for c in range(4)] for y in range(3)]

    read = png.read(_png_with_filter(rows, kind))

    assert [value for pixel in read.pixels for value in pixel] == [value for row in rows for value in row]


def _png_with_filter(rows: list[list[int]], kind: int) -> bytes:

    raw, above = bytearray(), [0] * len(rows[0])
    for row in rows:
        lefts, corners = [0] * 4 + row[:-4], [0] * 4 + above[:-4]
        guesses = [_guess(kind, *near) for near in zip(lefts, above, corners, strict=True)]
        raw += bytes([kind, *((value - guess) % 256 for value, guess in zip(row, guesses, strict=True))])
        above = row
    header = struct.pack(">IIBBBBB", len(rows[0]) // 4, len(rows), 8, 6, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(raw)), (b"IEND", b""))
    chunks = [
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body)) for name, body in parts
    ]
    data = png.SIGNATURE + b"".join(chunks)
    with Image.open(io.BytesIO(data)) as image:
        assert image.tobytes() == bytes(value for row in rows for value in row)
    return data


def _guess(kind: int, left: int, above: int, corner: int) -> int:
    if kind < 4:
        return [0, left, above, (left + above) // 2][kind]
    distances = [abs(above - corner), abs(left - corner), abs(left + above - 2 * corner)]
    return [left, above, corner][distances.index(min(distances))]
