"""The URLs of mail."""

from aiohttp import web

from sandbox.mail import handlers

ROUTES: list[web.AbstractRouteDef] = [web.post("/v1.0/users/{user}/sendMail", handlers.send_mail)]
