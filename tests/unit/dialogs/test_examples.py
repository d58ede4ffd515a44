"""What cards give as examples of what to say is in the reader's own way of telling time, and understood."""

import re
from typing import Any

import pytest

from bot.cards.help import help_card
from bot.cards.not_understood import not_understood
from bot.cards.spoken import text
from bot.cards.views import NotUnderstoodView
from bot.cards.welcome import personal
from bot.dialogs import moves
from tests.unit.cards.samples import CATALOGUE
from tests.unit.dialogs.test_words import KNOWN, NOW, READER, here

_QUOTED = re.compile("“([^”]+)”")
AFTERNOON = {"en-US": "3:00 PM", "en-GB": "15:00", "nl-NL": "15:00"}


def _cards(tag: str) -> list[dict[str, Any]]:
    who = CATALOGUE.audience(tag, "Europe/Amsterdam", NOW)
    tips = not_understood(NotUnderstoodView(said="", administrator=True), who)
    return [personal(who), help_card(who, administrator=True), tips]


def _examples(tag: str) -> list[str]:
    _, _, tips = cards = _cards(tag)
    titles = [action["title"] for group in tips["body"] for action in group.get("actions", ())]
    return [said for card in cards for said in _QUOTED.findall(text(card))] + titles


@pytest.mark.parametrize("tag", AFTERNOON)
def test_each_example_is_understood_as_what_it_shows(tag: str) -> None:
    found = _examples(tag)
    assert len(found) > 15
    for said in found:
        request = READER.read(said, now=NOW, zone=here().zone, language=tag, known=KNOWN)
        move = moves.said(said, request, here())
        assert not isinstance(move, moves.NotUnderstood), said
        if AFTERNOON[tag] in said and isinstance(move, moves.LookForRooms):
            assert move.asking.asked.at is not None
            assert move.asking.asked.at.hour == 15


@pytest.mark.parametrize("tag", AFTERNOON)
def test_examples_tell_time_as_the_cards_of_their_reader_do(tag: str) -> None:
    clock = CATALOGUE.audience(tag, "Europe/Amsterdam", NOW).hour(15)
    assert clock == AFTERNOON[tag]
    for card in _cards(tag):
        assert clock in text(card)
        assert tag != "en-US" or not re.search(r"\b1[3-9]:", text(card))


def test_in_a_channel_only_what_is_done_there_is_offered() -> None:
    who = CATALOGUE.audience("en-GB", "Europe/Amsterdam", NOW)

    def titles(*, administrator: bool) -> list[str]:
        view = NotUnderstoodView(said="hm", administrator=administrator, in_channel=True)
        return [one["title"] for group in not_understood(view, who)["body"] for one in group.get("actions", ())]

    assert titles(administrator=True) == ["status", "dead letters", "help"]
    assert titles(administrator=False) == ["help"]
