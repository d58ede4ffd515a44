"""The table: rows replace their like, and only what stands between the marks changes."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.proofs.catalogue import ALL
from tests.proofs.ledger import BEGINS, ENDS, KEPT, PAGE, Row, merged, placed, read, shown, table, write

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


def test_what_was_not_run_yet_is_said_in_the_table() -> None:
    rows = shown(ALL, [replace(ROW, result="one winner each")])

    told = {(row.name, row.engine): row.result for row in rows}
    assert told["race", "sqlite"] == "one winner each"
    assert told["race", "redis"] == "not run yet"
    assert list(dict.fromkeys(row.name for row in rows)) == [proof.name for proof in ALL]


def test_the_page_has_a_row_for_each_proof_and_engine_with_what_is_kept_of_it() -> None:
    root = Path(__file__).parents[2]
    page = (root / PAGE).read_text("utf-8")

    for line in table(shown(ALL, read(root / KEPT)), "").splitlines()[2:]:
        assert line in page, "python -m tests.proofs --table"
