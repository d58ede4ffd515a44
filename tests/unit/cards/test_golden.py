"""Every card as it stands, read against the golden ones, the schema and what Teams can show."""

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from bot.cards import spoken
from checks.cards_gallery import GOLDEN, written
from tests.unit.cards.samples import every_card
from tests.unit.cards.walker import of_type, problems, shown

CARDS = every_card()
SCHEMA = Path(__file__).parents[4] / "shared" / "data" / "adaptive-card-1.6.0.json"  # beside the checkout, if at all


@pytest.fixture(scope="module")
def schema() -> jsonschema.Draft6Validator:
    if not SCHEMA.is_file():
        pytest.skip("Microsoft's schema of adaptive cards is not beside this checkout")
    return jsonschema.Draft6Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))


@pytest.mark.parametrize("name", sorted(CARDS))
def test_a_card_is_as_its_golden_one(name: str) -> None:
    golden = GOLDEN / f"{name}.json"

    assert golden.read_text(encoding="utf-8") == written(CARDS[name]), "python -m checks.cards_gallery --write"


def test_no_golden_card_is_left_over() -> None:
    assert {path.stem for path in GOLDEN.glob("*.json")} == set(CARDS)


@pytest.mark.parametrize("name", sorted(CARDS))
def test_a_card_holds_only_what_every_client_shows(name: str) -> None:
    assert problems(CARDS[name]) == []


@pytest.mark.parametrize("name", [name for name in sorted(CARDS) if name.endswith(".nl")])
def test_a_card_passes_the_schema(name: str, schema: jsonschema.Draft6Validator) -> None:
    assert schema.is_valid(CARDS[name])


def test_the_schema_and_the_walk_refuse_an_element_that_does_not_exist(schema: jsonschema.Draft6Validator) -> None:
    broken: dict[str, Any] = {**CARDS["help.en"], "body": [{"type": "Marquee", "text": "no"}]}

    assert not schema.is_valid(broken)
    assert any("Marquee" in line for line in problems(broken))


@pytest.mark.parametrize("name", sorted(CARDS))
def test_every_text_is_filled_in_and_every_heading_is_free_of_markdown(name: str) -> None:
    texts = shown(CARDS[name])

    assert [text for text in texts if re.search(r"\{\w*\}|None|\bState\.", text)] == []
    assert not re.search(r"[*_\[\]`#<>\\]", of_type(CARDS[name], "TextBlock")[0]["text"])


def test_a_card_can_be_told_in_plain_text() -> None:
    told = spoken.text(CARDS["search_found.en"])

    assert told.splitlines()[:3] == [
        "3 rooms that fit",
        "Tomorrow, Tue 24 Nov, 15:00–16:00 · 6 people · Building A",
        "Subject (optional): Design review",
    ]
    assert "Oslo" in told
    assert told.count("[Book]") == 3
    assert spoken.summary(CARDS["booking_confirmed.en"]) == "Booked: Oslo, Tue 24 Nov, 15:00–16:00"
    assert "[Yes, cancel it]" not in spoken.text(CARDS["booking_confirmed.en"])
    assert "Room 1 Exchange decides" in spoken.text(CARDS["status.en"]).replace(", ", " ")
