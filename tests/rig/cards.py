"""What people see and can press on a card."""

from collections.abc import Iterator
from typing import Any

BOOKED = "Booked"
WORKING = ("Reserving…", "Waiting for the room", "Being cancelled")


def walk(node: Any) -> Iterator[dict[str, Any]]:
    """Every element of a card, fallbacks left out: only old clients show those."""
    if isinstance(node, dict):
        yield node
        for name, value in node.items():
            if name != "fallback":
                yield from walk(value)
    elif isinstance(node, list):
        for value in node:
            yield from walk(value)


def heading(card: dict[str, Any]) -> str:
    """Without the sign before it."""
    found = next((node for node in walk(card) if node.get("style") == "heading"), {})
    text = str(found.get("text", ""))
    first, _, rest = text.partition(" ")
    return rest if first and not first[0].isalnum() else text


def buttons(card: dict[str, Any]) -> list[dict[str, Any]]:
    """Every button that sends something, also those behind a question."""
    return [node for node in walk(card) if node.get("type") == "Action.Execute"]


def fields(card: dict[str, Any]) -> dict[str, str]:
    """What stands in the fields: clients leave empty ones out."""
    found = [node for node in walk(card) if str(node.get("type", "")).startswith("Input.")]
    return {str(node["id"]): str(node["value"]) for node in found if node.get("value") not in (None, "")}


def summary(card: dict[str, Any]) -> str:
    """One line: what a notification shows."""
    return str(card.get("fallbackText", ""))


def about(card: dict[str, Any]) -> str:
    """The id of the booking that the card's own buttons are about; '' where it has none."""
    told = [action["data"] for action in buttons({"actions": card.get("actions", [])}) if "data" in action]
    ids = {str(data.get("id", "")) for data in told if data.get("verb", "").split(".")[1:2] in (["cancel"], ["change"])}
    return ids.pop() if len(ids) == 1 else ""
