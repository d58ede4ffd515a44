"""Bodies as the reference pages show them, in our own words: described, understood by the sandbox tenant, by our client
and by Microsoft's SDK, and no field of theirs lost on the way.

https://learn.microsoft.com/graph/api/user-post-events, event-accept, calendar-getschedule, place-list, event-delta,
subscription-post-subscriptions; change-notifications-delivery-webhooks, errors and json-batching
"""

import json
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from bot.graph import sansio, wire
from tests.sandbox.tenant import PORTO, TOM, Subscriber, Tenant
from tests.strangers.openapi import IS_HERE, WHY_NOT, description
from tests.strangers.samples import NAMES, lost, sample
from tests.strangers.schemas import Schema


@pytest.mark.skipif(not IS_HERE, reason=WHY_NOT)
@pytest.mark.parametrize("name", NAMES)
def test_a_sample_is_what_graph_describes(name: str) -> None:
    way, schema = _described(name)

    assert description().problems(way, f"sample {name}", schema, sample(name)) == []


@pytest.mark.parametrize("name", ["event_create", "event_series"])
async def test_an_event_is_kept_with_every_field(tenant: Tenant, name: str) -> None:
    asked = sample(name)

    made = await tenant.graph(
        "POST", f"/users/{TOM}/events", asked, Prefer='outlook.timezone="W. Europe Standard Time"'
    )
    kept = await tenant.graph(
        "GET", f"/users/{TOM}/events/{made.body['id']}", Prefer='outlook.timezone="W. Europe Standard Time"'
    )

    assert made.status == 201, made.body
    text = asked.pop("body", {}).get("content", "")
    assert text in kept.body["body"]["content"]  # the service puts a document around it
    assert lost(asked, kept.body) == []


async def test_an_answer_is_taken_and_its_comment_arrives(tenant: Tenant) -> None:
    await tenant.configure(PORTO, profile="P1")
    await tenant.book(room=PORTO)
    await tenant.advance(60)
    (waiting,) = (await tenant.graph("GET", f"/users/{PORTO}/events")).body["value"]

    told = await tenant.graph("POST", f"/users/{PORTO}/events/{waiting['id']}/accept", sample("accept"))
    await tenant.advance(60)

    assert told.status == 202
    assert await tenant.answer_of(PORTO) == "accepted"
    mails = (await tenant.call("GET", f"/sandbox/mail?to={TOM}")).body["value"]
    assert any(sample("accept")["comment"] in mail["text"] for mail in mails)


async def test_schedules_are_told_in_the_order_and_the_zone_asked_for(tenant: Tenant) -> None:
    await tenant.graph("POST", f"/users/{TOM}/events", sample("event_create"))
    await tenant.advance(60)
    asked = sample("schedule_asked")

    told = (await tenant.graph("POST", f"/users/{TOM}/calendar/getSchedule", asked)).body

    read = msgspec.convert(told["value"], list[wire.Schedule])
    assert [one.schedule_id for one in read] == asked["schedules"]
    assert [one.availability_view for one in read] == ["0000030000", "0000010000"]
    assert lost(msgspec.to_builtins(read), told["value"]) == []


async def test_a_subscription_is_kept_with_every_field(tenant: Tenant, subscriber: Subscriber) -> None:
    asked = sample("subscription") | {"notificationUrl": subscriber.url}

    made = await tenant.graph("POST", "/subscriptions", asked)
    kept = await tenant.graph("GET", f"/subscriptions/{made.body['id']}")

    assert made.status == 201, made.body
    assert lost(asked, kept.body) == []


async def test_a_batch_does_what_it_asks(tenant: Tenant) -> None:
    told = await tenant.graph("POST", "/$batch", sample("batch_asked"))

    assert told.status == 200, told.body
    answers = {one["id"]: one for one in told.body["responses"]}
    assert {name: one["status"] for name, one in answers.items()} == {"who": 200, "make": 201, "none": 404}
    assert lost(sample("batch_asked")["requests"][1]["body"], answers["make"]["body"]) == []


@pytest.mark.parametrize(
    ("name", "kind"),
    [("delta_page", list[wire.Event]), ("places", list[wire.Place]), ("schedule_answered", list[wire.Schedule])],
)
def test_our_client_reads_what_it_knows_and_changes_nothing(name: str, kind: Any) -> None:
    read = msgspec.convert(sample(name)["value"], kind)

    assert read
    assert lost(msgspec.to_builtins(read), sample(name)["value"]) == []


def test_our_client_reads_the_page_and_the_error() -> None:
    page = wire.read_events(json.dumps(sample("delta_page")).encode())
    request = sansio.Request(name="x", method="GET", path="/x", read=bytes)
    answer = sansio.Response(status=404, headers={}, body=json.dumps(sample("error")).encode())

    error = sansio.error_of(request, answer, now=datetime(2026, 11, 23, tzinfo=UTC))

    assert [one.id for one in page.events] == [one["id"] for one in sample("delta_page")["value"]]
    assert page.delta_link == sample("delta_page")["@odata.deltaLink"]
    assert (type(error).__name__, error.code, error.status) == ("Missing", "ErrorItemNotFound", 404)


def _described(name: str) -> tuple[str, Schema]:
    """What a sample is: a request or an answer, and of which type."""
    types = {
        "event_create": "microsoft.graph.event",
        "event_series": "microsoft.graph.event",
        "subscription": "microsoft.graph.subscription",
        "notification": "microsoft.graph.changeNotificationCollection",
        "places": "microsoft.graph.roomCollectionResponse",
        "delta_page": "microsoft.graph.eventDeltaResponse",
        "error": "microsoft.graph.ODataErrors.ODataError",
        "batch_asked": "batchRequest",
    }
    if name in types:
        is_asked = name.startswith(("event_", "subscription", "batch"))
        return "asked" if is_asked else "answered", {"$ref": f"#/components/schemas/{types[name]}"}
    path = "/users/x/events/y/accept" if name == "accept" else "/users/x/calendar/getSchedule"
    operation = description().find("POST", path)
    assert operation is not None
    schema = operation.answers[200] if name.endswith("answered") else operation.body
    assert schema is not None
    return "answered" if name.endswith("answered") else "asked", schema
