"""What one lost answer, one 404 or a mailbox that is away for a while may not bring about."""

import contextlib

import pytest

from bot.domain.bookings import State
from bot.ports import keys
from bot.ports.calendar import Busy, Denied, Missing, Moved, Rejected, RemoteError, Unclear
from tests.fakes import Fault
from tests.unit.core.test_booking_flows import confirmed
from tests.unit.core.test_not_found import a_series, not_found
from tests.unit.core.world import ADA, OSLO, Crash, at, noticed, running, shifted

REFUSALS = [not_found(), Moved("ErrorIrresolvableConflict", 409), Rejected("x", 400), Denied("x", 403)]


@pytest.mark.parametrize("then", REFUSALS, ids=lambda refusal: type(refusal).__name__)
async def test_a_move_that_was_not_answered_and_then_refused_has_moved(then: RemoteError) -> None:
    world = await running()
    booking = await confirmed(world)
    world.calendar.faults += [Fault(error=Unclear(), method="move", done=True), Fault(error=then, method="move")]

    await world.desk.move(booking.id, ADA.id, at(13))
    await world.pass_time(600)

    after = await world.booking(booking.id)
    assert (after.slot, after.state) == (at(13), State.CONFIRMED)
    assert not any(shown.reasons for shown in world.shown[keys.booking_card(booking.id)])


async def test_a_last_date_that_was_moved_far_ahead_is_followed_though_it_is_not_found_once() -> None:
    world = await running()
    series_id, _ = await a_series(world)
    last = max(await world.occurrences(series_id), key=lambda one: one.slot)
    world.calendar.outlook_move(last.event_id, shifted(last.slot, days=250))
    world.calendar.faults.append(Fault(error=not_found(), method="read"))

    await noticed(world, 900)

    after = await world.booking(last.id)
    assert (after.live, after.slot) == (True, shifted(last.slot, days=250))


async def test_a_date_is_not_gone_where_neither_it_nor_its_series_is_had_by_a_copy_that_is_behind(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = await running()
    _, date = await a_series(world)
    monkeypatch.setattr(world.calendar, "_deliver", lambda _: None)
    await world.desk.move(date.id, ADA.id, shifted(date.slot, hours=3))
    world.calendar.faults += [Fault(error=not_found(), method=method) for method in ("read", "instances")]
    await world.settle()
    row = world.calendar.row_of(world.calendar.held[date.event_id])
    assert row is not None
    world.calendar._remove(row)
    await world.pass_time(200)

    assert world.calendar.faults == []
    assert (await world.booking(date.id)).live


async def test_what_cannot_be_cancelled_while_its_organizers_mailbox_is_away_is_cancelled_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its room goes on having it meanwhile."""

    async def away(*_: object) -> None:
        raise Missing("MailboxNotEnabledForRESTAPI", 404)

    world = await running()
    booking = await confirmed(world)
    for method in ("read", "find", "cancel"):
        monkeypatch.setattr(world.calendar, method, away)
    await world.desk.cancel(booking.id, ADA.id)
    await world.pass_time(600)
    assert (await world.booking(booking.id)).state is State.COMPENSATING

    monkeypatch.undo()
    await world.pass_time(1800, 30)

    assert ((await world.booking(booking.id)).state, world.calendar.made_by(booking.id)) == (State.CANCELLED, [])


async def test_an_acceptance_that_waits_is_not_sent_for_a_time_of_which_half_was_given_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def busy(*_: object) -> None:
        raise Busy("serviceUnavailable", 503, retry_after_s=5)

    world = await running()
    mine, answer = await world.book(at(9)), world.calendar.answer
    monkeypatch.setattr(world.calendar, "answer", busy)
    await world.pass_time(130)  # decided, and not sent
    row = world.calendar.row_of(world.calendar.made_by(mine.id)[0])

    async def the_others_first(room: str, event_id: str, *more: object) -> None:
        if row is not None and event_id == row.id and not world.calendar.answers:
            await busy()
        await answer(room, event_id, *more)  # type: ignore[arg-type]

    with monkeypatch.context() as throttled:
        throttled.setattr(world.calendar, "move", busy)
        throttled.setattr(world.calendar, "answer", the_others_first)
        await world.desk.move(mine.id, ADA.id, shifted(mine.slot, minutes=30))
        world.calendar.outlook_book(OSLO, at(9, 30), "eve@contoso.example")
        await noticed(world, 400)
    monkeypatch.undo()
    await world.pass_time(600)

    assert world.calendar.double == []
    assert (await world.booking(mine.id)).state is State.CONFIRMED


@pytest.mark.parametrize("lost", ["answer", "process"])
async def test_what_was_moved_on_in_outlook_is_not_moved_back(lost: str) -> None:
    world = await running()
    booking = await confirmed(world)
    await world.desk.move(booking.id, ADA.id, at(13))
    if lost == "answer":
        world.calendar.faults.append(Fault(error=Unclear(), method="move", done=True))
        with contextlib.suppress(Unclear):
            await world.run_one(keys.drive(booking.id))
    else:

        def dies(call: str) -> None:
            world.life.dead = world.life.dead or call == "move:done"
            world.life.alive()

        world.calendar.before_call = dies
        with contextlib.suppress(Crash):
            await world.settle()
        await world.worker._stop()
        world.calendar.before_call = lambda _: world.life.step()
        world.clock.forward(300)
    assert world.calendar.made_by(booking.id)[0].slot == at(13)

    world.calendar.outlook_move(booking.event_id, at(15))
    await world.start()
    await world.pass_time(600)

    after = await world.booking(booking.id)
    assert (after.slot, after.state) == (at(15), State.CONFIRMED)


async def test_of_two_moves_in_a_row_the_second_is_sent_again_though_the_first_was_done(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = await running()
    booking = await confirmed(world)
    monkeypatch.setattr(world.calendar, "_deliver", lambda _: None)  # the room hears of neither for now
    await world.desk.move(booking.id, ADA.id, at(13))
    await world.settle()
    world.calendar.faults.append(Fault(error=Unclear(), method="move"))

    await world.desk.move(booking.id, ADA.id, at(15))
    await world.pass_time(60)

    assert world.calendar.faults == []
    assert ((await world.booking(booking.id)).slot, world.calendar.made_by(booking.id)[0].slot) == (at(15), at(15))
