"""Dates of a series and the series itself, changed and cancelled across one another."""

from typing import Any

import pytest

import bot.graph.calendar as graph
from bot.ports.calendar import Busy
from tests.conversation.stage import MIA, Stage, text_of
from tests.conversation.test_booking import WORDS
from tests.conversation.test_dates_elsewhere import a_series
from tests.conversation.test_two_devices import ALREADY, date_on_two_devices, mine, takers


def busy(patch: pytest.MonkeyPatch, *methods: str) -> None:
    async def fails(*_: object) -> None:
        raise Busy("serviceUnavailable", 503, retry_after_s=30)

    for method in methods:
        patch.setattr(graph.GraphCalendar, method, fails)


async def test_a_moved_date_that_is_cancelled_while_its_series_goes_elsewhere_is_cancelled(stage: Stage) -> None:
    await a_series(stage)
    card = await stage.say(MIA, "move my meeting on 1 december to 2 december")
    await stage.push(MIA, card, takers(card)[0])
    await stage.pass_time(60)
    laptop = await stage.say(MIA, "cancel my booking on 2 december")
    phone = await stage.say(MIA, "move the series to Bergen")
    await stage.press(MIA, phone, "Take this")

    await stage.press(MIA, laptop, "Cancel this one")
    await stage.pass_time(180)

    assert await mine(stage) == [("24 Nov 14:00", "bergen"), ("08 Dec 14:00", "bergen")]


async def test_a_date_that_is_cancelled_while_its_series_goes_to_another_day_is_cancelled(stage: Stage) -> None:
    await a_series(stage)
    laptop = await stage.say(MIA, "cancel my booking on 1 december")
    phone = await stage.say(MIA, "move the series to wednesday in Bergen")
    await stage.push(MIA, phone, takers(phone)[0])

    await stage.press(MIA, laptop, "Cancel this one")
    await stage.pass_time(180)

    assert await mine(stage) == [("25 Nov 14:00", "bergen"), ("09 Dec 14:00", "bergen")]


async def test_a_date_to_another_time_and_room_and_then_its_series_to_another_room(stage: Stage) -> None:
    await a_series(stage)
    phone = await stage.say(MIA, "move my meeting on 1 december to 5 pm in Helsinki")
    laptop = await stage.say(MIA, "move the series to Bergen")
    await stage.push(MIA, phone, takers(phone)[0])

    await stage.press(MIA, laptop, "Take this")
    await stage.pass_time(180)

    assert [when[:6] for when, _ in await mine(stage)] == ["24 Nov", "01 Dec", "08 Dec"]


async def test_what_was_cancelled_is_not_what_was_asked_for_already(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone, laptop = await date_on_two_devices(stage)
    await stage.push(MIA, phone, takers(phone)[0])
    await stage.pass_time(60)
    busy(monkeypatch, "cancel")
    single = next(one for one in await stage.tenant.services.desk.mine(MIA.id) if not one.series)
    await stage.tenant.services.desk.cancel(single.id, MIA.id)

    answer = (await stage.push(MIA, laptop, takers(laptop)[-1])).card

    assert ALREADY not in text_of(answer)


async def test_nothing_is_tried_until_a_time_that_has_passed(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    card = await stage.say(MIA, WORDS)
    busy(monkeypatch, "create", "find")

    await stage.press(MIA, card, "Book")
    await stage.pass_time(7200, 60)

    assert "until" not in stage.shown(MIA).replace("until it does", "")


async def test_a_series_that_moves_is_not_called_booked(stage: Stage) -> None:
    await a_series(stage)
    card = await stage.say(MIA, "move the series to 5 pm")

    answer: dict[str, Any] = (await stage.push(MIA, card, takers(card)[0])).card

    assert "Booked" not in text_of(answer)
