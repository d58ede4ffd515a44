"""Two processes over one store: whatever either writes, and whenever, both indexes come to what the documents say."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.availability import Availability
from bot.domain.bookings import Booking, State
from bot.domain.events import Response, RoomEvent
from bot.domain.rooms import Room
from bot.domain.slots import Slot
from bot.ports import keys
from bot.ports.changes import Changes
from bot.ports.documents import Documents
from bot.ports.records import FeedState
from bot.ports.store import Batch, Delete, Document
from bot.store.codec import JsonCodec
from bot.store.memory import MemoryEngine, MemoryStore
from bot.sync.follower import Follower
from bot.sync.indexing import Indexing, read_until
from tests.fakes import START_AT, ManualClock

ROOMS = [f"r{number}@x.example" for number in range(2)]
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Write:
    """One document as `process` writes it; None deletes. Its answer comes `late`: after what others do meanwhile."""

    process: int
    key: str
    value: Any
    late: bool


@dataclass(frozen=True)
class CatchUp:
    """`process` follows; `meanwhile` so many of the next writes happen while it reads."""

    process: int
    meanwhile: int


@dataclass(frozen=True)
class Answers:
    """What `process` wrote and has not been told of yet, it is told."""

    process: int


Step = Write | CatchUp | Answers


class Watched:
    """The store as one process sees it: others get their turn at every read."""

    def __init__(self, store: MemoryStore, turn: Callable[[], Any]) -> None:
        self._store = store
        self._turn = turn
        self.commit = store.commit
        self.claims = store.claims
        self.take = store.take
        self.prolong = store.prolong
        self.next_due = store.next_due
        self.dead_letters = store.dead_letters
        self.owed = store.owed
        self.known_jobs = store.known_jobs
        self.position = store.position

    async def read(self, keys: Iterable[str], under: Iterable[str] = ()) -> dict[str, Document]:
        found = await self._store.read(keys, under)
        await self._turn()
        return found

    async def scan(self, prefix: str) -> list[Document]:
        found = await self._store.scan(prefix)
        await self._turn()
        return found

    async def page(self, prefix: str, after: str, limit: int) -> list[Document]:
        found = await self._store.page(prefix, after, limit)
        await self._turn()
        return found

    async def changes(self, after: str, limit: int) -> Changes:
        found = await self._store.changes(after, limit)
        await self._turn()
        return found


@dataclass
class Process:
    documents: Documents
    index: Availability
    follower: Follower
    unanswered: list[Write] = field(default_factory=list)

    def answer(self) -> None:
        """As a use case does when its commit returns: the document is told, then shown, without a pause."""
        for write in self.unanswered:
            self.follower.wrote([write.key])
            show(self.index, write)
        self.unanswered.clear()


class Both:
    """The two processes, and what is left to happen."""

    def __init__(self, steps: list[Step], feed_keeps: int) -> None:
        self.clock = ManualClock()
        self.store = MemoryEngine(most_changed=feed_keeps).of("contoso")
        self.steps = steps
        self._meanwhile = 0
        self.processes = [self._process(), self._process()]

    def _process(self) -> Process:
        store = Watched(self.store, self._turn)
        documents, index = Documents(store, JsonCodec()), Availability()
        return Process(documents, index, Follower(store, Indexing(documents, index, self.clock), self.clock))

    async def play(self) -> None:
        """A room that has rows has a feed: rounds write both, and the feed is forgotten last."""
        put = self.processes[0].documents.put
        await self.store.commit(Batch(puts=[put(keys.feed(room), FeedState()) for room in ROOMS]))
        for process in self.processes:
            await process.follower.open()
        while self.steps:
            await self._do(self.steps.pop(0))
        for process in self.processes:
            process.answer()
        for process in self.processes:
            await process.follower.catch_up()

    async def _turn(self) -> None:
        if self._meanwhile and self.steps and not isinstance(self.steps[0], CatchUp):
            self._meanwhile -= 1
            await self._do(self.steps.pop(0))

    async def _do(self, step: Step) -> None:
        process = self.processes[step.process]
        if isinstance(step, CatchUp):
            self._meanwhile = step.meanwhile
            await process.follower.catch_up()
            self._meanwhile = 0
        elif isinstance(step, Answers):
            process.answer()
        else:
            part = Delete(step.key) if step.value is None else process.documents.put(step.key, step.value)
            await self.store.commit(Batch(deletes=[part]) if isinstance(part, Delete) else Batch(puts=[part]))
            process.unanswered.append(step)
            if not step.late:
                process.answer()

    async def fresh(self) -> Availability:
        index = Availability()
        await Indexing(Documents(self.store, JsonCodec()), index, self.clock).load()
        return index


def show(index: Availability, write: Write) -> None:
    """What rounds, refreshes, the desk and the driver do with what they wrote."""
    match write.value, write.key.split("/"):
        case Room() as room, _:
            index.set_rooms([*(one for one in index.rooms if one.address != room.address), room])
        case None, ["room", address]:
            index.set_rooms(room for room in index.rooms if room.address != address)
        case FeedState() as feed, [_, address]:
            if until_at := read_until(feed):
                index.mark_read(address, until_at)
            else:
                index.mark_unread(address)
        case RoomEvent() as event, _ if event.blocks:
            index.put(event.room, event.id, event.slot)
        case _, ["event", address, event_id]:
            index.drop(address, event_id)
        case Booking() as booking, _ if booking.live:
            index.put(booking.room, keys.held_by_booking(booking.id), booking.slot)
        case Booking() as booking, _:
            index.drop(booking.room, keys.held_by_booking(booking.id))


def told(index: Availability) -> Any:
    """All that a search can learn of an index."""
    moments = [Slot.lasting(START_AT + number * DAY, 30) for number in range(6)]
    return (
        index.rooms,
        [index.taken(address) for address in ROOMS],
        [index.free_mask(slot, index.everything) for slot in moments],
        [[index.knows(room.address, slot) for slot in moments] for room in index.rooms],
    )


slots = st.builds(
    lambda day, hours: Slot.lasting(START_AT + day * DAY, hours * 60), st.integers(0, 4), st.integers(1, 30)
)
rooms = st.sampled_from(ROOMS)
numbers = st.sampled_from("12")


def room_of(address: str) -> st.SearchStrategy[tuple[str, Any]]:
    room = st.builds(lambda size: Room(address=address, name=address, capacity=size), st.integers(1, 3))
    return st.tuples(st.just(keys.room(address)), st.one_of(room, room, st.none()))


def feed_of(address: str) -> st.SearchStrategy[tuple[str, Any]]:
    window = st.one_of(st.none(), slots.map(lambda slot: Slot(START_AT - DAY, slot.end_at)))
    feed = st.builds(
        lambda window, trouble, doubted: FeedState(window=window, trouble=trouble, doubted_at=doubted),
        window, st.sampled_from(["", "", "denied"]), st.sampled_from([None, None, START_AT]),
    )  # fmt: skip
    return st.tuples(st.just(keys.feed(address)), feed)


def event_of(address: str, number: str) -> st.SearchStrategy[tuple[str, Any]]:
    event = st.builds(
        lambda slot, answer: RoomEvent(id=number, room=address, ical_uid=number, slot=slot, response=answer),
        slots, st.sampled_from([Response.ACCEPTED, Response.ACCEPTED, Response.DECLINED]),
    )  # fmt: skip
    return st.tuples(st.just(keys.event(address, number)), st.one_of(event, event, st.none()))


def booking_of(number: str) -> st.SearchStrategy[tuple[str, Any]]:
    booking = st.builds(
        lambda slot, state: Booking(
            id=number, person_id="p", organizer="p@x.example", room=ROOMS[int(number) % 2], slot=slot, subject="",
            state=state, made_at=START_AT,
        ),
        slots, st.sampled_from([State.HELD, State.CONFIRMED, State.CANCELLED]),
    )  # fmt: skip
    return st.tuples(st.just(keys.booking(number)), booking)


documents = st.one_of(
    rooms.flatmap(room_of),
    rooms.flatmap(feed_of),
    st.tuples(rooms, numbers).flatmap(lambda both: event_of(*both)),
    numbers.flatmap(booking_of),
)
processes = st.sampled_from([0, 1])
writes = st.builds(
    lambda process, written, late: Write(process, written[0], written[1], late), processes, documents, st.booleans()
)
catching_up = st.builds(CatchUp, processes, st.integers(0, 4))
histories = st.lists(
    st.one_of(writes, writes, writes, catching_up, st.builds(Answers, processes)), min_size=8, max_size=40
)


@settings(max_examples=200)
@given(histories, st.sampled_from([2, 100]))  # in a feed of few keys, a process that looks away misses something
def test_both_indexes_come_to_what_a_process_would_read_that_starts_now(steps: list[Step], feed_keeps: int) -> None:
    async def play() -> tuple[Any, Any, Any]:
        both = Both(list(steps), feed_keeps)
        await both.play()
        return *(told(process.index) for process in both.processes), told(await both.fresh())

    first, second, fresh = asyncio.run(play())

    assert first == fresh
    assert second == fresh


async def test_an_answer_that_comes_late_does_not_bring_back_what_another_process_undid() -> None:
    booking = Booking(
        id="1", person_id="p", organizer="p@x.example", room=ROOMS[0], slot=Slot.lasting(START_AT + DAY, 30),
        subject="", state=State.HELD, made_at=START_AT,
    )  # fmt: skip
    key = keys.booking("1")
    steps: list[Step] = [
        Write(0, key, booking, late=True),
        Write(1, key, replace(booking, state=State.CANCELLED), late=False),
        CatchUp(0, 0),
        Answers(0),
    ]
    both = Both(steps, feed_keeps=100)

    await both.play()

    assert both.processes[0].index.taken(ROOMS[0]) == []
