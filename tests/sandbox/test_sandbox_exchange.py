"""What a room keeps of a meeting, what its attendant tells whom, and how the open questions' switches change it."""

from typing import Any

import pytest

from sandbox.clock import VirtualClock
from sandbox.control.outlook import Book, Outlook
from sandbox.exchange.timing import Timing
from sandbox.world import World
from tests.sandbox.tenant import MIA, OSLO, PORTO, TOM, Tenant

DELEGATE = "room-bot@contoso.com"
PLANS: dict[str, Any] = {"subject": "Plans", "body": "secret", "sensitivity": "private"}


async def answer(tenant: Tenant, room: str = OSLO, verb: str = "accept") -> int:
    event = await tenant.one(room)
    return (await tenant.graph("POST", f"/users/{room}/events/{event['id']}/{verb}", {"comment": "ok"})).status


async def move(tenant: Tenant, meeting: dict[str, Any], **changes: Any) -> None:
    moved = await tenant.call("POST", "/sandbox/outlook/move", {"id": meeting["id"]} | changes)
    assert moved.status == 200, moved.body


async def mails(tenant: Tenant, to: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await tenant.call("GET", f"/sandbox/mail?to={to}")).body["value"]
    return found


async def state(tenant: Tenant, room: str = OSLO) -> tuple[str, str]:
    event = await tenant.one(room)
    return event["responseStatus"]["response"], event["showAs"]


def kept(event: dict[str, Any]) -> tuple[str, str, str]:
    return event["subject"], event["bodyPreview"], event["sensitivity"]


@pytest.mark.parametrize(
    ("values", "left"),
    [
        ({}, ("Tom de Vries", "", "normal")),
        ({"addOrganizer": False}, ("", "", "normal")),
        ({"deleteSubject": False}, ("Tom de Vries", "", "normal")),
        ({"deleteSubject": False, "u_addOrganizerMode": "add"}, ("Tom de Vries Plans", "", "normal")),
        ({"deleteSubject": False, "addOrganizer": False}, ("Plans", "", "normal")),
        ({"deleteComments": False}, ("Tom de Vries", "secret", "normal")),
        ({"removePrivate": False}, ("Tom de Vries", "", "private")),
    ],
    ids=str,
)
async def test_what_an_acceptance_by_the_attendant_leaves(
    tenant: Tenant, values: dict[str, Any], left: tuple[str, str, str]
) -> None:
    await tenant.configure(PORTO, **values)
    meeting = await tenant.book(room=PORTO, **PLANS)
    await tenant.advance(60)
    accepted = await tenant.one(PORTO)

    await move(tenant, meeting, attendees=[MIA])  # informational: the acceptance stands, and what was stripped with it
    await tenant.advance(60)

    assert kept(accepted) == left
    assert kept(await tenant.one(PORTO)) == left
    assert await state(tenant, PORTO) == ("accepted", "busy")


@pytest.mark.parametrize(
    ("values", "pending", "accepted"),
    [
        ({}, "Plans", "Plans"),
        ({"u_postProcessOnPending": True}, "Tom de Vries", "Tom de Vries"),
        ({"u_postProcessOnAnswer": True}, "Plans", "Tom de Vries"),
    ],
    ids=str,
)
async def test_a_delegated_room_keeps_subject_and_body(
    tenant: Tenant, values: dict[str, Any], pending: str, accepted: str
) -> None:
    await tenant.configure(OSLO, **values)
    await tenant.book(**PLANS)
    await tenant.advance(60)
    before = await tenant.one(OSLO)
    await answer(tenant)

    assert before["subject"] == pending
    assert (await tenant.one(OSLO))["subject"] == accepted
    (forwarded,) = await mails(tenant, DELEGATE)
    assert (forwarded["subject"], "secret" in forwarded["text"]) == ("Plans", True)


async def test_only_the_organizers_copy_knows_who_answered_what(tenant: Tenant) -> None:
    await tenant.book(attendees=[MIA])
    await tenant.advance(60)
    await answer(tenant)
    await tenant.advance(10)

    own, copy = await tenant.one(TOM), await tenant.one(OSLO)
    times = {one["status"]["time"] for one in own["attendees"] if one["emailAddress"]["address"] == OSLO}
    listed = [one["emailAddress"]["address"] for one in copy["attendees"]]

    assert {one["status"]["response"] for one in own["attendees"]} == {"accepted", "none"}
    assert times == {copy["responseStatus"]["time"]}
    assert listed == [TOM, MIA, OSLO]
    assert {(one["status"]["response"], one["status"]["time"]) for one in copy["attendees"]} == {
        ("none", "0001-01-01T00:00:00Z")
    }


@pytest.mark.parametrize(
    ("values", "said", "unsaid"),
    [
        ({}, "Tom de Vries, 2026-11-24 10:00 to 2026-11-24 10:30", "\n\n"),
        ({"organizerInfo": False}, "Taken: 2026-11-24 10:00", "Tom"),
        ({"enableResponseDetails": False}, "Your request was declined.", "conflict"),
        ({"addAdditionalResponse": True, "additionalResponse": "Ask Sofia."}, "\n\nAsk Sofia.", "pending"),
        ({"additionalResponse": "Ask Sofia."}, "conflicts with another meeting", "Sofia"),
    ],
    ids=str,
)
async def test_what_a_decline_says(tenant: Tenant, values: dict[str, Any], said: str, unsaid: str) -> None:
    await tenant.configure(PORTO, **values)
    await tenant.book(room=PORTO)
    await tenant.book(room=PORTO, organizer=MIA)

    await tenant.advance(90)

    (declined,) = await mails(tenant, MIA)
    assert said in declined["text"]
    assert unsaid not in declined["text"]


async def test_an_additional_response_is_the_attendants_alone(tenant: Tenant) -> None:
    await tenant.configure(OSLO, addAdditionalResponse=True, additionalResponse="Ask Sofia.")
    await tenant.book()
    await tenant.advance(60)
    await answer(tenant)
    await tenant.advance(10)

    pending, accepted = await mails(tenant, TOM)
    assert pending["text"] == "Your request was received and is pending approval.\n\nAsk Sofia."
    assert accepted["text"] == "ok"


@pytest.mark.parametrize(
    ("values", "shown", "organizer_sees"),
    [
        ({}, ("tentativelyAccepted", "tentative"), "tentativelyAccepted"),
        ({"forward": False}, ("tentativelyAccepted", "tentative"), "tentativelyAccepted"),
        ({"forward": False, "u_replyWithoutForward": False}, ("tentativelyAccepted", "tentative"), "none"),
        ({"delegates": []}, ("tentativelyAccepted", "tentative"), "tentativelyAccepted"),
        ({"tentativePending": False}, ("tentativelyAccepted", "free"), "tentativelyAccepted"),
        (
            {"tentativePending": False, "u_respondsWhileFree": False},
            ("notResponded", "free"),
            "tentativelyAccepted",
        ),
        ({"delegateRule": True}, ("notResponded", "tentative"), "none"),
        ({"ddg": True}, ("notResponded", "tentative"), "none"),
        ({"wells": {"allAskIn": False}}, ("notResponded", "tentative"), "none"),
        ({"mode": "AutoUpdate"}, ("notResponded", "tentative"), "none"),
    ],
    ids=str,
)
async def test_how_a_request_waits(
    tenant: Tenant, values: dict[str, Any], shown: tuple[str, str], organizer_sees: str
) -> None:
    await tenant.configure(OSLO, **values)
    await tenant.book()

    await tenant.advance(3600)

    assert await state(tenant) == shown
    assert await tenant.answer_of(OSLO) == organizer_sees
    is_forwarded = values.get("forward", True) and values.get("delegates", True) and organizer_sees != "none"
    assert len(await mails(tenant, DELEGATE)) == int(bool(is_forwarded))


async def test_without_new_tentative_items_there_is_nothing_to_approve(tenant: Tenant) -> None:
    await tenant.configure(OSLO, addTentatively=False)
    await tenant.book()

    await tenant.advance(3600)

    assert await tenant.view(OSLO) == []
    assert await tenant.answer_of(OSLO) == "none"


async def test_members_of_a_group_in_a_well_may_what_the_group_may(tenant: Tenant) -> None:
    await tenant.call(
        "POST",
        "/sandbox/directory/groups",
        {"displayName": "Design", "mail": "design@contoso.com", "members": [MIA]},
    )
    await tenant.configure(OSLO, wells={"book": ["Design@contoso.com"]})

    await tenant.book(organizer=MIA)
    await tenant.book(start="2026-11-24T12:00")
    await tenant.advance(60)

    found = [event["responseStatus"]["response"] for event in await tenant.view(OSLO)]
    assert found == ["accepted", "tentativelyAccepted"]


@pytest.mark.parametrize(("stops", "waiting"), [(False, "tentativelyAccepted"), (True, "notResponded")])
async def test_whether_an_answer_through_graph_stops_the_attendant(tenant: Tenant, stops: bool, waiting: str) -> None:
    await tenant.configure(OSLO, u_modifiedStops=stops)
    await tenant.book()
    await tenant.advance(60)
    await answer(tenant, verb="decline")

    await tenant.book(organizer=MIA)
    await tenant.advance(60)

    assert (await state(tenant))[0] == waiting


@pytest.mark.parametrize("is_new", [False, True])
async def test_whether_an_accepted_item_has_another_id(tenant: Tenant, is_new: bool) -> None:
    await tenant.configure(OSLO, u_newIdOnAccept=is_new)
    meeting = await tenant.book()
    await tenant.advance(60)
    before = await tenant.one(OSLO)
    await answer(tenant)
    after = await tenant.one(OSLO)
    await move(tenant, meeting, subject="Sit-down")
    await tenant.advance(10)

    assert (after["id"] != before["id"]) is is_new
    assert after["iCalUId"] == before["iCalUId"]
    assert (await tenant.graph("GET", f"/users/{OSLO}/events/{before['id']}")).status == (404 if is_new else 200)
    assert (await tenant.one(OSLO))["subject"] == "Sit-down"
    assert await tenant.answer_of(OSLO) == "accepted"


@pytest.mark.parametrize("values", [{"tz": "Nowhere"}, {"workDays": ["someday"]}, {"bookingType": "Hot"}], ids=str)
async def test_settings_that_no_attendant_understands_are_refused(tenant: Tenant, values: dict[str, Any]) -> None:
    refused = await tenant.call("PATCH", f"/sandbox/rooms/{OSLO}", values)

    assert refused.status == 400
    await tenant.book()
    await tenant.advance(60)
    assert (await state(tenant))[0] == "tentativelyAccepted"


@pytest.mark.parametrize("seed", range(6))
async def test_an_attendant_takes_its_time_within_thirty_percent(seed: int) -> None:
    """In a world without HTTP, so that every instant is seen: filed, changed, told."""
    clock = VirtualClock()
    world = World(seed=seed, meetings=False, clock=clock)
    began_at, seen = world.clock.now(), []
    world.exchange.listeners.append(
        lambda mailbox, change: seen.append(
            (mailbox.address, change.type, (world.clock.now() - began_at).total_seconds())
        )
    )
    Outlook(world).book(Book(organizer=TOM, room=OSLO, start="2026-11-24T10:00"))
    await clock.advance(60)

    room = [(kind, at) for who, kind, at in seen if who == OSLO]
    (_, filed_s), (_, acted_s) = room
    told_s = [at for who, _, at in seen if who == TOM][-1]
    timing = Timing()

    assert [kind for kind, _ in room] == ["created", "updated"]
    assert 0.7 * timing.deliver_s <= filed_s <= 1.3 * timing.deliver_s
    start_s = timing.attendant_start_s + timing.act_s
    assert 0.7 * start_s <= acted_s - filed_s <= 1.3 * start_s
    wait_s = timing.reply_s - timing.act_s + timing.process_reply_s
    assert 0.7 * wait_s <= told_s - acted_s <= 1.3 * wait_s


async def test_requests_are_answered_in_the_order_of_their_arrival(tenant: Tenant) -> None:
    hours = (12, 9, 11, 10)
    for hour in hours:
        await tenant.book(room=PORTO, start=f"2026-11-24T{hour:02d}:00", subject=f"At {hour}")

    await tenant.advance(120)

    found = await mails(tenant, TOM)
    assert [mail["subject"] for mail in found] == [f"Accepted: At {hour}" for hour in hours]


async def test_first_come_first_served_where_two_want_the_same(tenant: Tenant) -> None:
    await tenant.book(room=PORTO)
    await tenant.book(room=PORTO, organizer=MIA)

    await tenant.advance(90)

    assert [await tenant.answer_of(PORTO, who) for who in (TOM, MIA)] == ["accepted", "declined"]


async def test_a_delegate_who_moves_a_meeting_is_its_sender(tenant: Tenant) -> None:
    await tenant.configure(OSLO, wells={"book": [MIA]})
    meeting = await tenant.book()
    await tenant.advance(60)
    before = await state(tenant)

    await move(tenant, meeting, start="2026-11-24T15:00", sender=MIA)
    await tenant.advance(60)
    unknown = {"id": meeting["id"], "sender": "nobody@contoso.com"}
    refused = await tenant.call("POST", "/sandbox/outlook/move", unknown)

    assert (before, await state(tenant)) == (("tentativelyAccepted", "tentative"), ("accepted", "busy"))
    assert (await tenant.one(OSLO))["organizer"]["emailAddress"]["address"] == TOM
    assert refused.status == 404
