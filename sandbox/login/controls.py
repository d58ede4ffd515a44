"""Controls of the application, its credentials, its tokens, and of sign-ins on a device."""

from typing import Annotated, Any, Literal

import msgspec
from aiohttp import web

from sandbox import wire
from sandbox.errors import bad_request, no_object
from sandbox.login.application import Application, Certificate, Secret
from sandbox.login.device import Answer
from sandbox.odata import Entity
from sandbox.world import WORLD

Days = Annotated[float, msgspec.Meta(ge=-36_500, le=36_500)]


class AppChange(msgspec.Struct, forbid_unknown_fields=True):
    """What is left out stays."""

    roles: tuple[str, ...] | None = None
    scopes: tuple[str, ...] | None = None
    enabled: bool | None = None
    consented: bool | None = None
    public: bool | None = None


class NewSecret(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """`days` is how long it is valid; below zero it has expired already."""

    display_name: str = ""
    days: Days = 180
    starts_in_days: Days = 0


class NewCertificate(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    certificate: str
    display_name: str = ""


class KeyName(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    key_id: str


class Revocation(msgspec.Struct, forbid_unknown_fields=True):
    """Nobody means everybody. `challenge` asks for a new token as continuous access evaluation does."""

    user: str = ""
    challenge: bool = False


class DeviceAnswer(msgspec.Struct, forbid_unknown_fields=True):
    user_code: str
    answer: Literal["allow", "deny"]
    as_: str = msgspec.field(name="as", default="")


async def get_app(request: web.Request) -> web.Response:
    return wire.answer(_shown(request.app[WORLD].login.application))


async def patch_app(request: web.Request) -> web.Response:
    app = request.app[WORLD].login.application
    change = await wire.body(request, AppChange)
    for given, name in (
        (change.roles, "roles"), (change.scopes, "scopes"), (change.enabled, "is_enabled"),
        (change.consented, "is_consented"), (change.public, "is_public"),
    ):  # fmt: skip
        if given is not None:
            setattr(app, name, given)
    return wire.answer(_shown(app))


async def add_secret(request: web.Request) -> web.Response:
    """The answer alone shows the secret's value."""
    world = request.app[WORLD]
    order = await wire.body(request, NewSecret)
    secret = world.login.application.add_secret(
        name=order.display_name, days=order.days, now=world.clock.now(), starts_in_days=order.starts_in_days
    )  # fmt: skip
    return wire.answer(shown_secret(secret) | {"secretText": secret.value}, status=201)


async def expire_secret(request: web.Request) -> web.Response:
    world = request.app[WORLD]
    order = await wire.body(request, KeyName)
    if not world.login.application.expire_secret(order.key_id, world.clock.now()):
        raise no_object(order.key_id)
    return wire.no_content()


async def remove_key(request: web.Request) -> web.Response:
    order = await wire.body(request, KeyName)
    if not request.app[WORLD].login.application.remove(order.key_id):
        raise no_object(order.key_id)
    return wire.no_content()


async def add_certificate(request: web.Request) -> web.Response:
    order = await wire.body(request, NewCertificate)
    try:
        added = request.app[WORLD].login.application.add_certificate(name=order.display_name, pem=order.certificate)
    except ValueError as problem:
        raise bad_request("'certificate' must be one X.509 certificate in PEM.") from problem
    return wire.answer(shown_certificate(added), status=201)


async def revoke_tokens(request: web.Request) -> web.Response:
    world = request.app[WORLD]
    order = await wire.body(request, Revocation)
    user = world.directory.user(order.user) if order.user else None
    if order.user and user is None:
        raise no_object(order.user)
    world.login.revoke(user.id if user else "", wants_claims=order.challenge)
    return wire.no_content()


async def answer_device(request: web.Request) -> web.Response:
    world = request.app[WORLD]
    order = await wire.body(request, DeviceAnswer)
    code = world.login.codes.waiting(order.user_code, world.clock.now())
    user = world.directory.user(order.as_)
    if code is None:
        raise bad_request(f"No sign-in waits for the code '{order.user_code}'.")
    if user is None and order.answer == "allow":
        raise no_object(order.as_)
    code.user_id = user.id if user else ""
    code.answer = Answer(order.answer)
    return wire.no_content()


def shown_secret(secret: Secret) -> Entity:
    """As https://learn.microsoft.com/graph/api/resources/passwordcredential has it."""
    return {
        "customKeyIdentifier": None,
        "displayName": secret.name or None,
        "endDateTime": wire.instant(secret.end_at),
        "hint": secret.hint,
        "keyId": secret.key_id,
        "secretText": None,
        "startDateTime": wire.instant(secret.start_at),
    }


def shown_certificate(certificate: Certificate) -> Entity:
    """As https://learn.microsoft.com/graph/api/resources/keycredential has it; the key itself is not read back."""
    return {
        "customKeyIdentifier": certificate.thumbprint,
        "displayName": certificate.name or None,
        "endDateTime": wire.instant(certificate.end_at),
        "key": None,
        "keyId": certificate.key_id,
        "startDateTime": wire.instant(certificate.start_at),
        "type": "AsymmetricX509Cert",
        "usage": "Verify",
    }


def _shown(app: Application) -> dict[str, Any]:
    return {
        "id": app.id,
        "appId": app.app_id,
        "displayName": app.name,
        "roles": app.roles,
        "scopes": app.scopes,
        "enabled": app.is_enabled,
        "consented": app.is_consented,
        "public": app.is_public,
        "secrets": [shown_secret(one) for one in app.secrets],
        "certificates": [shown_certificate(one) for one in app.certificates],
    }
