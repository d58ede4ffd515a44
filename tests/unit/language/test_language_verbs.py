"""Verbs that undo or change something are understood in their known forms alone: never guessed from another word."""

from collections.abc import Iterator

import pytest

from bot.language.lexicon import Lexicon, Role, load_lexicons
from bot.language.request import Wish
from tests.unit.language.language_reading import read

CHANGING = (Wish.CANCEL, Wish.CHANGE)
OTHERS = """
    delegate delicate dilute relegate delighted deleted deletes remover removal removed reserve released relapse
    increase lease please cancer counsel council chancel canal candle cantle pencil scrape script strap
    chance chancy orange hinge charge changed mover movie extent extended intend extra shorter shiften swift
    edict audit credit renamed reasons updated outdated postponed switched witch modified notify posh rush
    vergader vergadert vergaderen vergeet vergeef ander veranda verlangen verleden verlegen verlof verkocht
    verzoek verzetje verhaal verhuur verhuurd verhuizer vervoer vervroegd verschil wijziging wijzer wijnig
    gewijzigd uitsteken uitstekend uitstel schatten schrappel verwijderd verwijzen verwacht afzegt aanpak
    Delegado Delano Canelli Candela Morena Moverly Verhulst Verschuren Verlinde Ruilman Dropmann
    Wijziger Cancelo Relics Scraper Addison Eddie
"""


def _one_mistake_from(word: str) -> Iterator[str]:
    for at in range(len(word)):
        yield word[:at] + word[at + 1 :]
        yield word[:at] + word[at : at + 2][::-1] + word[at + 2 :]
        for letter in "aegt":
            yield word[:at] + letter + word[at + 1 :]
            yield word[:at] + letter + word[at:]
    yield word + "r"
    yield word + "d"


def _verbs(lexicon: Lexicon) -> list[str]:
    phrases = (phrase for group in lexicon.phrases.values() for phrase in group if len(phrase.words) == 1)
    return [phrase.words[0] for phrase in phrases if phrase.roles.get(Role.WISH) in ("cancel", "change")]


@pytest.mark.parametrize("lexicon", load_lexicons(), ids=lambda lexicon: lexicon.language)
def test_no_misspelt_word_is_taken_for_a_verb_that_cancels_or_changes(lexicon: Lexicon) -> None:
    known = {word for one in load_lexicons() for word in _verbs(one)}
    for verb in _verbs(lexicon):
        for word in {*_one_mistake_from(verb)} - known - {""}:
            assert read(f"{word} my 3 pm").wish not in CHANGING, word
            assert read(f"{word} mijn zaal van 15 uur").wish not in CHANGING, word


@pytest.mark.parametrize("word", OTHERS.split())
def test_other_words_and_names_neither_cancel_nor_change_anything(word: str) -> None:
    for text in (word, f"{word} meeting tomorrow at 3", f"{word} overleg morgen om 9 uur", f"room for {word}"):
        assert read(text).wish not in CHANGING


@pytest.mark.parametrize("text", ["cancel all my bookings", "cancel everything tomorrow", "annuleer al mijn boekingen"])
def test_cancelling_several_at_once_is_understood_as_that(text: str) -> None:
    assert (read(text).wish, read(text).all_of_them) == (Wish.CANCEL, True)
    assert not read("cancel my 3 pm").all_of_them


@pytest.mark.parametrize(
    "text",
    [
        "biggest room?",
        "list rooms",
        "show all rooms",
        "welke ruimtes zijn er?",
        "what rooms do you have",
        "which rooms have video",
        "rooms with a projector",
        "rooms in Harbour House",
        "ruimtes met een beamer",
        "toon alle zalen",
    ],
)
def test_which_rooms_there_are_can_be_asked(text: str) -> None:
    assert (read(text).wish, read(text).listing) == (Wish.BOOK, True)


@pytest.mark.parametrize(
    "text",
    ["book the biggest room", "what rooms are free", "room for 6", "show me rooms for 6", "which room tomorrow at 3"],
)
def test_a_room_that_is_wanted_is_not_a_list_of_rooms(text: str) -> None:
    assert not read(text).listing


@pytest.mark.parametrize("word", ["elegant", "large", "quiet", "modern", "garden"])
def test_a_word_that_is_no_name_suggests_no_room(word: str) -> None:
    assert read(f"{word} room").near_rooms == ()


@pytest.mark.parametrize(
    "text", ["cancle my 3 pm", "cancell my 3 pm", "delte my 3 pm", "anuleer mijn zaal van 3 uur", "annulleer mijn zaal"]
)
def test_usual_misspellings_of_cancelling_are_known_forms(text: str) -> None:
    assert read(text).wish is Wish.CANCEL


@pytest.mark.parametrize(
    "room", ["vergader ruimte", "vergader zaal", "vergaderruimte", "Vergader Zaaltje", "meeting ruimte"]
)
def test_dutch_words_for_a_room_may_be_written_apart(room: str) -> None:
    asked = read(f"{room} morgen om 9 uur")
    assert (asked.wish, asked.language, asked.troubles) == (Wish.BOOK, "nl", ())
    assert asked.start_at is not None
    assert asked.start_at.hour == 9


@pytest.mark.parametrize(
    "text",
    [
        "how big is Oslo?",
        "where is Oslo",
        "does Oslo have a projector",
        "is there a projector in Oslo?",
        "hoeveel plaatsen heeft Oslo",
        "heeft Oslo een beamer",
    ],
)
def test_what_a_room_is_or_has_is_asked(text: str) -> None:
    assert (read(text).about, read(text).room) == (True, "oslo")


@pytest.mark.parametrize(
    "text", ["Oslo", "is there a projector in Oslo tomorrow at 3", "is Oslo free", "I need Oslo", "how do I book Oslo"]
)
def test_a_room_that_is_to_be_booked_is_not_only_asked_about(text: str) -> None:
    assert not read(text).about
