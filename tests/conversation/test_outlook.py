"""The other side: meetings made, moved and cancelled in Outlook, as the chat and the rooms see them."""

from pathlib import Path

import pytest

from bot.domain.events import RoomEvent
from tests.conversation.stage import MIA, POLICY, Stage, text_of
from tests.conversation.test_booking import WORDS, _booked


async def test_a_fine_request_is_accepted_in_the_rooms_name(stage: Stage) -> None:
    made = await stage.book_in_outlook("tom@contoso.com", "oslo@contoso.com", "2026-11-24T10:00", minutes=30)
    await stage.pass_time(35)

    assert await _response(stage, "tom@contoso.com", made["id"]) == "accepted"
    assert "Taken" in text_of(await stage.say(MIA, "is Oslo free tomorrow at 10?"))


async def test_it_shows_as_busy_while_it_still_waits(stage: Stage) -> None:
    await stage.book_in_outlook("tom@contoso.com", "oslo@contoso.com", "2026-11-24T10:00", minutes=30)
    await stage.pass_time(4)

    assert "Taken" in text_of(await stage.say(MIA, "is Oslo free tomorrow at 10?"))


async def test_a_request_against_policy_is_declined_with_all_its_reasons(stage: Stage) -> None:
    made = await stage.book_in_outlook("tom@contoso.com", "oslo@contoso.com", "2026-11-24T08:00", minutes=600)
    await stage.pass_time(35)

    assert await _response(stage, "tom@contoso.com", made["id"]) == "declined"
    mail = (await stage.control("GET", "/mail?mailbox=tom@contoso.com"))["value"]
    assert any("8 hours" in message["text"] for message in mail)


async def test_an_overlap_is_declined(stage: Stage) -> None:
    await stage.control("PATCH", "/rooms/oslo@contoso.com", {"allowConflicts": True})
    first = await stage.book_in_outlook("tom@contoso.com", "oslo@contoso.com", "2026-11-24T10:00", minutes=60)
    await stage.pass_time(35)
    second = await stage.book_in_outlook("priya@contoso.com", "oslo@contoso.com", "2026-11-24T10:30", minutes=60)
    await stage.pass_time(35)

    assert await _response(stage, "tom@contoso.com", first["id"]) == "accepted"
    assert await _response(stage, "priya@contoso.com", second["id"]) == "declined"


async def test_an_answer_waits_for_exchanges_attendant(stage: Stage) -> None:
    await stage.book_in_outlook("tom@contoso.com", "oslo@contoso.com", "2026-11-24T10:00", minutes=30)
    await stage.pass_time(5)

    answers = [one for one in (await stage.control("GET", "/requests"))["value"] if one["path"].endswith("/accept")]
    assert answers == []


async def test_a_cancelled_meeting_frees_the_room(stage: Stage) -> None:
    made = await stage.book_in_outlook("tom@contoso.com", "oslo@contoso.com", "2026-11-24T10:00", minutes=30)
    await stage.pass_time(35)

    await stage.control("POST", "/outlook/cancel", {"id": made["id"]})
    await stage.pass_time(15)

    assert "Free" in text_of(await stage.say(MIA, "is Oslo free tomorrow at 10?"))


async def test_moving_a_chat_booking_in_outlook_updates_its_card(stage: Stage) -> None:
    await _booked(stage, WORDS)
    event_id = (await stage.control("GET", "/outlook/meetings?mailbox=mia@contoso.com"))["value"][0]["id"]

    await stage.control("POST", "/outlook/move", {"id": event_id, "start": "2026-11-24T17:00", "minutes": 60})
    await stage.pass_time(40)

    assert "Booked" in stage.shown(MIA)
    assert "17:00–18:00" in stage.shown(MIA)


async def test_a_meeting_moved_further_ahead_than_its_room_is_shown_stands_and_says_so(tmp_path: Path) -> None:
    policy = POLICY.read_text().replace("days_ahead = 180", "days_ahead = 30")
    async with Stage(tmp_path, policy=policy) as stage:
        await _booked(stage, WORDS)
        event_id = (await stage.control("GET", "/outlook/meetings?mailbox=mia@contoso.com"))["value"][0]["id"]

        await stage.control("POST", "/outlook/move", {"id": event_id, "start": "2027-03-01T15:00", "minutes": 60})
        await stage.pass_time(1320, step_s=20)

        assert "Mon, 1 Mar 2027, 15:00–16:00" in stage.shown(MIA)
        assert "further ahead than I can see" in stage.shown(MIA)
        (left,) = (await stage.graph("/users/mia@contoso.com/events"))["value"]
        assert not left["isCancelled"]


async def test_cancelling_a_chat_booking_in_outlook_is_told_on_its_card(stage: Stage) -> None:
    await _booked(stage, WORDS)
    event_id = (await stage.control("GET", "/outlook/meetings?mailbox=mia@contoso.com"))["value"][0]["id"]

    await stage.control("POST", "/outlook/cancel", {"id": event_id})
    await stage.pass_time(20)

    assert "Booked" not in stage.shown(MIA)
    assert "Outlook" in stage.shown(MIA)


async def test_with_every_notification_lost_the_poll_still_finds_everything(stage: Stage) -> None:
    await stage.control("POST", "/faults/notifications", {"action": "drop", "times": 100000})
    made = await stage.book_in_outlook("tom@contoso.com", "oslo@contoso.com", "2026-11-24T10:00", minutes=30)

    await stage.pass_time(700, step_s=20)

    assert await _response(stage, "tom@contoso.com", made["id"]) == "accepted"


async def test_a_weekly_series_is_accepted_as_one(stage: Stage) -> None:
    recurrence = {
        "pattern": {"type": "weekly", "interval": 1, "daysOfWeek": ["tuesday"]},
        "range": {"type": "numbered", "startDate": "2026-11-24", "numberOfOccurrences": 4},
    }
    made = await stage.book_in_outlook(
        "tom@contoso.com", "oslo@contoso.com", "2026-11-24T10:00", minutes=30, recurrence=recurrence
    )
    await stage.pass_time(40)

    assert await _response(stage, "tom@contoso.com", made["id"]) == "accepted"
    assert "Taken" in text_of(await stage.say(MIA, "is Oslo free on 8 december at 10?"))


async def _response(stage: Stage, organizer: str, event_id: str) -> str:
    """The room's answer as the organizer's copy has it."""
    meeting = await stage.graph(f"/users/{organizer}/events/{event_id}")
    rooms = [attendee for attendee in meeting["attendees"] if attendee["type"] == "resource"]
    response: str = rooms[0]["status"]["response"]
    return response


@pytest.mark.parametrize("in_chat", [True, False])
async def test_a_meeting_taken_to_another_room_holds_its_time_there_from_the_moment_it_stands(
    stage: Stage, in_chat: bool
) -> None:
    """Wherever it was made, and whichever room it was in."""
    if in_chat:
        await _booked(stage, WORDS)
        event_id = (await stage.control("GET", "/outlook/meetings?mailbox=mia@contoso.com"))["value"][0]["id"]
    else:
        made = await stage.book_in_outlook("tom@contoso.com", "oslo@contoso.com", "2026-11-24T15:00", minutes=60)
        event_id = made["id"]
        await stage.pass_time(35)
    (before,) = await _standing(stage)
    other = "oslo@contoso.com" if before.room != "oslo@contoso.com" else "bergen@contoso.com"
    await stage.control("POST", "/outlook/move", {"id": event_id, "room": other})

    for _ in range(50):
        await stage.pass_time(1)
        for row in await _standing(stage):
            start, end = row.slot.whole_seconds
            held = await stage.tenant.services.documents.store.claims(row.room, start, end)
            assert [(one.start, one.end) for one in held] == [(start, end)], row.room

    assert [row.room for row in await _standing(stage)] == [other]


async def _standing(stage: Stage) -> list[RoomEvent]:
    rows = [kept.value for kept in await stage.tenant.services.documents.scan("event/", RoomEvent)]
    return [row for row in rows if row.blocks and not row.pending]


async def test_a_date_of_a_series_that_is_moved_by_weeks_is_named_on_its_card(stage: Stage) -> None:
    """To the hour and weekday of all the others."""
    await _booked(stage, "book Lisbon every tuesday from 3 to 4 pm until 15 december")
    await stage.pass_time(45, step_s=5)
    around = "from=2026-12-14T00:00:00Z&to=2026-12-17T00:00:00Z"
    (last,) = (await stage.control("GET", f"/outlook/meetings?mailbox=mia@contoso.com&{around}"))["value"]

    await stage.control("POST", "/outlook/move", {"id": last["id"], "start": "2026-12-29T14:00:00Z"})
    await stage.pass_time(120, step_s=5)

    assert "Tue 29 Dec, 15:00–16:00: " in stage.shown(MIA)
