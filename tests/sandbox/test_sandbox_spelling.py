"""Paths as clients spell them: words of Graph's in any case, keys in parentheses; ids as they are."""

import pytest

from tests.sandbox.signing_in import as_person
from tests.sandbox.tenant import MIA, OSLO, TOM, Tenant

WINDOW = "startdatetime=2026-11-23T00:00:00Z&EndDateTime=2026-11-30T00:00:00Z"


@pytest.mark.parametrize(
    "path",
    [
        f"/Users/{MIA}",
        f"/users('{MIA}')",
        f"/Users(%27{MIA}%27)/Events",
        f"/USERS/{MIA}/Calendar/Events",
        f"/users/{OSLO}/CalendarView?{WINDOW}",
        f"/users/{OSLO}/calendarview/Delta?{WINDOW}",
        "/Places/Microsoft.Graph.Room",
        "/Subscriptions",
    ],
)
async def test_words_in_any_case_and_keys_in_parentheses_are_understood(tenant: Tenant, path: str) -> None:
    answer = await tenant.graph("GET", path)

    assert answer.status == 200, answer.body


async def test_a_body_comes_with_it(tenant: Tenant) -> None:
    slot = (
        {"dateTime": "2026-11-24T09:00:00", "timeZone": "UTC"},
        {"dateTime": "2026-11-24T10:00:00", "timeZone": "UTC"},
    )

    made = await tenant.graph("POST", f"/Users('{TOM}')/Events", {"subject": "x", "start": slot[0], "end": slot[1]})

    assert made.status == 201
    read = await tenant.graph("GET", f"/users('{TOM}')/Events/{made.body['id']}")
    assert read.body["subject"] == "x"


async def test_what_is_ones_own_is_under_me(tenant: Tenant) -> None:
    await tenant.book()

    mine = await as_person(tenant, TOM, "Calendars.ReadWrite", "GET", "/me/events")
    other = await as_person(tenant, MIA, "Calendars.ReadWrite", "GET", "/Me/Calendar/Events")
    nobodys = await tenant.graph("GET", "/me/events")

    assert [event["isOrganizer"] for event in mine.body["value"]] == [True]
    assert other.body["value"] == []
    assert (nobodys.status, nobodys.body["error"]["code"]) == (400, "BadRequest")


async def test_an_id_in_another_case_is_another_id(tenant: Tenant) -> None:
    await tenant.book()
    own_id = (await tenant.one(TOM))["id"]

    assert (await tenant.graph("GET", f"/Users/{TOM}/Events/{own_id.swapcase()}")).status == 404


async def test_permissions_limits_and_the_record_know_the_mailbox_by_any_spelling(tenant: Tenant) -> None:
    await tenant.call("POST", "/sandbox/access", {"mailboxes": [OSLO], "mode": "deny"})

    answer = await tenant.graph("GET", f"/Users('{OSLO}')/Events")

    assert (answer.status, answer.body["error"]["code"]) == (403, "ErrorAccessDenied")
    (seen,) = (await tenant.call("GET", "/sandbox/requests?path=events")).body["value"]
    assert (seen["mailbox"], seen["path"]) == (OSLO, f"/v1.0/users/{OSLO}/events")


@pytest.mark.parametrize(
    ("method", "path"), [("GET", f"/users/{TOM}/events/$count"), ("POST", f"/users/{TOM}/calendars")]
)
async def test_what_graph_has_and_the_tenant_has_not_is_501(tenant: Tenant, method: str, path: str) -> None:
    answer = await tenant.graph(method, path, {} if method == "POST" else None)

    assert answer.status == 501
    assert path.split("?", maxsplit=1)[0] in answer.body["error"]["message"]
