"""Outside text on its way to a card."""

import json
import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.cards.safe import inert, link, room


@given(st.text(), st.integers(min_value=2, max_value=80))
def test_inert_text_is_one_short_line_without_controls_tags_or_links(text: str, most: int) -> None:
    said = inert(text, most)

    assert room(said) <= most
    assert "](" not in said
    assert re.search(r"<[A-Za-z/!?]", said) is None
    assert {unicodedata.category(character) for character in said} & {"Cc", "Cs", "Co", "Zl", "Zp"} == set()
    assert not set("\u202e\u2066\u200b\ufeff") & set(said)
    json.dumps(said).encode()


@given(st.text(max_size=200))
def test_making_text_inert_twice_changes_nothing(text: str) -> None:
    assert inert(inert(text)) == inert(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Room_1 (A) *new*", "Room_1 (A) *new*"),
        ("<at>Everyone</at>", "‹at>Everyone‹/at>"),
        ("<\u200bat>x", "‹at>x"),
        ("a < b\tand\r\nc", "a < b and c"),
        ("[click](https://evil.example)", "[click] (https://evil.example)"),
        ("evil\u202etxt.exe", "eviltxt.exe"),
        ("\ud83d lone", "lone"),
        ("👩‍💻", "👩‍💻"),
    ],
)
def test_what_people_write_stays_readable(text: str, said: str) -> None:
    assert inert(text) == said


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "http://outlook.office.com/x",
        'https://a.example/"x',
        "https://a.example/a b",
        "https://a.example/" + "x" * 1024,
        "",
    ],
)
def test_only_sound_https_links_become_buttons(url: str) -> None:
    assert link(url) == ""
    assert link("https://outlook.office365.com/owa/?itemid=AAMk%3D") != ""
