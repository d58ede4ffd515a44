"""The calendar port over a scripted Graph: which calls, and what they come to."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiohttp import web

from bot.domain.events import Response
from bot.domain.slots import Slot
from bot.graph import line
from bot.graph.calendar import GraphCalendar
from bot.graph.client import Budget
from bot.ports.calendar import Answer, Busy, Calendar, Missing, NewMeeting, Rejected, Unclear
from tests.unit.graph.graph_samples import ALEX, ROOM, attendee, event, page, removed, thin
from tests.unit.graph.graph_server import NOW, Graph, answers, failure, graph_with

SLOT = Slot(datetime(2026, 11, 24, 10, tzinfo=UTC), datetime(2026, 11, 24, 11, tzinfo=UTC))
MEETING = NewMeeting(
    transaction_id="b00k1ng",
    organizer=ALEX,
    room=ROOM,
    room_name="Boardroom",
    slot=SLOT,
    subject="Review",
    zone="Europe/Amsterdam",
)


def body(data: Any, status: int = 200) -> web.Response:
    raw = data if isinstance(data, bytes) else json.dumps(data).encode()
    return web.Response(body=raw, status=status, content_type="application/json")


def linked(graph: dict[str, Graph], *items: Any, **links: str) -> Callable[[], web.Response]:
    """A page whose links lead to the server under test, known only once it runs."""
    return lambda: body(page(*items, **{key: graph["it"].cloud.graph + path for key, path in links.items()}))


async def test_a_meeting_is_made_with_the_room_as_resource_and_our_id_on_it() -> None:
    made = event(attendees=[attendee(ROOM, "resource", "none")], transactionId="b00k1ng")

    async with graph_with(answers(body(made, 201))) as graph:
        calendar: Calendar = GraphCalendar(graph.client)
        meeting = await calendar.create(MEETING)

    sent = json.loads(graph.seen[0].body)
    assert graph.lines == ["POST /v1.0/users/alexw@contoso.com/events"]
    assert sent["attendees"] == [{"emailAddress": {"address": ROOM, "name": "Boardroom"}, "type": "resource"}]
    assert sent["location"] == {"displayName": "Boardroom", "locationEmailAddress": ROOM}
    assert sent["start"] == {"dateTime": "2026-11-24T11:00:00", "timeZone": "W. Europe Standard Time"}
    assert sent["transactionId"] == sent["singleValueExtendedProperties"][0]["value"] == "b00k1ng"
    assert (meeting.id, meeting.slot, meeting.room_response) == ("AAMkRoom1=", SLOT, "none")


async def test_a_lost_answer_is_asked_for_again_with_the_same_bytes() -> None:
    async with graph_with(answers(failure(504), body(event(), 201))) as graph:
        meeting = await GraphCalendar(graph.client).create(MEETING)

    assert meeting.id == "AAMkRoom1="
    assert graph.seen[0].body == graph.seen[1].body


@pytest.mark.parametrize("status", [400, 409])
async def test_an_id_that_made_an_event_before_leads_to_that_event(status: int) -> None:
    duplicate = {"error": {"code": "ErrorDuplicateTransactionId", "@event.existingEventId": "AAMkOld="}}

    async with graph_with(answers(body(duplicate, status), body(event(id="AAMkOld=")))) as graph:
        meeting = await GraphCalendar(graph.client).create(MEETING)

    assert meeting.id == "AAMkOld="
    assert graph.lines[1].startswith("GET /v1.0/users/alexw@contoso.com/events/AAMkOld%3D?$select=")


async def test_an_id_whose_event_nobody_finds_is_refused() -> None:
    duplicate = failure(400, "ErrorDuplicateTransactionId")

    async with graph_with(answers(duplicate, body(page()), body(page()))) as graph:
        with pytest.raises(Rejected, match="ErrorDuplicateTransactionId"):
            await GraphCalendar(graph.client).create(MEETING)


async def test_a_meeting_is_found_among_the_days_around_its_slot() -> None:
    script: dict[str, Graph] = {}
    first = linked(script, event(id="other", transactionId="x"), next_link="/v1.0/next?$skip=1")
    found = event(id="mine", transactionId="b00k1ng")

    async with graph_with(answers(first, body(page(found)), body(found))) as graph:
        script["it"] = graph
        meeting = await GraphCalendar(graph.client).find(ALEX, "b00k1ng", SLOT)

    assert meeting is not None
    assert meeting.id == "mine"
    window = "startDateTime=2026-11-23T10:00:00Z&endDateTime=2026-11-25T11:00:00Z"
    assert graph.lines[0].startswith(f"GET /v1.0/users/alexw@contoso.com/calendarView?{window}&$select=id,iCalUId")
    assert graph.lines[1] == "GET /v1.0/next?$skip=1"


async def test_a_meeting_that_was_moved_to_another_week_is_found_by_our_property() -> None:
    found = event(id="mine", transactionId="b00k1ng")

    async with graph_with(answers(body(page()), body(page(found)), body(found))) as graph:
        meeting = await GraphCalendar(graph.client).find(ALEX, "b00k1ng", SLOT)

    assert meeting is not None
    assert "$filter=singleValueExtendedProperties/Any(ep:%20ep/id%20eq%20'String%20%7B" in graph.lines[1]


async def test_a_meeting_that_is_listed_and_not_read_is_asked_for_again() -> None:
    """One of the two answers came from a copy of the mailbox that is behind: it is not gone."""
    found = event(id="mine", transactionId="b00k1ng")

    async with graph_with(answers(body(page(found)), failure(404, "ErrorItemNotFound"))) as graph:
        with pytest.raises(Busy):
            await GraphCalendar(graph.client).find(ALEX, "b00k1ng", SLOT)


@pytest.mark.parametrize("second", [page(event(transactionId="else")), None])
async def test_a_meeting_that_is_nowhere_is_none(second: bytes | None) -> None:
    search = body(second) if second else failure(400, "ErrorInvalidUrlQueryFilter")

    async with graph_with(answers(body(page()), search)) as graph:
        assert await GraphCalendar(graph.client).find(ALEX, "b00k1ng", SLOT) is None


async def test_moving_sends_times_alone() -> None:
    async with graph_with(answers(body(event()))) as graph:
        await GraphCalendar(graph.client).move(ALEX, "AAMk1=", SLOT, "")

    assert graph.lines == ["PATCH /v1.0/users/alexw@contoso.com/events/AAMk1%3D"]
    assert json.loads(graph.seen[0].body) == {
        "start": {"dateTime": "2026-11-24T10:00:00", "timeZone": "UTC"},
        "end": {"dateTime": "2026-11-24T11:00:00", "timeZone": "UTC"},
    }


async def test_an_answer_is_always_sent_to_the_organizer() -> None:
    async with graph_with(answers(web.Response(status=202))) as graph:
        await GraphCalendar(graph.client).answer(ROOM, "AAMk1", Answer.DECLINE, "taken")

    assert graph.lines == ["POST /v1.0/users/boardroom@contoso.com/events/AAMk1/decline"]
    assert json.loads(graph.seen[0].body) == {"comment": "taken", "sendResponse": True}


@pytest.mark.parametrize(
    ("refusal", "expected"),
    [
        (lambda: failure(400, "ErrorInvalidRequest"), Rejected),  # not the organizer
        (lambda: failure(404, "ErrorItemNotFound"), Missing),
        (lambda: failure(502), Unclear),
    ],
)
async def test_cancelling_says_why_it_did_not(refusal: Callable[[], web.Response], expected: type[Exception]) -> None:
    async with graph_with(answers(refusal)) as graph:
        with pytest.raises(expected):
            await GraphCalendar(graph.client).cancel(ALEX, "AAMk1", "bye")

    assert len(graph.seen) == 1


async def test_a_feed_begins_with_its_window_and_goes_on_by_its_links() -> None:
    script: dict[str, Graph] = {}
    window = Slot(SLOT.start_at, SLOT.start_at + timedelta(days=30))
    first = linked(script, event(), removed("gone"), next_link="/v1.0/d?$skiptoken=a%2Fb")
    last = linked(script, thin("o1", "2026-11-24"), delta_link="/v1.0/d?$deltatoken=c")

    async with graph_with(answers(first, last)) as graph:
        script["it"] = graph
        calendar = GraphCalendar(graph.client, page_size=50)
        one = await calendar.changes(ROOM, window, "")
        two = await calendar.changes(ROOM, window, one.next_link)

    room = "/v1.0/users/boardroom@contoso.com/calendarView/delta"
    assert graph.lines == [
        f"GET {room}?startDateTime=2026-11-24T10:00:00Z&endDateTime=2026-12-24T10:00:00Z",
        "GET /v1.0/d?$skiptoken=a%2Fb",
    ]
    assert all(seen.headers["prefer"].endswith("odata.maxpagesize=50") for seen in graph.seen)
    assert ([row.id for row in one.changed], one.removed, one.delta_link) == (["AAMkRoom1="], ("gone",), "")
    assert ([row.id for row in two.thin], two.next_link) == (["o1"], "")
    assert two.delta_link == f"{graph.cloud.graph}/v1.0/d?$deltatoken=c"


async def test_events_that_are_not_understood_are_counted() -> None:
    script: dict[str, Graph] = {}
    odd = linked(script, event(), event(id="odd", attendees=3), {"id": "x"}, delta_link="/v1.0/d")

    async with graph_with(answers(odd)) as graph:
        script["it"] = graph
        calendar = GraphCalendar(graph.client)
        told = await calendar.changes(ROOM, SLOT, "")

    assert len(told.changed) == 2
    assert told.odd == ("odd", "x")
    assert calendar.not_understood == 2


async def test_a_page_of_texts_that_are_too_long_together_is_had_in_smaller_ones(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A feed takes no $select: an invitation with a megabyte of text comes whole."""
    monkeypatch.setattr(line, "MOST_BYTES", 8_000)
    sizes: list[str] = []

    async def handler(request: web.Request) -> web.StreamResponse:
        sizes.append(request.headers["Prefer"].rpartition("=")[2])
        text = "x" * (4_000 if sizes[-1] == "1" else 9_000)
        told = page(event(id="long", body={"content": text}), delta_link=f"http://{request.host}/v1.0/d")
        return web.Response(body=told, content_type="application/json")

    async with graph_with(handler) as graph:
        told = await GraphCalendar(graph.client, Budget(5.0, 1)).changes(ROOM, SLOT, "")

    assert [row.id for row in told.changed] == ["long"]
    assert sizes == ["500", "100", "20", "1"]


async def test_all_pages_of_a_series_are_read() -> None:
    script: dict[str, Graph] = {}
    first = linked(script, event(id="1", type="occurrence"), next_link="/v1.0/i?$skip=1")

    async with graph_with(answers(first, body(page(event(id="2", type="exception"))))) as graph:
        script["it"] = graph
        rows = await GraphCalendar(graph.client).occurrences(ROOM, "AAMkM=", SLOT)

    assert [row.id for row in rows] == ["1", "2"]
    assert graph.lines[0].startswith("GET /v1.0/users/boardroom@contoso.com/events/AAMkM%3D/instances?startDateTime=")


async def test_pages_without_end_are_given_up() -> None:
    script: dict[str, Graph] = {}
    pages = [linked(script, next_link=f"/v1.0/on?$skip={number}") for number in range(1001)]

    async with graph_with(answers(*pages)) as graph:
        script["it"] = graph
        with pytest.raises(Rejected, match="EndlessPages"):
            await GraphCalendar(graph.client).occurrences(ROOM, "AAMkM=", SLOT)


async def test_the_rooms_copy_is_read_now() -> None:
    async with graph_with(answers(body(event()))) as graph:
        row = await GraphCalendar(graph.client).read_room_event(ROOM, "AAMkRoom1=")

    assert (row.room, row.response) == (ROOM, Response.TENTATIVE)
    assert "createdDateTime" in graph.lines[0]


async def test_a_subscription_asks_for_no_longer_a_life_than_graph_grants() -> None:
    granted = "2026-11-30T08:30:00.1234567Z"
    told = {
        "id": "s1",
        "resource": f"users/{ROOM}/events",
        "expirationDateTime": granted,
        "notificationUrl": "https://f/n",
    }

    async with graph_with(answers(body(told, 201))) as graph:
        calendar = GraphCalendar(graph.client)
        made = await calendar.subscribe(ROOM, url="https://f/n", client_state="s", expires_at=NOW + timedelta(days=30))

    sent = json.loads(graph.seen[0].body)
    assert sent["expirationDateTime"] == "2026-11-30T08:40:00Z"
    assert sent["changeType"] == "created,updated,deleted"
    assert sent["resource"] == f"users/{ROOM}/events"
    assert sent["lifecycleNotificationUrl"] == sent["notificationUrl"] == "https://f/n"
    assert graph.seen[0].headers["prefer"].startswith('IdType="ImmutableId"')
    assert made.expires_at == datetime(2026, 11, 30, 8, 30, 0, 123456, tzinfo=UTC)


async def test_subscriptions_are_listed_renewed_and_ended() -> None:
    told = {"id": "s1", "resource": "r", "expirationDateTime": "2026-11-30T08:30:00Z", "notificationUrl": None}
    script: dict[str, Graph] = {}
    steps: list[web.Response | Callable[[], web.Response]] = [
        linked(script, told, {"id": 3}, next_link="/v1.0/subscriptions?$skiptoken=1"),
        body(page({**told, "id": "s2"})),
        body(told),
        failure(404, "ResourceNotFound"),
        failure(404, "ResourceNotFound"),
    ]

    async with graph_with(answers(*steps)) as graph:
        script["it"] = graph
        calendar = GraphCalendar(graph.client)
        every = await calendar.subscriptions()
        await calendar.renew("s1", NOW + timedelta(days=2))
        await calendar.unsubscribe("s1")
        with pytest.raises(Missing):
            await calendar.renew("s1", NOW + timedelta(days=2))

    assert [one.id for one in every] == ["s1", "s2"]
    assert graph.lines[2:4] == ["PATCH /v1.0/subscriptions/s1", "DELETE /v1.0/subscriptions/s1"]
    assert json.loads(graph.seen[2].body) == {"expirationDateTime": "2026-11-25T09:00:00Z"}
