"""Requests made elsewhere: when they are answered, how, and how often."""

from dataclasses import replace

import pytest

from bot.domain.bookings import State
from bot.domain.events import Response
from bot.ports import keys
from bot.ports.calendar import Answer, Busy, Missing, Rejected, Unclear
from bot.ports.documents import Kept
from bot.ports.records import Decision, Progress
from bot.ports.store import Batch, Schedule
from tests.fakes import Fault, Mode
from tests.unit.core.world import OSLO, World, at, noticed, running, shifted

NINE = at(9)
EVE, DAN = "eve@contoso.example", "dan@contoso.example"


async def answered(world: World) -> list[Answer]:
    return [answer for _, _, answer in world.calendar.answers]


async def test_a_request_takes_three_calls_and_one_answer_that_is_seen_to_hold() -> None:
    world = await running()
    held = world.calendar.outlook_book(OSLO, NINE, EVE)
    calls_before = len(world.calendar.calls)

    await noticed(world)
    assert await answered(world) == [], "the attendant has yet to tell the organizer"
    await world.hint(OSLO)
    await world.pass_time(10)

    assert world.calendar.calls[calls_before:] == ["changes", "changes", "answer", "changes"]
    assert world.calendar.held[held.id].room_response is Response.ACCEPTED
    await world.pass_time(60)
    assert await answered(world) == [Answer.ACCEPT]
    decided = (await world.decisions())[0]
    assert (decided.answer, decided.policy) == (Answer.ACCEPT, world.policies.version)


async def test_the_organizer_is_not_left_with_the_attendants_late_tentative() -> None:
    world = await running()
    world.calendar.attendant_s, world.calendar.reply_s = 8.0, 6.0
    held = world.calendar.outlook_book(OSLO, NINE, EVE)

    for _ in range(12):
        await noticed(world, 5)
    world.calendar.live_rows(OSLO)

    assert world.calendar.held[held.id].room_response is Response.ACCEPTED
    assert await answered(world) == [Answer.ACCEPT]


async def test_a_request_that_has_waited_long_is_answered_at_once() -> None:
    world = await running()
    world.calendar.outlook_book(OSLO, NINE, EVE)
    world.clock.forward(61)

    await noticed(world)

    assert await answered(world) == [Answer.ACCEPT]


async def test_a_request_that_the_attendant_has_not_looked_at_waits_a_minute() -> None:
    world = await running()
    world.calendar.rooms[OSLO].mode = Mode.SILENT
    world.calendar.outlook_book(OSLO, NINE, EVE)

    await noticed(world, 55)
    assert await answered(world) == []

    await world.pass_time(10)
    assert await answered(world) == [Answer.ACCEPT]


async def test_a_request_without_a_creation_time_is_answered_all_the_same() -> None:
    world = await running()
    world.calendar.rooms[OSLO].mode = Mode.SILENT
    held = world.calendar.outlook_book(OSLO, NINE, EVE)
    row = world.calendar.row_of(held)
    assert row is not None
    world.calendar._write(replace(row, created_at=None))

    await noticed(world, 90)

    assert await answered(world) == [Answer.ACCEPT]


async def test_a_meeting_that_was_moved_waits_for_the_attendant_anew() -> None:
    world = await running()
    held = world.calendar.outlook_book(OSLO, NINE, EVE)
    await noticed(world, 3600)
    world.calendar.attendant_s = 40.0
    world.calendar.outlook_move(held.id, at(11))

    await noticed(world, 30)
    assert await answered(world) == [Answer.ACCEPT]

    await world.pass_time(700)
    assert await answered(world) == [Answer.ACCEPT] * 2
    assert [(claim.start, claim.end) for claim in await world.claims(OSLO)] == [at(11).whole_seconds]


async def test_an_answer_that_the_attendant_overwrites_is_given_again_three_times_at_most() -> None:
    world = await running()
    held = world.calendar.outlook_book(OSLO, NINE, EVE)

    def overwritten(call: str) -> None:
        row = world.calendar.row_of(held)
        if call == "changes" and row is not None and row.response is Response.ACCEPTED:
            world.calendar._respond(row, Response.TENTATIVE)

    world.calendar.before_call = overwritten
    await noticed(world)
    times = []
    for _ in range(40):
        times.append(len(world.calendar.answers))
        await world.pass_time(5)

    assert times[5] == 1, "not before half a minute"
    assert times[-1] == 3
    kept = [kept.value for kept in await _current(world)]
    assert [decision.progress for decision in kept] == [Progress.HELD]


async def test_a_hundred_rounds_bring_no_second_answer() -> None:
    world = await running()
    world.calendar.outlook_book(OSLO, NINE, EVE)
    world.calendar.outlook_book(OSLO, at(9.5), DAN)
    await noticed(world, 40)
    before = list(world.calendar.answers)
    calls = world.calendar.calls.count("changes")

    for _ in range(100):
        await noticed(world)
        await world.pass_time(60, step_s=60)

    assert world.calendar.calls.count("changes") - calls >= 100
    assert world.calendar.answers == before


async def test_of_two_requests_for_one_time_the_first_is_accepted_and_the_other_told_why() -> None:
    world = await running()
    first = world.calendar.outlook_book(OSLO, NINE, EVE)
    world.clock.forward(1)
    second = world.calendar.outlook_book(OSLO, shifted(NINE, minutes=30), DAN)

    await noticed(world, 60)

    assert world.calendar.held[first.id].room_response is Response.ACCEPTED
    assert world.calendar.held[second.id].room_response is Response.DECLINED
    assert world.calendar.double == []
    reasons = {decision.ical_uid: decision.reasons for decision in await world.decisions()}
    assert [reason.code for reason in reasons[second.uid]] == ["conflict"]


async def test_of_many_requests_made_in_the_same_instant_exactly_one_is_accepted() -> None:
    world = await running()
    for number in range(8):
        world.calendar.outlook_book(OSLO, shifted(NINE, minutes=5 * number), f"p{number}@contoso.example")

    await noticed(world, 120)

    assert sorted(await answered(world)) == [Answer.ACCEPT] + [Answer.DECLINE] * 7
    assert len(await world.claims(OSLO)) == 1


async def test_a_slot_that_a_chat_booking_claims_is_not_given_to_a_request() -> None:
    world = await running()
    world.calendar.faults += [Fault(error=Unclear(), method="create")] * 3
    booking = await world.book(NINE)
    held = world.calendar.outlook_book(OSLO, NINE, EVE)

    await noticed(world, 120)

    assert world.calendar.held[held.id].room_response is Response.DECLINED
    assert (await world.booking(booking.id)).state is State.CONFIRMED


async def test_a_request_that_may_be_ours_waits_until_the_creation_is_answered() -> None:
    world = await running()
    world.calendar.faults += [Fault(error=Unclear(), method="create", done=True)] * 2

    booking = await world.book(NINE)
    await world.settle()
    await noticed(world)
    assert await answered(world) == []

    await world.pass_time(90)
    assert (await world.booking(booking.id)).state is State.CONFIRMED
    assert [claim.holder for claim in await world.claims(OSLO)] == [keys.held_by_booking(booking.id)]


async def test_a_meeting_of_a_booking_that_has_ended_is_claimed_like_anybodys(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def nothing(*_: object) -> None:
        return None

    world = await running()
    booking = await world.book(NINE)
    await world.settle()
    await world.pass_time(30)
    held = world.calendar.made_by(booking.id)[0]
    row = world.calendar.row_of(held)
    assert row is not None
    world.calendar._respond(row, Response.DECLINED)
    world.calendar.faults.append(Fault(error=Missing("ErrorItemNotFound", 404), method="cancel"))
    monkeypatch.setattr(world.calendar, "find", nothing)
    await noticed(world, 60)
    assert (await world.booking(booking.id)).state is State.DECLINED

    world.calendar.outlook_move(held.id, at(11))  # the organizer sends it again
    await noticed(world, 60)

    assert world.calendar.held[held.id].room_response is Response.ACCEPTED
    assert [claim.holder for claim in await world.claims(OSLO)] == [keys.held_by_event(held.uid)]


async def test_nothing_is_answered_where_foyer_does_not_decide() -> None:
    for control in ("auto", "watched"):
        world = await running(f'[tenant]\ncontrol = "{control}"')
        world.calendar.outlook_book(OSLO, NINE, EVE)

        await noticed(world, 120)

        assert await answered(world) == []


async def test_a_policy_reason_is_told_to_the_organizer_and_the_room_stays_free() -> None:
    world = await running("[tenant]\nlongest_minutes = 30")
    held = world.calendar.outlook_book(OSLO, NINE, EVE)

    await noticed(world, 60)

    assert world.calendar.held[held.id].room_response is Response.DECLINED
    assert [reason.code for reason in (await world.decisions())[0].reasons] == ["too_long"]
    assert await world.claims(OSLO) == []


async def test_a_rule_that_breaks_holds_the_request_for_a_human() -> None:
    world = await running()
    world.index.set_rooms([replace(room, zone="Nowhere/Land") for room in world.index.rooms])
    world.calendar.outlook_book(OSLO, NINE, EVE)

    await noticed(world, 120)

    assert await answered(world) == []
    decided = (await world.decisions())[0]
    assert (decided.answer, decided.progress) == (None, Progress.HELD)
    assert decided.reasons[0].params == {"rule": "Ahead", "fault": "ZoneInfoNotFoundError"}


async def test_an_unclear_answer_is_looked_up_before_it_is_repeated() -> None:
    world = await running()
    world.calendar.outlook_book(OSLO, NINE, EVE)
    world.calendar.faults.append(Fault(error=Unclear(), method="answer", done=True))

    await noticed(world, 60)

    assert await answered(world) == [Answer.ACCEPT]


async def test_a_meeting_that_was_moved_behind_a_stale_mirror_is_not_accepted_unseen() -> None:
    world = await running()
    taken = world.calendar.outlook_book(OSLO, at(11), DAN)
    await noticed(world, 40)
    held = world.calendar.outlook_book(OSLO, NINE, EVE)
    world.calendar.faults.append(Fault(error=Busy(retry_after_s=30), method="answer"))
    await noticed(world)

    world.calendar.outlook_move(held.id, at(11))  # nobody is told
    await world.pass_time(300)

    assert world.calendar.double == []
    assert world.calendar.held[held.id].room_response is Response.DECLINED
    assert world.calendar.held[taken.id].room_response is Response.ACCEPTED


async def test_a_meeting_that_is_cancelled_while_an_answer_waits_gets_none() -> None:
    world = await running()
    held = world.calendar.outlook_book(OSLO, NINE, EVE)
    world.calendar.faults.append(Fault(error=Busy(retry_after_s=30), method="answer"))
    await noticed(world)

    world.calendar.outlook_cancel(held.id)
    await noticed(world, 120)

    assert await answered(world) == []
    assert await world.claims(OSLO) == []


async def test_a_person_who_answers_in_the_rooms_name_first_is_not_overruled() -> None:
    world = await running("[tenant]\nlongest_minutes = 30")
    held = world.calendar.outlook_book(OSLO, NINE, EVE)
    world.calendar.faults.append(Fault(error=Busy(retry_after_s=30), method="answer"))
    await noticed(world)

    world.calendar.accept_behind_our_back(held)
    await noticed(world, 120)

    assert await answered(world) == []
    assert world.calendar.held[held.id].room_response is Response.ACCEPTED


async def test_an_answer_that_is_refused_is_looked_at_again_and_given_up() -> None:
    world = await running()
    world.calendar.outlook_book(OSLO, NINE, EVE)
    world.calendar.faults += [Fault(error=Rejected("ErrorInvalidRequest", 400), method="answer")] * 10

    await noticed(world, 300)

    assert world.calendar.calls.count("answer") == 3
    assert [kept.value.progress for kept in await _current(world)] == [Progress.HELD]
    assert await world.dead() == []


async def test_a_decision_names_the_reason_for_the_person_whose_booking_lost() -> None:
    world = await running()
    held = world.calendar.outlook_book(OSLO, NINE, EVE)
    world.calendar.accept_behind_our_back(held)
    booking = await world.book(NINE)

    await world.settle()
    await world.pass_time(60)

    declined = await world.booking(booking.id)
    assert declined.state is State.DECLINED
    assert declined.reasons[0].code == "conflict"
    assert declined.reasons[0].params["from_at"] == NINE.start_at.isoformat()


async def test_a_replayed_job_for_a_row_that_is_gone_ends() -> None:
    world = await running()
    now = world.clock.now().timestamp()
    await world.raw.commit(Batch(schedules=(Schedule(keys.decide(OSLO, "never"), now), Schedule("decide/x/y", now))))

    assert await world.settle() == 2
    assert await world.settle() == 0


async def _current(world: World) -> list[Kept[Decision]]:
    return await world.reading.scan("decision/", Decision)


async def test_a_meeting_that_was_taken_away_and_back_is_decided_anew() -> None:
    """While it stood elsewhere, its old time was anybody's."""
    world = await running()
    held = world.calendar.outlook_book(OSLO, NINE, EVE)
    await noticed(world, 60)
    world.calendar.outlook_move(held.id, at(11))
    world.calendar.accept_behind_our_back(world.calendar.held[held.id])
    await noticed(world, 60)
    assert [claim.start for claim in await world.claims(OSLO)] == [at(11).whole_seconds[0]]
    world.calendar.outlook_book(OSLO, NINE, DAN)
    await noticed(world, 60)

    world.calendar.outlook_move(held.id, NINE)
    await noticed(world, 120)

    assert await answered(world) == [Answer.ACCEPT, Answer.ACCEPT, Answer.DECLINE]
    assert world.calendar.double == []
