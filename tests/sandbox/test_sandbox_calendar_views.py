"""A mailbox's calendar, its views and lists: windows, options, paging, the three roots."""

from typing import Any
from urllib.parse import quote

import pytest

from tests.sandbox.events import THREE, WEEKLY, create, event, forgive, moment, path_of, series, starts
from tests.sandbox.tenant import MIA, OSLO, TOM, Tenant

WINDOW = "startDateTime=2026-11-24T00:00:00Z&endDateTime=2026-11-25T00:00:00Z"


def at(hour: int, **changes: Any) -> dict[str, Any]:
    span = {
        "start": moment(f"2026-11-24T{hour:02d}:00:00", "UTC"),
        "end": moment(f"2026-11-24T{hour:02d}:30:00", "UTC"),
    }
    return event(attendees=[]) | span | changes


async def calendar_id(tenant: Tenant, who: str = TOM) -> str:
    answer = await tenant.graph("GET", f"/users/{who}/calendar?$select=id")
    assert answer.status == 200, answer.body
    return str(answer.body["id"])


async def test_a_mailbox_has_one_calendar_with_a_real_id(tenant: Tenant) -> None:
    calendar = (await tenant.graph("GET", f"/users/{TOM}/calendar")).body
    listed = (await tenant.graph("GET", f"/users/{TOM}/calendars")).body["value"]
    by_id = (await tenant.graph("GET", f"/users/{TOM}/calendars/{quote(calendar['id'])}")).body
    immutable = (await tenant.graph("GET", f"/users/{TOM}/calendar", Prefer='IdType="ImmutableId"')).body

    assert calendar["isDefaultCalendar"]
    assert calendar["owner"] == {"name": "Tom de Vries", "address": TOM}
    assert [one["id"] for one in listed] == [calendar["id"]]
    assert by_id["id"] == immutable["id"] == calendar["id"]
    assert await calendar_id(tenant, MIA) != calendar["id"]
    forgive()


async def test_all_roots_show_and_take_the_same_events(tenant: Tenant) -> None:
    own = f"calendars/{quote(await calendar_id(tenant))}/"
    for hour, root in enumerate(("", "calendar/", own), 8):
        answer = await tenant.graph("POST", f"/users/{TOM}/{root}events", at(hour))
        assert answer.status == 201, answer.body

    for root in ("", "calendar/", own):
        for path in ("events?", f"calendarView?{WINDOW}", f"calendarView/delta?{WINDOW}", "events/delta?"):
            answer = await tenant.graph("GET", f"/users/{TOM}/{root}{path}")
            assert len(answer.body["value"]) == 3, (root, path, answer.body)
    one = (await tenant.graph("GET", f"/users/{TOM}/events?$top=1")).body["value"][0]
    assert (await tenant.graph("GET", f"/users/{TOM}/{own}events/{quote(one['id'])}")).status == 200
    forgive()


async def test_another_mailboxs_calendar_is_not_found(tenant: Tenant) -> None:
    other = quote(await calendar_id(tenant, MIA))

    for path in (f"calendars/{other}", f"calendars/{other}/events", f"calendars/{other}/calendarView?{WINDOW}"):
        answer = await tenant.graph("GET", f"/users/{TOM}/{path}")
        assert (answer.status, answer.code) == (404, "ErrorItemNotFound")


async def test_a_page_holds_ten_unless_asked_for_more_up_to_a_thousand(tenant: Tenant) -> None:
    for hour in range(12):
        await create(tenant, at(hour))

    default = (await tenant.graph("GET", f"/users/{TOM}/calendarView?{WINDOW}&$count=true")).body
    rest = (await tenant.graph("GET", default["@odata.nextLink"])).body
    preferred = (await tenant.graph("GET", f"/users/{TOM}/events", Prefer="odata.maxpagesize=5")).body
    top = (await tenant.graph("GET", f"/users/{TOM}/events?$top=11")).body
    far = (await tenant.graph("GET", f"/users/{TOM}/calendarView?{WINDOW}&$top=5000")).body

    assert (len(default["value"]), default["@odata.count"], len(rest["value"])) == (10, 12, 2)
    assert "@odata.nextLink" not in rest
    assert [len(page["value"]) for page in (preferred, top, far)] == [5, 11, 12]
    assert len(set(starts(default["value"]) + starts(rest["value"]))) == 12


async def test_a_view_is_in_order_and_may_be_sifted(tenant: Tenant) -> None:
    for hour, subject in ((11, "Bravo"), (9, "Alpha"), (13, "Charlie")):
        await create(tenant, at(hour, subject=subject))

    async def subjects(options: str) -> list[str]:
        answer = await tenant.graph("GET", f"/users/{TOM}/calendarView?{WINDOW}&{options}")
        assert answer.status == 200, answer.body
        return [one["subject"] for one in answer.body["value"]]

    assert await subjects("$select=subject") == ["Alpha", "Bravo", "Charlie"]
    assert await subjects("$orderby=subject desc") == ["Charlie", "Bravo", "Alpha"]
    assert await subjects("$orderby=start/dateTime desc") == ["Charlie", "Bravo", "Alpha"]
    assert await subjects("$filter=startswith(subject,'Br')") == ["Bravo"]
    assert await subjects("$filter=start/dateTime ge '2026-11-24T11:00'") == ["Bravo", "Charlie"]
    assert await subjects("$filter=organizer/emailAddress/address eq 'tom@contoso.com' and subject ne 'Alpha'") == [
        "Bravo",
        "Charlie",
    ]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("", "ErrorInvalidParameter"),
        ("startDateTime=2026-11-24T00:00:00Z", "ErrorInvalidParameter"),
        ("startDateTime=2020-01-01T00:00:00Z&endDateTime=2026-11-24T00:00:00Z", "ErrorInvalidRequest"),
        ("startDateTime=2026-11-25T00:00:00Z&endDateTime=2026-11-24T00:00:00Z", "ErrorInvalidRequest"),
        (f"{WINDOW}&$expand=extensions", "ErrorInvalidUrlQuery"),
        (f"{WINDOW}&$search=planning", "ErrorInvalidUrlQuery"),
        (f"{WINDOW}&$select=createdDateTime", "RequestBroker--ParseUri"),
        (f"{WINDOW}&$select=colour", "RequestBroker--ParseUri"),
    ],
)
async def test_a_view_refuses(tenant: Tenant, query: str, code: str) -> None:
    answer = await tenant.graph("GET", f"/users/{TOM}/calendarView?{query}")

    assert (answer.status, answer.code) == (400, code)


async def test_a_window_is_utc_unless_it_carries_an_offset(tenant: Tenant) -> None:
    await create(tenant, at(10))
    zone = 'outlook.timezone="Tokyo Standard Time"'

    async def seen(start: str, end: str) -> int:
        path = f"/users/{TOM}/calendarView?STARTDATETIME={start}&enddatetime={end}"
        return len((await tenant.graph("GET", path, Prefer=zone)).body["value"])

    assert await seen("2026-11-24T10:00:00", "2026-11-24T10:30:00") == 1
    assert await seen("2026-11-24T10:30:00", "2026-11-24T11:30:00") == 0
    assert await seen("2026-11-24T11:00:00%2B01:00", "2026-11-24T11:30:00%2B01:00") == 1
    assert await seen("2026-11-24T11:00:00+01:00", "2026-11-24T11:30:00+01:00") == 1
    assert await seen("2026-11-24T08:00:00Z", "2026-11-24T10:00:00Z") == 0


@pytest.mark.parametrize("year", ["0001", "9996"])
async def test_a_view_of_the_ends_of_time_is_empty(tenant: Tenant, year: str) -> None:
    await create(tenant, series(WEEKLY, {"type": "noEnd", "startDate": "2026-11-24"}, attendees=[]))
    window = f"startDateTime={year}-01-01T00:00:00%2B14:00&endDateTime={year}-02-28T00:00:00Z"

    for path in (f"calendarView?{window}", f"events/delta?startDateTime={year}-01-01T00:00:00Z"):
        assert (await tenant.graph("GET", f"/users/{TOM}/{path}")).status == 200


async def test_an_event_lies_within_the_calendars_own_time(tenant: Tenant) -> None:
    far = {"start": moment("9999-12-31T23:00:00"), "end": moment("9999-12-31T23:30:00")}

    assert (await tenant.graph("POST", f"/users/{TOM}/events", event(**far))).code == "ErrorInvalidParameter"


async def test_a_view_never_shows_a_master_and_a_list_never_an_occurrence(tenant: Tenant) -> None:
    made = await create(tenant, series(WEEKLY, THREE, attendees=[]))

    view = await tenant.view(TOM)
    listed = (await tenant.graph("GET", f"/users/{TOM}/events")).body["value"]

    assert {one["type"] for one in view} == {"occurrence"}
    assert [(one["type"], one["id"]) for one in listed] == [("seriesMaster", made["id"])]
    assert "originalStart" not in listed[0]
    assert view[0]["originalStart"] == "2026-11-24T09:00:00Z"


async def test_preferences_say_what_was_applied(tenant: Tenant) -> None:
    made = await create(tenant, event(body={"contentType": "html", "content": "<p>Hello</p>"}))
    prefer = 'outlook.timezone="Tokyo Standard Time", outlook.body-content-type="text"'

    answer = await tenant.graph("GET", path_of(made), Prefer=prefer)

    assert answer.body["start"] == {"dateTime": "2026-11-24T18:00:00.0000000", "timeZone": "Tokyo Standard Time"}
    assert answer.body["body"] == {"contentType": "text", "content": "Hello"}
    assert answer.body["createdDateTime"].endswith("Z")
    assert 'outlook.timezone="Tokyo Standard Time"' in answer.headers["Preference-Applied"]


async def test_instances_need_a_window_and_come_in_order(tenant: Tenant) -> None:
    made = await create(tenant, series(WEEKLY, THREE, attendees=[]))

    bare = await tenant.graph("GET", f"{path_of(made)}/instances")
    window = "startDateTime=2026-12-01T00:00:00Z&endDateTime=2026-12-31T00:00:00Z"
    found = await tenant.graph("GET", f"{path_of(made)}/instances?{window}&$select=start")

    assert bare.code == "ErrorInvalidParameter"
    assert starts(found.body["value"]) == ["2026-12-01T09:00", "2026-12-08T09:00"]


async def test_a_private_event_is_whole_for_the_application(tenant: Tenant) -> None:
    await create(tenant, event(sensitivity="private", attendees=[]), OSLO)

    (shown,) = await tenant.view(OSLO)

    assert (shown["subject"], shown["sensitivity"]) == ("Planning", "private")
