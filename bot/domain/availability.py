"""Which rooms are free when: some bytes per five-minute slice, with a bit per room, read as one int.

Rooms stand in order of capacity, so that the lowest set bit of a mask is the smallest room that will do. The slices
answer "free all along?" for thousands of rooms with a few ORs; the spans behind them keep it exact to the second.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Set
from datetime import UTC, datetime, timedelta
from functools import reduce
from operator import or_

from bot.domain.rooms import Room
from bot.domain.slots import Slot
from bot.domain.spans import Spans, is_long, slices_of
from bot.domain.zones import same_clock

SLICE_S = 300
_MOST_RUNS = 200
_MOST_IN_A_ROW = 3 * 366 * 24 * 12  # slices: three years
_RUNS = re.compile(rb"[^\0]+").finditer


class Availability:
    """An index over spans of time that rooms are taken. Not for more than one thread."""

    def __init__(self, rooms: Iterable[Room] = ()) -> None:
        self._spans: dict[str, Spans] = {}
        self._slices: dict[int, bytearray] = {}  # changed in place: an int would be copied for each bit
        self._long = 0
        self._unread: set[str] = set()
        self._until: dict[str, datetime] = {}
        self._read_at: dict[str, datetime] = {}
        self._troubled: set[str] = set()
        self._order: list[Room] = []
        self._rooms: tuple[Room, ...] = ()
        self._by_building: dict[str, int] = {}
        self._by_feature: dict[str, int] = {}
        self._by_zone: dict[str, int] = {}
        self._bookable = 0
        self._position: dict[str, int] = {}
        self.set_rooms(rooms)

    @property
    def rooms(self) -> tuple[Room, ...]:
        """In rank order: smallest first, rooms of unknown size last. The same tuple until the rooms change."""
        return self._rooms

    def room(self, address: str) -> Room | None:
        position = self._position.get(address)
        return None if position is None else self._order[position]

    def set_rooms(self, rooms: Iterable[Room]) -> None:
        """The rooms that there are. Spans of a room that is gone are kept, for it may come back."""
        distinct = {room.address: room for room in rooms}.values()
        self._order = sorted(distinct, key=lambda room: (room.capacity or 10**6, room.name.casefold(), room.address))
        self._rooms = tuple(self._order)
        before = self._position
        self._position = {room.address: at for at, room in enumerate(self._order)}
        self._by_building = _masks((room.building.casefold(),) for room in self._order)
        self._by_feature = _masks(room.features for room in self._order)
        self._by_zone = _masks((room.zone,) for room in self._order)
        self._bookable = self.mask(room for room in self._order if room.bookable)
        self._reorder(before)

    def _reorder(self, before: Mapping[str, int]) -> None:
        """Brings the marks from where the rooms stood to where they stand: whole runs of them at once, for a big house
        has millions of spans, of which each would be marked anew."""
        runs = _runs(before, self._order)
        if len(runs) > _MOST_RUNS:
            before, runs = {}, []
        elif runs == [(0, 0, len(before))] and len(before) == len(self._order):
            return
        size = len(self._order) + 7 >> 3
        moved = ((at, _moved(int.from_bytes(taken, "little"), runs)) for at, taken in self._slices.items())
        self._slices = {at: bytearray(taken.to_bytes(size, "little")) for at, taken in moved if taken}
        self._long = _moved(self._long, runs)
        self._mark_all({address: self._spans[address] for address in self._spans.keys() - before.keys()})

    def fill(self, address: str, taken: Iterable[tuple[str, Slot]]) -> None:
        """These, holders with their slots, take the room, and nobody else does."""
        self.fill_together({address: Spans(taken)})

    def fill_together(self, taken: Mapping[str, Spans]) -> None:
        """The same of several rooms; the spans are the index's from now on. Quickest for eight that stand side by side,
        the first of them at a multiple of eight: they share their bytes."""
        for address, spans in taken.items():
            self._clear(address)
            self._spans[address] = spans
        self._mark_all(taken)

    def forget_all_but(self, addresses: Iterable[str]) -> None:
        """Nothing is known of other rooms any more."""
        kept = set(addresses)
        for address in self._spans.keys() - kept:
            self._clear(address)
        self._unread &= kept
        self._troubled &= kept
        self._until = {address: until_at for address, until_at in self._until.items() if address in kept}
        self._read_at = {address: read_at for address, read_at in self._read_at.items() if address in kept}

    def taken(self, address: str) -> list[Slot]:
        """When the room is taken, the earliest first."""
        return sorted(self._spans.get(address, ()))

    def mark_unread(self, address: str, *, troubled: bool = False) -> None:
        """The room's calendar cannot be seen: it is not free for all that is known. `troubled` where the service does
        not let it be read, so that nobody waits for it."""
        self._unread.add(address)
        self._troubled.discard(address)
        self._troubled |= {address} if troubled else set()

    def mark_read(self, address: str, until_at: datetime) -> None:
        """The room's calendar is known up to then."""
        self._unread.discard(address)
        self._troubled.discard(address)
        self._until[address] = until_at

    def note_read(self, address: str, read_at: datetime | None) -> None:
        """When the room was last read to its end; None where it never was."""
        if read_at is None:
            self._read_at.pop(address, None)
        else:
            self._read_at[address] = read_at

    @property
    def read_at(self) -> Mapping[str, datetime]:
        """When each room was last read to its end; rooms that never were are not in it."""
        return self._read_at

    @property
    def troubled(self) -> Set[str]:
        """Rooms whose calendars the service does not let us read."""
        return self._troubled

    def knows(self, address: str, slot: Slot) -> bool:
        """Whether "nobody is in the way" means that the room is free. A room of which nothing was ever marked is taken
        to be known."""
        until_at = self._until.get(address)
        return address not in self._unread and (until_at is None or slot.end_at <= until_at)

    def _unknown(self, slot: Slot) -> int:
        beyond = (address for address, until_at in self._until.items() if until_at < slot.end_at)
        found = (self._position.get(address) for address in (*self._unread, *beyond))
        return reduce(or_, (1 << position for position in found if position is not None), 0)

    def put(self, address: str, holder: str, slot: Slot) -> None:
        """`holder` takes the room during `slot`, wherever it stood before."""
        spans = self._spans.get(address)
        if spans is None:
            spans = self._spans[address] = Spans()
        before, seconds = spans.put(holder, slot)
        position = self._position.get(address)
        if position is None or before == seconds:
            return
        if before is not None:
            self._erase(spans, before, position)
        if is_long(seconds):
            self._long |= 1 << position
        else:
            self._take(slices_of(seconds, SLICE_S), position)

    def drop(self, address: str, holder: str) -> None:
        """`holder` gives the room back. Dropping what is not there is fine."""
        spans, position = self._spans.get(address), self._position.get(address)
        seconds = spans.pop(holder) if spans else None
        if spans is not None and seconds is not None and position is not None:
            self._erase(spans, seconds, position)

    def _erase(self, spans: Spans, seconds: range, position: int) -> None:
        """Takes the marks of one that is no longer among the spans, and leaves those of the others."""
        if is_long(seconds):
            bit = 1 << position
            self._long = self._long | bit if spans.has_long() else self._long & ~bit
            return
        touched = slices_of(seconds, SLICE_S)
        self._unmark(touched, position)
        for other in spans.slices(SLICE_S, touched):
            self._take(other, position)

    def _clear(self, address: str) -> None:
        """Takes the room's marks from the slices, too."""
        spans, position = self._spans.pop(address, None), self._position.get(address)
        if not spans or position is None:
            return
        self._long &= ~(1 << position)
        for touched in spans.slices(SLICE_S):
            self._unmark(touched, position)

    def _unmark(self, slices: range, position: int) -> None:
        byte, others = position >> 3, 0xFF & ~(1 << (position & 7))
        for at in slices:
            taken = self._slices.get(at)
            if taken is not None:
                taken[byte] &= others
                if not taken[byte] and not int.from_bytes(taken, "little"):
                    del self._slices[at]

    def _take(self, slices: range, position: int) -> None:
        byte, bit = position >> 3, 1 << (position & 7)
        for at in slices:
            taken = self._slices.get(at)
            if taken is None:
                taken = self._slices[at] = bytearray(len(self._order) + 7 >> 3)
            taken[byte] |= bit

    def free_mask(self, slot: Slot, among: int) -> int:
        """Those rooms of the mask `among` that are known to be free all through `slot`."""
        inner, edges = 0, self._long
        span = slices_of(range(*slot.whole_seconds), SLICE_S)
        for at in span:
            taken = int.from_bytes(self._slices.get(at, b""), "little")
            if _slice_within(at, slot):
                inner |= taken
            else:
                edges |= taken
        maybe = edges & ~inner & among
        for position in _bits(maybe):
            if self.in_the_way(self._order[position].address, slot):
                inner |= 1 << position
        return among & ~inner & ~self._unknown(slot)

    def free(self, slot: Slot, among: int | None = None) -> Iterator[Room]:
        """Free rooms in rank order."""
        return self.in_order(self.free_mask(slot, self.everything if among is None else among))

    def suiting(self, *, people: int, building: str = "", features: frozenset[str] = frozenset()) -> int:
        """The mask of bookable rooms that hold so many (unknown size holds anybody), in that building, so equipped."""
        first = bisect_left(self._order, people, key=lambda room: room.capacity or 10**6)
        mask = self._bookable & ~((1 << first) - 1)
        if building:
            mask &= self._by_building.get(building.casefold(), 0)
        for feature in features:
            mask &= self._by_feature.get(feature, 0)
        return mask

    def near(self, zone: str, instant: datetime) -> int:
        """The mask of rooms whose clocks agree with the zone's then."""
        return reduce(or_, (mask for name, mask in self._by_zone.items() if same_clock(name, zone, instant)), 0)

    def in_order(self, mask: int) -> Iterator[Room]:
        """The rooms of a mask, smallest first."""
        for position in _bits(mask):
            yield self._order[position]

    @property
    def everything(self) -> int:
        return (1 << len(self._order)) - 1

    def mask(self, rooms: Iterable[Room]) -> int:
        """The mask of those rooms that the index knows."""
        mask = 0
        for room in rooms:
            position = self._position.get(room.address)
            if position is not None:
                mask |= 1 << position
        return mask

    def in_the_way(self, address: str, slot: Slot, ignoring: frozenset[str] = frozenset()) -> Slot | None:
        """The earliest span of somebody not to be ignored that overlaps `slot` in a room."""
        spans = self._spans.get(address)
        return min(spans.within(slot, ignoring), default=None) if spans else None

    def free_until(self, address: str, instant: datetime) -> datetime | None:
        """When the room, free at `instant`, is taken next; None if never within what is known."""
        spans = self._spans.get(address)
        return spans.next_start(instant) if spans else None

    def next_free(self, address: str, slot: Slot, *, until: datetime) -> Slot | None:
        """The first time at or after `slot` that the room is free for as long, ending by `until`."""
        length = slot.end_at - slot.start_at
        trial = slot
        while trial.end_at <= until:
            taken = self.in_the_way(address, trial)
            if taken is None:
                return trial if self.knows(address, trial) else None
            if taken.end_at >= until:
                return None
            start_at = _up_to_slice(taken.end_at)
            trial = Slot(start_at, start_at + length)
        return None

    def _mark_all(self, taken: Mapping[str, Spans]) -> None:
        sharing: dict[int, list[tuple[int, Spans]]] = {}
        for address, spans in taken.items():
            position = self._position.get(address)
            if position is not None:
                self._long |= 1 << position if spans.has_long() else 0
                sharing.setdefault(position >> 3, []).append((position, spans))
        for byte, rooms in sharing.items():
            self._mark_together(byte, rooms)

    def _mark_together(self, byte: int, rooms: Iterable[tuple[int, Spans]]) -> None:
        """Rooms by position. Each has its slices in a row of its own, all rows become one, and a slice's byte is
        touched once: in a big house these lie far apart."""
        touched = [(position, list(spans.slices(SLICE_S))) for position, spans in rooms]
        first = min((one.start for _, some in touched for one in some), default=0)
        last = max((one.stop for _, some in touched for one in some), default=0)
        if last - first > _MOST_IN_A_ROW:
            for position, some in touched:
                for one in some:
                    self._take(one, position)
            return
        together = 0
        for position, some in touched:
            row, bit = bytearray(last - first), bytes((1 << (position & 7),))
            for one in some:
                row[one.start - first : one.stop - first] = bit * len(one)
            together |= int.from_bytes(row, "little")
        for run in _RUNS(together.to_bytes(last - first, "little")):
            for at, bits in enumerate(run.group(), first + run.start()):
                taken = self._slices.get(at)
                if taken is None:
                    taken = self._slices[at] = bytearray(len(self._order) + 7 >> 3)
                taken[byte] |= bits


def _masks(groups: Iterable[Iterable[str]]) -> dict[str, int]:
    masks: dict[str, int] = {}
    for position, names in enumerate(groups):
        for name in names:
            masks[name] = masks.get(name, 0) | 1 << position
    return masks


def _runs(before: Mapping[str, int], after: Iterable[Room]) -> list[tuple[int, int, int]]:
    """Rooms that stood side by side and still do: where they stood, where they stand, how many."""
    runs: list[tuple[int, int, int]] = []
    for at, room in enumerate(after):
        was = before.get(room.address)
        if was is None:
            continue
        if runs and (was, at) == (runs[-1][0] + runs[-1][2], runs[-1][1] + runs[-1][2]):
            runs[-1] = (*runs[-1][:2], runs[-1][2] + 1)
        else:
            runs.append((was, at, 1))
    return runs


def _moved(mask: int, runs: Iterable[tuple[int, int, int]]) -> int:
    return reduce(or_, ((mask >> was & (1 << many) - 1) << at for was, at, many in runs), 0)


def _slice_within(at: int, slot: Slot) -> bool:
    return slot.start_at.timestamp() <= at * SLICE_S and (at + 1) * SLICE_S <= slot.end_at.timestamp()


def _up_to_slice(instant: datetime) -> datetime:
    seconds = instant.timestamp()
    return _instant(-(-seconds // SLICE_S))


def _instant(at: float) -> datetime:
    """When a slice begins."""
    return datetime.fromtimestamp(0, UTC) + timedelta(seconds=at * SLICE_S)


def _bits(mask: int) -> Iterator[int]:
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low
