"""One 404 of a copy of the mailbox that is behind: it ends no booking, and leaves no meeting behind."""

from dataclasses import replace

import pytest

from bot.domain.bookings import Booking, State
from bot.domain.events import Response
from bot.domain.slots import Slot
from bot.ports.calendar import Denied, Missing, RemoteError
from tests.fakes import Fault
from tests.unit.core.test_booking_flows import confirmed
from tests.unit.core.world import ADA, BOB, OSLO, World, at, running, shifted


def not_found() -> Missing:
    return Missing("ErrorItemNotFound", 404)


async def ended(world: World, booking_id: str) -> tuple[State, int, int]:
    """Its state, how many meetings it has, and how many of them the room has as standing."""
    rows = [row for row in world.calendar.live_rows(OSLO).values() if not row.is_cancelled]
    return (await world.booking(booking_id)).state, len(world.calendar.made_by(booking_id)), len(rows)


while_it_is_undone = pytest.mark.parametrize(
    "told",
    [{"cancel": not_found()}, {"cancel": Denied("ErrorAccessDenied", 403), "read": not_found()}],
    ids=["cancelling", "looking after a refusal"],
)


@while_it_is_undone
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


# Series --------------------------------------------------------------------------------------------------------------


async def a_series(world: World) -> tuple[str, Booking]:
    """A confirmed one, and its second date."""
    series = await world.book_series(at(9), 4)
    await world.pass_time(120)
    return series.id, sorted(await world.occurrences(series.id), key=lambda one: one.slot)[1]


def standing(world: World) -> list[Slot]:
    return sorted(row.slot for row in world.calendar.live_rows(OSLO).values() if not row.is_cancelled)


@while_it_is_undone
async def test_a_series_that_was_cancelled_is_cancelled_though_it_is_not_found_once(
    told: dict[str, RemoteError],
) -> None:
    world = await running()
    series_id, _ = await a_series(world)
    world.calendar.faults += [Fault(error=error, method=method) for method, error in told.items()]

    await world.series_desk.cancel(series_id, ADA.id)
    await world.pass_time(3600, 30)

    assert (await ended(world, series_id), await world.claims(OSLO)) == ((State.CANCELLED, 0, 0), [])


@while_it_is_undone
async def test_a_date_that_was_cancelled_is_cancelled_though_it_is_not_found_once(told: dict[str, RemoteError]) -> None:
    world = await running()
    _, date = await a_series(world)
    world.calendar.faults += [Fault(error=error, method=method) for method, error in told.items()]

    await world.desk.cancel(date.id, ADA.id)
    await world.pass_time(3600, 30)

    assert (await world.booking(date.id)).state is State.CANCELLED
    assert date.slot not in standing(world)
    assert len(standing(world)) == 3


async def test_a_date_that_was_moved_is_confirmed_though_it_is_not_found_once_before_the_room_heard_of_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = await running()
    _, date = await a_series(world)
    noon = shifted(date.slot, hours=3)

    def only_the_organizers_copy(event_id: str, slot: Slot) -> None:
        moved = replace(world.calendar.held[event_id], slot=slot, room_response=Response.NONE)
        world.calendar.held[event_id] = moved

    with monkeypatch.context() as late:
        late.setattr(world.calendar, "outlook_move", only_the_organizers_copy)
        await world.desk.move(date.id, ADA.id, noon)
        await world.settle()
        world.calendar.faults.append(Fault(error=not_found(), method="read"))
        await world.pass_time(130)
    assert world.calendar.faults == []
    world.calendar.outlook_move(date.event_id, noon)
    await world.hint(OSLO)
    await world.pass_time(600)

    now = await world.booking(date.id)
    assert (now.state, now.slot, now.reasons) == (State.CONFIRMED, noon, ())


async def test_a_date_that_is_left_out_goes_though_it_is_not_found_once_to_be_deleted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = await running()
    await world.book(at(9, days=8), BOB)
    await world.pass_time(90)
    drop, asked = world.calendar.drop, []

    async def not_found_at_first(organizer: str, event_id: str) -> None:
        asked.append(event_id)
        if len(asked) > 1:
            await drop(organizer, event_id)

    monkeypatch.setattr(world.calendar, "drop", not_found_at_first)
    series = await world.book_series(at(9), 4, missing=[1])
    await world.pass_time(600)

    states = [one.state for one in (await world.booking(series.id)).occurrences]
    assert states == [State.CONFIRMED, None, State.CONFIRMED, State.CONFIRMED]
    assert len(standing(world)) == 4


async def test_a_date_that_was_moved_by_days_in_outlook_is_cancelled_though_it_is_not_found_once() -> None:
    world = await running()
    _, date = await a_series(world)
    world.calendar.outlook_move(date.event_id, shifted(date.slot, days=3))
    world.calendar.faults.append(Fault(error=not_found(), method="cancel"))

    await world.desk.cancel(date.id, ADA.id)
    await world.pass_time(1800, 30)

    assert (await world.booking(date.id)).state is State.CANCELLED
    assert date.event_id not in world.calendar.held
