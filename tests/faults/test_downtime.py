"""Foyer was away, or a mailbox is: what happened meanwhile is found, decided once, and nobody else notices."""

from pathlib import Path

import pytest

from bot.domain.events import RoomEvent
from bot.ports import keys
from bot.ports.records import Comparison, FeedState, Oddity
from tests.conversation.stage import JONAS, MIA, Stage, text_of
from tests.faults.test_nights import the_night
from tests.faults.test_notifications import BERGEN, OSLO, TOM, a_busy_morning, mailbox, mirror
from tests.faults.test_subscriptions import rooms_told, untold

DAY_S = 86400.0


async def answers(stage: Stage) -> list[str]:
    """The paths of all answers in rooms' names."""
    told = await stage.control("GET", "/requests?method=POST&path=/(accept|decline)$")
    return [row["path"] for row in told["value"] if row["status"] == 202]


async def assert_mirrored(stage: Stage, *rooms: str) -> None:
    """From when everything that happened while nobody looked takes place: what is over has left the window."""
    for room in rooms:
        there = {row for row in await mailbox(stage, room) if row[1] >= "2026-12-01"}
        assert there, "the room holds something"
        assert {row for row in await mirror(stage, room) if row[1] >= "2026-12-01"} == there


async def away(stage: Stage, seconds: float) -> None:
    """Time passes while no bot runs."""
    await stage._bot.aclose()
    await stage.control("POST", "/clock", {"advance_s": seconds})


async def meanwhile(stage: Stage) -> None:
    """Meetings asked for, moved and cancelled, some that Foyer knew, some that it never saw."""
    weekly = {
        "pattern": {"type": "weekly", "interval": 1, "daysOfWeek": ["thursday"], "firstDayOfWeek": "monday"},
        "range": {"type": "numbered", "startDate": "2026-12-03", "numberOfOccurrences": 3},
    }
    made = [await stage.book_in_outlook(TOM, OSLO, f"2026-12-02T{hour}:00", minutes=30) for hour in (10, 11, 12)]
    await stage.book_in_outlook(TOM, BERGEN, "2026-12-03T09:00", minutes=60, recurrence=weekly)
    for seconds in (30, 30):
        await stage.control("POST", "/clock", {"advance_s": seconds})
    await stage.control("POST", "/outlook/move", {"id": made[0]["id"], "start": "2026-12-02T14:00"})
    await stage.control("POST", "/outlook/cancel", {"id": made[1]["id"]})
    await stage.control("POST", "/clock", {"advance_s": 60})


@pytest.mark.parametrize("dead_links", [False, True])
async def test_after_days_away_everything_is_found_and_each_request_answered_once(
    stage: Stage, dead_links: bool
) -> None:
    """Subscriptions have lapsed, notifications were given up on, and the feeds' links may be dead."""
    rooms = await rooms_told(stage)
    await a_busy_morning(stage)
    await stage.pass_time(60, step_s=10)
    before = await answers(stage)
    await away(stage, DAY_S)
    await meanwhile(stage)
    await stage.control("POST", "/clock", {"advance_s": 3 * DAY_S})
    assert await rooms_told(stage) == []
    if dead_links:
        await stage.control("POST", "/delta/invalidate", {})

    await stage.start()
    await stage.pass_time(150, step_s=5)

    await assert_mirrored(stage, OSLO, BERGEN)
    assert (await rooms_told(stage), await untold(stage)) == (rooms, set())
    new = [path for path in await answers(stage) if path not in before]
    assert len(new) == len(set(new)) == 3, "two meetings and a series; the one that was cancelled needs none"
    assert await stage.tenant.services.documents.store.dead_letters() == []

    done = await the_night_after(stage)
    assert (done.rooms, done.divergences) == (13, 0)


async def the_night_after(stage: Stage) -> Comparison:
    """The next one that is over, whatever the hour is."""
    begun_at = stage.clock.now()
    documents = stage.tenant.services.documents
    for _ in range(30):
        await stage.pass_time(3600, step_s=3600)
        kept = await documents.get(keys.COMPARED, Comparison)
        if kept is not None and kept.value.started_at > begun_at and kept.value.finished_at:
            found: Comparison = kept.value
            return found
    raise AssertionError("no night was compared")


async def test_a_service_that_is_out_of_order_at_the_start_is_caught_up_with_once_it_is_back(stage: Stage) -> None:
    await a_busy_morning(stage)
    await away(stage, DAY_S)
    await meanwhile(stage)
    await stage.control("POST", "/faults/requests", {"kinds": ["unavailable"], "path": "/v1.0/", "lasts_s": 600})

    await stage.start()
    await stage.pass_time(300, step_s=30)
    assert (await stage.tenant.services.documents.get(keys.feed(OSLO), FeedState)).value.trouble == ""
    await stage.pass_time(700, step_s=10)

    await assert_mirrored(stage, OSLO, BERGEN)
    assert await stage.tenant.services.documents.store.dead_letters() == []


async def test_a_mailbox_that_may_not_be_read_is_set_aside_alone_and_comes_back(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    await a_busy_morning(stage)
    await stage.control("POST", "/access", {"mailboxes": [OSLO], "mode": "deny"})
    await stage.pass_time(400, step_s=20)
    caplog.clear()

    await stage.book_in_outlook(TOM, BERGEN, "2026-12-02T08:00", minutes=30)
    await stage.book_in_outlook(TOM, OSLO, "2026-12-02T08:00", minutes=30)
    await stage.pass_time(700, step_s=20)
    await assert_mirrored(stage, BERGEN)
    assert not [one for one in caplog.records if one.message == "room.unreadable"], "said before, once"
    assert stage.tenant.services.index.troubled == {OSLO}
    assert "may not read its calendar" in text_of(await stage.say(MIA, "is Oslo free tomorrow at 9 pm?"))
    assert "no permission" in text_of(await stage.say(JONAS, "status"))

    await stage.restart()
    assert stage.tenant.services.index.troubled == {OSLO}, "a new process knows"

    await stage.control("DELETE", "/access")
    await stage.pass_time(4000, step_s=20)
    await assert_mirrored(stage, OSLO, BERGEN)
    assert stage.tenant.services.index.troubled == set()
    assert len(await rooms_told(stage)) == 13


async def test_nights_in_a_row_roll_every_window_and_bring_in_what_comes_near(tmp_path: Path) -> None:
    """A series that goes on beyond the window is mirrored further each night, and what is over leaves."""
    policy = Stage(tmp_path).policy.replace("days_ahead = 180", "days_ahead = 40")
    async with Stage(tmp_path / "data", policy=policy) as stage:
        daily = {
            "pattern": {"type": "daily", "interval": 1},
            "range": {"type": "numbered", "startDate": "2026-11-24", "numberOfOccurrences": 90},
        }
        porto = "porto@contoso.com"  # answers by itself
        await stage.book_in_outlook(TOM, porto, "2026-11-24T06:00", minutes=30, recurrence=daily)
        await stage.pass_time(60, step_s=10)
        documents = stage.tenant.services.documents
        before = sorted(kept.value.slot for kept in await documents.scan(keys.events(porto), RoomEvent))
        assert 40 <= len(before) < 60

        assert (await the_night(stage)).divergences == 0
        await stage.pass_time(3 * DAY_S, step_s=2 * 3600)

        after = sorted(kept.value.slot for kept in await documents.scan(keys.events(porto), RoomEvent))
        assert after[0] > before[0]
        assert after[-1] > before[-1]
        assert await documents.scan(keys.ODD, Oddity) == []
        assert (await the_night_after(stage)).divergences == 0
