"""Rooms, people, managers and zones from a scripted Graph."""

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import web

from bot.domain.rooms import Room
from bot.graph import wire
from bot.graph.directory import GraphDirectory, room_of
from bot.ports.calendar import Denied, Missing
from tests.unit.graph.graph_samples import ALEX, ROOM, ROOM_PLACE, page
from tests.unit.graph.graph_server import answers, failure, graph_with

if TYPE_CHECKING:
    from bot.ports.directory import Directory

_ACCESSIBLE = {"display", "phone", "accessible"}
MEGAN = {
    "@odata.type": "#microsoft.graph.user",
    "id": "m-1",
    "displayName": "Megan Bowen",
    "mail": "MeganB@contoso.com",
    "preferredLanguage": None,
}


def body(data: Any) -> web.Response:
    return web.Response(body=data if isinstance(data, bytes) else json.dumps(data).encode())


def rooms_of(*places: Any) -> list[Room]:
    found, _ = wire.read_items(page(*places), wire.Place)
    return [room_of(place) for place in found]


async def test_every_page_of_rooms_is_read() -> None:
    async def handler(request: web.Request) -> web.Response:
        if "skip" in request.query_string:
            return body(page({**ROOM_PLACE, "emailAddress": "second@contoso.com"}, ROOM_PLACE))
        return body(page(ROOM_PLACE, {"displayName": "no mailbox"}, next_link=f"{request.url.origin()}/v1.0/p?$skip=2"))

    async with graph_with(handler) as graph:
        directory: Directory = GraphDirectory(graph.client)
        rooms = await directory.rooms()

    assert graph.lines[0] == "GET /v1.0/places/microsoft.graph.room?$top=100"
    assert [room.address for room in rooms] == [ROOM, "second@contoso.com"]


def test_a_room_has_its_place_and_its_features_in_canonical_words() -> None:
    assert rooms_of(ROOM_PLACE) == [
        Room(
            address=ROOM,
            name="Boardroom",
            capacity=14,
            building="North",
            floor="Second",
            features=frozenset({"display", "phone", "accessible", "whiteboard", "projector", "plants"}),
        )
    ]


@pytest.mark.parametrize(
    ("changes", "field", "expected"),
    [
        ({"capacity": "8"}, "capacity", 8),
        ({"capacity": "many"}, "capacity", None),
        ({"capacity": 0}, "capacity", None),
        ({"capacity": None}, "capacity", None),
        ({"floorLabel": ""}, "floor", "2"),
        ({"floorLabel": None, "floorNumber": 0}, "floor", "0"),
        ({"floorLabel": None, "floorNumber": None}, "floor", ""),
        ({"building": None}, "building", ""),
        ({"bookingType": "reserved"}, "bookable", False),
        ({"bookingType": "unknown"}, "bookable", True),
        ({"displayName": None}, "name", "Board"),
        ({"displayName": None, "nickname": None}, "name", ROOM),
        ({"isWheelChairAccessible": None, "isWheelchairAccessible": True, "tags": ["tv"]}, "features", _ACCESSIBLE),
        ({"isWheelChairAccessible": False, "tags": None}, "features", {"display", "phone"}),
    ],
)
def test_older_and_emptier_places_are_understood(changes: dict[str, Any], field: str, expected: object) -> None:
    (room,) = rooms_of({**ROOM_PLACE, **changes})

    assert getattr(room, field) == expected


def test_a_place_of_no_known_shape_spoils_nothing() -> None:
    assert len(rooms_of({**ROOM_PLACE, "tags": "all of them"}, ROOM_PLACE)) == 1


async def test_a_person_is_read_by_id_or_address() -> None:
    user = {"id": "a-1", "displayName": "Alex", "mail": None, "userPrincipalName": "AlexW@contoso.com"}

    async with graph_with(answers(body({**user, "preferredLanguage": "nl-NL"}), failure(404))) as graph:
        directory = GraphDirectory(graph.client)
        person = await directory.person(ALEX)
        with pytest.raises(Missing):
            await directory.person("nobody")

    assert (person.id, person.address, person.language, person.zone) == ("a-1", ALEX, "nl-NL", "")
    assert graph.lines[0].startswith("GET /v1.0/users/alexw@contoso.com?$select=id,displayName,mail")


async def test_a_manager_is_a_user_or_none() -> None:
    contact = {**MEGAN, "@odata.type": "#microsoft.graph.orgContact"}
    absent = failure(404, "Request_ResourceNotFound")

    async with graph_with(answers(body(MEGAN), body(contact), absent)) as graph:
        directory = GraphDirectory(graph.client)
        found = [await directory.manager("a-1") for _ in range(3)]

    assert [person and person.address for person in found] == ["meganb@contoso.com", None, None]
    assert graph.lines[0].startswith("GET /v1.0/users/a-1/manager?")


@pytest.mark.parametrize(
    ("told", "zone"),
    [
        ("W. Europe Standard Time", "Europe/Berlin"),
        ("America/New_York", "America/New_York"),
        ("Customized Time Zone", ""),
        (None, ""),
    ],
)
async def test_a_mailbox_tells_its_zone(told: str | None, zone: str) -> None:
    async with graph_with(answers(body({"@odata.context": "x", "timeZone": told}))) as graph:
        assert await GraphDirectory(graph.client).zone_of(ROOM) == zone

    assert graph.lines == ["GET /v1.0/users/boardroom@contoso.com/mailboxSettings?$select=timeZone"]


async def test_zones_asked_in_one_moment_take_one_round_trip() -> None:
    async def handler(request: web.Request) -> web.Response:
        items = (await request.json())["requests"]
        refusal = {"error": {"code": "ErrorAccessDenied"}}
        told = [{"id": one["id"], "status": 200, "body": {"timeZone": "Tokyo Standard Time"}} for one in items[1:]]
        return web.json_response({"responses": [*told, {"id": "0", "status": 403, "body": refusal}]})

    async with graph_with(handler) as graph:
        directory = GraphDirectory(graph.client)
        asked = [directory.zone_of(f"{name}@contoso.com") for name in ("closed", "oslo", "bergen")]
        closed, *zones = await asyncio.gather(*asked, return_exceptions=True)

    assert graph.lines == ["POST /v1.0/$batch"]
    assert zones == ["Asia/Tokyo", "Asia/Tokyo"]
    assert isinstance(closed, Denied)


async def test_who_gives_up_on_a_zone_does_not_end_it_for_the_others() -> None:
    release = asyncio.Event()

    async def handler(request: web.Request) -> web.Response:
        await release.wait()
        items = (await request.json())["requests"]
        told = [{"id": one["id"], "status": 200, "body": {"timeZone": "UTC"}} for one in items]
        return web.json_response({"responses": told})

    async with graph_with(handler) as graph:
        directory = GraphDirectory(graph.client)
        impatient, patient = (asyncio.create_task(directory.zone_of(f"{name}@contoso.com")) for name in "ab")
        while not graph.seen:
            await graph.clock.sleep(0)
        impatient.cancel()
        await asyncio.wait([impatient])
        release.set()

        assert await patient == "UTC"
