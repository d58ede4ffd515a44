"""Signing a service account in by a code, and staying signed in, against a login endpoint on loopback."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.graph import clouds
from bot.graph.auth import Tokens
from bot.graph.devicecode import AccountLogin, Invitation, SignedIn, StoredLogin, must_sign_in_again
from bot.graph.verdicts import SignInProblem, SignInRefused
from bot.ports.calendar import Busy
from tests.unit.graph.graph_server import StillClock

TENANT = "contoso.onmicrosoft.com"
DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
TOKEN = {"token_type": "Bearer", "expires_in": 3599, "access_token": "jwt", "refresh_token": "refresh-1"}
FLOW = {
    "device_code": "device-1",
    "user_code": "ABCD-EFGH",
    "verification_uri": "https://login.example/device",
    "expires_in": 900,
    "interval": 5,
    "message": "Open the page and type ABCD-EFGH.",
}


@dataclass
class Endpoint:
    """Answers the token endpoint by its script, and keeps the forms that it was sent."""

    script: list[tuple[int, Any]]
    root: str = ""
    forms: list[dict[str, str]] = field(default_factory=list)

    def login(self) -> AccountLogin:
        cloud = clouds.custom(self.root, self.root)
        return AccountLogin(cloud=cloud, tenant=TENANT, client_id="foyer", permissions=("Calendars.ReadWrite",))

    async def discovery(self, request: web.Request) -> web.Response:
        base = f"{self.root}/{request.match_info['tenant']}/oauth2/v2.0"
        told = {"issuer": f"{self.root}/v2.0", "authorization_endpoint": base, "token_endpoint": f"{base}/token"}
        return web.json_response(told | {"device_authorization_endpoint": f"{base}/devicecode"})

    async def answer(self, request: web.Request) -> web.Response:
        self.forms.append({key: str(value) for key, value in (await request.post()).items()})
        status, told = self.script.pop(0)
        text = told if isinstance(told, str) else json.dumps(told)
        return web.Response(text=text, status=status, content_type="application/json")


@asynccontextmanager
async def endpoint(*script: tuple[int, Any]) -> AsyncIterator[Endpoint]:
    told = Endpoint(list(script))
    app = web.Application()
    app.router.add_get("/{tenant}/v2.0/.well-known/openid-configuration", told.discovery)
    app.router.add_post("/{tenant}/oauth2/v2.0/{what}", told.answer)
    async with TestServer(app) as server:
        told.root = str(server.make_url("")).rstrip("/")
        yield told


def refusal(word: str, code: str = "") -> tuple[int, dict[str, Any]]:
    text = f"AADSTS{code}: words of it. Trace ID: x" if code else "words of it"
    return 400, {"error": word, "error_description": text}


async def test_a_person_signs_in_elsewhere_while_we_ask() -> None:
    async with endpoint((200, FLOW), refusal("authorization_pending", "70016"), (200, TOKEN)) as told:
        login = told.login()
        invitation = await login.invite()
        waiting = await login.poll(invitation)
        assert isinstance(waiting, Invitation)
        done = await login.poll(waiting)

    assert (invitation.user_code, invitation.uri) == ("ABCD-EFGH", FLOW["verification_uri"])
    assert (invitation.message, invitation.expires_in_s, invitation.interval_s) == (FLOW["message"], 900, 5)
    assert isinstance(done, SignedIn)
    assert (done.grant.token, done.sealed) == ("jwt", b"refresh-1")
    assert told.forms[0]["scope"].split().count(f"{told.root}/Calendars.ReadWrite") == 1
    assert "offline_access" in told.forms[0]["scope"]
    assert (told.forms[1]["grant_type"], told.forms[1]["device_code"]) == (DEVICE, "device-1")
    assert not any("client_secret" in form for form in told.forms)


async def test_who_is_told_to_slow_down_does() -> None:
    async with endpoint((200, FLOW), refusal("slow_down")) as told:
        invitation = await told.login().invite()
        slower = await told.login().poll(invitation)

    assert slower == replace(invitation, interval_s=10)


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (refusal("authorization_declined"), SignInProblem.DECLINED),
        (refusal("expired_token", "70019"), SignInProblem.CODE_EXPIRED),
        (refusal("bad_verification_code"), SignInProblem.CODE_EXPIRED),
        (refusal("invalid_grant", "65001"), SignInProblem.CONSENT_MISSING),
        (refusal("interaction_required", "50076"), SignInProblem.MFA_NEEDED),
    ],
)
async def test_signing_in_can_fail(answer: tuple[int, Any], problem: SignInProblem) -> None:
    async with endpoint((200, FLOW), answer) as told:
        invitation = await told.login().invite()
        with pytest.raises(SignInRefused) as raised:
            await told.login().poll(invitation)

    assert raised.value.problem is problem


async def test_an_app_that_allows_no_codes_says_so_at_once() -> None:
    async with endpoint(refusal("invalid_client", "7000218")) as told:
        with pytest.raises(SignInRefused) as raised:
            await told.login().invite()

    assert raised.value.problem is SignInProblem.SECRET_MISSING


async def test_a_stored_sign_in_gives_tokens_and_each_new_refresh_token_is_told() -> None:
    second = TOKEN | {"refresh_token": "refresh-2", "access_token": "jwt-2"}
    third = {key: value for key, value in TOKEN.items() if key != "refresh_token"}
    stored: list[bytes] = []

    async with endpoint((200, second), (200, third)) as told:
        login = StoredLogin(told.login(), b"refresh-1", stored.append)
        first = await asyncio.to_thread(login.grant)
        await asyncio.to_thread(login.grant, '{"access_token":{}}')

    assert first.token == "jwt-2"
    assert stored == [b"refresh-2"]
    assert [form["refresh_token"] for form in told.forms] == ["refresh-1", "refresh-2"]
    assert "access_token" in told.forms[1]["claims"]


@pytest.mark.parametrize("code", ["700082", "50173", "70043", ""])
async def test_a_sign_in_that_is_over_asks_for_the_person(code: str) -> None:
    async with endpoint(refusal("invalid_grant", code)) as told:
        tokens = Tokens(StoredLogin(told.login(), b"old", lambda _: None), StillClock())
        with pytest.raises(SignInRefused) as raised:
            await tokens.token()

    assert raised.value.problem is SignInProblem.AGAIN
    assert must_sign_in_again(raised.value)


@pytest.mark.parametrize("answer", [(503, {}), (200, "<html>guest network</html>")])
async def test_an_endpoint_out_of_order_is_no_reason_to_sign_in_again(answer: tuple[int, Any]) -> None:
    async with endpoint(answer) as told:
        with pytest.raises(Busy) as raised:
            await asyncio.to_thread(told.login().renewed, b"good")

    assert not must_sign_in_again(raised.value)


def test_a_refresh_token_does_not_show_itself() -> None:
    shown = repr(SignedIn(grant=None, sealed=b"REFRESH"))  # type: ignore[arg-type]

    assert "REFRESH" not in shown
