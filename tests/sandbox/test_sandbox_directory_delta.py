"""users/delta and groups/delta: rounds, what is tracked, who left, tokens and their end."""

from typing import Any

from sandbox.state.tenant import read
from sandbox.world import World
from tests.sandbox.tenant import MIA, TOM, Answer, Tenant

MIA_ID = "11111111-1111-4111-8111-111111111111"
TOM_ID = "44444444-4444-4444-8444-444444444444"
PEOPLE = "/sandbox/directory/users"


async def whole_round(tenant: Tenant, path: str, **headers: str) -> tuple[list[dict[str, Any]], str]:
    """Everything of one round, and the link that begins the next."""
    found: list[dict[str, Any]] = []
    answer = await tenant.graph("GET", path, **headers)
    while True:
        assert answer.status == 200, answer.body
        assert answer.headers["Preference-Applied"] == "odata.track-changes"
        found += answer.body["value"]
        if "@odata.deltaLink" in answer.body:
            return found, str(answer.body["@odata.deltaLink"])
        answer = await tenant.graph("GET", answer.body["@odata.nextLink"], **headers)


async def change(tenant: Tenant, method: str, path: str, body: Any = None) -> Answer:
    answer = await tenant.call(method, path, body)
    assert answer.status < 300, answer.body
    return answer


async def test_a_first_round_tells_of_everybody_in_pages(tenant: Tenant) -> None:
    found, link = await whole_round(tenant, "/users/delta?$select=displayName,manager", Prefer="odata.maxpagesize=7")
    nothing, _ = await whole_round(tenant, link)

    assert len(found) == 26
    assert nothing == []
    mia = next(one for one in found if one["id"] == MIA_ID)
    assert mia["manager@delta"] == [
        {"@odata.type": "#microsoft.graph.user", "id": "22222222-2222-4222-8222-222222222222"}
    ]  # fmt: skip
    assert set(mia) == {"@odata.type", "id", "displayName", "manager@delta"}


async def test_leavers_joiners_and_changes_come_with_the_next_round(tenant: Tenant) -> None:
    _, link = await whole_round(tenant, "/users/delta")
    await change(tenant, "PATCH", f"{PEOPLE}/{MIA}", {"displayName": "Mia Berg"})
    await change(tenant, "DELETE", f"{PEOPLE}/{TOM}")
    joiner = (await change(tenant, "POST", PEOPLE, {"displayName": "Noor Haddad", "manager": MIA})).body
    found, link = await whole_round(tenant, link)
    await change(tenant, "POST", f"{PEOPLE}/{TOM_ID}/restore")
    back, link = await whole_round(tenant, link)
    await change(tenant, "DELETE", f"{PEOPLE}/{TOM}?permanent=true")
    gone, _ = await whole_round(tenant, link)
    missing = await tenant.graph("GET", f"/users/{TOM_ID}")

    by_id = {one["id"]: one for one in found}
    assert by_id[MIA_ID]["displayName"] == "Mia Berg"
    assert by_id[TOM_ID]["@removed"] == {"reason": "changed"}
    assert (by_id[joiner["id"]]["mail"], len(found)) == ("noor.haddad@contoso.com", 3)
    assert [("@removed" in one, one["displayName"]) for one in back] == [(False, "Tom de Vries")]
    assert [one["@removed"] for one in gone] == [{"reason": "deleted"}]
    assert missing.code == "Request_ResourceNotFound"


async def test_only_what_was_selected_is_tracked(tenant: Tenant) -> None:
    _, names = await whole_round(tenant, "/users/delta?$select=displayName")
    _, all_of_it = await whole_round(tenant, "/users/delta?$select=accountEnabled,displayName,manager")
    await change(tenant, "PATCH", f"{PEOPLE}/{MIA}", {"accountEnabled": False, "manager": TOM})

    nothing, _ = await whole_round(tenant, names)
    whole, _ = await whole_round(tenant, all_of_it)
    minimal, _ = await whole_round(tenant, all_of_it, Prefer="return=minimal")

    assert nothing == []
    assert (whole[0]["accountEnabled"], whole[0]["displayName"]) == (False, "Mia Lindqvist")
    assert whole[0]["manager@delta"][0]["id"] == TOM_ID
    assert "displayName" not in minimal[0]
    assert minimal[0]["accountEnabled"] is False


async def test_latest_begins_without_a_first_round(tenant: Tenant) -> None:
    nothing, link = await whole_round(tenant, "/users/delta?$deltatoken=latest")
    await change(tenant, "PATCH", f"{PEOPLE}/{MIA}", {"jobTitle": "Lead"})
    found, _ = await whole_round(tenant, link)

    assert (nothing, [one["id"] for one in found]) == ([], [MIA_ID])


async def test_members_may_need_several_entries_and_come_and_go(tenant: Tenant) -> None:
    seen, link = await whole_round(tenant, "/groups/delta?$select=displayName,members", Prefer="odata.maxpagesize=5")
    house = next(one["id"] for one in seen if one.get("displayName") == "Harbour House rooms")
    entries = [one["members@delta"] for one in seen if one["id"] == house]
    sales = next(one["id"] for one in seen if one.get("displayName") == "Sales department")
    path = f"/sandbox/directory/groups/{sales}/members"
    await change(tenant, "POST", path, {"add": [MIA], "remove": [TOM]})
    found, link = await whole_round(tenant, link)
    await change(tenant, "POST", path, {"remove": [MIA]})
    again, _ = await whole_round(tenant, link)

    assert [len(one) for one in entries] == [5, 2]
    moved = {one["id"]: "@removed" in one for one in found[0]["members@delta"]}
    assert (len(found), moved) == (1, {MIA_ID: False, TOM_ID: True})
    assert again[0]["members@delta"][0]["@removed"] == {"reason": "deleted"}


async def test_groups_that_are_made_and_deleted_are_told_of(tenant: Tenant) -> None:
    _, link = await whole_round(tenant, "/groups/delta")
    made = (
        await change(tenant, "POST", "/sandbox/directory/groups", {"displayName": "Night shift", "members": [TOM]})
    ).body
    found, link = await whole_round(tenant, link)
    await change(tenant, "DELETE", f"/sandbox/directory/groups/{made['id']}")
    gone, _ = await whole_round(tenant, link)

    assert (found[0]["displayName"], found[0]["members@delta"][0]["id"]) == ("Night shift", TOM_ID)
    assert gone[0]["@removed"] == {"reason": "deleted"}


async def test_some_people_alone_can_be_followed(tenant: Tenant) -> None:
    first, link = await whole_round(tenant, f"/users/delta?$filter=id eq '{MIA_ID}' or id eq '{TOM_ID}'")
    await change(tenant, "PATCH", f"{PEOPLE}/{MIA}", {"jobTitle": "Lead"})
    await change(tenant, "PATCH", f"{PEOPLE}/jonas@contoso.com", {"jobTitle": "Lead"})
    found, _ = await whole_round(tenant, link)
    wrong = await tenant.graph("GET", "/users/delta?$filter=department eq 'Sales'")

    assert ({one["id"] for one in first}, [one["id"] for one in found]) == ({MIA_ID, TOM_ID}, [MIA_ID])
    assert (wrong.status, wrong.code) == (400, "Request_UnsupportedQuery")


async def test_tokens_end_after_a_week_with_the_tenant_and_with_the_feed(tenant: Tenant) -> None:
    _, link = await whole_round(tenant, "/users/delta")
    token = link.partition("$deltatoken=")[2]
    foreign = await tenant.graph("GET", f"/groups/delta?$deltatoken={token}")
    garbage = await tenant.graph("GET", "/users/delta?$deltatoken=nonsense")
    await tenant.call("POST", "/sandbox/directory/invalidate")
    invalid = await tenant.graph("GET", link)
    _, link = await whole_round(tenant, "/users/delta")
    await tenant.advance(7 * 86_400)
    tenant._token = ""
    old = await tenant.graph("GET", link)
    _, restarted = await whole_round(tenant, old.headers["Location"].partition("/v1.0")[2].replace("$deltatoken=", ""))

    assert [one.status for one in (foreign, garbage)] == [400, 400]
    assert [(one.status, one.code) for one in (invalid, old)] == [(410, "SyncStateNotFound")] * 2
    assert "$deltatoken=" in restarted


async def test_who_leaves_during_a_round_makes_nobody_slip_through(tenant: Tenant) -> None:
    first = await tenant.graph("GET", "/users/delta?$select=displayName", Prefer="odata.maxpagesize=5")
    leaver = first.body["value"][0]["id"]
    await change(tenant, "DELETE", f"{PEOPLE}/{leaver}")
    others, link = await whole_round(tenant, first.body["@odata.nextLink"], Prefer="odata.maxpagesize=5")
    after, _ = await whole_round(tenant, link)

    assert len({one["id"] for one in (*first.body["value"], *others)}) == 26
    assert [(one["id"], one["@removed"]["reason"]) for one in after] == [(leaver, "changed")]


async def test_a_change_of_the_directory_outlives_a_restart(tenant: Tenant, world: World) -> None:
    await change(tenant, "PATCH", f"{PEOPLE}/{MIA}", {"displayName": "Mia Berg", "mfaRequired": True})
    await change(tenant, "DELETE", f"{PEOPLE}/{TOM}")
    await change(tenant, "POST", PEOPLE, {"displayName": "Noor Haddad"})
    room = {"@odata.type": "#microsoft.graph.room", "capacity": 9}
    await tenant.graph("PATCH", "/places/oslo@contoso.com", room)
    await change(tenant, "POST", "/sandbox/app/secrets", {"days": 3})
    await change(tenant, "PATCH", "/sandbox/app", {"roles": ["User.Read.All"]})
    _, link = await whole_round(tenant, "/users/delta")
    again = World(meetings=False, state=read(world.saved(is_clean=True)))
    killed = World(meetings=False, state=read(world.saved(is_clean=False)))

    mia = again.directory.user(MIA)
    assert (mia.name, mia.needs_second_factor) == ("Mia Berg", True) if mia else False
    assert again.directory.user(TOM) is None
    assert "noor.haddad@contoso.com" in again.exchange.mailboxes
    assert again.directory.rooms["oslo@contoso.com"].capacity == 9
    assert (len(again.login.application.secrets), again.login.application.roles) == (2, ("User.Read.All",))
    assert again.directory.saved() == world.directory.saved()
    assert killed.directory.generation > world.directory.generation
    assert link
