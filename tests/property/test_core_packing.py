"""A start that loads what is packed, against one that reads every row: whatever happened before, they know the same."""

import asyncio
import contextlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.availability import Availability
from bot.domain.errors import Refusal
from bot.domain.slots import Slot
from bot.domain.spans import Spans
from bot.ports import keys
from bot.ports.calendar import Busy
from bot.ports.documents import Documents
from bot.ports.records import FeedState
from bot.ports.store import Batch, Document, Put, Schedule
from bot.store.codec import JsonCodec
from bot.store.memory import MemoryStore
from bot.sync.forget import GONE_ROOMS_LIVE
from bot.sync.indexing import Indexing
from bot.sync.packing import believed, packed
from tests.fakes import START_AT, Fault
from tests.unit.core.world import ADA, BERGEN, BOB, OSLO, World, at

ROOMS = (OSLO, BERGEN)


class Reading:
    """A store that counts the rows that were read, and has nothing packed where it `forgets`."""

    def __init__(self, store: MemoryStore, *, forgets: bool = False) -> None:
        self._store = store
        self._forgets = forgets
        self.rows = 0
        self.scan = store.scan
        self.commit = store.commit

    async def page(self, prefix: str, after: str, limit: int) -> list[Document]:
        found = await self._store.page(prefix, after, limit)
        self.rows += sum(one.key.startswith("event/") for one in found)
        return found

    async def read(self, wanted: Iterable[str]) -> dict[str, Document]:
        return await self._store.read(key for key in wanted if not (self._forgets and key.startswith(keys.packed(""))))


async def loaded(world: World, *, forgets: bool = False) -> tuple[Availability, int]:
    store, index = Reading(world.raw, forgets=forgets), Availability()  # type: ignore[arg-type]  # in memory
    await Indexing(Documents(store, JsonCodec()), index, world.clock).load()  # type: ignore[arg-type]
    return index, store.rows


async def same(world: World) -> int:
    """How many rows a start reads, of the two that must know the same."""
    packed_, rows = await loaded(world)
    rebuilt, _ = await loaded(world, forgets=True)
    hours = [Slot.lasting(START_AT + number * timedelta(hours=1), 60) for number in range(40)]
    assert [packed_.taken(room) for room in ROOMS] == [rebuilt.taken(room) for room in ROOMS]
    for slot in hours:
        assert packed_.free_mask(slot, packed_.everything) == rebuilt.free_mask(slot, rebuilt.everything)
    return rows


slots = st.sampled_from([at(9), at(9.5), at(10), at(10.25, 15), at(11, 30)])
rooms = st.sampled_from(ROOMS)
picks = st.integers(0, 9)
steps = st.one_of(
    st.tuples(st.just("book"), rooms, slots, picks),
    st.tuples(st.just("outlook"), rooms, slots, picks),
    st.tuples(st.just("move"), rooms, slots, picks),
    st.tuples(st.just("cancel"), rooms, slots, picks),
    st.tuples(st.just("reset"), rooms, slots, picks),
    st.tuples(st.just("die"), rooms, slots, picks),
    st.tuples(st.just("older"), rooms, slots, picks),
    st.tuples(st.just("fail"), rooms, slots, picks),
)


async def step(world: World, what: str, room: str, slot: Slot, pick: int) -> None:
    held = sorted((one for one in world.calendar.held.values() if not one.slots), key=lambda one: one.id)
    chosen = held[pick % len(held)] if held else None
    match what:
        case "book":
            with contextlib.suppress(Refusal):
                await world.book(slot, BOB if pick % 2 else ADA, room)
        case "outlook":
            world.calendar.outlook_book(room, slot, "eve@contoso.example")
        case "move" if chosen:
            world.calendar.outlook_move(chosen.id, slot)
        case "cancel" if chosen:
            world.calendar.outlook_cancel(chosen.id)
        case "reset":
            world.calendar.generation += 1
        case "fail":
            world.calendar.faults.append(Fault(error=Busy(), method="changes"))
        case "older":
            await without_packing(world, room)


async def without_packing(world: World, room: str) -> None:
    """A version of Foyer that packs nothing writes the feed: it drops the field that it does not know."""
    kept = await world.reading.get(keys.feed(room), FeedState)
    if kept is not None:
        put = world.reading.put(keys.feed(room), replace(kept.value, packed=""))
        await world.raw.commit(Batch(puts=(put,)))


@settings(max_examples=60, deadline=None)
@given(history=st.lists(steps, max_size=12))
def test_a_start_from_what_is_packed_knows_what_a_start_from_the_rows_knows(
    history: Sequence[tuple[str, str, Slot, int]],
) -> None:
    async def play() -> None:
        world = World("[tenant]\nmost_declines = 0")
        await world.start()
        await world.settle()
        for what, room, slot, pick in history:
            if what == "die":
                await world.hint(room)
                await world.survive(pick, 60)
            else:
                await step(world, what, room, slot, pick)
                await world.hint(room)
                await world.pass_time(30)
            await same(world)
        await world.pass_time(700, step_s=50)
        assert await same(world) == 0, "every room is packed again"

    asyncio.run(play())


async def stood(*, rows: int = 3) -> World:
    """A tenant with meetings in one room, all read and packed."""
    world = World()
    await world.start()
    await world.settle()
    for number in range(rows):
        world.calendar.outlook_book(OSLO, at(9 + number), "eve@contoso.example")
    await world.hint(OSLO)
    await world.pass_time(120)
    assert await same(world) == 0
    return world


def torn(value: bytes) -> bytes:
    return value[:-3]


def flipped(value: bytes) -> bytes:
    return value[:20] + bytes([value[20] ^ 1]) + value[21:]


@pytest.mark.parametrize("spoil", [torn, flipped, lambda _: b"", lambda _: b"sp02 of a later version"])
async def test_what_is_not_what_the_feed_names_is_not_believed_and_packed_anew(
    spoil: Callable[[bytes], bytes],
) -> None:
    world = await stood()
    kept = (await world.raw.read([keys.packed(OSLO)]))[keys.packed(OSLO)]
    await world.raw.commit(Batch(puts=(Put(kept.key, spoil(kept.value)),)))
    assert await same(world) == 3

    world.calendar.outlook_book(OSLO, at(13), "eve@contoso.example")
    await world.hint(OSLO)
    await world.pass_time(60)
    assert await same(world) == 0


async def test_one_of_before_is_not_believed_beside_the_rows_of_today() -> None:
    world = await stood()
    kept = (await world.raw.read([keys.packed(OSLO)]))[keys.packed(OSLO)]
    world.calendar.outlook_book(OSLO, at(13), "eve@contoso.example")
    await world.hint(OSLO)
    await world.pass_time(60)
    await world.raw.commit(Batch(puts=(Put(kept.key, kept.value),)))

    assert await same(world) == 4


async def test_a_room_that_is_forgotten_leaves_nothing_packed() -> None:
    world = await stood()
    world.directory.listed = [room for room in world.directory.listed if room.address != OSLO]
    await world.pass_time(3700, step_s=100)
    world.clock.forward(GONE_ROOMS_LIVE.total_seconds() + 1)
    await world.raw.commit(Batch(schedules=(Schedule(keys.FORGET + "all", world.clock.now().timestamp()),)))
    await world.settle()

    assert await world.raw.read([keys.feed(OSLO), keys.packed(OSLO)]) == {}


moments = st.integers(-(10**15) * 2, 10**15).map(lambda away: START_AT + timedelta(microseconds=away))
moments |= st.integers(0, 10**7).map(lambda away: START_AT + timedelta(seconds=away))
lengths = st.one_of(st.integers(1, 90 * 86_400).map(float), st.floats(0.001, 9_000))
spans = st.dictionaries(
    st.text(max_size=9), st.tuples(moments, lengths).map(lambda one: Slot(one[0], one[0] + timedelta(seconds=one[1])))
)


@given(taken=spans, gone=st.text(max_size=9), more=spans)
def test_spans_are_had_back_as_they_were_and_go_on_from_there(
    taken: dict[str, Slot], gone: str, more: dict[str, Slot]
) -> None:
    spans = Spans(taken.items())
    back = Spans.from_bytes(spans.to_bytes())
    assert sorted(back) == sorted(spans)

    for one in (spans, back):
        one.pop(gone)
        for holder, slot in more.items():
            one.pop(holder)
            one.put(holder, slot)
    assert sorted(back) == sorted(spans)
    for slot in more.values():
        assert sorted(back.within(slot)) == sorted(spans.within(slot))


@given(st.binary(max_size=60))
def test_bytes_that_are_no_spans_are_refused(value: bytes) -> None:
    with pytest.raises(ValueError, match="no spans"):
        Spans.from_bytes(value)
    assert believed(value, packed(OSLO, Spans()).digest) is None
