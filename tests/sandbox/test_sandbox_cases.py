"""What a bot that answers for rooms has to survive: thirteen cases of Exchange, over Graph, on the virtual clock."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.sandbox.tenant import MIA, OSLO, PORTO, TOM, Answer, Subscriber, Tenant

Subscribe = Callable[..., Awaitable[Answer]]
WEEKLY = {
    "pattern": {"type": "weekly", "interval": 1, "daysOfWeek": ["tuesday"]},
    "range": {"type": "numbered", "startDate": "2026-11-24", "numberOfOccurrences": 4},
}


async def answer(tenant: Tenant, event: dict[str, Any], verb: str = "accept", room: str = OSLO) -> Answer:
    return await tenant.graph("POST", f"/users/{room}/events/{event['id']}/{verb}", {"comment": "ok"})


async def move(tenant: Tenant, meeting: dict[str, Any], **changes: Any) -> None:
    moved = await tenant.call("POST", "/sandbox/outlook/move", {"id": meeting["id"]} | changes)
    assert moved.status == 200, moved.body


async def mails(tenant: Tenant, to: str) -> list[str]:
    found = await tenant.call("GET", f"/sandbox/mail?to={to}")
    return [mail["subject"] for mail in found.body["value"]]


async def statuses(tenant: Tenant, organizer: str, room: str) -> dict[str, str]:
    """What the organizer's copy says that the room answered, by day."""
    return {
        event["start"]["dateTime"][:10]: one["status"]["response"]
        for event in await tenant.view(organizer)
        for one in event["attendees"]
        if one["emailAddress"]["address"] == room
    }


def state(event: dict[str, Any]) -> tuple[str, str]:
    return event["responseStatus"]["response"], event["showAs"]


async def test_a_an_acceptance_after_three_seconds_loses_the_race(tenant: Tenant) -> None:
    await tenant.book()
    await tenant.advance(3)

    assert (await answer(tenant, await tenant.one(OSLO))).status == 202
    assert state(await tenant.one(OSLO)) == ("accepted", "busy")
    await tenant.advance(60)

    assert state(await tenant.one(OSLO)) == ("tentativelyAccepted", "tentative")
    assert await tenant.answer_of(OSLO) == "tentativelyAccepted"
    assert await mails(tenant, TOM) == ["Accepted: Standup", "Tentative: Standup"]


@pytest.mark.parametrize(("yields", "seen"), [(False, "tentativelyAccepted"), (True, "accepted")])
async def test_a_an_acceptance_before_the_attendants_reply_is_undone_at_the_organizers(
    tenant: Tenant, yields: bool, seen: str
) -> None:
    """The room shows the request as pending before the organizer has been told so."""
    await tenant.configure(OSLO, u_attendantYields=yields)
    await tenant.book()
    await tenant.advance(3)
    while state(event := await tenant.one(OSLO))[0] == "notResponded":
        await tenant.advance(0.5)

    await answer(tenant, event)
    await tenant.advance(60)

    assert state(await tenant.one(OSLO)) == ("accepted", "busy")
    assert await tenant.answer_of(OSLO) == seen


async def test_a_where_the_attendant_yields_an_early_acceptance_stands(tenant: Tenant) -> None:
    await tenant.configure(OSLO, u_attendantYields=True)
    await tenant.book()
    await tenant.advance(3)

    await answer(tenant, await tenant.one(OSLO))
    await tenant.advance(60)

    assert state(await tenant.one(OSLO)) == ("accepted", "busy")
    assert await tenant.answer_of(OSLO) == "accepted"


async def test_a_an_early_decline_stands(tenant: Tenant) -> None:
    await tenant.book()
    await tenant.advance(3)

    await answer(tenant, await tenant.one(OSLO), "decline")
    await tenant.advance(60)

    assert await tenant.view(OSLO) == []
    assert await mails(tenant, TOM) == ["Declined: Standup"]
    assert await tenant.answer_of(OSLO) == "declined"


async def test_b_moving_an_accepted_meeting_makes_it_pending_again(tenant: Tenant) -> None:
    meeting = await tenant.book()
    await tenant.advance(60)
    before = await tenant.one(OSLO)
    await answer(tenant, before)
    await tenant.advance(10)

    await move(tenant, meeting, start="2026-11-24T14:00")
    voided = await tenant.answer_of(OSLO)
    await tenant.advance(3)
    delivered = await tenant.one(OSLO)
    await tenant.advance(60)
    pending = await tenant.one(OSLO)

    assert voided == "none"
    assert (delivered["id"], delivered["start"]["dateTime"]) == (before["id"], "2026-11-24T13:00:00.0000000")
    assert [state(delivered), state(pending)] == [("notResponded", "tentative"), ("tentativelyAccepted", "tentative")]
    assert await mails(tenant, "room-bot@contoso.com") == ["Standup"] * 2
    await answer(tenant, pending)
    await tenant.advance(10)
    assert await tenant.answer_of(OSLO) == "accepted"


async def test_c_two_requests_for_one_slot_wait_side_by_side(tenant: Tenant) -> None:
    await tenant.book()
    await tenant.book(organizer=MIA)
    await tenant.advance(60)

    first, second = await tenant.view(OSLO)
    assert [state(first), state(second)] == [("tentativelyAccepted", "tentative")] * 2
    await answer(tenant, first)
    await answer(tenant, second, "decline")
    await tenant.advance(10)

    organizers = [one["organizer"]["emailAddress"]["address"] for one in (first, second)]
    assert [await tenant.answer_of(OSLO, one) for one in organizers] == ["accepted", "declined"]
    assert [event["id"] for event in await tenant.view(OSLO)] == [first["id"]]


async def test_d_after_a_decline_the_next_update_is_a_new_item(tenant: Tenant) -> None:
    meeting = await tenant.book()
    await tenant.advance(60)
    first = await tenant.one(OSLO)
    await answer(tenant, first, "decline")
    await tenant.advance(10)
    gone = await tenant.graph("GET", f"/users/{OSLO}/events/{first['id']}")

    await move(tenant, meeting, subject="Please")
    await tenant.advance(60)

    second = await tenant.one(OSLO)
    assert (gone.status, gone.code) == (404, "ErrorItemNotFound")
    assert second["id"] != first["id"]
    assert second["iCalUId"] == first["iCalUId"]
    assert state(second) == ("tentativelyAccepted", "tentative")


async def test_e_a_series_is_accepted_but_for_the_occurrence_that_conflicts(tenant: Tenant) -> None:
    await tenant.configure(PORTO, conflictMax=1, conflictPct=50)
    await tenant.book(room=PORTO, organizer=MIA, start="2026-12-01T10:00")
    await tenant.advance(60)

    await tenant.book(room=PORTO, recurrence=WEEKLY)
    await tenant.advance(60)

    assert await statuses(tenant, TOM, PORTO) == {"2026-11-24": "accepted"}
    december = await tenant.graph(
        "GET", f"/users/{TOM}/calendarView?startDateTime=2026-12-01T00:00:00Z&endDateTime=2026-12-31T00:00:00Z"
    )
    found = [event["attendees"][0]["status"]["response"] for event in december.body["value"]]
    assert found == ["declined", "accepted", "accepted"]
    assert await mails(tenant, TOM) == ["Accepted: Standup", "Declined: Standup"]


async def test_e_without_details_no_mail_tells_of_the_occurrence(tenant: Tenant) -> None:
    await tenant.configure(PORTO, conflictMax=1, conflictPct=50, enableResponseDetails=False)
    await tenant.book(room=PORTO, organizer=MIA, start="2026-11-24T10:00")
    await tenant.advance(60)

    await tenant.book(room=PORTO, recurrence=WEEKLY)
    await tenant.advance(60)

    assert await mails(tenant, TOM) == ["Accepted: Standup"]
    assert [event["organizer"]["emailAddress"]["address"] for event in await tenant.view(PORTO)] == [MIA]


async def test_f_an_external_request_is_a_phantom_that_nobody_answers(tenant: Tenant) -> None:
    await tenant.book(organizer="lena.fischer@fabrikam.com")

    await tenant.advance(86_400)

    event = await tenant.one(OSLO)
    assert state(event) == ("notResponded", "tentative")
    await answer(tenant, event, "decline")
    assert await tenant.view(OSLO) == []


@pytest.mark.parametrize("verb", ["accept", "decline", "tentativelyAccept"])
async def test_g_a_meeting_of_the_rooms_own_blocks_and_is_never_answered(tenant: Tenant, verb: str) -> None:
    await tenant.book(organizer=PORTO, room=None)
    await tenant.advance(60)
    event = await tenant.one(PORTO)
    refused = await answer(tenant, event, verb, PORTO)

    await tenant.book(room=PORTO)
    await tenant.advance(60)

    assert (event["isOrganizer"], *state(event)) == (True, "organizer", "busy")
    assert (refused.status, refused.code) == (400, "ErrorInvalidRequest")
    assert await tenant.answer_of(PORTO) == "declined"


async def test_h_a_meeting_shown_as_free_is_accepted_and_keeps_nothing(tenant: Tenant) -> None:
    await tenant.book(room=PORTO, showAs="free")
    await tenant.advance(60)
    accepted = await tenant.one(PORTO)

    await tenant.book(room=PORTO, organizer=MIA)
    await tenant.advance(60)

    assert state(accepted) == ("accepted", "free")
    assert [state(event) for event in await tenant.view(PORTO)] == [("accepted", "free"), ("accepted", "busy")]


async def test_i_a_series_beyond_the_window_is_cut_on_the_rooms_side_only(tenant: Tenant) -> None:
    endless = WEEKLY | {"range": {"type": "noEnd", "startDate": "2026-11-24"}}
    meeting = await tenant.book(recurrence=endless)
    await tenant.advance(60)

    occurrence = await tenant.one(OSLO)
    master = (await tenant.graph("GET", f"/users/{OSLO}/events/{occurrence['seriesMasterId']}")).body
    own = (await tenant.graph("GET", f"/users/{TOM}/events/{meeting['id']}")).body

    assert (master["recurrence"]["range"]["type"], own["recurrence"]["range"]["type"]) == ("endDate", "noEnd")
    assert master["recurrence"]["range"]["endDate"] == "2027-05-22"
    assert state(master) == ("tentativelyAccepted", "tentative")
    june = "startDateTime=2027-05-18T00:00:00Z&endDateTime=2027-06-30T00:00:00Z"
    lists = [(await tenant.graph("GET", f"/users/{who}/calendarView?{june}")).body["value"] for who in (OSLO, TOM)]
    assert [len(found) for found in lists] == [1, 7]


async def test_j_a_room_that_is_switched_back_leaves_what_waits_waiting(tenant: Tenant) -> None:
    await tenant.book()
    await tenant.advance(60)

    await tenant.configure(OSLO, profile="auto")
    await tenant.book(organizer=MIA, start="2026-11-24T15:00")
    await tenant.advance(3600)

    assert [state(event)[0] for event in await tenant.view(OSLO)] == ["tentativelyAccepted", "accepted"]


async def test_k_who_may_book_appears_accepted_without_the_delegate(tenant: Tenant) -> None:
    await tenant.configure(OSLO, wells={"book": [MIA]})

    await tenant.book(organizer=MIA)
    await tenant.book(organizer=TOM, onBehalfOf=MIA, start="2026-11-24T11:00")
    await tenant.book(organizer=MIA, onBehalfOf=TOM, start="2026-11-24T12:00")
    await tenant.book(organizer=TOM, start="2026-11-24T13:00")
    await tenant.advance(90)

    found = await tenant.view(OSLO)
    assert [state(event)[0] for event in found] == ["accepted"] * 3 + ["tentativelyAccepted"]
    assert [event["organizer"]["emailAddress"]["address"] for event in found] == [MIA, MIA, TOM, TOM]


async def test_l_webhooks_come_twice_late_or_never_and_the_feed_is_true(
    tenant: Tenant, subscribe: Subscribe, subscriber: Subscriber
) -> None:
    await subscribe(OSLO)
    window = "startDateTime=2026-11-01T00:00:00Z&endDateTime=2026-12-30T00:00:00Z"
    begun = (await tenant.graph("GET", f"/users/{OSLO}/calendarView/delta?{window}")).body
    for action in ("drop", "duplicate", "delay"):
        await tenant.call("POST", "/sandbox/faults/notifications", {"action": action, "delay_s": 120})

    meeting = await tenant.book()
    await tenant.advance(60)
    soon = [item["changeType"] for item in subscriber.items]
    await answer(tenant, await tenant.one(OSLO))
    await tenant.call("POST", "/sandbox/outlook/cancel", {"id": meeting["id"]})
    await tenant.advance(200)
    all_told = [item["changeType"] for item in subscriber.items]

    changed = (await tenant.graph("GET", begun["@odata.deltaLink"])).body["value"]
    assert soon == ["updated", "updated"]
    assert all_told == ["updated"] * 4  # the creation was dropped, the acceptance came after the cancellation
    assert [(event["isCancelled"], event["subject"]) for event in changed] == [(True, "Canceled: Standup")]


@pytest.mark.parametrize(("counts", "seen"), [(False, "none"), (True, "accepted")])
async def test_m_a_late_answer_to_an_older_version(tenant: Tenant, counts: bool, seen: str) -> None:
    await tenant.configure(OSLO, u_lateAnswerCounts=counts)
    meeting = await tenant.book()
    await tenant.advance(60)
    event = await tenant.one(OSLO)

    await move(tenant, meeting, start="2026-11-24T15:00")
    late = await answer(tenant, event)  # before the update has reached the room
    kept = await tenant.one(OSLO)
    await tenant.advance(8)

    assert (late.status, state(kept)) == (202, ("accepted", "busy"))
    assert await tenant.answer_of(OSLO) == seen
