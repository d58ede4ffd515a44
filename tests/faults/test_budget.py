"""What the tenant is asked, counted call by call: a first import, quiet hours, one change. No time is measured."""

from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.conversation.stage import Stage
from tests.faults.test_notifications import OSLO, TOM

ROOMS = 13


@pytest.fixture
async def full(tmp_path: Path) -> AsyncIterator[Stage]:
    """Rooms with the meetings of an ordinary organisation, series among them, all read for the first time."""
    async with Stage(tmp_path / "data", meetings=True) as stage:
        yield stage


async def asked(stage: Stage, since: int = 0) -> list[dict[str, Any]]:
    """Each call to Graph, batches as what they carry."""
    rows: list[dict[str, Any]] = (await stage.control("GET", f"/requests?path=/v1.0/&since={since}"))["value"]
    return [row for row in rows if not row["path"].endswith("$batch")]


async def next_number(stage: Stage) -> int:
    return int((await asked(stage))[-1]["number"]) + 1


def kinds(rows: list[dict[str, Any]]) -> Counter[str]:
    return Counter(
        f"{row['method']} {'subscriptions' if 'subscriptions' in row['path'] else row['path'].rpartition('/')[2]}"
        for row in rows
    )


async def test_a_first_import_takes_four_calls_a_room_and_one_for_its_zone(full: Stage) -> None:
    """Near days, feed, and where it has more than two series one look at all of them; a subscription."""
    rows = await asked(full)

    assert kinds(rows)["POST subscriptions"] == ROOMS
    assert kinds(rows)["GET mailboxSettings"] == ROOMS
    assert kinds(rows)["GET microsoft.graph.room"] == 1
    of_rooms = Counter(row["mailbox"] for row in rows if "/calendarView" in row["path"] or "/instances" in row["path"])
    assert len(of_rooms) == ROOMS
    assert max(of_rooms.values()) <= 4
    assert len(rows) <= 6 * ROOMS + 1


async def test_an_hour_in_which_nothing_happens_takes_a_call_for_each_poll_and_no_other(full: Stage) -> None:
    await full.pass_time(900, step_s=30)
    since = await next_number(full)

    await full.pass_time(3600, step_s=30)

    told = kinds(await asked(full, since))
    assert set(told) <= {"GET delta", "GET subscriptions", "GET microsoft.graph.room", "GET mailboxSettings"}
    assert told["GET delta"] <= ROOMS * 12
    assert told.total() - told["GET delta"] <= 2


async def test_a_request_takes_its_delta_its_answer_and_what_makes_sure(full: Stage) -> None:
    """However many notifications tell of it."""
    await full.pass_time(900, step_s=30)
    await full.control("POST", "/faults/notifications", {"action": "duplicate", "copies": 3, "rate": 1.0})
    since = await next_number(full)

    await full.book_in_outlook(TOM, OSLO, "2026-12-06T06:00", minutes=30)
    await full.pass_time(150, step_s=1)

    told = kinds([row for row in await asked(full, since) if row["mailbox"] == OSLO])
    assert told["POST accept"] == 1
    assert told["GET delta"] <= 6
    assert told.total() == told["GET delta"] + 1
