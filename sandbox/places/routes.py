"""The URLs of places. Casts are matched in any case, with or without `microsoft.`"""

from aiohttp import web

from sandbox.places import handlers

_CAST = r"{cast:(?i:(?:microsoft\.)?graph\.(?:room|roomlist|building|floor|section|desk|workspace))}"
_ROOM_LIST = r"{cast:(?i:(?:microsoft\.)?graph\.roomlist)}"
_PLACE = "/v1.0/places/{place}"

ROUTES: list[web.AbstractRouteDef] = [
    web.get(f"/v1.0/places/{_CAST}", handlers.list_places),
    web.post("/v1.0/places", handlers.create_place),
    web.get(f"{_PLACE}/{_ROOM_LIST}/{{relation:(?i:rooms|workspaces)}}", handlers.list_of_room_list),
    web.get(f"{_PLACE}/descendants", handlers.list_descendants),
    web.get(f"{_PLACE}/descendants/{_CAST}", handlers.list_descendants),
    web.get(f"{_PLACE}/checkIns", handlers.list_check_ins),
    web.post(f"{_PLACE}/checkIns", handlers.check_in),
    web.get(f"{_PLACE}/checkIns/{{event}}", handlers.get_check_in),
    web.get(f"{_PLACE}/{_CAST}", handlers.get_place),
    web.get(_PLACE, handlers.get_place),
    web.patch(_PLACE, handlers.patch_place),
    web.delete(_PLACE, handlers.delete_place),
]
