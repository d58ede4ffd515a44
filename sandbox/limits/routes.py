"""The URLs of the controls over limits and access."""

from aiohttp import web

from sandbox.limits import handlers

ROUTES: list[web.AbstractRouteDef] = [
    web.get("/sandbox/limits", handlers.get_limits),
    web.patch("/sandbox/limits", handlers.patch_limits),
    web.get("/sandbox/access", handlers.get_access),
    web.post("/sandbox/access", handlers.set_access),
    web.delete("/sandbox/access", handlers.clear_access),
]
