"""A card as plain text, for notifications and for clients and people that do without cards."""

from collections.abc import Iterator
from typing import Any

_MOST = 4_000


def summary(card: dict[str, Any]) -> str:
    """One line, for the notification."""
    return str(card.get("fallbackText", ""))


def text(card: dict[str, Any]) -> str:
    """Everything that the card shows, line by line, buttons in [brackets]; send it as plain text, not as Markdown."""
    lines = [line for line in _lines(card) if line.strip()]
    return "\n".join(lines)[:_MOST]


def _lines(node: dict[str, Any]) -> Iterator[str]:
    match node.get("type"):
        case "TextBlock":
            yield node.get("text", "")
        case "RichTextBlock":
            yield "".join(run.get("text", "") for run in node["inlines"]).replace("\n", ", ")
        case "TableRow":
            yield " | ".join(" ".join(_within(cell)) for cell in node.get("cells", ()))
        case "ActionSet":
            yield _buttons(node)
        case "AdaptiveCard":
            yield from _within(node)
            yield _buttons(node)
        case kind if str(kind).startswith("Input."):
            yield f"{node.get('label', '')}: {_value(node)}"
        case _:
            yield from _within(node)


def _within(node: dict[str, Any]) -> Iterator[str]:
    for key in ("body", "items", "columns", "rows"):
        for child in node.get(key, ()):
            yield from _lines(child)


def _buttons(node: dict[str, Any]) -> str:
    return " ".join(f"[{action['title']}]" for action in node.get("actions", ()))


def _value(node: dict[str, Any]) -> str:
    value = str(node.get("value") or "")
    chosen = [choice["title"] for choice in node.get("choices", ()) if choice["value"] in value.split(",")]
    return ", ".join(chosen) if chosen else value or "…"
