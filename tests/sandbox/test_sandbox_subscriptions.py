"""Subscriptions: what may be watched by whom, for how long, and what of it can be changed."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

from sandbox.world import World
from tests.sandbox.posts import Posts, manner
from tests.sandbox.signing_in import sign_in, with_token
from tests.sandbox.tenant import MIA, OSLO, TOM, Answer, Subscriber, Tenant

Subscribe = Callable[..., Awaitable[Answer]]


async def test_renewal_may_move_the_endpoint_which_has_to_shake_hands(
    subscribe: Subscribe, tenant: Tenant, subscriber: Subscriber, posts: Posts, endpoint: str
) -> None:
    path = f"/subscriptions/{(await subscribe()).body['id']}"

    moved = await tenant.graph("PATCH", path, {"notificationUrl": endpoint})
    subscriber.answers_handshake = False
    refused = await tenant.graph("PATCH", path, {"notificationUrl": subscriber.url})
    await tenant.book()
    await tenant.advance(60)

    assert (moved.status, moved.body["notificationUrl"]) == (200, endpoint)
    assert (refused.status, refused.code) == (400, "InvalidRequest")
    assert (subscriber.items, len(posts.bodies)) == ([], 2)


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"lifecycleNotificationUrl": "https://example.com/"}, 400),
        ({"clientState": "other"}, 400),
        ({"resource": f"users/{MIA}/events"}, 400),
        ({"expirationDateTime": "2026-12-24T08:00:00Z"}, 400),
        ({"encryptionCertificate": "MII"}, 501),
    ],
)
async def test_little_of_a_subscription_can_be_changed(
    subscribe: Subscribe, tenant: Tenant, change: dict[str, Any], status: int
) -> None:
    made = (await subscribe()).body

    refused = await tenant.graph("PATCH", f"/subscriptions/{made['id']}", change)
    kept = await tenant.graph("GET", f"/subscriptions/{made['id']}")

    assert refused.status == status
    assert {key: kept.body[key] for key in made if "@" not in key} == {key: made[key] for key in made if "@" not in key}


async def test_reauthorizing_extends_nothing(subscribe: Subscribe, tenant: Tenant) -> None:
    made = (await subscribe()).body
    path = f"/subscriptions/{made['id']}"

    answer = await tenant.graph("POST", f"{path}/reauthorize")
    await tenant.graph("DELETE", path)
    gone = await tenant.graph("POST", f"{path}/reauthorize")

    assert (answer.status, gone.status) == (204, 404)


@pytest.mark.parametrize(
    ("resource", "status"),
    [
        (f"users/{OSLO}/events", 201),
        (f"/users/{OSLO}/events", 201),
        (f"Users('{OSLO}')/Events", 201),
        (f"https://graph.microsoft.com/v1.0/users/{OSLO}/events", 400),
        (f"users/{OSLO}/calendar/events", 501),
        ("users/nobody@contoso.com/events", 404),
        (f"users/{OSLO}/events?$filter=isAllDay eq true", 501),
    ],
)
async def test_a_resource_is_a_path_of_a_mailboxes_events(subscribe: Subscribe, resource: str, status: int) -> None:
    assert (await subscribe(resource=resource)).status == status


async def test_resource_data_in_notifications_is_not_honoured(subscribe: Subscribe) -> None:
    answer = await subscribe(includeResourceData=True, encryptionCertificate="MII", encryptionCertificateId="one")

    assert (answer.status, "includeResourceData" in answer.body["error"]["message"]) == (501, True)


async def test_duplicates_are_allowed_unless_the_tenant_is_told_to_refuse_them(
    subscribe: Subscribe, tenant: Tenant
) -> None:
    first, second = await subscribe(), await subscribe()
    await manner(tenant, unique=True)

    third = await subscribe(changeType="deleted,created,updated")
    fewer = await subscribe(changeType="created")

    assert (first.status, second.status, fewer.status) == (201, 201, 201)
    assert (third.status, third.code) == (409, "ExtensionError")
    assert f"Subscription Id {first.body['id']} already exists" in third.body["error"]["message"]


async def test_a_subscription_ends_by_itself_on_the_tenants_clock(subscribe: Subscribe, tenant: Tenant) -> None:
    made = (await subscribe(expirationDateTime="2026-11-30T07:00:00Z")).body
    path = f"/subscriptions/{made['id']}"

    await tenant.advance(6.9 * 86400)
    alive = (await _with_new_token(tenant).graph("GET", path)).status
    await tenant.advance(86400)

    assert (alive, (await _with_new_token(tenant).graph("PATCH", path, {})).status) == (200, 404)
    assert (await _with_new_token(tenant).graph("GET", "/subscriptions")).body["value"] == []


async def test_another_applications_subscriptions_are_not_seen(
    subscribe: Subscribe, tenant: Tenant, world: World
) -> None:
    own, others = (await subscribe()).body, (await subscribe()).body
    (kept,) = [one for one in world.subscriptions.live() if one.id == others["id"]]
    world.subscriptions.put(replace(kept, app_id="another"))

    listed = await tenant.graph("GET", "/subscriptions")
    answers = [await tenant.graph(method, f"/subscriptions/{others['id']}") for method in ("GET", "DELETE")]

    assert [one["id"] for one in listed.body["value"]] == [own["id"]]
    assert [one.status for one in answers] == [404, 404]


async def test_people_and_groups_are_watched_longer_and_told_of_as_updated(
    subscribe: Subscribe, tenant: Tenant, subscriber: Subscriber, world: World
) -> None:
    tom = world.directory.user(TOM)
    assert tom is not None
    wanted = {"changeType": "updated,deleted", "expirationDateTime": "2026-12-22T07:59:00Z"}
    answers = [await subscribe(resource=one, **wanted) for one in ("/users", f"users/{TOM}", "groups")]
    late = await subscribe(resource="users", changeType="updated", expirationDateTime="2026-12-22T08:02:00Z")
    created = await subscribe(resource="users", **wanted | {"changeType": "created,updated"})
    nobody = await subscribe(resource="groups/abc", **wanted)

    people = "/sandbox/directory/users"
    made = (await tenant.call("POST", people, {"displayName": "Nova Lund"})).body
    group = (await tenant.call("POST", "/sandbox/directory/groups", {"displayName": "Ops", "members": [TOM]})).body
    await tenant.call("PATCH", f"{people}/{TOM}", {"jobTitle": "Boss"})
    await tenant.call("DELETE", f"{people}/{made['id']}")
    await tenant.call("DELETE", f"{people}/{made['id']}?permanent=true")
    await tenant.advance(1)

    assert [one.status for one in answers] == [201, 201, 201]
    assert (late.code, created.status, nobody.status) == ("ExtensionError", 400, 404)
    every, one, groups = [
        [
            (item["resource"], item["changeType"])
            for item in subscriber.items
            if item["subscriptionId"] == answer.body["id"]
        ]
        for answer in answers
    ]
    nova, tom_too = f"Users/{made['id']}", f"Users/{tom.id}"
    assert sorted(every) == sorted(
        [(nova, "updated"), (tom_too, "updated"), (nova, "updated"), (nova, "deleted")]
    )  # fmt: skip
    assert one == [(tom_too, "updated")]
    assert groups == [(f"Groups/{group['id']}", "updated")]
    data = [item["resourceData"] for item in subscriber.items if item["resource"] == groups[0][0]]
    assert (data[0]["@odata.type"], data[0]["id"]) == ("#Microsoft.Graph.Group", group["id"])


async def test_a_change_of_members_names_them(
    subscribe: Subscribe, tenant: Tenant, subscriber: Subscriber, world: World
) -> None:
    group = (await tenant.call("POST", "/sandbox/directory/groups", {"displayName": "Ops", "members": [TOM]})).body
    await subscribe(resource=f"groups/{group['id']}", changeType="updated")
    ids = {one: world.directory.user(one).id for one in (TOM, MIA)}  # type: ignore[union-attr]

    await tenant.call(
        "POST", f"/sandbox/directory/groups/{group['id']}/members", {"add": [MIA], "remove": [TOM]}
    )  # fmt: skip
    await tenant.advance(1)

    (item,) = subscriber.items
    assert item["resourceData"]["members@delta"] == [{"id": ids[MIA]}, {"id": ids[TOM], "@removed": "deleted"}]
    assert item["clientState"] == "secret"


def body_for(subscriber: Subscriber, resource: str) -> dict[str, Any]:
    return {
        "changeType": "updated",
        "notificationUrl": subscriber.url,
        "resource": resource,
        "expirationDateTime": "2026-11-24T08:00:00Z",
    }


async def test_somebody_signed_in_watches_the_own_mailbox_alone(tenant: Tenant, subscriber: Subscriber) -> None:
    token = (await sign_in(tenant, MIA, "Calendars.Read"))["access_token"]
    statuses = []
    for resource in ("me/events", f"users/{MIA}/events", f"users/{TOM}/events"):
        answer = await with_token(tenant, token, "POST", "/subscriptions", body_for(subscriber, resource))
        statuses.append(answer.status)
    own = await with_token(tenant, token, "GET", "/subscriptions")

    assert statuses == [201, 201, 403]
    assert [one["resource"] for one in own.body["value"]] == ["me/events", f"users/{MIA}/events"]


async def test_watching_needs_the_permission_to_read(tenant: Tenant, subscribe: Subscribe) -> None:
    await tenant.call("PATCH", "/sandbox/app", {"roles": ["Calendars.ReadWrite"]})

    refused = await subscribe()
    spelled = await subscribe(resource=f"Users('{OSLO}')/Events")

    assert (refused.status, spelled.status) == (403, 403)


def _with_new_token(tenant: Tenant) -> Tenant:
    return Tenant(tenant.root, tenant.session)
