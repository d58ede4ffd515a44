"""Places: every kind, what stands in what, changes, check-ins, and a campus of many rooms."""

from collections.abc import Awaitable, Callable

import aiohttp
import pytest
from aiohttp import web

from sandbox.app import build
from sandbox.exchange.timing import Timing
from sandbox.seed.size import Size
from sandbox.world import World
from tests.sandbox.signing_in import as_person
from tests.sandbox.tenant import MIA, OSLO, TOM, Tenant

HOUSE = "harbour-house@contoso.com"


async def found(tenant: Tenant, path: str) -> list[dict[str, object]]:
    answer = await tenant.graph("GET", path)
    assert answer.status == 200, answer.body
    values: list[dict[str, object]] = answer.body["value"]
    return values


@pytest.mark.parametrize(
    ("cast", "count"),
    [
        ("microsoft.graph.room", 13),
        ("microsoft.graph.roomlist", 3),
        ("graph.building", 3),
        ("microsoft.graph.Floor", 10),
        ("microsoft.graph.section", 3),
        ("microsoft.graph.desk", 12),
        ("microsoft.graph.workspace", 3),
    ],
)
async def test_every_kind_is_listed_by_its_cast(tenant: Tenant, cast: str, count: int) -> None:
    answer = await tenant.graph("GET", f"/places/{cast}?$count=true")

    assert answer.body["@odata.count"] == len(answer.body["value"]) == count


async def test_rooms_stand_on_floors_of_buildings(tenant: Tenant) -> None:
    oslo = (await tenant.graph("GET", f"/places/{OSLO}")).body
    floor = (await tenant.graph("GET", f"/places/{oslo['parentId']}")).body
    building = (await tenant.graph("GET", f"/places/{floor['parentId']}")).body
    rooms = await found(tenant, f"/places/{building['id']}/descendants/microsoft.graph.room")
    everything = await found(tenant, f"/places/{building['placeId']}/descendants")

    kinds = {str(one["@odata.type"]).rpartition(".")[2] for one in everything}
    assert (floor["@odata.type"], floor["sortOrder"]) == ("#microsoft.graph.floor", 2)
    assert (building["displayName"], building["parentId"]) == ("Harbour House", None)
    assert len(rooms) == 7
    assert kinds == {"floor", "section", "desk", "workspace", "room"}


async def test_a_room_answers_to_address_id_and_place_id(tenant: Tenant) -> None:
    oslo = (await tenant.graph("GET", f"/places/{OSLO}")).body
    same = [(await tenant.graph("GET", f"/places/{oslo[one]}")).body["emailAddress"] for one in ("id", "placeId")]
    cast = await tenant.graph("GET", f"/places/{OSLO}/microsoft.graph.room?$select=capacity")
    other = await tenant.graph("GET", f"/places/{OSLO}/microsoft.graph.roomList")

    assert (same, cast.body["capacity"], other.status) == ([OSLO, OSLO], 8, 404)


async def test_a_room_list_has_rooms_and_workspaces(tenant: Tenant) -> None:
    rooms = await found(tenant, f"/places/{HOUSE}/microsoft.graph.roomlist/rooms?$top=3&$skip=5")
    spaces = await found(tenant, f"/places/{HOUSE}/microsoft.graph.roomList/workspaces")

    assert len(rooms) == 2
    assert [(one["capacity"], one["emailAddress"]) for one in spaces] == [(12, "harbour-house-desks@contoso.com")]


@pytest.mark.parametrize(
    ("expression", "names"),
    [
        ("capacity ge 12 and building eq 'Harbour House'",
         {"Helsinki", "Sint-Pietersberg Conference Room with Garden View"}),
        ("tags/any(t:t eq 'projector') and not (floorNumber eq 1)", {"Helsinki", "Edinburgh", "Chicago"}),
        ("emailAddress in ('oslo@contoso.com','porto@contoso.com')", {"Oslo", "Porto"}),
        ("address/city eq 'London' and audioDeviceName ne null", {"Cambridge", "Edinburgh"}),
        ("contains(displayName,'erg') or endswith(displayName,'on')", {"Bergen", "Lisbon", "Boston",
         "Sint-Pietersberg Conference Room with Garden View"}),
    ],
)  # fmt: skip
async def test_rooms_are_filtered(tenant: Tenant, expression: str, names: set[str]) -> None:
    rooms = await found(tenant, f"/places/microsoft.graph.room?$filter={expression}")

    assert {one["displayName"] for one in rooms} == names


async def test_what_a_filter_gets_wrong_is_told_with_its_place(tenant: Tenant) -> None:
    answer = await tenant.graph("GET", "/places/microsoft.graph.room?$filter=capacity zz 4")

    assert answer.status == 400
    assert "position 9" in answer.body["error"]["message"]


async def test_a_changed_room_is_read_changed_everywhere(tenant: Tenant, world: World) -> None:
    before = await found(tenant, "/places/microsoft.graph.room?$filter=capacity eq 9")
    change = {
        "@odata.type": "#microsoft.graph.room", "capacity": 9, "tags": ["quiet"], "label": "by the stairs",
        "geoCoordinates": {"latitude": 52.4, "longitude": 4.9}, "bookingType": "reserved",
    }  # fmt: skip
    answer = await tenant.graph("PATCH", f"/places/{OSLO}", change)
    after = await found(tenant, "/places/microsoft.graph.room?$filter=capacity eq 9")
    read = (await tenant.graph("GET", f"/places/{OSLO}")).body

    assert (before, answer.status) == ([], 200)
    assert [one["emailAddress"] for one in after] == [OSLO]
    assert (read["label"], read["tags"], read["geoCoordinates"]["latitude"]) == ("by the stairs", ["quiet"], 52.4)
    assert world.directory.rooms[OSLO].capacity == 9


@pytest.mark.parametrize(
    "change",
    [
        {"capacity": 9},
        {"@odata.type": "#microsoft.graph.roomList", "displayName": "x"},
        {"@odata.type": "#microsoft.graph.room", "capacity": "many"},
        {"@odata.type": "#microsoft.graph.room", "colour": "red"},
        {"@odata.type": "#microsoft.graph.room", "emailAddress": "other@contoso.com"},
        {"@odata.type": "#microsoft.graph.room", "parentId": "nowhere"},
    ],
)
async def test_changes_that_make_no_sense_are_refused(tenant: Tenant, change: dict[str, object]) -> None:
    answer = await tenant.graph("PATCH", f"/places/{OSLO}", change)

    assert answer.status == 400
    assert (await tenant.graph("GET", f"/places/{OSLO}")).body["capacity"] == 8


async def test_places_are_built_moved_into_and_torn_down(tenant: Tenant) -> None:
    building = {"@odata.type": "microsoft.graph.building", "displayName": "Annex"}
    annex = (await tenant.graph("POST", "/places", building)).body
    floor_body = {"@odata.type": "microsoft.graph.floor", "displayName": "Ground", "parentId": annex["id"]}
    floor = await tenant.graph("POST", "/places", floor_body)
    loose = await tenant.graph("POST", "/places", {"@odata.type": "microsoft.graph.floor", "displayName": "Ground"})
    room = await tenant.graph("POST", "/places", {"@odata.type": "microsoft.graph.room", "displayName": "R"})
    move = {"@odata.type": "#microsoft.graph.room", "parentId": floor.body["id"]}
    moved = await tenant.graph("PATCH", f"/places/{OSLO}", move)
    inside = await found(tenant, f"/places/{annex['id']}/descendants/microsoft.graph.room")
    refused = await tenant.graph("DELETE", f"/places/{floor.body['id']}")
    back = {"@odata.type": "#microsoft.graph.room", "parentId": (await found(tenant, "/places/graph.floor"))[0]["id"]}
    await tenant.graph("PATCH", f"/places/{OSLO}", back)
    deleted = [(await tenant.graph("DELETE", f"/places/{one}")).status for one in (floor.body["id"], annex["id"])]

    assert [floor.status, loose.status, room.status, moved.status] == [201, 400, 501, 200]
    assert [one["emailAddress"] for one in inside] == [OSLO]
    assert (refused.status, deleted) == (400, [204, 204])
    assert (await tenant.graph("GET", f"/places/{annex['id']}")).status == 404


async def test_a_person_checks_in_and_an_application_does_not(tenant: Tenant, world: World) -> None:
    meeting = await tenant.book()
    await tenant.advance(60)
    claim = {"calendarEventId": meeting["iCalUId"], "checkInMethod": "verified"}
    place = (await tenant.graph("GET", f"/places/{OSLO}")).body["placeId"]
    by_app = await tenant.graph("POST", f"/places/{place}/checkIns", claim)
    by_person = await as_person(tenant, TOM, "Calendars.ReadWrite", "POST", f"/places/{place}/checkIns", claim)
    read = await as_person(
        tenant, MIA, "Calendars.ReadWrite", "GET", f"/places/{place}/checkIns/{meeting['iCalUId']}"
    )  # fmt: skip
    unknown = claim | {"calendarEventId": "nothing"}
    missing = await as_person(tenant, TOM, "Calendars.ReadWrite", "POST", f"/places/{place}/checkIns", unknown)

    assert (by_app.status, by_app.code) == (403, "ErrorAccessDenied")
    assert (by_person.status, read.body["checkInMethod"]) == (201, "verified")
    assert (missing.status, missing.code) == (404, "ErrorItemNotFound")
    assert world.directory.places.checked_in(OSLO, meeting["iCalUId"])


async def test_many_rooms_are_paged_whole(serve: Callable[[web.Application], Awaitable[str]]) -> None:
    world = World(meetings=False, timing=Timing(notify_s=0), size=Size(rooms=500, people=20))
    root = await serve(build(world))
    async with aiohttp.ClientSession() as session:
        tenant = Tenant(root, session)
        names: list[object] = []
        link = "/places/microsoft.graph.room"
        while link:
            page = await tenant.graph("GET", link)
            names += [one["emailAddress"] for one in page.body["value"]]
            link = page.body.get("@odata.nextLink", "")

    assert len(names) == len(set(names)) == 500
