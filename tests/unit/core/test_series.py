"""Series: made, answered, changed and given up, whole or in part; and a process that dies at any step of it."""

from datetime import UTC, date, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.booking.series_desk import Changed
from bot.domain.bookings import State
from bot.domain.errors import NotFound, Refusal, SlotTaken
from bot.domain.series import MOST_OCCURRENCES, Frequency, Rhythm
from bot.domain.slots import Slot
from bot.ports import keys
from bot.ports.calendar import Answer, Denied, Rejected, Unclear
from bot.ports.store import Batch, Conflict
from tests.fakes import Fault, Mode
from tests.unit.core.world import ADA, BERGEN, BOB, OSLO, World, at, running, shifted

OSLO_ZONE = ZoneInfo("Europe/Oslo")


async def states(world: World, series_id: str) -> list[str]:
    """How the occurrences stand, as the series shows them."""
    series = await world.booking(series_id)
    return [str(one.state) if one.state else "-" for one in series.occurrences]


async def noticed_both(world: World) -> None:
    for _ in range(2):
        await world.hint(OSLO)
        await world.hint(BERGEN)
        await world.pass_time(90)


# When ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rhythm", "days"),
    [
        (Rhythm(frequency=Frequency.DAILY, until_on=date(2026, 11, 26)), "24 25 26"),
        (Rhythm(frequency=Frequency.DAILY, every=2, until_on=date(2026, 11, 29)), "24 26 28"),
        (Rhythm(frequency=Frequency.WEEKLY, until_on=date(2026, 12, 8)), "24 1 8"),
        (Rhythm(frequency=Frequency.WEEKLY, weekdays=(0, 3), until_on=date(2026, 12, 3)), "26 30 3"),
        (Rhythm(frequency=Frequency.WEEKLY, every=2, weekdays=(0, 1), until_on=date(2026, 12, 8)), "24 7 8"),
        (Rhythm(frequency=Frequency.MONTHLY, until_on=date(2027, 2, 24)), "24 24 24 24"),
        (Rhythm(frequency=Frequency.DAILY, until_on=date(2026, 11, 23)), ""),
    ],
)
def test_a_rhythm_comes_round_on_its_days(rhythm: Rhythm, days: str) -> None:
    assert " ".join(str(day.day) for day in rhythm.days(date(2026, 11, 24))) == days


def test_the_31st_is_the_last_day_of_shorter_months() -> None:
    rhythm = Rhythm(frequency=Frequency.MONTHLY, until_on=date(2027, 3, 31))
    assert [day.day for day in rhythm.days(date(2026, 12, 31))] == [31, 31, 28, 31]


@pytest.mark.parametrize(
    "rhythm",
    [
        Rhythm(frequency=Frequency.DAILY, every=3, until_on=date(2027, 6, 1)),
        Rhythm(frequency=Frequency.WEEKLY, every=2, until_on=date(2027, 6, 1)),
        Rhythm(frequency=Frequency.WEEKLY, every=2, weekdays=(0, 3, 4), until_on=date(2027, 6, 1)),
        Rhythm(frequency=Frequency.MONTHLY, every=2, day=31, until_on=date(2027, 6, 1)),
    ],
)
def test_a_rhythm_is_followed_back_to_where_it_began(rhythm: Rhythm) -> None:
    days = list(rhythm.days(date(2026, 12, 31)))
    assert [rhythm.before(day) for day in days[1:]] == days[:-1]
    assert rhythm.before(days[1] + timedelta(days=40_000)) is None


def test_ten_o_clock_stays_ten_o_clock_in_summer() -> None:
    rhythm = Rhythm(frequency=Frequency.WEEKLY, until_on=date(2027, 4, 1))
    slots = rhythm.slots(date(2027, 3, 25), time(10), 60, OSLO_ZONE)
    assert [slot.start_at.astimezone(UTC).hour for slot in slots] == [9, 8]


def test_an_endless_rhythm_ends_one_after_the_most() -> None:
    rhythm = Rhythm(frequency=Frequency.DAILY, until_on=date(2999, 1, 1))
    assert len(rhythm.slots(date(2027, 3, 25), time(10), 60, OSLO_ZONE)) == MOST_OCCURRENCES + 1


# Made ------------------------------------------------------------------------------------------------------------


async def test_a_series_is_one_meeting_whose_occurrences_are_all_booked() -> None:
    world = await running()
    series = await world.book_series(at(9), 4)
    assert await states(world, series.id) == ["held"] * 4

    await world.pass_time(60)

    assert await states(world, series.id) == ["confirmed"] * 4
    assert (await world.booking(series.id)).state is State.CONFIRMED
    assert len(world.calendar.creates) == 1
    assert [answer for _, _, answer in world.calendar.answers] == [Answer.ACCEPT]
    assert len(await world.claims(OSLO)) == 4
    assert world.shown[keys.booking_card(series.id)][-1].state is State.CONFIRMED


async def test_it_is_not_called_booked_before_the_room_has_answered() -> None:
    world = await running()
    world.calendar.attendant_s = 45
    series = await world.book_series(at(9), 3)
    await world.pass_time(40)

    assert (await world.booking(series.id)).state is State.REQUESTED
    assert not any(one.state is State.CONFIRMED for one in world.shown[keys.booking_card(series.id)])


async def test_all_or_nothing_where_the_room_is_taken_once() -> None:
    world = await running()
    await world.book(shifted(at(9), days=7), BOB)

    with pytest.raises(SlotTaken):
        await world.book_series(at(9), 4)

    assert len(await world.claims(OSLO)) == 1
    assert len(await world.bookings()) == 1


async def test_the_free_ones_are_booked_and_the_others_never_reach_the_room() -> None:
    world = await running()
    await world.book(shifted(at(9), days=7), BOB)
    await world.pass_time(60)

    series = await world.book_series(at(9), 4, missing=[1])
    await world.pass_time(60)

    assert await states(world, series.id) == ["confirmed", "-", "confirmed", "confirmed"]
    assert Answer.DECLINE not in [answer for _, _, answer in world.calendar.answers]
    assert world.calendar.double == []


async def test_the_free_ones_suit_a_room_that_exchange_answers_for() -> None:
    world = await running('[tenant]\ncontrol = "auto"')
    world.calendar.rooms[OSLO].mode = Mode.AUTO
    world.calendar.outlook_book(OSLO, shifted(at(9), days=7), "eve@contoso.example")
    await world.hint(OSLO)
    await world.settle()

    series = await world.book_series(at(9), 3, missing=[1])
    await world.pass_time(60)

    assert await states(world, series.id) == ["confirmed", "-", "confirmed"]


async def test_each_refused_occurrence_is_told_and_the_rest_stands() -> None:
    world = await running('[tenant]\ncontrol = "auto"')
    world.calendar.rooms[OSLO].mode = Mode.AUTO
    world.calendar.outlook_book(OSLO, shifted(at(9), days=7), "eve@contoso.example")  # nobody told us

    series = await world.book_series(at(9), 3)
    await world.pass_time(90)

    assert await states(world, series.id) == ["confirmed", "declined", "confirmed"]
    assert (await world.booking(series.id)).state is State.CONFIRMED
    assert len(await world.claims(OSLO)) == 3  # two of ours, and the other's


async def test_a_policy_against_series_refuses_them() -> None:
    world = await running("[tenant]\nrecurring = false")
    with pytest.raises(Refusal) as refused:
        await world.book_series(at(9), 3)
    assert [reason.code for reason in refused.value.reasons] == ["recurring_not_allowed"]


async def test_a_policy_of_so_many_occurrences_refuses_one_more() -> None:
    world = await running("[tenant]\nmost_occurrences = 3")
    await world.book_series(at(9), 3)
    with pytest.raises(Refusal) as refused:
        await world.book_series(at(11), 4)
    assert [reason.code for reason in refused.value.reasons] == ["series_too_long"]


async def test_a_series_that_graph_refuses_gives_everything_back() -> None:
    world = await running()
    world.calendar.faults.append(Fault(error=Rejected("ErrorInvalidRequest", 400), method="create"))
    series = await world.book_series(at(9), 3)
    await world.settle()

    assert (await world.booking(series.id)).state is State.FAILED
    assert {one.state for one in await world.occurrences(series.id)} == {State.FAILED}
    assert await world.claims(OSLO) == []


@pytest.mark.parametrize("method", ["create", "instances", "drop", "invite"])
@pytest.mark.parametrize("done", [True, False])
async def test_a_lost_answer_makes_no_second_series(method: str, done: bool) -> None:
    world = await running()
    world.calendar.faults.append(Fault(error=Unclear(), method=method, done=done))
    series = await world.book_series(at(9), 4, missing=[2])
    await world.pass_time(120)

    assert await states(world, series.id) == ["confirmed", "confirmed", "-", "confirmed"]
    assert len(world.calendar.made_by(series.id)) == 1


async def test_a_service_that_never_answers_ends_the_series_after_half_an_hour() -> None:
    world = await running()
    world.calendar.faults += [Fault(error=Unclear(), method="create") for _ in range(500)]
    series = await world.book_series(at(9), 3)
    await world.pass_time(2000, step_s=20)

    ended = await world.booking(series.id)
    assert (ended.state, [reason.code for reason in ended.reasons]) == (State.FAILED, ["attempts_used_up"])
    assert {one.state for one in await world.occurrences(series.id)} == {State.FAILED}
    assert await world.claims(OSLO) == []


@pytest.mark.parametrize("dies_at", range(60))
async def test_a_process_that_dies_at_any_step_leaves_one_whole_series(dies_at: int) -> None:
    world = await running()
    series = await world.book_series(at(9), 3, missing=[1])
    await world.survive(dies_at, 40)
    await world.pass_time(180)

    assert await states(world, series.id) == ["confirmed", "-", "confirmed"]
    assert len(world.calendar.made_by(series.id)) == 1
    assert len(await world.claims(OSLO)) == 2
    assert world.false_confirmed == []


# Given up --------------------------------------------------------------------------------------------------------


async def confirmed(world: World, times: int = 3) -> str:
    series = await world.book_series(at(9), times)
    await world.pass_time(60)
    assert await states(world, series.id) == ["confirmed"] * times
    return series.id


async def test_all_of_a_series_is_given_up_with_one_call() -> None:
    world = await running()
    series_id = await confirmed(world)
    await world.series_desk.cancel(series_id, ADA.id)
    await world.pass_time(60)

    assert (await world.booking(series_id)).state is State.CANCELLED
    assert await states(world, series_id) == ["cancelled"] * 3
    assert world.calendar.calls.count("cancel") == 1
    assert await world.claims(OSLO) == []
    assert world.index.in_the_way(OSLO, at(9)) is None


async def test_a_series_given_up_before_anybody_heard_of_it_was_never_made() -> None:
    world = await running()
    series = await world.book_series(at(9), 3)
    await world.series_desk.cancel(series.id, ADA.id)
    await world.pass_time(60)

    assert world.calendar.creates == []
    assert await states(world, series.id) == ["cancelled"] * 3
    assert await world.claims(OSLO) == []


async def test_one_occurrence_is_given_up_and_the_others_stay() -> None:
    world = await running()
    series_id = await confirmed(world)
    one = (await world.occurrences(series_id))[1]
    await world.desk.cancel(one.id, ADA.id)
    await world.pass_time(60)

    assert await states(world, series_id) == ["confirmed", "cancelled", "confirmed"]
    assert (await world.booking(series_id)).state is State.CONFIRMED
    assert len(await world.claims(OSLO)) == 2


@pytest.mark.parametrize("asked_for", [False, True])
async def test_what_goes_with_its_series_is_told_from_what_was_given_up_before(asked_for: bool) -> None:
    world = await running()
    series_id = await confirmed(world) if asked_for else (await world.book_series(at(9), 3)).id
    await world.desk.cancel((await world.occurrences(series_id))[1].id, ADA.id)
    if asked_for:
        await world.pass_time(60)
    await world.series_desk.cancel(series_id, ADA.id)
    await world.pass_time(60)

    assert await states(world, series_id) == ["cancelled"] * 3
    assert [one.with_all for one in (await world.booking(series_id)).occurrences] == [True, False, True]


async def test_an_occurrence_given_up_while_the_series_is_made_is_left_out() -> None:
    world = await running()
    series = await world.book_series(at(9), 3)
    one = (await world.occurrences(series.id))[0]
    await world.desk.cancel(one.id, ADA.id)
    await world.pass_time(90)

    assert await states(world, series.id) == ["cancelled", "confirmed", "confirmed"]
    assert len(await world.claims(OSLO)) == 2


async def test_the_last_occurrence_given_up_ends_the_series() -> None:
    world = await running()
    series_id = await confirmed(world, 2)
    for one in await world.occurrences(series_id):
        await world.desk.cancel(one.id, ADA.id)
    await world.pass_time(90)

    assert (await world.booking(series_id)).state is State.CANCELLED
    assert world.calendar.made_by(series_id) == []


async def test_of_a_series_that_has_begun_only_what_is_to_come_is_given_up() -> None:
    world = await running()
    series_id = await confirmed(world)
    await world.pass_time(3600 * 26, step_s=1800)
    await world.series_desk.cancel(series_id, ADA.id)
    await world.pass_time(300, step_s=20)

    assert await states(world, series_id) == ["confirmed", "cancelled", "cancelled"]
    assert (await world.booking(series_id)).state is State.CANCELLED
    assert [one.with_all for one in (await world.booking(series_id)).occurrences] == [False, True, True]
    assert len(world.calendar.made_by(series_id)) == 1


@pytest.mark.parametrize("cancelled", [False, True])
async def test_a_series_that_begins_before_its_meeting_was_seen_is_undone_whole(cancelled: bool) -> None:
    world = await running()
    world.calendar.faults += [Fault(error=Unclear(), method="create", done=True)]
    world.calendar.faults += [Fault(error=Unclear(), method="find") for _ in range(5)]
    if not cancelled:
        world.calendar.faults += [Fault(error=Denied("ErrorAccessDenied", 403), method="create")]
    soon = shifted(at(0), seconds=(world.clock.now() - at(0).start_at).total_seconds() + 20)
    series = await world.book_series(soon, 3)
    await world.settle()
    if cancelled:
        await world.series_desk.cancel(series.id, ADA.id)
    await world.pass_time(900, step_s=20)

    end = "cancelled" if cancelled else "failed"
    assert await states(world, series.id) == [end] * 3
    assert (await world.booking(series.id)).state == end
    assert world.calendar.made_by(series.id) == []
    assert await world.claims(OSLO) == []
    assert await world.dead() == []


async def test_giving_up_is_repeated_where_the_series_moved_on_meanwhile() -> None:
    world = await running()
    series_id = await confirmed(world)
    commit, quicker = world.raw.commit, [1, 2]

    async def outrun(batch: Batch) -> None:
        if any(put.key == keys.booking(series_id) for put in batch.puts) and quicker:
            quicker.pop()
            raise Conflict(keys.booking(series_id))
        await commit(batch)

    world.raw.commit = outrun  # type: ignore[method-assign]
    assert (await world.series_desk.cancel(series_id, ADA.id)).state is State.COMPENSATING


async def test_a_series_is_its_persons_own() -> None:
    world = await running()
    series_id = await confirmed(world)
    with pytest.raises(NotFound):
        await world.series_desk.cancel(series_id, BOB.id)


async def test_giving_up_goes_on_though_the_service_refuses_at_first() -> None:
    world = await running()
    series_id = await confirmed(world)
    world.calendar.faults.append(Fault(error=Denied("ErrorAccessDenied", 403), method="cancel"))
    await world.series_desk.cancel(series_id, ADA.id)
    await world.pass_time(120)

    assert (await world.booking(series_id)).state is State.CANCELLED
    assert await world.claims(OSLO) == []


# Changed ---------------------------------------------------------------------------------------------------------


async def test_all_of_a_series_moves_together() -> None:
    world = await running()
    series_id = await confirmed(world)
    slots = [shifted(one.slot, minutes=30) for one in (await world.booking(series_id)).occurrences]
    await world.series_desk.move(series_id, ADA.id, slots, Changed(people=4, subject="Review"))
    await world.pass_time(120)

    series = await world.booking(series_id)
    assert [one.slot for one in series.occurrences] == slots
    assert await states(world, series_id) == ["confirmed"] * 3
    assert series.people == 4
    assert {one.people for one in await world.occurrences(series_id)} == {4}
    assert world.calendar.made_by(series_id)[0].subject == "Review"
    assert not series.renaming


async def with_a_date_elsewhere(world: World) -> tuple[str, list[Slot]]:
    """A series whose second date Outlook took to Bergen, and the times two hours later."""
    series_id = await confirmed(world)
    elsewhere = (await world.occurrences(series_id))[1]
    world.calendar.outlook_change_room(elsewhere.event_id, BERGEN)
    await noticed_both(world)
    return series_id, [shifted(one.slot, hours=2) for one in await world.occurrences(series_id)]


async def test_a_date_that_outlook_took_to_another_room_goes_to_another_time_there() -> None:
    world = await running()
    series_id, slots = await with_a_date_elsewhere(world)

    await world.series_desk.move(series_id, ADA.id, slots)
    await noticed_both(world)

    dates = await world.occurrences(series_id)
    assert [(one.room, one.slot) for one in dates] == list(zip((OSLO, BERGEN, OSLO), slots, strict=True))
    assert world.index.in_the_way(OSLO, slots[1]) is None
    assert world.index.in_the_way(BERGEN, slots[1]) is not None


async def test_a_date_in_another_room_does_not_go_to_where_that_is_taken() -> None:
    world = await running()
    series_id, slots = await with_a_date_elsewhere(world)
    await world.book(slots[1], BOB, room=BERGEN)

    with pytest.raises(SlotTaken):
        await world.series_desk.move(series_id, ADA.id, slots)

    await world.book(slots[1], BOB, room=OSLO)


async def test_a_series_that_cannot_move_each_time_does_not_move_at_all() -> None:
    world = await running()
    series_id = await confirmed(world)
    await world.book(shifted(at(11), days=7), BOB)
    slots = [shifted(one.slot, hours=2) for one in (await world.booking(series_id)).occurrences]

    with pytest.raises(SlotTaken):
        await world.series_desk.move(series_id, ADA.id, slots)

    assert [one.slot for one in (await world.booking(series_id)).occurrences] == [
        shifted(slot, hours=-2) for slot in slots
    ]


async def test_one_occurrence_moves_alone() -> None:
    world = await running()
    series_id = await confirmed(world)
    one = (await world.occurrences(series_id))[1]
    await world.desk.move(one.id, ADA.id, shifted(one.slot, hours=2))
    await world.pass_time(120)

    assert await states(world, series_id) == ["confirmed"] * 3
    assert (await world.booking(series_id)).occurrences[1].slot == shifted(one.slot, hours=2)
    assert len(await world.claims(OSLO)) == 3


async def test_a_series_in_another_room_takes_the_place_of_the_old_one() -> None:
    world = await running()
    series_id = await confirmed(world)
    new = await world.book_series(at(9), 3, room=BERGEN, replaces=series_id)
    await world.pass_time(120)

    assert await states(world, new.id) == ["confirmed"] * 3
    assert (await world.booking(series_id)).state is State.CANCELLED
    assert await world.claims(OSLO) == []


# From Outlook ----------------------------------------------------------------------------------------------------


async def test_an_occurrence_cancelled_in_outlook_is_seen() -> None:
    world = await running()
    series_id = await confirmed(world)
    one = (await world.occurrences(series_id))[1]
    world.calendar.outlook_cancel(one.event_id)
    await world.hint(OSLO)
    await world.pass_time(60)

    assert await states(world, series_id) == ["confirmed", "cancelled", "confirmed"]


async def test_a_series_cancelled_in_outlook_ends() -> None:
    world = await running()
    series_id = await confirmed(world)
    world.calendar.outlook_cancel((await world.booking(series_id)).event_id)
    await world.hint(OSLO)
    await world.pass_time(60)

    assert await states(world, series_id) == ["cancelled"] * 3
    assert (await world.booking(series_id)).state is State.CANCELLED
    assert await world.claims(OSLO) == []


async def test_an_occurrence_moved_in_outlook_moves_its_booking() -> None:
    world = await running()
    series_id = await confirmed(world)
    one = (await world.occurrences(series_id))[1]
    world.calendar.outlook_move(one.event_id, shifted(one.slot, hours=3))
    await world.hint(OSLO)
    await world.pass_time(90)

    assert await states(world, series_id) == ["confirmed"] * 3
    assert (await world.booking(series_id)).occurrences[1].slot == shifted(one.slot, hours=3)


async def test_a_date_moved_onto_another_before_the_series_was_made_is_left_out() -> None:
    world = await running()
    world.calendar.faults.append(Fault(error=Unclear(), method="instances"))
    series = await world.book_series(at(9), 3)
    await world.settle()
    last = next(held for held in world.calendar.held.values() if held.id.endswith("-2"))
    world.calendar.outlook_move(last.id, at(9))
    await world.pass_time(90)

    assert await states(world, series.id) == ["confirmed", "confirmed", "cancelled"]
    assert world.calendar.double == []


async def test_a_date_with_a_subject_of_its_own_keeps_it_when_the_series_moves() -> None:
    world = await running()
    series_id = await confirmed(world)
    first = (await world.occurrences(series_id))[0]
    await world.desk.change(first.id, ADA.id, first.slot, subject="Kick-off")
    await world.pass_time(30)
    slots = [shifted(one.slot, minutes=30) for one in (await world.booking(series_id)).occurrences]
    await world.series_desk.move(series_id, ADA.id, slots, Changed(subject="Planning", people=5))
    await world.pass_time(120)

    subjects = [one.subject for one in await world.occurrences(series_id)]
    assert subjects == ["Kick-off", "Planning", "Planning"]
    assert world.calendar.held[first.event_id].subject == "Kick-off"
