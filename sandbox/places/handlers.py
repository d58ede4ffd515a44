"""Places requests: lists by kind, one place, what stands in it, changes, check-ins.

https://learn.microsoft.com/graph/api/place-list, place-get, place-update, place-post, place-delete,
place-list-descendants and place-post-checkins
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from aiohttp import web

from sandbox import odata, wire
from sandbox.calendar import ids
from sandbox.directory.models import Building, Directory, Room
from sandbox.errors import GraphError, bad_body, bad_request, no_item, no_object
from sandbox.odata import Entity
from sandbox.places import reading, rendering
from sandbox.places.models import CheckIn, Place, PlaceKind, Values, place_id
from sandbox.world import WORLD

PAGE = 100
LARGEST_PAGE = 1000


@dataclass(frozen=True)
class Found:
    """Whatever a place's id, placeId or address means."""

    kind: PlaceKind
    own_id: str
    thing: Room | Building | Place


async def list_places(request: web.Request) -> web.Response:
    """All of the kind that the cast names."""
    directory = request.app[WORLD].directory
    kind = _cast(request)
    path = f"places/{rendering.type_name(kind)}"
    if kind is PlaceKind.ROOM:
        return _listed(request, directory.rooms.values(), kind, path)
    if kind is PlaceKind.ROOM_LIST:
        return _listed(request, directory.buildings.values(), kind, path)
    return _listed(request, directory.places.of_kind(kind), kind, path)


async def list_of_room_list(request: web.Request) -> web.Response:
    """The rooms or workspaces of a room list, which is addressed by its emailAddress, not its id."""
    directory = request.app[WORLD].directory
    name, relation = request.match_info["place"], request.match_info["relation"].lower()
    building = directory.buildings.get(name.lower())
    if building is None:
        raise no_object(name)
    path = f"places('{name}')/microsoft.graph.roomList/{relation}"
    if relation == "rooms":
        return _listed(request, directory.rooms_of(building), PlaceKind.ROOM, path)
    spaces = [
        one for one in directory.places.of_kind(PlaceKind.WORKSPACE) if one.values.get("building") == building.address
    ]
    return _listed(request, spaces, PlaceKind.WORKSPACE, path)


async def list_descendants(request: web.Request) -> web.Response:
    """Everything that stands in a place, or only what the cast names."""
    directory = request.app[WORLD].directory
    found = _found(request)
    below = [_named(directory, own_id) for own_id in directory.places.below(found.own_id)]
    living = [one for one in below if one is not None]
    path = f"places('{request.match_info['place']}')/descendants"
    if "cast" in request.match_info:
        kind = _cast(request)
        of_kind = [one.thing for one in living if one.kind is kind]
        return _listed(request, of_kind, kind, f"{path}/{rendering.type_name(kind)}")
    shapes = [{"@odata.type": f"#{rendering.type_name(one.kind)}"} | _shape(directory, one.thing) for one in living]
    query = _query(request)
    page = odata.paged(odata.filtered(shapes, query.filter), query, size=PAGE, largest=LARGEST_PAGE)
    known = {name for kind in PlaceKind for name in rendering.names_of(kind)}
    items = [odata.selected(one, query.select, known=known, type_name="microsoft.graph.place") for one in page.items]
    return wire.answer(wire.collection(request, replace(page, items=items), query, path))


async def get_place(request: web.Request) -> web.Response:
    query = odata.read_query(request.query)
    query.refuse("filter", "search", "expand", "orderby")
    found = _found(request)
    if "cast" in request.match_info and found.kind is not _cast(request):
        raise no_object(request.match_info["place"])
    shape = _shape(request.app[WORLD].directory, found.thing)
    name = rendering.type_name(found.kind)
    chosen = odata.selected(shape, query.select, known=shape, type_name=name)
    return _one(request, found.kind, chosen)


async def create_place(request: web.Request) -> web.Response:
    directory = request.app[WORLD].directory
    body = await _body(request)
    kind = reading.created_kind(body)
    values = reading.values_of(body, kind)
    if not values.get("displayName"):
        raise bad_request("'displayName' is missing.")
    parent_id = values.pop("parentId", None) or ""
    _check_parent(directory, kind, parent_id)
    number = len(directory.places.places)
    own_id = str(uuid5(NAMESPACE_URL, f"{kind} {values['displayName']} {parent_id} {number}"))
    place = Place(id=own_id, kind=kind, parent_id=parent_id, values=values)
    directory.places.create(place)
    return _one(request, kind, rendering.place(place, directory.places), status=201)


async def patch_place(request: web.Request) -> web.Response:
    """The body names its kind; every later read shows the change."""
    directory = request.app[WORLD].directory
    found = _found(request)
    body = await _body(request)
    if reading.kind_of(body) is not found.kind:
        raise bad_request(f"The place is a {found.kind}: '@odata.type' says something else.")
    values = reading.values_of(body, found.kind)
    if "parentId" in values:
        _check_parent(directory, found.kind, values["parentId"] or "")
    directory.change_place(found.own_id, values)
    changed = _named(directory, found.own_id)
    return _one(request, found.kind, _shape(directory, (changed or found).thing))


async def delete_place(request: web.Request) -> web.Response:
    places = request.app[WORLD].directory.places
    found = _found(request)
    if not isinstance(found.thing, Place) or found.kind is PlaceKind.WORKSPACE:
        raise bad_request(f"A {found.kind} is deleted in Exchange, with its mailbox.")
    if next(places.below(found.own_id), None) is not None:
        raise bad_request("The place still has others in it: delete them first.")
    places.delete(found.thing)
    return wire.no_content()


async def check_in(request: web.Request) -> web.Response:
    """Somebody is there, for the meeting of the room's calendar with this iCalUId."""
    world = request.app[WORLD]
    found = _found(request)
    event_id, method = reading.check_in_body(await _body(request))
    if not isinstance(found.thing, Room):
        raise bad_request("Only a room is checked in to.")
    uid, _ = ids.read_ical_uid(event_id)
    mailbox = world.exchange.mailboxes.get(found.thing.address)
    if mailbox is None or mailbox.by_uid(uid) is None:
        raise no_item()
    claim = CheckIn(event_id=event_id, method=method, at=world.clock.now())
    world.directory.places.check_in(found.own_id, claim)
    path = f"places('{request.match_info['place']}')/checkIns/$entity"
    return wire.answer({"@odata.context": wire.context(request, path)} | _claim(claim), status=201)


async def list_check_ins(request: web.Request) -> web.Response:
    claims = request.app[WORLD].directory.places.check_ins.get(_found(request).own_id, {})
    query = _query(request)
    shapes = odata.filtered(map(_claim, claims.values()), query.filter)
    page = odata.paged(shapes, query, size=PAGE, largest=LARGEST_PAGE)
    return wire.answer(wire.collection(request, page, query, f"places('{request.match_info['place']}')/checkIns"))


async def get_check_in(request: web.Request) -> web.Response:
    claims = request.app[WORLD].directory.places.check_ins.get(_found(request).own_id, {})
    claim = claims.get(request.match_info["event"])
    if claim is None:
        raise no_item()
    path = f"places('{request.match_info['place']}')/checkIns/$entity"
    return wire.answer({"@odata.context": wire.context(request, path)} | _claim(claim))


def _found(request: web.Request) -> Found:
    found = _named(request.app[WORLD].directory, request.match_info["place"])
    if found is None:
        raise no_object(request.match_info["place"])
    return found


def _named(directory: Directory, name: str) -> Found | None:
    """By id, placeId or address."""
    wanted = name.lower()
    place = directory.places.places.get(wanted)
    if place is not None:
        return Found(place.kind, place.id, place)
    room = directory.room(wanted)
    if room is not None:
        return Found(PlaceKind.ROOM, place_id(room.address), room)
    building = directory.buildings.get(wanted) or next(
        (one for one in directory.buildings.values() if wanted in {one.id, place_id(one.address)}), None
    )
    if building is not None:
        return Found(PlaceKind.ROOM_LIST, place_id(building.address), building)
    workspaces = directory.places.of_kind(PlaceKind.WORKSPACE)
    space = next((one for one in workspaces if one.values.get("emailAddress") == wanted), None)
    return Found(PlaceKind.WORKSPACE, space.id, space) if space else None


def _listed(request: web.Request, things: Iterable[Any], kind: PlaceKind, path: str) -> web.Response:
    """One page; without a $filter only what it shows is looked at."""
    query = _query(request)
    directory = request.app[WORLD].directory
    render = _renderer(directory)
    total = len(things)  # type: ignore[arg-type]  # sized: a view or a list
    if query.filter:
        matching = odata.filtered(map(render, things), query.filter)
        page = odata.paged(matching, query, size=PAGE, largest=LARGEST_PAGE)
    else:
        page = odata.page_of(things, total, query, size=PAGE, largest=LARGEST_PAGE)
        page = replace(page, items=[render(one) for one in page.items])
    known, name = rendering.names_of(kind), rendering.type_name(kind)
    items = [odata.selected(one, query.select, known=known, type_name=name) for one in page.items]
    return wire.answer(wire.collection(request, replace(page, items=items), query, path))


def _renderer(directory: Directory) -> Callable[[Any], Entity]:
    def room(one: Room) -> Entity:
        return rendering.room(one, directory.places)

    def render(thing: Any) -> Entity:
        return directory.shape(thing, room) if isinstance(thing, Room) else _shape(directory, thing)

    return render


def _shape(directory: Directory, thing: Room | Building | Place) -> Entity:
    if isinstance(thing, Room):
        return rendering.room(thing, directory.places)
    if isinstance(thing, Building):
        return rendering.room_list(thing, directory.places)
    return rendering.place(thing, directory.places)


def _query(request: web.Request) -> odata.Query:
    query = odata.read_query(request.query)
    query.refuse("search", "expand", "orderby")
    return query


def _cast(request: web.Request) -> PlaceKind:
    wanted = request.match_info["cast"].casefold().rpartition(".")[2]
    return next(one for one in PlaceKind if one.casefold() == wanted)


def _check_parent(directory: Directory, kind: PlaceKind, parent_id: str) -> None:
    parent = directory.places.places.get(parent_id)
    if parent_id and parent is None:
        raise GraphError(400, "BadRequest", f"There is no place with the id '{parent_id}'.")
    reading.check_parent(kind, parent.kind if parent else None)


def _one(request: web.Request, kind: PlaceKind, shape: Entity, *, status: int = 200) -> web.Response:
    context = {
        "@odata.context": wire.context(request, "places/$entity"),
        "@odata.type": f"#{rendering.type_name(kind)}",
    }
    return wire.answer(context | shape, status=status)


def _claim(claim: CheckIn) -> Entity:
    return {
        "calendarEventId": claim.event_id,
        "checkInMethod": claim.method,
        "createdDateTime": wire.instant(claim.at),
    }


async def _body(request: web.Request) -> Values:
    """Annotations stay in: they say the kind of place. Raises GraphError."""
    wire.expect_json(request)
    value = wire.decoded(await request.read())
    if not isinstance(value, dict):
        raise bad_body("Unable to read JSON request payload.")
    return value
