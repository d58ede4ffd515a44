"""A language is one file: what it may hold, how the language of a text is found, and dates of all regions."""

from pathlib import Path

import pytest
from babel import Locale, localedata

from bot.language.lexicon import LEXICON_FOLDER, Role, load_lexicon, load_lexicons
from bot.language.reader import Reader
from bot.language.regions import load_regions
from tests.unit.language.language_reading import Person, read

MINIMAL = 'language = "xx"\nhalf_after = false\n'


@pytest.mark.parametrize(
    ("text", "asked", "understood"),
    [
        ("boek een kamer voor morgen", "en-GB", "nl"),
        ("book a room for tomorrow", "nl-NL", "en"),
        ("book a room for tomorrow", "fr-FR", "en"),
        ("boek een kamer voor morgen", "tlh", "nl"),
        ("oslo", "nl-NL", "nl"),
        ("status", "NL", "nl"),
    ],
)
def test_the_language_of_the_text_wins_over_the_one_that_was_announced(text: str, asked: str, understood: str) -> None:
    assert read(text, Person(language=asked)).language == understood


def test_half_three_is_an_hour_apart_between_the_languages() -> None:
    english, dutch = read("room at half three"), read("kamer om half drie", Person(language="nl"))

    assert english.start_at is not None
    assert dutch.start_at is not None
    assert (english.start_at.hour, english.start_at.minute) == (15, 30)
    assert (dutch.start_at.hour, dutch.start_at.minute) == (14, 30)


@pytest.mark.parametrize("language", ["en", "nl"])
def test_a_complete_lexicon_fills_every_role_that_needs_words(language: str) -> None:
    lexicon = load_lexicon(LEXICON_FOLDER / f"{language}.toml")
    filled = {role for group in lexicon.phrases.values() for phrase in group for role in phrase.roles}
    of_tokens = list(Role)[list(Role).index(Role.DIGITS) :]

    assert set(Role) - filled - set(of_tokens) <= ({Role.OF} if language == "nl" else set())


def test_an_unknown_table_is_refused_by_name(tmp_path: Path) -> None:
    file = tmp_path / "xx.toml"
    file.write_text(MINIMAL + '[plain]\nfrobnicate = ["x"]\n', encoding="utf-8")

    with pytest.raises(ValueError, match=r"xx\.toml.*frobnicate"):
        load_lexicon(file)


def test_a_role_with_a_value_does_not_belong_among_the_plain_ones(tmp_path: Path) -> None:
    file = tmp_path / "xx.toml"
    file.write_text(MINIMAL + '[plain]\nweekday = ["x"]\n', encoding="utf-8")

    with pytest.raises(ValueError, match="does not belong"):
        load_lexicon(file)


def test_a_new_language_is_one_more_file(tmp_path: Path) -> None:
    file = tmp_path / "nb.toml"
    words = '[wish]\nbook = ["bestill"]\n[number]\n3 = ["tre"]\n[day]\n1 = ["i morgen"]\n[plain]\n'
    words += 'room = ["møterom"]\nat = ["klokka"]\nhalf = ["halv"]\narticle = ["et"]\n'
    file.write_text('language = "nb"\nhalf_after = false\n' + words, encoding="utf-8")
    reader = Reader((*load_lexicons(), load_lexicon(file)), load_regions())
    who = Person()

    found = reader.read(
        "Bestill et MØTEROM i morgen klokka halv tre", now=who.now, zone=who.zone, language="nb-NO", known=who.known
    )

    assert found.language == "nb"
    assert found.start_at is not None
    assert found.start_at.isoformat() == "2026-11-19T14:30:00+01:00"


def test_the_fallback_language_must_be_there() -> None:
    with pytest.raises(ValueError, match="'en'"):
        Reader(())


def test_the_order_of_day_and_month_agrees_with_cldr_for_all_listed_tags() -> None:
    regions = load_regions()
    locales = (Locale.parse(name) for name in localedata.locale_identifiers())
    wrong = []
    for locale in (locale for locale in locales if not locale.script and not locale.variant):
        tag = f"{locale.language}-{locale.territory}" if locale.territory else locale.language
        listed = regions.month_first(tag)
        pattern = locale.datetime_skeletons["Md"].pattern.replace("L", "M")
        if listed is not None and len(locale.territory or "XX") == 2 and listed != _month_first(pattern):
            wrong.append(tag)

    assert wrong == []


def _month_first(pattern: str) -> bool:
    return pattern.index("M") < pattern.index("d")
