"""What callers put on an event beside its own properties: extended properties and open extensions."""

from typing import Any
from urllib.parse import quote

import msgspec
import pytest

from sandbox.calendar.mailboxes import SavedMailbox
from sandbox.world import World
from tests.sandbox.events import OSLO_ASKED, THREE, WEEKLY, create, event, instances, path_of, series
from tests.sandbox.tenant import OSLO, TOM, Tenant

NAME = "String {66f5a359-4659-4830-9070-00047ec6ac6e} Name Booking"
LIST = "StringArray {66f5a359-4659-4830-9070-00047ec6ac6e} Name Guests"
NUMBER = "Integer {66f5a359-4659-4830-9070-00047ec6ac6e} Id 0x8012"
TAG = "String 0x4001001e"
SINGLE = "singleValueExtendedProperties"
MULTI = "multiValueExtendedProperties"
THEME = {"@odata.type": "microsoft.graph.openTypeExtension", "extensionName": "com.contoso.theme", "Color": "red",
         "size": 3}  # fmt: skip


async def expanded(tenant: Tenant, made: dict[str, Any], expand: str, who: str = TOM) -> dict[str, Any]:
    answer = await tenant.graph("GET", f"{path_of(made, who)}?$expand={quote(expand)}")
    assert answer.status == 200, answer.body
    shape: dict[str, Any] = answer.body
    return shape


async def test_extended_properties_are_only_shown_when_asked_for(tenant: Tenant) -> None:
    body = {
        SINGLE: [{"id": NAME, "value": "b-1"}, {"id": TAG, "value": "t"}],
        MULTI: [{"id": LIST, "value": ["a", "b"]}],
    }
    made = await create(tenant, event(**body))
    patched = await tenant.graph("PATCH", path_of(made), {SINGLE: [{"id": NUMBER, "value": "7"}]})

    both = await expanded(tenant, made, f"{SINGLE}($filter=id eq '{NAME}'),{MULTI}($filter=id eq '{LIST}')")
    two = await expanded(tenant, made, f"{SINGLE}($filter=id eq '{NAME}' or id eq '{NUMBER}')")
    none = await expanded(tenant, made, f"{SINGLE}($filter=id eq 'String 0x1234')")

    assert not {SINGLE, MULTI} & (set(made) | set(patched.body) | set(none))
    assert both[SINGLE] == [{"id": NAME, "value": "b-1"}]
    assert both[MULTI] == [{"id": LIST, "value": ["a", "b"]}]
    assert two[SINGLE] == [{"id": NAME, "value": "b-1"}, {"id": NUMBER, "value": "7"}]


async def test_events_are_found_by_an_extended_property(tenant: Tenant) -> None:
    made = await create(tenant, event(**{SINGLE: [{"id": NAME, "value": "b-1"}]}))
    await create(tenant, event(**{SINGLE: [{"id": NAME, "value": "b-2"}]}))
    await create(tenant, event(subject="Bare"))

    async def found(text: str) -> list[str]:
        answer = await tenant.graph("GET", f"/users/{TOM}/events?$filter={quote(text)}")
        assert answer.status == 200, answer.body
        assert all(SINGLE not in one for one in answer.body["value"])
        return [one["id"] for one in answer.body["value"]]

    any_of = f"{SINGLE}/Any(ep: ep/id eq '{NAME}' and ep/value eq 'b-1')"
    assert await found(any_of) == [made["id"]]
    assert await found(f"{any_of} and subject eq 'Planning'") == [made["id"]]
    assert await found(f"{any_of} and subject eq 'Bare'") == []
    assert len(await found(f"{SINGLE}/any(ep: ep/id eq '{NAME}' and startswith(ep/value, 'b-'))")) == 2


async def test_a_found_event_shows_its_property_too(tenant: Tenant) -> None:
    await create(tenant, event(**{SINGLE: [{"id": NAME, "value": "b-1"}]}))
    options = f"$filter=subject eq 'Planning'&$select=subject&$expand={SINGLE}($filter=id eq '{NAME}')"

    answer = await tenant.graph("GET", f"/users/{TOM}/events?{quote(options, safe='&=$')}")

    (shown,) = answer.body["value"]
    assert shown[SINGLE] == [{"id": NAME, "value": "b-1"}]
    assert set(shown) == {"@odata.etag", "id", "subject", SINGLE}


@pytest.mark.parametrize("name", ["Booking", "Text 0x4001001E", "String {x} Name Booking", "String"])
async def test_an_id_that_is_none_is_refused_and_nothing_made(tenant: Tenant, name: str) -> None:
    answer = await tenant.graph("POST", f"/users/{TOM}/events", event(**{SINGLE: [{"id": name, "value": "x"}]}))

    assert (answer.status, answer.code) == (400, "ErrorInvalidProperty")
    assert await tenant.view(TOM) == []


async def test_an_id_is_the_same_in_any_case_of_its_guid(tenant: Tenant) -> None:
    upper = NAME.replace("66f5a359", "66F5A359")
    made = await create(tenant, event(**{SINGLE: [{"id": upper, "value": "b-1"}]}))

    shown = await expanded(tenant, made, f"{SINGLE}($filter=id eq '{NAME}')")
    await tenant.graph("PATCH", path_of(made), {SINGLE: [{"id": NAME, "value": None}]})

    assert shown[SINGLE] == [{"id": NAME, "value": "b-1"}]
    assert SINGLE not in await expanded(tenant, made, f"{SINGLE}($filter=id eq '{NAME}')")


async def test_kinds_do_not_mix_and_expanding_needs_an_id(tenant: Tenant) -> None:
    wrong = await tenant.graph("POST", f"/users/{TOM}/events", event(**{SINGLE: [{"id": LIST, "value": "x"}]}))
    made = await create(tenant, event())
    bare = await tenant.graph("GET", f"{path_of(made)}?$expand={SINGLE}")
    listed = await tenant.graph("GET", f"/users/{TOM}/events?$filter={quote(f'{MULTI}/any(ep: ep/id eq 1)')}")
    other = await tenant.graph("GET", f"{path_of(made)}?$expand=attachments")

    assert wrong.code == "ErrorInvalidProperty"
    assert (bare.status, listed.status, other.status) == (400, 400, 501)


async def test_a_property_stays_on_its_own_copy_and_bothers_nobody(tenant: Tenant) -> None:
    made = await create(tenant, event(attendees=OSLO_ASKED))
    await tenant.advance(60)
    before = await tenant.one(OSLO)

    patched = await tenant.graph("PATCH", path_of(made), {SINGLE: [{"id": NAME, "value": "b-1"}]})
    await tenant.advance(60)

    after = await tenant.one(OSLO)
    assert patched.body["changeKey"] != made["changeKey"]
    assert after["changeKey"] == before["changeKey"]
    assert SINGLE not in await expanded(tenant, after, f"{SINGLE}($filter=id eq '{NAME}')", OSLO)


async def test_an_extension_is_made_read_changed_and_deleted(tenant: Tenant) -> None:
    made = await create(tenant, event())
    path = f"{path_of(made)}/extensions"

    posted = await tenant.graph("POST", path, THEME)
    twice = await tenant.graph("POST", path, THEME)
    patched = await tenant.graph("PATCH", f"{path}/com.contoso.theme", {"Color": None, "size": 4, "tags": ["x"]})
    by_id = await tenant.graph("GET", f"{path}/{posted.body['id']}")
    listed = await tenant.graph("GET", path)
    deleted = await tenant.graph("DELETE", f"{path}/com.contoso.theme")
    gone = await tenant.graph("GET", f"{path}/com.contoso.theme")

    assert posted.status == 201
    assert posted.body["id"] == "Microsoft.OutlookServices.OpenTypeExtension.com.contoso.theme"
    assert (posted.body["Color"], posted.body["size"]) == ("red", 3)
    assert twice.status == 409
    assert patched.status == 200
    assert {name: by_id.body.get(name) for name in ("Color", "size", "tags")} == {
        "Color": None, "size": 4, "tags": ["x"],
    }  # fmt: skip
    assert [one["extensionName"] for one in listed.body["value"]] == ["com.contoso.theme"]
    assert (deleted.status, gone.status, gone.code) == (204, 404, "ErrorItemNotFound")


async def test_extensions_come_inline_and_are_expanded(tenant: Tenant) -> None:
    made = await create(tenant, event(extensions=[THEME, THEME | {"extensionName": "com.contoso.other"}]))

    await create(tenant, event())
    test = "$filter=Extensions/any(f:f/id eq 'com.contoso.theme')&$expand=extensions&$select=subject"
    found = await tenant.graph("GET", f"/users/{TOM}/events?{quote(test, safe='&=$')}")

    every = await expanded(tenant, made, "extensions")
    one = await expanded(tenant, made, "extensions($filter=id eq 'com.contoso.other')")
    by_id = await expanded(
        tenant, made, "Extensions($filter=id eq 'Microsoft.OutlookServices.OpenTypeExtension.com.contoso.theme')"
    )

    assert "extensions" not in made
    assert [(each["id"], len(each["extensions"])) for each in found.body["value"]] == [(made["id"], 2)]
    assert [each["extensionName"] for each in every["extensions"]] == ["com.contoso.theme", "com.contoso.other"]
    assert [each["extensionName"] for each in one["extensions"]] == ["com.contoso.other"]
    assert [each["Color"] for each in by_id["extensions"]] == ["red"]


@pytest.mark.parametrize("body", [{}, {"extensionName": ""}, THEME | {"@odata.type": "microsoft.graph.message"}])
async def test_an_extension_needs_a_name_and_the_type(tenant: Tenant, body: dict[str, Any]) -> None:
    made = await create(tenant, event())

    answer = await tenant.graph("POST", f"{path_of(made)}/extensions", body)

    assert (answer.status, answer.code) == (400, "RequestBodyRead")


async def test_an_occurrence_with_an_extension_is_an_exception(tenant: Tenant) -> None:
    made = await create(tenant, series(WEEKLY, THREE, attendees=[]))
    second = (await instances(tenant, TOM, made["id"]))[1]

    await tenant.graph("POST", f"{path_of(second)}/extensions", THEME)

    found = await instances(tenant, TOM, made["id"])
    assert [one["type"] for one in found] == ["occurrence", "exception", "occurrence"]
    assert (await tenant.graph("GET", f"{path_of(second)}/extensions/com.contoso.theme")).body["size"] == 3
    assert (await expanded(tenant, made, "extensions"))["extensions"] == []


async def test_what_was_put_on_an_event_is_saved_with_it(tenant: Tenant, world: World) -> None:
    body = {SINGLE: [{"id": NAME, "value": "b-1"}], MULTI: [{"id": LIST, "value": ["a"]}], "extensions": [THEME]}
    made = await create(tenant, event(transactionId="t-1", **body))
    dropped = await create(tenant, event(transactionId="t-2"))
    await tenant.graph("DELETE", path_of(dropped))
    saved = msgspec.json.encode(world.exchange.mailboxes[TOM].saved())
    other = World(meetings=False)

    other.exchange.mailboxes[TOM].restore(msgspec.json.decode(saved, type=SavedMailbox), is_clean=True)

    item = other.exchange.mailboxes[TOM].find(made["id"])
    assert item is not None
    assert (item.extended, item.extended_lists) == ({NAME: "b-1"}, {LIST: ("a",)})
    assert item.extensions == {"com.contoso.theme": {"Color": "red", "size": 3}}
    assert other.exchange.mailboxes[TOM].has_spent("t-2")
    assert len(other.exchange.mailboxes[TOM].view(item.when.start_at, item.when.end_at)) == 1
