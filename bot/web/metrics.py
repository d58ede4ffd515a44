"""/metrics: figures for those who may see them, and no such page for everybody else."""

import hmac
import ipaddress
from collections.abc import Awaitable, Callable, Sequence

from aiohttp import HttpVersion11, web

from bot.ports.figures import Family
from bot.web.exposition import CONTENT_TYPE, exposition

# Whoever sends one of these is a proxy, and speaks for somebody who may be anywhere.
_OF_PROXIES = ("Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP")


class Metrics:
    """With a token: whoever shows it. Without: callers on this machine that are no proxy's, by all that can be seen."""

    def __init__(self, figures: Callable[[], Awaitable[Sequence[Family]]], token: str) -> None:
        self._figures = figures
        self._token = token

    async def get(self, request: web.Request) -> web.Response:
        if not self._may(request):
            raise web.HTTPNotFound
        text = exposition(await self._figures())
        return web.Response(body=text.encode(), headers={"Content-Type": CONTENT_TYPE})

    def _may(self, request: web.Request) -> bool:
        if self._token:
            shown = request.headers.get("Authorization", "").encode("utf-8", "surrogateescape")
            return hmac.compare_digest(shown, f"Bearer {self._token}".encode())
        # nginx speaks HTTP/1.0 to what is behind it unless told otherwise, and adds no header of its own.
        relayed = any(name in request.headers for name in _OF_PROXIES) or request.version < HttpVersion11
        return not relayed and _is_loopback(request.remote or "") and _names_loopback(request.host)


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address.partition("%")[0]).is_loopback
    except ValueError:
        return False


def _names_loopback(host: str) -> bool:
    name = host[1 : host.find("]")] if host.startswith("[") else host.rpartition(":")[0] or host
    return name == "localhost" or _is_loopback(name)
