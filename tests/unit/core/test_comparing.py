"""The nightly comparison: news on its way is no divergence, and a mirror that is wrong is told, counted and cured."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.domain.events import Response, RoomEvent
from bot.domain.zones import next_at
from bot.ports import keys
from bot.ports.calendar import Busy, Denied
from bot.ports.records import Comparison
from bot.ports.store import Batch, Delete
from bot.sync.differences import differences
from tests.fakes import START_AT, Fault
from tests.unit.core.world import BERGEN, OSLO, ROOMS, World, at, running, shifted

NINE = at(9)
EVE = "eve@contoso.example"
HOUR = 3600.0
ROW = RoomEvent(id="1", room=OSLO, ical_uid="u1", slot=NINE, response=Response.ACCEPTED, organizer_address=EVE)


async def compared(world: World) -> Comparison | None:
    kept = await world.reading.get(keys.COMPARED, Comparison)
    return kept.value if kept else None


async def the_night(world: World) -> Comparison:
    """From the evening's last round to the comparison's end."""
    world.clock.forward(18 * HOUR - 60)
    await world.settle()
    await world.pass_time(600)
    done = await compared(world)
    assert done is not None
    return done


async def booked(world: World) -> None:
    world.calendar.outlook_book(OSLO, at(9, days=3), EVE)
    world.calendar.outlook_series(BERGEN, [shifted(at(14, days=2), days=day) for day in range(4)], EVE)
    for room in (OSLO, BERGEN):
        await world.hint(room)
    await world.pass_time(60)


async def test_a_mirror_in_step_is_found_so_every_night() -> None:
    world = await running()
    await booked(world)

    done = await the_night(world)

    assert (done.rooms, done.rows, done.unread, done.divergences, done.open) == (2, 5, 0, 0, 0)
    assert done.started_at == datetime(2026, 11, 24, 2, tzinfo=UTC)
    assert await world.documents_under(keys.COMPARING) == []
    await world.pass_time(24 * HOUR, step_s=60)
    again = await compared(world)
    assert again is not None
    assert again.started_at > done.started_at + timedelta(hours=23)


async def test_a_row_that_the_mirror_lost_is_counted_told_and_cured(caplog: pytest.LogCaptureFixture) -> None:
    world = await running()
    await booked(world)
    lost = next(iter(await world.documents_under(keys.events(OSLO))))
    await world.raw.commit(Batch(deletes=(Delete(lost.key),)))

    done = await the_night(world)

    assert done.divergences == 1
    assert [record.rows for record in caplog.records if record.message == "mirror.diverged"] == [1]  # type: ignore[attr-defined]  # ours
    assert [doc.key for doc in await world.documents_under(keys.events(OSLO))] == [lost.key]
    await world.pass_time(24 * HOUR, step_s=60)
    again = await compared(world)
    assert again is not None
    assert again.divergences == 0


async def test_a_row_that_says_something_else_is_a_divergence_too() -> None:
    world = await running()
    await booked(world)
    kept = (await world.reading.scan(keys.events(OSLO), RoomEvent))[0]
    wrong = replace(kept.value, slot=shifted(kept.value.slot, hours=1))
    await world.raw.commit(Batch(puts=(world.reading.put(kept.key, wrong),)))

    assert (await the_night(world)).divergences == 1
    assert (await world.reading.scan(keys.events(OSLO), RoomEvent))[0].value == kept.value


async def test_news_on_its_way_is_no_divergence() -> None:
    """Every notification is lost, and somebody books, moves and cancels as the night's work begins."""
    world = await running()
    await booked(world)
    world.clock.forward(18 * HOUR - 65)
    await world.settle()
    world.calendar.outlook_book(OSLO, at(11, days=3), EVE)
    world.calendar.outlook_move(next(iter(world.calendar.held)), at(15, days=4))
    world.clock.forward(10)
    await world.run_one(keys.compare("all"))
    open_looks = await world.reading.get(keys.COMPARING, Comparison)
    assert open_looks is not None
    assert open_looks.value.open == 1

    await world.pass_time(600)

    done = await compared(world)
    assert done is not None
    assert done.divergences == 0


async def test_what_is_new_at_the_second_look_alone_is_no_divergence() -> None:
    world = await running()
    await booked(world)
    world.clock.forward(18 * HOUR - 60)
    world.calendar.outlook_book(OSLO, at(11, days=3), EVE)
    await world.run_one(keys.compare("all"))
    await world.run_one(keys.compare(OSLO))
    world.clock.forward(61)
    await world.hint(OSLO)
    await world.run_one(keys.sync(OSLO))
    world.calendar.outlook_book(OSLO, at(12, days=3), EVE)
    await world.run_one(keys.compare(OSLO))

    done = await compared(world)
    assert done is not None
    assert (done.divergences, done.open) == (0, 0)


async def test_a_room_that_cannot_be_read_is_said_to_be_unread_and_the_others_are_compared() -> None:
    world = await running()
    await booked(world)
    world.calendar.faults.append(Fault(error=Denied("ErrorAccessDenied", 403), method="view"))

    done = await the_night(world)

    assert (done.rooms, done.unread, done.divergences) == (1, 1, 0)


async def test_a_busy_service_is_left_alone_for_as_long_as_it_asks() -> None:
    rooms = tuple(replace(world_room, address=f"r{n}@x.example") for n, world_room in enumerate([*ROOMS] * 4))
    world = await running(rooms=rooms)
    world.calendar.faults.append(Fault(error=Busy("x", 429, retry_after_s=40), method="view"))
    before = world.calendar.calls.count("view")
    world.clock.forward(18 * HOUR)
    await world.settle()
    assert world.calendar.calls.count("view") - before == 4

    await world.pass_time(35)
    assert world.calendar.calls.count("view") - before == 4
    await world.pass_time(300)

    done = await compared(world)
    assert done is not None
    assert (done.rooms, done.unread) == (7, 1)


async def test_a_night_that_was_broken_off_goes_on_where_it_was() -> None:
    rooms = tuple(replace(world_room, address=f"r{n}@x.example") for n, world_room in enumerate([*ROOMS] * 6))
    world = await running(rooms=rooms)
    ask = world.calendar.view

    async def slowly(room: str, window: object) -> object:
        world.clock.forward(6)
        return await ask(room, window)  # type: ignore[arg-type]  # passed on

    world.calendar.view = slowly  # type: ignore[method-assign, assignment]  # the same fake, but slow
    world.clock.forward(18 * HOUR)
    await world.run_one(keys.compare("all"))
    begun = await world.reading.get(keys.COMPARING, Comparison)
    assert begun is not None
    assert (begun.value.rooms, begun.value.listed) == (4, False)

    await world.start()
    await world.pass_time(1800, step_s=60)

    done = await compared(world)
    assert done is not None
    assert (done.rooms, done.started_at) == (12, begun.value.started_at)


async def test_a_process_that_slept_through_the_night_makes_it_good() -> None:
    world = await running()
    await the_night(world)
    world.clock.forward(30 * HOUR)
    await world.start()
    await world.settle()
    first = await compared(world)
    await world.pass_time(1200, step_s=60)

    second = await compared(world)
    assert first is not None
    assert second is not None
    assert second.started_at - first.started_at > timedelta(hours=30)


async def test_the_status_shows_the_count() -> None:
    world = await running()
    assert (await world.status.status()).compared is None
    done = await the_night(world)
    assert (await world.status.status()).compared == done


@pytest.mark.parametrize(
    ("after", "night"),
    [
        ("2026-11-23T08:00+00:00", "2026-11-24T01:00+00:00"),
        ("2026-11-24T00:59+00:00", "2026-11-24T01:00+00:00"),
        ("2026-11-24T01:00+00:00", "2026-11-25T01:00+00:00"),
        ("2026-03-28T20:00+00:00", "2026-03-29T01:00+00:00"),  # two o'clock is skipped that night
        ("2026-10-24T20:00+00:00", "2026-10-25T00:00+00:00"),  # and comes twice in this one
        ("2026-10-25T00:00+00:00", "2026-10-26T01:00+00:00"),
    ],
)
def test_the_night_is_two_o_clock_where_the_tenant_is(after: str, night: str) -> None:
    found = next_at(2, datetime.fromisoformat(after), ZoneInfo("Europe/Amsterdam"))

    assert found == datetime.fromisoformat(night)


def test_only_what_a_view_tells_is_compared() -> None:
    assert differences([replace(ROW, created_at=START_AT, recurrence="daily")], [ROW]) == {}
    assert differences([replace(ROW, organizer_address=EVE.upper())], [ROW]) == {}
    assert set(differences([ROW], [])) == set(differences([], [ROW])) == {"1"}
    assert differences([ROW], []) != differences([], [ROW])


@pytest.mark.parametrize(
    "change",
    [
        {"slot": shifted(NINE, minutes=1)},
        {"response": Response.TENTATIVE},
        {"is_cancelled": True},
        {"show_as": "free"},
        {"organizer_address": "x@y.example"},
        {"attendees": 3},
        {"subject": "x"},
        {"ical_uid": "u2"},
        {"private": True},
    ],
)
def test_each_fact_counts_and_the_same_difference_is_known_again(change: dict[str, object]) -> None:
    wrong = replace(ROW, **change)  # type: ignore[arg-type]  # any of the fields

    found = differences([wrong], [ROW])

    assert found == differences([wrong], [ROW])
    assert found["1"] != differences([ROW], [wrong])["1"]
