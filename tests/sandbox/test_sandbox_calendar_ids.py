"""translateExchangeIds: the same event under its other ids."""

from typing import Any

from tests.sandbox.events import THREE, WEEKLY, create, event, instances, series
from tests.sandbox.tenant import MIA, TOM, Answer, Tenant

IMMUTABLE = 'IdType="ImmutableId"'


async def translate(tenant: Tenant, ids: list[str], source: str, target: str, who: str = TOM) -> Answer:
    body = {"inputIds": ids, "sourceIdType": source, "targetIdType": target}
    return await tenant.graph("POST", f"/users/{who}/translateExchangeIds", body)


async def targets(tenant: Tenant, ids: list[str], source: str, target: str) -> list[Any]:
    answer = await translate(tenant, ids, source, target)
    assert answer.status == 200, answer.body
    assert [one["sourceId"] for one in answer.body["value"]] == ids
    return [one["targetId"] for one in answer.body["value"]]


async def test_ids_go_there_and_back(tenant: Tenant) -> None:
    made = await create(tenant, series(WEEKLY, THREE, attendees=[]))
    ids = [made["id"], *(one["id"] for one in await instances(tenant, TOM, made["id"]))]
    view = await tenant.view(TOM, Prefer=IMMUTABLE)

    immutable = await targets(tenant, ids, "restId", "restImmutableEntryId")
    ews = await targets(tenant, ids, "restId", "ewsId")

    assert immutable[1] == view[0]["id"]
    assert await targets(tenant, immutable, "restImmutableEntryId", "restId") == ids
    assert await targets(tenant, ews, "ewsId", "restImmutableEntryId") == immutable


async def test_what_is_no_id_fails_alone(tenant: Tenant) -> None:
    made = await create(tenant, event())

    answer = await translate(tenant, [made["id"], "nonsense"], "restId", "restImmutableEntryId")
    wrong_kind = await translate(tenant, [made["id"]], "restImmutableEntryId", "restId")
    elsewhere = await translate(tenant, [made["id"]], "restId", "restImmutableEntryId", MIA)

    good, bad = answer.body["value"]
    assert "errorDetails" not in good
    assert (bad["targetId"], bad["errorDetails"]["code"]) == (None, "ErrorInvalidIdMalformed")
    assert wrong_kind.body["value"][0]["targetId"] is elsewhere.body["value"][0]["targetId"] is None


async def test_at_most_a_thousand_ids_of_known_formats(tenant: Tenant) -> None:
    over = await translate(tenant, ["x"] * 1001, "restId", "restImmutableEntryId")
    full = await translate(tenant, ["x"] * 1000, "restId", "restImmutableEntryId")
    unknown = await translate(tenant, ["x"], "restId", "other")
    binary = await translate(tenant, ["x"], "restId", "entryId")

    assert [one.status for one in (over, full, unknown, binary)] == [400, 200, 400, 501]
