"""A date of a series that goes to another room by itself: one change at a time, as of every booking."""

import asyncio

import pytest

from bot.ports.store import StoreError
from tests.conversation.stage import MIA, Stage, buttons, text_of
from tests.conversation.test_booking import WORDS, _booked
from tests.conversation.test_two_devices import (
    ALREADY,
    ELSEWHERE,
    date_on_two_devices,
    mine,
    series_on_two_devices,
    takers,
)

DATE = "move my meeting on 1 december to a room for 12 people"


async def a_series(stage: Stage) -> None:
    card = await stage.say(MIA, "book Lisbon for 4 every tuesday from 3 to 4 pm until 8 december")
    await stage.press(MIA, card, "Book")
    await stage.pass_time(45)


@pytest.mark.parametrize("words", [DATE, "move my meeting on 1 december to 5 pm"], ids=["room", "time"])
async def test_a_date_that_is_changed_on_two_devices_becomes_one(stage: Stage, words: str) -> None:
    await a_series(stage)
    phone, laptop = await stage.say(MIA, DATE), await stage.say(MIA, words)
    await stage.push(MIA, phone, takers(phone)[0])
    await stage.pass_time(1)

    answer = (await stage.push(MIA, laptop, takers(laptop)[-1])).card

    assert ALREADY in text_of(answer)
    await stage.pass_time(120)
    assert await mine(stage) == [("24 Nov 14:00", "lisbon"), ("01 Dec 14:00", "helsinki"), ("08 Dec 14:00", "lisbon")]


@pytest.mark.parametrize(
    ("words", "button", "left"),
    [
        (
            "cancel my booking on 1 december",
            "Cancel this one",
            [("24 Nov 14:00", "lisbon"), ("08 Dec 14:00", "lisbon")],
        ),
        ("cancel the series", "Cancel", []),
    ],
    ids=["date", "series"],
)
async def test_what_is_cancelled_takes_along_a_date_that_is_on_its_way_to_another_room(
    stage: Stage, words: str, button: str, left: list[tuple[str, str]]
) -> None:
    await a_series(stage)
    laptop, phone = await stage.say(MIA, words), await stage.say(MIA, DATE)
    await stage.push(MIA, phone, takers(phone)[0])

    await stage.press(MIA, laptop, button)
    await stage.pass_time(120)

    assert await mine(stage) == left


@pytest.mark.parametrize("between_s", [0, 1, 120])
async def test_a_date_and_then_its_series_to_another_room_are_one_room_each_day(stage: Stage, between_s: int) -> None:
    await a_series(stage)
    phone, laptop = await stage.say(MIA, DATE), await stage.say(MIA, "move the series to Bergen")
    await stage.push(MIA, phone, takers(phone)[0])
    await stage.pass_time(between_s)

    answer = (await stage.press(MIA, laptop, "Take this")).card
    await stage.pass_time(120)
    if any(button["title"] == "Take this" for button in buttons(answer)):
        await stage.press(MIA, answer, "Take this")
        await stage.pass_time(120)

    assert await mine(stage) == [("24 Nov 14:00", "bergen"), ("01 Dec 14:00", "helsinki"), ("08 Dec 14:00", "bergen")]


async def test_a_date_and_its_series_at_the_same_moment_are_one_room_each_day(stage: Stage) -> None:
    await a_series(stage)
    phone, laptop = await stage.say(MIA, DATE), await stage.say(MIA, "move the series to Bergen")

    await asyncio.gather(stage.push(MIA, phone, takers(phone)[0]), stage.press(MIA, laptop, "Take this"))
    await stage.pass_time(180)

    assert [when for when, _ in await mine(stage)] == ["24 Nov 14:00", "01 Dec 14:00", "08 Dec 14:00"]


@pytest.mark.parametrize("between_s", [0, 1, 120])
async def test_a_date_that_its_series_has_in_another_room_by_now_is_not_booked_again(
    stage: Stage, between_s: int
) -> None:
    phone, _ = await date_on_two_devices(stage)
    laptop = await stage.say(MIA, "move the series to Bergen")
    await stage.press(MIA, laptop, "Take this")
    await stage.pass_time(between_s)

    answer = (await stage.push(MIA, phone, takers(phone)[1])).card

    assert ALREADY in text_of(answer)
    await stage.pass_time(120)
    assert {room for _, room in await mine(stage)} == {"bergen"}
    assert len(await mine(stage)) == 4


async def test_the_old_card_of_a_date_whose_series_went_to_another_room_says_so(stage: Stage) -> None:
    phone = await series_on_two_devices(stage)
    laptop = await stage.say(MIA, "cancel my booking on 1 december")
    await stage.press(MIA, phone, "Take this")
    await stage.pass_time(120)

    answer = (await stage.press(MIA, laptop, "Cancel this one")).card

    assert "Another booking took its place." in text_of(answer)


@pytest.mark.parametrize("later_s", [0, 120])
async def test_a_cancellation_that_was_cut_off_is_done_by_the_same_press(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, later_s: int
) -> None:
    """It is two batches: the booking's, and that of what was to take its place."""
    await _booked(stage, WORDS)
    laptop, phone = await stage.say(MIA, "cancel my 3 pm"), await stage.say(MIA, ELSEWHERE)
    await stage.push(MIA, phone, takers(phone)[0])
    desk, done = stage.tenant.services.desk, list[str]()
    cancel = desk.cancel

    async def once(booking_id: str, person_id: str, *reasons: object) -> object:
        if done:
            raise StoreError("gone")
        done.append(booking_id)
        return await cancel(booking_id, person_id, *reasons)

    with monkeypatch.context() as dying:
        dying.setattr(desk, "cancel", once)
        await stage.press(MIA, laptop, "Cancel this one")
    await stage.restart()
    await stage.pass_time(later_s)

    await stage.press(MIA, laptop, "Cancel this one")
    await stage.pass_time(120)

    assert await mine(stage) == []
