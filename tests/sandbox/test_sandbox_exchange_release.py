"""Rooms that are released where nobody checked in, and what attendants have under way over a restart."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sandbox.calendar.models import Answer
from sandbox.clock import VirtualClock
from sandbox.control.outlook import Book, Outlook
from sandbox.exchange.config import changed
from sandbox.state.tenant import read
from sandbox.world import World
from tests.sandbox.tenant import MIA, OSLO, PORTO, TOM, Tenant

DAILY: dict[str, Any] = {
    "pattern": {"type": "daily", "interval": 1},
    "range": {"type": "numbered", "startDate": "2026-11-24", "numberOfOccurrences": 3},
}
DAY_S = 86_400


async def later(tenant: Tenant, seconds: float) -> None:
    """Longer than an access token lives."""
    await tenant.advance(seconds)
    tenant._token = ""


async def days(tenant: Tenant, room: str) -> list[str]:
    return [event["start"]["dateTime"][8:10] for event in await tenant.view(room)]


@pytest.mark.parametrize("claims", [False, True], ids=["empty", "checked in"])
async def test_a_room_is_released_where_nobody_checked_in(tenant: Tenant, world: World, claims: bool) -> None:
    await tenant.configure(PORTO, enableAutoRelease=True, postReservationMaxClaimTimeInMinutes=15)
    meeting = await tenant.book(room=PORTO, start="2026-11-23T12:00")
    world.exchange.is_claimed = lambda room, uid: claims and (room, uid) == (PORTO, meeting["iCalUId"])

    await later(tenant, 3 * 3600 + 14 * 60)  # 12:14 in Amsterdam
    before = await days(tenant, PORTO)
    await tenant.advance(120)

    assert before == ["23"]
    assert await days(tenant, PORTO) == (["23"] if claims else [])
    assert await tenant.answer_of(PORTO) == ("accepted" if claims else "declined")


async def test_of_a_series_every_occurrence_is_released_by_itself(tenant: Tenant, world: World) -> None:
    """Also where a delegate accepted it."""
    await tenant.configure(OSLO, enableAutoRelease=True)
    await tenant.book(recurrence=DAILY)
    await tenant.advance(60)
    master = (await tenant.view(OSLO))[0]["seriesMasterId"]
    await tenant.graph("POST", f"/users/{OSLO}/events/{master}/accept", {})

    left = []
    for _ in range(3):
        await later(tenant, DAY_S)
        left.append(await days(tenant, OSLO))

    assert left == [["24", "25", "26"], ["25", "26"], ["26"]]


async def test_a_meeting_that_moved_is_not_released_at_its_old_time(tenant: Tenant) -> None:
    await tenant.configure(PORTO, enableAutoRelease=True)
    meeting = await tenant.book(room=PORTO, start="2026-11-23T12:00")
    await tenant.advance(60)
    await tenant.call("POST", "/sandbox/outlook/move", {"id": meeting["id"], "start": "2026-11-23T16:00"})

    await later(tenant, 4 * 3600)
    kept_until = await days(tenant, PORTO)
    await later(tenant, 4 * 3600)

    assert (kept_until, await days(tenant, PORTO)) == (["23"], [])


async def test_what_an_attendant_has_under_way_outlives_a_restart() -> None:
    """Answers to single occurrences, and the watch over who checks in."""
    clock = VirtualClock()
    world = World(meetings=False, clock=clock)
    config = world.exchange.configs[PORTO]
    limits = {"conflictMax": 1, "conflictPct": 50, "enableAutoRelease": True}
    world.exchange.configs[PORTO] = changed(config, limits)
    outlook = Outlook(world)
    outlook.book(Book(organizer=MIA, room=PORTO, start="2026-11-25T10:00"))
    await clock.advance(60)
    meeting = outlook.book(Book(organizer=TOM, room=PORTO, start="2026-11-24T10:00", recurrence=DAILY))
    while len(world.exchange.mailboxes[PORTO].items) < 2 or not _is_decided(world, meeting.uid):
        await clock.advance(0.5)

    clock = VirtualClock(clock.now())
    later_world = World(meetings=False, clock=clock, state=read(world.saved(is_clean=True)))
    await clock.advance(60)
    told = [mail.subject for mail in later_world.exchange.post.mails]
    await clock.advance(5 * DAY_S)

    assert told == ["Accepted: Meeting", "Declined: Meeting"]
    own = later_world.exchange.mailboxes[TOM].by_uid(meeting.uid)
    assert own is not None
    answers = [one.tracking[PORTO].answer for one in own.exceptions.values()]
    assert answers == [Answer.DECLINED] * 3
    start_at = datetime(2026, 11, 1, tzinfo=UTC)
    assert later_world.exchange.mailboxes[PORTO].view(start_at, start_at + timedelta(days=60)) == []


def _is_decided(world: World, uid: str) -> bool:
    item = world.exchange.mailboxes[PORTO].by_uid(uid)
    return item is not None and item.response.answer is not Answer.NOT_RESPONDED
