"""Whose meetings the rows of a request are, and when it is too early to say."""

from dataclasses import replace

from bot.domain.events import Response, RoomEvent
from bot.sync.own import own_of
from tests.unit.core.world import OSLO, ROOMS, World, at, later, running

MADE = at(9)


async def series_with_one_left_out(world: World) -> list[RoomEvent]:
    """The series' own rows, and one of the date that was taken out of it, as a room may show it for a moment."""
    series = await world.book_series(MADE, 3, missing=[1])
    await world.pass_time(60)
    rows = [row for row in world.calendar.live_rows(OSLO).values() if row.ical_uid]
    left_out = (await world.booking(series.id)).occurrences[1].slot
    stranger = replace(rows[0], id="stranger", ical_uid="stranger", slot=left_out, response=Response.TENTATIVE)
    return [*rows, stranger]


async def test_a_series_with_a_date_that_was_just_taken_out_is_not_judged_yet() -> None:
    world = await running()
    rows = await series_with_one_left_out(world)

    own = await own_of(world.documents, ROOMS[0], rows, world.clock.now())

    assert own.early


async def test_a_date_that_stays_though_it_was_taken_out_is_somebodys_own() -> None:
    world = await running()
    rows = await series_with_one_left_out(world)

    own = await own_of(world.documents, ROOMS[0], rows, later(world.clock.now(), minutes=3))

    assert not own.early
    assert "stranger" not in own.bookings
    assert len(own.bookings) == 2
    assert own.holder(rows[-1]) == "event:stranger"


async def test_a_meeting_of_nobody_we_know_is_nobodys() -> None:
    world = await running()
    world.calendar.outlook_book(OSLO, MADE, "eve@contoso.example")
    rows = list(world.calendar.live_rows(OSLO).values())

    own = await own_of(world.documents, ROOMS[0], rows, world.clock.now())

    assert (own.bookings, own.early) == ({}, False)
