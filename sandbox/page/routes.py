"""The URLs of the page that a person sees."""

from aiohttp import web

from sandbox.page import handlers

ROUTES: list[web.AbstractRouteDef] = [
    web.get("/", handlers.index),
    web.get("/sandbox/day", handlers.day),
    web.static("/static", handlers.FILES),
]
