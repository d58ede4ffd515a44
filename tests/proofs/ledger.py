"""Keeps what each proof showed when it last ran, and writes the table from it: a part can be renewed alone.

A row says when and at which commit it was made. Rows live in docs/reliability.json, the table between two marks of
docs/reliability.md; the prose around the marks is written by hand.
"""

import json
import platform
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

KEPT = Path("docs/reliability.json")
PAGE = Path("docs/reliability.md")
BEGINS, ENDS = "<!-- figures: written by make figures -->", "<!-- end of figures -->"
_HEAD = ("what", "engine", "shows", "size", "result", "worst", "made")


@dataclass(frozen=True, kw_only=True)
class Row:
    """`made` is a date and a commit. `held` is False where something was violated; such a row is shown all the same."""

    name: str
    engine: str
    invariants: tuple[str, ...]
    size: str
    result: str
    worst: str
    took_s: int
    made: str
    held: bool


def read(file: Path) -> list[Row]:
    """None where there is no file yet."""
    if not file.exists():
        return []
    rows = json.loads(file.read_text("utf-8"))["rows"]
    return [Row(**(row | {"invariants": tuple(row["invariants"])})) for row in rows]


def merged(kept: Iterable[Row], new: Iterable[Row], order: Sequence[str]) -> list[Row]:
    """New rows replace those of their name and engine; names that are no proof any more go."""
    rows = {(row.name, row.engine): row for row in (*kept, *new)}
    known = [row for row in rows.values() if row.name in order]
    return sorted(known, key=lambda row: (order.index(row.name), row.engine != "sqlite", row.engine))


def write(rows: Sequence[Row], file: Path) -> None:
    file.write_text(json.dumps({"rows": [asdict(row) for row in rows]}, indent=1, ensure_ascii=False) + "\n", "utf-8")


def table(rows: Sequence[Row], machine: str) -> str:
    lines = [f"Made on {machine}.", "", _line(_HEAD), _line(["---"] * len(_HEAD))]
    for row in rows:
        result = row.result if row.held else f"**violated**: {row.result}"
        shows = ", ".join(row.invariants)
        lines.append(_line((f"`{row.name}`", row.engine, shows, row.size, result, row.worst, row.made)))
    return "\n".join(lines)


def placed(page: str, text: str) -> str:
    """The page with `text` between its marks. Raises ValueError for a page without them."""
    pattern = re.compile(f"{re.escape(BEGINS)}.*?{re.escape(ENDS)}", re.DOTALL)
    if not pattern.search(page):
        raise ValueError(f"the marks are missing: put {BEGINS} and {ENDS} around the place of the table")
    return pattern.sub(lambda _: f"{BEGINS}\n\n{text}\n\n{ENDS}", page, count=1)


def machine(cores: int) -> str:
    """In words, without a name."""
    return (
        f"a machine with {cores} cores ({platform.machine()}, {platform.system()}, Python {platform.python_version()})"
    )


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"
