"""Stands before every request: ids, faults, the token, limits, the record, and the envelope of every error."""

import errno
import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from email.utils import formatdate
from functools import lru_cache

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.typedefs import Handler

from sandbox import wire
from sandbox.control.kinds import Act
from sandbox.control.requests import Seen
from sandbox.errors import GraphError, bad_body
from sandbox.limits.addressing import Service, addressed
from sandbox.limits.models import Asked
from sandbox.login.models import Caller
from sandbox.spelling import Spellings, is_own
from sandbox.wire import GRAPH
from sandbox.world import WORLD, World

log = logging.getLogger(__name__)

CALLER = web.RequestKey("caller", Caller)
REQUEST_ID = web.RequestKey("request_id", str)
BATCH = web.RequestKey("batch", str)  # the request id of the batch that carried this request
# Called with every request of Graph's or the login's and its answer; tests hold both against Graph's own description.
Watcher = Callable[[web.Request, web.StreamResponse], Awaitable[None]]
watchers: list[Watcher] = []
FAULT = "x-sandbox-fault"
UNKNOWN = "unknown"  # the route of paths that no other route takes
SPELLINGS: web.AppKey[Spellings] = web.AppKey("spellings", Spellings)
_LOOPBACK = re.compile(r"(?:127\.0\.0\.1|localhost|\[::1\])(?::\d+)?", re.IGNORECASE)
_TOO_LARGE = 413
_UNREADABLE = (web.RequestPayloadError, HttpProcessingError, ConnectionResetError)  # the last: who sent it is gone
_AGENT = '{"ServerInfo":{"DataCenter":"Sandbox","Slice":"E","Ring":"1","ScaleUnit":"000","RoleInstance":"SANDBOX"}}'


@dataclass(slots=True)
class Visit:
    """One request on its way through. `mailbox` is an address or ''; that of /me is known once the token is."""

    world: World
    request: web.Request
    ids: dict[str, str]
    service: Service
    is_own: bool
    batch: str
    mailbox: str
    is_cut: bool = False
    is_garbled: bool = False  # its body can't be read by anybody


@web.middleware
async def front(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Graph and login requests pass through faults and the record; pages and controls do not."""
    path = request.path
    if not _is_service(path):
        return await _guarded(request, handler)
    world = request.app[WORLD]
    if request.match_info.route.name == UNKNOWN and (usual := _usual_path(request, world)):
        usual_url = request.rel_url.with_path(usual, encoded=True, keep_query=True)
        return await request.app._handle(request.clone(rel_url=usual_url))  # noqa: SLF001  aiohttp has no public way
    service, name = addressed(path)
    mailbox = world.mailbox(name) if name else ""
    batch = request[BATCH] if len(request) else ""  # nothing else is noted on a request before it comes here
    visit = Visit(world, request, _ids(request, world), service, name == "me", batch, mailbox)
    if path.endswith("$batch"):
        request[REQUEST_ID] = visit.ids["request-id"]
    act = world.faults.for_request(request.method, path, visit.mailbox)
    response = await (_handled(visit, handler) if act is None else _faulted(visit, handler, act))
    if not response.prepared:
        response.headers.update(_every_answers(visit))
    _record(visit, response.status)
    world.tell_directory_changes()
    if watchers and not (visit.is_cut or visit.is_garbled):
        for watch in watchers:
            await watch(request, response)
    return response


async def _handled(visit: Visit, handler: Handler, *, delay_s: float = 0.0) -> web.StreamResponse:
    """`delay_s` is how long the service takes longer, on the tenant's clock."""
    world, request = visit.world, visit.request
    try:
        if not request.path.startswith(GRAPH):
            await world.clock.sleep(delay_s)
            return await handler(request)
        caller = request[CALLER] = world.login.check(request.headers.get("Authorization", ""))
        world.login.allow(caller, request.method, request.path)
        return await _admitted(visit, handler, caller, delay_s)
    except web.HTTPException as problem:
        if problem.status != _TOO_LARGE:
            raise
        error = _failure(problem)
    except Exception as problem:  # noqa: BLE001  told by what it is
        visit.is_garbled = isinstance(problem, _UNREADABLE)
        error = _failure(problem)
    if error.status == 501:
        _refused(visit, error)
    return wire.error_answer(error, ids=visit.ids, now=world.clock.now())


async def _admitted(visit: Visit, handler: Handler, caller: Caller, delay_s: float) -> web.StreamResponse:
    """Within the limits, and in flight for as long as it takes."""
    world, request = visit.world, visit.request
    if visit.service == "outlook":
        if visit.is_own:
            visit.mailbox = world.mailbox(caller.user_id) if caller.user_id else ""
        world.access.check(visit.mailbox)
    asked = Asked(
        caller.app_id, visit.service, visit.mailbox, request.method, request.path, request.query_string
    )  # fmt: skip
    headers = world.limits.enter(asked)
    try:
        if visit.mailbox:
            delay_s += world.limits.settings.latency_ms / 1000
        if delay_s:
            await world.clock.sleep(delay_s)
        wire.expect_json(request)
        response = await handler(request)
    finally:
        world.limits.leave(asked)
    if headers:
        response.headers.update(headers)
    return response


async def _faulted(visit: Visit, handler: Handler, act: Act) -> web.StreamResponse:
    """What the fault leaves of the request and its answer."""
    if act.break_ == "before" or (act.status and not act.after_effect):
        await visit.world.clock.sleep(act.delay_s)
        return _cut(visit) if act.break_ == "before" else _failed(visit, act)
    response = await _handled(visit, handler, delay_s=act.delay_s)
    if act.break_ == "after":
        return _cut(visit)
    if act.break_ == "middle":
        return await _cut_in_the_middle(visit, response)
    return _failed(visit, act) if act.status else response


async def _guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Controls need no token, so a page of another site must not reach them through somebody's browser: not from its
    own origin, and not by a name of its own that leads to this machine."""
    origin = request.headers.get("Origin")
    if not _LOOPBACK.fullmatch(request.host) or (origin is not None and origin != wire.root(request)):
        raise web.HTTPForbidden(text="Controls are for this machine only.")
    world = request.app[WORLD]
    try:
        response = await handler(request)
        world.tell_directory_changes()
        return response
    except web.HTTPException as problem:
        if problem.status != _TOO_LARGE:
            raise
        error = _failure(problem)
    except OSError as problem:
        if problem.errno == errno.ENAMETOOLONG:  # no file of the page's can be meant
            raise web.HTTPNotFound from problem
        error = _failure(problem)
    except Exception as problem:  # noqa: BLE001  told by what it is
        error = _failure(problem)
    return wire.error_answer(error, ids=_ids(request, world), now=world.clock.now())


def _failure(problem: Exception) -> GraphError:
    """What an answer says of it; only what nobody expected is a failure of the tenant's own."""
    if isinstance(problem, GraphError):
        return problem
    if isinstance(problem, web.HTTPRequestEntityTooLarge):
        return GraphError(413, "RequestEntityTooLarge", "The request is larger than 4 MB.")
    if isinstance(problem, _UNREADABLE):
        return bad_body("The request body can't be read as its headers say.")
    log.error("request.failed", exc_info=problem)
    return GraphError(500, "InternalServerError", "The sandbox tenant failed: see its log.")


def _usual_path(request: web.Request, world: World) -> str:
    """As the routes spell it, a signed-in person's own under their id; '' where that is no other path or none."""
    raw_path = request.rel_url.raw_path
    path = raw_path
    if is_own(path):
        try:
            caller = world.login.check(request.headers.get("Authorization", ""))
        except GraphError:  # it is refused where every token is looked at
            return ""
        path = path.replace(path.split("/")[2], f"users/{caller.user_id}", 1) if caller.is_person else path
    usual = request.app[SPELLINGS].usual(path)
    return "" if usual == raw_path else usual


def _is_service(path: str) -> bool:
    return not path.startswith("/sandbox/") and (
        path.startswith((GRAPH, "/beta/"))
        or "/oauth2/v2.0/" in path
        or "/.well-known/" in path
        or "/discovery/" in path
    )  # fmt: skip


def _ids(request: web.Request, world: World) -> dict[str, str]:
    own = world.new_guid()
    return {"request-id": own, "client-request-id": request.headers.get("client-request-id", own)}


def _every_answers(visit: Visit) -> Mapping[str, str]:
    return visit.ids | {"x-ms-ags-diagnostic": _AGENT, "Date": _date(int(visit.world.clock.now().timestamp()))}


@lru_cache(maxsize=8)
def _date(second: int) -> str:
    return formatdate(second, usegmt=True)


def _record(visit: Visit, status: int) -> None:
    request, requests = visit.request, visit.world.requests
    requests.add(
        Seen(
            number=requests.next_number,
            at=visit.world.clock.now(),
            method=request.method,
            path=request.path,
            query=request.query_string,
            status=0 if visit.is_cut else status,
            client_request_id=visit.ids["client-request-id"],
            mailbox=visit.mailbox,
            batch=visit.batch,
        )
    )


def _refused(visit: Visit, error: GraphError) -> None:
    request = visit.request
    visit.world.requests.refuse(
        method=request.method, path=request.path, what=error.message, at=visit.world.clock.now()
    )  # fmt: skip


def _failed(visit: Visit, act: Act) -> web.Response:
    """An answer that no service gave; its own header says so to whoever watches."""
    headers = {FAULT: act.kind} | act.headers
    if act.retry_after is not None:
        headers["Retry-After"] = act.retry_after
    if act.text:
        return web.Response(text=act.text, status=act.status, headers=headers, content_type="text/html")
    if act.body is not None:
        return wire.answer(act.body, status=act.status, headers=headers)
    error = GraphError(act.status, act.code, act.message, headers=headers)
    return wire.error_answer(error, ids=visit.ids, now=visit.world.clock.now(), inner_code=act.inner_code)


def _cut(visit: Visit) -> web.Response:
    """Inside a batch only this request is lost: the answer stands for what the batch reports of it."""
    visit.is_cut = True
    request = visit.request
    if visit.batch:
        lost = GraphError(502, "BadGateway", "The connection to the service was lost.")
        return wire.error_answer(lost, ids=visit.ids, now=visit.world.clock.now())
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=503)


async def _cut_in_the_middle(visit: Visit, response: web.StreamResponse) -> web.StreamResponse:
    """Promises the whole body, sends half of it and closes the connection; without a body it is cut as it is."""
    body = response.body if isinstance(response, web.Response) else None
    request = visit.request
    if not isinstance(body, bytes) or not body or visit.batch:
        return _cut(visit)
    visit.is_cut = True
    half = web.StreamResponse(status=response.status, headers=response.headers)
    half.headers.update(_every_answers(visit))
    half.content_length = len(body)
    await half.prepare(request)
    await half.write(body[: len(body) // 2])
    if request.transport is not None:
        request.transport.close()
    return half
