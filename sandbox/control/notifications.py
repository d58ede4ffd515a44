"""Controls of subscriptions and of how notifications travel."""

from typing import Any, Literal

import msgspec
from aiohttp import web

from sandbox import wire
from sandbox.control.forgery import FORGERIES, forged
from sandbox.errors import bad_request, no_subscription
from sandbox.subscriptions import models
from sandbox.subscriptions.endpoints import State
from sandbox.subscriptions.manner import Manner
from sandbox.subscriptions.models import Subscription
from sandbox.world import WORLD, World


class Target(msgspec.Struct, forbid_unknown_fields=True):
    """Which subscription; nothing means all."""

    id: str | None = None
    event: Literal["missed", "reauthorizationRequired", "subscriptionRemoved"] = "missed"


class EndpointOrder(msgspec.Struct, forbid_unknown_fields=True):
    url: str
    state: State


class Forgery(msgspec.Struct, forbid_unknown_fields=True):
    """`id` is a subscription whose endpoint gets it (default: the first); `url` is another place to post it to."""

    kind: str
    id: str | None = None
    url: str = ""


async def list_subscriptions(request: web.Request) -> web.Response:
    """Of every application."""
    return wire.answer({"value": [models.rendered(one) for one in request.app[WORLD].subscriptions.live()]})


async def expire_subscriptions(request: web.Request) -> web.Response:
    target = await wire.body(request, Target)
    lapsed = request.app[WORLD].subscriptions.expire(target.id)
    return wire.answer({"expired": [one.id for one in lapsed]})


async def send_lifecycle(request: web.Request) -> web.Response:
    """`event` is missed, reauthorizationRequired or subscriptionRemoved; the last also removes the subscription."""
    world = request.app[WORLD]
    target = await wire.body(request, Target)
    told = [one for one in world.subscriptions.live() if target.id in {None, one.id}]
    for one in told:
        world.subscriptions.lifecycle(one, target.event)
        if target.event == "subscriptionRemoved":
            world.subscriptions.delete(one)
    return wire.answer({"told": [one.id for one in told]})


async def get_manner(request: web.Request) -> web.Response:
    """The settings, and the state of every endpoint that is known."""
    delivery = request.app[WORLD].delivery
    return wire.answer(msgspec.to_builtins(delivery.manner) | {"endpoints": delivery.endpoints.states()})


async def patch_manner(request: web.Request) -> web.Response:
    """Settings by the names that GET shows; what is not given stays."""
    delivery = request.app[WORLD].delivery
    values: dict[str, Any] = await wire.body(request, dict)
    try:
        delivery.manner = msgspec.convert(msgspec.to_builtins(delivery.manner) | values, Manner)
    except msgspec.ValidationError as problem:
        raise bad_request(str(problem)) from problem
    return await get_manner(request)


async def put_endpoint(request: web.Request) -> web.Response:
    """Lets an endpoint count as slow, as dropped or as well for ten minutes."""
    order = await wire.body(request, EndpointOrder)
    request.app[WORLD].delivery.endpoints.put(order.url, order.state)
    return await get_manner(request)


async def forge(request: web.Request) -> web.Response:
    """Posts something that the service would not send, at once; the answer tells the endpoint's status (0: none)."""
    world = request.app[WORLD]
    order = await wire.body(request, Forgery)
    if order.kind not in FORGERIES:
        raise bad_request(f"There is no forgery '{order.kind}'; there are {', '.join(FORGERIES)}.")
    model = _model(world, order.id)
    url = order.url or model.notification_url
    models.check_url(url, "url")
    body = forged(order.kind, model, world.delivery.posting.guid())
    posted = await world.delivery.posting.raw(url, body, seconds=world.timing.retry_timeout_s)
    return wire.answer({"kind": order.kind, "url": url, "status": posted.status})


def _model(world: World, subscription_id: str | None) -> Subscription:
    found = next((one for one in world.subscriptions.live() if subscription_id in {None, one.id}), None)
    if found is None:
        raise no_subscription()
    return found
