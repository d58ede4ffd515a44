"""Meetings that are found made, after a lost answer: each booking follows its own, wherever it stands by then."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from bot.booking.series import Adopted, adopt
from bot.domain.bookings import Booking, State
from bot.domain.slots import Slot
from bot.ports.calendar import Meeting, Unclear
from tests.fakes import START_AT, Fault, Held
from tests.unit.core.world import ADA, OSLO, World, at, running, shifted

MONDAYS = [shifted(at(9), weeks=week) for week in range(4)]
LATER = [shifted(slot, hours=3) for slot in MONDAYS]


# Which date has which meeting ----------------------------------------------------------------------------------------


def dates(slots: Sequence[Slot] = MONDAYS, state: State = State.HELD) -> list[Booking]:
    return [
        Booking(
            id=f"b{at}",
            person_id=ADA.id,
            organizer=ADA.address,
            room=OSLO,
            slot=slot,
            subject="",
            state=state,
            made_at=START_AT,
            series="s",
        )
        for at, slot in enumerate(slots)
    ]


def meetings(*slots: Slot) -> list[Meeting]:
    return [Meeting(id=f"m{at}", ical_uid=f"u{at}", web_link="", slot=slot) for at, slot in enumerate(slots)]


def had(adopted: Adopted) -> str:
    """The meetings of the bookings in their order; '-' for one without."""
    by_id = sorted(adopted.bookings, key=lambda booking: booking.id)
    return " ".join(booking.event_id if booking.state is State.REQUESTED else "-" for booking in by_id)


@pytest.mark.parametrize(
    ("stand", "whose"),
    [
        (MONDAYS, "m0 m1 m2 m3"),
        ([MONDAYS[0], LATER[1], *MONDAYS[2:]], "m0 m1 m2 m3"),
        (LATER, "m0 m1 m2 m3"),
        ([MONDAYS[0], *LATER[1:3], MONDAYS[3]], "m0 m1 m2 m3"),
        ([shifted(MONDAYS[0], days=6), MONDAYS[1], LATER[2], MONDAYS[3]], "m0 m1 m2 m3"),
        ([MONDAYS[3], LATER[0], *MONDAYS[1:3]], "m1 m2 m3 m0"),
        ([MONDAYS[0], *MONDAYS[2:]], "m0 - m1 m2"),
        ([MONDAYS[0], LATER[2], MONDAYS[3]], "m0 - m1 m2"),
        ([MONDAYS[0], LATER[1], MONDAYS[3]], "m0 m1 - m2"),
        ([MONDAYS[0], shifted(MONDAYS[2], days=6), shifted(MONDAYS[3], days=1)], "m0 - m1 m2"),
        ([*MONDAYS[:3], LATER[2], LATER[3]], "m0 m1 m2 m4"),
        ([], "- - - -"),
    ],
    ids=[
        "as it was made",
        "one moved",
        "all moved",
        "two moved",
        "moved by days",
        "in any order",
        "one gone",
        "one gone and the next one moved",
        "one moved and the next one gone",
        "one gone and two moved towards the next",
        "one moved and one more of Outlook's own",
        "all gone",
    ],
)
def test_each_date_has_the_meeting_at_its_time_or_else_the_nearest_that_was_moved(
    stand: list[Slot], whose: str
) -> None:
    adopted = adopt(dates(), meetings(*stand), START_AT)

    assert (had(adopted), adopted.unwanted) == (whose, ())


@pytest.mark.parametrize(
    ("stand", "whose", "unwanted"),
    [
        ([*MONDAYS], "m0 m2 m3", "m1"),
        ([MONDAYS[0], MONDAYS[1], LATER[2], MONDAYS[3]], "m0 m2 m3", "m1"),
        ([MONDAYS[0], *MONDAYS[2:]], "m0 m1 m2", ""),
        ([MONDAYS[1], *MONDAYS[1:]], "- m2 m3", "m0 m1"),
        ([MONDAYS[0], MONDAYS[1], MONDAYS[3], MONDAYS[3]], "m0 - m2", "m1 m3"),
    ],
    ids=["nothing moved", "another one moved", "gone already", "one moved onto it", "one moved onto another"],
)
@pytest.mark.parametrize("given_up", [False, True], ids=["left out", "given up"])
def test_only_what_stands_at_a_time_without_a_date_of_ours_goes(
    stand: list[Slot], whose: str, unwanted: str, *, given_up: bool
) -> None:
    first, second, *others = dates()
    with_it = [second.to(State.CANCELLED)] if given_up else []
    left_out = [] if given_up else [second.slot]

    adopted = adopt([first, *with_it, *others], meetings(*stand), START_AT, left_out)

    assert (had(adopted), " ".join(one.id for one in adopted.unwanted)) == (whose, unwanted)


def test_a_date_without_a_meeting_was_cancelled_by_somebody() -> None:
    (_, gone) = adopt(dates(MONDAYS[:2]), meetings(MONDAYS[0]), START_AT).bookings

    assert (gone.state, [reason.code for reason in gone.reasons]) == (State.CANCELLED, ["cancelled_elsewhere"])


def test_a_date_that_is_being_given_up_knows_its_meeting_and_is_given_up_all_the_same() -> None:
    undoing = [one.to(State.COMPENSATING, ends_as=State.CANCELLED) for one in dates(MONDAYS[:1], State.REQUESTED)]

    (one,) = adopt(undoing, meetings(LATER[0]), START_AT).bookings

    assert (one.state, one.event_id) == (State.COMPENSATING, "m0")


# In the calendars ----------------------------------------------------------------------------------------------------


async def test_a_booking_that_was_moved_before_its_creation_was_answered_is_confirmed_where_it_stands() -> None:
    world = await running()
    lost = Fault(error=Unclear("timeout", 0), method="create", done=True)
    world.calendar.faults += [lost] * 5  # so long that the room is given to its meeting as to anybody's
    booking = await world.book(at(9))
    await world.settle()
    (held,) = world.calendar.made_by(booking.id)
    world.calendar.outlook_move(held.id, at(12))
    await world.hint(OSLO)
    await world.pass_time(900)

    now = await world.booking(booking.id)
    assert (now.state, now.slot) == (State.CONFIRMED, at(12))
    assert [one.id for one in world.calendar.made_by(booking.id)] == [held.id]


async def made_without_an_answer(world: World) -> tuple[str, list[Held]]:
    world.calendar.faults.append(Fault(error=Unclear("timeout", 0), method="create", done=True))
    series = await world.book_series(at(9), 4)
    await world.settle()
    return series.id, sorted((held for held in world.calendar.held.values() if held.master), key=lambda one: one.slot)


async def confirmed_slots(world: World, series_id: str) -> list[Slot]:
    return sorted(one.slot for one in await world.occurrences(series_id) if one.state is State.CONFIRMED)


def standing(world: World) -> list[Slot]:
    return sorted(row.slot for row in world.calendar.live_rows(OSLO).values() if not row.is_cancelled)


@pytest.mark.parametrize(
    ("moved", "by"),
    [
        ({1}, timedelta(hours=3)),
        ({0, 1, 2, 3}, timedelta(hours=3)),
        ({0, 3}, timedelta(days=-1)),
        ({3}, timedelta(days=3)),
    ],
    ids=["one date", "all of it", "a day earlier", "beyond its last day"],
)
async def test_dates_that_were_moved_before_the_creation_was_answered_are_confirmed_where_they_stand(
    moved: set[int], by: timedelta
) -> None:
    world = await running()
    series_id, held = await made_without_an_answer(world)
    slots = [shifted(one.slot, seconds=by.total_seconds() * (at in moved)) for at, one in enumerate(held)]
    for one, slot in zip(held, slots, strict=True):
        if one.slot != slot:
            world.calendar.outlook_move(one.id, slot)
    await world.pass_time(600)

    assert (await confirmed_slots(world, series_id), standing(world)) == (slots, slots)
