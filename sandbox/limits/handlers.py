"""Controls of the limits and of the access policy."""

import msgspec
from aiohttp import web

from sandbox import wire
from sandbox.errors import bad_request, no_object
from sandbox.limits.access import AccessPolicy
from sandbox.limits.settings import LimitSettings
from sandbox.world import WORLD


async def get_limits(request: web.Request) -> web.Response:
    """The settings, and what the open windows have counted."""
    limits = request.app[WORLD].limits
    return wire.answer(msgspec.to_builtins(limits.settings) | {"counted": limits.counts()})


async def patch_limits(request: web.Request) -> web.Response:
    """Settings by the names that GET shows; what is not given stays, and the counts begin anew."""
    limits = request.app[WORLD].limits
    values = await wire.body(request, dict)
    try:
        limits.change(msgspec.convert(msgspec.to_builtins(limits.settings) | values, LimitSettings))
    except msgspec.ValidationError as problem:
        raise bad_request(str(problem)) from problem
    return await get_limits(request)


async def get_access(request: web.Request) -> web.Response:
    return wire.answer(request.app[WORLD].access)


async def set_access(request: web.Request) -> web.Response:
    """Mailboxes by id or address."""
    world = request.app[WORLD]
    policy = await wire.body(request, AccessPolicy)
    addresses = tuple(world.mailbox(name) for name in policy.mailboxes)
    if "" in addresses:
        raise no_object(policy.mailboxes[addresses.index("")])
    world.access = AccessPolicy(addresses, policy.mode)
    return wire.answer(world.access)


async def clear_access(request: web.Request) -> web.Response:
    request.app[WORLD].access = AccessPolicy()
    return wire.no_content()
