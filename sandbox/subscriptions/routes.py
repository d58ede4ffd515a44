"""The URLs of change notifications."""

from aiohttp import web

from sandbox.subscriptions import handlers

ROUTES: list[web.AbstractRouteDef] = [
    web.get("/v1.0/subscriptions", handlers.list_all),
    web.post("/v1.0/subscriptions", handlers.create),
    web.get("/v1.0/subscriptions/{subscription}", handlers.get),
    web.patch("/v1.0/subscriptions/{subscription}", handlers.change),
    web.delete("/v1.0/subscriptions/{subscription}", handlers.delete),
    web.post("/v1.0/subscriptions/{subscription}/reauthorize", handlers.reauthorize),
]
