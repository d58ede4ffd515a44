"""$batch: several requests in one, each as if it had come by itself."""

import asyncio
import base64
from typing import Any

import pytest

from tests.sandbox.tenant import MIA, OSLO, TOM, Answer, Tenant

JSON = {"Content-Type": "application/json"}


async def run(tenant: Tenant, *items: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The answers by id."""
    answer = await batch(tenant, *items)
    assert answer.status == 200, answer.body
    return {one["id"]: one for one in answer.body["responses"]}


async def batch(tenant: Tenant, *items: dict[str, Any]) -> Answer:
    return await tenant.graph("POST", "/$batch", {"requests": list(items)})


def get(id_: str, url: str, **more: Any) -> dict[str, Any]:
    return {"id": id_, "method": "GET", "url": url} | more


def event(id_: str, mailbox: str = TOM, subject: str = "Planning", **more: Any) -> dict[str, Any]:
    body = {
        "subject": subject,
        "start": {"dateTime": "2026-11-24T10:00:00", "timeZone": "UTC"},
        "end": {"dateTime": "2026-11-24T11:00:00", "timeZone": "UTC"},
    }
    return {"id": id_, "method": "POST", "url": f"/users/{mailbox}/events", "headers": JSON, "body": body} | more


async def test_every_item_has_an_answer_of_its_own(tenant: Tenant) -> None:
    answers = await run(
        tenant,
        get("a", f"/users/{OSLO}?$select=displayName"),
        get("b", "users/nobody@contoso.com"),
        event("c"),
    )

    assert {one["status"] for one in answers.values()} == {200, 404, 201}
    assert answers["a"]["body"]["displayName"] == "Oslo"
    assert answers["b"]["body"]["error"]["code"] == "Request_ResourceNotFound"
    assert answers["c"]["body"]["subject"] == "Planning"
    assert len({one["headers"]["request-id"] for one in answers.values()}) == 3
    assert len(await tenant.view(TOM)) == 1


async def test_answers_without_a_body_have_none(tenant: Tenant) -> None:
    made = (await run(tenant, event("1")))["1"]["body"]

    answers = await run(tenant, {"id": "x", "method": "DELETE", "url": f"/users/{TOM}/events/{made['id']}"})

    assert (answers["x"]["status"], "body" in answers["x"]) == (204, False)


async def test_answers_come_in_any_order_but_the_same_for_a_seed(tenant: Tenant) -> None:
    ids = [str(number) for number in range(12)]

    answer = await batch(tenant, *(get(one, f"/users/{OSLO}") for one in ids))

    got = [one["id"] for one in answer.body["responses"]]
    assert sorted(got) == sorted(ids)
    assert got != ids


@pytest.mark.parametrize(
    ("items", "message"),
    [
        ([get(str(number), "/users") for number in range(21)], "maximum value of 20"),
        ([get("a", "/users"), get("A", "/users")], "Request Id A has to be unique in a batch."),
        ([get("", "/users")], "has to be unique"),
        ([get("a", "https://graph.microsoft.com/v1.0/users")], "Invalid batch payload format."),
        ([get("a", "/users", method="BREW")], "Invalid batch payload format."),
        ([event("a", headers={})], "Write request id : a does not contain Content-Type header or body."),
        ([event("a", body=None)], "Write request id : a does not contain Content-Type header or body."),
        ([get("a", "/users", dependsOn=["b"]), get("b", "/users")], "Invalid dependency for request Id a."),
        ([get("a", "/users"), get("b", "/users", dependsOn=["a"]), get("c", "/users")], "request Id c."),
        ([], "Invalid batch payload format."),
    ],
)  # fmt: skip
async def test_a_batch_that_breaks_the_rules_is_refused_whole(
    tenant: Tenant, items: list[dict[str, Any]], message: str
) -> None:
    answer = await batch(tenant, *items)

    assert (answer.status, answer.code) == (400, "BadRequest")
    assert message in answer.body["error"]["message"]
    assert answer.body["error"]["innerError"]["request-id"] == answer.headers["request-id"]
    assert await tenant.view(TOM) == []


@pytest.mark.parametrize("body", [[], {"requests": {}}, {"requests": [{"id": "1"}]}, {}])
async def test_what_is_no_batch_is_refused(tenant: Tenant, body: Any) -> None:
    answer = await tenant.graph("POST", "/$batch", body)

    assert (answer.status, answer.body["error"]["message"]) == (400, "Invalid batch payload format.")


async def test_what_depends_on_a_failure_is_not_done(tenant: Tenant) -> None:
    answers = await run(
        tenant,
        event("1", subject="First"),
        event("2", subject="Second", mailbox="nobody@contoso.com", dependsOn=["1"]),
        event("3", subject="Third", dependsOn=["2"]),
        event("4", subject="Fourth", dependsOn=["1"]),
    )

    assert [answers[one]["status"] for one in "1234"] == [201, 404, 424, 201]
    assert sorted(one["subject"] for one in await tenant.view(TOM)) == ["First", "Fourth"]


async def test_a_batch_in_a_batch_is_refused(tenant: Tenant) -> None:
    inner = {"requests": [get("1", "/users")]}

    answers = await run(
        tenant,
        {"id": "a", "method": "POST", "url": "/$batch", "headers": JSON, "body": inner},
        get("b", f"/users/{OSLO}"),
    )

    assert (answers["a"]["status"], answers["b"]["status"]) == (400, 200)


async def test_a_fault_befalls_one_item_with_its_own_headers(tenant: Tenant) -> None:
    fault = {"path": f"/users/{MIA}$", "kinds": ["throttled"]}
    assert (await tenant.call("POST", "/sandbox/faults/requests", fault)).status == 204

    answers = await run(tenant, get("m", f"/users/{MIA}"), get("o", f"/users/{OSLO}"))

    assert (answers["m"]["status"], answers["o"]["status"]) == (429, 200)
    assert float(answers["m"]["headers"]["Retry-After"]) > 0
    assert answers["m"]["body"]["error"]["innerError"]["status"] == "429"


async def test_a_cut_connection_costs_only_its_item(tenant: Tenant) -> None:
    await tenant.token()
    for kind, path in (("resetBefore", MIA), ("cut", TOM)):
        await tenant.call("POST", "/sandbox/faults/requests", {"path": f"/users/{path}$", "kinds": [kind]})

    answers = await run(
        tenant, get("m", f"/users/{MIA}"), get("t", f"/users/{TOM}"), get("o", f"/users/{OSLO}")
    )  # fmt: skip

    assert [answers[one]["status"] for one in "mto"] == [502, 502, 200]


async def test_items_are_recorded_singly_with_their_batch_and_mailbox(tenant: Tenant) -> None:
    await tenant.token()
    since = (await tenant.call("GET", "/sandbox/requests")).body["next"]

    answer = await batch(tenant, get("1", f"/users/{OSLO}/events"), get("2", f"/users/{TOM}"))

    rows = (await tenant.call("GET", f"/sandbox/requests?since={since}")).body["value"]
    assert [(row["path"], row["mailbox"], row["batch"]) for row in rows] == [
        (f"/v1.0/users/{OSLO}/events", OSLO, answer.headers["request-id"]),
        (f"/v1.0/users/{TOM}", "", answer.headers["request-id"]),
        ("/v1.0/$batch", "", ""),
    ]


async def test_one_mailbox_serves_four_items_at_a_time(tenant: Tenant) -> None:
    await tenant.token()
    await tenant.call("PATCH", "/sandbox/limits", {"latency_ms": 1000})

    running = asyncio.create_task(batch(tenant, *(get(str(one), f"/users/{OSLO}/events") for one in range(9))))
    ended = []
    for _ in range(3):
        await _in_flight(tenant, running)
        await tenant.advance(1)
        rows = (await tenant.call("GET", "/sandbox/requests?path=events$")).body["count"]
        ended.append(rows)

    answer = await running
    assert ended == [4, 8, 9]
    assert {one["status"] for one in answer.body["responses"]} == {200}


async def _in_flight(tenant: Tenant, running: asyncio.Task[Answer]) -> None:
    """Until something is due, or the batch is answered."""
    async with asyncio.timeout(5):
        while not running.done() and (await tenant.call("GET", "/sandbox/clock")).body["nextDue"] is None:
            pass


async def test_bodies_of_other_types_travel_in_base64(tenant: Tenant) -> None:
    text = base64.b64encode(b'{"subject": "Bytes"}').decode()

    answers = await run(tenant, event("1", headers={"Content-Type": "text/plain"}, body=text))

    assert (answers["1"]["status"], answers["1"]["body"]["error"]["code"]) == (415, "UnsupportedMediaType")


async def test_an_html_answer_is_in_base64(tenant: Tenant) -> None:
    await tenant.call("POST", "/sandbox/faults/requests", {"path": f"{MIA}$", "kinds": ["badGateway"]})

    answers = await run(tenant, get("1", f"/users/{MIA}"))

    assert answers["1"]["status"] == 502
    assert base64.b64decode(answers["1"]["body"]).startswith(b"<html>")


async def test_a_batch_needs_a_token_and_passes_it_on(tenant: Tenant) -> None:
    none = await tenant.call("POST", "/v1.0/$batch", {"requests": [get("1", "/users")]})
    answers = await run(tenant, get("1", "/users", headers={"Authorization": "Bearer nonsense"}), get("2", "/users"))

    assert none.status == 401
    assert (answers["1"]["status"], answers["2"]["status"]) == (401, 200)


async def test_links_in_answers_can_be_followed(tenant: Tenant) -> None:
    answers = await run(tenant, get("1", "/users?$top=2"))

    following = await tenant.graph("GET", answers["1"]["body"]["@odata.nextLink"])

    assert (following.status, len(following.body["value"])) == (200, 2)


async def test_prefer_headers_of_an_item_count(tenant: Tenant) -> None:
    await tenant.graph("POST", f"/users/{TOM}/events", event("x")["body"])
    zone = {"Prefer": 'outlook.timezone="Pacific Standard Time"'}

    answers = await run(tenant, get("1", f"/users/{TOM}/events", headers=zone), get("2", f"/users/{TOM}/events"))

    starts = {one["id"]: one["body"]["value"][0]["start"]["dateTime"][:16] for one in answers.values()}
    assert starts == {"1": "2026-11-24T02:00", "2": "2026-11-24T10:00"}
