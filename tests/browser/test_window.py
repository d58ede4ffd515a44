"""The driver of the chat windows itself, against a bot that answers with plain cards."""

from pathlib import Path

import pytest

from tests.browser.window import Window

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def app() -> Path:
    return Path(__file__).with_name("card_bot.py")


def test_a_message_is_answered_with_a_card_that_a_button_replaces(mia: Window, tmp_path: Path) -> None:
    mia.say("book a room for 6")

    card = mia.card("Rooms for: book a room for 6")
    card.press("Book")
    card.comes_to_say("Waiting for the room")
    mia.say("go on")
    card.comes_to_say("Booked")

    assert mia.cards() == ["Booked"]
    assert mia.said_so_far()[1:] == ["Waiting for the room", "Booked"]
    card.picture(tmp_path / "card.png")
    mia.picture(tmp_path / "phone.png", phone=True)
    assert (tmp_path / "card.png").stat().st_size > 1000
    assert (tmp_path / "phone.png").stat().st_size > 1000


def test_the_two_windows_belong_to_two_people_of_one_bot(mia: Window, jonas: Window) -> None:
    mia.say("a room please")
    card = mia.card("a room please")
    card.press("Book")
    card.comes_to_say("Waiting for the room")

    mia.say("go on")

    jonas.card("Mia booked a room")


def test_a_post_in_a_channel_mentions_the_bot_below_earlier_posts_too(jonas: Window) -> None:
    jonas.post("status", channel="Foyer administration")
    jonas.card("Rooms for: Foyer status")

    jonas.post("help", channel="Foyer administration")

    jonas.card("Rooms for: Foyer help")
    assert len(jonas.cards()) == 2
