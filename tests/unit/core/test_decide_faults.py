"""Answers that meet trouble: nothing stays unanswered for ever, and only what the mirror shows is settled."""

import itertools
from dataclasses import replace

import pytest

from bot.domain.bookings import State
from bot.domain.events import Response
from bot.ports import keys
from bot.ports.calendar import Answer, Busy, RemoteError, Unclear
from bot.ports.records import Decision, Progress
from bot.ports.store import Batch
from tests.fakes import Fault, Held, Mode
from tests.unit.core.world import BERGEN, OSLO, World, at, running

NINE = at(9)
EVE = "eve@contoso.example"


async def noticed(world: World, seconds: float, room: str = OSLO) -> None:
    await world.hint(room)
    await world.settle()
    await world.pass_time(seconds)


async def decided(world: World) -> Decision:
    (kept,) = await world.reading.scan("decision/", Decision)
    return kept.value


def fails(world: World, method: str, times: int, error: type[RemoteError] = Unclear) -> None:
    world.calendar.faults += [Fault(error=error(), method=method)] * times


def unseen(world: World, held: Held, response: Response) -> None:
    """Changes what the mailbox shows, without any news of it in the feed."""
    row = world.calendar.row_of(held)
    assert row is not None
    world.calendar.rooms[OSLO].items[row.id] = replace(row, response=response)


def sent_at(world: World) -> list[float]:
    """Seconds since now of every answer to come, taken or not."""
    times: list[float] = []
    begun_at = world.clock.now()

    def hear(call: str) -> None:
        if call == "answer":
            times.append((world.clock.now() - begun_at).total_seconds())

    world.calendar.before_call = hear
    return times


@pytest.mark.parametrize("times", [3, 12, 40])
async def test_a_request_is_answered_however_long_answers_came_to_nothing(times: int) -> None:
    world = await running()
    held = world.calendar.outlook_book(OSLO, NINE, EVE)
    fails(world, "answer", times)

    await noticed(world, 4 * 3600)

    assert world.calendar.held[held.id].room_response is Response.ACCEPTED
    assert world.calendar.answers == [(OSLO, world.calendar.answers[0][1], Answer.ACCEPT)]
    assert (await decided(world)).progress is Progress.SETTLED


async def test_answers_without_an_outcome_come_at_growing_distances_and_count_for_nothing() -> None:
    world = await running()
    world.calendar.outlook_book(OSLO, NINE, EVE)
    fails(world, "answer", 1000)
    times = sent_at(world)

    await noticed(world, 1800)

    waits = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert waits[:8] == [5.0, 5.0, 15.0, 60.0, 120.0, 300.0, 300.0, 300.0], "2 s are 5 by the clock of this test"
    assert ((await decided(world)).progress, (await decided(world)).sent) == (Progress.ANSWERED, 0)


async def test_an_answer_that_never_holds_is_told_once_and_given_again_every_ten_minutes_until_it_does(
    caplog: pytest.LogCaptureFixture,
) -> None:
    world = await running()
    held = world.calendar.outlook_book(OSLO, NINE, EVE)
    times = sent_at(world)
    hear = world.calendar.before_call

    def overwritten(call: str) -> None:
        hear(call)
        row = world.calendar.row_of(held)
        if call == "changes" and row is not None and row.response is Response.ACCEPTED and len(times) < 6:
            world.calendar._respond(row, Response.TENTATIVE)

    world.calendar.before_call = overwritten
    await noticed(world, 3600)

    assert world.calendar.held[held.id].room_response is Response.ACCEPTED
    assert len(times) == 6
    assert times[3] - times[2] >= 600
    assert times[4] - times[3] == times[5] - times[4] == 600
    assert (await decided(world)).progress is Progress.SETTLED
    assert [record.message for record in caplog.records].count("decision.not_taken") == 1


async def test_a_row_that_flaps_in_the_mirror_is_not_answered_at_each_turn() -> None:
    world = await running()
    held = world.calendar.outlook_book(OSLO, NINE, EVE)
    times = sent_at(world)

    for _ in range(60):
        await noticed(world, 30)
        row = world.calendar.row_of(held)
        if row is not None and row.response is Response.ACCEPTED:
            world.calendar._respond(row, Response.TENTATIVE)

    assert 3 < len(times) <= 3 + 3


async def test_a_meeting_that_is_over_is_looked_at_no_more() -> None:
    world = await running()
    world.calendar.outlook_book(OSLO, at(9, days=0), EVE)
    fails(world, "answer", 1000)

    await noticed(world, 2.5 * 3600)
    calls = world.calendar.calls.count("answer")
    await world.pass_time(3600)

    assert calls > 8
    assert world.calendar.calls.count("answer") == calls
    assert keys.decide(OSLO, (await decided(world)).event_id) not in {one.key for one in await world.dead()}


async def test_an_answer_that_only_the_mailbox_shows_is_not_settled() -> None:
    world = await running()
    held = world.calendar.outlook_book(OSLO, NINE, EVE)
    await noticed(world, 5)
    fails(world, "changes", 40, Busy)

    await world.pass_time(60)

    assert world.calendar.held[held.id].room_response is Response.ACCEPTED
    assert (await decided(world)).progress is Progress.ANSWERED
    world.calendar.faults.clear()
    await world.pass_time(120)
    assert (await decided(world)).progress is Progress.SETTLED
    assert len(world.calendar.answers) == 1


async def test_an_answer_that_was_overwritten_while_the_feed_was_away_is_given_again() -> None:
    world = await running()
    held = world.calendar.outlook_book(OSLO, NINE, EVE)
    await noticed(world, 5)
    fails(world, "changes", 40, Busy)
    await world.pass_time(60)
    row = world.calendar.row_of(held)
    assert row is not None
    assert row.response is Response.ACCEPTED

    world.calendar._respond(row, Response.TENTATIVE)
    world.calendar.faults.clear()
    await world.pass_time(900)

    assert len(world.calendar.answers) == 2
    assert world.calendar.held[held.id].room_response is Response.ACCEPTED
    assert (await decided(world)).progress is Progress.SETTLED


async def test_a_settled_answer_is_looked_at_once_more_after_two_minutes() -> None:
    world = await running()
    held = world.calendar.outlook_book(OSLO, NINE, EVE)
    await noticed(world, 45)
    settled = await decided(world)
    assert settled.progress is Progress.SETTLED

    unseen(world, held, Response.TENTATIVE)
    row = world.calendar.row_of(held)
    assert row is not None
    put = world.documents.put(keys.event(OSLO, row.id), row)  # a row that waits, of which no round makes news
    await world.raw.commit(Batch(puts=(put,)))
    await world.pass_time(180)

    assert len(world.calendar.answers) == 2


async def test_a_declined_request_is_settled_when_its_row_is_gone() -> None:
    world = await running("[tenant]\nlongest_minutes = 30")
    world.calendar.outlook_book(OSLO, NINE, EVE)
    await noticed(world, 5)
    fails(world, "changes", 40, Busy)
    await world.pass_time(60)
    assert (await decided(world)).progress is Progress.ANSWERED

    world.calendar.faults.clear()
    await world.pass_time(600)

    assert (await decided(world)).progress is Progress.SETTLED
    assert [answer for _, _, answer in world.calendar.answers] == [Answer.DECLINE]


@pytest.mark.parametrize("mode", [Mode.DELEGATED, Mode.SILENT])
async def test_a_meeting_taken_to_another_room_in_outlook_is_claimed_there_as_a_foreign_one(mode: Mode) -> None:
    world = await running()
    world.calendar.rooms[BERGEN].mode = mode
    booking = await world.book(NINE)
    await world.settle()
    await world.pass_time(60)
    assert (await world.booking(booking.id)).state is State.CONFIRMED
    held = world.calendar.made_by(booking.id)[0]

    moved = replace(held, room=BERGEN)
    world.calendar.held[held.id] = moved
    world.calendar._deliver(moved)
    world.calendar._attend()
    await noticed(world, 120, BERGEN)

    assert world.calendar.held[held.id].room_response is Response.ACCEPTED
    assert [claim.holder for claim in await world.claims(BERGEN)] == [keys.held_by_event(held.uid)]


async def test_the_claim_of_a_meeting_taken_to_another_room_goes_when_it_is_cancelled_there() -> None:
    world = await running()
    booking = await world.book(NINE)
    await world.settle()
    await world.pass_time(60)
    moved = replace(world.calendar.made_by(booking.id)[0], room=BERGEN)
    world.calendar.held[moved.id] = moved
    world.calendar._deliver(moved)
    world.calendar._attend()
    await noticed(world, 60, BERGEN)
    assert len(await world.claims(BERGEN)) == 1

    world.calendar.outlook_cancel(moved.id)
    await world.hint(BERGEN)
    await world.run_one(keys.sync(BERGEN))

    assert await world.claims(BERGEN) == [], "while the booking is still thought to be alive"
