"""Signs people in on a device, and asks Graph in their names."""

from typing import Any

from tests.sandbox.tenant import TENANT, Answer, Tenant

GRAPH = "https://graph.microsoft.com"
DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"


async def post(tenant: Tenant, path: str, form: dict[str, str], *, name: str = TENANT) -> tuple[int, dict[str, Any]]:
    """A form to the login endpoint; a parameter of '' is left out."""
    given = {key: value for key, value in form.items() if value}
    async with tenant.session.post(f"{tenant.root}/{name}/oauth2/v2.0/{path}", data=given) as response:
        return response.status, await response.json()


async def begin(tenant: Tenant, scope: str) -> dict[str, Any]:
    status, body = await post(tenant, "devicecode", {"client_id": "foyer", "scope": scope})
    assert status == 200, body
    return body


async def poll(tenant: Tenant, device_code: str) -> tuple[int, dict[str, Any]]:
    form = {"grant_type": DEVICE_GRANT, "client_id": "foyer", "device_code": device_code}
    return await post(tenant, "token", form)


async def sign_in(tenant: Tenant, who: str, scope: str) -> dict[str, Any]:
    """What the token endpoint gives for this person."""
    flow = await begin(tenant, scope)
    order = {"user_code": flow["user_code"], "as": who, "answer": "allow"}
    answer = await tenant.call("POST", "/sandbox/device/answer", order)
    assert answer.status == 204, answer.body
    status, body = await poll(tenant, flow["device_code"])
    assert status == 200, body
    return body


async def as_person(tenant: Tenant, who: str, scope: str, method: str, path: str, body: Any = None) -> Answer:
    token = (await sign_in(tenant, who, scope))["access_token"]
    return await with_token(tenant, token, method, path, body)


async def with_token(tenant: Tenant, token: str, method: str, path: str, body: Any = None) -> Answer:
    return await tenant.call(method, f"/v1.0{path}", body, {"Authorization": f"Bearer {token}"})


async def app_token(tenant: Tenant, **change: str) -> str:
    form = {
        "client_id": "foyer", "client_secret": "foyer", "grant_type": "client_credentials",
        "scope": f"{GRAPH}/.default",
    }  # fmt: skip
    status, body = await post(tenant, "token", form | change)
    assert status == 200, body
    return str(body["access_token"])
