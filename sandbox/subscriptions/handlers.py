"""Subscription requests."""

from datetime import UTC, datetime

import msgspec
from aiohttp import web

from sandbox import wire
from sandbox.calendar import reading
from sandbox.errors import bad_request, not_honoured
from sandbox.odata import Entity
from sandbox.subscriptions import models
from sandbox.subscriptions.models import Subscription
from sandbox.world import WORLD


class NewBody(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    change_type: str
    notification_url: str
    resource: str
    expiration_date_time: str
    client_state: str | None = None
    lifecycle_notification_url: str | None = None
    latest_supported_tls_version: str | None = None
    include_resource_data: bool | None = None
    encryption_certificate: str | None = None
    encryption_certificate_id: str | None = None


class ChangeBody(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    expiration_date_time: str | None = None
    notification_url: str | None = None


async def create(request: web.Request) -> web.Response:
    world = request.app[WORLD]
    body = await wire.body(request, NewBody)
    if body.include_resource_data:
        raise not_honoured("includeResourceData")
    models.check_url(body.notification_url, "notificationUrl")
    if body.lifecycle_notification_url:
        models.check_url(body.lifecycle_notification_url, "lifecycleNotificationUrl")
    if len(body.client_state or "") > models.CLIENT_STATE_LENGTH:
        raise bad_request("The 'clientState' attribute is longer than 128 characters.", code="InvalidRequest")
    user = world.subscriptions.target(body.resource)
    expires_at = world.subscriptions.expiry(_instant(body.expiration_date_time))
    change_types = models.change_types(body.change_type)
    for url in (body.notification_url, body.lifecycle_notification_url):
        if url:
            await world.delivery.shake_hands(url)
    made = Subscription(
        id=world.subscriptions.new_id(),
        resource=body.resource,
        user_id=user.id,
        mailbox=user.address,
        change_types=change_types,
        notification_url=body.notification_url,
        lifecycle_url=body.lifecycle_notification_url or "",
        client_state=body.client_state or "",
        expires_at=expires_at,
        immutable=wire.preferences(request).immutable,
    )
    return wire.answer(_one(request, world.subscriptions.put(made)), status=201)


async def list_all(request: web.Request) -> web.Response:
    found = [models.rendered(one) for one in request.app[WORLD].subscriptions.live()]
    return wire.answer({"@odata.context": wire.context(request, "subscriptions"), "value": found})


async def get(request: web.Request) -> web.Response:
    return wire.answer(_one(request, request.app[WORLD].subscriptions.get(request.match_info["subscription"])))


async def change(request: web.Request) -> web.Response:
    world = request.app[WORLD]
    body = await wire.body(request, ChangeBody)
    old = world.subscriptions.get(request.match_info["subscription"])
    if body.notification_url:
        models.check_url(body.notification_url, "notificationUrl")
        await world.delivery.shake_hands(body.notification_url)
    expires_at = _instant(body.expiration_date_time) if body.expiration_date_time else None
    renewed = world.subscriptions.renew(old.id, expires_at=expires_at, url=body.notification_url or "")
    return wire.answer(_one(request, renewed))


async def reauthorize(request: web.Request) -> web.Response:
    request.app[WORLD].subscriptions.get(request.match_info["subscription"])
    return wire.no_content()


async def delete(request: web.Request) -> web.Response:
    request.app[WORLD].subscriptions.delete(request.match_info["subscription"])
    return wire.no_content()


def _one(request: web.Request, subscription: Subscription) -> Entity:
    return {"@odata.context": wire.context(request, "subscriptions/$entity")} | models.rendered(subscription)


def _instant(text: str) -> datetime:
    parsed = reading.parsed_time(text)
    return parsed.astimezone(UTC) if parsed.tzinfo else parsed.replace(tzinfo=UTC)
