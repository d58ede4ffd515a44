"""A person books a room by chatting: from the words to the room's answer, over every wire there is."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.conversation.stage import MIA, Stage, buttons, text_of


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with Stage(tmp_path / "data") as stage:
        yield stage


async def test_a_room_is_booked_by_chatting(stage: Stage) -> None:
    card = await stage.say(MIA, "book a room for 6 tomorrow from 3 to 4 pm")
    assert len([button for button in buttons(card) if button["title"] == "Book"]) == 5

    waiting = (await stage.press(MIA, card, "Book", subject="Planning")).card
    assert "Booked" not in text_of(waiting)
    await stage.pass_time(8)
    assert "Booked" not in stage.shown(MIA)
    await stage.pass_time(20)

    assert "Booked" in stage.shown(MIA)
    assert "15:00" in stage.shown(MIA)
    assert len(stage.teams.shown(MIA.chat)) == 1
