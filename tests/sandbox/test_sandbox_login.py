"""The login endpoint: tokens, their errors, their end; MSAL as its client."""

import asyncio
import base64
import re
from typing import Any

import msal
import pytest
import requests
from requests.adapters import HTTPAdapter

from tests.sandbox.tenant import FORM, TENANT, Tenant

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

    assert (unknown["error_codes"], secretless["error_codes"]) == ([90002], [7000218])


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


async def test_msal_gets_a_token(tenant: Tenant) -> None:
    session = requests.Session()
    session.trust_env = False
    session.mount("https://", _ToTenant(tenant.root))

    def acquire() -> dict[str, Any]:
        client = msal.ConfidentialClientApplication(
            "foyer",
            client_credential="foyer",
            authority=f"https://login.microsoftonline.com/{TENANT}",
            http_client=session,
            instance_discovery=False,
        )
        found: dict[str, Any] = client.acquire_token_for_client(["https://graph.microsoft.com/.default"])
        return found

    found = await asyncio.to_thread(acquire)
    session.close()

    assert "access_token" in found, found
    answer = await tenant.call("GET", "/v1.0/users", headers={"Authorization": f"Bearer {found['access_token']}"})
    assert answer.status == 200
