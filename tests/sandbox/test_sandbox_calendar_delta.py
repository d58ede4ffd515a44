"""Delta over a window and over all events: rounds, pages, removals, lost states, and the switches."""

from typing import Any
from urllib.parse import quote

import pytest

from tests.sandbox.events import THREE, WEEKLY, create, event, instances, moment, path_of, series, switch
from tests.sandbox.tenant import MIA, OSLO, TOM, Answer, Tenant

WINDOW = "startDateTime=2026-11-24T00:00:00Z&endDateTime=2026-12-24T00:00:00Z"
VIEW = f"/users/{TOM}/calendarView/delta"
EVENTS = f"/users/{TOM}/events/delta"


async def rounds(tenant: Tenant, link: str, **headers: str) -> tuple[list[dict[str, Any]], str, int]:
    """What a whole round says, the link to the next, and the number of its pages."""
    found: list[dict[str, Any]] = []
    for pages in range(1, 50):
        answer = await tenant.graph("GET", link, **headers)
        assert answer.status == 200, answer.body
        found += answer.body["value"]
        if "@odata.deltaLink" in answer.body:
            return found, answer.body["@odata.deltaLink"], pages
        link = answer.body["@odata.nextLink"]
    raise AssertionError("the round does not end")


def single(day: int, **changes: Any) -> dict[str, Any]:
    span = {"start": moment(f"2026-11-{day}T10:00:00"), "end": moment(f"2026-11-{day}T11:00:00")}
    return event(attendees=[]) | span | changes


async def moved(tenant: Tenant, made: dict[str, Any], day: str) -> None:
    body = {"start": moment(f"{day}T10:00:00"), "end": moment(f"{day}T11:00:00")}
    assert (await tenant.graph("PATCH", path_of(made), body)).status == 200


async def test_a_first_round_is_all_and_the_next_what_changed(tenant: Tenant) -> None:
    made = await create(tenant, single(24))
    await create(tenant, single(25))
    first, link, _ = await rounds(tenant, f"{VIEW}?{WINDOW}")

    nothing, link, _ = await rounds(tenant, link)
    await tenant.graph("PATCH", path_of(made), {"subject": "Renamed"})
    changed, again, _ = await rounds(tenant, link)
    replayed, _, _ = await rounds(tenant, link)

    assert len(first) == 2
    assert nothing == []
    assert [(one["id"], one["subject"]) for one in changed] == [(made["id"], "Renamed")]
    assert replayed == changed
    assert again != link


async def test_occurrences_are_thin_and_their_master_comes_unless_switched_off(tenant: Tenant) -> None:
    made = await create(tenant, series(WEEKLY, THREE, attendees=[]))
    with_master, _, _ = await rounds(tenant, f"{VIEW}?{WINDOW}")
    await switch(tenant, u_deltaMaster=False)

    without, _, _ = await rounds(tenant, f"{VIEW}?{WINDOW}")

    assert [one["type"] for one in with_master] == ["seriesMaster", "occurrence", "occurrence", "occurrence"]
    assert [one["type"] for one in without] == ["occurrence"] * 3
    assert {one["seriesMasterId"] for one in without} == {made["id"]}
    assert set(without[0]) == {"@odata.type", "@odata.etag", "id", "seriesMasterId", "type", "start", "end"}


async def test_a_series_is_not_split_over_pages(tenant: Tenant) -> None:
    for _ in range(3):
        await create(tenant, series(WEEKLY, THREE, attendees=[]))

    _, _, pages = await rounds(tenant, f"{VIEW}?{WINDOW}", Prefer="odata.maxpagesize=2")

    assert pages == 3


async def test_what_changes_outside_of_the_window_comes_as_removed(tenant: Tenant) -> None:
    made = await create(tenant, single(24))
    _, link, _ = await rounds(tenant, f"{VIEW}?{WINDOW}")
    outside = await create(tenant, single(24, start=moment("2027-03-01T10:00:00"), end=moment("2027-03-01T11:00:00")))
    await moved(tenant, made, "2027-03-02")

    found, _, _ = await rounds(tenant, link)

    assert found == [
        {"@odata.type": "#microsoft.graph.event", "id": one["id"], "@removed": {"reason": "deleted"}}
        for one in (outside, made)
    ]


async def test_a_deleted_occurrence_is_announced_only_by_a_switch(tenant: Tenant) -> None:
    made = await create(tenant, series(WEEKLY, THREE, attendees=[]))
    second = (await instances(tenant, TOM, made["id"]))[1]
    _, link, _ = await rounds(tenant, f"{VIEW}?{WINDOW}")
    await tenant.graph("DELETE", path_of(second))

    silent, _, _ = await rounds(tenant, link)
    await switch(tenant, u_deltaAnnouncesOccurrences=True)
    told, _, _ = await rounds(tenant, link)

    assert "@removed" not in {name for one in silent for name in one}
    assert len([one for one in silent if one["type"] == "occurrence"]) == 2
    assert [one["id"] for one in told if "@removed" in one] == [second["id"]]


async def test_a_deleted_series_goes_with_its_occurrences(tenant: Tenant) -> None:
    made = await create(tenant, series(WEEKLY, THREE, attendees=[]))
    first, link, _ = await rounds(tenant, f"{VIEW}?{WINDOW}")
    await tenant.graph("DELETE", path_of(made))

    found, _, _ = await rounds(tenant, link)

    assert {one["id"] for one in found} == {one["id"] for one in first}
    assert all("@removed" in one for one in found)


async def test_events_have_no_window_and_no_occurrences(tenant: Tenant) -> None:
    master = await create(tenant, series(WEEKLY, THREE | {"numberOfOccurrences": 9}, attendees=[]))
    far = await create(tenant, single(24, start=moment("2031-03-01T10:00:00"), end=moment("2031-03-01T11:00:00")))
    first, link, _ = await rounds(tenant, EVENTS)
    await moved(tenant, far, "2032-01-05")
    await tenant.graph("DELETE", path_of(master))

    second, _, _ = await rounds(tenant, link)

    assert sorted(one["type"] for one in first) == ["seriesMaster", "singleInstance"]
    assert [("@removed" in one, one["id"]) for one in second] == [(False, far["id"]), (True, master["id"])]


async def test_events_may_begin_at_a_day(tenant: Tenant) -> None:
    await create(tenant, single(24))
    late = await create(tenant, single(30))
    endless = await create(tenant, series(WEEKLY, {"type": "noEnd", "startDate": "2026-11-24"}, attendees=[]))

    after, _, _ = await rounds(tenant, f"{EVENTS}?startDateTime=2026-11-28T00:00:00Z")
    before, _, _ = await rounds(tenant, f"{EVENTS}?endDateTime=2026-11-24T09:30:00Z")

    assert {one["id"] for one in after} == {late["id"], endless["id"]}
    assert len(before) == 2


async def test_every_round_may_begin_with_an_empty_page(tenant: Tenant) -> None:
    await create(tenant, single(24))
    await switch(tenant, u_deltaEmptyPage=True)

    opening = await tenant.graph("GET", f"{VIEW}?{WINDOW}")
    first, link, pages = await rounds(tenant, f"{VIEW}?{WINDOW}")
    later = await tenant.graph("GET", link)

    assert (opening.body["value"], "@odata.nextLink" in opening.body) == ([], True)
    assert (len(first), pages) == (1, 2)
    assert (later.body["value"], "@odata.nextLink" in later.body) == ([], True)


async def test_older_changes_come_again_where_asked_for(tenant: Tenant) -> None:
    made = await create(tenant, single(24))
    _, link, _ = await rounds(tenant, f"{VIEW}?{WINDOW}")
    await switch(tenant, u_deltaRepeats=5)

    found, _, _ = await rounds(tenant, link)

    assert [one["id"] for one in found] == [made["id"]]


@pytest.mark.parametrize(
    "option",
    ["$select=subject", "$filter=subject eq 'x'", "$expand=extensions", "$orderby=subject", "$search=x", "$top=5"],
)
@pytest.mark.parametrize("root", [VIEW, EVENTS])
async def test_delta_refuses_query_options(tenant: Tenant, root: str, option: str) -> None:
    answer = await tenant.graph("GET", f"{root}?{WINDOW}&{option}")

    assert (answer.status, answer.code) == (400, "ErrorInvalidUrlQuery")
    assert option.partition("=")[0] in answer.body["error"]["message"]


async def test_delta_says_what_it_applied(tenant: Tenant) -> None:
    answer = await tenant.graph("GET", f"{VIEW}?{WINDOW}", Prefer='odata.maxpagesize=5, outlook.timezone="UTC"')

    applied = answer.headers["Preference-Applied"].split(", ")
    assert applied == ["odata.track-changes", 'outlook.timezone="UTC"', "odata.maxpagesize=5"]


async def test_a_view_needs_its_window_and_an_empty_token_begins_anew(tenant: Tenant) -> None:
    await create(tenant, single(24))

    bare = await tenant.graph("GET", VIEW)
    anew, _, _ = await rounds(tenant, f"{VIEW}?{WINDOW}&$deltatoken=")

    assert bare.code == "ErrorInvalidParameter"
    assert len(anew) == 1


def is_lost(answer: Answer, code: str = "SyncStateNotFound") -> bool:
    return (answer.status, answer.code, answer.headers["Location"].endswith("$deltatoken=")) == (410, code, True)


async def test_a_token_is_good_for_its_own_mailbox_feed_and_generation(tenant: Tenant) -> None:
    _, link, _ = await rounds(tenant, f"{VIEW}?{WINDOW}")
    token = link.partition("$deltatoken=")[2]

    for path in (f"/users/{MIA}/calendarView/delta", EVENTS):
        assert is_lost(await tenant.graph("GET", f"{path}?$deltatoken={token}"))
    for text in ("nonsense", quote("é"), token[:-7], token + "AA"):
        assert is_lost(await tenant.graph("GET", f"{VIEW}?$deltatoken={text}"))
    await tenant.call("POST", "/sandbox/delta/invalidate", {"mailbox": TOM})
    lost = await tenant.graph("GET", link)
    await switch(tenant, u_lostSyncCode="resyncRequired")
    respelled = await tenant.graph("GET", link)

    assert is_lost(lost)
    assert lost.body["error"]["message"].startswith("The sync state generation is not found; generation=1;[highest=")
    assert is_lost(respelled, "resyncRequired")


async def test_a_room_that_declines_removes_its_copy(tenant: Tenant) -> None:
    view = f"/users/{OSLO}/calendarView/delta"
    await create(tenant, event(attendees=[{"emailAddress": {"address": OSLO}, "type": "resource"}]))
    await tenant.advance(60)
    first, link, _ = await rounds(tenant, f"{view}?{WINDOW}")

    await tenant.graph("POST", f"/users/{OSLO}/events/{quote(first[0]['id'])}/decline", {})
    found, _, _ = await rounds(tenant, link)

    assert [(one["id"], "@removed" in one) for one in found] == [(first[0]["id"], True)]
