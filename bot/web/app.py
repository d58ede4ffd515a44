"""Builds the HTTP surface: every route that exists, the headers on every answer, and what becomes of errors."""

import json
import logging
from collections.abc import Callable, Iterable
from typing import Any, cast

from aiohttp import web
from aiohttp.typedefs import Handler

from bot.admin.readiness import Part, is_ready
from bot.web.bodies import Unfit
from bot.web.messages import Messages
from bot.web.metrics import Metrics
from bot.web.notifications import ANSWER_WITHIN_S, Notifications
from bot.web.pages import routes
from bot.web.parts import Parts, Watch

MOST_BYTES = 1 << 20
RUNNER_OPTIONS: dict[str, Any] = {"access_log": None, "auto_decompress": False}

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; "
    "base-uri 'none'; form-action 'none'",
}

log = logging.getLogger(__name__)


def build_app(parts: Parts, *, answer_within_s: float = ANSWER_WITHIN_S) -> web.Application:
    """The caller runs it. Notifications that are not durable within `answer_within_s` are answered 503."""
    every = [
        web.post("/api/messages", Messages(parts).post),
        web.post("/api/graph/notifications", Notifications(parts, answer_within_s=answer_within_s).post),
        *_probes(parts.watch),
        *routes(),
    ]
    return _app(every, parts.new_id)


def build_probes(watch: Watch, new_id: Callable[[], str]) -> web.Application:
    """The surface of a process that only works: whether it lives, whether it is ready, and its figures."""
    return _app(_probes(watch), new_id)


def _app(every: Iterable[web.RouteDef], new_id: Callable[[], str]) -> web.Application:
    """The guard stands around each route, not as a middleware: aiohttp takes longer over the first of these than over
    the whole guard."""
    app = web.Application(client_max_size=MOST_BYTES)
    app.on_response_prepare.append(_dress)
    app.add_routes(
        web.route(one.method, one.path, _guarded(cast("Handler", one.handler), new_id), **one.kwargs) for one in every
    )
    return app


def _probes(watch: Watch) -> list[web.RouteDef]:
    return [
        web.get("/healthz", _alive),
        web.get("/readyz", _Readiness(watch).get),
        web.get("/metrics", Metrics(watch.figures, watch.metrics_token).get),
    ]


def runner_of(app: web.Application) -> web.AppRunner:
    """How the app is to be served: bodies are not unpacked (no peer of ours packs them, and a small one may unpack to
    much), and there is no access log, for it writes what strangers typed."""
    return web.AppRunner(app, **RUNNER_OPTIONS)


class _Readiness:
    """Open to whoever asks, as load balancers do: so tenants are told apart by a few characters of their id alone."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch

    async def get(self, _request: web.Request) -> web.Response:
        found = await self._watch.readiness()
        ready = is_ready(found)
        problems = sorted({part.problem for part in found} - {""})
        told = {"ready": ready, "role": self._watch.role, "problems": problems}
        return _json(200 if ready else 503, {**told, "parts": [_told(part) for part in found]})


def _told(part: Part) -> dict[str, object]:
    about = {"tenant": part.tenant[:8]} if part.tenant else {}
    more = {"problem": part.problem, "what_to_do": part.what_to_do, "told": part.told}
    return {"part": part.name, "ok": part.ok, **about, **{name: said for name, said in more.items() if said}}


async def _alive(_request: web.Request) -> web.Response:
    return web.Response(text="ok")


def _guarded(handler: Handler, new_id: Callable[[], str]) -> Handler:
    async def guarded(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except web.HTTPException:
            raise
        except Unfit as unfit:
            log.info("web.refused", extra={"route": _route(request), "status": unfit.status, "code": unfit.code})
            return _json(unfit.status, {"error": unfit.code})
        except Exception:  # the edge of the process: whatever it is, it is told once, under an id, and nothing leaks
            correlation = new_id()
            log.exception("web.failed", extra={"route": _route(request), "correlation": correlation})
            return _json(500, {"error": "internal", "id": correlation})

    return guarded


async def _dress(_request: web.Request, response: web.StreamResponse) -> None:
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers.popall("Server", None)  # it names the versions of Python and aiohttp


def _route(request: web.Request) -> str:
    """The route's own path, never what a stranger typed."""
    resource = request.match_info.route.resource
    return resource.canonical if resource is not None else "unknown"


def _json(status: int, body: object) -> web.Response:
    return web.Response(status=status, text=json.dumps(body), content_type="application/json")
