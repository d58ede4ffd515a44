"""A series of the chat's whose organizer moves it in Outlook: its dates get other ids there, and are the same ones."""

from typing import Any

import pytest

from tests.conversation.stage import MIA, Stage
from tests.conversation.test_dates_elsewhere import a_series
from tests.conversation.test_two_devices import takers

_WHEN = "startDateTime=2026-11-23T00:00:00Z&endDateTime=2026-12-31T00:00:00Z&$top=100"
_FIRST, _SECOND = "2026-11-24T16:00", "2026-12-01T17:00"


async def meeting(stage: Stage) -> tuple[str, list[dict[str, Any]]]:
    """The series' id in Mia's calendar, and its dates there."""
    found = (await stage.graph("/users/mia@contoso.com/events"))["value"]
    [id_] = [one["id"] for one in found if not one["isCancelled"]]
    dates = (await stage.graph(f"/users/mia@contoso.com/events/{id_}/instances?{_WHEN}"))["value"]
    return id_, sorted(dates, key=lambda one: one["start"]["dateTime"])


async def in_the_rooms(stage: Stage) -> list[tuple[str, str]]:
    """What stands in any of them."""
    rooms = ("bergen", "lisbon", "oslo")
    views = {room: await stage.graph(f"/users/{room}@contoso.com/calendarView?{_WHEN}") for room in rooms}
    taken = [(one, room) for room, view in views.items() for one in view["value"] if not one["isCancelled"]]
    return sorted((one["start"]["dateTime"][:16], room) for one, room in taken)


async def booked(stage: Stage) -> list[tuple[str, str]]:
    found = await stage.tenant.services.desk.mine(MIA.id)
    return sorted((f"{one.slot.start_at:%Y-%m-%dT%H:%M}", one.room.partition("@")[0]) for one in found)


async def outlook_moves(stage: Stage, id_: str, **where: str) -> None:
    await stage.control("POST", "/outlook/move", {"id": id_, **where})


@pytest.mark.parametrize("start", ["2026-11-25T15:00", "2026-11-24T20:00", "2026-12-01T15:00", "2026-11-24T15:30"])
async def test_a_series_that_its_organizer_moves_stays_booked(stage: Stage, start: str) -> None:
    await a_series(stage)

    await outlook_moves(stage, (await meeting(stage))[0], start=start)
    await stage.pass_time(900, step_s=5)

    dates = (await meeting(stage))[1]
    assert await booked(stage) == await in_the_rooms(stage)
    assert len(await booked(stage)) == len(dates) >= 2  # as many as there are until the day it was made for
    assert "Cancelled:" not in stage.shown(MIA)


async def test_a_series_that_goes_too_far_to_be_known_is_its_organizers_own(stage: Stage) -> None:
    await a_series(stage)

    await outlook_moves(stage, (await meeting(stage))[0], start="2026-12-04T15:00")
    await stage.pass_time(900, step_s=5)

    assert len((await meeting(stage))[1]) == len(await in_the_rooms(stage)) == 1


@pytest.mark.parametrize("excepted", [False, True])
@pytest.mark.parametrize(
    ("words", "left"),
    [
        ("cancel my booking on 1 december", 2),
        ("move my meeting on 1 december to 6 pm", 3),
        ("cancel the series", 0),
        ("move the series to 10 am", 3),
    ],
)
async def test_a_series_that_its_organizer_moved_is_changed_by_chat_as_before(
    stage: Stage, words: str, left: int, *, excepted: bool
) -> None:
    await a_series(stage)
    id_, dates = await meeting(stage)
    if excepted:
        await outlook_moves(stage, dates[1]["id"], start=_SECOND)
        await stage.pass_time(120)
    await outlook_moves(stage, id_, start=_FIRST)
    await stage.pass_time(240, step_s=5)

    card = await stage.say(MIA, words)
    if takers(card):
        await stage.push(MIA, card, takers(card)[0])
    else:
        await stage.press(MIA, card, "Cancel this one" if "booking" in words else "Cancel")
    await stage.pass_time(600, step_s=5)

    assert await booked(stage) == await in_the_rooms(stage)
    assert len(await booked(stage)) == left


@pytest.mark.parametrize("seconds", [2, 180])
@pytest.mark.parametrize(
    "where", [{"room": "bergen@contoso.com"}, {"start": _SECOND}, {"room": "bergen@contoso.com", "start": _SECOND}, {}]
)
async def test_a_date_that_goes_elsewhere_before_its_series_does_is_followed(
    stage: Stage, where: dict[str, str], seconds: int
) -> None:
    await a_series(stage)
    id_, dates = await meeting(stage)
    if where:
        await outlook_moves(stage, dates[1]["id"], **where)
    else:
        card = await stage.say(MIA, "move my meeting on 1 december to 5 pm")
        await stage.push(MIA, card, takers(card)[0])
    await stage.pass_time(seconds)

    await outlook_moves(stage, id_, start=_FIRST)
    await stage.pass_time(900, step_s=5)

    assert await booked(stage) == await in_the_rooms(stage)
    assert len(await booked(stage)) == len(dates)


async def test_the_card_of_a_series_names_the_room_of_a_date_that_is_elsewhere(stage: Stage) -> None:
    await a_series(stage)

    await outlook_moves(stage, (await meeting(stage))[1][1]["id"], room="bergen@contoso.com")
    await stage.pass_time(180)

    assert "Tue 1 Dec, 15:00–16:00: Booked · Bergen" in stage.shown(MIA)


async def test_a_date_of_a_series_that_its_organizer_moved_is_renamed_by_chat(stage: Stage) -> None:
    await a_series(stage)
    await outlook_moves(stage, (await meeting(stage))[0], start=_FIRST)
    await stage.pass_time(240, step_s=5)

    card = await stage.say(MIA, "change my meeting on 1 december")
    await stage.press(MIA, card, "Take this", subject="Budget")
    await stage.pass_time(60)

    assert [one["subject"] for one in (await meeting(stage))[1]] == ["Meeting", "Budget", "Meeting"]
