"""MSAL against a login endpoint on loopback."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from bot.graph import clouds
from bot.graph.login import AppLogin, Certificate, Credential, Grant, Secret, advice
from bot.graph.transport import as_https, transport_to
from bot.ports.calendar import Busy, Denied

TENANT = "contoso.onmicrosoft.com"
SECRET = Secret("s3cr&t+value=")


@dataclass
class LoginEndpoint:
    """What the endpoint answers, and the forms that it was sent."""

    root: str = ""
    token_status: int = 200
    token_body: Any = field(default_factory=lambda: {"token_type": "Bearer", "expires_in": 3599, "access_token": "jwt"})
    token_headers: dict[str, str] = field(default_factory=dict)
    token_drips: bool = False
    discovery_status: int = 200
    discovery_changes: dict[str, str] = field(default_factory=dict)
    forms: list[dict[str, str]] = field(default_factory=list)

    async def discovery(self, request: web.Request) -> web.Response:
        tenant = request.match_info["tenant"]
        base = f"{self.root}/{tenant}/oauth2/v2.0"
        if self.discovery_status != 200:
            error = {"error": "invalid_tenant", "error_description": "AADSTS90002: Tenant not found."}
            return web.json_response(error, status=self.discovery_status)
        told = {
            "issuer": f"{self.root}/{tenant}/v2.0",
            "authorization_endpoint": f"{base}/authorize",
            "token_endpoint": f"{base}/token",
        }
        return web.json_response(told | self.discovery_changes)

    async def token(self, request: web.Request) -> web.StreamResponse:
        if self.token_drips:
            return await self._drips(request)
        self.forms.append({key: str(value) for key, value in (await request.post()).items()})
        text = self.token_body if isinstance(self.token_body, str) else json.dumps(self.token_body)
        return web.Response(
            text=text, status=self.token_status, headers=self.token_headers, content_type="application/json"
        )

    async def _drips(self, request: web.Request) -> web.StreamResponse:
        """Until nobody listens any more."""
        response = web.StreamResponse()
        response.content_length = 100_000
        await response.prepare(request)
        while request.transport is not None:
            await response.write(b" ")
            await asyncio.sleep(0.02)  # noqa: TID251  (the endpoint is slow)
        return response


@asynccontextmanager
async def endpoint(**changes: Any) -> AsyncIterator[LoginEndpoint]:
    told = LoginEndpoint(**changes)
    app = web.Application()
    app.router.add_get("/{tenant}/v2.0/.well-known/openid-configuration", told.discovery)
    app.router.add_post("/{tenant}/oauth2/v2.0/token", told.token)
    async with TestServer(app) as server:
        told.root = str(server.make_url("")).rstrip("/")
        yield told


async def grant(told: LoginEndpoint, credential: Credential = SECRET) -> Grant:
    cloud = clouds.custom(told.root, told.root)
    login = AppLogin(cloud=cloud, tenant=TENANT, client_id="foyer", credential=credential)
    return await asyncio.to_thread(login.grant)


def refusal(code: int) -> dict[str, Any]:
    text = f"AADSTS{code}: words of it. Trace ID: x Correlation ID: y Timestamp: z"
    return {"error": "invalid_client", "error_description": text, "error_codes": [code]}


async def test_a_secret_becomes_a_token_each_time_anew() -> None:
    async with endpoint() as told:
        got = await grant(told)
        await grant(told)

    assert got == Grant("jwt", 3599)
    assert len(told.forms) == 2
    form = told.forms[0]
    assert form["client_secret"] == SECRET.value
    assert form["grant_type"] == "client_credentials"
    assert form["scope"] == f"{told.root}/.default"


def test_a_certificate_is_known_by_one_of_two_things() -> None:
    for both in ({}, {"public_certificate": "PEM", "thumbprint": "A1B2"}):
        with pytest.raises(ValueError, match="certificate"):
            Certificate(private_key="KEY", **both)


async def test_a_certificate_may_be_named_by_its_thumbprint() -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())

    async with endpoint() as told:
        await grant(told, Certificate(private_key=pem.decode(), thumbprint="A1:B2:C3:D4"))

    assertion = told.forms[0]["client_assertion"]
    assert jwt.get_unverified_header(assertion)["x5t"].rstrip("=") == "obLD1A"
    assert jwt.decode(assertion, key.public_key(), ["RS256"], options={"verify_aud": False})["iss"] == "foyer"


async def test_claims_that_are_asked_for_are_passed_on() -> None:
    async with endpoint() as told:
        cloud = clouds.custom(told.root, told.root)
        login = AppLogin(cloud=cloud, tenant=TENANT, client_id="foyer", credential=SECRET)
        await asyncio.to_thread(login.grant, '{"access_token":{"nbf":{"essential":true,"value":"1604106651"}}}')

    claims = json.loads(told.forms[0]["claims"])["access_token"]
    assert claims["nbf"]["value"] == "1604106651"
    assert claims["xms_cc"] == {"values": ["CP1"]}


async def test_a_certificate_signs_instead_of_a_secret() -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "foyer")])
    born_at = datetime(2026, 1, 1, tzinfo=UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, born_at, born_at + timedelta(days=3650))
        .sign(key, hashes.SHA256())
        .public_bytes(serialization.Encoding.PEM)
    )
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())

    async with endpoint() as told:
        await grant(told, Certificate(private_key=pem.decode(), public_certificate=certificate.decode()))

    (form,) = told.forms
    assertion = jwt.decode(
        form["client_assertion"], key.public_key(), ["RS256", "PS256"], options={"verify_aud": False}
    )
    assert assertion["iss"] == "foyer"
    assert form["client_assertion_type"].endswith("jwt-bearer")
    assert "client_secret" not in form


@pytest.mark.parametrize("code", [7000215, 7000222, 700016, 700027, 90002])
async def test_a_refusal_is_denied_with_its_code(code: int) -> None:
    async with endpoint(token_status=401, token_body=refusal(code)) as told:
        with pytest.raises(Denied) as raised:
            await grant(told)

    assert raised.value.code == f"AADSTS{code}"
    assert SECRET.value not in str(raised.value)
    assert advice(raised.value.code) != advice("AADSTS1")


@pytest.mark.parametrize(("status", "header", "seconds"), [(429, "7", 7.0), (503, "", 5.0), (500, "soon", 5.0)])
async def test_an_endpoint_out_of_service_is_busy(status: int, header: str, seconds: float) -> None:
    headers = {"Retry-After": header} if header else {}

    async with endpoint(token_status=status, token_headers=headers) as told:
        with pytest.raises(Busy) as raised:
            await grant(told)

    assert raised.value.retry_after_s == seconds


async def test_a_tenant_that_is_not_there_is_denied() -> None:
    async with endpoint(discovery_status=400) as told:
        with pytest.raises(Denied, match="AADSTS90002"):
            await grant(told)


async def test_a_page_instead_of_an_answer_is_busy() -> None:
    async with endpoint(token_body="<html>sign in to the guest network</html>") as told:
        with pytest.raises(Busy):
            await grant(told)


async def test_an_endpoint_that_cannot_be_reached_is_busy() -> None:
    async with endpoint() as told:
        pass

    with pytest.raises(Busy):
        await grant(told)


@pytest.mark.parametrize("place", ["https://evil.example", "http://127.0.0.1:1", "https://127.0.0.1"])
async def test_the_secret_goes_to_no_host_that_discovery_invents(place: str) -> None:
    changed = {"token_endpoint": f"{place}/{TENANT}/oauth2/v2.0/token"}

    async with endpoint(discovery_changes=changed) as told:
        with pytest.raises(Denied):
            await grant(told)

    assert told.forms == []


async def test_a_key_that_is_none_is_denied() -> None:
    async with endpoint() as told:
        with pytest.raises(Denied, match="UnusableCredential"):
            await grant(told, Certificate(private_key="not a key", public_certificate="nor this"))


GRANTED = {"token_type": "Bearer", "expires_in": 3599, "access_token": "jwt"}


@pytest.mark.parametrize(
    "answer",
    [
        *[GRANTED | {"expires_in": rubbish} for rubbish in ("abc", None, [1], float("nan"), int("9" * 400))],
        json.dumps(GRANTED).replace("3599", "1e400"),
        *[
            GRANTED | {"access_token": rubbish}
            for rubbish in ("a\r\nX: y", "", None, {"a": 1}, "é", "a b", "a" * 99_999)
        ],
        *[GRANTED | {"id_token": rubbish} for rubbish in ("zzz", "a.b.c")],
        *[{}, [], "null", "5", "[" * 100_000, {"error": ["x"], "error_description": 5}],
        " " * 3_000_000,
    ],
)
async def test_rubbish_for_an_answer_is_busy_and_no_fault_of_the_credential(answer: Any) -> None:
    async with endpoint(token_body=answer) as told:
        with pytest.raises(Busy, match="UnreadableAnswer"):
            await grant(told)


@pytest.mark.parametrize("life", [0, -5, 30, "3599"])
async def test_any_number_is_a_life(life: Any) -> None:
    async with endpoint(token_body=GRANTED | {"expires_in": life}) as told:
        assert (await grant(told)).expires_in_s == float(life)


@pytest.mark.parametrize("changes", [{"token_endpoint": None}, {"authorization_endpoint": 5}])
async def test_rubbish_for_a_discovery_is_busy_too(changes: dict[str, Any]) -> None:
    async with endpoint(discovery_changes=changes) as told:
        with pytest.raises(Busy, match="UnreadableAnswer"):
            await grant(told)


async def test_an_endpoint_that_drips_holds_nobody_beyond_the_deadline() -> None:
    def ask(cloud: clouds.Cloud) -> None:
        with transport_to(cloud, longest_s=0.3) as transport:
            transport.post(f"{as_https(cloud.login)}/{TENANT}/oauth2/v2.0/token")

    async with endpoint(token_drips=True) as told, asyncio.timeout(10):
        with pytest.raises(Busy, match="LoginTimeout"):
            await asyncio.to_thread(ask, clouds.custom(told.root, told.root))


async def test_headers_that_drip_hold_nobody_either() -> None:
    async def drip(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        try:
            while not writer.is_closing():
                writer.write(b"a")
                await writer.drain()
                await asyncio.sleep(0.02)  # noqa: TID251  (the endpoint is slow)
        except (ConnectionError, asyncio.CancelledError):
            writer.close()

    def ask(cloud: clouds.Cloud) -> None:
        with transport_to(cloud, longest_s=0.3) as transport:
            transport.get(f"{as_https(cloud.login)}/{TENANT}")

    async with await asyncio.start_server(drip, "127.0.0.1", 0) as server, asyncio.timeout(10):
        root = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        with pytest.raises(Busy, match="LoginTimeout"):
            await asyncio.to_thread(ask, clouds.custom(root, root))


@pytest.mark.parametrize("tenant", ["", "../common", "a/b", "a?b", "evil.example#", "a@b"])
def test_a_tenant_is_an_id_or_a_domain(tenant: str) -> None:
    with pytest.raises(ValueError, match="tenant"):
        AppLogin(cloud=clouds.GLOBAL, tenant=tenant, client_id="foyer", credential=SECRET)


def test_credentials_and_tokens_do_not_show_themselves() -> None:
    shown = f"{SECRET!r} {Certificate('KEY', 'CERT', 'PASS')!r} {Grant('TOKEN', 1)!r}"

    assert not any(word in shown for word in (SECRET.value, "KEY", "CERT", "PASS", "TOKEN"))
