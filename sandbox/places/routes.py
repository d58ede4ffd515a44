"""The URLs of places."""

from aiohttp import web

from sandbox.places import handlers

_ROOM_CAST = r"{cast:(?i:microsoft\.graph\.room|graph\.room)}"
_LIST_CAST = r"{cast:(?i:microsoft\.graph\.roomlist|graph\.roomlist)}"

ROUTES: list[web.AbstractRouteDef] = [
    web.get(f"/v1.0/places/{_ROOM_CAST}", handlers.list_rooms),
    web.get(f"/v1.0/places/{_LIST_CAST}", handlers.list_room_lists),
    web.get(f"/v1.0/places/{{place}}/{_LIST_CAST}/rooms", handlers.list_rooms_of),
    web.get("/v1.0/places/{place}", handlers.get_place),
]
