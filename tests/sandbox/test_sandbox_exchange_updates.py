"""What becomes of answers when the organizer changes or cancels a meeting, a series, or one occurrence of it."""

from typing import Any

import pytest

from tests.sandbox.tenant import MIA, OSLO, PORTO, TOM, Tenant

DELEGATE = "room-bot@contoso.com"
HELSINKI = "helsinki@contoso.com"
DAILY = {
    "pattern": {"type": "daily", "interval": 1},
    "range": {"type": "numbered", "startDate": "2026-11-24", "numberOfOccurrences": 3},
}


async def answer(tenant: Tenant, event: dict[str, Any], verb: str = "accept", room: str = OSLO) -> None:
    given = await tenant.graph("POST", f"/users/{room}/events/{event['id']}/{verb}", {})
    assert given.status == 202, given.body


async def move(tenant: Tenant, meeting: dict[str, Any], **changes: Any) -> None:
    moved = await tenant.call("POST", "/sandbox/outlook/move", {"id": meeting["id"]} | changes)
    assert moved.status == 200, moved.body


async def cancel(tenant: Tenant, meeting: dict[str, Any]) -> None:
    assert (await tenant.call("POST", "/sandbox/outlook/cancel", {"id": meeting["id"]})).status == 204


async def states(tenant: Tenant, room: str = OSLO) -> list[tuple[str, str]]:
    """By day of the month: the room's response, cancelled where it is."""
    return [
        (event["start"]["dateTime"][8:10], "cancelled" if event["isCancelled"] else event["responseStatus"]["response"])
        for event in await tenant.view(room)
    ]


async def organizers_view(tenant: Tenant, room: str = OSLO) -> list[str]:
    return [
        one["status"]["response"]
        for event in await tenant.view(TOM)
        for one in event["attendees"]
        if one["emailAddress"]["address"] == room
    ]


async def accepted_meeting(tenant: Tenant, **order: Any) -> dict[str, Any]:
    meeting = await tenant.book(**order)
    await tenant.advance(60)
    event = (await tenant.view(OSLO))[0]
    await answer(tenant, {"id": event["seriesMasterId"] or event["id"]})
    await tenant.advance(10)
    return meeting


@pytest.mark.parametrize(
    "change",
    [
        {"start": "2026-11-24T15:00"},
        {"minutes": 45},
        {"start": {"dateTime": "2026-11-24T09:00:00", "timeZone": "UTC"}},  # the same instant in another zone
        {"recurrence": DAILY},
    ],
    ids=["start", "end", "zone", "recurrence"],
)
async def test_a_full_update_voids_the_answers(tenant: Tenant, change: dict[str, Any]) -> None:
    meeting = await accepted_meeting(tenant)
    if isinstance(change.get("start"), dict) or "recurrence" in change:
        assert (await tenant.graph("PATCH", f"/users/{TOM}/events/{meeting['id']}", change)).status == 200
    else:
        await move(tenant, meeting, **change)
    voided = set(await organizers_view(tenant))
    await tenant.advance(60)

    assert voided == {"none"}
    assert {response for _, response in await states(tenant)} == {"tentativelyAccepted"}
    assert len((await tenant.call("GET", f"/sandbox/mail?to={DELEGATE}")).body["value"]) == 2


@pytest.mark.parametrize(
    ("change", "shown"),
    [
        ({"subject": "Retro"}, "busy"),
        ({"attendees": [MIA]}, "busy"),
        ({"showAs": "oof"}, "oof"),
    ],
    ids=str,
)
async def test_an_informational_update_leaves_them(tenant: Tenant, change: dict[str, Any], shown: str) -> None:
    meeting = await accepted_meeting(tenant)

    await move(tenant, meeting, **change)
    await tenant.advance(60)

    event = await tenant.one(OSLO)
    assert (event["responseStatus"]["response"], event["showAs"]) == ("accepted", shown)
    assert await organizers_view(tenant) == ["accepted"]
    if "attendees" in change:
        assert [one["emailAddress"]["address"] for one in event["attendees"]] == [TOM, MIA, OSLO]
        assert (await tenant.one(MIA))["responseStatus"]["response"] == "notResponded"


async def test_other_attendees_may_be_read_as_a_reason_to_decide_again(tenant: Tenant) -> None:
    await tenant.configure(OSLO, u_attendeesReopen=True)
    meeting = await accepted_meeting(tenant)

    await move(tenant, meeting, subject="Retro")
    await tenant.advance(60)
    retitled = await states(tenant)
    await move(tenant, meeting, attendees=[MIA])
    await tenant.advance(60)

    assert (retitled, await states(tenant)) == ([("24", "accepted")], [("24", "tentativelyAccepted")])


@pytest.mark.parametrize(("reforwards", "forwarded"), [(False, 1), (True, 2)])
async def test_an_informational_update_of_a_pending_request(tenant: Tenant, reforwards: bool, forwarded: int) -> None:
    await tenant.configure(OSLO, u_reforwardOnInfoUpdate=reforwards)
    meeting = await tenant.book()
    await tenant.advance(60)

    await move(tenant, meeting, subject="Retro")
    await tenant.advance(3)
    reopened = await states(tenant)
    await tenant.advance(60)

    assert reopened == [("24", "notResponded")]
    assert await states(tenant) == [("24", "tentativelyAccepted")]
    assert (await tenant.one(OSLO))["subject"] == "Retro"
    assert len((await tenant.call("GET", f"/sandbox/mail?to={DELEGATE}")).body["value"]) == forwarded


async def test_a_persons_tentative_answer_stands_over_an_informational_update(tenant: Tenant) -> None:
    meeting = await tenant.book(room=None, attendees=[MIA])
    await tenant.advance(10)
    await answer(tenant, await tenant.one(MIA), "tentativelyAccept", MIA)

    await move(tenant, meeting, subject="Retro")
    await tenant.advance(10)

    event = await tenant.one(MIA)
    assert (event["subject"], event["responseStatus"]["response"]) == ("Retro", "tentativelyAccepted")


async def test_what_only_concerns_the_organizer_is_not_sent(tenant: Tenant) -> None:
    meeting = await accepted_meeting(tenant)
    before = await tenant.one(OSLO)

    own = {"categories": ["Red"], "reminderMinutesBeforeStart": 5, "isReminderOn": True}
    await tenant.graph("PATCH", f"/users/{TOM}/events/{meeting['id']}", own)
    await tenant.advance(10)

    assert (await tenant.one(TOM))["categories"] == ["Red"]
    assert await tenant.one(OSLO) == before


async def test_a_move_into_a_conflict_loses_the_old_slot_too(tenant: Tenant) -> None:
    await tenant.book(room=PORTO, organizer=MIA, start="2026-11-24T15:00")
    meeting = await tenant.book(room=PORTO)
    await tenant.advance(90)

    await move(tenant, meeting, start="2026-11-24T15:15")
    await tenant.advance(60)

    assert [event["organizer"]["emailAddress"]["address"] for event in await tenant.view(PORTO)] == [MIA]
    assert await organizers_view(tenant, PORTO) == ["declined"]


async def test_another_room_gets_the_request_and_the_first_a_cancellation(tenant: Tenant) -> None:
    meeting = await accepted_meeting(tenant)

    await move(tenant, meeting, room=HELSINKI)
    await tenant.advance(60)

    first, second = await tenant.one(OSLO), await tenant.one(HELSINKI)
    assert (first["isCancelled"], first["showAs"], first["subject"]) == (True, "free", "Canceled: Standup")
    assert second["responseStatus"]["response"] == "tentativelyAccepted"
    assert second["iCalUId"] == first["iCalUId"]
    assert [one["emailAddress"]["address"] for one in (await tenant.one(TOM))["attendees"]] == [HELSINKI]


async def test_a_cancelled_meeting_can_not_be_answered(tenant: Tenant) -> None:
    meeting = await accepted_meeting(tenant)
    await cancel(tenant, meeting)
    await tenant.advance(10)
    event = await tenant.one(OSLO)

    refused = await tenant.graph("POST", f"/users/{OSLO}/events/{event['id']}/accept", {})

    assert (refused.status, refused.code) == (400, "ErrorCalendarIsCancelledForAccept")
    assert await states(tenant) == [("24", "cancelled")]


async def test_a_cancellation_overtakes_a_decision(tenant: Tenant) -> None:
    meeting = await tenant.book(room=PORTO)
    await tenant.advance(8)
    await cancel(tenant, meeting)

    await tenant.advance(60)

    assert await states(tenant, PORTO) == [("24", "cancelled")]
    assert (await tenant.call("GET", f"/sandbox/mail?to={TOM}")).body["value"] == []


async def occurrence(tenant: Tenant, number: int, mailbox: str = TOM) -> dict[str, Any]:
    return (await tenant.view(mailbox))[number]


async def test_one_occurrence_that_moves_is_decided_by_itself(tenant: Tenant) -> None:
    await accepted_meeting(tenant, recurrence=DAILY)

    await move(tenant, await occurrence(tenant, 1), start="2026-11-25T16:00")
    await tenant.advance(60)

    assert await states(tenant) == [("24", "accepted"), ("25", "tentativelyAccepted"), ("26", "accepted")]
    assert await organizers_view(tenant) == ["accepted", "tentativelyAccepted", "accepted"]
    moved = await occurrence(tenant, 1, OSLO)
    assert (moved["type"], moved["start"]["dateTime"][11:16]) == ("exception", "15:00")
    await answer(tenant, moved)
    await tenant.advance(10)
    assert await organizers_view(tenant) == ["accepted"] * 3


@pytest.mark.parametrize("removes", [False, True])
async def test_one_occurrence_that_is_cancelled_frees_its_day_alone(tenant: Tenant, removes: bool) -> None:
    await tenant.configure(OSLO, removeCanceled=removes)
    await accepted_meeting(tenant, recurrence=DAILY)

    await cancel(tenant, await occurrence(tenant, 1))
    await tenant.advance(10)

    gone = [] if removes else [("25", "cancelled")]
    assert await states(tenant) == [("24", "accepted"), *gone, ("26", "accepted")]
    assert len(await tenant.view(TOM)) == 2


async def test_an_occurrence_that_the_room_declined_comes_back_when_it_moves(tenant: Tenant) -> None:
    await accepted_meeting(tenant, recurrence=DAILY)
    await answer(tenant, await occurrence(tenant, 1, OSLO), "decline")
    await tenant.advance(10)
    declined = await organizers_view(tenant)

    await move(tenant, await occurrence(tenant, 1), start="2026-11-25T16:00")
    await tenant.advance(60)

    assert declined == ["accepted", "declined", "accepted"]
    assert await states(tenant) == [("24", "accepted"), ("25", "tentativelyAccepted"), ("26", "accepted")]


async def test_another_room_for_one_occurrence(tenant: Tenant) -> None:
    meeting = await accepted_meeting(tenant, recurrence=DAILY)

    for number in (1, 2):
        await move(tenant, await occurrence(tenant, number), room=HELSINKI)
    await tenant.advance(90)
    own, lone = await occurrence(tenant, 1), await occurrence(tenant, 0, HELSINKI)
    await answer(tenant, lone, room=HELSINKI)
    await tenant.advance(10)

    assert await states(tenant) == [("24", "accepted"), ("25", "cancelled"), ("26", "cancelled")]
    assert await states(tenant, HELSINKI) == [("25", "accepted"), ("26", "tentativelyAccepted")]
    assert (lone["iCalUId"], lone["start"]) == (own["iCalUId"], own["start"])
    assert await organizers_view(tenant, HELSINKI) == ["accepted", "tentativelyAccepted"]

    await cancel(tenant, meeting)
    await tenant.advance(10)
    assert await states(tenant, HELSINKI) == [("25", "cancelled"), ("26", "cancelled")]


async def test_a_moved_series_begins_anew_and_frees_what_other_rooms_held_of_it(tenant: Tenant) -> None:
    meeting = await accepted_meeting(tenant, recurrence=DAILY)
    await move(tenant, await occurrence(tenant, 1), room=HELSINKI)
    await tenant.advance(60)

    await move(tenant, meeting, start="2026-11-24T12:00")
    await tenant.advance(60)

    assert await states(tenant) == [(day, "tentativelyAccepted") for day in ("24", "25", "26")]
    assert await states(tenant, HELSINKI) == [("25", "cancelled")]
    assert await organizers_view(tenant) == ["tentativelyAccepted"] * 3


async def test_a_series_is_accepted_over_anything_where_conflicts_are_allowed(tenant: Tenant) -> None:
    await tenant.configure(PORTO, allowConflicts=True)
    await tenant.book(room=PORTO, organizer=MIA, start="2026-11-25T10:00")
    await tenant.book(room=PORTO, recurrence=DAILY)

    await tenant.advance(90)

    found = await states(tenant, PORTO)
    assert found == [("24", "accepted"), ("25", "accepted"), ("25", "accepted"), ("26", "accepted")]


async def test_an_accepted_series_is_stripped_with_its_exceptions(tenant: Tenant) -> None:
    meeting = await tenant.book(room=None, recurrence=DAILY, subject="Plans")
    await move(tenant, await occurrence(tenant, 1), subject="Secret plans")

    await move(tenant, meeting, room=PORTO)
    await tenant.advance(120)

    assert {event["subject"] for event in await tenant.view(PORTO)} == {"Tom de Vries"}


async def test_an_answer_to_a_series_changes_the_etag_of_its_exceptions(tenant: Tenant) -> None:
    await accepted_meeting(tenant, recurrence=DAILY)
    await move(tenant, await occurrence(tenant, 1), start="2026-11-25T16:00")
    await tenant.advance(60)
    before = await occurrence(tenant, 1, OSLO)

    await answer(tenant, {"id": before["seriesMasterId"]})

    after = await occurrence(tenant, 1, OSLO)
    assert after["responseStatus"]["response"] == "accepted"
    assert after["@odata.etag"] != before["@odata.etag"]


async def test_an_occurrence_that_moves_while_the_series_is_decided_is_looked_at_again(tenant: Tenant) -> None:
    await tenant.book(room=PORTO, organizer=MIA, start="2026-11-25T16:00")
    await tenant.advance(60)
    await tenant.book(room=PORTO, recurrence=DAILY)
    await tenant.advance(6)  # decided, not carried out

    await move(tenant, await occurrence(tenant, 1), start="2026-11-25T16:00")
    await tenant.advance(7)
    soon = await states(tenant, PORTO)
    await tenant.advance(60)

    assert soon == [("24", "accepted"), ("25", "accepted"), ("25", "notResponded"), ("26", "accepted")]
    assert await states(tenant, PORTO) == [("24", "accepted"), ("25", "accepted"), ("26", "accepted")]
    assert await organizers_view(tenant, PORTO) == ["accepted", "declined", "accepted"]


async def test_replies_name_the_meeting_as_the_organizer_does(tenant: Tenant) -> None:
    await tenant.book(room=PORTO, recurrence=DAILY)
    await tenant.advance(6)

    await move(tenant, await occurrence(tenant, 1), subject="Retro")
    await tenant.advance(60)

    mails = (await tenant.call("GET", f"/sandbox/mail?to={TOM}")).body["value"]
    assert [mail["subject"] for mail in mails] == ["Accepted: Standup", "Accepted: Retro"]


@pytest.mark.parametrize("is_moved_first", [True, False])
async def test_of_what_lies_behind_the_cut_the_room_knows_nothing(tenant: Tenant, is_moved_first: bool) -> None:
    await tenant.configure(PORTO, enforceHorizon=False, windowDays=2)
    meeting = await tenant.book(room=None, recurrence=DAILY)
    if is_moved_first:
        await move(tenant, await occurrence(tenant, 2), start="2026-11-26T16:00")
    await move(tenant, meeting, room=PORTO)
    await tenant.advance(60)
    if not is_moved_first:
        await move(tenant, await occurrence(tenant, 2), subject="Retro")

    await tenant.advance(60)

    assert await states(tenant, PORTO) == [("24", "accepted"), ("25", "accepted")]
    assert await organizers_view(tenant, PORTO) == ["accepted"] * 3


async def test_a_room_that_is_asked_again_after_its_cancellation_has_the_same_item(tenant: Tenant) -> None:
    meeting = await accepted_meeting(tenant)
    before = await tenant.one(OSLO)

    for room in (HELSINKI, OSLO):
        await move(tenant, meeting, room=room)
        await tenant.advance(60)

    after = await tenant.one(OSLO)
    assert (after["id"], after["subject"], after["isCancelled"]) == (before["id"], "Standup", False)
    assert after["responseStatus"]["response"] == "tentativelyAccepted"
    assert await states(tenant, HELSINKI) == [("24", "cancelled")]
