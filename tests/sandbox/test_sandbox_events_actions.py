"""What is done with meetings: other times proposed, forwarded, deleted for good, found again."""

from typing import Any
from urllib.parse import quote

import pytest

from tests.sandbox.events import (
    OSLO_ASKED,
    THREE,
    WEEKLY,
    create,
    event,
    instances,
    moment,
    path_of,
    series,
    switch,
)
from tests.sandbox.tenant import MIA, OSLO, TOM, Tenant

MIA_ASKED = [{"emailAddress": {"address": MIA}, "type": "required"}]
LATER = {"start": moment("2026-11-24T14:00:00"), "end": moment("2026-11-24T15:00:00")}
IMMUTABLE = 'IdType="ImmutableId"'


async def mails(tenant: Tenant, to: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await tenant.call("GET", f"/sandbox/mail?to={to}")).body["value"]
    return found


@pytest.mark.parametrize("verb", ["decline", "tentativelyAccept"])
async def test_another_time_reaches_the_organizer_with_the_answer(tenant: Tenant, verb: str) -> None:
    made = await create(tenant, event(attendees=MIA_ASKED))
    await tenant.advance(60)
    copy = await tenant.one(MIA)

    done = await tenant.graph("POST", f"{path_of(copy, MIA)}/{verb}", {"ProposedNewTime": LATER, "SendResponse": True})
    await tenant.advance(60)

    assert done.status == 202
    (guest,) = (await tenant.graph("GET", path_of(made))).body["attendees"]
    assert guest["status"]["response"] == ("declined" if verb == "decline" else "tentativelyAccepted")
    assert guest["proposedNewTime"]["start"] == {"dateTime": "2026-11-24T13:00:00.0000000", "timeZone": "UTC"}
    assert guest["proposedNewTime"]["end"]["dateTime"].startswith("2026-11-24T14:00")


@pytest.mark.parametrize(
    ("change", "body"),
    [
        ({}, {"proposedNewTime": LATER, "sendResponse": False}),
        ({"allowNewTimeProposals": False}, {"proposedNewTime": LATER}),
        ({}, {"proposedNewTime": {"start": LATER["end"], "end": LATER["start"]}}),
    ],
    ids=["silent", "not allowed", "backwards"],
)
async def test_another_time_is_refused(tenant: Tenant, change: dict[str, Any], body: dict[str, Any]) -> None:
    await create(tenant, event(attendees=MIA_ASKED, **change))
    await tenant.advance(60)
    copy = await tenant.one(MIA)

    answer = await tenant.graph("POST", f"{path_of(copy, MIA)}/decline", body)

    assert answer.status == 400
    assert (await tenant.one(MIA))["responseStatus"]["response"] == "notResponded"


async def test_accepting_knows_no_other_time(tenant: Tenant) -> None:
    await create(tenant, event(attendees=MIA_ASKED))
    await tenant.advance(60)
    copy = await tenant.one(MIA)

    answer = await tenant.graph("POST", f"{path_of(copy, MIA)}/accept", {"proposedNewTime": LATER})

    assert answer.status == 400


async def test_the_organizer_does_not_answer_its_own_meeting(tenant: Tenant) -> None:
    made = await create(tenant, event())

    answer = await tenant.graph("POST", f"{path_of(made)}/accept", {})

    assert (answer.status, answer.code) == (400, "ErrorInvalidRequest")
    assert "you're the meeting organizer" in answer.body["error"]["message"]


async def test_a_forwarded_meeting_invites_and_the_organizer_hears_of_it(tenant: Tenant) -> None:
    made = await create(tenant, event(attendees=MIA_ASKED))
    await tenant.advance(60)
    copy = await tenant.one(MIA)

    body = {"ToRecipients": [{"emailAddress": {"address": OSLO}}], "Comment": "For you"}
    done = await tenant.graph("POST", f"{path_of(copy, MIA)}/forward", body)
    await tenant.advance(60)

    assert done.status == 202
    assert (await tenant.one(OSLO))["iCalUId"] == made["iCalUId"]
    own = (await tenant.graph("GET", path_of(made))).body
    assert [(one["emailAddress"]["address"], one["type"]) for one in own["attendees"]] == [
        (MIA, "required"),
        (OSLO, "resource"),
    ]
    assert "Meeting Forward Notification: Planning" in [mail["subject"] for mail in await mails(tenant, TOM)]


@pytest.mark.parametrize("recipients", [[], [{"emailAddress": {"address": "nobody"}}]])
async def test_forwarding_needs_somebody(tenant: Tenant, recipients: list[dict[str, Any]]) -> None:
    made = await create(tenant, event())

    answer = await tenant.graph("POST", f"{path_of(made)}/forward", {"toRecipients": recipients})

    assert (answer.status, answer.code) == (400, "ErrorInvalidRecipients")


async def test_a_forwarded_occurrence_invites_to_that_one_only(tenant: Tenant) -> None:
    made = await create(tenant, series(WEEKLY, THREE, attendees=[]))
    second = (await instances(tenant, TOM, made["id"]))[1]

    await tenant.graph("POST", f"{path_of(second)}/forward", {"toRecipients": [{"emailAddress": {"address": MIA}}]})
    await tenant.advance(60)

    found = await instances(tenant, TOM, made["id"])
    assert [len(one["attendees"]) for one in found] == [0, 1, 0]


async def test_deleting_for_good_tells_the_attendees_and_leaves_nothing(tenant: Tenant) -> None:
    await switch(tenant, u_deletedFound=True)
    made = await create(tenant, event(attendees=OSLO_ASKED))
    immutable = (await tenant.one(TOM, Prefer=IMMUTABLE))["id"]
    await tenant.advance(60)

    done = await tenant.graph("POST", f"{path_of(made)}/permanentDelete")
    await tenant.advance(60)

    assert done.status == 204
    assert (await tenant.one(OSLO))["isCancelled"]
    for name in (made["id"], immutable):
        assert (await tenant.graph("GET", f"/users/{TOM}/events/{quote(name)}")).code == "ErrorItemNotFound"


async def test_a_deleted_event_keeps_its_immutable_id_and_gets_another_regular_one(tenant: Tenant) -> None:
    made = await create(tenant, event(attendees=[]))
    immutable = (await tenant.one(TOM, Prefer=IMMUTABLE))["id"]
    await tenant.graph("DELETE", path_of(made))
    hidden = await tenant.graph("GET", f"/users/{TOM}/events/{quote(immutable)}")
    await switch(tenant, u_deletedFound=True)

    found = await tenant.graph("GET", f"/users/{TOM}/events/{quote(immutable)}")
    gone = await tenant.graph("GET", path_of(made))
    moved = await tenant.graph("GET", path_of(found.body))
    touched = await tenant.graph("PATCH", path_of(found.body), {"subject": "No"})

    assert hidden.code == gone.code == touched.code == "ErrorItemNotFound"
    assert found.body["id"] not in {made["id"], immutable}
    assert moved.body["iCalUId"] == made["iCalUId"]
    assert await tenant.view(TOM) == []


async def test_hidden_attendees_see_themselves_only(tenant: Tenant) -> None:
    made = await create(tenant, event(hideAttendees=True, attendees=[*MIA_ASKED, *OSLO_ASKED]))
    await tenant.advance(60)

    seen = [one["emailAddress"]["address"] for one in (await tenant.one(MIA))["attendees"]]
    assert seen == [TOM, MIA]
    assert len(made["attendees"]) == 2


async def test_a_copy_that_is_deleted_tells_nobody(tenant: Tenant) -> None:
    made = await create(tenant, event(attendees=MIA_ASKED))
    await tenant.advance(60)
    copy = await tenant.one(MIA)

    await tenant.graph("DELETE", path_of(copy, MIA))
    await tenant.advance(60)

    assert await tenant.view(MIA) == []
    (guest,) = (await tenant.graph("GET", path_of(made))).body["attendees"]
    assert guest["status"]["response"] == "none"
