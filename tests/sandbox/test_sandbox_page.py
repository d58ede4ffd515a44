"""What the page is told: a day of a building, a week of a calendar, one meeting, and what its search boxes find."""

from typing import Any

import pytest

from sandbox.page.finding import find
from sandbox.seed.size import Size
from sandbox.world import World
from tests.sandbox.tenant import MIA, MONTREAL, OSLO, PORTO, TOM, Answer, Tenant

TUESDAY = "2026-11-24"


async def week(tenant: Tenant, mailbox: str, on: str = TUESDAY) -> dict[str, Any]:
    answer = await tenant.call("GET", f"/sandbox/week?mailbox={mailbox}&on={on}")
    assert answer.status == 200, answer.body
    found: dict[str, Any] = answer.body
    return found


async def shown(tenant: Tenant, mailbox: str, on: str = TUESDAY) -> dict[str, list[dict[str, Any]]]:
    """Of the days that hold anything."""
    days = (await week(tenant, mailbox, on))["days"]
    return {day["date"]: day["meetings"] for day in days if day["meetings"]}


async def only(tenant: Tenant, mailbox: str) -> dict[str, Any]:
    ((meeting,),) = (await shown(tenant, mailbox)).values()
    return dict(meeting)


async def opened(tenant: Tenant, meeting: dict[str, Any]) -> Answer:
    query = f"mailbox={meeting['mailbox']}&id={meeting['id']}&start={meeting['start']}"
    return await tenant.call("GET", f"/sandbox/meeting?{query}")


async def test_a_week_goes_from_monday_to_sunday_and_tells_whose_it_is(tenant: Tenant) -> None:
    room, person = await week(tenant, OSLO, "2026-11-29"), await week(tenant, TOM)

    assert [day["date"] for day in room["days"]] == [f"2026-11-{day}" for day in range(23, 30)]
    assert room["owner"] | {"name": "Oslo", "capacity": 8, "floor": 2, "policy": "asks Foyer"} == room["owner"]
    assert person["owner"]["about"] == "Account Manager · Sales · Harbour House"
    assert (room["now"], room["zone"], room["clock"]) == ("09:00", "W. Europe Standard Time", "virtual")


async def test_a_meeting_over_midnight_is_shown_on_both_days(tenant: Tenant) -> None:
    await tenant.book(start="2026-11-24T23:00", minutes=120, room=None)

    days = await shown(tenant, TOM)

    spans = {on: [(one["startMinute"], one["endMinute"]) for one in meetings] for on, meetings in days.items()}
    assert spans == {"2026-11-24": [(1380, 1440)], "2026-11-25": [(0, 60)]}
    assert {one["date"] for meetings in days.values() for one in meetings} == {"2026-11-24"}


async def test_minutes_are_those_of_the_wall_clock_on_the_day_on_which_it_changes(tenant: Tenant) -> None:
    await tenant.book(start="2026-10-25T10:00", room=None)

    ((meeting,),) = (await shown(tenant, TOM, "2026-10-25")).values()

    assert (meeting["startMinute"], meeting["endMinute"]) == (600, 630)


async def test_a_request_says_whom_it_waits_for_at_every_step(tenant: Tenant) -> None:
    await tenant.book()
    sent = await only(tenant, TOM)
    await tenant.advance(2.5)
    arrived = await only(tenant, OSLO)
    await tenant.advance(60)
    asked = await only(tenant, OSLO)
    await tenant.call("POST", "/sandbox/outlook/respond", {"mailbox": OSLO, "id": asked["id"], "answer": "accept"})
    await tenant.advance(60)

    assert [sent["waiting"], arrived["waiting"], asked["waiting"]] == [
        "waiting for Oslo", "just arrived", "waiting for Foyer",
    ]  # fmt: skip
    assert [arrived["state"], asked["state"]] == ["delivered", "pending"]
    assert [(one["state"], one["waiting"]) for one in (await only(tenant, OSLO), await only(tenant, TOM))] == [
        ("busy", "")
    ] * 2


async def test_a_room_that_never_answers_says_so(tenant: Tenant) -> None:
    await tenant.book(room=MONTREAL)
    await tenant.advance(60)

    meeting = await only(tenant, MONTREAL)

    assert (meeting["state"], meeting["waiting"]) == ("delivered", "nobody answers here")


async def test_a_meeting_tells_who_has_answered_from_any_copy(tenant: Tenant) -> None:
    await tenant.book(room=PORTO, attendees=[MIA])
    await tenant.advance(60)

    full = (await opened(tenant, await only(tenant, PORTO))).body

    answers = {one["name"]: (one["isRoom"], one["answer"]) for one in full["attendees"]}
    assert answers == {"Porto": (True, "accepted"), "Mia Lindqvist": (False, "none")}


async def test_a_private_meeting_tells_when_and_whose_and_no_more(tenant: Tenant) -> None:
    await tenant.book(sensitivity="private", subject="Salary", attendees=[MIA])
    await tenant.advance(60)

    full = (await opened(tenant, await only(tenant, MIA))).body

    assert (full["subject"], full["organizer"], full["attendees"]) == ("Private appointment", "Tom de Vries", [])
    assert "Salary" not in str(full)


async def test_a_meeting_that_is_gone_is_said_to_be(tenant: Tenant) -> None:
    await tenant.book(room=None)
    meeting = await only(tenant, TOM)
    await tenant.call("POST", "/sandbox/outlook/cancel", {"id": meeting["id"]})

    assert (await opened(tenant, meeting)).status == 404


async def test_a_view_comes_again_only_when_it_looks_different(tenant: Tenant) -> None:
    def known(path: str, version: str) -> str:
        return f"{path}&known={version}"

    day, own = "/sandbox/day?building=harbour-house@contoso.com", f"/sandbox/week?mailbox={OSLO}"
    versions = {path: (await tenant.call("GET", path)).body["version"] for path in (day, own)}
    await tenant.book(room="boston@contoso.com")
    await tenant.advance(30)
    elsewhere = [(await tenant.call("GET", known(path, version))).status for path, version in versions.items()]
    await tenant.configure(OSLO, maxMin=60)
    settings = [(await tenant.call("GET", known(path, version))).status for path, version in versions.items()]
    other_day = (await tenant.call("GET", known(f"{own}&on=2026-12-01", versions[own]))).status

    assert elsewhere == [204, 204]
    assert settings == [200, 200]
    assert other_day == 200


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/sandbox/day?building=nowhere@contoso.com", 404),
        ("/sandbox/day?on=yesterday", 400),
        ("/sandbox/day?on=0001-01-01", 400),
        ("/sandbox/day?on=9999-12-31", 400),
        ("/sandbox/week?mailbox=nobody@contoso.com", 404),
        (f"/sandbox/meeting?mailbox={OSLO}&id=x&start=soon", 400),
    ],
)
async def test_what_is_not_there_is_refused_in_words(tenant: Tenant, path: str, status: int) -> None:
    answer = await tenant.call("GET", path)

    assert answer.status == status
    assert answer.body["error"]["message"]


async def found(tenant: Tenant, text: str, kinds: str = "") -> list[tuple[str, str]]:
    answer = await tenant.call("GET", f"/sandbox/search?q={text}&kind={kinds}")
    return [(one["kind"], one["name"]) for one in answer.body["value"]]


async def test_the_search_finds_names_that_begin_so_first_and_places_and_words_in_any_order(tenant: Tenant) -> None:
    assert await found(tenant, "oslo") == [("room", "Oslo")]
    assert (await found(tenant, "bo", "room"))[0] == ("room", "Boston")
    assert await found(tenant, "new%20york") == [("building", "Union Square")]
    assert await found(tenant, "lindqvist%20mia", "person") == [("person", "Mia Lindqvist")]
    assert await found(tenant, "nobody%20has%20this%20name") == []


async def test_the_search_shows_a_dozen_of_a_large_tenant_and_knows_who_came_later() -> None:
    world = World(meetings=False, size=Size(rooms=300, people=900))
    many = find(world, "a", ["building", "room", "person"])
    before = find(world, "zz-top", ["person"])
    user = next(one for one in world.directory.users.values() if one.purpose == "user")
    world.directory.change_user(user, names=("displayName",), name="Zz-Top Fan")

    assert [sum(one["kind"] == kind for one in many) for kind in ("room", "person")] == [12, 12]
    assert before == []
    assert [one["address"] for one in find(world, "zz-top", ["person"])] == [user.address]
