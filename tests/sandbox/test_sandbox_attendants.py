"""What rooms answer, and when: the cases that the delegated policy of Exchange leads to."""

import pytest

from sandbox.exchange.timing import Timing
from sandbox.world import World
from tests.sandbox.tenant import MIA, MONTREAL, OSLO, PORTO, TOM, Tenant

BASE = "/users/{}/events/{}"


async def accept(tenant: Tenant, room: str, event_id: str, verb: str = "accept") -> int:
    return (await tenant.graph("POST", f"{BASE.format(room, event_id)}/{verb}", {"comment": "ok"})).status


async def test_a_room_that_decides_itself_accepts_and_strips_the_subject(tenant: Tenant) -> None:
    await tenant.book(room=PORTO, body="secret plans", sensitivity="private")

    await tenant.advance(60)

    event = await tenant.one(PORTO)
    assert (event["responseStatus"]["response"], event["showAs"]) == ("accepted", "busy")
    assert (event["subject"], event["bodyPreview"], event["sensitivity"]) == ("Tom de Vries", "", "normal")
    assert await tenant.answer_of(PORTO) == "accepted"


async def test_a_delegated_room_leaves_a_request_pending_and_forwards_it(tenant: Tenant) -> None:
    await tenant.book()

    await tenant.advance(3)
    delivered = await tenant.one(OSLO)
    await tenant.advance(60)
    pending = await tenant.one(OSLO)

    assert (delivered["responseStatus"]["response"], delivered["showAs"]) == ("notResponded", "tentative")
    assert (pending["responseStatus"]["response"], pending["showAs"]) == ("tentativelyAccepted", "tentative")
    assert pending["subject"] == "Standup"
    assert await tenant.answer_of(OSLO) == "tentativelyAccepted"
    mails = (await tenant.call("GET", "/sandbox/mail?to=room-bot@contoso.com")).body["value"]
    assert [(mail["subject"], mail["is_delegated"]) for mail in mails] == [("Standup", True)]


async def test_an_answer_in_the_rooms_name_reaches_the_organizer_seconds_later(tenant: Tenant) -> None:
    await tenant.book()
    await tenant.advance(60)
    event = await tenant.one(OSLO)

    assert await accept(tenant, OSLO, event["id"]) == 202

    assert (await tenant.one(OSLO))["showAs"] == "busy"
    assert await tenant.answer_of(OSLO) == "tentativelyAccepted"
    await tenant.advance(8)
    assert await tenant.answer_of(OSLO) == "accepted"


async def test_declining_removes_the_rooms_item_and_tells_the_organizer(tenant: Tenant) -> None:
    await tenant.book()
    await tenant.advance(60)
    event = await tenant.one(OSLO)

    assert await accept(tenant, OSLO, event["id"], "decline") == 202
    await tenant.advance(8)

    assert await tenant.view(OSLO) == []
    assert (await tenant.graph("GET", BASE.format(OSLO, event["id"]))).code == "ErrorItemNotFound"
    assert await tenant.answer_of(OSLO) == "declined"


async def test_an_answer_given_before_the_attendants_own_is_overwritten(tenant: Tenant) -> None:
    await tenant.book()
    await tenant.advance(3)
    event = await tenant.one(OSLO)

    assert await accept(tenant, OSLO, event["id"]) == 202
    assert (await tenant.one(OSLO))["responseStatus"]["response"] == "accepted"
    await tenant.advance(60)

    assert (await tenant.one(OSLO))["responseStatus"]["response"] == "tentativelyAccepted"
    assert await tenant.answer_of(OSLO) == "tentativelyAccepted"


async def test_moving_an_accepted_meeting_makes_it_pending_again_under_the_same_id(tenant: Tenant) -> None:
    meeting = await tenant.book()
    await tenant.advance(60)
    before = await tenant.one(OSLO)
    await accept(tenant, OSLO, before["id"])
    await tenant.advance(10)

    await tenant.call("POST", "/sandbox/outlook/move", {"id": meeting["id"], "start": "2026-11-24T14:00"})
    voided = await tenant.answer_of(OSLO)
    await tenant.advance(3)
    moved = await tenant.one(OSLO)
    await tenant.advance(60)

    assert voided == "none"
    assert moved["id"] == before["id"]
    assert moved["start"]["dateTime"] == "2026-11-24T13:00:00.0000000"
    assert moved["responseStatus"]["response"] == "notResponded"
    assert (await tenant.one(OSLO))["responseStatus"]["response"] == "tentativelyAccepted"


async def test_editing_the_subject_leaves_an_acceptance_standing(tenant: Tenant) -> None:
    meeting = await tenant.book()
    await tenant.advance(60)
    await accept(tenant, OSLO, (await tenant.one(OSLO))["id"])
    await tenant.advance(10)

    await tenant.call("POST", "/sandbox/outlook/move", {"id": meeting["iCalUId"], "subject": "Stand-down"})
    await tenant.advance(60)

    event = await tenant.one(OSLO)
    assert (event["subject"], event["responseStatus"]["response"]) == ("Stand-down", "accepted")
    assert await tenant.answer_of(OSLO) == "accepted"


async def test_after_a_decline_the_organizers_next_update_arrives_as_a_new_item(tenant: Tenant) -> None:
    meeting = await tenant.book()
    await tenant.advance(60)
    first = await tenant.one(OSLO)
    await accept(tenant, OSLO, first["id"], "decline")
    await tenant.advance(10)

    await tenant.call("POST", "/sandbox/outlook/move", {"id": meeting["id"], "start": "2026-11-24T15:00"})
    await tenant.advance(60)

    second = await tenant.one(OSLO)
    assert second["id"] != first["id"]
    assert second["iCalUId"] == first["iCalUId"] == meeting["iCalUId"]
    assert second["responseStatus"]["response"] == "tentativelyAccepted"


async def test_two_requests_for_one_slot_are_both_pending(tenant: Tenant) -> None:
    await tenant.book()
    await tenant.book(organizer=MIA)

    await tenant.advance(60)

    assert [event["responseStatus"]["response"] for event in await tenant.view(OSLO)] == ["tentativelyAccepted"] * 2


@pytest.mark.parametrize(
    "order",
    [{"minutes": 26 * 60}, {"start": "2027-06-24T10:00"}],
    ids=["26 hours", "beyond the window"],
)
async def test_exchange_still_declines_what_breaks_its_limits(tenant: Tenant, order: dict[str, object]) -> None:
    meeting = await tenant.book(**order)

    await tenant.advance(60)

    own = await tenant.graph("GET", BASE.format(TOM, meeting["id"]))
    assert own.body["attendees"][0]["status"]["response"] == "declined"


async def test_a_request_over_an_accepted_meeting_is_declined_with_whose_it_is(tenant: Tenant) -> None:
    await tenant.book(room=PORTO)
    await tenant.advance(60)

    await tenant.book(room=PORTO, organizer=MIA)
    await tenant.advance(60)

    assert len(await tenant.view(PORTO)) == 1
    assert await tenant.answer_of(PORTO, MIA) == "declined"
    mails = (await tenant.call("GET", f"/sandbox/mail?to={MIA}")).body["value"]
    assert "Tom de Vries" in mails[0]["text"]


async def test_a_meeting_shown_as_free_does_not_keep_the_room(tenant: Tenant) -> None:
    await tenant.book(room=PORTO, showAs="free")
    await tenant.advance(60)

    await tenant.book(room=PORTO, organizer=MIA)
    await tenant.advance(60)

    shown = sorted(event["showAs"] for event in await tenant.view(PORTO))
    assert shown == ["busy", "free"]


async def test_a_meeting_made_in_the_rooms_own_calendar_is_never_evaluated(tenant: Tenant) -> None:
    await tenant.book(organizer=PORTO, room=None)
    await tenant.advance(60)
    event = await tenant.one(PORTO)

    refused = await tenant.graph("POST", f"{BASE.format(PORTO, event['id'])}/accept", {})

    assert (event["isOrganizer"], event["responseStatus"]["response"]) == (True, "organizer")
    assert (refused.status, refused.code) == (400, "ErrorInvalidRequest")
    assert "you're the meeting organizer" in refused.body["error"]["message"]


async def test_somebody_who_may_book_is_accepted_without_the_delegate(tenant: Tenant) -> None:
    await tenant.configure(OSLO, wells={"book": [MIA]})

    await tenant.book(organizer=MIA)
    await tenant.advance(60)

    assert (await tenant.one(OSLO))["responseStatus"]["response"] == "accepted"
    assert await tenant.answer_of(OSLO, MIA) == "accepted"


async def test_an_external_request_stays_unanswered_for_ever(tenant: Tenant) -> None:
    await tenant.book(organizer="lena.fischer@fabrikam.com")

    await tenant.advance(3600)

    event = await tenant.one(OSLO)
    assert event["responseStatus"]["response"] == "notResponded"
    assert event["organizer"]["emailAddress"]["address"] == "lena.fischer@fabrikam.com"


async def test_a_room_on_auto_update_files_and_never_answers(tenant: Tenant) -> None:
    await tenant.book(room=MONTREAL)

    await tenant.advance(3600)

    assert (await tenant.one(MONTREAL))["responseStatus"]["response"] == "notResponded"
    assert await tenant.answer_of(MONTREAL) == "none"


async def test_with_no_attendant_nothing_is_filed(tenant: Tenant) -> None:
    await tenant.configure(OSLO, mode="None")
    await tenant.book()

    await tenant.advance(3600)

    assert await tenant.view(OSLO) == []


async def test_cancelling_keeps_the_rooms_item_as_cancelled_or_removes_it(tenant: Tenant) -> None:
    await tenant.configure(PORTO, removeCanceled=True)
    kept, removed = await tenant.book(), await tenant.book(room=PORTO, organizer=MIA)
    await tenant.advance(60)

    for meeting in (kept, removed):
        await tenant.call("POST", "/sandbox/outlook/cancel", {"id": meeting["id"]})
    await tenant.advance(10)

    event = await tenant.one(OSLO)
    assert (event["isCancelled"], event["showAs"], event["subject"]) == (True, "free", "Canceled: Standup")
    assert await tenant.view(PORTO) == []
    assert await tenant.view(TOM) == []


async def test_a_late_answer_with_an_old_sequence_does_not_count_for_the_organizer(tenant: Tenant) -> None:
    meeting = await tenant.book()
    await tenant.advance(60)
    event = await tenant.one(OSLO)

    await tenant.call("POST", "/sandbox/outlook/move", {"id": meeting["id"], "start": "2026-11-24T15:00"})
    await accept(tenant, OSLO, event["id"])  # before the update has reached the room
    await tenant.advance(1)

    await tenant.advance(8)
    assert await tenant.answer_of(OSLO) == "none"


async def test_one_room_answers_one_request_after_the_other(tenant: Tenant) -> None:
    for hour in range(9, 13):
        await tenant.book(start=f"2026-11-24T{hour:02d}:00", organizer=MIA)

    await tenant.advance(20)
    soon = [event["responseStatus"]["response"] for event in await tenant.view(OSLO)]
    await tenant.advance(60)
    late = [event["responseStatus"]["response"] for event in await tenant.view(OSLO)]

    assert 0 < soon.count("tentativelyAccepted") < 4
    assert late == ["tentativelyAccepted"] * 4


@pytest.mark.parametrize(("pace", "answer"), [(1.0, "notResponded"), (0.2, "accepted")])
async def test_pace_makes_attendants_faster(tenant: Tenant, world: World, pace: float, answer: str) -> None:
    world.exchange.timing = Timing(pace=pace)
    await tenant.book(room=PORTO)

    await tenant.advance(5)

    assert (await tenant.one(PORTO))["responseStatus"]["response"] == answer


async def test_switching_a_room_back_leaves_what_waits_waiting(tenant: Tenant) -> None:
    await tenant.book()
    await tenant.advance(60)

    await tenant.configure(OSLO, profile="auto")
    await tenant.advance(3600)

    assert (await tenant.one(OSLO))["responseStatus"]["response"] == "tentativelyAccepted"


async def test_a_decision_about_a_meeting_that_moved_meanwhile_is_not_applied(tenant: Tenant) -> None:
    meeting = await tenant.book(room=PORTO)
    await tenant.advance(5)

    await tenant.call("POST", "/sandbox/outlook/move", {"id": meeting["id"], "start": "2026-11-24T15:00"})
    await tenant.advance(9)
    moved = await tenant.one(PORTO)
    await tenant.advance(60)

    assert (moved["start"]["dateTime"][11:16], moved["responseStatus"]["response"]) == ("14:00", "notResponded")
    assert (await tenant.one(PORTO))["responseStatus"]["response"] == "accepted"


async def test_mails_to_one_mailbox_keep_their_order(tenant: Tenant) -> None:
    meeting = await tenant.book()
    for number in range(20):
        await tenant.call("POST", "/sandbox/outlook/move", {"id": meeting["id"], "subject": f"Version {number}"})

    await tenant.advance(3)

    assert (await tenant.one(OSLO))["subject"] == "Version 19"
