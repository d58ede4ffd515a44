"""The URLs of the login endpoint."""

from aiohttp import web

from sandbox.login import handlers

ROUTES: list[web.AbstractRouteDef] = [
    web.post("/{tenant}/oauth2/v2.0/token", handlers.token),
    web.get("/{tenant}/v2.0/.well-known/openid-configuration", handlers.configuration),
    web.get("/{tenant}/discovery/v2.0/keys", handlers.keys),
    web.get("/common/discovery/instance", handlers.instances),
]
