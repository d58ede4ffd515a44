"""What mailboxes that are away, refuse or throttle may not bring about."""

import pytest

from bot.domain.bookings import State
from bot.ports import keys
from bot.ports.calendar import Busy, Denied, Missing, Rejected, RemoteError, Unclear
from tests.fakes import Fault
from tests.unit.core.test_booking_flows import confirmed
from tests.unit.core.test_not_found import a_series
from tests.unit.core.world import ADA, OSLO, World, at, noticed, running, shifted

GONE = Missing("MailboxNotEnabledForRESTAPI", 404)
BUSY = Busy("serviceUnavailable", 503, retry_after_s=30)
DENIED = Denied("ErrorAccessDenied", 403)
ALL = ("read", "find", "cancel", "move", "instances", "rename", "create")


def away(world: World, patch: pytest.MonkeyPatch, error: RemoteError, methods: tuple[str, ...] = ALL) -> None:
    async def fails(*_: object) -> None:
        raise error

    for method in methods:
        patch.setattr(world.calendar, method, fails)


@pytest.mark.parametrize("of_series", [False, True])
async def test_what_is_moved_while_its_organizers_mailbox_is_away_is_not_lost(
    monkeypatch: pytest.MonkeyPatch, of_series: bool
) -> None:
    world = await running()
    booking = (await a_series(world))[1] if of_series else await confirmed(world)
    away(world, monkeypatch, GONE)
    await world.desk.move(booking.id, ADA.id, shifted(booking.slot, hours=3))
    await world.pass_time(600)
    monkeypatch.undo()
    await world.pass_time(1800, 30)

    after = await world.booking(booking.id)
    assert (after.state, after.slot) == (State.CONFIRMED, booking.slot)
    assert [claim.holder for claim in await world.claims(OSLO)].count(keys.held_by_booking(booking.id)) == 1


async def test_what_was_just_made_is_not_lost_while_its_organizers_mailbox_is_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = await running()
    deliver = world.calendar._deliver
    monkeypatch.setattr(world.calendar, "_deliver", lambda _: None)
    booking = await world.book(at(9))
    await world.settle()
    away(world, monkeypatch, GONE)
    await world.pass_time(200)
    monkeypatch.undo()
    deliver(world.calendar.made_by(booking.id)[0])
    await noticed(world, 1800)

    assert (await world.booking(booking.id)).state is State.CONFIRMED


@pytest.mark.parametrize("error", [BUSY, DENIED])
async def test_booked_ends_when_the_rooms_row_goes_though_the_organizers_copy_cannot_be_read(
    monkeypatch: pytest.MonkeyPatch, error: RemoteError
) -> None:
    world = await running()
    booking = await confirmed(world)
    away(world, monkeypatch, error)
    world.calendar._remove(next(iter(world.calendar.live_rows(OSLO).values())))
    await noticed(world, 3600)

    assert (await world.booking(booking.id)).state is not State.CONFIRMED
    assert world.shown[keys.booking_card(booking.id)][-1].state is not State.CONFIRMED


@pytest.mark.parametrize("error", [GONE, DENIED])
@pytest.mark.parametrize("of_series", [False, True])
async def test_what_cannot_be_looked_for_ends_when_it_is_over(
    monkeypatch: pytest.MonkeyPatch, error: RemoteError, of_series: bool
) -> None:
    world = await running()
    world.calendar.faults.append(Fault(error=Unclear(), method="create"))
    booking = await (world.book_series(at(9), 2, weekly=False) if of_series else world.book(at(9)))
    await world.settle()
    away(world, monkeypatch, error)
    await world.pass_time(3600 * 54, 300)

    assert not (await world.booking(booking.id)).live
    assert await world.claims(OSLO) == []


async def test_a_card_of_a_date_tells_of_the_move_of_its_series(monkeypatch: pytest.MonkeyPatch) -> None:
    world = await running()
    series = await world.book_series(at(9), 3, weekly=False)
    await world.pass_time(300)
    coming = await world.series_desk.movable(await world.booking(series.id))
    away(world, monkeypatch, BUSY, ("move",))
    world.shown.clear()
    await world.series_desk.move(series.id, ADA.id, [shifted(one.slot, hours=2) for one in coming])
    await world.pass_time(600)

    assert world.shown[keys.booking_card(coming[0].id)][-1].slot == shifted(coming[0].slot, hours=2)


@pytest.mark.parametrize("busy_s", [0, 60, 240, 600])
async def test_a_series_whose_dates_pass_one_another_moves_whole_though_the_mailbox_is_throttled(
    monkeypatch: pytest.MonkeyPatch, busy_s: int
) -> None:
    """Exchange's rule, that no date of a series passes another, is played here: the fake does not know it."""
    world = await running()
    series = await world.book_series(at(9), 4, weekly=False)
    await world.pass_time(300)
    move, until = world.calendar.move, world.clock.now().timestamp() + busy_s

    async def throttled(organizer: str, event_id: str, slot, zone: str) -> object:  # type: ignore[no-untyped-def]
        left_s = until - world.clock.now().timestamp()
        if left_s > 0:
            raise Busy("TooManyRequests", 429, retry_after_s=left_s)
        low, high = sorted((world.calendar.held[event_id].slot.start_at, slot.start_at))
        others = [one for one in world.calendar.held.values() if one.master and one.id != event_id]
        if any(low <= one.slot.start_at <= high for one in others):
            raise Rejected("ErrorOccurrenceCrossingBoundary", 400)
        return await move(organizer, event_id, slot, zone)

    monkeypatch.setattr(world.calendar, "move", throttled)
    wanted = [shifted(one.slot, days=1) for one in await world.series_desk.movable(await world.booking(series.id))]
    await world.series_desk.move(series.id, ADA.id, wanted)
    await world.pass_time(1800)

    assert sorted(one.slot for one in await world.occurrences(series.id)) == wanted


async def test_moved_and_back_again_is_not_booked_by_the_acceptance_of_before(monkeypatch: pytest.MonkeyPatch) -> None:
    world = await running()
    booking = await confirmed(world)
    monkeypatch.setattr(world.calendar, "_deliver", lambda _: None)  # the room hears later
    await world.desk.move(booking.id, ADA.id, at(13))
    await world.pass_time(5)
    assert world.calendar.made_by(booking.id)[0].slot == at(13)
    await world.desk.move(booking.id, ADA.id, at(9))
    await world.pass_time(10)

    assert (await world.booking(booking.id)).state is State.REQUESTED


@pytest.mark.parametrize("cancelled", [False, True])
async def test_no_job_is_called_lost_while_a_series_is_made_or_undone(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, cancelled: bool
) -> None:
    world = await running()
    if not cancelled:
        away(world, monkeypatch, BUSY)
    series = await world.book_series(at(9, days=9), 3)
    await world.pass_time(300)
    if cancelled:
        away(world, monkeypatch, BUSY)
        await world.series_desk.cancel(series.id, ADA.id)
    await world.pass_time(300)

    assert "booking.job_lost" not in caplog.messages
