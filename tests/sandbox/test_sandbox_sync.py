"""The delta feed, subscriptions and notifications: what a client that mirrors calendars has to live with."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from aiohttp import web

from sandbox.world import World
from tests.sandbox.tenant import MIA, OSLO, PORTO, TOM, Answer, Subscriber, Tenant

WINDOW = "startDateTime=2026-11-23T00:00:00Z&endDateTime=2026-12-23T00:00:00Z"
Subscribe = Callable[..., Awaitable[Answer]]
WEEKLY = {
    "pattern": {"type": "weekly", "interval": 1, "daysOfWeek": ["tuesday"]},
    "range": {"type": "numbered", "startDate": "2026-11-24", "numberOfOccurrences": 4},
}


async def rounds(tenant: Tenant, path: str, **headers: str) -> tuple[list[list[dict[str, Any]]], str]:
    """Every page of one round, and the link that starts the next."""
    pages = []
    while True:
        answer = await tenant.graph("GET", path, **headers)
        assert answer.status == 200, answer.body
        pages.append(answer.body["value"])
        if "@odata.deltaLink" in answer.body:
            return pages, answer.body["@odata.deltaLink"]
        path = answer.body["@odata.nextLink"]


async def feed(tenant: Tenant, link: str = "", *, room: str = OSLO) -> tuple[list[dict[str, Any]], str]:
    pages, link = await rounds(tenant, link or f"/users/{room}/calendarView/delta?{WINDOW}")
    return [one for page in pages for one in page], link


def removed(items: list[dict[str, Any]]) -> list[str]:
    return [one["id"] for one in items if one.get("@removed") == {"reason": "deleted"}]


async def test_a_feed_gives_everything_once_then_only_changes(tenant: Tenant) -> None:
    for hour in range(9, 12):
        await tenant.book(start=f"2026-11-24T{hour:02d}:00")
    await tenant.advance(60)

    pages, link = await rounds(
        tenant, f"/users/{OSLO}/calendar/calendarView/delta?{WINDOW}", Prefer="odata.maxpagesize=2"
    )
    nothing, link = await feed(tenant, link)
    await tenant.book(start="2026-11-24T15:00", subject="Newer")
    await tenant.advance(60)
    newer, _ = await feed(tenant, link)

    assert [len(page) for page in pages] == [2, 1]
    assert nothing == []
    assert [(one["subject"], one["responseStatus"]["response"]) for one in newer] == [("Newer", "tentativelyAccepted")]


async def test_occurrences_are_thin_and_a_series_stays_on_one_page(tenant: Tenant) -> None:
    await tenant.book(recurrence=WEEKLY)
    for day in (25, 26):
        await tenant.book(start=f"2026-11-{day}T09:00")
    await tenant.advance(60)

    pages, _ = await rounds(tenant, f"/users/{OSLO}/calendarView/delta?{WINDOW}", Prefer="odata.maxpagesize=3")

    by_size = sorted(pages, key=lambda page: page[0]["type"] != "singleInstance")
    assert [len(page) for page in by_size] in ([2, 5], [1, 1, 5])
    by_size = [by_size[0], by_size[-1]]
    kinds = [one["type"] for one in by_size[1]]
    assert kinds == ["seriesMaster", *["occurrence"] * 4]
    thin = {"@odata.type", "@odata.etag", "id", "seriesMasterId", "type", "start", "end"}
    assert all(set(one) == thin for one in by_size[1][1:])


async def test_what_is_deleted_or_leaves_the_window_comes_as_removed(tenant: Tenant) -> None:
    await tenant.configure(OSLO, removeCanceled=True)
    first, second = await tenant.book(), await tenant.book(start="2026-11-25T10:00")
    await tenant.advance(60)
    before, link = await feed(tenant)

    await tenant.call("POST", "/sandbox/outlook/cancel", {"id": first["id"]})
    await tenant.call("POST", "/sandbox/outlook/move", {"id": second["id"], "start": "2027-01-25T10:00"})
    await tenant.advance(60)
    after, _ = await feed(tenant, link)

    assert sorted(removed(after)) == sorted(one["id"] for one in before)


async def test_a_change_far_outside_the_window_is_a_removal_of_an_unknown_id(tenant: Tenant) -> None:
    known, link = await feed(tenant)
    await tenant.book(start="2027-03-01T10:00")
    await tenant.advance(60)

    after, _ = await feed(tenant, link)

    assert known == []
    assert len(removed(after)) == len(after) == 1


async def test_a_declined_occurrence_is_not_announced_but_missing_from_its_series(tenant: Tenant) -> None:
    await tenant.book(recurrence=WEEKLY)
    await tenant.advance(60)
    before, link = await feed(tenant)

    second = before[2]
    await tenant.graph("POST", f"/users/{OSLO}/events/{quote(second['id'])}/decline", {})
    after, _ = await feed(tenant, link)

    assert removed(after) == []
    assert second["id"] not in {one["id"] for one in after}
    assert [one["type"] for one in after] == ["seriesMaster", *["occurrence"] * 3]


async def test_dead_tokens_ask_for_a_new_start(tenant: Tenant) -> None:
    _, link = await feed(tenant)
    unknown = await tenant.graph("GET", f"/users/{OSLO}/calendarView/delta?$deltatoken=nonsense")
    elsewhere = await tenant.graph("GET", link.replace("oslo%40", "porto@").replace("oslo@", "porto@"))
    await tenant.call("POST", "/sandbox/delta/invalidate", {"mailbox": OSLO})

    invalidated = await tenant.graph("GET", link)

    for answer in (unknown, elsewhere, invalidated):
        assert (answer.status, answer.code) == (410, "SyncStateNotFound")
        assert answer.headers["Location"].endswith("$deltatoken=")


async def test_a_feed_takes_no_select(tenant: Tenant) -> None:
    answer = await tenant.graph("GET", f"/users/{OSLO}/calendarView/delta?{WINDOW}&$select=id")

    assert (answer.status, answer.code) == (400, "ErrorInvalidUrlQuery")


async def test_what_is_created_during_a_round_comes_with_the_next(tenant: Tenant) -> None:
    for hour in range(9, 12):
        await tenant.book(start=f"2026-11-24T{hour:02d}:00")
    await tenant.advance(60)
    first = await tenant.graph("GET", f"/users/{OSLO}/calendarView/delta?{WINDOW}", Prefer="odata.maxpagesize=1")
    await tenant.book(start="2026-11-24T15:00", subject="Newer")
    await tenant.advance(60)

    rest, link = await rounds(tenant, first.body["@odata.nextLink"])
    newer, _ = await feed(tenant, link)

    seen = [one["id"] for one in first.body["value"]] + [one["id"] for page in rest for one in page]
    assert len(seen) == len(set(seen)) == 3
    assert [one["subject"] for one in newer] == ["Newer"]


async def test_a_subscription_needs_an_endpoint_that_echoes(subscribe: Subscribe, subscriber: Subscriber) -> None:
    made = await subscribe(lifecycleNotificationUrl=subscriber.url)
    subscriber.answers_handshake = False
    refused = await subscribe()

    assert (made.status, made.body["clientState"], len(subscriber.handshakes)) == (201, "secret", 3)
    assert (refused.status, refused.code) == (400, "InvalidRequest")


async def test_subscriptions_have_limits(subscribe: Subscribe, tenant: Tenant) -> None:
    far = await subscribe(expirationDateTime="2026-12-01T08:00:00Z")
    near = await subscribe(expirationDateTime="2026-11-23T08:01:00Z")
    plain = await subscribe(notificationUrl="http://example.com/notify")
    other = await subscribe(resource="users/mia@contoso.com/messages")
    wordy = await subscribe(clientState="x" * 129)

    assert (far.status, far.code) == (400, "ExtensionError")
    assert (near.status, near.body["expirationDateTime"]) == (201, "2026-11-23T08:45:00Z")
    assert (plain.status, wordy.status) == (400, 400)
    assert (other.status, other.code) == (501, "NotImplemented")


async def test_a_subscription_is_renewed_listed_and_ends(subscribe: Subscribe, tenant: Tenant) -> None:
    made = (await subscribe()).body
    path = f"/subscriptions/{made['id']}"

    renewed = await tenant.graph("PATCH", path, {"expirationDateTime": "2026-11-25T08:00:00Z"})
    listed = await tenant.graph("GET", "/subscriptions")
    gone = await tenant.graph("DELETE", path)

    assert renewed.body["expirationDateTime"] == "2026-11-25T08:00:00Z"
    assert [one["id"] for one in listed.body["value"]] == [made["id"]]
    assert (gone.status, (await tenant.graph("PATCH", path, {})).status) == (204, 404)


async def test_a_lapsed_subscription_is_gone_and_silent(
    subscribe: Subscribe, tenant: Tenant, subscriber: Subscriber, world: World
) -> None:
    made = (await subscribe(expirationDateTime="2026-11-23T08:46:00Z")).body
    await tenant.advance(46 * 60)

    await tenant.book()
    await tenant.advance(60)

    assert (await tenant.graph("GET", f"/subscriptions/{made['id']}")).status == 404
    assert subscriber.items == []


async def test_a_request_is_notified_as_created_and_then_updated(
    subscribe: Subscribe, tenant: Tenant, subscriber: Subscriber
) -> None:
    made = (await subscribe()).body
    await tenant.book()
    await tenant.advance(60)

    (event,) = await tenant.view(OSLO)
    assert [one["changeType"] for one in subscriber.items] == ["created", "updated"]
    item = subscriber.items[-1]
    assert (item["subscriptionId"], item["clientState"]) == (made["id"], "secret")
    assert item["resourceData"]["@odata.type"] == "#Microsoft.Graph.Event"
    assert item["resourceData"]["id"] == event["id"]
    assert item["resource"].startswith("Users/")
    assert item["resource"].endswith(f"/Events/{event['id']}")


async def test_a_decline_is_notified_as_deleted(subscribe: Subscribe, tenant: Tenant, subscriber: Subscriber) -> None:
    await tenant.book()
    await tenant.advance(60)
    await subscribe(changeType="deleted")

    (event,) = await tenant.view(OSLO)
    await tenant.graph("POST", f"/users/{OSLO}/events/{quote(event['id'])}/decline", {})
    await tenant.advance(1)

    assert [(one["changeType"], one["resourceData"]["id"]) for one in subscriber.items] == [("deleted", event["id"])]


async def test_a_refused_notification_is_tried_again_later(
    subscribe: Subscribe, tenant: Tenant, subscriber: Subscriber
) -> None:
    await subscribe()
    subscriber.statuses = [503, 500]

    await tenant.book(room=OSLO)
    await tenant.advance(5)
    early = len(subscriber.items)
    await tenant.advance(60)

    assert early == 0
    assert sorted(one["changeType"] for one in subscriber.items) == ["created", "updated"]


async def test_an_endpoint_that_hangs_holds_up_nobody_else(
    subscribe: Subscribe, tenant: Tenant, subscriber: Subscriber, serve: Callable[[web.Application], Awaitable[str]]
) -> None:
    let_go = asyncio.Event()

    async def hang(request: web.Request) -> web.Response:
        if "validationToken" not in request.query:
            await let_go.wait()
        return web.Response(text=request.query.get("validationToken", ""))

    app = web.Application()
    app.router.add_post("/notify", hang)
    await subscribe(notificationUrl=f"{await serve(app)}/notify")
    await subscribe()

    await tenant.book()
    advancing = asyncio.create_task(tenant.advance(4))
    await asyncio.wait_for(subscriber.was_told.wait(), 5)
    is_waiting = not advancing.done()
    let_go.set()
    await advancing

    assert is_waiting
    assert [one["changeType"] for one in subscriber.items] == ["created"]


async def test_notifications_are_dropped_doubled_and_delayed_on_demand(
    subscribe: Subscribe, tenant: Tenant, subscriber: Subscriber
) -> None:
    await subscribe()
    for fault in ({"action": "drop"}, {"action": "duplicate"}, {"action": "delay", "delay_s": 500}):
        await tenant.call("POST", "/sandbox/faults/notifications", fault)

    await tenant.book()
    await tenant.advance(60)
    doubled = [one["changeType"] for one in subscriber.items]
    await tenant.call("POST", "/sandbox/outlook/cancel", {"id": (await tenant.view(OSLO))[0]["id"]})
    await tenant.advance(60)
    held = len(subscriber.items)
    await tenant.advance(500)

    assert doubled == ["updated", "updated"]
    assert (held, len(subscriber.items)) == (2, 3)


async def test_lifecycle_events_reach_their_own_endpoint(
    subscribe: Subscribe, tenant: Tenant, subscriber: Subscriber
) -> None:
    made = (await subscribe(lifecycleNotificationUrl=f"{subscriber.url}?lifecycle")).body

    await tenant.call("POST", "/sandbox/subscriptions/lifecycle", {"event": "subscriptionRemoved"})
    await tenant.advance(1)

    assert [(one["subscriptionId"], one["lifecycleEvent"]) for one in subscriber.items] == [
        (made["id"], "subscriptionRemoved")
    ]
    assert (await tenant.graph("GET", f"/subscriptions/{made['id']}")).status == 404


async def test_subscriptions_expire_on_demand(subscribe: Subscribe, tenant: Tenant) -> None:
    made = (await subscribe()).body

    answer = await tenant.call("POST", "/sandbox/subscriptions/expire", {})

    assert answer.body == {"expired": [made["id"]]}
    assert (await tenant.graph("GET", "/subscriptions")).body["value"] == []


async def test_ids_in_notifications_follow_the_subscription(
    tenant: Tenant, subscriber: Subscriber, world: World
) -> None:
    body = {
        "changeType": "created",
        "notificationUrl": subscriber.url,
        "resource": f"/users/{PORTO}/events",
        "expirationDateTime": datetime(2026, 11, 24, tzinfo=UTC).isoformat(),
    }
    await tenant.graph("POST", "/subscriptions", body, Prefer='IdType="ImmutableId"')

    await tenant.book(room=PORTO, organizer=MIA)
    await tenant.advance(3)

    (immutable,) = await tenant.view(PORTO, Prefer='IdType="ImmutableId"')
    assert [one["resourceData"]["id"] for one in subscriber.items] == [immutable["id"]]
    assert await tenant.view(TOM) == []
