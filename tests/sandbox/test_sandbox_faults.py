"""Faults: what can befall a request, by rule, by rate and by storm; and that the same seed does the same again."""

import asyncio
import io
from collections.abc import Awaitable, Callable
from email.utils import parsedate_to_datetime
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from sandbox.app import build
from sandbox.control.kinds import KINDS
from sandbox.exchange.timing import Timing
from sandbox.world import World
from tests.sandbox.tenant import MIA, OSLO, PORTO, TOM, Answer, Tenant

WINDOW = "startDateTime=2026-11-23T00:00:00Z&endDateTime=2026-12-23T00:00:00Z"
DELTA = f"/users/{OSLO}/calendarView/delta?{WINDOW}"
Serve = Callable[[web.Application], Awaitable[str]]


async def fail(tenant: Tenant, **fault: Any) -> None:
    await tenant.token()
    answer = await tenant.call("POST", "/sandbox/faults/requests", fault)
    assert answer.status == 204, answer.body


async def history(tenant: Tenant) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await tenant.call("GET", "/sandbox/faults/history")).body["value"]
    return found


@pytest.mark.parametrize(
    ("kind", "path", "status", "code"),
    [
        ("tokenExpired", "/users", 401, "InvalidAuthenticationToken"),
        ("tokenRevoked", "/users", 401, "InvalidAuthenticationToken"),
        ("accessDenied", f"/users/{OSLO}/events", 403, "ErrorAccessDenied"),
        ("accessPolicy", f"/users/{OSLO}/events", 403, "ErrorAccessDenied"),
        ("notFound", f"/users/{OSLO}/events/abc", 404, "ErrorItemNotFound"),
        ("mailboxGone", f"/users/{OSLO}/events", 404, "MailboxNotEnabledForRESTAPI"),
        ("preconditionFailed", f"/users/{OSLO}/events/abc", 412, "ErrorIrresolvableConflict"),
        ("syncStateNotFound", DELTA, 410, "SyncStateNotFound"),
        ("syncStateNotFoundLower", DELTA, 410, "syncstatenotfound"),
        ("syncStateNotFoundUpper", DELTA, 410, "SYNCSTATENOTFOUND"),
        ("resyncRequired", DELTA, 410, "resyncRequired"),
        ("syncStateInvalid", DELTA, 400, "syncStateInvalid"),
        ("syncStateInvalidGone", DELTA, 410, "SyncStateInvalid"),
        ("throttledMailbox", f"/users/{OSLO}/events", 429, "ApplicationThrottled"),
        ("internalError", "/users", 500, "InternalServerError"),
        ("unavailableSilently", "/users", 503, "ServiceUnavailable"),
        ("gatewayTimeout", "/users", 504, "GatewayTimeout"),
    ],
)
async def test_a_kind_answers_as_the_service_has_been_seen_to(
    tenant: Tenant, kind: str, path: str, status: int, code: str
) -> None:
    await fail(tenant, kinds=[kind])

    answer = await tenant.graph("GET", path)

    assert (answer.status, answer.code) == (status, code)
    assert answer.body["error"]["innerError"]["request-id"] == answer.headers["request-id"]
    assert answer.headers["x-sandbox-fault"] == kind
    assert "Retry-After" not in answer.headers


async def test_a_dead_token_asks_for_another(tenant: Tenant) -> None:
    await fail(tenant, kinds=["tokenRevoked"])

    answer = await tenant.graph("GET", "/users")

    assert 'error="insufficient_claims", claims="' in answer.headers["WWW-Authenticate"]


@pytest.mark.parametrize("kind", ["syncStateNotFoundInside", "resyncRequiredInside"])
async def test_a_reset_may_hide_in_the_inner_error(tenant: Tenant, kind: str) -> None:
    await fail(tenant, kinds=[kind])

    answer = await tenant.graph("GET", DELTA)

    assert (answer.status, answer.code) == (410, "UnknownError")
    assert answer.body["error"]["innerError"]["code"].lower() == kind.lower().removesuffix("inside")


async def test_throttling_says_in_several_ways_when_to_come_again(tenant: Tenant, world: World) -> None:
    for kind in ("throttled", "throttledSilently", "throttledUntil", "unavailable"):
        await fail(tenant, kinds=[kind])

    answers = [await tenant.graph("GET", "/users") for _ in range(4)]

    fraction, silent, until, whole = [answer.headers.get("Retry-After", "") for answer in answers]
    assert [answer.status for answer in answers] == [429, 429, 429, 503]
    assert answers[0].body["error"]["innerError"]["code"] == "429"
    assert 1 <= float(fraction) <= 10
    assert "." in fraction
    assert silent == ""
    assert 1 <= (parsedate_to_datetime(until) - world.clock.now()).total_seconds() <= 10
    assert 1 <= int(whole) <= 10


async def test_a_gateway_answers_in_html(tenant: Tenant) -> None:
    await fail(tenant, kinds=["badGateway"])

    answer = await tenant.graph("GET", "/users")

    assert (answer.status, answer.headers["Content-Type"]) == (502, "text/html; charset=utf-8")
    assert "<html>" in answer.body


async def test_a_body_may_end_in_its_middle(tenant: Tenant) -> None:
    await fail(tenant, kinds=["cut"])
    headers = {"Authorization": f"Bearer {await tenant.token()}"}

    async with tenant.session.get(f"{tenant.root}/v1.0/users", headers=headers) as response:
        promised = int(response.headers["Content-Length"])
        got = bytearray()
        with pytest.raises(aiohttp.ClientPayloadError):
            await _collect(response, got)

    assert response.status == 200
    assert 0 < len(got) < promised
    assert (await tenant.call("GET", "/sandbox/requests?path=users")).body["value"][-1]["status"] == 0


async def _collect(response: aiohttp.ClientResponse, into: bytearray) -> None:
    async for chunk in response.content.iter_any():
        into += chunk


@pytest.mark.parametrize(("kind", "made"), [("gatewayTimeoutAfter", 1), ("gatewayTimeout", 0), ("unavailableAfter", 1)])
async def test_a_failure_may_come_after_the_effect(tenant: Tenant, kind: str, made: int) -> None:
    await fail(tenant, kinds=[kind], path="events$")
    body = {
        "subject": "Planning",
        "start": {"dateTime": "2026-11-24T10:00:00", "timeZone": "UTC"},
        "end": {"dateTime": "2026-11-24T11:00:00", "timeZone": "UTC"},
    }

    answer = await tenant.graph("POST", f"/users/{TOM}/events", body)

    assert answer.status in {503, 504}
    assert len(await tenant.view(TOM)) == made


async def test_a_rule_is_for_a_mailbox_by_whatever_name(tenant: Tenant, world: World) -> None:
    await fail(tenant, mailbox=OSLO, kinds=["unavailable"], times=100)
    by_id = world.directory.user(OSLO)
    assert by_id is not None

    paths = [f"/users/{OSLO}/events", f"/users/{by_id.id}/events", f"/users/{PORTO}/events", f"/users/{OSLO}"]
    statuses = [(await tenant.graph("GET", path)).status for path in paths]

    assert statuses == [503, 503, 200, 200]


async def test_a_rule_has_a_window_and_may_skip(tenant: Tenant) -> None:
    await fail(tenant, path="users$", status=503, begins_in_s=60, lasts_s=60)
    await fail(tenant, path="places", status=504, skip=2)

    early = (await tenant.graph("GET", "/users")).status
    await tenant.advance(60)
    within = [(await tenant.graph("GET", "/users")).status for _ in range(2)]
    await tenant.advance(60)
    late = (await tenant.graph("GET", "/users")).status
    skipped = [(await tenant.graph("GET", "/places/microsoft.graph.room")).status for _ in range(4)]

    assert (early, within, late) == (200, [503, 503], 200)
    assert skipped == [200, 200, 504, 200]


async def test_a_rate_hits_about_as_many_as_it_says(tenant: Tenant) -> None:
    await fail(tenant, rate=0.3, seed=5, kinds=["internalError"])

    statuses = [(await tenant.graph("GET", f"/users/{MIA}")).status for _ in range(200)]

    assert 40 <= statuses.count(500) <= 80
    assert len(await history(tenant)) == statuses.count(500)


async def test_rules_that_make_no_sense_are_refused(tenant: Tenant) -> None:
    kind = await tenant.call("POST", "/sandbox/faults/requests", {"kinds": ["bogus"]})
    pattern = await tenant.call("POST", "/sandbox/faults/requests", {"path": "("})
    no_action = await tenant.call("POST", "/sandbox/faults/notifications", {"times": 2})
    storm = await tenant.call("POST", "/sandbox/faults/storm", {"kinds": ["bogus"]})

    assert [one.status for one in (kind, pattern, no_action, storm)] == [400] * 4
    assert "bogus" in kind.body["error"]["message"]
    assert (await tenant.call("GET", "/sandbox/faults")).body == {"requests": [], "notifications": []}


async def test_every_kind_is_listed(tenant: Tenant) -> None:
    listed = (await tenant.call("GET", "/sandbox/faults/kinds")).body["value"]

    assert [one["kind"] for one in listed] == list(KINDS)


async def test_a_slow_request_waits_for_the_clock_and_then_succeeds(tenant: Tenant) -> None:
    await fail(tenant, path="users$", kinds=["slow"])

    waiting = asyncio.create_task(tenant.graph("GET", "/users"))
    await tenant.view(TOM)
    assert not waiting.done()
    await tenant.advance(5)

    assert (await waiting).status == 200


async def stormy(tenant: Tenant, seed: int) -> list[dict[str, Any]]:
    """What a storm did to a fixed piece of work, a part of it in parallel."""
    await tenant.token()
    storm = {"seed": seed, "rate": 0.4, "kinds": [one for one in KINDS if one != "slow"]}
    assert (await tenant.call("POST", "/sandbox/faults/storm", storm)).status == 204
    for _ in range(10):
        await asyncio.gather(*(attempt(tenant, f"/users/{one}/events") for one in (OSLO, PORTO, TOM, MIA)))
        await attempt(tenant, DELTA)
    return await history(tenant)


async def attempt(tenant: Tenant, path: str) -> Answer | None:
    try:
        return await tenant.graph("GET", path)
    except aiohttp.ClientError:
        return None


async def test_the_same_seed_does_the_same_to_the_same_requests(serve: Serve) -> None:
    done = []
    for seed in (7, 7, 8):
        root = await serve(build(World(meetings=False, timing=Timing(notify_s=0))))
        async with aiohttp.ClientSession() as session:
            lines = await stormy(Tenant(root, session), seed)
            done.append(sorted((one["method"], one["path"], one["mailbox"], one["kind"]) for one in lines))

    assert done[0] == done[1] != done[2]
    assert len({kind for *_, kind in done[0]}) > 5
    assert {kind for _, path, _, kind in done[0] if "delta" not in path}.isdisjoint(
        {"resyncRequired", "syncStateNotFound", "syncStateInvalid"}
    )


async def test_clearing_begins_the_same_storm_anew(tenant: Tenant) -> None:
    first = await stormy(tenant, 7)
    await tenant.call("DELETE", "/sandbox/faults")
    second = await stormy(tenant, 7)

    assert first
    assert sorted(one["kind"] for one in first) == sorted(one["kind"] for one in second)


async def test_a_storm_leaves_the_login_alone(tenant: Tenant) -> None:
    await tenant.call("POST", "/sandbox/faults/storm", {"seed": 1, "rate": 1.0, "kinds": ["unavailable"]})

    assert await tenant.token()
    assert (await tenant.graph("GET", "/users")).status == 503


async def test_what_the_tenant_lacks_is_listed(tenant: Tenant) -> None:
    for _ in range(2):
        await tenant.graph("GET", "/sites/root")
    await tenant.graph("GET", "/nonsense")

    (row,) = (await tenant.call("GET", "/sandbox/not-honoured")).body["value"]

    assert (row["method"], row["path"], row["times"]) == ("GET", "/v1.0/sites/root", 2)
    assert "/v1.0/sites/root" in row["what"]


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/sites/root/lists", 501, "NotImplemented"),
        ("GET", "/users/x/drive/root", 501, "NotImplemented"),
        ("PATCH", f"/users/{OSLO}", 501, "NotImplemented"),
        ("POST", "/users", 501, "NotImplemented"),
        ("GET", "/roomz", 400, "BadRequest"),
        ("GET", f"/users/{OSLO}/evnts", 400, "BadRequest"),
        ("POST", f"/users/{OSLO}/events/abc/confirm", 400, "BadRequest"),
        ("GET", f"/users/{OSLO}/calendar/busy", 400, "BadRequest"),
        ("PUT", f"/users/{OSLO}/events", 405, "Request_BadRequest"),
        ("DELETE", "/subscriptions", 405, "Request_BadRequest"),
        ("GET", "/$batch", 405, "Request_BadRequest"),
    ],
)
async def test_a_path_without_an_answer_is_one_of_graphs_or_nobodys(
    tenant: Tenant, method: str, path: str, status: int, code: str
) -> None:
    answer = await tenant.graph(method, path)

    assert (answer.status, answer.code) == (status, code)
    if status == 400:
        wrong = path.rsplit("/", 1)[1]
        assert answer.body["error"]["message"] == f"Resource not found for the segment '{wrong}'."
    if status == 405:
        assert "Allow" in answer.headers


async def test_beta_does_not_exist(tenant: Tenant) -> None:
    answer = await tenant.call("GET", "/beta/users")

    assert (answer.status, "v1.0 alone" in answer.body["error"]["message"]) == (404, True)


async def test_a_body_that_is_not_json_is_refused(tenant: Tenant) -> None:
    token = await tenant.token()
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "text/plain"}
    url = f"{tenant.root}/v1.0/users/{TOM}/events"

    async with tenant.session.post(url, data=b'{"subject": "x"}', headers=headers) as plain:
        refused = plain.status, (await plain.json(content_type=None))["error"]["code"]
    headers["Content-Type"] = "application/json"
    long_body = io.BytesIO(b'{"subject": "%s"}' % (b"x" * 5_000_000))
    async with tenant.session.post(url, data=long_body, headers=headers) as long:
        too_long = long.status, (await long.json(content_type=None))["error"]["code"]

    assert refused == (415, "UnsupportedMediaType")
    assert too_long == (413, "RequestEntityTooLarge")


async def test_answers_carry_the_tenants_date_and_the_callers_id(tenant: Tenant, world: World) -> None:
    own = "6f2b9c1e-0000-4000-8000-000000000001"
    await tenant.advance(3600)

    answer = await tenant.graph("GET", "/users", client_request_id=own)
    unnamed = await tenant.graph("GET", "/users")

    assert parsedate_to_datetime(answer.headers["Date"]) == world.clock.now()
    assert answer.headers["client-request-id"] == own != answer.headers["request-id"]
    assert unnamed.headers["client-request-id"] == unnamed.headers["request-id"]
    assert "ServerInfo" in answer.headers["x-ms-ags-diagnostic"]


@pytest.mark.parametrize(
    ("path", "order"),
    [
        ("requests", {}),
        ("requests", {"times": 2}),
        ("requests", {"kinds": ["throttled"], "rate": 7}),
        ("requests", {"kinds": ["throttled"], "times": -3}),
        ("notifications", {"action": "drop", "rate": -0.1}),
        ("storm", {"rate": 2}),
    ],
)
async def test_a_fault_that_cannot_be_is_refused(tenant: Tenant, path: str, order: dict[str, Any]) -> None:
    answer = await tenant.call("POST", f"/sandbox/faults/{path}", order)

    assert answer.status == 400
    assert (await tenant.call("GET", "/sandbox/faults")).body["requests"] == []
