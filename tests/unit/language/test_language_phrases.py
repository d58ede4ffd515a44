"""The phrases that are understood, in both languages, each with everything it means."""

import tomllib
from pathlib import Path

import pytest

from tests.unit.language.language_reading import Person, facts, read

PHRASES = tomllib.loads((Path(__file__).parent / "phrases.toml").read_text(encoding="utf-8"))
ROWS = [(language, phrase) for language in PHRASES for phrase in PHRASES[language]["phrases"]]


@pytest.mark.parametrize(("language", "phrase"), ROWS, ids=[f"{tag}: {row['said'][:60]}" for tag, row in ROWS])
def test_a_phrase_means_what_the_table_says(language: str, phrase: dict[str, object]) -> None:
    found = facts(read(str(phrase["said"]), Person(language=language)))

    assert found == {name: value for name, value in phrase.items() if name != "said"}


def test_the_table_is_as_large_as_promised() -> None:
    assert len(PHRASES["en"]["phrases"]) >= 70
    assert len(PHRASES["nl"]["phrases"]) >= 35
