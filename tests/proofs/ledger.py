"""Keeps what each proof showed when it last ran, and writes the table from it: a part can be renewed alone.

A row says when and at which commit it was made. Rows live in docs/reliability.json, the table between two marks of
docs/reliability.md; the prose around the marks is written by hand.
"""

import json
import platform
import re
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from tests.proofs.proof import Proof

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
    """New rows replace those of their name and engine, but for those that held in more tries than the new one's, which
    held too; names that are no proof any more go."""
    rows = {(row.name, row.engine): row for row in kept}
    for row in new:
        before = rows.get((row.name, row.engine), row)
        says_less = before.held and row.held and _tries(row) < _tries(before)
        rows[row.name, row.engine] = before if says_less else row
    known = [row for row in rows.values() if row.name in order]
    return sorted(known, key=lambda row: (order.index(row.name), row.engine != "sqlite", row.engine))


def _tries(row: Row) -> int:
    return int(row.size.partition(" ")[0].replace(",", ""))


def write(rows: Sequence[Row], file: Path) -> None:
    file.write_text(json.dumps({"rows": [asdict(row) for row in rows]}, indent=1, ensure_ascii=False) + "\n", "utf-8")


def not_run_yet(proofs: Iterable[Proof], rows: Iterable[Row]) -> list[Row]:
    """A row for each proof and engine that has none, so that the page shows what there is, not what was run."""
    known = {(row.name, row.engine) for row in rows}
    return [
        Row(
            name=proof.name,
            engine=engine,
            invariants=proof.invariants,
            size=f"{proof.full:,} {proof.unit}",
            result="not run yet",
            worst="",
            took_s=0,
            made="",
            held=True,
        )
        for proof in proofs
        for engine in proof.engines
        if (proof.name, engine) not in known
    ]


def shown(proofs: Sequence[Proof], rows: Sequence[Row]) -> list[Row]:
    """All rows of the table, in the order of the proofs."""
    return merged(rows, not_run_yet(proofs, rows), [proof.name for proof in proofs])


def table(rows: Sequence[Row], machine: str) -> str:
    lines = [f"Made on {machine}.", "", line(_HEAD), line(["---"] * len(_HEAD))]
    for row in rows:
        result = row.result if row.held else f"**violated**: {row.result}"
        shows = ", ".join(row.invariants)
        lines.append(line((f"`{row.name}`", row.engine, shows, row.size, result, row.worst, row.made)))
    return "\n".join(lines)


def placed(page: str, text: str, begins: str = BEGINS, ends: str = ENDS) -> str:
    """The page with `text` between its marks. Raises ValueError for a page without them."""
    pattern = re.compile(f"{re.escape(begins)}.*?{re.escape(ends)}", re.DOTALL)
    if not pattern.search(page):
        raise ValueError(f"the marks are missing: put {begins} and {ends} around the place of the table")
    return pattern.sub(lambda _: f"{begins}\n\n{text}\n\n{ends}", page, count=1)


def made(day: datetime) -> str:
    """The day and the commit: '+' where the tree has changes of its own, the figures' apart."""
    said = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    changed = ["git", "status", "--porcelain", "--untracked-files=no", "--", ".", ":!docs"]
    is_changed = subprocess.run(changed, capture_output=True, text=True, check=False).stdout.strip()
    return f"{day:%Y-%m-%d} " + (said.stdout.strip() or "unknown") + ("+" if is_changed else "")


def machine(cores: int) -> str:
    """In words, without a name."""
    return (
        f"a machine with {cores} cores ({platform.machine()}, {platform.system()}, Python {platform.python_version()})"
    )


def line(cells: Iterable[str]) -> str:
    """A row of a table, whatever is in its cells."""
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"
