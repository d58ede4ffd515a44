"""POST /api/graph/notifications: the handshake, and hints that are durable before Graph is told 202.

Source: "Receive change notifications through webhooks" (learn.microsoft.com/graph/
change-notifications-delivery-webhooks): echo the token as text/plain within 10 s; answer each notification within 3 s,
or delivery is slowed and then dropped.
"""

import logging
import re
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from bot.ports.store import StoreDown
from bot.web.bodies import Unfit, read_object
from bot.web.deadline import Deadline
from bot.web.parts import Hint, Parts

MOST_BYTES = 1 << 20
MOST_TOKEN_BYTES = 1024
ANSWER_WITHIN_S = 2.0
READ_WITHIN_S = 1.0

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")  # half a character: no text, whatever JSON allows
_BOUNDS = {"subscriptionId": 128, "clientState": 256, "resource": 1024, "lifecycleEvent": 64}

log = logging.getLogger(__name__)


class Notifications:
    def __init__(self, parts: Parts, *, answer_within_s: float) -> None:
        self._parts = parts
        self._deadline = Deadline(answer_within_s)

    async def post(self, request: web.Request) -> web.Response:
        if "?" in request.raw_path and "validationToken" in request.query:
            return _echo(request.query.getall("validationToken"))
        try:
            with self._deadline.of_one():
                await self._take(request)
        except TimeoutError:
            raise Unfit(503, "notifications.too_slow") from None
        except StoreDown:
            raise Unfit(503, "store.down") from None
        return web.Response(status=202)

    async def _take(self, request: web.Request) -> None:
        items = (await read_object(request, most=MOST_BYTES, within_s=READ_WITHIN_S)).get("value")
        if not isinstance(items, list):
            raise Unfit(400, "value.not_a_list")
        hints = [hint for hint in map(_hint, items) if hint is not None]
        if len(hints) < len(items):
            log.info("notifications.unusable", extra={"count": len(items) - len(hints)})
        if hints:
            await self._parts.mark_dirty(hints)


def _echo(tokens: list[str]) -> web.Response:
    token = tokens[0]
    if len(tokens) > 1 or not token or len(token.encode(errors="replace")) > MOST_TOKEN_BYTES or _CONTROL.search(token):
        raise Unfit(400, "validation_token.unusable")
    return web.Response(body=token.encode(errors="replace"), content_type="text/plain", charset="utf-8")


def _hint(item: object) -> Hint | None:
    if not isinstance(item, dict) or not item.get("subscriptionId"):
        return None
    fields = [_bounded(item, key, most) for key, most in _BOUNDS.items()]
    return None if None in fields else Hint(*(field or "" for field in fields))


def _bounded(item: Mapping[str, Any], key: str, most: int) -> str | None:
    value = item.get(key)
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > most:
        return None
    return value if value.isascii() or _SURROGATE.search(value) is None else None
