"""The worker that runs what is owed, and the page that says how things stand."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from bot.domain.bookings import State
from bot.domain.rooms import Room
from bot.ports import keys
from bot.ports.calendar import Busy, Denied, Unclear
from bot.ports.records import SubscriptionRecord
from bot.ports.store import Batch, Conflict, Finish, Lease, Schedule
from bot.store.memory import MemoryEngine
from bot.sync.worker import AT_ONCE, LEASE_S, LONGEST_S, NudgingStore, Terms, Worker
from tests.fakes import START_AT, ManualClock
from tests.unit.core.world import BERGEN, OSLO, World, at, running

NINE = at(9)
DEFAULT = Terms()


# The worker -----------------------------------------------------------------------------------------------------------


class Bench:
    """A worker with one kind of job, whose handler is given."""

    def __init__(self, handler: Callable[[Lease], Awaitable[None]], terms: Terms = DEFAULT) -> None:
        self.clock = ManualClock()
        self.store = MemoryEngine().of("t")
        self.runs: list[float] = []
        self._handler = handler
        self.worker = Worker(self.store, {"job/": self._run}, self.clock, "bench", terms=terms)

    async def _run(self, lease: Lease) -> None:
        self.runs.append((self.clock.now() - START_AT).total_seconds())
        await self._handler(lease)

    async def owe(self) -> None:
        await self.store.commit(Batch(schedules=(Schedule("job/1", self.clock.now().timestamp()),)))

    async def pass_time(self, seconds: int) -> None:
        for _ in range(seconds):
            await self.worker.settle()
            self.clock.forward(1)


def failing(error: Exception) -> Callable[[Lease], Awaitable[None]]:
    async def handle(_: Lease) -> None:
        raise error

    return handle


@pytest.mark.parametrize("error", [Unclear(), Denied("x", 403), Conflict("k")])
async def test_a_job_that_was_refused_comes_back_at_growing_distances_and_never_dies(error: Exception) -> None:
    bench = Bench(failing(error))
    await bench.owe()

    await bench.pass_time(300)

    assert bench.runs == [0, 5, 15, 35, 75, 135, 195, 255]
    assert await bench.store.dead_letters() == []


async def test_a_service_that_says_when_is_asked_then() -> None:
    bench = Bench(failing(Busy("x", 429, retry_after_s=90)))
    await bench.owe()

    await bench.pass_time(200)

    assert bench.runs == [0, 90, 180]


async def test_a_job_that_breaks_is_tried_five_times_and_then_laid_aside() -> None:
    bench = Bench(failing(KeyError("a fault of ours")))
    await bench.owe()

    await bench.pass_time(1000)

    assert bench.runs == [0, 60, 180, 360, 600]
    assert [letter.key for letter in await bench.store.dead_letters()] == ["job/1"]


async def test_one_bad_job_does_not_hold_up_the_others() -> None:
    world = await running()

    async def broken(lease: Lease) -> None:
        raise KeyError(lease.key)

    world.worker._handlers = {**world.worker._handlers, keys.MANAGER: broken}
    booking = await world.book(NINE)
    await world.settle()
    await world.pass_time(30)

    assert (await world.booking(booking.id)).state is State.CONFIRMED


async def test_the_worker_wakes_when_something_is_owed_and_stops_when_it_is_told() -> None:
    handled = asyncio.Event()

    async def handle(lease: Lease) -> None:
        await bench.store.commit(Batch(finishes=(Finish(lease),)))
        handled.set()

    bench = Bench(handle)
    store = NudgingStore(bench.store)
    store.nudge = bench.worker.nudge
    running_worker = asyncio.create_task(bench.worker.run())
    for _ in range(5):
        await asyncio.sleep(0)  # noqa: TID251 - lets the worker go to rest
    await store.commit(Batch(schedules=(Schedule("job/1", bench.clock.now().timestamp()),)))

    await asyncio.wait_for(handled.wait(), 5)

    running_worker.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running_worker


async def test_leases_that_are_lost_cost_no_places(monkeypatch: pytest.MonkeyPatch) -> None:
    async def hang(_: Lease) -> None:
        await asyncio.Event().wait()

    bench = Bench(hang, Terms(repeated=frozenset({"job/"})))
    real = bench.store.commit

    async def commit(batch: Batch) -> None:
        for _ in range(5):
            await asyncio.sleep(0)  # noqa: TID251 - as every store but the memory's, it lets others run
        await real(batch)

    monkeypatch.setattr(bench.store, "commit", commit)
    now = bench.clock.now().timestamp()
    await real(Batch(schedules=tuple(Schedule(f"job/{number}", now) for number in range(AT_ONCE))))
    assert await bench.worker._take() == AT_ONCE
    bench.clock.forward(LEASE_S + 1)
    elsewhere = await bench.store.take((), AT_ONCE, now=bench.clock.now().timestamp(), lease_s=60.0)
    await real(Batch(finishes=tuple(map(Finish, elsewhere))))

    await bench.worker.prolong()
    await bench.worker.prolong()

    assert bench.worker._running == {}


@pytest.mark.parametrize(
    ("job", "in_s", "looks"), [("job/1", 0, 1), ("job/1", 0.5, 1), ("job/1", 3600, 0), ("other/1", 0, 0)]
)
async def test_a_worker_at_rest_looks_only_for_what_is_its_own_and_due_before_it_would_look_anyway(
    job: str, in_s: float, looks: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = Bench(failing(Conflict("k")))
    asked, real = [0], bench.store.next_due

    async def next_due() -> float | None:
        asked[0] += 1
        return await real()

    monkeypatch.setattr(bench.store, "next_due", next_due)
    running_worker = asyncio.create_task(bench.worker.run())
    for _ in range(5):
        await asyncio.sleep(0)  # noqa: TID251 - lets the worker go to rest
    before = asked[0]

    bench.worker.nudge([Schedule(job, bench.clock.now().timestamp() + in_s)])
    for _ in range(5):
        await asyncio.sleep(0)  # noqa: TID251

    assert asked[0] - before == looks
    running_worker.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running_worker


async def test_a_worker_that_is_stopped_gives_back_what_it_had_in_hand() -> None:
    begun = asyncio.Event()

    async def handle(_: Lease) -> None:
        begun.set()
        await asyncio.Event().wait()

    bench = Bench(handle)
    await bench.owe()
    running_worker = asyncio.create_task(bench.worker.run())
    await asyncio.wait_for(begun.wait(), 5)
    now = bench.clock.now().timestamp()
    assert await bench.store.take((), 1, now=now, lease_s=60.0) == []

    running_worker.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running_worker

    (lease,) = await bench.store.take((), 1, now=now, lease_s=60.0)
    assert (lease.key, lease.attempt) == ("job/1", 1)


async def test_what_was_shown_under_a_lost_lease_is_shown_once_more() -> None:
    """The process was stopped while it sent, and what it sends arrives after what another has sent meanwhile."""

    async def stopped_meanwhile(lease: Lease) -> None:
        if len(bench.runs) == 1:
            bench.clock.forward(LEASE_S)
            (other,) = await bench.store.take((), 1, now=bench.clock.now().timestamp(), lease_s=60)
            await bench.store.commit(Batch(finishes=(Finish(other),)))
        await bench.store.commit(Batch(finishes=(Finish(lease),)))

    bench = Bench(stopped_meanwhile, Terms(repeated=frozenset({"job/"})))
    await bench.owe()

    await bench.pass_time(10)

    assert bench.runs == [0, LEASE_S + 2]
    assert await bench.store.next_due() is None


class Endless:
    """A handler that takes as long as it is let, and knows whether it was broken off."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self.broken_off = asyncio.Event()

    async def handle(self, _: Lease) -> None:
        self.begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            self.broken_off.set()


async def test_a_job_in_hand_stays_in_hand_for_as_long_as_it_may_take() -> None:
    endless = Endless()
    bench = Bench(endless.handle)
    await bench.owe()
    working = asyncio.create_task(bench.worker.run())
    await asyncio.wait_for(endless.begun.wait(), 5)

    taken_by_others = []
    for _ in range(int(LONGEST_S) + 9):
        bench.clock.forward(1)
        await quiet()
        now = bench.clock.now().timestamp()
        taken_by_others += [now - START_AT.timestamp() for _ in await bench.store.take((), 1, now=now, lease_s=1e6)]

    assert endless.broken_off.is_set()
    assert [at > LONGEST_S for at in taken_by_others] == [], "not before its lease has lapsed"
    bench.clock.forward(LEASE_S)
    assert await bench.store.take((), 1, now=bench.clock.now().timestamp(), lease_s=1)
    await stopped(working)


async def test_a_worker_that_lost_a_lease_breaks_off_what_it_does_under_it() -> None:
    endless = Endless()
    bench = Bench(endless.handle)
    await bench.owe()
    working = asyncio.create_task(bench.worker.run())
    await asyncio.wait_for(endless.begun.wait(), 5)
    (other,) = await bench.store.take((), 1, now=START_AT.timestamp() + LEASE_S, lease_s=60)  # as after a long pause

    for _ in range(2):
        bench.clock.forward(LEASE_S)
        await quiet()
    assert endless.broken_off.is_set()

    await bench.store.commit(Batch(finishes=(Finish(other),)))
    await stopped(working)


async def test_a_handler_that_has_just_finished_may_end_what_it_does() -> None:
    answered, ended = asyncio.Event(), asyncio.Event()

    async def handle(lease: Lease) -> None:
        await bench.store.commit(Batch(finishes=(Finish(lease),)))
        await answered.wait()  # as while the answer of a store far away is on its way
        ended.set()

    bench = Bench(handle)
    await bench.owe()
    working = asyncio.create_task(bench.worker.run())
    await quiet()

    bench.clock.forward(LEASE_S)  # meanwhile leases are prolonged: this one is nobody's any more
    await quiet()
    answered.set()
    await quiet()

    assert ended.is_set()
    await stopped(working)


async def quiet() -> None:
    """Until whoever was woken has done what it does."""
    for _ in range(20):
        await asyncio.sleep(0)  # noqa: TID251 - lets others run, waits for nothing


async def stopped(working: "asyncio.Task[None]") -> None:
    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await working


async def test_trouble_of_long_ago_is_no_reason_to_wait_longer() -> None:
    bench = Bench(failing(Unclear()))
    await bench.owe()
    await bench.pass_time(40)
    for lease in await bench.store.take((), 1, now=bench.clock.now().timestamp() + 99, lease_s=1.0):
        await bench.store.commit(Batch(finishes=(Finish(lease),)))  # as another process does
    bench.clock.forward(3600)
    bench.runs.clear()

    await bench.owe()
    await bench.pass_time(8)

    assert [run - bench.runs[0] for run in bench.runs] == [0, 5]


# Status ---------------------------------------------------------------------------------------------------------------


async def test_the_status_counts_what_is_owed_and_names_what_is_wrong() -> None:
    world = await running('[room."bergen@contoso.example"]\ncontrol = "auto"')
    await world.book(NINE)

    status = await world.status.status()

    bergen, oslo = status.rooms
    assert (bergen.room.name, bergen.control, oslo.control) == ("Bergen", "auto", "delegated")
    assert (oslo.trouble, oslo.lag_s, status.open_bookings, status.rooms_in_all) == ("", 0.0, 1, 2)
    assert (status.dead_letters, status.page, status.next_page) == (0, 0, None)

    world.clock.forward(901)
    assert {room.trouble for room in (await world.status.status()).rooms} == {"behind"}


async def test_a_room_without_a_living_subscription_says_that_it_polls() -> None:
    world = await running()
    await world.raw.commit(
        Batch(
            puts=tuple(
                world.reading.put(keys.subscription(record.room), record)
                for record in (
                    SubscriptionRecord(id="s", room=OSLO, expires_at=START_AT, secret_digest=""),
                    SubscriptionRecord(
                        id="t", room=BERGEN, expires_at=START_AT + timedelta(seconds=1), secret_digest=""
                    ),
                )
            )
        )
    )

    assert [room.trouble for room in (await world.status.status()).rooms] == ["", "polling"]


async def test_ten_thousand_rooms_are_behind_later_for_they_are_polled_less_often() -> None:
    world = await running()
    few = [Room(address=f"r{number}@x.example", name=f"R{number}") for number in range(10_000)]
    world.index.set_rooms([*world.index.rooms, *few])
    world.clock.forward(5_900)

    oslo = next(
        room for room in await world.status._rooms([room for room in world.index.rooms if room.address == OSLO])
    )

    assert oslo.trouble == ""
    world.clock.forward(200)
    assert (await world.status._rooms([oslo.room]))[0].trouble == "behind"


@pytest.mark.parametrize(
    ("page", "names", "shown", "following"), [(0, 15, 0, 1), (2, 1, 2, None), (9, 1, 2, None), (-1, 15, 0, 1)]
)
async def test_rooms_come_fifteen_to_a_page(page: int, names: int, shown: int, following: int | None) -> None:
    world = World()
    await world.start()
    world.index.set_rooms([Room(address=f"r{number:02}@x.example", name=f"R{number:02}") for number in range(31)])

    status = await world.status.status(page)

    assert (len(status.rooms), status.page, status.next_page, status.rooms_in_all) == (names, shown, following, 31)
