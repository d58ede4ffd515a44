"""What an answer says of itself: why nothing can be had, when a room is free again, that nothing can be looked up."""

from typing import Any

import pytest

from bot.ports.store import StoreError
from tests.conversation.stage import JONAS, MIA, Stage, having, text_of
from tests.conversation.test_booking import WORDS


def _down(stage: Stage, patch: pytest.MonkeyPatch) -> None:
    async def fails(*_: object, **__: object) -> Any:
        raise StoreError("gone")

    for method in ("commit", "scan"):
        patch.setattr(stage.tenant.services.documents.store, method, fails)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("my bookings", "I cannot look anything up right now. Ask again in a minute."),
        (WORDS, "I cannot look anything up right now. Ask again in a minute."),
        ("mijn boekingen", "Ik kan nu niets opzoeken."),
    ],
)
async def test_of_what_is_only_looked_up_nothing_is_said_to_be_saved(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, words: str, told: str
) -> None:
    await stage.say(MIA, "hello")
    _down(stage, monkeypatch)

    assert told in text_of(await stage.say(MIA, words))


async def test_whether_a_press_to_book_was_saved_is_to_be_seen_later(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    card = await stage.say(MIA, WORDS)
    _down(stage, monkeypatch)

    answer = (await stage.press(MIA, card, "Book")).card

    assert "See later, with “my bookings”, whether it was done" in text_of(answer)


@pytest.mark.parametrize(
    "words", ["a room tomorrow at 9 for 12 hours", "a room tomorrow at 9 for 5 minutes", "a room on 20 june 2027 at 10"]
)
async def test_beyond_what_rooms_can_be_booked_for_is_not_called_taken(stage: Stage, words: str) -> None:
    card = text_of(await stage.say(MIA, words))

    assert card.startswith("⚠️ That cannot be booked")
    assert "Rooms can be reserved" in card


async def test_when_a_room_is_free_again_is_for_as_long_as_was_asked(stage: Stage) -> None:
    for start, minutes in (("14:00", 45), ("15:00", 30)):
        await stage.book_in_outlook("tom@contoso.com", "oslo@contoso.com", f"2026-11-24T{start}", minutes=minutes)
    await stage.pass_time(60)

    card = text_of(await stage.say(MIA, "is Oslo free tomorrow at 2 pm?"))

    assert "14:00–14:45" in card
    assert "It is next free for 1 hour from 15:30." in card


async def test_that_nothing_is_imported_is_said_where_it_is_asked(stage: Stage) -> None:
    assert "Nothing is being imported." in text_of(await stage.say(JONAS, "import progress"))
    assert "imported" not in text_of(await stage.say(JONAS, "status"))


async def test_a_field_in_which_nothing_is_chosen_shows_so(stage: Stage) -> None:
    card = await stage.say(MIA, "a room tomorrow")
    fields = having(card, lambda node: node.get("id") in ("repeat", "building"))
    shown = [next(one["title"] for one in node["choices"] if one["value"] == node["value"]) for node in fields]

    assert shown == ["Does not repeat", "Any building"]
    assert all(node["value"] for node in fields)
    found = (await stage.press(MIA, card, "Find rooms", at="15:00")).card
    assert "Tue 24 Nov, 15:00–16:00" in text_of(found)
    assert "rooms that fit" in text_of(found)
