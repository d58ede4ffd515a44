"""Dates of a series that only its organizer knows, in Outlook: none goes along with those that the chat cancels."""

from typing import Any

import pytest

from tests.conversation.stage import MIA, Stage
from tests.conversation.test_dates_elsewhere import a_series
from tests.conversation.test_series_in_outlook import in_the_rooms, meeting, outlook_moves


async def lengthened(stage: Stage, until: str) -> None:
    """By its organizer, in Outlook."""
    id_ = (await meeting(stage))[0]
    path = f"/users/mia@contoso.com/events/{id_}"
    recurrence: dict[str, Any] = (await stage.graph(path))["recurrence"]
    recurrence["range"]["endDate"] = until
    await stage.graph(path, {"recurrence": recurrence})


async def test_a_series_that_goes_too_far_stays_though_a_date_of_it_was_cancelled_by_chat(stage: Stage) -> None:
    card = await stage.say(MIA, "book Lisbon for 4 every 2 weeks on tuesday from 3 to 4 pm until 5 january")
    await stage.press(MIA, card, "Book")
    await stage.pass_time(45)
    await stage.press(MIA, await stage.say(MIA, "cancel my booking on 8 december"), "Cancel this one")
    await stage.pass_time(120)

    await outlook_moves(stage, (await meeting(stage))[0], start="2026-12-01T15:00")
    await stage.pass_time(900, step_s=5)

    found = (await stage.graph("/users/mia@contoso.com/events"))["value"]
    assert len([one for one in found if not one["isCancelled"]]) == 1
    assert len(await in_the_rooms(stage)) == 3


async def test_dates_that_the_organizer_added_stay_where_the_chats_are_cancelled_one_by_one(stage: Stage) -> None:
    await a_series(stage)
    await lengthened(stage, "2026-12-29")
    await stage.pass_time(240, step_s=5)

    for day in ("24 november", "1 december", "8 december"):
        await stage.press(MIA, await stage.say(MIA, f"cancel my booking on {day}"), "Cancel this one")
        await stage.pass_time(120)

    assert [when[:10] for when, _ in await in_the_rooms(stage)] == ["2026-12-15", "2026-12-22", "2026-12-29"]


@pytest.mark.parametrize("gone_in_outlook", [False, True], ids=["answer lost", "cancelled in Outlook, too"])
async def test_a_date_that_is_cancelled_takes_no_date_along_that_its_organizer_added(
    stage: Stage, *, gone_in_outlook: bool
) -> None:
    card = await stage.say(MIA, "book Lisbon for 4 every working day from 3 to 4 pm until 27 november")
    await stage.press(MIA, card, "Book")
    await stage.pass_time(45)
    await lengthened(stage, "2026-12-02")
    await stage.pass_time(240, step_s=5)
    before = await in_the_rooms(stage)

    card = await stage.say(MIA, "cancel my booking on 27 november")
    if gone_in_outlook:
        await stage.control("POST", "/outlook/cancel", {"id": (await meeting(stage))[1][4]["id"]})
    else:
        lost = {"times": 1, "method": "POST", "path": "/cancel$", "reset": "after"}
        await stage.control("POST", "/faults/requests", lost)
    await stage.press(MIA, card, "Cancel this one")
    await stage.pass_time(300)

    assert set(before) - set(await in_the_rooms(stage)) == {("2026-11-27T14:00", "lisbon")}
