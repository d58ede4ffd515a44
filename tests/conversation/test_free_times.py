"""Parts of a day and whole days: when a room is free in them, and which times can be had."""

from tests.conversation.stage import MIA, Stage, buttons, text_of
from tests.conversation.test_booking import WORDS, _booked


async def test_when_a_room_is_free_in_a_part_of_a_day(stage: Stage) -> None:
    await stage.book_in_outlook("tom@contoso.com", "oslo@contoso.com", "2026-11-26T14:00", minutes=60)
    await stage.pass_time(30)

    card = await stage.say(MIA, "is Oslo free on thursday afternoon?")

    assert "Thu 26 Nov, 12:00–18:00" in text_of(card)
    assert "Free: 12:00–14:00 and 15:00–18:00." in text_of(card)
    assert "Thu 26 Nov, 13:00–14:00" in text_of(card)
    booked = (await stage.press(MIA, card, "Book")).card
    assert "Oslo" in text_of(booked)
    assert "12:00–13:00" in text_of(booked)


async def test_a_question_about_a_day_is_answered_for_all_of_it(stage: Stage) -> None:
    for hour in ("09", "12", "15"):
        await stage.book_in_outlook("tom@contoso.com", "oslo@contoso.com", f"2026-11-24T{hour}:00", minutes=180)
    await stage.pass_time(30)

    card = text_of(await stage.say(MIA, "when is Oslo free tomorrow?"))
    assert "Free: 08:00–09:00." in card
    taken = text_of(await stage.say(MIA, "wanneer is Oslo morgenmiddag vrij?"))
    assert "Bezet" in taken
    assert "Oslo" not in taken.partition("Deze zijn wel vrij:")[2]
    assert "Deze zijn wel vrij:" in taken


async def test_any_room_in_a_part_of_a_day_is_offered_at_several_times(stage: Stage) -> None:
    card = await stage.say(MIA, "a room for 4 tomorrow afternoon")

    assert "Tomorrow, Tue 24 Nov, 12:00–18:00 · 1 hour" in text_of(card)
    assert "5 times that fit" in text_of(card)
    for time in ("12:00–13:00", "13:00–14:00", "16:00–17:00"):
        assert f"Tue 24 Nov, {time}" in text_of(card)
    booked = (await stage.push(MIA, card, buttons(card)[2])).card
    assert "14:00–15:00" in text_of(booked)


async def test_of_a_part_of_a_day_another_day_and_another_hour_can_be_chosen(stage: Stage) -> None:
    card = await stage.say(MIA, "a room for 4 tomorrow afternoon")

    other_day = (await stage.press(MIA, card, "Find rooms", on="2026-11-25")).card
    assert "Wed 25 Nov, 12:00–18:00 · 1 hour" in text_of(other_day)
    at_three = (await stage.press(MIA, other_day, "Find rooms", at="15:00")).card
    assert "Wed 25 Nov, 15:00–16:00" in text_of(at_three)
    assert "rooms that fit" in text_of(at_three)


async def test_a_series_asks_for_its_hour(stage: Stage) -> None:
    card = text_of(await stage.say(MIA, "a room every friday afternoon"))

    assert "Still needed: the start time." in card


async def test_a_room_that_was_named_is_shown_while_the_time_is_asked_for(stage: Stage) -> None:
    card = text_of(await stage.say(MIA, "book Oslo tomorrow"))

    assert "Tomorrow, Tue 24 Nov, 1 hour · Oslo" in card
    assert "Still needed: the start time." in card


async def test_a_booking_is_moved_into_a_part_of_another_day(stage: Stage) -> None:
    await _booked(stage, WORDS)

    card = text_of(await stage.say(MIA, "move my 3 pm tomorrow to thursday morning"))

    assert "Thu 26 Nov, 08:00–12:00 · 1 hour" in card
    assert "Thu 26 Nov, 09:00–10:00" in card


async def test_a_room_is_kept_longer(stage: Stage) -> None:
    await _booked(stage, WORDS)

    card = text_of(await stage.say(MIA, "can I keep Lisbon half an hour longer tomorrow?"))

    assert "You are changing your booking of tomorrow, Tue 24 Nov, 15:00–16:00" in card
    assert "Tomorrow, Tue 24 Nov, 15:00–16:30 · 6 people · Lisbon" in card


async def test_what_is_free_in_the_next_hour_is_answered(stage: Stage) -> None:
    card = text_of(await stage.say(MIA, "what is free in the next hour?"))

    assert "Today, Mon 23 Nov, 09:00–10:00" in card
    assert "rooms that fit" in card


async def test_the_biggest_room_comes_first(stage: Stage) -> None:
    offered = text_of(await stage.say(MIA, "book the biggest room on friday at 9"))
    small = text_of(await stage.say(MIA, "boek de kleinste zaal vrijdag om 9 uur"))

    seats = {room.name: room.capacity or 0 for room in stage.tenant.services.index.rooms}
    biggest = [seats[line] for line in offered.splitlines() if line in seats]
    assert "biggest room first" in offered
    assert biggest == sorted(biggest, reverse=True)
    assert biggest[0] > max(seats[line] for line in small.splitlines() if line in seats)
