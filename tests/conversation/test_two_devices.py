"""One person, two devices: what is asked for on both comes to one room, and the later press is told what there is."""

import asyncio
from typing import Any

import pytest

from tests.conversation.stage import MIA, Stage, buttons, text_of
from tests.conversation.test_booking import WORDS, _booked
from tests.conversation.test_series import newest

ALREADY = "You had asked for this one already, so nothing else was reserved or changed."
ELSEWHERE = "move my 3 pm to a room for 12 people"


def takers(card: dict[str, Any]) -> list[dict[str, Any]]:
    return [button for button in buttons(card) if button["verb"] == "foyer.book.1"]


async def mine(stage: Stage) -> list[tuple[str, str]]:
    found = await stage.tenant.services.desk.mine(MIA.id)
    return [(f"{one.slot.start_at:%d %b %H:%M}", one.room.partition("@")[0]) for one in found]


async def two_cards(stage: Stage, words: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """A change to another room on one device, and what the words want on the other."""
    await _booked(stage, WORDS)
    return await stage.say(MIA, ELSEWHERE), await stage.say(MIA, words)


# One change at a time -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("between_s", [0, 1, 120], ids=["asked for", "not answered", "in its place"])
async def test_a_booking_that_is_changed_on_two_devices_becomes_one(stage: Stage, between_s: int) -> None:
    phone, laptop = await two_cards(stage, ELSEWHERE)
    await stage.push(MIA, phone, takers(phone)[0])
    await stage.pass_time(between_s)

    answer = (await stage.push(MIA, laptop, takers(laptop)[-1])).card

    assert ALREADY in text_of(answer)
    assert "Helsinki" in text_of(answer)
    await stage.pass_time(120)
    assert await mine(stage) == [("24 Nov 14:00", "helsinki")]
    assert "Booked" in (text_of(answer) if between_s == 120 else stage.shown(MIA))


async def test_of_two_changes_at_the_same_moment_the_later_one_is_told_of_the_other(stage: Stage) -> None:
    phone, laptop = await two_cards(stage, ELSEWHERE)

    answers = await asyncio.gather(
        stage.push(MIA, phone, takers(phone)[0]), stage.push(MIA, laptop, takers(laptop)[-1])
    )

    assert [ALREADY in text_of(answer.card) for answer in answers].count(True) == 1
    await stage.pass_time(120)
    assert len(await mine(stage)) == 1


async def test_a_booking_that_goes_to_another_room_is_not_moved_meanwhile(stage: Stage) -> None:
    """The new time would be lost with the old room."""
    phone, laptop = await two_cards(stage, "move my 3 pm to 5 pm")
    await stage.push(MIA, phone, takers(phone)[0])

    answer = (await stage.push(MIA, laptop, takers(laptop)[0])).card

    assert ALREADY in text_of(answer)
    await stage.pass_time(120)
    assert await mine(stage) == [("24 Nov 14:00", "helsinki")]


async def series_on_two_devices(stage: Stage) -> dict[str, Any]:
    """A series, which is to go to another room on one of them."""
    card = await stage.say(MIA, "book Lisbon for 4 every tuesday from 3 to 4 pm until 8 december")
    await stage.press(MIA, card, "Book")
    await stage.pass_time(45)
    return await stage.say(MIA, "move the series to Helsinki")


async def test_a_series_that_is_changed_on_two_devices_becomes_one(stage: Stage) -> None:
    phone = await series_on_two_devices(stage)
    laptop = await stage.say(MIA, "move the series to Bergen")
    await stage.press(MIA, phone, "Take this")

    answer = (await stage.press(MIA, laptop, "Take this")).card

    assert ALREADY in text_of(answer)
    assert "Helsinki" in text_of(answer)
    await stage.pass_time(120)
    assert {room for _, room in await mine(stage)} == {"helsinki"}
    assert len(await mine(stage)) == 3


async def test_a_change_that_came_to_nothing_is_not_in_the_way_of_the_next_one(stage: Stage) -> None:
    phone, laptop = await two_cards(stage, ELSEWHERE)
    await stage.push(MIA, phone, takers(phone)[0])
    await stage.pass_time(1)
    helsinki = await stage.say(MIA, "cancel my booking in Helsinki")
    await stage.press(MIA, helsinki, "Cancel this one")
    await stage.pass_time(60)
    assert await mine(stage) == [("24 Nov 14:00", "lisbon")]

    answer = (await stage.push(MIA, laptop, takers(laptop)[1])).card

    assert ALREADY not in text_of(answer)
    await stage.pass_time(120)
    assert len(await mine(stage)) == 1


async def test_a_change_that_is_begun_meanwhile_shows_the_other_one(stage: Stage) -> None:
    await _booked(stage, WORDS)
    old = await stage.say(MIA, "my bookings")
    phone = await stage.say(MIA, ELSEWHERE)
    await stage.push(MIA, phone, takers(phone)[0])

    booked = (await stage.press(MIA, old, "Open")).card
    answer = (await stage.press(MIA, booked, "Change")).card

    assert ALREADY in text_of(answer)
    assert "Helsinki" in text_of(answer)


async def test_a_date_is_not_moved_while_its_series_goes_to_another_room(stage: Stage) -> None:
    phone = await series_on_two_devices(stage)
    laptop = await stage.say(MIA, "move my meeting on 1 december to 5 pm")
    await stage.press(MIA, phone, "Take this")

    answer = (await stage.push(MIA, laptop, takers(laptop)[0])).card

    assert ALREADY in text_of(answer)
    await stage.pass_time(120)
    assert await mine(stage) == [(f"{day} 14:00", "helsinki") for day in ("24 Nov", "01 Dec", "08 Dec")]


async def test_what_has_yet_to_take_a_place_is_not_replaced_itself(stage: Stage) -> None:
    """The first of the three would stay."""
    phone, _ = await two_cards(stage, ELSEWHERE)
    await stage.push(MIA, phone, takers(phone)[0])
    await stage.pass_time(1)
    again = await stage.say(MIA, "move my booking in Helsinki to Bergen")

    answer = (await stage.press(MIA, again, "Take this")).card

    assert "This one has yet to take the place of another booking." in text_of(answer)
    await stage.pass_time(60)
    await stage.press(MIA, answer, "Take this")
    await stage.pass_time(60)
    assert await mine(stage) == [("24 Nov 14:00", "sint-pietersberg")]


# One room for a date ------------------------------------------------------------------------------------------------


async def date_on_two_devices(stage: Stage) -> tuple[dict[str, Any], dict[str, Any]]:
    """The rooms for a date of a series that its room did not take, twice."""
    await stage.book_in_outlook("tom@contoso.com", "lisbon@contoso.com", "2026-12-01T15:00", minutes=60)
    await stage.pass_time(35)
    card = await stage.say(MIA, "book Lisbon for 4 every tuesday from 3 to 4 pm until 15 december")
    await stage.press(MIA, card, "Book 3 times", subject="Planning")
    await stage.pass_time(45)
    series = newest(stage)
    return (await stage.press(MIA, series, "Another room")).card, (await stage.press(MIA, series, "Another room")).card


@pytest.mark.parametrize("between_s", [0, 60])
async def test_a_date_gets_one_room_from_two_devices(stage: Stage, between_s: int) -> None:
    phone, laptop = await date_on_two_devices(stage)
    await stage.push(MIA, phone, takers(phone)[0])
    await stage.pass_time(between_s)

    answer = (await stage.push(MIA, laptop, takers(laptop)[1])).card

    assert ALREADY in text_of(answer)
    await stage.pass_time(60)
    assert [when for when, _ in await mine(stage)] == ["24 Nov 14:00", "01 Dec 14:00", "08 Dec 14:00", "15 Dec 14:00"]


async def test_a_date_gets_one_room_from_two_presses_at_the_same_moment(stage: Stage) -> None:
    phone, laptop = await date_on_two_devices(stage)

    await asyncio.gather(stage.push(MIA, phone, takers(phone)[0]), stage.push(MIA, laptop, takers(laptop)[1]))

    await stage.pass_time(60)
    assert len(await mine(stage)) == 4


async def test_a_date_whose_own_room_was_cancelled_can_have_another(stage: Stage) -> None:
    phone, laptop = await date_on_two_devices(stage)
    series = await stage.say(MIA, "my series")
    await stage.push(MIA, phone, takers(phone)[0])
    await stage.pass_time(60)
    alone = await stage.say(MIA, "cancel my booking on 1 december")
    await stage.press(MIA, alone, "Cancel this one")
    await stage.pass_time(60)
    assert len(await mine(stage)) == 3

    opened = (await stage.press(MIA, series, "Open")).card
    again = (await stage.press(MIA, opened, "Another room")).card
    old = (await stage.push(MIA, laptop, takers(laptop)[1])).card
    assert "That card was out of date." in text_of(old)
    await stage.press(MIA, old if takers(old) else again, "Book")
    await stage.pass_time(60)

    assert len(await mine(stage)) == 4


# What is cancelled stays cancelled ----------------------------------------------------------------------------------


async def test_what_was_asked_for_in_the_place_of_a_cancelled_booking_goes_with_it(stage: Stage) -> None:
    await _booked(stage, WORDS)
    laptop = await stage.say(MIA, "cancel my 3 pm")
    phone = await stage.say(MIA, ELSEWHERE)
    await stage.push(MIA, phone, takers(phone)[0])

    await stage.press(MIA, laptop, "Cancel this one")
    await stage.pass_time(120)

    assert await mine(stage) == []
    shown = [text_of(message.card or {}) for message in stage.teams.shown(MIA.chat)]
    helsinki = next(text for text in shown if "Helsinki" in text)
    assert "It was to take the place of a booking that you cancelled" in helsinki
    assert not any("Booked" in text for text in shown)


async def test_a_series_that_was_to_replace_a_cancelled_one_goes_with_it(stage: Stage) -> None:
    phone = await series_on_two_devices(stage)
    laptop = await stage.say(MIA, "cancel the series")
    await stage.press(MIA, phone, "Take this")

    await stage.press(MIA, laptop, "Cancel")
    await stage.pass_time(120)

    assert await mine(stage) == []


@pytest.mark.parametrize("between_s", [0, 1])
async def test_a_date_that_is_cancelled_while_its_series_goes_to_another_room_stays_cancelled(
    stage: Stage, between_s: int
) -> None:
    phone = await series_on_two_devices(stage)
    laptop = await stage.say(MIA, "cancel my booking on 1 december")
    await stage.press(MIA, phone, "Take this")
    await stage.pass_time(between_s)

    await stage.press(MIA, laptop, "Cancel this one")
    await stage.pass_time(120)

    assert await mine(stage) == [("24 Nov 14:00", "helsinki"), ("08 Dec 14:00", "helsinki")]
