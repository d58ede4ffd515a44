"""A plain walk over a card: what each element may be, and everything that a reader sees."""

from collections.abc import Iterator
from typing import Any

_COMMON = {"type", "id", "spacing", "separator", "isVisible"}
_BUTTON = {"type", "title", "tooltip", "style"}
_INPUT = {*_COMMON, "label", "value", "isRequired", "errorMessage"}
ALLOWED: dict[str, set[str]] = {
    "AdaptiveCard": {"type", "version", "lang", "rtl", "fallbackText", "body", "actions"},
    "TextBlock": {*_COMMON, "text", "size", "weight", "color", "wrap", "style"},
    "RichTextBlock": {*_COMMON, "inlines"},
    "TextRun": {"type", "text", "size", "weight", "isSubtle"},
    "Container": {*_COMMON, "items", "style"},
    "ColumnSet": {*_COMMON, "columns"},
    "Column": {"type", "width", "items", "verticalContentAlignment"},
    "ActionSet": {*_COMMON, "actions"},
    "Table": {*_COMMON, "columns", "rows", "showGridLines"},
    "TableRow": {"type", "cells"},
    "TableCell": {"type", "items"},
    "Input.Text": {*_INPUT, "maxLength"},
    "Input.Number": {*_INPUT, "min"},
    "Input.Date": {*_INPUT, "min"},
    "Input.Time": _INPUT,
    "Input.ChoiceSet": {*_INPUT, "style", "choices", "placeholder", "isMultiSelect", "wrap"},
    "Action.Execute": {*_BUTTON, "verb", "data", "associatedInputs", "fallback"},
    "Action.Submit": {*_BUTTON, "data", "associatedInputs"},
    "Action.OpenUrl": {*_BUTTON, "url"},
    "Action.ShowCard": {*_BUTTON, "card"},
}


def nodes(node: object, path: str = "card") -> Iterator[tuple[str, dict[str, Any]]]:
    """Each element and action with its path; `data` is not looked into."""
    if isinstance(node, list):
        for number, child in enumerate(node):
            yield from nodes(child, f"{path}[{number}]")
    elif isinstance(node, dict):
        if "type" in node:
            yield path, node
        for key, child in node.items():
            if key != "data":
                yield from nodes(child, f"{path}.{key}")


def of_type(card: dict[str, Any], *types: str) -> list[dict[str, Any]]:
    return [node for _, node in nodes(card) if node["type"] in types]


def problems(card: dict[str, Any]) -> list[str]:
    """What Teams would not show, or what a screen reader would miss; one line each."""
    found = []
    for path, node in nodes(card):
        kind = node["type"]
        if kind not in ALLOWED:
            found.append(f"{path}: {kind} is no element that all clients show")
            continue
        found += [f"{path}: {kind} has no {key}" for key in node.keys() - ALLOWED[kind]]
        if kind == "TextBlock" and not (node.get("wrap") and node.get("style") == "heading"):
            found.append(f"{path}: text outside the heading belongs into a RichTextBlock")
        if kind.startswith("Input.") and not (node.get("label") and node.get("errorMessage") and node.get("id")):
            found.append(f"{path}: {kind} lacks a label, an errorMessage or an id")
        if kind == "Action.Execute" and node["fallback"].get("data") != node["data"]:
            found.append(f"{path}: the fallback sends something else")
        if kind == "Action.Execute" and node["data"].get("verb") != node["verb"]:
            found.append(f"{path}: the data names another verb")
        if len(node.get("actions", ())) > 2:
            found.append(f"{path}: more than two buttons beside one another")
    if len(of_type(card, "TextBlock")) != 1:
        found.append("a card has one heading")
    return found


def shown(card: dict[str, Any]) -> list[str]:
    """Every text that a person may see or hear, notification included."""
    texts = [card.get("fallbackText", "")]
    for _, node in nodes(card):
        texts += [
            str(node[key])
            for key in ("text", "title", "tooltip", "label", "errorMessage", "placeholder")
            if key in node
        ]
        texts += [choice["title"] for choice in node.get("choices", ())]
        if node["type"] == "Input.Text":
            texts.append(str(node.get("value", "")))
    return texts


def titles(card: dict[str, Any]) -> list[str]:
    """The buttons, in order; those for old clients are left out."""
    return [node["title"] for path, node in nodes(card) if "title" in node and not path.endswith(".fallback")]
