"""The URLs of the directory."""

from aiohttp import web

from sandbox.directory import handlers

_USER = "/v1.0/users/{user}"

ROUTES: list[web.AbstractRouteDef] = [
    web.get("/v1.0/organization", handlers.list_organizations),
    web.get("/v1.0/users", handlers.list_users),
    web.get(_USER, handlers.get_user),
    web.get(f"{_USER}/manager", handlers.get_manager),
    web.get(f"{_USER}/mailboxSettings", handlers.get_settings),
    web.get(f"{_USER}/mailboxSettings/{{setting}}", handlers.get_setting),
]
