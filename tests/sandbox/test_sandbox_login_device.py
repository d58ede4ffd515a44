"""The device code flow, refresh tokens, and what a person's token may do."""

import base64
import json

import pytest

from tests.sandbox.signing_in import as_person, begin, poll, post, sign_in, with_token
from tests.sandbox.tenant import MIA, OSLO, TOM, Subscriber, Tenant

EVENTS = "Calendars.ReadWrite"
OFFLINE = f"openid profile offline_access {EVENTS}"


async def test_a_device_waits_until_somebody_allows_it(tenant: Tenant) -> None:
    flow = await begin(tenant, OFFLINE)
    waiting = await poll(tenant, flow["device_code"])
    await tenant.call("POST", "/sandbox/device/answer", {"user_code": flow["user_code"], "as": MIA, "answer": "allow"})
    await tenant.advance(flow["interval"])
    status, got = await poll(tenant, flow["device_code"])
    again = await poll(tenant, flow["device_code"])

    assert (flow["expires_in"], flow["interval"]) == (900, 5)
    assert flow["user_code"] in flow["message"]
    assert (waiting[0], waiting[1]["error"]) == (400, "authorization_pending")
    assert (status, got["scope"].split()[0]) == (200, f"https://graph.microsoft.com/{EVENTS}")
    assert again[1]["error"] == "invalid_grant"


async def test_polling_too_fast_is_slowed_down(tenant: Tenant) -> None:
    flow = await begin(tenant, EVENTS)
    errors = [(await poll(tenant, flow["device_code"]))[1]["error"] for _ in range(2)]
    await tenant.advance(5)
    later = (await poll(tenant, flow["device_code"]))[1]["error"]

    assert [*errors, later] == ["authorization_pending", "slow_down", "authorization_pending"]


async def test_declined_expired_and_unknown_codes_are_told_apart(tenant: Tenant) -> None:
    declined, expired = await begin(tenant, EVENTS), await begin(tenant, EVENTS)
    order = {"user_code": declined["user_code"], "as": MIA, "answer": "deny"}
    await tenant.call("POST", "/sandbox/device/answer", order)
    no = await poll(tenant, declined["device_code"])
    await tenant.advance(900)
    late = await poll(tenant, expired["device_code"])
    unknown = await poll(tenant, "nothing")
    too_late = await tenant.call("POST", "/sandbox/device/answer", order | {"user_code": expired["user_code"]})

    assert [one[1]["error"] for one in (no, late, unknown)] == [
        "authorization_declined", "expired_token", "bad_verification_code",
    ]  # fmt: skip
    assert too_late.status == 400


async def test_the_page_takes_the_code_in_any_case_and_the_person(tenant: Tenant) -> None:
    flow = await begin(tenant, EVENTS)
    shown = await tenant.call("GET", flow["verification_uri"])
    form = {"user_code": flow["user_code"].lower(), "as": MIA, "answer": "allow"}
    async with tenant.session.post(flow["verification_uri"], data=form | {"user_code": "WRONG"}) as response:
        wrong = response.status, await response.text()
    async with tenant.session.post(flow["verification_uri"], data=form, headers={"Origin": "http://evil"}) as response:
        foreign = response.status
    async with tenant.session.post(flow["verification_uri"], data=form | {"as": "nobody@contoso.com"}) as response:
        nobody = response.status
    async with tenant.session.post(flow["verification_uri"], data=form) as response:
        done = await response.text()
    status, _ = await poll(tenant, flow["device_code"])

    assert "Mia Lindqvist" in shown.body
    assert (wrong[0], "not valid" in wrong[1], foreign, nobody) == (400, True, 403, 400)
    assert ("You have signed in" in done, status) == (True, 200)


async def test_what_a_visitor_types_into_the_page_stays_text(tenant: Tenant) -> None:
    shown = await tenant.call("GET", "/devicelogin?user_code='><script>alert(1)</script>")

    assert "<script>" not in shown.body
    assert shown.headers["Content-Security-Policy"] == "frame-ancestors 'none'"


async def test_a_refresh_token_gives_tokens_until_it_is_taken_back(tenant: Tenant) -> None:
    first = await sign_in(tenant, MIA, OFFLINE)
    form = {"grant_type": "refresh_token", "client_id": "foyer", "refresh_token": first["refresh_token"]}
    status, second = await post(tenant, "token", form)
    fresh = await with_token(tenant, second["access_token"], "GET", f"/users/{MIA}/events")
    await tenant.call("POST", "/sandbox/app/tokens/revoke", {"user": MIA})
    refused = await post(tenant, "token", form | {"refresh_token": second["refresh_token"]})
    old = await with_token(tenant, second["access_token"], "GET", f"/users/{MIA}/events")
    others = await tenant.graph("GET", "/users")

    assert (status, fresh.status, others.status) == (200, 200, 200)
    assert second["refresh_token"] != first["refresh_token"]
    assert (refused[1]["error"], refused[1]["error_codes"]) == ("invalid_grant", [50173])
    assert (old.status, old.code) == (401, "InvalidAuthenticationToken")


async def test_a_refresh_token_dies_of_idleness_and_with_the_account(tenant: Tenant) -> None:
    got = await sign_in(tenant, MIA, OFFLINE)
    form = {"grant_type": "refresh_token", "client_id": "foyer", "refresh_token": got["refresh_token"]}
    await tenant.call("PATCH", f"/sandbox/directory/users/{MIA}", {"mfaRequired": True})
    second_factor = await post(tenant, "token", form)
    await tenant.call("PATCH", f"/sandbox/directory/users/{MIA}", {"mfaRequired": False, "accountEnabled": False})
    disabled = await post(tenant, "token", form)
    await tenant.call("PATCH", f"/sandbox/directory/users/{MIA}", {"accountEnabled": True})
    await tenant.advance(90 * 86_400)
    idle = await post(tenant, "token", form)
    garbage = await post(tenant, "token", form | {"refresh_token": "a.b.c"})

    codes = [one[1]["error_codes"][0] for one in (second_factor, disabled, idle, garbage)]
    assert codes == [50076, 50057, 700082, 9002313]
    assert second_factor[1]["error"] == "interaction_required"


async def test_an_id_token_says_who_signed_in(tenant: Tenant) -> None:
    got = await sign_in(tenant, MIA, OFFLINE)
    plain = await sign_in(tenant, MIA, EVENTS)
    middle = got["id_token"].split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))

    assert (claims["preferred_username"], claims["aud"]) == (MIA, "foyer")
    assert not {"refresh_token", "id_token"} & plain.keys()


async def test_scopes_are_consented_to_or_refused(tenant: Tenant) -> None:
    flow = await begin(tenant, "Files.ReadWrite.All")
    order = {"user_code": flow["user_code"], "as": MIA, "answer": "allow"}
    await tenant.call("POST", "/sandbox/device/answer", order)
    _, unknown = await poll(tenant, flow["device_code"])
    await tenant.call("PATCH", "/sandbox/app", {"consented": False})
    flow = await begin(tenant, EVENTS)
    await tenant.call("POST", "/sandbox/device/answer", order | {"user_code": flow["user_code"]})
    _, nobody = await poll(tenant, flow["device_code"])

    assert [one["error_codes"] for one in (unknown, nobody)] == [[65001], [65001]]


async def test_an_application_that_is_not_public_proves_itself_on_a_device_too(tenant: Tenant) -> None:
    await tenant.call("PATCH", "/sandbox/app", {"public": False})
    flow = await begin(tenant, EVENTS)

    _, refused = await poll(tenant, flow["device_code"])

    assert refused["error_codes"] == [7000218]


@pytest.mark.parametrize(
    ("scope", "method", "path", "status", "code"),
    [
        ("Calendars.Read", "GET", f"/users/{MIA}/events", 200, ""),
        ("Calendars.Read", "GET", f"/users/{TOM}/events", 403, "ErrorAccessDenied"),
        ("Calendars.Read.Shared", "GET", f"/users/{TOM}/events", 200, ""),
        ("Calendars.Read", "POST", f"/users/{MIA}/events", 403, "ErrorAccessDenied"),
        ("User.Read", "GET", f"/users/{MIA}", 200, ""),
        ("User.Read", "GET", f"/users/{TOM}", 403, "Authorization_RequestDenied"),
        ("User.ReadBasic.All", "GET", f"/users/{TOM}", 200, ""),
        ("User.Read", "GET", "/groups", 403, "Authorization_RequestDenied"),
        ("Place.Read.All", "GET", "/places/microsoft.graph.room", 200, ""),
        ("Place.Read.All", "DELETE", f"/places/{OSLO}", 403, "ErrorAccessDenied"),
    ],
)
async def test_a_person_reaches_what_the_scopes_say(
    tenant: Tenant, scope: str, method: str, path: str, status: int, code: str
) -> None:
    await tenant.call("PUT", f"/sandbox/mailboxes/{TOM}/rights", {"person": MIA, "right": "editor"})
    answer = await as_person(tenant, MIA, scope, method, path, {} if method == "POST" else None)

    assert answer.status == status, answer.body
    assert not code or answer.code == code


async def test_a_person_watches_the_own_mailbox_only(tenant: Tenant, subscriber: Subscriber) -> None:
    order = {
        "changeType": "updated", "notificationUrl": subscriber.url, "expirationDateTime": "2026-11-24T08:00:00Z",
    }  # fmt: skip
    answers = [
        await as_person(tenant, MIA, scope, "POST", "/subscriptions", order | {"resource": f"users/{who}/events"})
        for scope, who in (("Calendars.Read", MIA), ("Calendars.Read", TOM), ("Calendars.ReadWrite", MIA))
    ]

    assert [one.status for one in answers] == [201, 403, 403]
