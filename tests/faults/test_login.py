"""What can go wrong with signing in, on the sandbox's own login endpoint: what the caller sees, and what to do."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest
from aiohttp.test_utils import TestServer
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from bot.clock import SystemClock
from bot.graph import tenant_calls
from bot.graph.client import BACKGROUND, Budget
from bot.graph.clouds import custom
from bot.graph.devicecode import AccountLogin, Invitation, SignedIn, StoredLogin, must_sign_in_again
from bot.graph.login import AppLogin, Certificate, Grant, Secret
from bot.graph.verdicts import SignInProblem, SignInRefused
from bot.ports.calendar import Busy, RemoteError
from sandbox.app import build
from sandbox.clock import VirtualClock
from sandbox.world import World
from tests.faults.tenant import MIA, TENANT, Tenant


async def refused(tenant: Tenant, /, **changes: Any) -> SignInProblem:
    """Why the app gets no token."""
    told: dict[str, Any] = {"tenant": TENANT, "client_id": "foyer", "credential": Secret("foyer")} | changes
    login = AppLogin(cloud=custom(tenant.root, tenant.root), **told)
    with pytest.raises(SignInRefused) as raised:
        await asyncio.to_thread(login.grant)
    return raised.value.problem


async def test_a_wrong_secret(tenant: Tenant) -> None:
    assert await refused(tenant, credential=Secret("wrong")) is SignInProblem.SECRET_WRONG


async def test_an_app_that_is_not_there(tenant: Tenant) -> None:
    assert await refused(tenant, client_id="somebody") is SignInProblem.APP_UNKNOWN


async def test_a_tenant_that_is_not_there(tenant: Tenant) -> None:
    assert await refused(tenant, tenant="fabrikam.onmicrosoft.com") is SignInProblem.TENANT_UNKNOWN


async def test_an_app_that_is_disabled(tenant: Tenant) -> None:
    await tenant.control("app", via="PATCH", enabled=False)

    assert await refused(tenant) is SignInProblem.APP_DISABLED


async def test_a_certificate_that_is_not_the_apps(tenant: Tenant) -> None:
    key, certificate = _certificate()

    assert await refused(tenant, credential=Certificate(key, certificate)) is SignInProblem.CERTIFICATE_UNKNOWN


async def test_a_certificate_that_is_the_apps() -> None:
    """MSAL signs with the machine's time: the tenant's clock has to show it."""
    key, certificate = _certificate()
    world = World(meetings=False, clock=VirtualClock(SystemClock().now()))
    async with TestServer(build(world)) as server, aiohttp.ClientSession() as session:
        root = str(server.make_url("")).rstrip("/")
        await session.post(f"{root}/sandbox/app/certificates", json={"certificate": certificate})
        login = AppLogin(
            cloud=custom(root, root), tenant=TENANT, client_id="foyer", credential=Certificate(key, certificate)
        )

        granted = await asyncio.to_thread(login.grant)

    assert granted.token.count(".") == 2


async def test_a_secret_that_expires_is_seen_coming_and_then_refused(tenant: Tenant) -> None:
    app = await tenant.client.call(tenant_calls.own_application("foyer"), BACKGROUND)
    assert app.password_credentials
    secret = app.password_credentials[0]
    await tenant.control("app/secrets/expire", keyId=secret.key_id)

    assert secret.end_date_time is not None
    assert secret.end_date_time > tenant.clock.now()
    assert await refused(tenant) is SignInProblem.SECRET_EXPIRED


@pytest.mark.parametrize(
    ("code", "word", "problem"),
    [
        (7000215, "invalid_client", SignInProblem.SECRET_WRONG),
        (7000222, "invalid_client", SignInProblem.SECRET_EXPIRED),
        (7000218, "invalid_client", SignInProblem.SECRET_MISSING),
        (700016, "unauthorized_client", SignInProblem.APP_UNKNOWN),
        (7000112, "unauthorized_client", SignInProblem.APP_DISABLED),
        (65001, "invalid_grant", SignInProblem.CONSENT_MISSING),
        (50076, "interaction_required", SignInProblem.MFA_NEEDED),
        (53003, "access_denied", SignInProblem.BLOCKED_BY_POLICY),
        (90002, "invalid_request", SignInProblem.TENANT_UNKNOWN),
        (70011, "invalid_scope", SignInProblem.SCOPE_WRONG),
        (999999, "invalid_client", SignInProblem.OTHER),
    ],
)
async def test_a_refusal_in_entras_words(tenant: Tenant, code: int, word: str, problem: SignInProblem) -> None:
    body = {"error": word, "error_description": f"AADSTS{code}: words. Trace ID: 1", "error_codes": [code]}
    await tenant.control("faults/requests", path="oauth2/v2.0/token", status=401, body=body)

    assert await refused(tenant) is problem


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 500, "body": {}},
        {"status": 503, "retry_after": "7"},
        {"status": 429, "retry_after": "7"},
        {"status": 200, "body": {"hotel": "please sign in to our network"}},
        {"reset": "before"},
    ],
    ids=["500", "503", "429", "garbage", "reset"],
)
async def test_an_endpoint_out_of_order_is_nothing_for_an_administrator(tenant: Tenant, fault: dict[str, Any]) -> None:
    await tenant.control("faults/requests", path="oauth2/v2.0/token", **fault)

    with pytest.raises(RemoteError) as raised:
        await tenant.client.call(tenant_calls.organization(), Budget(1, 1))
    tenant.clock.passed_s += 60
    (organization,), _ = await tenant.client.call(tenant_calls.organization(), BACKGROUND)

    assert isinstance(raised.value, Busy)
    assert raised.value.retry_after_s > 0
    assert organization.display_name


async def test_a_slow_endpoint_ends_with_the_callers_budget(tenant: Tenant) -> None:
    await tenant.control("faults/requests", path="oauth2/v2.0/token", delay_s=30)

    with pytest.raises(Busy):
        await tenant.client.call(tenant_calls.organization(), Budget(0.1, 1))
    await tenant.advance(31)

    assert (await tenant.client.call(tenant_calls.organization(), BACKGROUND))[0]


async def test_tokens_that_are_revoked_are_replaced_with_the_claims_that_are_asked_for(tenant: Tenant) -> None:
    await tenant.client.call(tenant_calls.organization(), BACKGROUND)
    await tenant.advance(5)
    await tenant.control("app/tokens/revoke", challenge=True)

    (organization,), _ = await tenant.client.call(tenant_calls.organization(), BACKGROUND)

    assert organization.display_name
    assert await tenant.sent("POST", "oauth2/v2.0/token") == 2


async def test_a_service_account_signs_in_by_a_code(tenant: Tenant) -> None:
    login = await _account(tenant)
    invitation = await login.invite()
    waiting = await login.poll(invitation)
    await tenant.advance(6)
    await tenant.control("device/answer", **{"user_code": invitation.user_code, "answer": "allow", "as": MIA})
    done = await login.poll(invitation)

    assert isinstance(waiting, Invitation)
    assert invitation.user_code in invitation.message
    assert isinstance(done, SignedIn)
    assert done.sealed
    stored: list[bytes] = []
    renewed = await asyncio.to_thread(StoredLogin(login, done.sealed, stored.append).grant)
    assert isinstance(renewed, Grant)
    assert renewed.token


async def test_a_person_may_decline_and_a_code_lapses(tenant: Tenant) -> None:
    login = await _account(tenant)
    declined, late = await login.invite(), await login.invite()
    await tenant.control("device/answer", user_code=declined.user_code, answer="deny")
    with pytest.raises(SignInRefused) as first:
        await login.poll(declined)
    await tenant.advance(901)
    with pytest.raises(SignInRefused) as second:
        await login.poll(late)

    assert (first.value.problem, second.value.problem) == (SignInProblem.DECLINED, SignInProblem.CODE_EXPIRED)


async def test_who_polls_too_often_is_slowed_down(tenant: Tenant) -> None:
    login = await _account(tenant)
    invitation = await login.invite()
    await login.poll(invitation)

    slower = await login.poll(invitation)

    assert isinstance(slower, Invitation)
    assert slower.interval_s == invitation.interval_s + 5


async def test_a_stored_sign_in_that_is_revoked_asks_for_the_person(tenant: Tenant) -> None:
    login = await _account(tenant)
    invitation = await login.invite()
    await tenant.control("device/answer", **{"user_code": invitation.user_code, "answer": "allow", "as": MIA})
    done = await login.poll(invitation)
    assert isinstance(done, SignedIn)
    await tenant.advance(5)
    await tenant.control("app/tokens/revoke", user=MIA)

    with pytest.raises(SignInRefused) as raised:
        await asyncio.to_thread(login.renewed, done.sealed)

    assert must_sign_in_again(raised.value)


async def test_a_refresh_token_that_is_none_asks_for_the_person(tenant: Tenant) -> None:
    login = await _account(tenant)

    with pytest.raises(SignInRefused) as raised:
        await asyncio.to_thread(login.renewed, b"nothing of ours")

    assert must_sign_in_again(raised.value)


async def _account(tenant: Tenant) -> AccountLogin:
    await tenant.control("app", via="PATCH", public=True)
    cloud = custom(tenant.root, tenant.root)
    return AccountLogin(cloud=cloud, tenant=TENANT, client_id="foyer", permissions=("Calendars.ReadWrite",))


def _certificate() -> tuple[str, str]:
    """PEM texts of a key and of what it signed."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "foyer")])
    born_at = datetime(2026, 1, 1, tzinfo=UTC)
    signed = x509.CertificateBuilder(name, name, key.public_key(), 1, born_at, born_at + timedelta(days=3650))
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return pem.decode(), signed.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()
