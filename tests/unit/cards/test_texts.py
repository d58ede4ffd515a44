"""The catalogue is whole, and dates read as the reader's country writes them."""

import ast
import string
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from babel.messages.pofile import read_po

from bot.cards import texts
from bot.cards.texts import Catalogue
from bot.domain.slots import Slot
from tests.unit.cards.samples import ASKED, CATALOGUE, NOW, audience

CODE = Path(texts.__file__).parent
_TEXTS_OF = {"say": 1, "mark": 1, "count": 2}  # how many leading arguments are texts


def _said(source: str) -> Iterator[tuple[str, ...]]:
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        wanted = _TEXTS_OF.get(name, 0)
        found = [one.value for one in node.args[:wanted] if isinstance(one, ast.Constant)]
        if found and len(found) == wanted:  # str.count has one text
            yield tuple(str(one) for one in found)


def said_in_code() -> set[tuple[str, ...]]:
    return {found for path in CODE.parent.rglob("*.py") for found in _said(path.read_text(encoding="utf-8"))}


def _forms(message: Message) -> tuple[tuple[str, ...], tuple[str, ...]]:
    ids = message.id if isinstance(message.id, tuple) else (message.id,)
    said = message.string if isinstance(message.string, tuple) else (message.string,)
    return tuple(str(one) for one in ids), tuple(str(one) for one in said)


def dutch() -> dict[tuple[str, ...], tuple[str, ...]]:
    with (CODE / "texts" / "nl.po").open("rb") as source:
        catalog = read_po(source, locale="nl", abort_invalid=True)
    return dict(_forms(message) for message in catalog if message.id and not message.fuzzy)


def names_in(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_the_extractor_sees_texts_where_they_hide() -> None:
    source = "f\"{audience.say('inside')}\"; audience.count('{n} a', '{n} b', 3); mark('later')"

    assert set(_said(source)) == {("inside",), ("{n} a", "{n} b"), ("later",)}


def test_every_text_in_the_code_has_a_dutch_one_and_no_dutch_one_is_left_over() -> None:
    assert said_in_code() == set(dutch())


def test_every_dutch_text_has_the_names_of_its_english_one() -> None:
    wrong = [
        ids for ids, said in dutch().items() if not all(said) or any(names_in(one) != names_in(ids[-1]) for one in said)
    ]

    assert wrong == []


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en-US", "tomorrow, Tue, Nov 24, 3:00 PM–4:00 PM"),
        ("en-GB", "tomorrow, Tue 24 Nov, 15:00–16:00"),
        ("nl", "morgen, di 24 nov, 15:00–16:00"),
        ("nl-BE", "morgen, di 24 nov, 15:00–16:00"),
        ("fr-FR", "tomorrow, Tue, 24 Nov, 15:00–16:00"),
        ("xx-nonsense", "tomorrow, Tue, Nov 24, 3:00 PM–4:00 PM"),
        ("", "tomorrow, Tue, Nov 24, 3:00 PM–4:00 PM"),
    ],
)
def test_a_span_reads_as_the_readers_country_writes_it(language: str, said: str) -> None:
    assert audience(language).span(ASKED) == said


def test_a_room_in_another_zone_tells_its_own_time_too() -> None:
    here = audience()

    assert here.when(ASKED, "America/New_York") == "tomorrow, Tue 24 Nov, 15:00–16:00 · 09:00 in New York"
    assert here.when(ASKED, "Europe/Berlin") == here.span(ASKED)
    assert here.when(ASKED, "Mars/Olympus") == here.span(ASKED)
    assert here.when(ASKED, "Pacific/Auckland").endswith(" · Wed 25 Nov, 03:00 in Auckland")


def test_a_span_over_midnight_names_both_days() -> None:
    late = Slot(datetime(2026, 11, 24, 22, tzinfo=UTC), datetime(2026, 11, 25, 1, tzinfo=UTC))

    assert audience().span(late) == "tomorrow, Tue 24 Nov, 23:00 – Wed 25 Nov, 02:00"


def test_an_hour_that_occurs_twice_says_which_one_it_is() -> None:
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)

    assert audience().clock(first) == "02:30 CEST"
    assert audience().clock(first + timedelta(hours=1)) == "02:30 CET"


def test_days_are_the_readers_own_and_tell_the_year_when_it_is_another() -> None:
    late = CATALOGUE.audience("en-GB", "Pacific/Auckland", NOW)

    assert late.day(NOW) == "today, Mon 23 Nov"
    assert late.day(datetime(2026, 11, 23, 12, tzinfo=UTC)) == "tomorrow, Tue 24 Nov"
    assert late.day(date(2026, 11, 22)) == "yesterday, Sun 22 Nov"
    assert "2027" in late.day(date(2027, 1, 4))


@pytest.mark.parametrize(
    ("minutes", "english", "in_dutch"),
    [
        (1, "1 minute", "1 minuut"),
        (60, "1 hour", "1 uur"),
        (90, "1 hour 30 minutes", "1 uur 30 minuten"),
        (1440, "24 hours", "24 uur"),
        (2880, "2 days", "2 dagen"),
    ],
)
def test_durations_are_told_in_whole_words(minutes: int, english: str, in_dutch: str) -> None:
    assert audience().duration(minutes) == english
    assert audience("nl").duration(minutes) == in_dutch


def test_an_unknown_zone_is_utc_and_says_so() -> None:
    there = CATALOGUE.audience("en-GB", "Nowhere/Else", NOW)

    assert (there.place(), there.clock(NOW), there.clock(time(9))) == ("UTC", "09:00", "09:00")


def test_a_language_without_a_catalogue_reads_english(tmp_path: Path) -> None:
    only_english = Catalogue.load(tmp_path).audience("nl-NL", "Europe/Amsterdam", NOW)

    assert only_english.language == "en"
    assert only_english.say("Booked") == "Booked"
    assert audience("nl-NL").say("Booked") == "Geboekt"
