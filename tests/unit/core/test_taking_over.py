"""Requests that already wait in a calendar when its room comes under our control."""

import json
from dataclasses import replace

import pytest

from bot.domain.bookings import State
from bot.domain.events import Kind, Response
from bot.domain.rooms import Control
from bot.domain.slots import Slot
from bot.policy.loading import load
from bot.ports import keys
from bot.ports.calendar import Answer
from bot.ports.store import Batch, Put
from tests.fakes import START_AT
from tests.unit.core.world import ADA, BERGEN, OSLO, ROOMS, World, at, later, running, shifted

EVE, DAN = "eve@contoso.example", "dan@contoso.example"
AUTO, DELEGATED, WATCHED = (f'[tenant]\ncontrol = "{control}"\n' for control in ("auto", "delegated", "watched"))
NINE = at(9, days=5)


async def followed(world: World, seconds: float = 120) -> None:
    await world.hint(OSLO)
    await world.pass_time(seconds)


async def under(world: World, policy: str) -> None:
    """The process ends, and another begins with that policy file."""
    world.policies = load(policy)
    await world.start()
    await world.pass_time(180)


@pytest.mark.parametrize("policy", [AUTO, WATCHED])
async def test_a_request_that_waits_when_its_room_becomes_ours_is_answered_once(policy: str) -> None:
    world = await running(policy)
    held = world.calendar.outlook_book(OSLO, NINE, EVE)
    await followed(world)
    assert world.calendar.answers == []

    await under(world, DELEGATED)

    assert [answer for *_, answer in world.calendar.answers] == [Answer.ACCEPT]
    assert [claim.holder for claim in await world.claims(OSLO)] == [keys.held_by_event(held.uid)]
    await under(world, DELEGATED)
    await world.pass_time(30 * 3600, 600)  # a night and a new window
    assert len(world.calendar.answers) == 1
    assert await world.dead() == []


async def test_a_room_that_moves_into_a_building_of_ours_is_answered_for_from_then_on() -> None:
    world = await running('[tenant]\ncontrol = "watched"\n[building."Old Mill"]\ncontrol = "delegated"\n')
    world.calendar.outlook_book(OSLO, NINE, EVE)
    world.calendar.outlook_book(BERGEN, NINE, EVE)
    await followed(world, 600)

    oslo, *others = ROOMS
    world.directory.listed = [replace(oslo, building="Old Mill"), *others]
    await world.pass_time(2 * 3600, 60)

    assert [(room, answer) for room, _, answer in world.calendar.answers] == [(OSLO, Answer.ACCEPT)]


async def test_a_room_that_comes_and_goes_and_comes_again_is_answered_for_what_came_meanwhile() -> None:
    world = await running(DELEGATED)
    world.calendar.outlook_book(OSLO, NINE, EVE)
    await followed(world)
    await under(world, WATCHED)
    world.calendar.outlook_book(OSLO, shifted(NINE, hours=2), DAN)
    await followed(world)
    assert len(world.calendar.answers) == 1

    await under(world, DELEGATED)

    assert [answer for *_, answer in world.calendar.answers] == [Answer.ACCEPT, Answer.ACCEPT]


async def test_a_room_that_is_not_ours_for_less_than_a_round_is_answered_for_all_the_same() -> None:
    world = await running(DELEGATED)
    world.calendar.outlook_book(OSLO, NINE, EVE)
    await world.hint(OSLO)
    await world.settle()
    world.policies = load(WATCHED)
    await world.start()
    world.clock.forward(10)
    await world.run_one(keys.DECIDE)

    await under(world, DELEGATED)

    assert [answer for *_, answer in world.calendar.answers] == [Answer.ACCEPT]


async def test_who_asked_first_gets_the_room() -> None:
    world = await running(WATCHED)
    asked = []
    for number in range(6):
        asked.append(world.calendar.outlook_book(OSLO, shifted(NINE, minutes=-10 * number), EVE))
        await followed(world, 60)
    world.clock.forward(2 * 86400)

    await under(world, DELEGATED)

    shown = [world.calendar.held[held.id].room_response for held in asked]
    assert shown == [Response.ACCEPTED, *[Response.DECLINED] * 5]
    assert len(world.calendar.answers) == 6
    assert world.calendar.double == []


async def test_what_is_over_by_then_gets_no_answer() -> None:
    world = await running(WATCHED)
    held = world.calendar.outlook_book(OSLO, Slot.lasting(later(START_AT, minutes=30), 30), EVE)
    await followed(world)
    world.clock.forward(2 * 3600)

    await under(world, DELEGATED)

    assert world.calendar.answers == []
    assert held.uid in {row.ical_uid for row in world.calendar.live_rows(OSLO).values() if row.pending}


async def test_a_series_and_a_date_of_it_that_was_changed_by_itself_are_both_answered() -> None:
    world = await running(WATCHED)
    world.calendar.answers_exceptions = True
    master = world.calendar.outlook_series(OSLO, [shifted(NINE, days=day) for day in range(4)], EVE)
    await followed(world)
    first = next(row for row in world.calendar.rooms[OSLO].items.values() if row.master_id == master)
    world.calendar._write(replace(first, kind=Kind.EXCEPTION, slot=shifted(first.slot, hours=3)))
    await followed(world)

    await under(world, DELEGATED)

    assert world.calendar.answers == [(OSLO, first.id, Answer.ACCEPT), (OSLO, master, Answer.ACCEPT)]
    assert not any(row.pending for row in world.calendar.live_rows(OSLO).values())


async def test_a_date_that_was_changed_while_a_series_of_ours_was_only_watched_is_answered_then() -> None:
    world = await running(DELEGATED)
    master = world.calendar.outlook_series(OSLO, [shifted(NINE, days=day) for day in range(3)], EVE)
    await followed(world)
    await under(world, WATCHED)
    row = next(row for row in world.calendar.rooms[OSLO].items.values() if row.master_id == master)
    world.calendar._write(
        replace(row, kind=Kind.EXCEPTION, slot=shifted(row.slot, hours=3), response=Response.TENTATIVE)
    )
    await followed(world)

    await under(world, DELEGATED)

    assert world.calendar.answers == [(OSLO, master, Answer.ACCEPT), (OSLO, row.id, Answer.ACCEPT)]


async def test_a_booking_by_chat_that_the_room_left_waiting_is_confirmed() -> None:
    world = await running(AUTO)
    booking = await world.book(NINE, ADA)
    await followed(world)
    assert (await world.booking(booking.id)).state is State.REQUESTED

    await under(world, DELEGATED)

    assert (await world.booking(booking.id)).state is State.CONFIRMED
    assert len(world.calendar.answers) == 1


async def test_a_room_whose_record_is_of_an_older_version_is_gone_through_once() -> None:
    world = await running(WATCHED)
    world.calendar.outlook_book(OSLO, NINE, EVE)
    await followed(world)
    (kept,) = await world.documents_under(keys.feed(OSLO))
    old = {name: value for name, value in json.loads(kept.value).items() if name != "control"}
    await world.raw.commit(Batch(puts=(Put(keys.feed(OSLO), json.dumps(old).encode()),)))
    assert (await world.feed(OSLO)).control is None

    await under(world, DELEGATED)

    assert [answer for *_, answer in world.calendar.answers] == [Answer.ACCEPT]
    assert (await world.feed(OSLO)).control is Control.DELEGATED


async def test_a_process_that_dies_in_between_answers_all_the_same() -> None:
    for dies_at in range(1, 30):
        world = await running(WATCHED)
        world.calendar.outlook_book(OSLO, NINE, EVE)
        await followed(world, 60)
        world.policies = load(DELEGATED)
        await world.start()
        await world.survive(dies_at, 180)
        await world.pass_time(240)

        assert [answer for *_, answer in world.calendar.answers] == [Answer.ACCEPT], dies_at


async def test_rows_are_gone_through_once_and_a_quiet_round_reads_none(monkeypatch: pytest.MonkeyPatch) -> None:
    world = await running(WATCHED)
    world.calendar.outlook_book(OSLO, NINE, EVE)
    await followed(world)
    scanned: list[str] = []
    scan = world.raw.scan

    async def counting(prefix: str) -> object:
        scanned.append(prefix)
        return await scan(prefix)

    monkeypatch.setattr(world.raw, "scan", counting)
    await under(world, DELEGATED)
    assert scanned.count(keys.events(OSLO)) == 1

    for _ in range(5):
        await followed(world, 60)

    assert scanned.count(keys.events(OSLO)) == 1
