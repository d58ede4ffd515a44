"""Durable jobs: what the store port promises of owing, leasing, finishing and giving up, for every engine."""

import asyncio

import pytest

from bot.ports.store import MOST_ATTEMPTS, Batch, DeadLetter, Finish, Lease, LeaseLost, Schedule, Store, StoreEngine


async def owe(store: Store, *owed: Schedule) -> None:
    await store.commit(Batch(schedules=owed))


async def finish(store: Store, lease: Lease, again_at: float | None = None, payload: bytes | None = None) -> None:
    await store.commit(Batch(finishes=(Finish(lease, again_at=again_at, payload=payload),)))


async def take_one(store: Store, now: float, lease_s: float = 60.0) -> Lease:
    (lease,) = await store.take((), 9, now=now, lease_s=lease_s)
    return lease


async def kill(store: Store, now: float) -> float:
    """Uses up the attempts of the one job that is due; returns when it died."""
    for _ in range(MOST_ATTEMPTS):
        await take_one(store, now, lease_s=10)
        now += 10
    assert await store.take((), 9, now=now, lease_s=10) == []
    return now


async def test_a_job_is_leased_once_it_is_due(store: Store) -> None:
    await owe(store, Schedule("sync/oak", 100.5, b"why"))

    assert await store.take((), 9, now=100.4, lease_s=60) == []
    lease = await take_one(store, 100.5)

    assert (lease.key, lease.payload, lease.attempt, lease.until) == ("sync/oak", b"why", 1, 160.5)


async def test_a_leased_job_is_in_nobody_elses_hands(store: Store) -> None:
    await owe(store, Schedule("j", 1))
    await take_one(store, 5)

    assert await store.take((), 9, now=64.9, lease_s=60) == []


async def test_a_finished_job_is_gone(store: Store) -> None:
    await owe(store, Schedule("j", 1))

    await finish(store, await take_one(store, 5))

    assert await store.next_due() is None
    assert await store.take((), 9, now=10**6, lease_s=60) == []


async def test_the_longest_due_are_taken_first_and_no_more_than_asked_for(store: Store) -> None:
    await owe(store, Schedule("c", 3), Schedule("b", 1), Schedule("a", 2), Schedule("d", 1))

    first = await store.take((), 3, now=10, lease_s=60)
    second = await store.take((), 3, now=10, lease_s=60)

    assert [lease.key for lease in first] == ["b", "d", "a"]
    assert [lease.key for lease in second] == ["c"]
    assert await store.take((), 0, now=10**6, lease_s=60) == []


@pytest.mark.parametrize("prefix", ["sync/", "50%/", "a_b", "[s]", "é", "部屋/", 'a"b', "key"])
async def test_only_jobs_under_the_prefixes_are_taken(store: Store, prefix: str) -> None:
    inside = [prefix, f"{prefix}1"]
    await owe(store, *(Schedule(key, 1) for key in (*inside, "syn", "500", "axb", "s", "e", "部", "other/x", "0")))

    taken = await store.take((prefix, "other/"), 99, now=5, lease_s=60)

    assert sorted(lease.key for lease in taken) == sorted([*inside, "other/x"])


async def test_scheduling_again_replaces_payload_and_due_time(store: Store) -> None:
    await owe(store, Schedule("j", 10, b"old"))
    await owe(store, Schedule("j", 50, b"new"))

    assert await store.take((), 9, now=49, lease_s=60) == []
    assert (await take_one(store, 50)).payload == b"new"
    assert await store.take((), 9, now=50, lease_s=60) == []


async def test_scheduling_again_may_bring_a_job_forward(store: Store) -> None:
    await owe(store, Schedule("j", 50))
    await owe(store, Schedule("j", 10))

    assert await store.next_due() == 10
    assert (await take_one(store, 10)).key == "j"


async def test_a_job_that_is_scheduled_while_worked_on_runs_once_more_afterwards(store: Store) -> None:
    await owe(store, Schedule("j", 1, b"first"))
    lease = await take_one(store, 5)
    await owe(store, Schedule("j", 6, b"second"), Schedule("j", 7, b"third"))
    assert await store.take((), 9, now=20, lease_s=60) == []

    await finish(store, lease)

    again = await take_one(store, 20)
    assert (again.payload, again.attempt) == (b"third", 1)
    await finish(store, again)
    assert await store.next_due() is None


async def test_what_was_scheduled_meanwhile_wins_over_what_the_finish_asks_for(store: Store) -> None:
    await owe(store, Schedule("j", 1, b"first"))
    lease = await take_one(store, 5)
    await owe(store, Schedule("j", 30, b"second"))

    await finish(store, lease, again_at=900, payload=b"mine")

    assert await store.next_due() == 30
    assert (await take_one(store, 30)).payload == b"second"


async def test_a_job_scheduled_for_later_while_worked_on_waits_for_its_time(store: Store) -> None:
    await owe(store, Schedule("j", 1))
    await take_one(store, 5, lease_s=10)
    await owe(store, Schedule("j", 100))

    assert await store.next_due() == 100
    assert await store.take((), 9, now=50, lease_s=10) == []
    assert (await take_one(store, 100)).attempt == 1


async def test_a_job_scheduled_for_now_while_worked_on_waits_for_the_lease(store: Store) -> None:
    await owe(store, Schedule("j", 1))
    await take_one(store, 5, lease_s=10)
    await owe(store, Schedule("j", 6))

    assert await store.next_due() == 15
    assert (await take_one(store, 15)).attempt == 1


async def test_a_job_put_off_is_due_again_then_with_attempts_anew(store: Store) -> None:
    await owe(store, Schedule("j", 1, b"same"))
    await take_one(store, 5, lease_s=10)
    lease = await take_one(store, 15)
    assert lease.attempt == 2

    await finish(store, lease, again_at=500)

    assert await store.next_due() == 500
    again = await take_one(store, 500)
    assert (again.payload, again.attempt) == (b"same", 1)


async def test_a_job_put_off_may_be_given_another_payload(store: Store) -> None:
    await owe(store, Schedule("j", 1, b"old"))

    await finish(store, await take_one(store, 5), again_at=500, payload=b"")

    assert (await take_one(store, 500)).payload == b""


async def test_a_batch_may_finish_a_job_and_owe_it_anew(store: Store) -> None:
    await owe(store, Schedule("j", 1, b"old"))
    lease = await take_one(store, 5)

    await store.commit(Batch(schedules=(Schedule("j", 70, b"new"),), finishes=(Finish(lease),)))

    assert await store.next_due() == 70
    assert (await take_one(store, 70)).payload == b"new"


async def test_a_job_whose_lease_ran_out_is_due_again(store: Store) -> None:
    await owe(store, Schedule("j", 1, b"p"))
    first = await take_one(store, 5, lease_s=10)
    assert await store.next_due() == 15

    second = await take_one(store, 15)

    assert (second.attempt, second.payload) == (2, b"p")
    assert second.fence > first.fence


async def test_a_lease_that_was_passed_on_finishes_nothing(store: Store) -> None:
    await owe(store, Schedule("j", 1))
    late = await take_one(store, 5, lease_s=10)
    holder = await take_one(store, 15)

    with pytest.raises(LeaseLost) as refused:
        await finish(store, late)

    assert refused.value.key == "j"
    await finish(store, holder)
    assert await store.next_due() is None


async def test_a_lease_that_ran_out_unclaimed_still_finishes(store: Store) -> None:
    await owe(store, Schedule("j", 1))
    late = await take_one(store, 5, lease_s=10)

    await finish(store, late)

    assert await store.next_due() is None


async def test_a_lease_finishes_once(store: Store) -> None:
    await owe(store, Schedule("j", 1))
    lease = await take_one(store, 5)
    await finish(store, lease, again_at=10)

    with pytest.raises(LeaseLost):
        await finish(store, lease)
    with pytest.raises(LeaseLost):
        await store.commit(Batch(finishes=(Finish(await take_one(store, 10)), Finish(lease))))

    assert await store.next_due() == 70


async def test_an_old_lease_does_not_fit_a_job_that_was_owed_anew(store: Store) -> None:
    await owe(store, Schedule("j", 1))
    old = await take_one(store, 5)
    await finish(store, old)
    await owe(store, Schedule("j", 1))

    with pytest.raises(LeaseLost):
        await finish(store, old)

    new = await take_one(store, 5)
    assert new.fence > old.fence
    with pytest.raises(LeaseLost):
        await finish(store, old)
    await finish(store, new)


async def test_fences_only_rise(store: Store) -> None:
    fences: list[int] = []
    for now in range(10):
        await owe(store, *(Schedule(f"{n}", now) for n in range(3)))
        leases = await store.take((), 9, now=now, lease_s=60)
        fences.extend(lease.fence for lease in leases)
        await store.commit(Batch(finishes=tuple(Finish(lease) for lease in leases)))

    assert fences == sorted(set(fences))
    assert len(fences) == 30


async def test_each_tenant_has_its_own_jobs(engine: StoreEngine) -> None:
    ours, theirs = engine.of("contoso"), engine.of("fabrikam")
    await owe(ours, Schedule("j", 1, b"ours"))
    await owe(theirs, Schedule("j", 2, b"theirs"))
    lease = await take_one(ours, 5)

    assert (await take_one(theirs, 5)).payload == b"theirs"
    await finish(ours, lease)

    assert await ours.next_due() is None
    assert await theirs.next_due() == 65


async def test_after_five_attempts_a_job_is_a_dead_letter(store: Store) -> None:
    await owe(store, Schedule("j", 1, b"poison"))

    died_at = await kill(store, 5)

    assert await store.dead_letters() == [DeadLetter("j", b"poison", 5, died_at)]
    assert await store.next_due() is None
    assert await store.take((), 9, now=10**6, lease_s=60) == []


async def test_a_dying_job_takes_no_place_from_the_living(store: Store) -> None:
    await owe(store, Schedule("j", 1))
    for now in (5, 15, 25, 35, 45):
        await take_one(store, now, lease_s=10)
    await owe(store, Schedule("k", 54))

    assert [lease.key for lease in await store.take((), 1, now=55, lease_s=10)] == ["k"]
    assert [letter.key for letter in await store.dead_letters()] == ["j"]


async def test_a_job_dies_only_for_who_asks_for_its_prefix(store: Store) -> None:
    await owe(store, Schedule("a/1", 1))
    for now in (5, 15, 25, 35, 45):
        await take_one(store, now, lease_s=10)

    assert await store.take(("b/",), 9, now=60, lease_s=10) == []
    assert await store.dead_letters() == []


async def test_the_last_holder_of_a_dead_letter_has_lost_it(store: Store) -> None:
    await owe(store, Schedule("j", 1))
    for now in (5, 15, 25, 35):
        await take_one(store, now, lease_s=10)
    last = await take_one(store, 45, lease_s=10)
    await store.take((), 9, now=55, lease_s=10)

    with pytest.raises(LeaseLost):
        await finish(store, last)


async def test_the_last_attempt_may_succeed(store: Store) -> None:
    await owe(store, Schedule("j", 1))
    for now in (5, 15, 25, 35):
        await take_one(store, now, lease_s=10)

    last = await take_one(store, 45, lease_s=10)
    await finish(store, last)

    assert last.attempt == MOST_ATTEMPTS
    assert await store.dead_letters() == []
    assert await store.next_due() is None


async def test_a_dead_letter_that_is_scheduled_again_lives_again(store: Store) -> None:
    await owe(store, Schedule("j", 1, b"old"))
    died_at = await kill(store, 5)

    await owe(store, Schedule("j", died_at + 1, b"replayed"))

    assert await store.dead_letters() == []
    lease = await take_one(store, died_at + 1)
    assert (lease.payload, lease.attempt) == (b"replayed", 1)


async def test_scheduling_again_starts_the_attempts_anew(store: Store) -> None:
    await owe(store, Schedule("j", 1))
    for now in (5, 15, 25, 35, 45):
        await take_one(store, now, lease_s=10)
    await owe(store, Schedule("j", 1))

    assert (await take_one(store, 60)).attempt == 1


async def test_dead_letters_come_by_time_of_death_then_by_key(store: Store) -> None:
    await owe(store, Schedule("z", 1))
    first = await kill(store, 5)
    await owe(store, Schedule("b", first), Schedule("a", first))
    for now in range(6):
        await store.take((), 9, now=first + now * 10, lease_s=10)

    assert [letter.key for letter in await store.dead_letters()] == ["z", "a", "b"]


async def test_the_next_due_is_the_earliest_job_or_lapsing_lease(store: Store) -> None:
    assert await store.next_due() is None
    await owe(store, Schedule("late", 500), Schedule("soon", 20.25))
    assert await store.next_due() == 20.25

    await take_one(store, 30, lease_s=60)

    assert await store.next_due() == 90


async def test_two_workers_never_get_the_same_job(store: Store) -> None:
    await owe(store, *(Schedule(f"{n:03}", 1) for n in range(100)))

    taken = await asyncio.gather(*(store.take((), 7, now=5, lease_s=60) for _ in range(20)))

    keys = [lease.key for leases in taken for lease in leases]
    assert sorted(keys) == [f"{n:03}" for n in range(100)]
    fences = [lease.fence for leases in taken for lease in leases]
    assert len(set(fences)) == 100


async def test_a_lease_that_is_prolonged_is_nobody_elses_until_its_new_end(store: Store) -> None:
    await store.commit(Batch(schedules=(Schedule("j", 5),)))
    lease = await take_one(store, 5, lease_s=10)

    (held,) = await store.prolong([lease], 40)

    assert (held.key, held.fence, held.attempt, held.until) == ("j", lease.fence, 1, 40)
    assert await store.take((), 9, now=39.9, lease_s=10) == []
    assert (await take_one(store, 40)).attempt == 2


async def test_prolonging_tells_which_leases_are_lost(store: Store) -> None:
    await store.commit(Batch(schedules=tuple(Schedule(key, 5) for key in ("done", "kept", "lost"))))
    done, kept, lost = await store.take((), 9, now=5, lease_s=10)
    await finish(store, done)
    await store.prolong([kept], 30)
    again = await take_one(store, 16)
    assert again.key == "lost"

    held = await store.prolong([done, kept, lost], 60)

    assert [lease.key for lease in held] == ["kept"]
    await finish(store, held[0])
    with pytest.raises(LeaseLost):
        await finish(store, lost)


async def test_a_job_that_was_scheduled_for_later_is_not_due_when_its_prolonged_lease_ends(store: Store) -> None:
    await store.commit(Batch(schedules=(Schedule("j", 5),)))
    lease = await take_one(store, 5, lease_s=10)
    await store.commit(Batch(schedules=(Schedule("j", 100),)))

    await store.prolong([lease], 40)

    assert await store.take((), 9, now=99, lease_s=10) == []
    assert await store.next_due() == 100
