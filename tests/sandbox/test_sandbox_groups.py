"""Groups: members through others, who may see them, and what callers check of a person."""

from typing import Any

from tests.sandbox.signing_in import app_token, with_token
from tests.sandbox.tenant import MIA, Tenant

PRIYA = "33333333-3333-4333-8333-333333333333"
ELEANOR = "eleanor@contoso.com"


async def group(tenant: Tenant, name: str) -> dict[str, Any]:
    answer = await tenant.graph("GET", f"/groups?$filter=displayName eq '{name}'")
    found: dict[str, Any] = answer.body["value"][0]
    return found


async def ids(tenant: Tenant, path: str) -> list[str]:
    answer = await tenant.graph("GET", path)
    assert answer.status == 200, answer.body
    return [one["id"] for one in answer.body["value"]]


async def test_members_come_directly_or_through_other_groups(tenant: Tenant) -> None:
    everybody, workplace = await group(tenant, "All employees"), await group(tenant, "Workplace department")
    direct = (await tenant.graph("GET", f"/groups/{everybody['id']}/members")).body["value"]
    people = await ids(tenant, f"/groups/{everybody['id']}/transitiveMembers/microsoft.graph.user")
    all_of_them = await ids(tenant, f"/groups/{everybody['id']}/transitiveMembers")
    no_people = await ids(tenant, f"/groups/{everybody['id']}/members/microsoft.graph.user")

    assert {one["@odata.type"] for one in direct} == {"#microsoft.graph.group"}
    assert (len(people), PRIYA in people, no_people) == (12, True, [])
    assert {workplace["id"], PRIYA} < set(all_of_them)


async def test_a_circle_of_groups_ends(tenant: Tenant) -> None:
    managers, workplace = await group(tenant, "Room managers"), await group(tenant, "Workplace department")
    path = f"/sandbox/directory/groups/{workplace['id']}/members"
    await tenant.call("POST", path, {"add": [managers["id"]]})

    people = await ids(tenant, f"/groups/{managers['id']}/transitiveMembers/microsoft.graph.user")
    above = await ids(tenant, f"/users/{PRIYA}/transitiveMemberOf")

    assert len(people) == len(set(people)) == 5
    assert {managers["id"], workplace["id"]} < set(above)


async def test_a_person_is_checked_against_groups(tenant: Tenant) -> None:
    managers, workplace = await group(tenant, "Room managers"), await group(tenant, "Workplace department")
    sales, board = await group(tenant, "Sales department"), await group(tenant, "Board")
    wanted = [managers["id"], sales["id"], board["id"]]
    checked = await tenant.graph("POST", f"/users/{PRIYA}/checkMemberGroups", {"groupIds": wanted})
    too_many = await tenant.graph("POST", f"/users/{PRIYA}/checkMemberGroups", {"groupIds": [sales["id"]] * 21})
    direct = await ids(tenant, f"/users/{PRIYA}/memberOf/microsoft.graph.group")
    all_of_hers = await tenant.graph("POST", f"/users/{ELEANOR}/getMemberGroups", {"securityEnabledOnly": False})
    secure = await tenant.graph("POST", f"/users/{ELEANOR}/getMemberGroups", {"securityEnabledOnly": True})

    assert checked.body["value"] == [managers["id"]]
    assert (too_many.status, too_many.code) == (400, "Request_BadRequest")
    assert direct == [workplace["id"]]
    assert set(all_of_hers.body["value"]) - set(secure.body["value"]) == {board["id"]}


async def test_a_room_list_is_a_group_of_its_rooms(tenant: Tenant) -> None:
    house = (await tenant.graph("GET", "/groups?$filter=mail eq 'harbour-house@contoso.com'")).body["value"][0]
    members = (await tenant.graph("GET", f"/groups/{house['id']}/members?$select=mail")).body["value"]

    assert (house["mailEnabled"], house["securityEnabled"], house["groupTypes"]) == (True, False, [])
    assert "oslo@contoso.com" in {one["mail"] for one in members}


async def test_hidden_members_show_their_ids_alone(tenant: Tenant) -> None:
    board = await group(tenant, "Board")
    hidden = (await tenant.graph("GET", f"/groups/{board['id']}/members")).body["value"]
    await tenant.call(
        "PATCH", "/sandbox/app", {"roles": ["GroupMember.Read.All", "User.Read.All", "Member.Read.Hidden"]}
    )
    token = await app_token(tenant)
    shown = (await with_token(tenant, token, "GET", f"/groups/{board['id']}/members")).body["value"]

    assert board["visibility"] == "HiddenMembership"
    assert [one["displayName"] for one in hidden] == [None, None]
    assert {one["id"] for one in hidden} == {one["id"] for one in shown}
    assert None not in [one["displayName"] for one in shown]


async def test_who_may_read_people_only_sees_groups_by_id(tenant: Tenant) -> None:
    await tenant.call("PATCH", "/sandbox/app", {"roles": ["User.Read.All"]})
    token = await app_token(tenant)

    found = (await with_token(tenant, token, "GET", f"/users/{MIA}/memberOf")).body["value"]

    assert found
    assert all(one["id"] and one["displayName"] is None for one in found)


async def test_objects_are_got_by_ids_of_several_kinds(tenant: Tenant) -> None:
    board = await group(tenant, "Board")
    order = {"ids": [PRIYA, board["id"], "00000000-0000-4000-8000-000000000000"]}
    both = await tenant.graph("POST", "/directoryObjects/getByIds", order)
    people = await tenant.graph("POST", "/directoryObjects/getByIds", order | {"types": ["user"]})

    kinds = [one["@odata.type"] for one in both.body["value"]]
    assert kinds == ["#microsoft.graph.user", "#microsoft.graph.group"]
    assert [one["id"] for one in people.body["value"]] == [PRIYA]


async def test_filters_on_members_need_an_advanced_query(tenant: Tenant) -> None:
    sales = await group(tenant, "Sales department")
    path = f"/groups/{sales['id']}/members/microsoft.graph.user?$filter=startswith(displayName,'T')&$count=true"
    plain = await tenant.graph("GET", path)
    advanced = await tenant.graph("GET", path, ConsistencyLevel="eventual")

    assert plain.code == "Request_UnsupportedQuery"
    assert [one["displayName"] for one in advanced.body["value"]] == ["Tom de Vries"]
