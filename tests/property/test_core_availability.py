"""The index of free rooms against a plain list of spans: exact to the second, whatever was put, dropped or renamed."""

from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.availability import SLICE_S, Availability
from bot.domain.rooms import Room
from bot.domain.slots import Slot
from tests.fakes import START_AT

ADDRESSES = [f"r{number}@x.example" for number in range(5)]
ROOMS = [
    Room(address=address, name=address, capacity=(number * 3) or None, bookable=number != 3)
    for number, address in enumerate(ADDRESSES)
]
HOUR_S = 3600

# Times on and around the slices' edges, and lengths from less than a second to more than two months.
moments = st.one_of(
    st.integers(0, 12).map(lambda at: at * SLICE_S),
    st.integers(0, HOUR_S // 2),
    st.floats(0, HOUR_S // 2).map(lambda at: round(at, 4)),
)
lengths = st.one_of(
    st.integers(1, 4).map(lambda length: length * SLICE_S),
    st.integers(1, 2 * SLICE_S),
    st.floats(0.001, 2.0).map(lambda length: round(length, 4)),
    st.just(63 * 24 * HOUR_S),
)


@st.composite
def slots(draw: st.DrawFn) -> Slot:
    start_at = START_AT + timedelta(seconds=draw(moments))
    return Slot(start_at, start_at + timedelta(seconds=draw(lengths)))


puts = st.tuples(st.just("put"), st.sampled_from(ADDRESSES), st.sampled_from("abcd"), slots())
drops = st.tuples(st.just("drop"), st.sampled_from(ADDRESSES), st.sampled_from("abcd"), st.none())
rooms = st.tuples(st.just("rooms"), st.lists(st.sampled_from(range(5)), unique=True), st.none(), st.none())
steps = st.lists(st.one_of(puts, puts, drops, rooms), max_size=24)


class Naive:
    """What the index means, in the plainest words."""

    def __init__(self) -> None:
        self.spans: dict[tuple[str, str], Slot] = {}
        self.rooms = list(ROOMS)

    def taken(self, address: str, slot: Slot) -> list[Slot]:
        return sorted(span for (room, _), span in self.spans.items() if room == address and span.overlaps(slot))

    def free(self, slot: Slot) -> list[str]:
        order = sorted(self.rooms, key=lambda room: (room.capacity or 10**6, room.name))
        return [room.address for room in order if not self.taken(room.address, slot)]


def played(script: list[tuple[str, object, object, object]]) -> tuple[Availability, Naive]:
    index, naive = Availability(ROOMS), Naive()
    for what, first, holder, slot in script:
        if what == "put" and isinstance(slot, Slot):
            index.put(str(first), str(holder), slot)
            naive.spans[str(first), str(holder)] = slot
        elif what == "drop":
            index.drop(str(first), str(holder))
            naive.spans.pop((str(first), str(holder)), None)
        elif isinstance(first, list):  # some go, some come, and some are of another size than before
            naive.rooms = [replace(ROOMS[number], capacity=place or None) for place, number in enumerate(first)]
            index.set_rooms(naive.rooms)
    return index, naive


@settings(max_examples=250, deadline=None)
@given(script=steps, asked=slots())
def test_the_index_frees_what_a_plain_list_frees(script: list[tuple[str, object, object, object]], asked: Slot) -> None:
    index, naive = played(script)

    assert [room.address for room in index.free(asked)] == naive.free(asked)
    bookable = index.suiting(people=0)
    assert [room.address for room in index.free(asked, bookable)] == [
        address for address in naive.free(asked) if address != ADDRESSES[3]
    ]
    for room in naive.rooms:
        assert index.in_the_way(room.address, asked) == min(naive.taken(room.address, asked), default=None)


@settings(max_examples=150, deadline=None)
@given(script=steps, before=steps, asked=slots())
def test_rooms_filled_at_once_are_as_those_filled_span_by_span(
    script: list[tuple[str, object, object, object]], before: list[tuple[str, object, object, object]], asked: Slot
) -> None:
    index, naive = played(script)
    filled, _ = played(before)
    filled.set_rooms(naive.rooms)

    for address in ADDRESSES[:4]:
        spans = [(holder, slot) for (room, holder), slot in naive.spans.items() if room == address]
        filled.fill(address, spans)
        for holder, slot in spans:
            assert filled.in_the_way(address, slot, frozenset({holder})) == index.in_the_way(
                address, slot, frozenset({holder})
            )
    filled.forget_all_but(ADDRESSES[:4])
    for holder in "abcd":
        index.drop(ADDRESSES[4], holder)

    assert [filled.taken(address) for address in ADDRESSES] == [index.taken(address) for address in ADDRESSES]
    assert list(filled.free(asked)) == list(index.free(asked))


@settings(max_examples=150, deadline=None)
@given(script=steps, asked=slots(), hours=st.integers(1, 12))
def test_the_next_free_time_is_free_and_none_was_passed_over(
    script: list[tuple[str, object, object, object]], asked: Slot, hours: int
) -> None:
    index, naive = played(script)
    until, length = asked.end_at + timedelta(hours=hours), asked.end_at - asked.start_at

    for address in ADDRESSES:
        found = index.next_free(address, asked, until=until)
        fitting = [
            start_at
            for start_at in _starts(asked, until)
            if not naive.taken(address, Slot(start_at, start_at + length))
        ]
        assert found == (Slot(fitting[0], fitting[0] + length) if fitting else None)


@settings(max_examples=100, deadline=None)
@given(script=steps, instant=moments)
def test_free_until_is_the_start_of_what_comes_next(
    script: list[tuple[str, object, object, object]], instant: float
) -> None:
    index, naive = played(script)
    now = START_AT + timedelta(seconds=instant)

    for address in ADDRESSES:
        later = [span.start_at for (room, _), span in naive.spans.items() if room == address and span.start_at >= now]
        assert index.free_until(address, now) == min(later, default=None)


def _starts(asked: Slot, until: datetime) -> list[datetime]:
    """The time asked for, and every slice's edge after it from which the meeting would end in time."""
    length = asked.end_at - asked.start_at
    first = -(-asked.start_at.timestamp() // SLICE_S) * SLICE_S
    edges = [START_AT + timedelta(seconds=first - START_AT.timestamp() + SLICE_S * step) for step in range(13 * 12 + 1)]
    return [start_at for start_at in dict.fromkeys((asked.start_at, *edges)) if start_at + length <= until]


def test_a_meeting_of_centuries_neither_fills_the_memory_nor_is_overlooked() -> None:
    index = Availability(ROOMS)
    forever = Slot(START_AT.replace(year=2), START_AT.replace(year=9998))
    hour = Slot(START_AT, START_AT + timedelta(hours=1))

    index.put(ADDRESSES[1], "x", forever)

    assert ADDRESSES[1] not in [room.address for room in index.free(hour)]
    assert index.next_free(ADDRESSES[1], hour, until=hour.end_at + timedelta(hours=10)) is None
    index.drop(ADDRESSES[1], "x")
    assert ADDRESSES[1] in [room.address for room in index.free(hour)]


def test_two_rooms_of_one_address_are_one() -> None:
    index = Availability([ROOMS[1], ROOMS[1]])
    hour = Slot(START_AT, START_AT + timedelta(hours=1))

    index.put(ADDRESSES[1], "x", hour)

    assert list(index.free(hour)) == []
