"""The login endpoint: tokens, their errors, their end; MSAL as its client."""

import asyncio
import base64
import re
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import aiohttp
import msal
import pytest
import requests
from aiohttp import web
from requests.adapters import HTTPAdapter

from sandbox.app import build
from sandbox.clock import RealClock
from sandbox.world import World
from tests.sandbox.certificates import Key
from tests.sandbox.tenant import FORM, MIA, TENANT, TOM, Tenant

FAR = datetime(2126, 1, 1, tzinfo=UTC)

SCOPE = {"scope": "https://graph.microsoft.com/.default"}


async def ask(tenant: Tenant, form: dict[str, str], *, name: str = TENANT, **headers: str) -> tuple[int, Any]:
    url = f"{tenant.root}/{name}/oauth2/v2.0/token"
    async with tenant.session.post(url, data=form, headers=headers) as response:
        return response.status, await response.json()


@pytest.mark.parametrize("name", [TENANT, "3f6b1c52-0d3e-4d8a-9a55-5f1c0a7e0001"])
async def test_a_client_gets_a_token_under_either_name_of_the_tenant(tenant: Tenant, name: str) -> None:
    status, body = await ask(tenant, FORM | SCOPE, name=name)

    assert (status, body["token_type"], body["expires_in"]) == (200, "Bearer", 3599)


async def test_http_basic_is_as_good_as_the_form(tenant: Tenant) -> None:
    basic = base64.b64encode(b"foyer:foyer").decode()

    status, _ = await ask(tenant, SCOPE | {"grant_type": "client_credentials"}, Authorization=f"Basic {basic}")

    assert status == 200


@pytest.mark.parametrize(
    ("change", "status", "error", "number"),
    [
        ({"client_id": "nobody"}, 400, "unauthorized_client", 700016),
        ({"client_secret": "wrong"}, 401, "invalid_client", 7000215),
        ({"scope": "https://graph.microsoft.com/User.Read"}, 400, "invalid_scope", 70011),
        ({"scope": "https://nobody.example/.default"}, 400, "invalid_resource", 500011),
        ({"scope": "https://a/.default https://b/.default"}, 400, "invalid_scope", 700022),
        ({"grant_type": "password"}, 400, "unsupported_grant_type", 70003),
    ],
)
async def test_errors_carry_their_number(
    tenant: Tenant, change: dict[str, str], status: int, error: str, number: int
) -> None:
    got, body = await ask(tenant, FORM | SCOPE | change)

    assert (got, body["error"], body["error_codes"]) == (status, error, [number])
    assert re.match(rf"AADSTS{number}: .+ Trace ID: .+ Correlation ID: .+ Timestamp: ", body["error_description"])


async def test_an_unknown_tenant_and_a_missing_secret_are_told_apart(tenant: Tenant) -> None:
    _, unknown = await ask(tenant, FORM | SCOPE, name="fabrikam.com")
    _, secretless = await ask(tenant, {k: v for k, v in (FORM | SCOPE).items() if k != "client_secret"})

    _, nonsense = await ask(tenant, FORM | SCOPE, name="nonsense")

    assert [one["error_codes"] for one in (unknown, secretless, nonsense)] == [[90002], [7000218], [900023]]


async def test_graph_wants_a_token_that_is_ours_and_alive(tenant: Tenant) -> None:
    none = await tenant.call("GET", "/v1.0/users")
    forged = await tenant.call("GET", "/v1.0/users", headers={"Authorization": "Bearer a.b.c"})
    good = await tenant.graph("GET", "/users")
    await tenant.advance(3600)
    expired = await tenant.graph("GET", "/users")

    assert [answer.status for answer in (none, forged, good, expired)] == [401, 401, 200, 401]
    assert {answer.code for answer in (none, forged, expired)} == {"InvalidAuthenticationToken"}
    assert "WWW-Authenticate" in expired.headers


class _ToTenant(HTTPAdapter):
    """Leads https requests to any host to the tenant's own http address."""

    def __init__(self, root: str) -> None:
        super().__init__()
        self._root = root

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:  # type: ignore[override]  # kept short: passed on as given
        request.url = re.sub(r"^https?://[^/]+", self._root, request.url or "")
        request.headers["X-Forwarded-Proto"] = "https"
        return super().send(request, **kwargs)


@contextmanager
def through(root: str) -> Iterator[requests.Session]:
    with requests.Session() as made:
        made.trust_env = False
        made.mount("https://", _ToTenant(root))
        yield made


@pytest.fixture
def session(tenant: Tenant) -> Iterator[requests.Session]:
    with through(tenant.root) as made:
        yield made


def confidential(session: requests.Session, credential: str | dict[str, str]) -> dict[str, Any]:
    client = msal.ConfidentialClientApplication(
        "foyer",
        client_credential=credential,
        authority=f"https://login.microsoftonline.com/{TENANT}",
        http_client=session,
        instance_discovery=False,
    )
    found: dict[str, Any] = client.acquire_token_for_client(["https://graph.microsoft.com/.default"])
    return found


def public(session: requests.Session) -> Any:
    return msal.PublicClientApplication(
        "foyer",
        authority=f"https://login.microsoftonline.com/{TENANT}",
        http_client=session,
        instance_discovery=False,
    )


async def test_msal_gets_a_token(tenant: Tenant, session: requests.Session) -> None:
    found = await asyncio.to_thread(confidential, session, "foyer")

    assert "access_token" in found, found
    answer = await tenant.call("GET", "/v1.0/users", headers={"Authorization": f"Bearer {found['access_token']}"})
    assert answer.status == 200


async def test_msal_gets_a_token_for_a_certificate(
    serve: Callable[[web.Application], Awaitable[str]],
) -> None:
    root = await serve(build(World(meetings=False, clock=RealClock())))  # MSAL dates its assertions by the machine's
    key, other = Key(until=FAR), Key(until=FAR)
    ours = {"private_key": key.private_pem, "thumbprint": key.thumbprint, "public_certificate": key.pem}
    async with aiohttp.ClientSession() as client:
        await Tenant(root, client).call("POST", "/sandbox/app/certificates", {"certificate": key.pem})
    with through(root) as session:
        found = await asyncio.to_thread(confidential, session, ours)
        forged = await asyncio.to_thread(confidential, session, ours | {"private_key": other.private_pem})

    assert "access_token" in found, found
    assert forged["error_codes"] == [700027]


async def test_msal_signs_somebody_in_on_a_device_and_again_silently(tenant: Tenant, session: requests.Session) -> None:
    app = await asyncio.to_thread(public, session)
    flow = await asyncio.to_thread(app.initiate_device_flow, ["Calendars.Read"])
    await tenant.call("POST", "/sandbox/device/answer", {"user_code": flow["user_code"], "as": MIA, "answer": "allow"})
    got = await asyncio.to_thread(app.acquire_token_by_device_flow, flow)
    account = app.get_accounts()[0]
    again = await asyncio.to_thread(
        lambda: app.acquire_token_silent(["Calendars.Read"], account=account, force_refresh=True)
    )

    assert "access_token" in got, got
    assert (account["username"], got["id_token_claims"]["name"]) == (MIA, "Mia Lindqvist")
    assert again["access_token"] != got["access_token"]
    header = {"Authorization": f"Bearer {again['access_token']}"}
    answers = [(await tenant.call("GET", f"/v1.0/users/{who}/events", headers=header)).status for who in (MIA, TOM)]
    assert answers == [200, 403]


async def test_msal_is_told_of_a_refusal_on_the_device(tenant: Tenant, session: requests.Session) -> None:
    app = await asyncio.to_thread(public, session)
    flow = await asyncio.to_thread(app.initiate_device_flow, ["Calendars.Read"])
    await tenant.call("POST", "/sandbox/device/answer", {"user_code": flow["user_code"], "answer": "deny"})

    got = await asyncio.to_thread(app.acquire_token_by_device_flow, flow)

    assert got["error"] == "authorization_declined"
