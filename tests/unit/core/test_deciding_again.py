"""Requests that change while they are decided, or go and come back: an acceptance counts while it holds its time."""

import copy
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

from bot.booking.reconcile import HoldingStore, Reconciler
from bot.domain.events import Kind, Response, RoomEvent
from bot.domain.slots import Slot
from bot.ports import keys
from bot.ports.calendar import Answer, Busy
from bot.ports.store import Claim
from bot.store.memory import MemoryEngine
from bot.sync.round import Rounds
from tests.fakes import Fault
from tests.unit.core.world import OSLO, World, at, noticed, running, shifted

NINE = at(9)
EVE, DAN = "eve@contoso.example", "dan@contoso.example"


async def given_to_somebody_else(world: World) -> None:
    world.calendar.outlook_book(OSLO, NINE, DAN)
    await noticed(world, 60)


async def a_round(world: World) -> None:
    """By another worker, in the middle of something."""
    await world.hint(OSLO)
    [lease] = await world.raw.take([keys.SYNC], 1, now=world.clock.now().timestamp(), lease_s=30)
    await Rounds(world.documents, world.calendar, world.index, world.policies, world.clock).round(lease)


async def test_a_series_that_was_taken_away_and_back_is_decided_anew() -> None:
    world = await running()
    master = world.calendar.outlook_series(OSLO, [shifted(NINE, days=day) for day in range(3)], EVE)
    await noticed(world, 60)
    box = world.calendar.rooms[OSLO]

    def stands(hour: int, response: Response) -> None:
        box.series[master] = replace(box.series[master], slot=at(hour), response=response)
        rows = [row for row in box.items.values() if row.master_id == master]
        for day, row in enumerate(rows):
            world.calendar._write(replace(row, slot=shifted(at(hour), days=day), response=response))

    stands(11, Response.ACCEPTED)
    await noticed(world, 60)
    await given_to_somebody_else(world)
    stands(9, Response.TENTATIVE)
    await noticed(world, 120)

    assert world.calendar.double == []


async def test_a_meeting_that_left_the_window_and_came_back_is_decided_anew() -> None:
    world = await running()
    held = world.calendar.outlook_book(OSLO, NINE, EVE)
    await noticed(world, 60)
    world.calendar.outlook_move(held.id, shifted(NINE, days=900))
    await noticed(world, 60)
    await given_to_somebody_else(world)

    world.calendar.outlook_move(held.id, NINE)
    await noticed(world, 120)

    assert world.calendar.double == []


@pytest.mark.parametrize(
    "away", [{"response": Response.DECLINED}, {"is_cancelled": True}], ids=["declined", "cancelled"]
)
async def test_a_request_that_pends_again_after_it_was_over_is_decided_anew(away: dict[str, Any]) -> None:
    world = await running()
    held = world.calendar.outlook_book(OSLO, NINE, EVE)
    await noticed(world, 60)
    row = world.calendar.row_of(held)
    assert row is not None
    world.calendar._write(replace(row, **away))
    await noticed(world, 60)
    await given_to_somebody_else(world)

    world.calendar._write(replace(row, response=Response.TENTATIVE))
    await noticed(world, 120)

    assert world.calendar.double == []


def _move_and_accept(world: World, row: RoomEvent) -> None:
    held = next(one for one in world.calendar.held.values() if one.uid == row.ical_uid)
    world.calendar.outlook_move(held.id, at(11))
    world.calendar.accept_behind_our_back(world.calendar.held[held.id])


def _cancel(world: World, row: RoomEvent) -> None:
    world.calendar.outlook_cancel(next(one.id for one in world.calendar.held.values() if one.uid == row.ical_uid))


@pytest.mark.parametrize(("change", "holds"), [(_move_and_accept, [at(11)]), (_cancel, [])], ids=["moved", "cancelled"])
async def test_a_round_between_a_judgement_and_its_record_leaves_no_claim_behind(
    change: Callable[[World, RoomEvent], None], holds: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    world = await running()
    row = world.calendar.row_of(world.calendar.outlook_book(OSLO, NINE, EVE))
    assert row is not None
    await noticed(world)
    real: Callable[..., Awaitable[list[Claim]]] = world.documents.store.claims

    async def claims(room: str, start: int, end: int) -> list[Claim]:
        """What the judgement reads last."""
        found = await real(room, start, end)
        monkeypatch.setattr(world.documents.store, "claims", real)
        change(world, row)
        await a_round(world)
        return found

    monkeypatch.setattr(world.documents.store, "claims", claims)
    world.clock.forward(15)
    await world.settle()
    await world.pass_time(1200, 30)

    assert [claim.start for claim in await world.claims(OSLO)] == [slot.whole_seconds[0] for slot in holds]


def _crossing(world: World, monkeypatch: pytest.MonkeyPatch, move: Callable[[], None]) -> None:
    """The first answer meets the request after a move that nobody has told of."""
    real = world.calendar.answer

    async def answer(room: str, event_id: str, answer: Answer, comment: str) -> None:
        monkeypatch.setattr(world.calendar, "answer", real)
        move()
        await real(room, event_id, answer, comment)

    monkeypatch.setattr(world.calendar, "answer", answer)


@pytest.mark.parametrize(("hour", "answer"), [(11, Response.DECLINED), (14, Response.ACCEPTED)], ids=["taken", "free"])
async def test_an_acceptance_that_met_a_move_is_judged_where_the_meeting_went(
    hour: int, answer: Response, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = await running()
    first = world.calendar.outlook_book(OSLO, at(11), DAN)
    await noticed(world, 60)
    held = world.calendar.outlook_book(OSLO, NINE, EVE)
    _crossing(world, monkeypatch, lambda: world.calendar.outlook_move(held.id, at(hour)))
    await noticed(world, 60)
    await noticed(world, 120)

    accepted = {at(11), at(hour)} if answer is Response.ACCEPTED else {at(11)}
    assert world.calendar.held[held.id].room_response is answer
    assert world.calendar.held[first.id].room_response is Response.ACCEPTED
    assert {claim.start for claim in await world.claims(OSLO)} == {slot.whole_seconds[0] for slot in accepted}


async def test_an_acceptance_that_met_a_move_of_its_series_is_judged_where_the_series_went(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = await running()
    first = world.calendar.outlook_book(OSLO, at(11), DAN)
    await noticed(world, 60)
    master = world.calendar.outlook_series(OSLO, [shifted(NINE, days=day) for day in range(3)], EVE)
    box = world.calendar.rooms[OSLO]

    def move() -> None:
        for day, row in enumerate([row for row in box.items.values() if row.master_id == master]):
            world.calendar._write(replace(row, slot=shifted(at(11), days=day), response=Response.NOT_RESPONDED))

    _crossing(world, monkeypatch, move)
    await noticed(world, 60)
    await noticed(world, 120)

    assert [row.response for row in box.items.values() if row.master_id == master and row.blocks] == []
    assert world.calendar.held[first.id].room_response is Response.ACCEPTED
    assert [claim.start for claim in await world.claims(OSLO)] == [at(11).whole_seconds[0]]


async def test_an_acceptance_of_a_series_that_met_a_move_of_one_date_is_judged_where_the_date_went(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = await running()
    world.calendar.answers_exceptions = True
    taken = shifted(at(11), days=1)
    world.calendar.outlook_book(OSLO, taken, DAN)
    await noticed(world, 60)
    master = world.calendar.outlook_series(OSLO, [shifted(NINE, days=day) for day in range(3)], EVE)
    box = world.calendar.rooms[OSLO]

    def move() -> None:
        row = [row for row in box.items.values() if row.master_id == master][1]
        world.calendar._write(replace(row, slot=taken, kind=Kind.EXCEPTION, response=Response.NOT_RESPONDED))

    _crossing(world, monkeypatch, move)
    await noticed(world, 60)
    await noticed(world, 300)

    assert [row.organizer_address for row in box.items.values() if row.blocks and row.slot.overlaps(taken)] == [DAN]
    assert [row.slot for row in box.items.values() if row.master_id == master and row.blocks] == [
        NINE,
        shifted(NINE, days=2),
    ]


async def test_what_met_a_move_is_judged_again_where_it_changes_before_it_is_taken_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = await running()
    world.calendar.outlook_book(OSLO, at(11), DAN)
    await noticed(world, 60)
    held = world.calendar.outlook_book(OSLO, NINE, EVE)
    _crossing(world, monkeypatch, lambda: world.calendar.outlook_move(held.id, at(11)))
    await noticed(world, 30)
    world.calendar.faults.append(Fault(error=Busy("x", 503, retry_after_s=60), method="answer"))
    await noticed(world, 40)
    row = world.calendar.row_of(world.calendar.held[held.id])
    assert row is not None
    world.calendar._write(replace(row, attendees=row.attendees + 1))
    await noticed(world, 600)

    assert world.calendar.held[held.id].room_response is Response.DECLINED


async def _restored(world: World, backup: MemoryEngine) -> None:
    """A process that begins on the backup."""
    world.raw = backup.of("contoso")
    await Reconciler(world.reading, world.index, world.clock).begin()
    await world.start()
    reconciler = Reconciler(world.documents, world.index, world.clock)
    world.worker._store = HoldingStore(world.worker._store)
    world.worker._handlers = {**world.worker._handlers, keys.RECONCILER: reconciler.look}
    await reconciler.open()
    await world.settle()


@pytest.mark.parametrize("seconds", [12, 25, 60])
async def test_a_restored_backup_takes_nothing_back_that_was_accepted_since(seconds: int) -> None:
    """Though the acceptance that it knows of was for another time, which is another booking's for all that it knows."""
    world = await running()
    ours = await world.book(at(11))
    await world.pass_time(120)
    held = world.calendar.outlook_book(OSLO, NINE, EVE)
    await noticed(world, seconds)
    backup = copy.deepcopy(world.engine)
    world.calendar.outlook_cancel((await world.booking(ours.id)).event_id)
    await noticed(world, 60)
    world.calendar.outlook_move(held.id, at(11))
    await noticed(world, 120)
    assert world.calendar.held[held.id].room_response is Response.ACCEPTED

    await _restored(world, backup)
    await world.pass_time(1200)

    assert world.calendar.held[held.id].room_response is Response.ACCEPTED


def _rows(world: World, master: str) -> list[RoomEvent]:
    return [row for row in world.calendar.rooms[OSLO].items.values() if row.master_id == master]


def _moved(world: World, master: str, hour: int) -> None:
    for row in _rows(world, master):
        if row.kind is Kind.OCCURRENCE:
            day = (row.slot.start_at - NINE.start_at).days
            world.calendar._write(replace(row, slot=shifted(at(hour), days=day), response=Response.TENTATIVE))


@pytest.mark.parametrize("between_s", [20, 30, 300])
async def test_a_date_accepted_by_hand_long_ago_stands_where_its_series_moves_twice(between_s: int) -> None:
    world = await running("[tenant]\nlongest_minutes = 120\n")
    master = world.calendar.outlook_series(OSLO, [shifted(NINE, days=day) for day in range(3)], EVE)
    await noticed(world, 300)
    date = _rows(world, master)[1]
    longer = Slot.lasting(date.slot.start_at, 300)  # five hours: Foyer would decline it; the room's manager did not
    world.calendar._write(replace(date, slot=longer, kind=Kind.EXCEPTION, response=Response.ACCEPTED))
    await noticed(world, 7200)

    _moved(world, master, 10)
    await noticed(world, between_s)
    _moved(world, master, 11)
    await noticed(world, 600)

    assert [row.response for row in _rows(world, master) if row.kind is Kind.EXCEPTION] == [Response.ACCEPTED]
