"""Builds the tenant's HTTP application: every URL that it answers, in one list."""

from collections.abc import AsyncIterator

from aiohttp import web

from sandbox.calendar import handlers as calendar
from sandbox.control import handlers as control
from sandbox.directory import handlers as directory
from sandbox.errors import not_honoured
from sandbox.front import front
from sandbox.login import handlers as login
from sandbox.page import handlers as page
from sandbox.places import handlers as places
from sandbox.state.keeper import Keeper
from sandbox.subscriptions import handlers as subscriptions
from sandbox.world import WORLD, World

_ROOM_CAST = r"{cast:(?i:microsoft\.graph\.room|graph\.room)}"
_LIST_CAST = r"{cast:(?i:microsoft\.graph\.roomlist|graph\.roomlist)}"
_DELTA = r"{function:(?:microsoft\.graph\.)?delta(?:\(\))?}"
_USER = "/v1.0/users/{user}"
_KEEPER: web.AppKey[Keeper] = web.AppKey("keeper", Keeper)
_EVENT = r"/{folder:(?:calendar/)?}events/{event}"


def build(world: World, keeper: Keeper | None = None) -> web.Application:
    """The application of one world; it starts and stops the world's clock and deliveries with itself, and the keeper of
    its state where there is one."""
    app = web.Application(middlewares=[front], client_max_size=4 * 1024 * 1024)
    app[WORLD] = world
    app.cleanup_ctx.append(_run_world)
    if keeper is not None:
        app[_KEEPER] = keeper
    app.add_routes([*_login(), *_directory(), *_calendar(), *_subscriptions(), *_controls(), *_page()])
    app.router.add_route("*", "/v1.0/{tail:.*}", _refuse)
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
    raise not_honoured(f"{request.method} {request.path}")


def _login() -> list[web.RouteDef]:
    return [
        web.post("/{tenant}/oauth2/v2.0/token", login.token),
        web.get("/{tenant}/v2.0/.well-known/openid-configuration", login.configuration),
        web.get("/{tenant}/discovery/v2.0/keys", login.keys),
        web.get("/common/discovery/instance", login.instances),
    ]


def _directory() -> list[web.RouteDef]:
    return [
        web.get("/v1.0/organization", directory.list_organizations),
        web.get("/v1.0/users", directory.list_users),
        web.get(_USER, directory.get_user),
        web.get(f"{_USER}/manager", directory.get_manager),
        web.get(f"{_USER}/mailboxSettings", directory.get_settings),
        web.get(f"{_USER}/mailboxSettings/{{setting}}", directory.get_setting),
        web.get(f"/v1.0/places/{_ROOM_CAST}", places.list_rooms),
        web.get(f"/v1.0/places/{_LIST_CAST}", places.list_room_lists),
        web.get(f"/v1.0/places/{{place}}/{_LIST_CAST}/rooms", places.list_rooms_of),
        web.get("/v1.0/places/{place}", places.get_place),
    ]


def _calendar() -> list[web.RouteDef]:
    folder = "{folder:(?:calendar/)?}"
    return [
        web.get(f"{_USER}/{folder}events", calendar.list_events),
        web.post(f"{_USER}/{folder}events", calendar.create_event),
        web.get(f"{_USER}{_EVENT}", calendar.get_event),
        web.patch(f"{_USER}{_EVENT}", calendar.patch_event),
        web.delete(f"{_USER}{_EVENT}", calendar.delete_event),
        web.get(f"{_USER}{_EVENT}/instances", calendar.list_instances),
        web.post(f"{_USER}{_EVENT}/accept", calendar.accept),
        web.post(f"{_USER}{_EVENT}/decline", calendar.decline),
        web.post(f"{_USER}{_EVENT}/tentativelyAccept", calendar.tentatively_accept),
        web.post(f"{_USER}{_EVENT}/cancel", calendar.cancel_event),
        web.get(f"{_USER}/{folder}calendarView", calendar.calendar_view),
        web.get(f"{_USER}/{folder}calendarView/{_DELTA}", calendar.calendar_view_delta),
        web.post(f"{_USER}/calendar/getSchedule", calendar.get_schedule),
    ]


def _subscriptions() -> list[web.RouteDef]:
    return [
        web.get("/v1.0/subscriptions", subscriptions.list_all),
        web.post("/v1.0/subscriptions", subscriptions.create),
        web.get("/v1.0/subscriptions/{subscription}", subscriptions.get),
        web.patch("/v1.0/subscriptions/{subscription}", subscriptions.change),
        web.delete("/v1.0/subscriptions/{subscription}", subscriptions.delete),
        web.post("/v1.0/subscriptions/{subscription}/reauthorize", subscriptions.reauthorize),
    ]


def _controls() -> list[web.RouteDef]:
    return [
        web.get("/sandbox/clock", control.get_clock),
        web.post("/sandbox/clock", control.advance_clock),
        web.post("/sandbox/outlook/book", control.book),
        web.post("/sandbox/outlook/move", control.move),
        web.post("/sandbox/outlook/cancel", control.cancel),
        web.post("/sandbox/outlook/respond", control.respond),
        web.get("/sandbox/outlook/meetings", control.list_meetings),
        web.get("/sandbox/mail", control.list_mail),
        web.get("/sandbox/faults", control.list_faults),
        web.post("/sandbox/faults/requests", control.add_request_fault),
        web.post("/sandbox/faults/notifications", control.add_notification_fault),
        web.delete("/sandbox/faults", control.clear_faults),
        web.get("/sandbox/subscriptions", control.list_subscriptions),
        web.post("/sandbox/subscriptions/expire", control.expire_subscriptions),
        web.post("/sandbox/subscriptions/lifecycle", control.send_lifecycle),
        web.post("/sandbox/delta/invalidate", control.invalidate_delta),
        web.get("/sandbox/rooms/{room}", control.get_room),
        web.patch("/sandbox/rooms/{room}", control.patch_room),
        web.get("/sandbox/requests", control.list_requests),
        web.delete("/sandbox/requests", control.clear_requests),
        web.post("/sandbox/reset", control.reset),
        web.get("/sandbox/day", page.day),
    ]


def _page() -> list[web.AbstractRouteDef]:
    return [web.get("/", page.index), web.static("/static", page.FILES)]
