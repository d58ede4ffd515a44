"""Cards to look at: writes the golden cards of the tests, or a page that shows every card as a chat would.

    python -m checks.cards_gallery --write              tests/golden/*.json
    python -m checks.cards_gallery --html FOLDER        FOLDER/gallery-<theme>.html

The page needs `adaptivecards.min.js` in FOLDER: where it is not there, how to get it is said, and the exit code is 1.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from tests.unit.cards.samples import every_card

ROOT = Path(__file__).parents[1]
GOLDEN = ROOT / "tests" / "golden"

RENDERER = "adaptivecards.min.js"
_MISSING = (
    f"{RENDERER} is not in {{folder}}: run `npm pack adaptivecards@3.0.6`, unpack the file that it makes, copy "
    f"package/dist/{RENDERER} to {{folder}} and try again."
)

THEMES = {
    "light": {
        "page": "#f5f5f5",
        "card": "#ffffff",
        "box": "#f0f0f0",
        "text": "#242424",
        "subtle": "#616161",
        "line": "#d1d1d1",
    },
    "dark": {
        "page": "#1f1f1f",
        "card": "#292929",
        "box": "#333333",
        "text": "#ffffff",
        "subtle": "#adadad",
        "line": "#4d4d4d",
    },
}
_ACCENTS = {"light": "#5b5fc7", "dark": "#9299f7"}
_TOLD: dict[str, dict[str, str]] = json.loads((ROOT / "chat" / "colors.json").read_text(encoding="utf-8"))
COLORS = {theme: {"accent": accent, **_TOLD[theme]} for theme, accent in _ACCENTS.items()}  # as in the chat windows


def written(card: dict[str, Any]) -> str:
    """A golden file's content: stable, and readable in a diff."""
    return json.dumps(card, ensure_ascii=False, indent=1) + "\n"


def write(folder: Path = GOLDEN) -> int:
    """Writes every golden card and removes those that no sample makes any more; returns how many there are."""
    cards = every_card()
    folder.mkdir(parents=True, exist_ok=True)
    for stale in {path.name for path in folder.glob("*.json")} - {f"{name}.json" for name in cards}:
        (folder / stale).unlink()
    for name, card in cards.items():
        (folder / f"{name}.json").write_text(written(card), encoding="utf-8")
    return len(cards)


def page(theme: str) -> str:
    """A page that draws each card, with the host's colours for the theme, at the width of the window."""
    shades = THEMES[theme]
    values = {
        **shades,
        "config": json.dumps(_host_config(theme)),
        "accent": COLORS[theme]["accent"],
        "scheme": theme,
        "cards": json.dumps(every_card()).replace("</", "<\\/"),
    }
    made = _PAGE
    for key, value in values.items():
        made = made.replace(f"%{key}%", value)
    return made


def gallery(folder: Path) -> str:
    """Writes a page for each theme, making the folder; what is missing for them to work, or ''."""
    folder.mkdir(parents=True, exist_ok=True)
    for theme in THEMES:
        (folder / _file(theme)).write_text(page(theme), encoding="utf-8")
    return "" if (folder / RENDERER).is_file() else _MISSING.format(folder=folder)


def _file(theme: str) -> str:
    return f"gallery-{theme}.html"


def _host_config(theme: str) -> dict[str, Any]:
    shades, colors = THEMES[theme], COLORS[theme]
    shown = {name: {"default": value, "subtle": value} for name, value in colors.items()}
    shown["default"] = {"default": shades["text"], "subtle": shades["subtle"]}
    styles = {"foregroundColors": shown}
    return {
        "fontFamily": "Segoe UI, Liberation Sans, sans-serif",
        "fontSizes": {"small": 12, "default": 14, "medium": 16, "large": 18, "extraLarge": 24},
        "spacing": {"small": 8, "default": 12, "medium": 16, "large": 20, "extraLarge": 24, "padding": 16},
        "separator": {"lineThickness": 1, "lineColor": shades["line"]},
        "containerStyles": {
            "default": {**styles, "backgroundColor": shades["card"]},
            "emphasis": {**styles, "backgroundColor": shades["box"]},
        },
        "actions": {"actionsOrientation": "horizontal", "actionAlignment": "left", "buttonSpacing": 8, "maxActions": 6},
        "inputs": {"label": {"requiredInputs": {"suffix": " *", "suffixColor": "attention"}, "inputSpacing": 4}},
    }


_PAGE = """<!doctype html><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<style>
:root { color-scheme: %scheme%; }
body { background: %page%; color: %text%; font: 14px "Segoe UI", "Liberation Sans", sans-serif; margin: 8px; }
h2 { font-size: 12px; font-weight: normal; color: %subtle%; margin: 20px 4px 4px; }
.card { background: %card%; border: 1px solid %line%; border-radius: 4px; max-width: 608px; overflow: hidden; }
.ac-adaptiveCard { outline: none; }
.ac-pushButton { background: %card%; color: %text%; border: 1px solid %line%; border-radius: 4px; padding: 6px 12px;
  font: 600 14px "Segoe UI", "Liberation Sans", sans-serif; white-space: nowrap; overflow: hidden;
  text-overflow: ellipsis; margin-bottom: 4px; }
.ac-pushButton.style-positive { background: %accent%; color: %card%; border-color: transparent; }
.ac-input { background: %box%; color: %text%; border: 0; border-bottom: 1px solid %subtle%; border-radius: 4px;
  padding: 6px 10px; font: 14px "Segoe UI", "Liberation Sans", sans-serif; width: 100%; box-sizing: border-box; }
.ac-input input[type=checkbox] { width: auto; }
.ac-choiceSetInput-multiSelect { background: none; border: 0; padding: 0; }
</style>
<body><script src="adaptivecards.min.js"></script><script>
const cards = %cards%, config = new AdaptiveCards.HostConfig(%config%);
window.faults = [];
for (const [name, json] of Object.entries(cards)) {
  const title = document.createElement("h2"), frame = document.createElement("div");
  title.textContent = name; frame.className = "card"; frame.id = name;
  const card = new AdaptiveCards.AdaptiveCard(), context = new AdaptiveCards.SerializationContext();
  card.hostConfig = config;
  card.parse(json, context);
  for (let i = 0; i < context.eventCount; i++) window.faults.push(name + ": " + context.getEventAt(i).message);
  frame.append(card.render());
  document.body.append(title, frame);
}
document.title = "ready";
</script></body>
"""


def main(arguments: list[str] | None = None) -> None:
    ask = argparse.ArgumentParser(
        prog="python -m checks.cards_gallery",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    ask.add_argument("--write", action="store_true", help="write the golden cards")
    ask.add_argument("--html", type=Path, metavar="FOLDER", help="write the gallery pages")
    wanted = ask.parse_args(arguments)
    if wanted.write:
        sys.stdout.write(f"{write()} cards in {GOLDEN.relative_to(ROOT)}\n")
    missing = gallery(wanted.html) if wanted.html else ""
    if missing:
        sys.exit(missing)  # a text goes to stderr, and the exit code is 1
    if wanted.html:
        sys.stdout.write("".join(f"open {wanted.html / _file(theme)}\n" for theme in THEMES))
    if not (wanted.write or wanted.html):
        ask.print_help()


if __name__ == "__main__":
    main()
