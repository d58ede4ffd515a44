"""Builds the tenant's HTTP application. Each package lists its own URLs; what none of them has is refused."""

from collections.abc import AsyncIterator

from aiohttp import web

from sandbox.batch.handlers import ROUTES as BATCH
from sandbox.calendar.routes import ROUTES as CALENDAR
from sandbox.control.routes import ROUTES as CONTROL
from sandbox.directory.routes import ROUTES as DIRECTORY
from sandbox.errors import GraphError, bad_request
from sandbox.front import CALLER, SPELLINGS, UNKNOWN, front
from sandbox.limits.routes import ROUTES as LIMITS
from sandbox.login.routes import ROUTES as LOGIN
from sandbox.mail.routes import ROUTES as MAIL
from sandbox.page.routes import ROUTES as PAGE
from sandbox.places.routes import ROUTES as PLACES
from sandbox.spelling import Spellings, is_own
from sandbox.state.keeper import Keeper
from sandbox.subscriptions.routes import ROUTES as SUBSCRIPTIONS
from sandbox.unknown import refusal
from sandbox.world import WORLD, World

_KEEPER: web.AppKey[Keeper] = web.AppKey("keeper", Keeper)


def build(world: World, keeper: Keeper | None = None) -> web.Application:
    """The application of one world; it starts and stops the world's clock and deliveries with itself, and the keeper of
    its state where there is one."""
    app = web.Application(middlewares=[front], client_max_size=4 * 1024 * 1024)
    app[WORLD] = world
    app.cleanup_ctx.append(_run_world)
    if keeper is not None:
        app[_KEEPER] = keeper
    app.add_routes([*LOGIN, *DIRECTORY, *PLACES, *CALENDAR, *MAIL, *SUBSCRIPTIONS, *BATCH, *CONTROL, *LIMITS, *PAGE])
    app[SPELLINGS] = Spellings(list(app.router.resources()))
    app.router.add_route("*", "/v1.0/{tail:.*}", _refuse, name=UNKNOWN)
    app.router.add_route("*", "/beta/{tail:.*}", _refuse_beta)
    return app


async def _run_world(app: web.Application) -> AsyncIterator[None]:
    world = app[WORLD]
    await world.delivery.open()
    world.clock.wake()
    keeper = app.get(_KEEPER)
    if keeper is not None:
        keeper.start()
    yield
    await world.clock.close()
    await world.delivery.close()
    if keeper is not None:
        await keeper.stop()


async def _refuse(request: web.Request) -> web.Response:
    allowed: set[str] = set()
    for resource in request.app.router.resources():
        if resource.name != UNKNOWN:
            allowed |= (await resource.resolve(request))[1]
    if is_own(request.path) and not request[CALLER].is_person:
        raise bad_request("/me request is only valid with delegated authentication flow.")
    raise refusal(request.method, request.path, allowed)


async def _refuse_beta(request: web.Request) -> web.Response:
    raise GraphError(404, "UnknownError", f"{request.path}: the sandbox tenant speaks v1.0 alone.")
