"""Stands before every request: ids, faults, the token, the record, and the envelope of every error."""

import logging
from collections.abc import Awaitable, Callable

from aiohttp import web
from aiohttp.typedefs import Handler

from sandbox import wire
from sandbox.control.faults import RequestFault
from sandbox.errors import GraphError
from sandbox.login.models import Caller
from sandbox.world import WORLD, World

log = logging.getLogger(__name__)

GRAPH = "/v1.0/"
CALLER = web.RequestKey("caller", Caller)
# Called with every request of Graph's or the login's and its answer; tests hold both against Graph's own description.
Watcher = Callable[[web.Request, web.StreamResponse], Awaitable[None]]
watchers: list[Watcher] = []
_AGENT = '{"ServerInfo":{"DataCenter":"Sandbox","Slice":"E","Ring":"1","ScaleUnit":"000","RoleInstance":"SANDBOX"}}'


@web.middleware
async def front(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Graph and login requests pass through faults and the record; pages and controls do not."""
    if not _is_service(request.path):
        return await _guarded(request, handler)
    world = request.app[WORLD]
    ids = _ids(request)
    response, is_cut = await _served(request, handler, ids)
    response.headers.update(ids)
    response.headers["x-ms-ags-diagnostic"] = _AGENT
    world.requests.add(
        at=world.clock.now(),
        method=request.method,
        path=request.path,
        query=request.query_string,
        status=0 if is_cut else response.status,
        client_request_id=ids["client-request-id"],
    )
    if not is_cut:
        for watch in watchers:
            await watch(request, response)
    return response


async def _served(request: web.Request, handler: Handler, ids: dict[str, str]) -> tuple[web.StreamResponse, bool]:
    """The answer, and whether the connection was cut instead of sending it."""
    world = request.app[WORLD]
    fault = world.faults.for_request(request.method, request.path)
    if fault is None:
        return await _handled(request, handler, ids), False
    await world.clock.sleep(fault.delay_s)
    if fault.reset == "before":
        return _cut(request), True
    if fault.status and not fault.after_effect:
        return _failed(world, fault, ids), False
    response = await _handled(request, handler, ids)
    if fault.reset == "after":
        return _cut(request), True
    return (_failed(world, fault, ids) if fault.status else response), False


async def _handled(request: web.Request, handler: Handler, ids: dict[str, str]) -> web.StreamResponse:
    world = request.app[WORLD]
    try:
        if request.path.startswith(GRAPH):
            request[CALLER] = world.login.check(request.headers.get("Authorization", ""))
        return await handler(request)
    except GraphError as error:
        return wire.error_answer(error, ids=ids, now=world.clock.now())
    except web.HTTPException:
        raise
    except Exception:
        log.exception("request.failed")
        failure = GraphError(500, "InternalServerError", "The sandbox tenant failed: see its log.")
        return wire.error_answer(failure, ids=ids, now=world.clock.now())


async def _guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Controls need no token, so a page of another site must not reach them through somebody's browser."""
    origin = request.headers.get("Origin")
    if origin is not None and origin != wire.root(request):
        raise web.HTTPForbidden(text="Controls are for this machine only.")
    try:
        return await handler(request)
    except GraphError as error:
        return wire.error_answer(error, ids=_ids(request), now=request.app[WORLD].clock.now())


def _is_service(path: str) -> bool:
    return path.startswith(GRAPH) or "/oauth2/v2.0/" in path or "/.well-known/" in path or "/discovery/" in path


def _ids(request: web.Request) -> dict[str, str]:
    own = request.app[WORLD].new_guid()
    return {"request-id": own, "client-request-id": request.headers.get("client-request-id", own)}


def _failed(world: World, fault: RequestFault, ids: dict[str, str]) -> web.Response:
    headers = {} if fault.retry_after is None else {"Retry-After": fault.retry_after}
    if fault.body is not None:
        return wire.answer(fault.body, status=fault.status, headers=headers)
    error = GraphError(fault.status, fault.code, fault.message, headers=headers)
    return wire.error_answer(error, ids=ids, now=world.clock.now())


def _cut(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=503)
