"""What is owed, by kind: what the store port promises to people and figures, for every engine."""

from bot.ports.store import Batch, Finish, Owed, Schedule, Store, StoreEngine
from tests.contract.test_store_jobs import finish, kill, owe, take_one


async def test_nothing_is_owed_at_first(store: Store) -> None:
    assert await store.owed(now=1) == {}


async def test_jobs_are_counted_by_kind(store: Store) -> None:
    await owe(store, Schedule("sync/a", 5), Schedule("sync/b/c", 7.25), Schedule("sync/d", 20), Schedule("tell/x", 30))
    await owe(store, Schedule("bare", 3))

    assert await store.owed(now=10) == {
        "": Owed(living=1, due=1, since=3),
        "sync/": Owed(living=3, due=2, since=5),
        "tell/": Owed(living=1),
    }


async def test_what_somebody_has_in_hand_is_owed_still(store: Store) -> None:
    await owe(store, Schedule("j/", 5))
    lease = await take_one(store, 6)

    assert await store.owed(now=7) == {"j/": Owed(living=1, due=0, since=5)}
    await finish(store, lease)
    assert await store.owed(now=8) == {}


async def test_neither_scheduling_again_nor_putting_off_makes_a_job_look_younger(store: Store) -> None:
    await owe(store, Schedule("j/", 5))
    await owe(store, Schedule("j/", 9))
    await finish(store, await take_one(store, 10), again_at=50)
    await owe(store, Schedule("j/", 20))

    assert await store.owed(now=15) == {"j/": Owed(living=1, due=0, since=5)}


async def test_a_job_that_is_brought_forward_is_owed_since_then(store: Store) -> None:
    await owe(store, Schedule("j/", 50))
    await owe(store, Schedule("j/", 9))

    assert (await store.owed(now=10))["j/"].since == 9


async def test_what_was_scheduled_during_the_work_is_owed_since_then(store: Store) -> None:
    await owe(store, Schedule("j/", 5))
    lease = await take_one(store, 6)
    await owe(store, Schedule("j/", 7))

    await finish(store, lease)

    assert await store.owed(now=8) == {"j/": Owed(living=1, due=1, since=7)}


async def test_a_job_done_and_owed_anew_in_one_batch_is_new(store: Store) -> None:
    await owe(store, Schedule("j/", 5))
    lease = await take_one(store, 6)

    await store.commit(Batch(finishes=(Finish(lease),), schedules=(Schedule("j/", 7),)))

    assert (await store.owed(now=8))["j/"].since == 7


async def test_dead_letters_are_counted_apart_and_live_anew_when_replayed(store: Store) -> None:
    await owe(store, Schedule("j/", 5))
    now = await kill(store, 5)

    assert await store.owed(now=now) == {"j/": Owed(dead=1)}
    await owe(store, Schedule("j/", now + 1))
    assert await store.owed(now=now + 2) == {"j/": Owed(living=1, due=1, since=now + 1)}


async def test_tenants_owe_apart(engine: StoreEngine) -> None:
    await owe(engine.of("contoso"), Schedule("j/", 5))

    assert await engine.of("fabrikam").owed(now=9) == {}


async def test_jobs_are_known_whoever_has_them_until_they_are_done(store: Store) -> None:
    await owe(store, Schedule("later/", 500), Schedule("held/", 5), Schedule("done/", 6))
    await take_one(store, 5)
    await finish(store, await take_one(store, 7))

    assert await store.known_jobs(["later/", "held/", "done/", "never/"]) == {"later/", "held/"}
    assert await store.known_jobs([]) == set()


async def test_a_dead_letter_is_a_known_job(store: Store) -> None:
    await owe(store, Schedule("j/", 5))
    await kill(store, 5)

    assert await store.known_jobs(["j/"]) == {"j/"}
