"""Login requests: tokens, device codes, the OpenID configuration, keys, instance discovery."""

import base64
import binascii
from urllib.parse import unquote_plus

import msgspec
from aiohttp import web

from sandbox import wire
from sandbox.login import errors
from sandbox.login.device import INTERVAL_S, LIFETIME_S
from sandbox.login.models import TENANT_ID, LoginError, Token, client_info, trace_id
from sandbox.odata import Entity
from sandbox.world import WORLD

DEVICE_PAGE = "/devicelogin"


async def token(request: web.Request) -> web.Response:
    world = request.app[WORLD]
    form = await _form(request)
    try:
        issued = world.login.grant(request.match_info["tenant"], form, wire.root(request), world.directory)
    except LoginError as error:
        return _refused(request, error)
    return _json(_shown(issued, form))


async def device_code(request: web.Request) -> web.Response:
    world = request.app[WORLD]
    try:
        code = world.login.begin_device(request.match_info["tenant"], await _form(request), wire.root(request))
    except LoginError as error:
        return _refused(request, error)
    page = f"{wire.root(request)}{DEVICE_PAGE}"
    message = (
        f"To sign in, use a web browser to open the page {page} and enter the code {code.user_code} to authenticate."
    )
    return _json(
        {
            "user_code": code.user_code,
            "device_code": code.device_code,
            "verification_uri": page,
            "expires_in": LIFETIME_S,
            "interval": INTERVAL_S,
            "message": message,
        }
    )


async def configuration(request: web.Request) -> web.Response:
    tenant = request.match_info["tenant"]
    if not request.app[WORLD].login.knows_tenant(tenant) and tenant.casefold() not in {"common", "organizations"}:
        return _refused(request, errors.no_tenant(tenant))
    own = f"{wire.root(request)}/{tenant}"
    return _json(
        {
            "token_endpoint": f"{own}/oauth2/v2.0/token",
            "token_endpoint_auth_methods_supported": [
                "client_secret_post", "private_key_jwt", "client_secret_basic"
            ],
            "jwks_uri": f"{own}/discovery/v2.0/keys",
            "response_modes_supported": ["query", "fragment", "form_post"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["HS256"],
            "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
            "scopes_supported": ["openid", "profile", "email", "offline_access"],
            "issuer": f"{wire.root(request)}/{TENANT_ID}/v2.0",
            "authorization_endpoint": f"{own}/oauth2/v2.0/authorize",
            "device_authorization_endpoint": f"{own}/oauth2/v2.0/devicecode",
            "tenant_region_scope": "EU",
            "cloud_instance_name": request.host,
            "msgraph_host": request.host,
        }
    )  # fmt: skip


async def keys(_: web.Request) -> web.Response:
    """Tokens are signed with a secret of the tenant's own, so there is no public key to show."""
    return _json({"keys": []})


async def instances(request: web.Request) -> web.Response:
    own = f"{wire.root(request)}/{TENANT_ID}"
    metadata = [{"preferred_network": request.host, "preferred_cache": request.host, "aliases": [request.host]}]
    endpoint = f"{own}/v2.0/.well-known/openid-configuration"
    return _json({"tenant_discovery_endpoint": endpoint, "api-version": "1.1", "metadata": metadata})


def _shown(issued: Token, form: dict[str, str]) -> Entity:
    answer: Entity = {"token_type": "Bearer"}
    if issued.scope:
        answer["scope"] = issued.scope
    answer |= {"expires_in": issued.expires_in_s, "ext_expires_in": issued.expires_in_s, "access_token": issued.text}
    if issued.refresh:
        answer["refresh_token"] = issued.refresh
    if issued.id_token:
        answer["id_token"] = issued.id_token
    if issued.user_id and form.get("client_info") == "1":
        answer["client_info"] = client_info(issued.user_id)
    return answer


async def _form(request: web.Request) -> dict[str, str]:
    return await wire.form(request) | _basic(request.headers.get("Authorization", ""))


def _basic(header: str) -> dict[str, str]:
    """Client id and secret from HTTP Basic, each form-urlencoded (RFC 6749 2.3.1)."""
    kind, _, text = header.partition(" ")
    if kind.casefold() != "basic":
        return {}
    try:
        client, _, secret = base64.b64decode(text, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return {}
    return {"client_id": unquote_plus(client), "client_secret": unquote_plus(secret)}


def _refused(request: web.Request, error: LoginError) -> web.Response:
    now = request.app[WORLD].clock.now()
    trace = trace_id(now, error.number)
    correlation = request.headers.get("client-request-id", trace)
    stamp = now.strftime("%Y-%m-%d %H:%M:%SZ")
    described = (
        f"AADSTS{error.number}: {error.message} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {stamp}"
    )
    shape: Entity = {
        "error": error.error,
        "error_description": described,
        "error_codes": [error.number],
        "timestamp": stamp,
        "trace_id": trace,
        "correlation_id": correlation,
        "error_uri": f"{wire.root(request)}/error?code={error.number}",
    }
    return _json(shape, status=error.status)


def _json(value: Entity, *, status: int = 200) -> web.Response:
    headers = {"Content-Type": "application/json; charset=utf-8", "Cache-Control": "no-store"}
    return web.Response(body=msgspec.json.encode(value), status=status, headers=headers)
