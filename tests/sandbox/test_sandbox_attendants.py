"""What rooms answer, and when: the cases that the delegated policy of Exchange leads to."""

import pytest

from sandbox.exchange.timing import Timing
from sandbox.world import World
from tests.sandbox.tenant import MIA, MONTREAL, OSLO, PORTO, TOM, Tenant

WINDOW = "from=2026-11-22T00:00:00Z&to=2027-07-01T00:00:00Z"
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


WEEKLY = {"type": "weekly", "interval": 1, "daysOfWeek": ["tuesday"]}
SERIES = {"pattern": WEEKLY, "range": {"type": "numbered", "startDate": "2026-11-24", "numberOfOccurrences": 10}}
LONG_SERIES = SERIES | {"range": {"type": "endDate", "startDate": "2026-11-24", "endDate": "2027-12-31"}}
A, P, D, N = "accepted", "tentativelyAccepted", "declined", "none"


@pytest.mark.parametrize("profile", ["auto", "P1", "P2"])
@pytest.mark.parametrize(
    ("order", "answers"),
    [
        ({"start": "2026-11-24T14:00"}, (A, P, P)),
        ({}, (D, D, P)),
        ({"start": "2026-11-25T10:00", "minutes": 26 * 60}, (D, D, P)),
        ({"start": "2027-06-24T10:00"}, (D, D, P)),
        ({"recurrence": SERIES}, (D, D, P)),
        ({"recurrence": LONG_SERIES, "start": "2026-11-24T14:00"}, (D, P, P)),
        ({"start": "2026-11-24T14:00", "organizer": "lena@fabrikam.com"}, (N, N, P)),
        ({"start": "2026-11-22T14:00"}, (N, N, N)),
    ],
    ids=["free", "taken", "26 hours", "200 days", "a clash in ten", "beyond the window", "external", "past"],
)
async def test_what_each_profile_makes_of_a_request(
    tenant: Tenant, order: dict[str, object], answers: tuple[str, str, str], profile: str
) -> None:
    await tenant.configure(OSLO, profile="auto")
    await tenant.book(organizer=MIA)
    await tenant.advance(60)
    await tenant.configure(OSLO, profile=profile)

    meeting = await tenant.book(**order)
    await tenant.advance(60)

    control = await tenant.call("GET", f"/sandbox/outlook/meetings?mailbox={meeting['mailbox']}&{WINDOW}")
    found = {one["attendees"][OSLO] for one in control.body["value"]}
    assert found == {answers[["auto", "P1", "P2"].index(profile)]}


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
