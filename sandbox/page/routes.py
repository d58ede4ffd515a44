"""The URLs of the page that a person sees."""

from aiohttp import web

from sandbox.page import handlers

ROUTES: list[web.AbstractRouteDef] = [
    web.get("/", handlers.index),
    web.get("/sandbox/day", handlers.day),
    web.get("/sandbox/week", handlers.week),
    web.get("/sandbox/meeting", handlers.meeting),
    web.get("/sandbox/search", handlers.search),
    web.static("/static", handlers.FILES),
]
