"""The HTTP surface under bad input: every refusal has its status, nothing leaks, nothing is a 500 of ours."""

import asyncio
import gzip
import io
import json
import logging
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import ClientResponse, ClientSession, web
from aiohttp.test_utils import TestClient, TestServer

from bot.admin.readiness import Part
from bot.logs import line_of
from bot.ports.figures import Family, Sample
from bot.ports.store import StoreDown
from bot.teams.claims import Claims, Refused
from bot.teams.connector_errors import Unreachable
from bot.teams.inbound import Inbound, Kind
from bot.teams.inbound_fields import Malformed
from bot.web.app import RUNNER_OPTIONS, build_app, runner_of
from bot.web.parts import Hint, Parts, Watch
from tests.unit.teams.kit import APP_ID, SERVICE_URL, TENANT, activity, press

GOOD = "Bearer good"
JSON = {"Content-Type": "application/json"}


@dataclass
class World:
    """The parts, each doing the least that it promises, and what they saw."""

    seen: list[Inbound] = field(default_factory=list)
    peers: list[str] = field(default_factory=list)
    hints: list[Hint] = field(default_factory=list)
    commits: int = 0
    answer: tuple[int, Any] = (200, None)
    error: Exception | None = None
    store_error: Exception | None = None
    stuck: bool = False
    token: str = ""
    found: Sequence[Part] = (Part(name="store"),)

    async def admit(self, authorization: str, raw: Any, peer: str) -> Claims | Refused:
        self.peers.append(peer)
        if authorization != GOOD:
            return Refused(401, "token.missing")
        if raw.get("channelId") != "msteams":
            return Refused(403, "channel.unsupported")
        return Claims(app_id=APP_ID, issuer="i", service_url=SERVICE_URL, tenant=TENANT)

    async def on_activity(self, inbound: Inbound, _claims: Claims) -> tuple[int, Any]:
        self.seen.append(inbound)
        if self.error is not None:
            raise self.error
        return self.answer

    async def mark_dirty(self, hints: list[Hint]) -> None:
        if self.stuck:
            await asyncio.Event().wait()
        if self.store_error is not None:
            raise self.store_error
        self.hints.extend(hints)
        self.commits += 1

    async def readiness(self) -> Sequence[Part]:
        return self.found

    async def figures(self) -> Sequence[Family]:
        return [Family(name="foyer_rooms", kind="gauge", told="Rooms.", samples=[Sample(value=2)])]

    def parts(self) -> Parts:
        return Parts(
            front_door=self,
            on_activity=self.on_activity,
            mark_dirty=self.mark_dirty,
            watch=Watch(role="all", readiness=self.readiness, figures=self.figures, metrics_token=self.token),
            new_id=lambda: "c-1",
        )


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
async def http(world: World) -> AsyncIterator[TestClient[web.Request, web.Application]]:
    server = TestServer(build_app(world.parts()))
    await server.start_server(**RUNNER_OPTIONS)
    async with TestClient(server) as client:
        yield client


Http = TestClient[web.Request, web.Application]


async def say(http: Http, body: Any, authorization: str = GOOD) -> ClientResponse:
    return await http.post("/api/messages", json=body, headers={"Authorization": authorization})


async def test_an_activity_is_handed_on_and_answered(http: Http, world: World) -> None:
    response = await say(http, activity())

    assert (response.status, await response.read()) == (200, b"")
    assert [inbound.kind for inbound in world.seen] == [Kind.MESSAGE]
    assert world.peers == ["127.0.0.1"]


async def test_an_invoke_is_answered_with_its_body(http: Http, world: World) -> None:
    world.answer = (200, {"statusCode": 200, "value": {"é": "\ud800"}})

    response = await say(http, press())

    assert response.status == 200
    assert response.content_type == "application/json"
    assert json.loads(await response.read()) == world.answer[1]


BAD: dict[str, tuple[int, bytes, dict[str, str]]] = {
    "too large by its own word": (413, b"{" + b" " * 300_000 + b"}", {}),
    "no content type": (415, b"{}", {"Content-Type": ""}),
    "a form": (415, b"a=b", {"Content-Type": "application/x-www-form-urlencoded"}),
    "text": (415, b"{}", {"Content-Type": "text/plain"}),
    "another charset": (415, b"{}", {"Content-Type": "application/json; charset=utf-16"}),
    "a content type that is none": (415, b"{}", {"Content-Type": "\x80;;;"}),
    "empty": (400, b"", {}),
    "cut off": (400, b'{"type": "mess', {}),
    "not UTF-8": (400, b'{"type": "\xff"}', {}),
    "UTF-16": (400, '{"type": "message"}'.encode("utf-16"), {}),
    "a byte order mark": (400, b"\xef\xbb\xbf{}", {}),
    "not a number": (400, json.dumps(activity(value=float("nan"))).encode(), {}),
    "a number of many digits": (400, b'{"type": ' + b"9" * 10_000 + b"}", {}),
    "nested deeply": (400, b"[" * 100_000, {}),
    "objects nested deeply": (400, b'{"a":' * 40_000, {}),
    "a list": (400, b"[]", {}),
    "text alone": (400, b'"message"', {}),
    "null": (400, b"null", {}),
    "no type": (400, b"{}", {}),
    "type not text": (400, b'{"type": {}}', {}),
    "broken gzip": (415, b"\x1f\x8b\x08nothing", {"Content-Encoding": "gzip"}),
    "a small gzip of much": (415, gzip.compress(b" " * 3_000_000), {"Content-Encoding": "gzip"}),
    "good but no token": (401, json.dumps(activity()).encode(), {"Authorization": ""}),
    "good but a wrong token": (401, json.dumps(activity()).encode(), {"Authorization": "Bearer bad"}),
    "good but another channel": (403, json.dumps(activity(channelId="webchat")).encode(), {}),
    "no conversation": (400, json.dumps(activity(conversation=None)).encode(), {}),
    "no service url": (400, json.dumps(activity(serviceUrl=None)).encode(), {}),
    "a card action without value": (
        400,
        json.dumps(activity(type="invoke", name="adaptiveCard/action")).encode(),
        {},
    ),
}


@pytest.mark.parametrize("case", BAD)
async def test_bad_input_has_its_status_and_one_line_without_its_content(
    http: Http, world: World, caplog: pytest.LogCaptureFixture, case: str
) -> None:
    status, body, headers = BAD[case]
    caplog.set_level(logging.INFO, "bot")

    response = await http.post("/api/messages", data=body, headers={"Authorization": GOOD, **JSON, **headers})

    assert response.status == status
    assert "Python" not in str(response.headers)
    assert world.seen == []
    (record,) = caplog.records
    line = line_of(record)
    assert (line["event"], line["status"], line["route"]) == ("web.refused", status, "/api/messages")
    assert not {"Ana", "tomorrow"} & set(str(line).split())


async def test_a_body_without_length_is_measured_while_it_comes(http: Http) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(40):
            yield b" " * 10_000

    response = await http.post("/api/messages", data=pieces(), headers={"Authorization": GOOD, **JSON})

    assert response.status == 413


async def test_a_peer_behind_a_proxy_is_nobody(http: Http, world: World) -> None:
    for name in ("X-Forwarded-For", "Forwarded", "X-Real-IP"):
        await http.post("/api/messages", json=activity(), headers={"Authorization": GOOD, name: "127.0.0.1"})

    assert world.peers == ["", "", ""]


@pytest.mark.parametrize(
    ("error", "code"),
    [(StoreDown("ana.silva@contoso.example"), "store.down"), (Unreachable("reset"), "answer.not_sent")],
)
async def test_what_may_work_later_is_refused_so_that_teams_sends_it_again(
    http: Http, world: World, error: Exception, code: str, caplog: pytest.LogCaptureFixture
) -> None:
    world.error = error

    response = await say(http, activity())

    assert response.status == 503
    assert await response.json() == {"error": code}
    assert [record.levelname for record in caplog.records if record.exc_info] == []


async def test_an_unexpected_error_is_told_once_under_an_id_and_nothing_of_it_leaks(
    http: Http, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.error = LookupError("ana.silva@contoso.example")

    response = await say(http, activity())

    assert response.status == 500
    assert await response.json() == {"error": "internal", "id": "c-1"}
    (record,) = [record for record in caplog.records if record.name.startswith("bot")]
    line = line_of(record)
    assert (line["event"], line["correlation"], line["error"]["kind"]) == ("web.failed", "c-1", "LookupError")
    assert "contoso" not in str(line)


async def test_an_activity_that_the_sdk_cannot_read_is_bad_input(http: Http, world: World) -> None:
    world.error = Malformed("timestamp.not_a_time")

    assert (await say(http, activity())).status == 400


NOTICE = {"subscriptionId": "s1", "clientState": "c1", "resource": "Users/u/Events/e", "changeType": "updated"}
PATH = "/api/graph/notifications"


async def test_notifications_are_hints_and_are_answered_202(http: Http, world: World) -> None:
    lifecycle = {"subscriptionId": "s2", "clientState": "c2", "lifecycleEvent": "missed"}

    response = await http.post(PATH, json={"value": [NOTICE, lifecycle]})

    assert (response.status, await response.read()) == (202, b"")
    assert world.hints == [Hint("s1", "c1", "Users/u/Events/e", ""), Hint("s2", "c2", "", "missed")]


async def test_unusable_items_are_passed_over_and_nobody_is_told(http: Http, world: World) -> None:
    odd: list[Any] = [
        None,
        5,
        [],
        {},
        {"subscriptionId": 5},
        {**NOTICE, "clientState": {}},
        {**NOTICE, "resource": "x" * 5_000},
    ]

    response = await http.post(PATH, json={"value": [*odd, NOTICE]})
    nothing = await http.post(PATH, json={"value": odd})

    assert (response.status, nothing.status) == (202, 202)
    assert [hint.subscription_id for hint in world.hints] == ["s1"]
    assert world.commits == 1  # what holds no hint costs no write


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"", JSON, 400),
        (b"{", JSON, 400),
        (b"[]", JSON, 400),
        (b"{}", JSON, 400),
        (b'{"value": {}}', JSON, 400),
        (b'{"value": []}', JSON, 202),
        (b'{"value": []}', {"Content-Type": "text/plain"}, 415),
        (b" " * 1_100_000, JSON, 413),
        (json.dumps({"value": [{}] * 10_000}).encode(), JSON, 202),
    ],
)
async def test_a_notification_body_is_checked(http: Http, body: bytes, headers: dict[str, str], status: int) -> None:
    assert (await http.post(PATH, data=io.BytesIO(body), headers=headers)).status == status


async def test_a_store_that_is_down_is_told_so_that_graph_asks_again(http: Http, world: World) -> None:
    world.store_error = StoreDown("disk full")

    assert (await http.post(PATH, json={"value": [NOTICE]})).status == 503


async def test_a_store_that_hangs_is_not_waited_for(world: World) -> None:
    world.stuck = True
    app = build_app(world.parts(), answer_within_s=0.05)

    async with TestClient(TestServer(app)) as client:
        response = await client.post(PATH, json={"value": [NOTICE]})

    assert response.status == 503


@pytest.mark.parametrize(
    "token", ["abc", "Validation: Testing client application", "<script>alert(1)</script>", "é", "x" * 1024]
)
async def test_the_handshake_is_echoed_as_plain_text(http: Http, token: str) -> None:
    response = await http.post(PATH, params={"validationToken": token})

    assert response.status == 200
    assert await response.text() == token
    assert response.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert response.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    "query", ["", "a%0d%0aSet-Cookie:x", "a%00", "x" * 1025, "%C3%A9" * 600, "a&validationToken=b"]
)
async def test_a_hostile_handshake_is_refused(http: Http, query: str) -> None:
    response = await http.post(f"{PATH}?validationToken={query}")

    assert response.status == 400
    assert "Set-Cookie" not in response.headers


async def test_health_and_readiness_say_codes_alone(http: Http, world: World) -> None:
    alive = await http.get("/healthz")
    ready = await http.get("/readyz")
    world.found = (
        Part(name="store"),
        Part(name="sign-in", problem="sign-in.refused", tenant=TENANT, what_to_do="Look at the secret."),
    )
    unready = await http.get("/readyz")

    assert (alive.status, await alive.text()) == (200, "ok")
    well = {"part": "store", "ok": True}
    assert (ready.status, await ready.json()) == (200, {"ready": True, "role": "all", "problems": [], "parts": [well]})
    assert unready.status == 503
    unwell = {"part": "sign-in", "ok": False, "tenant": TENANT[:8], "problem": "sign-in.refused"}
    told = await unready.json()
    assert (told["ready"], told["problems"]) == (False, ["sign-in.refused"])
    assert told["parts"] == [well, {**unwell, "what_to_do": "Look at the secret."}]


@pytest.mark.parametrize("path", ["/", "/healthz", "/readyz", "/nothing", "/api/messages", "/../etc/passwd", PATH])
async def test_every_answer_is_dressed_and_names_no_version(http: Http, path: str) -> None:
    response = await http.get(path)

    assert response.status in {200, 404, 405}
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in response.headers["Content-Security-Policy"]
    assert "Server" not in response.headers
    assert not {"aiohttp", "Python"} & set((await response.text()).replace("/", " ").split())


async def test_the_runner_serves_the_app(world: World) -> None:
    runner = runner_of(build_app(world.parts()))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()

    async with (
        ClientSession() as session,
        session.get(f"http://127.0.0.1:{runner.addresses[0][1]}/healthz") as response,
    ):
        assert response.status == 200
    await runner.cleanup()


async def test_the_front_page_says_what_this_is(http: Http) -> None:
    response = await http.get("/")

    assert response.content_type == "text/html"
    assert "meeting rooms" in await response.text()


def test_there_is_no_route_that_nobody_knows_of(world: World) -> None:
    routes = {
        (route.method, route.resource.canonical) for route in build_app(world.parts()).router.routes() if route.resource
    }

    assert routes == {
        ("POST", "/api/messages"),
        ("POST", PATH),
        ("GET", "/privacy"),
        ("HEAD", "/privacy"),
        ("GET", "/terms"),
        ("HEAD", "/terms"),
        *((method, path) for method in ("GET", "HEAD") for path in ("/healthz", "/readyz", "/metrics", "/")),
    }
