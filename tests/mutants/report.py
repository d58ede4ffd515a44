"""The table of the seeded bugs, for a terminal and for docs/reliability.md."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

from tests.mutants.catalogue import ALL
from tests.mutants.hunt import CLOCK, Result
from tests.mutants.tree import ROOT
from tests.proofs import ledger

KEPT = ROOT / "docs" / "mutants.json"
PAGE = ROOT / "docs" / "reliability.md"
BEGINS, ENDS = "<!-- mutants: written by make mutants ARGS=figures -->", "<!-- end of mutants -->"
_HEAD = ("bug", "what it does", "where", "breaks", "looked for by", "caught by", "at", "s", "made")


@dataclass(frozen=True, kw_only=True)
class Row:
    """`made` is a date and a commit; `by` is empty where the bug was not caught."""

    name: str
    sentence: str
    files: tuple[str, ...]
    breaks: tuple[str, ...]
    detector: str
    by: str
    at: str
    took_s: int
    made: str


def plain(results: Iterable[Result]) -> str:
    """For a terminal."""
    lines = []
    for row in map(_row, results):
        caught = f"{row.by} at {row.at}, {row.took_s} s" if row.by else "NOT CAUGHT"
        lines.append(f"{row.name:<30} {' '.join(row.files):<48} {'/'.join(row.breaks):<12} {row.detector}: {caught}")
    return "\n".join(lines)


def renew(results: Sequence[Result]) -> None:
    """The rows of those results; what was not run now keeps its row."""
    kept = {row.name: row for row in read()}
    kept |= {row.name: row for row in map(_row, results)}
    rows = [kept[one.name] for one in ALL if one.name in kept]
    KEPT.write_text(json.dumps({"rows": [asdict(row) for row in rows]}, indent=1, ensure_ascii=False) + "\n", "utf-8")
    page = PAGE.read_text("utf-8")
    PAGE.write_text(ledger.placed(page, table(rows), BEGINS, ENDS), "utf-8")


def read() -> list[Row]:
    """What was found when it was last looked for."""
    if not KEPT.exists():
        return []
    tuples = ("files", "breaks")
    rows = json.loads(KEPT.read_text("utf-8"))["rows"]
    return [Row(**(row | {name: tuple(row[name]) for name in tuples})) for row in rows]


def table(rows: Sequence[Row]) -> str:
    """For the page."""
    lines = [ledger.line(_HEAD), ledger.line(["---"] * len(_HEAD))]
    for row in rows:
        files, by = ", ".join(f"`{file}`" for file in row.files), row.by or "**nothing**"
        cells = (f"`{row.name}`", row.sentence, files, ", ".join(row.breaks), row.detector, by, row.at)
        lines.append(ledger.line((*cells, str(row.took_s), row.made)))
    return "\n".join(lines)


def _row(result: Result) -> Row:
    mutant, finding = result.mutant, result.finding
    return Row(
        name=mutant.name,
        sentence=mutant.sentence,
        files=tuple(dict.fromkeys(patch.file for patch in mutant.patches)),
        breaks=mutant.breaks,
        detector=mutant.by.name,
        by=finding.by if finding else "",
        at=finding.at if finding else result.end,
        took_s=round(result.took_s),
        made=ledger.made(CLOCK.now()),
    )
