"""The table: rows replace their like, and only what stands between the marks changes."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.proofs.ledger import BEGINS, ENDS, Row, merged, placed, read, table, write

ROW = Row(
    name="race", engine="sqlite", invariants=("I1", "I11"), size="200 rounds", result="one winner", worst="0.2 s",
    took_s=60, made="2026-11-21 abc1234", held=True,
)  # fmt: skip


def test_a_part_that_is_renewed_leaves_the_others_as_they_were(tmp_path: Path) -> None:
    other, gone = replace(ROW, engine="redis"), replace(ROW, name="gone")
    newer = replace(ROW, made="2026-11-22 def5678")
    write([ROW, other, gone], tmp_path / "kept.json")

    rows = merged(read(tmp_path / "kept.json"), [newer], ["kill9", "race"])

    assert rows == [newer, other]


def test_a_smoke_share_takes_no_full_rows_place_unless_it_found_something() -> None:
    smoke = replace(ROW, size="3 rounds", made="2026-11-22 def5678")
    full = replace(ROW, size="1,000 rounds")

    assert merged([full], [smoke], ["race"]) == [full]
    assert merged([full], [replace(smoke, held=False)], ["race"]) == [replace(smoke, held=False)]
    assert merged([replace(full, held=False)], [smoke], ["race"]) == [smoke]


def test_the_prose_around_the_table_stays() -> None:
    page = f"before\n{BEGINS}\nold\n{ENDS}\nafter\n"

    assert placed(page, "new") == f"before\n{BEGINS}\n\nnew\n\n{ENDS}\nafter\n"
    with pytest.raises(ValueError, match="marks are missing"):
        placed("no marks", "new")


def test_what_was_violated_is_shown_as_such() -> None:
    shown = table([replace(ROW, held=False, result="a | b")], "a machine")

    assert r"| `race` | sqlite | I1, I11 | 200 rounds | **violated**: a \| b | 0.2 s | 2026-11-21 abc1234 |" in shown
