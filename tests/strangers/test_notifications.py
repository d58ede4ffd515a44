"""What the tenant posts to subscribers, against Graph's description of it."""

from typing import Any

import pytest

from tests.sandbox.tenant import OSLO, Subscriber, Tenant
from tests.strangers.openapi import IS_HERE, WHY_NOT, description

pytestmark = pytest.mark.skipif(not IS_HERE, reason=WHY_NOT)

COLLECTION = {"$ref": "#/components/schemas/microsoft.graph.changeNotificationCollection"}


@pytest.fixture
async def notified(tenant: Tenant, subscriber: Subscriber) -> list[dict[str, Any]]:
    """Everything that came for a subscription to Oslo, once the test has done what makes it come."""
    asked = {
        "changeType": "created,updated,deleted",
        "notificationUrl": subscriber.url,
        "lifecycleNotificationUrl": subscriber.url,
        "resource": f"users/{OSLO}/events",
        "expirationDateTime": "2026-11-24T08:00:00Z",
        "clientState": "secret",
    }
    made = await tenant.graph("POST", "/subscriptions", asked)
    assert made.status == 201, made.body
    return subscriber.items


async def test_notifications_of_changes_are_as_described(tenant: Tenant, notified: list[dict[str, Any]]) -> None:
    meeting = await tenant.book()
    await tenant.advance(60)
    await tenant.call("POST", "/sandbox/outlook/cancel", {"id": meeting["id"]})
    await tenant.advance(60)

    assert {item["changeType"] for item in notified} >= {"created", "updated"}
    assert {item["resourceData"]["@odata.type"] for item in notified} == {"#Microsoft.Graph.Event"}
    assert description().problems("answered", "notifications", COLLECTION, {"value": notified}) == []


@pytest.mark.parametrize("event", ["missed", "reauthorizationRequired", "subscriptionRemoved"])
async def test_notifications_of_a_lifecycle_are_as_described(
    tenant: Tenant, notified: list[dict[str, Any]], event: str
) -> None:
    await tenant.call("POST", "/sandbox/subscriptions/lifecycle", {"event": event})
    await tenant.advance(60)

    assert [item["lifecycleEvent"] for item in notified] == [event]
    assert description().problems("answered", "notifications", COLLECTION, {"value": notified}) == []
