"""Notifications go astray, and the whole bot over them: at the end its mirror is what the mailboxes hold.

A row of the table: what happens to notifications, and after how many seconds at the latest the mirror is right again:
half a minute where one came through, else with the next poll, five minutes later.
"""

from typing import Any

import pytest

from bot.domain.events import RoomEvent
from tests.conversation.stage import Stage
from tests.conversation.test_operators import figures

OSLO, BERGEN, TOM = "oslo@contoso.com", "bergen@contoso.com", "tom@contoso.com"
SOON_S, POLLED_S = 60.0, 400.0
WINDOW = "startDateTime=2026-11-22T00:00:00Z&endDateTime=2026-12-20T00:00:00Z&$top=500"

Row = tuple[str, str, str, bool]

TABLE: list[tuple[str, dict[str, Any], float]] = [
    ("nothing happens to them", {}, SOON_S),
    ("each comes three times", {"action": "duplicate", "copies": 2, "rate": 1.0}, SOON_S),
    ("each is half a minute late", {"action": "delay", "delay_s": 30, "rate": 1.0}, SOON_S + 60),
    ("later ones overtake", {"action": "reorder", "delay_s": 20, "rate": 1.0}, SOON_S + 60),
    ("half of them are lost", {"action": "drop", "rate": 0.5, "seed": 3}, POLLED_S),
    ("all of them are lost", {"action": "drop", "rate": 1.0}, POLLED_S),
    (
        "lost, doubled, late and overtaking",
        {"actions": ["drop", "duplicate", "delay", "reorder"], "rate": 0.8, "seed": 7, "copies": 2, "delay_s": 20},
        POLLED_S,
    ),
]


@pytest.mark.parametrize(("fault", "settles_in_s"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
async def test_the_mirror_ends_as_the_mailbox(stage: Stage, fault: dict[str, Any], settles_in_s: float) -> None:
    if fault:
        await stage.control("POST", "/faults/notifications", fault)

    await a_busy_morning(stage)
    await stage.pass_time(settles_in_s, step_s=10)

    await assert_mirrored(stage, OSLO, BERGEN)


STRANGERS = ["clientState", "noClientState", "subscription", "garbage", "empty", "noList", "oversize"]


@pytest.mark.parametrize("kind", STRANGERS)
async def test_what_a_stranger_posts_is_not_even_looked_at(stage: Stage, kind: str) -> None:
    await a_busy_morning(stage)
    await stage.pass_time(SOON_S, step_s=10)
    before, asked = await mirror(stage, OSLO), await all_requests(stage)
    unbelieved = (await figures(stage))["foyer_notification_items_total", 'verdict="not_believed"']

    posted = await stage.control("POST", "/notifications/forge", {"kind": kind})
    await stage.settle()

    assert posted["status"] in {202, 400, 401, 403, 413}
    if kind in {"clientState", "noClientState", "subscription"}:
        counted = (await figures(stage))["foyer_notification_items_total", 'verdict="not_believed"']
        assert counted > unbelieved
    assert await mirror(stage, OSLO) == before
    assert await all_requests(stage) == asked


@pytest.mark.parametrize("kind", ["unknownEvent", "mixed", "resource", "tenant"])
async def test_one_with_the_right_secret_makes_us_read_and_believes_nothing_else(stage: Stage, kind: str) -> None:
    await a_busy_morning(stage)
    await stage.pass_time(SOON_S, step_s=10)
    before, asked = await mirror(stage, OSLO), await all_requests(stage)

    await stage.control("POST", "/notifications/forge", {"kind": kind})
    await stage.settle()

    assert await mirror(stage, OSLO) == before
    assert await all_requests(stage) > asked


async def test_subscriptions_that_lapse_are_made_again_and_nothing_is_missed(stage: Stage) -> None:
    await stage.control("POST", "/subscriptions/expire", {})
    await a_busy_morning(stage)
    await stage.pass_time(POLLED_S, step_s=10)

    await assert_mirrored(stage, OSLO, BERGEN)


@pytest.mark.parametrize("event", ["missed", "reauthorizationRequired", "subscriptionRemoved"])
async def test_lifecycle_notifications_are_heeded(stage: Stage, event: str) -> None:
    await stage.control("POST", "/faults/notifications", {"action": "drop", "rate": 1.0})
    await a_busy_morning(stage)
    await stage.control("DELETE", "/faults")

    await stage.control("POST", "/subscriptions/lifecycle", {"event": event})
    await stage.pass_time(SOON_S, step_s=5)

    await assert_mirrored(stage, OSLO, BERGEN)
    assert len((await stage.control("GET", "/subscriptions"))["value"]) == 13


async def test_an_endpoint_that_the_service_gave_up_is_made_good_by_the_poll(stage: Stage) -> None:
    url = (await stage.control("GET", "/subscriptions"))["value"][0]["notificationUrl"]
    await stage.control("POST", "/notifications/endpoints", {"url": url, "state": "drop"})
    await a_busy_morning(stage)
    await stage.pass_time(POLLED_S, step_s=10)

    await assert_mirrored(stage, OSLO, BERGEN)


async def a_busy_morning(stage: Stage) -> None:
    """Meetings made, moved, cancelled and taken to another room, a series among them."""
    weekly = {
        "pattern": {"type": "weekly", "interval": 1, "daysOfWeek": ["wednesday"], "firstDayOfWeek": "monday"},
        "range": {"type": "numbered", "startDate": "2026-11-25", "numberOfOccurrences": 3},
    }
    made = [await stage.book_in_outlook(TOM, OSLO, f"2026-11-24T{hour}:00", minutes=30) for hour in (10, 11, 14, 15)]
    await stage.book_in_outlook(TOM, BERGEN, "2026-11-25T09:00", minutes=60, recurrence=weekly)
    await stage.pass_time(20, step_s=5)
    await stage.control("POST", "/outlook/move", {"id": made[0]["id"], "start": "2026-11-24T16:00"})
    await stage.control("POST", "/outlook/cancel", {"id": made[1]["id"]})
    await stage.control("POST", "/outlook/move", {"id": made[2]["id"], "room": BERGEN})
    await stage.pass_time(20, step_s=5)


async def assert_mirrored(stage: Stage, *rooms: str) -> None:
    for room in rooms:
        there = await mailbox(stage, room)
        assert there, "the room holds something"
        assert await mirror(stage, room) == there


async def mirror(stage: Stage, room: str) -> set[Row]:
    kept = await stage.tenant.services.documents.scan("event/", RoomEvent)
    rows = [one.value for one in kept if one.value.room == room]
    return {(row.id, row.slot.start_at.strftime("%FT%T"), str(row.response), row.is_cancelled) for row in rows}


async def mailbox(stage: Stage, room: str) -> set[Row]:
    events = (await stage.graph(f"/users/{room}/calendarView?{WINDOW}"))["value"]
    return {
        (one["id"], one["start"]["dateTime"][:19], one["responseStatus"]["response"], one["isCancelled"])
        for one in events
    }


async def all_requests(stage: Stage) -> int:
    """How many the tenant has seen of the bot."""
    return int((await stage.control("GET", "/requests"))["count"])
