"""What was begun is brought to its end, also where the job that drove it was lost."""

from bot.booking.completer import Completer
from bot.domain.bookings import State
from bot.ports import keys
from bot.ports.store import Batch, Finish
from tests.unit.core.world import World, at, running


async def lose(world: World, job: str) -> None:
    """As nothing of ours does."""
    (lease,) = await world.raw.take([job], 1, now=world.clock.now().timestamp() + 3600, lease_s=60)
    await world.raw.commit(Batch(finishes=(Finish(lease),)))


async def test_a_booking_whose_job_was_lost_is_driven_within_ten_seconds() -> None:
    world = await running()
    made = await world.book(at(9))
    await lose(world, keys.drive(made.id))
    await world.pass_time(60)

    assert (await world.booking(made.id)).state is State.CONFIRMED


async def test_a_series_whose_job_was_lost_is_made_all_the_same() -> None:
    world = await running()
    made = await world.book_series(at(9), 3)
    await lose(world, keys.drive(made.id))
    await world.pass_time(70)

    assert (await world.booking(made.id)).state is State.CONFIRMED


async def test_a_job_that_is_there_is_left_as_it_is() -> None:
    world = await running()
    made = await world.book(at(9))
    before = await world.raw.owed(now=0)
    completer = Completer(world.documents, world.clock)
    world.clock.forward(10)
    (lease,) = await world.raw.take([keys.COMPLETE], 1, now=world.clock.now().timestamp(), lease_s=60)
    await completer.complete(lease)

    assert (await world.raw.owed(now=0))[keys.DRIVE] == before[keys.DRIVE]
    assert (await world.booking(made.id)).state is State.HELD
    assert await world.raw.known_jobs([lease.key]) == {lease.key}
