"""Places requests: rooms, room lists, the rooms of one list, one place."""

from typing import TYPE_CHECKING

from aiohttp import web

from sandbox import odata, wire
from sandbox.errors import no_object
from sandbox.odata import Entity
from sandbox.places import rendering
from sandbox.world import WORLD

if TYPE_CHECKING:
    from sandbox.directory.models import Room

PAGE = 100
LARGEST_PAGE = 1000
_ROOM_TYPE = "microsoft.graph.room"
_LIST_TYPE = "microsoft.graph.roomList"


async def list_rooms(request: web.Request) -> web.Response:
    found = [rendering.room(one) for one in request.app[WORLD].directory.rooms.values()]
    return _list(request, found, "places/microsoft.graph.room", _ROOM_TYPE)


async def list_room_lists(request: web.Request) -> web.Response:
    found = [rendering.room_list(one) for one in request.app[WORLD].directory.buildings.values()]
    return _list(request, found, "places/microsoft.graph.roomList", _LIST_TYPE)


async def list_rooms_of(request: web.Request) -> web.Response:
    """A room list is addressed by its emailAddress, not its id."""
    directory = request.app[WORLD].directory
    name = request.match_info["place"]
    building = directory.buildings.get(name.lower())
    if building is None:
        raise no_object(name)
    found = [rendering.room(one) for one in directory.rooms_of(building)]
    return _list(request, found, f"places('{name}')/microsoft.graph.roomList/rooms", _ROOM_TYPE)


async def get_place(request: web.Request) -> web.Response:
    query = odata.read_query(request.query)
    query.refuse("filter", "search", "expand", "orderby")
    shape, type_name = _place(request)
    chosen = odata.selected(shape, query.select, known=shape, type_name=type_name)
    context = {"@odata.context": wire.context(request, "places/$entity"), "@odata.type": f"#{type_name}"}
    return wire.answer(context | chosen)


def _place(request: web.Request) -> tuple[Entity, str]:
    directory = request.app[WORLD].directory
    name = request.match_info["place"]
    room: Room | None = directory.room(name)
    if room is not None:
        return rendering.room(room), _ROOM_TYPE
    building = directory.buildings.get(name.lower())
    if building is None:
        raise no_object(name)
    return rendering.room_list(building), _LIST_TYPE


def _list(request: web.Request, found: list[Entity], path: str, type_name: str) -> web.Response:
    query = odata.read_query(request.query)
    query.refuse("search", "expand", "orderby")
    page = odata.paged(odata.filtered(found, query.filter), query, size=PAGE, largest=LARGEST_PAGE)
    known = found[0] if found else {}
    items = [odata.selected(one, query.select, known=known, type_name=type_name) for one in page.items]
    page = odata.Page(items, page.next_skip, page.total)
    return wire.answer(wire.collection(request, page, query, path))
