"""How notifications travel: bundled, spelled in several ways, astray, forged, to slow endpoints."""

from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from sandbox.app import build
from sandbox.exchange.timing import Timing
from sandbox.world import World
from tests.sandbox.posts import Posts, manner
from tests.sandbox.tenant import OSLO, PORTO, TOM, Answer, Subscriber, Tenant

Subscribe = Callable[..., Awaitable[Answer]]
Serve = Callable[[web.Application], Awaitable[str]]


async def astray(tenant: Tenant, **fault: Any) -> None:
    answer = await tenant.call("POST", "/sandbox/faults/notifications", fault)
    assert answer.status == 204, answer.body


async def test_changes_of_a_moment_travel_together(
    subscribe: Subscribe, tenant: Tenant, posts: Posts, endpoint: str
) -> None:
    await manner(tenant, coalesce_s=5)
    await subscribe(notificationUrl=endpoint)
    await subscribe(PORTO, notificationUrl=endpoint)

    for hour in (9, 11, 13):
        await tenant.book(start=f"2026-11-24T{hour:02d}:00")
        await tenant.book(room=PORTO, start=f"2026-11-24T{hour:02d}:00")
    await tenant.advance(8)

    assert len(posts.bodies) == 1
    assert len({item["subscriptionId"] for item in posts.bodies[0]}) == 2
    assert [item["changeType"] for item in posts.bodies[0]] == ["created"] * 6


async def test_a_bundle_has_a_limit_and_is_tried_again_whole(
    subscribe: Subscribe, tenant: Tenant, posts: Posts, endpoint: str
) -> None:
    await manner(tenant, coalesce_s=5, items_per_post=2)
    await subscribe(notificationUrl=endpoint, changeType="created")
    posts.answer = _statuses(503, 503)

    for hour in (9, 11, 13):
        await tenant.book(start=f"2026-11-24T{hour:02d}:00")
    await tenant.advance(8)
    refused = list(posts.bodies)
    await tenant.advance(10)

    assert refused == []
    assert sorted(len(body) for body in posts.bodies) == [1, 2]


def _statuses(*first: int) -> Callable[[], Awaitable[int]]:
    left = list(first)

    async def answer() -> int:
        return left.pop(0) if left else 202

    return answer


@pytest.mark.parametrize(("form", "starts"), [("path", "Users/"), ("quoted", "Users('"), ("lower", "users/")])
async def test_resources_are_spelled_in_several_ways(
    subscribe: Subscribe, tenant: Tenant, subscriber: Subscriber, form: str, starts: str
) -> None:
    await manner(tenant, resource_form=form)
    await subscribe()

    await tenant.book()
    await tenant.advance(3)

    assert [item["resource"].startswith(starts) for item in subscriber.items] == [True]


async def test_notifications_are_doubled_several_times_and_overtake(
    subscribe: Subscribe, tenant: Tenant, subscriber: Subscriber
) -> None:
    await subscribe(changeType="created")
    await astray(tenant, action="duplicate", copies=3)
    await astray(tenant, action="reorder", delay_s=1000, rate=1.0, seed=3)

    for hour in range(8, 14):
        await tenant.book(start=f"2026-11-24T{hour:02d}:00")
        await tenant.advance(5)
    await tenant.advance(1000)

    order = [item["resourceData"]["id"] for item in subscriber.items]
    by_start = [one["id"] for one in sorted(await tenant.view(OSLO), key=lambda event: event["start"]["dateTime"])]
    assert len(order) == 9
    assert order.count(by_start[0]) == 4
    assert list(dict.fromkeys(order)) != by_start


async def lost(serve: Serve, subscriber: Subscriber, seed: int) -> list[str]:
    """What a storm left of the same changes."""
    subscriber.items.clear()
    root = await serve(build(World(meetings=False, timing=Timing(notify_s=0))))
    async with aiohttp.ClientSession() as session:
        tenant = Tenant(root, session)
        storm = {"rate": 0, "notifications": 0.5, "seed": seed}
        await tenant.call("POST", "/sandbox/faults/storm", storm)
        body = {
            "changeType": "created,updated",
            "notificationUrl": subscriber.url,
            "resource": f"users/{OSLO}/events",
            "expirationDateTime": "2026-11-24T08:00:00Z",
        }
        assert (await tenant.graph("POST", "/subscriptions", body)).status == 201
        for hour in range(8, 16):
            await tenant.book(start=f"2026-11-24T{hour:02d}:00")
        await tenant.advance(120)
        history = (await tenant.call("GET", "/sandbox/faults/history")).body["value"]
    assert {one["target"] for one in history} == {"notification"}
    return [f"{one['kind']} {one['path']}" for one in history] + [str(len(subscriber.items))]


async def test_the_same_seed_leads_the_same_notifications_astray(serve: Serve, subscriber: Subscriber) -> None:
    first, again, other = [await lost(serve, subscriber, seed) for seed in (7, 7, 8)]

    assert first == again != other
    assert len({line.partition(" ")[0] for line in first[:-1]}) > 2


@pytest.mark.parametrize("kind", ["clientState", "noClientState", "subscription", "tenant", "resource", "garbage",
                                  "empty", "noList", "mixed", "unknownEvent", "oversize"])  # fmt: skip
async def test_strangers_can_be_let_post(
    subscribe: Subscribe, tenant: Tenant, posts: Posts, endpoint: str, kind: str
) -> None:
    made = (await subscribe(notificationUrl=endpoint)).body
    posts.answer = _statuses(418)

    answer = await tenant.call("POST", "/sandbox/notifications/forge", {"kind": kind})

    assert answer.body == {"kind": kind, "url": endpoint, "status": 418}
    assert made["clientState"] == "secret"
    assert (posts.sizes[0] > 8_000_000) == (kind == "oversize")


async def test_a_forgery_tells_only_what_it_is_to_tell(
    subscribe: Subscribe, tenant: Tenant, posts: Posts, endpoint: str
) -> None:
    made = (await subscribe(notificationUrl=endpoint)).body
    for kind in ("clientState", "subscription", "tenant"):
        await tenant.call("POST", "/sandbox/notifications/forge", {"kind": kind, "id": made["id"]})

    state, subscription, other_tenant = [body[0] for body in posts.bodies]
    assert (state["subscriptionId"], state["clientState"] == "secret") == (made["id"], False)
    assert (subscription["subscriptionId"] == made["id"], subscription["clientState"]) == (False, "secret")
    assert other_tenant["tenantId"] != subscription["tenantId"]


async def test_a_forgery_needs_a_kind_and_a_subscription(tenant: Tenant, subscribe: Subscribe) -> None:
    none = await tenant.call("POST", "/sandbox/notifications/forge", {"kind": "garbage"})
    await subscribe()
    bogus = await tenant.call("POST", "/sandbox/notifications/forge", {"kind": "bogus"})

    assert (none.status, bogus.status) == (404, 400)


async def test_a_slow_endpoint_hears_ten_minutes_later(
    subscribe: Subscribe, tenant: Tenant, subscriber: Subscriber
) -> None:
    await subscribe(changeType="created")
    order = {"url": subscriber.url, "state": "slow"}
    states = (await tenant.call("POST", "/sandbox/notifications/endpoints", order)).body["endpoints"]

    await tenant.book()
    await tenant.advance(590)
    early = len(subscriber.items)
    await tenant.advance(60)
    late = len(subscriber.items)
    await tenant.book(start="2026-11-24T12:00")
    await tenant.advance(5)

    assert states == {subscriber.url: "slow"}
    assert (early, late, len(subscriber.items)) == (0, 1, 2)


async def test_a_dropped_endpoint_never_hears(subscribe: Subscribe, tenant: Tenant, subscriber: Subscriber) -> None:
    await subscribe(changeType="created")
    await tenant.call("POST", "/sandbox/notifications/endpoints", {"url": subscriber.url, "state": "drop"})

    await tenant.book()
    await tenant.advance(660)
    during = len(subscriber.items)
    await tenant.book(start="2026-11-24T12:00")
    await tenant.advance(5)

    assert (during, len(subscriber.items)) == (0, 1)


@pytest.fixture
def world(request: pytest.FixtureRequest) -> World:
    """Endpoints have a moment to answer in: what hangs is found out soon."""
    timing = Timing(notify_s=0, first_delivery_timeout_s=0.05, retry_timeout_s=0.05)
    return World(meetings=False, timing=timing if "hangs" in request.node.name else Timing(notify_s=0))


async def test_an_endpoint_that_hangs_is_judged_slow_and_then_dropped(
    subscribe: Subscribe, tenant: Tenant, posts: Posts, endpoint: str
) -> None:
    await manner(tenant, least_posts=2)
    await subscribe(notificationUrl=endpoint, changeType="created")
    posts.answer = posts.hang

    states = []
    for hour in (9, 10):
        await tenant.book(start=f"2026-11-24T{hour:02d}:00")
        await tenant.advance(4)
        states.append((await manner(tenant))["endpoints"][endpoint])
    await tenant.advance(30)
    states.append((await manner(tenant))["endpoints"][endpoint])

    assert states == ["well", "slow", "drop"]


async def test_a_refused_notification_is_given_up_after_four_hours(
    subscribe: Subscribe, tenant: Tenant, subscriber: Subscriber
) -> None:
    await subscribe(changeType="created")
    subscriber.statuses = [503] * 1000
    await tenant.book()

    tried = []
    for hours in (3, 1, 20):
        await tenant.advance(hours * 3600)
        tried.append(1000 - len(subscriber.statuses))

    assert tried[0] < tried[1] == tried[2] < 20
    assert subscriber.items == []


async def test_lifecycle_events_go_to_their_endpoint_alone(
    subscribe: Subscribe, tenant: Tenant, subscriber: Subscriber, posts: Posts, endpoint: str
) -> None:
    made = (await subscribe(lifecycleNotificationUrl=endpoint)).body
    for event in ("missed", "reauthorizationRequired"):
        await tenant.call("POST", "/sandbox/subscriptions/lifecycle", {"event": event})
        await tenant.advance(1)
    bogus = await tenant.call("POST", "/sandbox/subscriptions/lifecycle", {"event": "bogus"})

    told = [item for body in posts.bodies for item in body]
    assert [one["lifecycleEvent"] for one in told] == ["missed", "reauthorizationRequired"]
    assert {one["subscriptionId"] for one in told} == {made["id"]}
    assert all("resource" not in one and one["clientState"] == "secret" for one in told)
    assert (subscriber.items, bogus.status) == ([], 400)


async def test_everything_comes_back_with_a_reset(tenant: Tenant, subscribe: Subscribe, subscriber: Subscriber) -> None:
    await manner(tenant, coalesce_s=5, unique=True)
    await tenant.call("POST", "/sandbox/notifications/endpoints", {"url": subscriber.url, "state": "drop"})

    await tenant.call("POST", "/sandbox/reset")

    settings = await manner(tenant)
    assert (settings["coalesce_s"], settings["unique"], settings["endpoints"]) == (0, False, {})
    assert await tenant.view(TOM) == []
