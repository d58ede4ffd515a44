"""Who of a room's meetings are kin: what is packed says what the rows themselves say."""

import json
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.events import Outline, RoomEvent
from bot.domain.kin import Kin, kin_of
from bot.domain.slots import Slot
from bot.ports import keys
from bot.ports.documents import Documents
from bot.ports.store import Batch, Put
from tests.fakes import Mode
from tests.unit.core.world import OSLO, World, at, running, shifted

NINE = at(9)
EVE, DAN = "eve@contoso.example", "dan@contoso.example"
NAMES = st.sampled_from(["", "a", "b", "c"])
ROWS = st.lists(st.builds(Outline, id=st.sampled_from("12345"), ical_uid=NAMES, master_id=NAMES), max_size=8)


def by_id(rows: list[Outline]) -> dict[str, Outline]:
    return {row.id: row for row in rows}


@given(ROWS, ROWS, st.sets(st.sampled_from("12345")), st.sets(NAMES), st.sets(NAMES))
def test_it_answers_as_the_rows_would(
    rows: list[Outline], come: list[Outline], gone: set[str], uids: set[str], masters: set[str]
) -> None:
    before, news = by_id(rows), by_id(come)
    kin = kin_of(before.values()).after([*gone, *(news.keys() & before.keys() - gone)], news.values())
    now = {key: row for key, row in before.items() if key not in gone} | news
    some = [row for number, row in enumerate(now.values()) if number % 2]

    rest = [row for row in now.values() if row not in some]
    there = any(row.ical_uid in uids - {""} or row.master_id in masters - {""} for row in rest)
    assert kin.others(some, uids, masters) == there


def test_names_are_found_however_their_digests_lie_beside_each_other() -> None:
    chance = Random(1)  # noqa: S311 - names, no secrets
    rows = [Outline(id=str(n), ical_uid=str(chance.randrange(500)), master_id="") for n in range(2_000)]
    kin = kin_of(rows)
    for row in rows:
        namesakes = [other for other in rows if other.ical_uid == row.ical_uid]
        assert not kin.others(namesakes, {row.ical_uid}, set())
        assert kin.others(namesakes[1:], {row.ical_uid}, set())
    assert kin.after([row.id for row in rows], []) == Kin()


async def copied(world: World, event_id: str, *, as_id: str) -> None:
    """The same meeting, sent again: another id, the same iCalUId."""
    row = world.calendar.live_rows(OSLO)[event_id]
    put = world.reading.put(keys.event(OSLO, as_id), replace(row, id=as_id))
    kept = await world.reading.get(keys.kin(OSLO), Kin)
    kin = (kept.value if kept else Kin()).after([], [replace(row, id=as_id)])
    await world.raw.commit(Batch(puts=(put, world.reading.put(keys.kin(OSLO), kin))))


@pytest.mark.parametrize("has_namesake", [False, True])
async def test_the_claim_stays_with_a_meeting_that_goes_on_under_another_id(has_namesake: bool) -> None:
    world = await running()
    world.calendar.rooms[OSLO].mode = Mode.AUTO
    world.calendar.keeps_cancelled = False
    held = world.calendar.outlook_book(OSLO, NINE, EVE)
    world.calendar.outlook_book(OSLO, shifted(NINE, hours=3), EVE)
    await world.hint(OSLO)
    await world.settle()
    before = await world.claims(OSLO)
    assert len(before) == 2
    (gone_id,) = [row.id for row in world.calendar.live_rows(OSLO).values() if row.ical_uid == held.uid]
    if has_namesake:
        await copied(world, gone_id, as_id="again")

    world.calendar.outlook_cancel(held.id)
    await world.hint(OSLO)
    await world.settle()

    assert len(await world.claims(OSLO)) == (2 if has_namesake else 1)


async def test_of_a_meeting_without_kin_that_goes_no_other_row_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    world = await running()
    world.calendar.rooms[OSLO].mode = Mode.AUTO
    world.calendar.keeps_cancelled = False
    helds = [world.calendar.outlook_book(OSLO, shifted(NINE, hours=hour), EVE) for hour in range(6)]
    await world.hint(OSLO)
    await world.settle()

    async def whole(*_asked: object) -> list[RoomEvent]:
        raise AssertionError("all of the room's rows were read")

    monkeypatch.setattr(Documents, "sift", whole)
    world.calendar.outlook_cancel(helds[2].id)
    await world.hint(OSLO)
    await world.settle()

    rows = await world.documents_under(keys.events(OSLO))
    assert {row.key.rpartition("/")[2] for row in rows} == set(world.calendar.live_rows(OSLO))
    assert await world.dead() == []


def as_before_kin(batch: Batch) -> Batch:
    """What a version that knows neither kin nor what is packed writes in its place."""
    puts = [put for put in batch.puts if not put.key.startswith((keys.kin(""), keys.packed("")))]
    for number, put in enumerate(puts):
        if put.key.startswith(keys.feed("")):
            value = {name: one for name, one in json.loads(put.value).items() if name != "packed"}
            puts[number] = replace(put, value=json.dumps(value).encode())
    return replace(batch, puts=puts)


@pytest.mark.parametrize("others", [[], [shifted(NINE, hours=3)]], ids=["at once", "after another meeting came"])
async def test_a_series_that_came_under_a_version_without_kin_goes_under_this_one(
    monkeypatch: pytest.MonkeyPatch, others: list[Slot]
) -> None:
    world = await running()
    await world.pass_time(120)
    commit = world.raw.commit
    with monkeypatch.context() as rolled_back:
        rolled_back.setattr(world.raw, "commit", lambda batch: commit(as_before_kin(batch)))
        master = world.calendar.outlook_series(OSLO, [shifted(NINE, days=day) for day in range(4)], EVE)
        await world.hint(OSLO)
        await world.pass_time(90)
    assert len(await world.documents_under(keys.events(OSLO))) == 4
    for slot in others:
        world.calendar.outlook_book(OSLO, slot, DAN)
        await world.hint(OSLO)
        await world.pass_time(90)

    box = world.calendar.rooms[OSLO]
    box.items = {name: row for name, row in box.items.items() if row.master_id != master}
    del box.series[master]
    box.log.append(master)  # told as removed, by its master alone
    await world.hint(OSLO)
    await world.pass_time(600, 30)

    assert len(await world.documents_under(keys.events(OSLO))) == len(others)
    assert world.index.taken(OSLO) == others
    assert len(await world.claims(OSLO)) == len(others)


async def test_a_room_whose_kin_cannot_be_read_goes_on_being_read() -> None:
    world = await running()
    for slot in (NINE, shifted(NINE, hours=2)):
        await world.raw.commit(Batch(puts=(Put(keys.kin(OSLO), b'{"uids":7}'),)))
        world.calendar.outlook_book(OSLO, slot, EVE)
        await world.hint(OSLO)
        await world.pass_time(120)

    assert world.index.taken(OSLO) == [NINE, shifted(NINE, hours=2)]
