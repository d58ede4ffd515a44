"""Lists of bookings: of the days, the time and the room that were named, which the heading says."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.conversation.stage import MIA, Stage, buttons, text_of
from tests.conversation.test_booking import WORDS, _booked


async def test_a_day_that_is_named_limits_the_list(stage: Stage) -> None:
    await _booked(stage, WORDS)
    await _booked(stage, "book a room on thursday from 10 to 11 am for 4")

    tomorrow = text_of(await stage.say(MIA, "which rooms do I have tomorrow?"))

    assert tomorrow.startswith("Your bookings: tomorrow, Tue 24 Nov")
    assert "15:00–16:00" in tomorrow
    assert "Thu 26 Nov" not in tomorrow
    week = text_of(await stage.say(MIA, "my bookings this week"))
    assert week.startswith("Your bookings: Mon 23 Nov – Sun 29 Nov")
    assert "15:00–16:00" in week
    assert "Thu 26 Nov" in week


async def test_a_day_without_bookings_says_so_and_what_is_next(stage: Stage) -> None:
    await _booked(stage, WORDS)

    card = text_of(await stage.say(MIA, "welke ruimtes heb ik woensdag?"))

    assert card.startswith("U hebt geen boekingen: wo 25 nov")
    assert "Uw eerstvolgende:" in card
    assert "15:00–16:00" in card


async def test_a_time_or_a_room_that_is_named_limits_the_list(stage: Stage) -> None:
    await _booked(stage, WORDS)

    assert "You have no bookings: tomorrow, Tue 24 Nov, 08:00–12:00" in text_of(
        await stage.say(MIA, "what do I have tomorrow morning?")
    )
    assert "Your bookings: tomorrow, Tue 24 Nov, 15:30" in text_of(
        await stage.say(MIA, "do I have a room tomorrow at 3:30 pm?")
    )
    assert "You have no bookings: tomorrow, Tue 24 Nov\nHelsinki\n" in text_of(
        await stage.say(MIA, "do I have Helsinki tomorrow?")
    )
    assert text_of(await stage.say(MIA, "do I have Helsinki?")).startswith("You have no bookings there\nHelsinki\n")


async def test_what_is_over_is_shown_where_it_is_asked_for(stage: Stage) -> None:
    await _booked(stage, "book a room now for 15 minutes")
    await stage.pass_time(20 * 60)

    over = text_of(await stage.say(MIA, "which rooms did I have today?"))

    assert over.startswith("Your bookings: today, Mon 23 Nov")
    assert "09:00–09:15" in over
    assert "You have no coming bookings" in text_of(await stage.say(MIA, "my bookings"))


async def test_a_day_that_does_not_exist_is_told(stage: Stage) -> None:
    await _booked(stage, WORDS)

    card = text_of(await stage.say(MIA, "my bookings on feb 30"))

    assert "The calendar has no “feb 30”" in card


async def test_now_is_a_time_in_the_hour_that_comes_twice(tmp_path: Path) -> None:
    async with Stage(tmp_path, start_at=datetime(2026, 10, 25, 1, 31, tzinfo=UTC)) as stage:
        assert text_of(await stage.say(MIA, "my bookings now")).startswith("You have no coming bookings")


async def test_rooms_are_listed_biggest_first(stage: Stage) -> None:
    card = text_of(await stage.say(MIA, "biggest rooms"))
    assert card.startswith("Biggest rooms")
    names = [line for line in card.splitlines() if line in ("Chicago", "Helsinki", "Oslo", "Porto")]
    assert names == ["Chicago", "Helsinki", "Oslo", "Porto"]
    assert text_of(await stage.say(MIA, "smallest room?")).startswith("Smallest rooms\nPorto")
    there = text_of(await stage.say(MIA, "list rooms in Harbour House"))
    assert "Porto" in there
    assert "Chicago" not in there
    assert there.count("Harbour House") == 1
    for words in ("list rooms", "which rooms are there", "rooms", "show all rooms"):
        every = text_of(await stage.say(MIA, words))
        assert every.startswith("Rooms\n")
        assert all(room.name in every for room in stage.tenant.services.finder.bookable())
    assert "I made nothing of “piano”" in text_of(await stage.say(MIA, "rooms with a piano"))
    equipped = text_of(await stage.say(MIA, "welke kamers in Harbour House hebben een beamer?"))
    assert "Harbour House · beamer" in equipped
    assert "Porto" not in equipped


async def test_more_rooms_than_a_card_bears_are_had_page_by_page(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.teams.rooms.PAGE", 4)
    monkeypatch.setattr("bot.cards.rooms.PAGE", 4)
    first = await stage.say(MIA, "list rooms")
    second = (await stage.press(MIA, first, "More rooms")).card
    again = (await stage.press(MIA, second, "Previous rooms")).card

    assert "Rooms 1 to 4 of 13" in text_of(first)
    assert "Rooms 5 to 8 of 13" in text_of(second)
    assert text_of(again) == text_of(first)
    third = (await stage.press(MIA, second, "More rooms")).card
    last = (await stage.press(MIA, third, "More rooms")).card
    assert [button["title"] for button in buttons(last)] == ["Previous rooms"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("does Oslo have a projector?", "✖️ no projector"),
        ("heeft Helsinki een beamer", "✔️ beamer"),
        ("how big is Oslo", "8 seats"),
        ("where is Oslo", "Harbour House · floor"),
        ("hoeveel mensen passen er in Oslo", "8 plaatsen"),
    ],
)
async def test_a_question_about_a_room_is_answered_with_its_facts(stage: Stage, words: str, told: str) -> None:
    card = await stage.say(MIA, words)
    assert told in text_of(card)

    form = text_of((await stage.push(MIA, card, buttons(card)[0])).card)
    assert words.partition("Oslo")[1] in form
    assert "Still needed: " in form or "Nog nodig: " in form


async def test_asking_for_series_where_there_are_none_is_no_failure(stage: Stage) -> None:
    said = text_of(await stage.say(MIA, "my series"))
    assert said.startswith("You have no coming series")
    assert "cannot be done" not in said


async def test_that_all_at_once_cannot_be_cancelled_is_said(stage: Stage) -> None:
    for words in ("room tomorrow at 3", "room tomorrow at 5"):
        await stage.press(MIA, await stage.say(MIA, words), "Book")
        await stage.pass_time(45)
    assert "I cancel one at a time" in text_of(await stage.say(MIA, "cancel everything tomorrow"))
    assert "I cancel one at a time" not in text_of(await stage.say(MIA, "cancel my booking tomorrow"))
