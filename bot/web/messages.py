"""POST /api/messages: from bytes to a verified, parsed activity, and back to the channel's answer."""

import json

from aiohttp import web

from bot.ports.store import StoreDown
from bot.teams.claims import Refused
from bot.teams.connector_errors import ConnectorError
from bot.teams.inbound import parse
from bot.teams.inbound_fields import Malformed
from bot.web.bodies import Unfit, read_object
from bot.web.parts import Parts

MOST_BYTES = 256 * 1024
READ_WITHIN_S = 5.0
_BEHIND_A_PROXY = ("Forwarded", "X-Forwarded-For", "X-Real-IP")


class Messages:
    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def post(self, request: web.Request) -> web.Response:
        raw = await read_object(request, most=MOST_BYTES, within_s=READ_WITHIN_S)
        if not isinstance(raw.get("type"), str) or not raw["type"]:
            raise Unfit(400, "type.missing")
        claims = await self._parts.front_door.admit(request.headers.get("Authorization", ""), raw, _peer(request))
        if isinstance(claims, Refused):
            raise Unfit(claims.status, claims.code)
        try:
            status, body = await self._parts.on_activity(parse(raw), claims)
        except Malformed as malformed:
            raise Unfit(400, malformed.code) from None
        except StoreDown:  # not answered with 2xx, so that Teams sends it again
            raise Unfit(503, "store.down") from None
        except ConnectorError:
            raise Unfit(503, "answer.not_sent") from None
        if body is None:
            return web.Response(status=status)
        return web.Response(
            status=status, body=json.dumps(body, separators=(",", ":")).encode(), content_type="application/json"
        )


def _peer(request: web.Request) -> str:
    """The other end's address; '' where a proxy says that it stands between, for then the address is the proxy's."""
    if any(name in request.headers for name in _BEHIND_A_PROXY):
        return ""
    return request.remote or ""
