"""A room is booked as a newcomer would: by chat, in a browser, on the sandbox tenant."""

import re
from pathlib import Path

import pytest

from tests.browser.window import Window

pytestmark = pytest.mark.browser

BOOKED_WITHIN_S = 60.0


def test_a_room_is_booked_by_chat_and_the_manager_hears_of_it(mia: Window, jonas: Window, tmp_path: Path) -> None:
    mia.say("book a room for 6 tomorrow from 3 to 4 pm")
    card = mia.card("fit")

    card.press("Book")

    card.comes_to_say("Booked", within_s=BOOKED_WITHIN_S)
    heading = card.element.locator(".ac-textBlock").first
    assert heading.evaluate("shown => getComputedStyle(shown).color") == "rgb(35, 123, 75)"  # as the gallery has it
    card.picture(tmp_path / "booked.png")
    shown = [text.splitlines()[0] for text in mia.said_so_far() if re.search(r"waiting|booked", text, re.IGNORECASE)]
    assert re.search("waiting for the room", shown[0], re.IGNORECASE), shown
    assert "Mia Lindqvist" in jonas.card("Booked", within_s=BOOKED_WITHIN_S).text
