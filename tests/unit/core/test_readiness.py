"""Readiness: what it says of each part, also while everything behind it hangs."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from bot.admin.catchup import GRACE_S, CatchUp, since_start
from bot.admin.readiness import Part, Readiness, TenantParts, is_ready
from bot.domain.availability import Availability
from bot.ports.documents import Documents
from bot.store.codec import JsonCodec
from bot.store.memory import MemoryEngine
from tests.fakes import ManualClock
from tests.unit.core.world import ROOMS


async def yes() -> bool:
    return True


async def no() -> bool:
    return False


async def hangs() -> bool:
    await asyncio.Event().wait()
    return True


async def breaks() -> bool:
    raise OSError("no disk")


def tenant(
    name: str = "contoso",
    *,
    signed_in: bool | None = True,
    rooms: bool = True,
    reconciling: Callable[[], Awaitable[bool]] = no,
    loading: str = "",
    behind: bool = False,
    caught_up: bool = True,
) -> TenantParts:
    index, clock = Availability(), ManualClock()
    index.set_rooms(ROOMS if rooms else ())
    documents = Documents(MemoryEngine().of(name), JsonCodec())
    catch_up = CatchUp(documents, index, clock, lambda: since_start(clock.now()))
    clock.forward(GRACE_S + 1 if caught_up else 0)
    return TenantParts(
        tenant=name,
        signed_in=lambda: signed_in,
        index=index,
        loading=lambda: loading,
        reconciling=reconciling,
        behind=lambda: behind,
        catch_up=catch_up,
    )


def unwell(parts: list[Part]) -> list[tuple[str, str]]:
    return [(part.problem, part.tenant) for part in parts if not part.ok]


async def test_all_is_well() -> None:
    parts = await Readiness(yes, [tenant()]).parts()

    assert [part.name for part in parts] == ["store", "reconcile", "sign-in", "rooms", "index", "catch-up"]
    assert is_ready(parts)
    assert not any(part.what_to_do for part in parts)


@pytest.mark.parametrize(
    ("healthy", "one", "expected"),
    [
        (no, tenant(), ("store.down", "")),
        (breaks, tenant(), ("store.down", "")),
        (yes, tenant(signed_in=False), ("sign-in.refused", "contoso")),
        (yes, tenant(signed_in=None), ("sign-in.not_tried", "contoso")),
        (yes, tenant(rooms=False), ("rooms.none", "contoso")),
        (yes, tenant(reconciling=yes), ("reconcile.under_way", "contoso")),
        (yes, tenant(reconciling=breaks), ("reconcile.unknown", "contoso")),
        (yes, tenant(loading="Loaded: 3 of 9 rooms."), ("index.loading", "contoso")),
        (yes, tenant(loading="Loaded: 0 of 0 rooms.", rooms=False, behind=True), ("index.loading", "contoso")),
        (yes, tenant(behind=True), ("index.behind", "contoso")),
        (yes, tenant(caught_up=False), ("catch-up.under_way", "contoso")),
    ],
)
async def test_each_part_can_be_unwell_and_says_what_to_do(
    healthy: Callable[[], Awaitable[bool]], one: TenantParts, expected: tuple[str, str]
) -> None:
    parts = await Readiness(healthy, [one]).parts()

    assert unwell(parts) == [expected]
    assert all(part.what_to_do for part in parts if not part.ok)
    assert not is_ready(parts)


async def test_one_tenant_out_of_order_does_not_take_the_others_down() -> None:
    both = [tenant(), tenant("fabrikam", signed_in=False)]

    assert is_ready(await Readiness(yes, both).parts())
    assert not is_ready(await Readiness(no, both).parts())


async def test_it_answers_within_a_second_while_everything_hangs_and_asks_the_store_but_once() -> None:
    asked = []

    async def hung() -> bool:
        asked.append(1)
        return await hangs()

    readiness = Readiness(hung, [tenant(reconciling=hangs)])
    async with asyncio.timeout(1):
        first, second = await asyncio.gather(readiness.parts(), readiness.parts())

    assert unwell(first) == unwell(second) == [("store.down", ""), ("reconcile.unknown", "contoso")]
    assert len(asked) == 1
    await readiness.close()
