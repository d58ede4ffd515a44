"""The whole edge together over HTTP: a signed activity in, a turn of the SDK, a message out to the connector."""

import json
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient, TestServer
from botbuilder.core import TurnContext

from bot.admin.readiness import Part
from bot.ports.figures import Family
from bot.teams.adapter import ChannelAdapter, answer_invoke
from bot.teams.claims import Claims
from bot.teams.connector import HttpConnector, Terms, pooled_session
from bot.teams.credentials import NoCredentials
from bot.teams.inbound import Inbound, Kind
from bot.teams.jwks import KeySet
from bot.teams.references import ServiceUrls
from bot.teams.verifier import Admission, Verifier
from bot.web.app import RUNNER_OPTIONS, build_app
from bot.web.parts import Hint, Parts, Watch
from tests.conversation.connector_fake import Failure, FakeConnector
from tests.unit.teams.kit import APP_ID, TENANT, KeysHost, ManualClock, activity, claims, press, signed

CARD = {"type": "AdaptiveCard", "version": "1.5", "body": []}


@dataclass
class Edge:
    teams: FakeConnector
    keys: KeysHost
    http: TestClient[web.Request, web.Application]

    async def say(self, raw: dict[str, Any], *, token: str | None = None) -> ClientResponse:
        token = token or signed(claims(serviceurl=self.teams.service_url))
        body = {**raw, "serviceUrl": self.teams.service_url}
        return await self.http.post("/api/messages", json=body, headers={"Authorization": f"Bearer {token}"})


async def _echo_or_card(context: TurnContext) -> None:
    if context.activity.type == "invoke":
        answer_invoke(context, {"statusCode": 200, "value": CARD})
    else:
        await context.send_activity(context.activity.text)


@pytest.fixture
async def edge() -> AsyncIterator[Edge]:
    async with FakeConnector() as teams, KeysHost() as keys, pooled_session() as session:
        clock, urls = ManualClock(), ServiceUrls(frozenset(), loopback=True)
        terms = Terms(service_urls=urls, conversation_limits=(), tenant_limits=())
        rng = random.Random(1)  # noqa: S311 - jitter
        adapter = ChannelAdapter(HttpConnector(session, NoCredentials(), clock=clock, rng=rng, terms=terms))
        key_set = KeySet(session, clock, metadata_url=keys.url + "/metadata")
        admission = Admission(app_id=APP_ID, tenants=frozenset({TENANT}), service_urls=urls)

        async def on_activity(inbound: Inbound, proven: Claims) -> tuple[int, Any]:
            if inbound.kind is Kind.OTHER:
                return 200, None
            return await adapter.process(inbound.raw, proven, _echo_or_card)

        async def mark_dirty(_hints: list[Hint]) -> None:
            return

        async def readiness() -> list[Part]:
            return [Part(name="keys", problem="" if key_set.usable else "keys.none")]

        async def no_figures() -> list[Family]:
            return []

        parts = Parts(
            front_door=Verifier(key_set, admission, clock),
            on_activity=on_activity,
            mark_dirty=mark_dirty,
            watch=Watch(role="all", readiness=readiness, figures=no_figures),
            new_id=lambda: "c-1",
        )
        server = TestServer(build_app(parts))
        await server.start_server(**RUNNER_OPTIONS)
        async with TestClient(server) as http:
            yield Edge(teams, keys, http)


async def test_fifty_turns_are_answered_over_one_connection(edge: Edge) -> None:
    for n in range(50):
        response = await edge.say(activity(text=f"hello {n}"))
        assert response.status == 200

    assert [written.text for written in edge.teams.sent] == [f"hello {n}" for n in range(50)]
    assert len(edge.teams.connections) == 1
    assert edge.keys.asked == 1


async def test_a_card_action_is_answered_200_with_the_card(edge: Edge) -> None:
    response = await edge.say(press())

    assert response.status == 200
    assert (await response.json())["value"] == CARD


async def test_a_stranger_gets_401_and_causes_nothing_outside(edge: Edge) -> None:
    for token in ("garbage", signed(claims(), kid="k9"), signed(claims(), name="stranger")):
        response = await edge.say(activity(), token=token)
        assert response.status == 401
        assert set(json.loads(await response.read())) == {"error"}

    assert edge.teams.attempts == 0


async def test_without_keys_nobody_comes_in_and_readiness_says_so(edge: Edge) -> None:
    edge.keys.down = True

    response = await edge.say(activity())
    ready = await edge.http.get("/readyz")
    told = {"part": "keys", "ok": False, "problem": "keys.none"}

    assert (response.status, (await response.json())["error"]) == (503, "keys.unavailable")
    assert (ready.status, (await ready.json())["parts"]) == (503, [told])


async def test_an_edit_runs_nothing(edge: Edge) -> None:
    assert (await edge.say(activity(type="messageUpdate"))).status == 200
    assert edge.teams.sent == []


async def test_a_throttled_reply_still_arrives(edge: Edge) -> None:
    edge.teams.fail(Failure(status=429, headers={"Retry-After": "2"}))

    response = await edge.say(activity(text="hello"))

    assert response.status == 200
    assert [written.text for written in edge.teams.sent] == ["hello"]
