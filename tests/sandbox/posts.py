"""An endpoint for notifications that keeps whole POSTs."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from tests.sandbox.tenant import Tenant

Answering = Callable[[], Awaitable[int]]


class Posts:
    """An endpoint that keeps whole POSTs; `answer` decides about each after the handshake."""

    def __init__(self) -> None:
        self.bodies: list[list[dict[str, Any]]] = []
        self.sizes: list[int] = []
        self.answer: Answering = self._accept

    async def take(self, request: web.Request) -> web.Response:
        if "validationToken" in request.query:
            return web.Response(text=request.query["validationToken"])
        raw = await request.read()
        self.sizes.append(len(raw))
        status = await self.answer()
        if status == 202:
            self.bodies.append((await request.json())["value"])
        return web.Response(status=status)

    async def _accept(self) -> int:
        return 202

    async def hang(self) -> int:
        await asyncio.Event().wait()
        return 202


async def manner(tenant: Tenant, **values: Any) -> dict[str, Any]:
    answer = await tenant.call("PATCH", "/sandbox/notifications", values)
    assert answer.status == 200, answer.body
    settings: dict[str, Any] = answer.body
    return settings
