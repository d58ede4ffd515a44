"""The application as an object: permissions, secrets with dates, certificates, revocation, consent."""

import base64
import json
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.sandbox.certificates import NOW, Key
from tests.sandbox.signing_in import app_token, post, with_token
from tests.sandbox.tenant import MIA, OSLO, Tenant

FORM = {"client_id": "foyer", "grant_type": "client_credentials", "scope": "https://graph.microsoft.com/.default"}


def signed(key: Key, tenant: Tenant, **claims: Any) -> dict[str, str]:
    kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    return FORM | {"client_assertion_type": kind, "client_assertion": key.assertion(tenant.root, **claims)}


async def test_a_second_secret_works_beside_the_first_until_it_expires(tenant: Tenant) -> None:
    added = await tenant.call("POST", "/sandbox/app/secrets", {"displayName": "next", "days": 2})
    value, key_id = added.body["secretText"], added.body["keyId"]
    both = [(await post(tenant, "token", FORM | {"client_secret": one}))[0] for one in ("foyer", value)]
    _, pasted = await post(tenant, "token", FORM | {"client_secret": key_id})
    await tenant.advance(2 * 86_400)
    status, expired = await post(tenant, "token", FORM | {"client_secret": value})

    assert (added.status, both) == (201, [200, 200])
    assert pasted["error_codes"] == [7000215]
    assert (status, expired["error"], expired["error_codes"]) == (401, "invalid_client", [7000222])


async def test_secrets_can_be_expired_removed_and_begin_later(tenant: Tenant) -> None:
    app = (await tenant.call("GET", "/sandbox/app")).body
    first = app["secrets"][0]["keyId"]
    await tenant.call("POST", "/sandbox/app/secrets/expire", {"keyId": first})
    _, expired = await post(tenant, "token", FORM | {"client_secret": "foyer"})
    gone = await tenant.call("DELETE", "/sandbox/app/secrets", {"keyId": first})
    _, unknown = await post(tenant, "token", FORM | {"client_secret": "foyer"})
    later = await tenant.call("POST", "/sandbox/app/secrets", {"startsInDays": 1, "days": 5})
    early = await post(tenant, "token", FORM | {"client_secret": later.body["secretText"]})
    await tenant.advance(86_400)
    due = await post(tenant, "token", FORM | {"client_secret": later.body["secretText"]})

    assert (expired["error_codes"], gone.status, unknown["error_codes"]) == ([7000222], 204, [7000215])
    assert (early[0], due[0]) == (401, 200)


async def test_graph_shows_when_secrets_end_and_never_their_values(tenant: Tenant) -> None:
    await tenant.call("POST", "/sandbox/app/secrets", {"displayName": "next", "days": 10})
    shown = await tenant.graph("GET", "/applications(appId='foyer')?$select=id,displayName,passwordCredentials")
    by_id = await tenant.graph("GET", f"/applications/{shown.body['id']}")
    path = await tenant.graph("GET", "/applications(appId='foyer')/passwordCredentials")
    listed = await tenant.graph("GET", "/applications?$filter=appId eq 'foyer'")
    nobody = await tenant.graph("GET", "/applications(appId='other')")

    credentials = shown.body["passwordCredentials"]
    assert [one["displayName"] for one in credentials] == ["seeded", "next"]
    assert credentials[1]["endDateTime"] == "2026-12-03T08:00:00Z"
    assert {one["secretText"] for one in credentials} == {None}
    assert credentials[0]["hint"] == "foy"
    assert path.body["value"] == credentials == by_id.body["passwordCredentials"]
    assert (len(listed.body["value"]), nobody.code) == (1, "Request_ResourceNotFound")


async def test_a_certificate_is_as_good_as_a_secret(tenant: Tenant) -> None:
    key, other = Key(), Key()
    unknown = await post(tenant, "token", signed(key, tenant))
    added = await tenant.call("POST", "/sandbox/app/certificates", {"certificate": key.pem, "displayName": "ours"})
    status, got = await post(tenant, "token", signed(key, tenant))
    forged = await post(tenant, "token", signed(key, tenant) | {"client_assertion": other.assertion(tenant.root)})
    answer = await with_token(tenant, got["access_token"], "GET", "/users")
    shown = await tenant.graph("GET", "/applications(appId='foyer')?$select=keyCredentials")

    assert (added.status, status, answer.status) == (201, 200, 200)
    assert [one[1]["error_codes"] for one in (unknown, forged)] == [[700027], [700027]]
    assert shown.body["keyCredentials"][0]["customKeyIdentifier"] == key.thumbprint.upper()


async def test_an_assertion_must_be_ours_for_this_tenant_and_of_now(tenant: Tenant) -> None:
    key, expired = Key(), Key(until=NOW - timedelta(days=1))
    for one in (key, expired):
        await tenant.call("POST", "/sandbox/app/certificates", {"certificate": one.pem})
    stale = int(NOW.timestamp()) - 3600
    forms = [
        signed(key, tenant, aud="https://elsewhere.example/token"),
        signed(key, tenant, iss="somebody"),
        signed(key, tenant, nbf=stale, exp=stale + 600),
        signed(expired, tenant),
        signed(key, tenant, nbf="soon"),
        signed(key, tenant) | {"client_assertion": "no.token.atall"},
    ]

    codes = [(await post(tenant, "token", form))[1]["error_codes"] for form in forms]
    nonsense = await tenant.call("POST", "/sandbox/app/certificates", {"certificate": "nonsense"})

    assert codes == [[700027]] * 6
    assert nonsense.status == 400


async def test_a_token_swapped_between_header_and_signature_is_refused(tenant: Tenant) -> None:
    key = Key()
    await tenant.call("POST", "/sandbox/app/certificates", {"certificate": key.pem})
    head, _, signature = key.assertion(tenant.root).split(".")
    claims = {
        "aud": f"{tenant.root}/contoso.com/oauth2/v2.0/token",
        "iss": "foyer",
        "sub": "foyer",
        "exp": 9_999_999_999,
    }
    body = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")

    _, refused = await post(tenant, "token", signed(key, tenant) | {"client_assertion": f"{head}.{body}.{signature}"})

    assert refused["error_codes"] == [700027]


async def test_disabled_and_not_consented_differ(tenant: Tenant) -> None:
    await tenant.call("PATCH", "/sandbox/app", {"consented": False})
    token = await app_token(tenant)
    denied = await with_token(tenant, token, "GET", "/users")
    mailbox = await with_token(tenant, token, "GET", f"/users/{OSLO}/events")
    await tenant.call("PATCH", "/sandbox/app", {"consented": True, "enabled": False})
    _, disabled = await post(tenant, "token", FORM | {"client_secret": "foyer"})

    assert (denied.status, denied.code) == (403, "Authorization_RequestDenied")
    assert (mailbox.status, mailbox.code) == (403, "ErrorAccessDenied")
    assert disabled["error_codes"] == [7000112]


@pytest.mark.parametrize(
    ("roles", "method", "path", "status"),
    [
        (["Calendars.Read"], "GET", f"/users/{OSLO}/calendarView?startDateTime=2026-11-23&endDateTime=2026-11-24", 200),
        (["Calendars.Read"], "POST", f"/users/{MIA}/events", 403),
        (["Calendars.Read"], "GET", "/places/microsoft.graph.room", 403),
        (["Place.Read.All"], "PATCH", f"/places/{OSLO}", 403),
        (["User.Read.All"], "GET", f"/users/{MIA}/manager", 200),
        (["User.ReadBasic.All"], "GET", f"/users/{MIA}/manager", 403),
        (["User.Read.All"], "GET", f"/users/{MIA}/mailboxSettings", 403),
        (["User.Read.All"], "GET", "/applications", 403),
        (["User.Read.All"], "GET", "/groups/delta", 403),
        (["GroupMember.Read.All"], "GET", "/groups/delta", 200),
    ],
)
async def test_each_call_needs_its_role(tenant: Tenant, roles: list[str], method: str, path: str, status: int) -> None:
    await tenant.call("PATCH", "/sandbox/app", {"roles": roles})

    answer = await with_token(tenant, await app_token(tenant), method, path, {} if method != "GET" else None)

    assert answer.status == status, answer.body


async def test_a_token_keeps_the_roles_it_was_issued_with(tenant: Tenant) -> None:
    token = await app_token(tenant)
    await tenant.call("PATCH", "/sandbox/app", {"roles": []})

    old, new = await with_token(tenant, token, "GET", "/users"), await with_token(
        tenant, await app_token(tenant), "GET", "/users"
    )  # fmt: skip

    assert (old.status, new.status) == (200, 403)


async def test_revoked_tokens_are_refused_and_new_ones_are_not(tenant: Tenant) -> None:
    old = await app_token(tenant)
    await tenant.call("POST", "/sandbox/app/tokens/revoke", {})
    refused = await with_token(tenant, old, "GET", "/users")
    new = await app_token(tenant)
    fresh = await with_token(tenant, new, "GET", "/users")
    await tenant.call("POST", "/sandbox/app/tokens/revoke", {"challenge": True})
    challenged = await with_token(tenant, new, "GET", "/users")

    assert (refused.status, refused.code, fresh.status) == (401, "InvalidAuthenticationToken", 200)
    challenge = challenged.headers["WWW-Authenticate"]
    assert 'error="insufficient_claims"' in challenge
    claims = challenge.partition('claims="')[2].partition('"')[0]
    assert json.loads(base64.b64decode(claims))["access_token"]["nbf"]["essential"] is True


async def test_a_token_for_another_service_is_not_for_graph(tenant: Tenant) -> None:
    token = await app_token(tenant, scope="https://outlook.office365.com/.default")

    answer = await with_token(tenant, token, "GET", "/users")

    assert (answer.status, answer.code) == (401, "InvalidAuthenticationToken")
    assert "audience" in answer.body["error"]["message"]


async def test_an_administrator_consents_and_is_sent_back(tenant: Tenant) -> None:
    await tenant.call("PATCH", "/sandbox/app", {"consented": False})
    url = f"{tenant.root}/organizations/adminconsent?client_id=foyer&state=s1&redirect_uri=http://localhost/done"
    page = await tenant.call("GET", url)
    answers = []
    for answer in ("cancel", "accept"):
        async with tenant.session.post(url, data={"answer": answer}, allow_redirects=False) as response:
            answers.append((response.status, parse_qs(urlsplit(response.headers["Location"]).query)))
    foreign = await tenant.call("GET", url.replace("localhost", "evil.example"))

    assert "Calendars.ReadWrite" in page.body
    assert answers[0][1]["error"] == ["permission_denied"]
    assert (answers[1][0], answers[1][1]["admin_consent"], answers[1][1]["state"]) == (302, ["True"], ["s1"])
    assert (await tenant.call("GET", "/sandbox/app")).body["consented"] is True
    assert (foreign.status, "AADSTS50011" in foreign.body) == (400, True)


async def test_assignments_follow_the_roles(tenant: Tenant) -> None:
    principal = await tenant.graph("GET", "/servicePrincipals(appId='foyer')")
    graph = await tenant.graph("GET", "/servicePrincipals(appId='00000003-0000-0000-c000-000000000000')")
    assigned = await tenant.graph("GET", "/servicePrincipals(appId='foyer')/appRoleAssignments")
    await tenant.call("PATCH", "/sandbox/app", {"roles": ["Application.Read.All"]})
    fewer = await tenant.graph("GET", "/servicePrincipals(appId='foyer')/appRoleAssignments")

    names = {role["id"]: role["value"] for role in graph.body["appRoles"]}
    given = {names[one["appRoleId"]] for one in assigned.body["value"]}
    assert {"Calendars.ReadWrite", "Place.Read.All"} <= given
    assert {one["principalId"] for one in assigned.body["value"]} == {principal.body["id"]}
    assert [names[one["appRoleId"]] for one in fewer.body["value"]] == ["Application.Read.All"]


async def test_asking_for_headers_alone_needs_the_same_role(tenant: Tenant) -> None:
    await tenant.call("PATCH", "/sandbox/app", {"roles": []})
    header = {"Authorization": f"Bearer {await app_token(tenant)}"}

    async with tenant.session.head(f"{tenant.root}/v1.0/users/{MIA}", headers=header) as response:
        assert response.status == 403


@pytest.mark.parametrize(
    "root",
    [
        "https://graph.microsoft.com",
        "https://graph.microsoft.us",
        "https://dod-graph.microsoft.us",
        "https://microsoftgraph.chinacloudapi.cn",
    ],
)
async def test_a_token_may_be_for_any_cloud(tenant: Tenant, root: str) -> None:
    token = await app_token(tenant, scope=f"{root}/.default")

    assert (await with_token(tenant, token, "GET", "/users")).status == 200
