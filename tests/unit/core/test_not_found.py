"""One 404 of a copy of the mailbox that is behind: it ends no booking, and leaves no meeting behind."""

import pytest

from bot.domain.bookings import State
from bot.ports.calendar import Denied, Missing, RemoteError
from tests.fakes import Fault
from tests.unit.core.test_booking_flows import confirmed
from tests.unit.core.world import ADA, OSLO, World, at, running


def not_found() -> Missing:
    return Missing("ErrorItemNotFound", 404)


async def ended(world: World, booking_id: str) -> tuple[State, int, int]:
    """Its state, how many meetings it has, and how many of them the room has as standing."""
    rows = [row for row in world.calendar.live_rows(OSLO).values() if not row.is_cancelled]
    return (await world.booking(booking_id)).state, len(world.calendar.made_by(booking_id)), len(rows)


@pytest.mark.parametrize(
    "told",
    [{"cancel": not_found()}, {"cancel": Denied("ErrorAccessDenied", 403), "read": not_found()}],
    ids=["cancelling", "looking after a refusal"],
)
async def test_what_was_cancelled_is_cancelled_though_it_is_not_found_once(told: dict[str, RemoteError]) -> None:
    world = await running()
    booking = await confirmed(world)
    world.calendar.faults += [Fault(error=error, method=method) for method, error in told.items()]

    await world.desk.cancel(booking.id, ADA.id)
    await world.pass_time(1800, 30)

    assert await ended(world, booking.id) == (State.CANCELLED, 0, 0)


async def test_a_meeting_that_is_not_found_once_before_the_room_has_it_is_booked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = await running()
    with monkeypatch.context() as away:
        away.setattr(world.calendar, "_deliver", lambda _: None)
        booking = await world.book(at(9))
        await world.settle()
        world.calendar.faults.append(Fault(error=not_found(), method="read"))
        await world.pass_time(60)
    for held in world.calendar.made_by(booking.id):
        world.calendar._deliver(held)
    await world.hint(OSLO)
    await world.pass_time(1800, 30)

    assert await ended(world, booking.id) == (State.CONFIRMED, 1, 1)
