"""Subscription requests."""

import sys
from datetime import UTC, datetime

import msgspec
from aiohttp import web

from sandbox import wire
from sandbox.calendar import reading
from sandbox.calendar.mailboxes import ChangeType
from sandbox.errors import bad_request, not_honoured
from sandbox.front import CALLER
from sandbox.login.permissions import allow_watching
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
    lifecycle_notification_url: str | None = None
    encryption_certificate: str | None = None
    encryption_certificate_id: str | None = None


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
    caller = request[CALLER]
    target = world.subscriptions.target(body.resource, caller.user_id)
    allow_watching(caller, target.path)
    if target.owner is not None:
        models.check_access(world.access, target.owner.address)
    expires_at = world.subscriptions.expiry(_instant(body.expiration_date_time), target.longest_min)
    change_types = models.change_types(body.change_type)
    if target.objects and ChangeType.CREATED in change_types:
        raise bad_request("Users and groups are watched for 'updated' and 'deleted' only.", code="InvalidRequest")
    made = Subscription(
        id=world.subscriptions.new_id(),
        app_id=caller.app_id,
        resource=body.resource,
        user_id=target.owner.id if target.owner else "",
        mailbox=target.owner.address if target.owner else "",
        watched=target.objects,
        change_types=change_types,
        notification_url=body.notification_url,
        lifecycle_url=body.lifecycle_notification_url or "",
        client_state=body.client_state or "",
        expires_at=expires_at,
        immutable=wire.preferences(request).immutable,
    )
    allowed = world.limits.settings.mailbox_subscriptions if world.limits.settings.enabled else sys.maxsize
    world.subscriptions.check_room(made, allowed)
    for url in (made.notification_url, made.lifecycle_url):
        if url:
            await world.delivery.shake_hands(url)
    return wire.answer(_one(request, world.subscriptions.put(made)), status=201)


async def list_all(request: web.Request) -> web.Response:
    """Those of the calling application."""
    app_id = request[CALLER].app_id
    found = [models.rendered(one) for one in request.app[WORLD].subscriptions.live() if one.app_id == app_id]
    return wire.answer({"@odata.context": wire.context(request, "subscriptions"), "value": found})


async def get(request: web.Request) -> web.Response:
    return wire.answer(_one(request, _asked(request)))


async def change(request: web.Request) -> web.Response:
    """Renews it; a new notificationUrl has to shake hands. Nothing else of it can be changed."""
    world = request.app[WORLD]
    body = await wire.body(request, ChangeBody)
    old = _asked(request)
    if body.encryption_certificate is not None or body.encryption_certificate_id is not None:
        raise not_honoured("encryptionCertificate")
    if body.lifecycle_notification_url is not None:
        raise bad_request("The 'lifecycleNotificationUrl' attribute can't be changed.", code="InvalidRequest")
    if body.notification_url:
        models.check_url(body.notification_url, "notificationUrl")
        await world.delivery.shake_hands(body.notification_url)
    expires_at = _instant(body.expiration_date_time) if body.expiration_date_time else None
    renewed = world.subscriptions.renew(old, expires_at=expires_at, url=body.notification_url or "")
    return wire.answer(_one(request, renewed))


async def reauthorize(request: web.Request) -> web.Response:
    _asked(request)
    return wire.no_content()


async def delete(request: web.Request) -> web.Response:
    request.app[WORLD].subscriptions.delete(_asked(request))
    return wire.no_content()


def _asked(request: web.Request) -> Subscription:
    """Raises GraphError."""
    return request.app[WORLD].subscriptions.get(request.match_info["subscription"], request[CALLER].app_id)


def _one(request: web.Request, subscription: Subscription) -> Entity:
    return {"@odata.context": wire.context(request, "subscriptions/$entity")} | models.rendered(subscription)


def _instant(text: str) -> datetime:
    parsed = reading.parsed_time(text)
    return parsed.astimezone(UTC) if parsed.tzinfo else parsed.replace(tzinfo=UTC)
