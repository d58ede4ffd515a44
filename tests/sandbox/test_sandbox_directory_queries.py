"""What lists of people and groups can be asked: pages, filters, searches, and what only advanced queries may."""

from typing import Any

import pytest

from tests.sandbox.tenant import MIA, TOM, Tenant

JONAS = "jonas@contoso.com"


async def names(tenant: Tenant, path: str, **headers: str) -> list[str]:
    answer = await tenant.graph("GET", path, **headers)
    assert answer.status == 200, answer.body
    return [one["displayName"] for one in answer.body["value"]]


async def test_people_come_in_pages_by_token(tenant: Tenant) -> None:
    page = await tenant.graph("GET", "/users?$top=5&$select=displayName")
    found: list[Any] = page.body["value"]
    while link := page.body.get("@odata.nextLink"):
        assert "$skiptoken=" in link
        page = await tenant.graph("GET", link)
        found += page.body["value"]
    whole = await tenant.graph("GET", "/users?$top=999&$select=displayName")

    assert found == whole.body["value"]
    assert len(found) == 26
    assert set(found[0]) == {"displayName"}


@pytest.mark.parametrize(
    ("option", "code"),
    [
        ("$top=1000", "Request_UnsupportedQuery"),
        ("$skip=5", "Request_BadRequest"),
        ("$skiptoken=nonsense", "Directory_ExpiredPageToken"),
        ("$filter=accountEnabled ne true", "Request_UnsupportedQuery"),
        ("$filter=not startswith(displayName,'M')", "Request_UnsupportedQuery"),
        ("$filter=endsWith(mail,'@contoso.com')&$count=true", "Request_UnsupportedQuery"),
        ("$filter=startswith(displayName,'M')&$orderby=displayName", "Request_UnsupportedQuery"),
        ("$filter=contains(displayName,'ia')", "Request_UnsupportedQuery"),
        ('$search="displayName:Mia"', "Request_UnsupportedQuery"),
        ("$filter=displayName eq", "RequestBroker--ParseUri"),
    ],
)
async def test_what_a_plain_query_may_not_ask_is_refused(tenant: Tenant, option: str, code: str) -> None:
    answer = await tenant.graph("GET", f"/users?{option}")

    assert (answer.status, answer.code) == (400, code)


@pytest.mark.parametrize(
    ("option", "found"),
    [
        (
            "$filter=not(startswith(displayName,'M')) and department eq 'Sales'&$count=true",
            ["Tom de Vries", "Grace Kim"],
        ),
        ("$filter=endsWith(mail,'riya@contoso.com')&$count=true", ["Priya Raman"]),
        ("$filter=department ne 'Sales' and startswith(displayName,'Mi')&$count=true", ["Mia Lindqvist"]),
        (
            "$filter=department eq 'Sales'&$orderby=displayName desc&$count=true",
            ["Tom de Vries", "Maria-Fernanda Albrechtsberger van den Heuvel", "Grace Kim"],
        ),
        ('$search="displayName:fernanda heu"', ["Maria-Fernanda Albrechtsberger van den Heuvel"]),
        ('$search="displayName:mia" OR "mail:tom@"', ["Mia Lindqvist", "Tom de Vries"]),
        ('$search="displayName:mia" AND "mail:tom@"', []),
    ],
)
async def test_advanced_queries_take_the_header(tenant: Tenant, option: str, found: list[str]) -> None:
    assert await names(tenant, f"/users?{option}", ConsistencyLevel="eventual") == found


async def test_a_count_comes_only_with_the_header(tenant: Tenant) -> None:
    plain = await tenant.graph("GET", "/users?$count=true&$top=3")
    counted = await tenant.graph("GET", "/users?$count=true&$top=3", ConsistencyLevel="eventual")
    following = await tenant.graph("GET", counted.body["@odata.nextLink"], ConsistencyLevel="eventual")
    raw = await tenant.graph("GET", "/users/$count", ConsistencyLevel="eventual")

    assert "@odata.count" not in plain.body
    assert counted.body["@odata.count"] == following.body["@odata.count"] == 26
    assert raw.status == 501


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        (f"mail in ('{TOM}','{MIA}')", {"Mia Lindqvist", "Tom de Vries"}),
        ("proxyAddresses/any(p:p eq 'smtp:jonas@contoso.com')", {"Jonas Berg"}),
        ("proxyAddresses/any(p:startswith(p,'smtp:mi'))", {"Mia Lindqvist"}),
        ("(department eq 'Finance' or department eq 'Design') and accountEnabled eq true",
         {"Mia Lindqvist", "Oliver Hughes", "Amara Okafor"}),
        ("id eq '11111111-1111-4111-8111-111111111111'", {"Mia Lindqvist"}),
        ("userPrincipalName eq 'MIA@contoso.com'", {"Mia Lindqvist"}),
    ],
)  # fmt: skip
async def test_filters_are_read_whole(tenant: Tenant, expression: str, found: set[str]) -> None:
    assert set(await names(tenant, f"/users?$filter={expression}")) == found


async def test_managers_are_expanded_as_far_as_asked(tenant: Tenant) -> None:
    one = await tenant.graph("GET", f"/users/{MIA}?$expand=manager($select=id,displayName)")
    chain = await tenant.graph(
        "GET", f"/users/{MIA}?$expand=manager($levels=max;$select=displayName)", ConsistencyLevel="eventual"
    )
    without = await tenant.graph("GET", f"/users/{MIA}?$expand=manager($levels=2)")
    top = await tenant.graph("GET", "/users/eleanor@contoso.com?$expand=manager")
    listed = await tenant.graph("GET", "/users?$filter=department eq 'Finance'&$expand=manager($select=displayName)")
    other = await tenant.graph("GET", "/users?$expand=directReports")

    assert one.body["manager"]["displayName"] == "Jonas Berg"
    assert "manager" not in one.body["manager"]
    assert chain.body["manager"]["manager"]["displayName"] == "Eleanor Whitfield"
    assert (without.status, without.code) == (400, "Request_UnsupportedQuery")
    assert (top.status, "manager" in top.body) == (200, False)
    managers = {one["displayName"]: one["manager"]["displayName"] for one in listed.body["value"]}
    assert managers == {"Oliver Hughes": "Eleanor Whitfield", "Amara Okafor": "Oliver Hughes"}
    assert other.status == 501


async def test_settings_change_and_stay(tenant: Tenant) -> None:
    await tenant.call("PATCH", "/sandbox/app", {"roles": ["MailboxSettings.ReadWrite", "User.Read.All"]})
    change = {
        "timeZone": "Eastern Standard Time", "language": {"locale": "nl-NL"}, "dateFormat": "dd-MM-yyyy",
        "workingHours": {"startTime": "09:00:00", "daysOfWeek": ["monday"]},
        "automaticRepliesSetting": {"status": "alwaysEnabled", "internalReplyMessage": "Away"},
    }  # fmt: skip
    tenant._token = ""
    changed = await tenant.graph("PATCH", f"/users/{JONAS}/mailboxSettings", change)
    read = (await tenant.graph("GET", f"/users/{JONAS}/mailboxSettings")).body
    wrong = await tenant.graph("PATCH", f"/users/{JONAS}/mailboxSettings", {"timeZone": "Mars/Olympus"})
    bad = await tenant.graph("PATCH", f"/users/{JONAS}/mailboxSettings", {"userPurpose": "room"})

    assert changed.body["timeZone"] == read["timeZone"] == "Eastern Standard Time"
    assert read["workingHours"]["startTime"] == "09:00:00.0000000"
    assert read["workingHours"]["timeZone"] == {"name": "Eastern Standard Time"}
    assert read["language"]["locale"] == "nl-NL"
    assert read["automaticRepliesSetting"]["status"] == "alwaysEnabled"
    assert (wrong.status, wrong.code, bad.status) == (400, "TimeZoneNotSupportedException", 400)


async def test_the_time_zones_of_a_mailbox_are_listed_by_either_name(tenant: Tenant) -> None:
    windows = await tenant.graph("GET", f"/users/{MIA}/outlook/supportedTimeZones")
    function = "supportedTimeZones(TimeZoneStandard=microsoft.graph.timeZoneStandard'Iana')"
    iana = await tenant.graph("GET", f"/users/{MIA}/outlook/{function}")

    zones = {one["alias"]: one["displayName"] for one in windows.body["value"]}
    assert zones["W. Europe Standard Time"].startswith("(UTC+01:00)")
    assert zones["Newfoundland Standard Time"].startswith("(UTC-03:30)")
    assert "Europe/Berlin" in {one["alias"] for one in iana.body["value"]}


@pytest.mark.parametrize(("zone", "status"), [("Europe/Berlin", 200), ("europe/kyiv", 200), ("Europe/Amsterdam", 400)])
async def test_only_the_iana_names_of_the_reference_are_taken(tenant: Tenant, zone: str, status: int) -> None:
    answer = await tenant.graph("GET", f"/users/{MIA}/events", Prefer=f'outlook.timezone="{zone}"')

    assert answer.status == status
