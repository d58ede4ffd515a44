"""The control over the tenant's switches: GET and PATCH /sandbox/switches."""

import msgspec
from aiohttp import web

from sandbox import wire
from sandbox.calendar import settings
from sandbox.calendar.requests import raw
from sandbox.errors import bad_body
from sandbox.world import WORLD


async def get_switches(request: web.Request) -> web.Response:
    return wire.answer(request.app[WORLD].switches)


async def patch_switches(request: web.Request) -> web.Response:
    """Only what is named changes."""
    world = request.app[WORLD]
    try:
        world.switches = settings.changed(world.switches, await raw(request))
    except msgspec.ValidationError as problem:
        raise bad_body(str(problem)) from problem
    return wire.answer(world.switches)
