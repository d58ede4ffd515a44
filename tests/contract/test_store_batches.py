"""Batches, tenants and closing: what the store port promises of them, for every engine."""

import asyncio
from dataclasses import dataclass
from typing import Any

import pytest

from bot.ports.store import (
    Batch,
    Claim,
    Conflict,
    Delete,
    Document,
    Finish,
    LeaseLost,
    Overlap,
    Put,
    Release,
    Schedule,
    Store,
    StoreDown,
    StoreEngine,
    StoreError,
)

ROOM = "oak@contoso.example"


@dataclass(frozen=True)
class Refusal:
    """A part that is refused, and as what."""

    part: dict[str, Any]
    kind: type[StoreError]


async def everything(store: Store) -> tuple[Any, ...]:
    """All that a tenant can see."""
    rooms = [await store.claims(room, -(10**9), 10**10) for room in (ROOM, "elm@contoso.example")]
    return (await store.scan(""), rooms, await store.next_due(), await store.dead_letters())


@pytest.mark.parametrize(
    "refusal",
    [
        Refusal({"puts": (Put("new", b""), Put("there", b"", expected=7))}, Conflict),
        Refusal({"deletes": (Delete("there"), Delete("gone", expected=1))}, Conflict),
        Refusal({"claims": (Claim(ROOM, 50, 60, "me"), Claim(ROOM, 15, 16, "me"))}, Overlap),
    ],
    ids=["put", "delete", "claim"],
)
async def test_a_batch_with_one_refused_part_leaves_no_trace(store: Store, refusal: Refusal) -> None:
    await store.commit(
        Batch(puts=(Put("there", b"1"),), claims=(Claim(ROOM, 10, 20, "x"),), schedules=(Schedule("j", 5),))
    )
    (lease,) = await store.take((), 1, now=5, lease_s=60)
    before = await everything(store)
    good: dict[str, Any] = {
        "finishes": (Finish(lease),),
        "deletes": (Delete("there"),),
        "puts": (Put("new", b"1"),),
        "releases": (Release("x"),) if refusal.kind is not Overlap else (),
        "claims": (Claim(ROOM, 70, 80, "me"),),
        "schedules": (Schedule("j2", 1), Schedule("j", 1)),
    }

    with pytest.raises(refusal.kind):
        await store.commit(Batch(**{**good, **refusal.part}))

    assert await everything(store) == before
    await store.commit(Batch(finishes=(Finish(lease),)))


async def test_a_batch_with_a_lost_lease_leaves_no_trace(store: Store) -> None:
    await store.commit(Batch(puts=(Put("there", b"1"),), schedules=(Schedule("j", 5), Schedule("k", 5))))
    lost, other = await store.take((), 2, now=5, lease_s=60)
    await store.commit(Batch(finishes=(Finish(lost),)))
    before = await everything(store)

    with pytest.raises(LeaseLost) as refused:
        await store.commit(
            Batch(
                finishes=(Finish(other), Finish(lost)),
                puts=(Put("new", b""),),
                deletes=(Delete("there"),),
                claims=(Claim(ROOM, 1, 2, "me"),),
                schedules=(Schedule("more", 1),),
            )
        )

    assert refused.value.key == lost.key
    assert await everything(store) == before
    await store.commit(Batch(finishes=(Finish(other),)))


async def test_of_several_refusals_the_first_in_order_of_application_is_told(store: Store) -> None:
    await store.commit(Batch(claims=(Claim(ROOM, 1, 9, "x"),), schedules=(Schedule("j", 5),)))
    (lease,) = await store.take((), 1, now=5, lease_s=60)
    await store.commit(Batch(finishes=(Finish(lease),)))
    overlap, put, delete = Claim(ROOM, 1, 2, "y"), Put("p", b"", expected=3), Delete("d", expected=3)

    with pytest.raises(Conflict, match=r"^p$"):
        await store.commit(Batch(claims=(overlap,), puts=(put,)))
    with pytest.raises(Conflict, match=r"^d$"):
        await store.commit(Batch(claims=(overlap,), puts=(put,), deletes=(delete,)))
    with pytest.raises(LeaseLost, match=r"^j$"):
        await store.commit(Batch(claims=(overlap,), puts=(put,), deletes=(delete,), finishes=(Finish(lease),)))


async def test_puts_of_one_key_are_applied_in_their_order(store: Store) -> None:
    with pytest.raises(Conflict):
        await store.commit(Batch(puts=(Put("a", b"1"), Put("a", b"2", expected=0))))
    await store.commit(Batch(puts=(Put("a", b"1", expected=0), Put("a", b"2"), Put("a", b"3", expected=2))))

    assert (await store.read(["a"]))["a"] == Document("a", b"3", 3)


async def test_an_empty_batch_is_fine(store: Store) -> None:
    await store.commit(Batch())

    assert await store.scan("") == []


# Tenants and the engine -----------------------------------------------------------------------------------------


async def test_tenants_do_not_see_each_other(engine: StoreEngine) -> None:
    ours, theirs = engine.of("contoso"), engine.of("fabrikam")
    batch = Batch(
        puts=(Put("a", b"ours", expected=0),), claims=(Claim(ROOM, 1, 9, "us"),), schedules=(Schedule("j", 5),)
    )
    await ours.commit(batch)

    assert await everything(theirs) == ([], [[], []], None, [])
    assert await theirs.take((), 9, now=99, lease_s=60) == []
    await theirs.commit(Batch(deletes=(Delete("a"),), releases=(Release("us"),)))
    await theirs.commit(Batch(puts=(Put("a", b"theirs", expected=0),), claims=(Claim(ROOM, 1, 9, "them"),)))

    assert await ours.read(["a"]) == {"a": Document("a", b"ours", 1)}
    assert await ours.claims(ROOM, 0, 99) == [Claim(ROOM, 1, 9, "us")]
    assert await ours.next_due() == 5


async def test_two_views_of_one_tenant_are_one_store(engine: StoreEngine) -> None:
    await engine.of("contoso").commit(Batch(puts=(Put("a", b"1"),)))

    assert set(await engine.of("contoso").read(["a"])) == {"a"}


async def test_an_open_engine_is_healthy_and_a_closed_one_is_not(engine: StoreEngine) -> None:
    assert await engine.healthy()

    await engine.close()
    await engine.close()

    assert not await engine.healthy()


async def test_a_closed_store_says_that_it_is_down(engine: StoreEngine) -> None:
    store = engine.of("contoso")
    await store.commit(Batch(puts=(Put("a", b"1"),)))
    await engine.close()

    for call in (
        lambda: store.commit(Batch(puts=(Put("b", b""),))),
        lambda: store.read(["a"]),
        lambda: store.scan(""),
        lambda: store.claims(ROOM, 0, 9),
        lambda: store.take((), 1, now=1, lease_s=1),
        store.next_due,
        store.dead_letters,
    ):
        with pytest.raises(StoreDown, match="closed"):
            await call()


async def test_a_cancelled_commit_harms_no_other(store: Store) -> None:
    commits = [asyncio.ensure_future(store.commit(Batch(puts=(Put(f"{n}", b""),)))) for n in range(50)]
    await asyncio.wait(commits, timeout=0)
    for commit in commits[::2]:
        commit.cancel()

    await asyncio.gather(*commits, return_exceptions=True)

    assert {f"{n}" for n in range(1, 50, 2)} <= {doc.key for doc in await store.scan("")}
