"""Limits: what one application may ask of a mailbox, of the directory and of subscriptions; and access policies."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from sandbox.world import World
from tests.sandbox.tenant import MIA, OSLO, PORTO, TOM, Answer, Tenant

Subscribe = Callable[..., Awaitable[Answer]]
EVENTS = f"/users/{OSLO}/events"


async def limit(tenant: Tenant, **values: Any) -> None:
    await tenant.token()
    answer = await tenant.call("PATCH", "/sandbox/limits", values)
    assert answer.status == 200, answer.body


async def test_the_limits_are_graphs_own(tenant: Tenant) -> None:
    settings = (await tenant.call("GET", "/sandbox/limits")).body

    assert settings["enabled"]
    assert (settings["mailbox_concurrency"], settings["mailbox_requests"], settings["mailbox_window_s"]) == (
        4,
        10_000,
        600,
    )
    assert (settings["app_requests"], settings["app_window_s"]) == (130_000, 10)
    assert (settings["subscription_writes"], settings["subscription_window_s"]) == (1_000, 20)
    assert settings["mailbox_subscriptions"] == 1_000


async def test_a_mailbox_serves_four_requests_at_a_time(tenant: Tenant) -> None:
    await limit(tenant, latency_ms=500)

    asked = [asyncio.create_task(tenant.graph("GET", EVENTS)) for _ in range(6)]
    other = asyncio.create_task(tenant.graph("GET", f"/users/{PORTO}/events"))
    refused = [await one for one in await _first(asked, 2)]
    await _asleep(tenant, 5)
    await tenant.advance(0.5)
    statuses = [(await one).status for one in asked]
    again = asyncio.create_task(tenant.graph("GET", EVENTS))
    await _asleep(tenant, 8)
    await tenant.advance(0.5)

    assert {(one.status, one.code) for one in refused} == {(429, "ApplicationThrottled")}
    assert refused[0].body["error"]["message"] == "Application is over its MailboxConcurrency limit."
    assert sorted(statuses) == [200] * 4 + [429] * 2
    assert ((await other).status, (await again).status) == (200, 200)


async def _first(tasks: list[asyncio.Task[Answer]], count: int) -> list[asyncio.Task[Answer]]:
    async with asyncio.timeout(5):
        while sum(task.done() for task in tasks) < count:
            await asyncio.wait([task for task in tasks if not task.done()], return_when=asyncio.FIRST_COMPLETED)
    return [task for task in tasks if task.done()]


async def _asleep(tenant: Tenant, count: int) -> None:
    """Until `count` mailbox requests have come: one request after another is enough, for they were all sent before."""
    async with asyncio.timeout(5):
        while sum((await _counted(tenant, "mailbox")).values()) < count:
            pass


async def _counted(tenant: Tenant, name: str) -> dict[str, int]:
    counted: dict[str, int] = (await tenant.call("GET", "/sandbox/limits")).body["counted"]
    return {key: count for key, count in counted.items() if key.startswith(f"{name} ")}


async def test_after_so_many_requests_a_mailbox_rests(tenant: Tenant) -> None:
    await limit(tenant, mailbox_requests=3)
    await tenant.graph("GET", EVENTS)
    await tenant.advance(100.25)

    statuses = [(await tenant.graph("GET", EVENTS)).status for _ in range(2)]
    refused = await tenant.graph("GET", EVENTS)
    elsewhere = await tenant.graph("GET", f"/users/{PORTO}/events")

    assert (statuses, elsewhere.status) == ([200, 200], 200)
    assert (refused.status, refused.code, refused.headers["Retry-After"]) == (429, "TooManyRequests", "499.75")
    error = refused.body["error"]
    assert error["message"] == "Please retry again later."
    inner = error["innerError"]
    assert (inner["code"], inner["status"], inner["message"]) == ("429", "429", "Please retry after")
    await tenant.advance(500)
    assert (await tenant.graph("GET", EVENTS)).status == 200


async def test_refused_requests_count_too(tenant: Tenant) -> None:
    await limit(tenant, mailbox_requests=2)

    for _ in range(5):
        await tenant.graph("GET", EVENTS)

    assert list((await _counted(tenant, "mailbox")).values()) == [5]


async def test_an_application_has_a_limit_of_its_own(tenant: Tenant) -> None:
    await limit(tenant, app_requests=2)

    statuses = [(await tenant.graph("GET", path)).status for path in ("/users", EVENTS, f"/users/{TOM}/events")]
    await tenant.advance(10)

    assert statuses == [200, 200, 429]
    assert (await tenant.graph("GET", EVENTS)).status == 200


async def test_items_of_a_batch_count_singly(tenant: Tenant) -> None:
    await limit(tenant, mailbox_requests=3)
    items = [{"id": str(one), "method": "GET", "url": EVENTS} for one in range(5)]

    answer = await tenant.graph("POST", "/$batch", {"requests": items})

    statuses = sorted(one["status"] for one in answer.body["responses"])
    late = [one for one in answer.body["responses"] if one["status"] == 429]
    assert (answer.status, statuses) == (200, [200, 200, 200, 429, 429])
    assert {one["headers"]["Retry-After"] for one in late} == {"600"}


async def test_the_directory_counts_in_units(tenant: Tenant) -> None:
    await limit(tenant, identity_units=10)

    plain = await tenant.graph("GET", f"/users/{MIA}")
    selected = await tenant.graph("GET", f"/users/{MIA}?$select=id")
    listed = await tenant.graph("GET", "/users?$top=5")
    near = [await tenant.graph("GET", f"/users/{MIA}") for _ in range(3)]
    over = await tenant.graph("GET", f"/users/{MIA}")

    assert [one.headers["x-ms-resource-unit"] for one in (plain, selected, listed)] == ["2", "1", "1"]
    assert "x-ms-throttle-limit-percentage" not in plain.headers
    assert [one.headers.get("x-ms-throttle-limit-percentage") for one in near] == [None, "0.8", "1.0"]
    assert (over.status, over.headers["Retry-After"]) == (429, "10")


async def test_subscriptions_are_written_at_a_limited_rate(subscribe: Subscribe, tenant: Tenant) -> None:
    await limit(tenant, subscription_writes=2)

    statuses = [(await subscribe()).status for _ in range(3)]
    listed = (await tenant.graph("GET", "/subscriptions")).status
    await tenant.advance(20)

    assert (statuses, listed) == ([201, 201, 429], 200)
    assert (await subscribe()).status == 201


async def test_a_mailbox_has_so_many_subscriptions(subscribe: Subscribe, tenant: Tenant) -> None:
    await limit(tenant, mailbox_subscriptions=2)

    answers = [await subscribe() for _ in range(3)]
    elsewhere = await subscribe(PORTO)

    assert [one.status for one in answers] == [201, 201, 403]
    assert answers[2].code == "ExtensionError"
    assert "Maximum number of subscriptions has been reached" in answers[2].body["error"]["message"]
    assert elsewhere.status == 201


async def test_limits_can_be_switched_off_and_come_back_with_a_reset(tenant: Tenant) -> None:
    await limit(tenant, mailbox_requests=1, enabled=False)
    statuses = {(await tenant.graph("GET", EVENTS)).status for _ in range(3)}
    await tenant.call("POST", "/sandbox/reset")

    settings = (await tenant.call("GET", "/sandbox/limits")).body
    assert statuses == {200}
    assert (settings["enabled"], settings["mailbox_requests"]) == (True, 10_000)


@pytest.mark.parametrize("values", [{"mailbox_requests": 0}, {"nonsense": 1}, {"latency_ms": "long"}])
async def test_a_limit_that_makes_no_sense_is_refused(tenant: Tenant, values: dict[str, Any]) -> None:
    assert (await tenant.call("PATCH", "/sandbox/limits", values)).status == 400


async def policy(tenant: Tenant, mode: str, *mailboxes: str) -> Answer:
    return await tenant.call("POST", "/sandbox/access", {"mode": mode, "mailboxes": list(mailboxes)})


@pytest.mark.parametrize(("mode", "oslo", "porto"), [("deny", 403, 200), ("allow", 200, 403)])
async def test_a_policy_keeps_the_application_out_of_mailboxes(
    tenant: Tenant, mode: str, oslo: int, porto: int
) -> None:
    assert (await policy(tenant, mode, OSLO)).status == 200

    answers = {room: await tenant.graph("GET", f"/users/{room}/events") for room in (OSLO, PORTO)}

    assert (answers[OSLO].status, answers[PORTO].status) == (oslo, porto)
    refused = answers[OSLO] if oslo == 403 else answers[PORTO]
    assert refused.code == "ErrorAccessDenied"
    assert "[RAOP] : Blocked by tenant configured AppOnly AccessPolicy settings." in refused.body["error"]["message"]
    assert (await tenant.graph("GET", f"/users/{OSLO}")).status == 200
    assert (await tenant.graph("GET", f"/places/{PORTO}")).status == 200


async def test_a_policy_counts_for_ids_and_subscriptions_and_ends(
    tenant: Tenant, subscribe: Subscribe, world: World
) -> None:
    oslo = world.directory.user(OSLO)
    assert oslo is not None
    await policy(tenant, "deny", oslo.id)

    by_id = await tenant.graph("GET", f"/users/{oslo.id}/calendarView?startDateTime=2026-11-23&endDateTime=2026-11-24")
    subscribed = await subscribe()
    unknown = await policy(tenant, "deny", "nobody@contoso.com")
    await tenant.call("DELETE", "/sandbox/access")

    assert (by_id.status, subscribed.status, subscribed.code) == (403, 403, "ExtensionError")
    assert unknown.status == 404
    assert (await tenant.graph("GET", EVENTS)).status == 200
