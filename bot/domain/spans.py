"""The spans of time that one room is taken, packed: a house of thousands keeps millions of them in memory."""

import hashlib
import struct
import sys
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

from bot.domain.slots import Slot

LONG = timedelta(days=62)
_LONG_S = int(LONG.total_seconds())

_NAME = 6  # bytes of a holder's name that are kept: within a room, two do not share them
_REST = _NAME + 3  # and the length in seconds
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST = 2**32
_SECOND = timedelta(seconds=1)
_MICROSECOND = timedelta(microseconds=1)
_HEAD = struct.Struct("<4sII")  # which form this is, the longest length, how many
_FORM = b"sp01"
_ODD = struct.Struct("<Hqq")  # how long the name is, start and end in microseconds since 1970


class Spans:
    """Who takes a room when. Thirteen bytes a span, in order of start: the start, a digest of the holder's name, the
    length. What is longer than `LONG`, begins before 1970 or does not keep to whole seconds is kept as it is."""

    __slots__ = ("_longest", "_odd", "_rest", "_starts")

    def __init__(self, taken: Iterable[tuple[str, Slot]] = ()) -> None:
        """`taken`: holders, each once, with their slots."""
        self._starts = array("I")
        self._rest = bytearray()
        self._longest = 0
        self._odd: dict[str, Slot] | None = None  # not made before it is needed: rooms are many, odd spans few
        packed = []
        for holder, slot in taken:
            found = _packed(slot)
            if found is None:
                self._keep_odd(holder, slot)
            else:
                packed.append((found[0], _name(holder) + found[1].to_bytes(3, "big")))
                self._longest = max(self._longest, found[1])
        packed.sort()
        self._starts = array("I", [start for start, _ in packed])
        self._rest = bytearray(b"".join([rest for _, rest in packed]))

    @classmethod
    def from_bytes(cls, packed: bytes) -> "Spans":
        """What `to_bytes` gave. Raises ValueError for anything else, as far as that can be seen."""
        try:
            form, longest, many = _HEAD.unpack_from(packed)
            starts_end = _HEAD.size + many * 4
            rest_end = starts_end + many * _REST
            if form != _FORM or rest_end > len(packed):
                raise ValueError("another form")
            spans = cls()
            spans._starts.frombytes(packed[_HEAD.size : starts_end])
            if sys.byteorder == "big":
                spans._starts.byteswap()
            spans._rest = bytearray(packed[starts_end:rest_end])
            spans._longest = longest
            while rest_end < len(packed):
                size, start, end = _ODD.unpack_from(packed, rest_end)
                rest_end += _ODD.size + size
                holder = packed[rest_end - size : rest_end].decode(errors="surrogatepass")
                spans._keep_odd(holder, Slot(_EPOCH + start * _MICROSECOND, _EPOCH + end * _MICROSECOND))
        except (struct.error, OverflowError, ValueError) as fault:
            raise ValueError("these bytes are no spans") from fault
        return spans

    def to_bytes(self) -> bytes:
        """For a store."""
        starts = array("I", self._starts)
        if sys.byteorder == "big":
            starts.byteswap()
        parts = [_HEAD.pack(_FORM, self._longest, len(starts)), starts.tobytes(), bytes(self._rest)]
        for holder, slot in (self._odd or {}).items():
            name = holder.encode(errors="surrogatepass")
            start, end = ((at - _EPOCH) // _MICROSECOND for at in (slot.start_at, slot.end_at))
            parts += [_ODD.pack(len(name), start, end), name]
        return b"".join(parts)

    def __len__(self) -> int:
        return len(self._starts) + len(self._odd or ())

    def __iter__(self) -> Iterator[Slot]:
        """In no order."""
        for at in range(len(self._starts)):
            yield self._slot(at)
        yield from (self._odd or {}).values()

    def put(self, holder: str, slot: Slot) -> tuple[range | None, range]:
        """The seconds that the holder had, if any, and those that it has now; whole ones, counted from 1970."""
        name = _name(holder)
        before, packed = self._pop(holder, name), _packed(slot)
        if packed is None:
            self._keep_odd(holder, slot)
            return before, range(*slot.whole_seconds)
        start, length = packed
        at = bisect_left(self._starts, start)
        self._starts.insert(at, start)
        self._rest[at * _REST : at * _REST] = name + length.to_bytes(3, "big")
        self._longest = max(self._longest, length)
        return before, range(start, start + length)

    def pop(self, holder: str) -> range | None:
        """The seconds that the holder had, if any."""
        return self._pop(holder, _name(holder))

    def _pop(self, holder: str, name: bytes) -> range | None:
        if self._odd and holder in self._odd:
            return range(*self._odd.pop(holder).whole_seconds)
        at = self._find(name)
        if at is None:
            return None
        start = self._starts.pop(at)
        seconds = range(start, start + self._length(at))
        del self._rest[at * _REST : (at + 1) * _REST]
        return seconds

    def within(self, slot: Slot, ignoring: Iterable[str] = ()) -> Iterator[Slot]:
        """Those that overlap `slot`, of holders that are not to be ignored; the earliest first, but for odd ones."""
        ignored = {_name(holder) for holder in ignoring}
        first = (slot.start_at - _EPOCH) // _SECOND
        last = -((_EPOCH - slot.end_at) // _SECOND)  # the next whole second
        for at in range(self._from(first - self._longest), len(self._starts)):
            start = self._starts[at]
            if start >= last:
                break
            if start + self._length(at) > first:
                found = self._slot(at)
                if found.overlaps(slot) and bytes(self._rest[at * _REST : at * _REST + _NAME]) not in ignored:
                    yield found
        for holder, found in (self._odd or {}).items():
            if found.overlaps(slot) and holder not in ignoring:
                yield found

    def next_start(self, instant: datetime) -> datetime | None:
        """When the first span begins that does so at `instant` or later."""
        at = self._from(-((_EPOCH - instant) // _SECOND))
        starts = [slot.start_at for slot in (self._odd or {}).values() if slot.start_at >= instant]
        if at < len(self._starts):
            starts.append(_EPOCH + timedelta(seconds=self._starts[at]))
        return min(starts, default=None)

    def slices(self, length_s: int, among: range | None = None) -> Iterator[range]:
        """Which slices of so many seconds, counted from 1970, each span touches that is not longer than `LONG`; where
        `among` is given, of those spans that touch any of these."""
        starts, rest = self._starts, self._rest
        if among is not None:
            some = slice(self._from(among.start * length_s - self._longest), self._from(among.stop * length_s))
            starts, rest = starts[some], rest[some.start * _REST : some.stop * _REST]
        lengths = (rest[at::_REST] for at in range(_NAME, _REST))
        for start, high, middle, low in zip(starts, *lengths, strict=True):  # millions, when a big house is loaded
            touched = range(start // length_s, -(-(start + (high << 16 | middle << 8 | low)) // length_s))
            if among is None or touched.stop > among.start:
                yield touched
        for slot in (self._odd or {}).values():
            seconds = range(*slot.whole_seconds)
            touched = slices_of(seconds, length_s)
            near = among is None or (touched.start < among.stop and among.start < touched.stop)
            if near and not is_long(seconds):
                yield touched

    def has_long(self) -> bool:
        return any(is_long(range(*slot.whole_seconds)) for slot in (self._odd or {}).values())

    def _keep_odd(self, holder: str, slot: Slot) -> None:
        if self._odd is None:
            self._odd = {}
        self._odd[holder] = slot

    def _from(self, second: int) -> int:
        return bisect_left(self._starts, min(max(second, 0), _LATEST - 1))

    def _find(self, name: bytes) -> int | None:
        at = self._rest.find(name)
        while at % _REST and at >= 0:  # across two spans, or within a length
            at = self._rest.find(name, at + 1)
        return None if at < 0 else at // _REST

    def _length(self, at: int) -> int:
        return int.from_bytes(self._rest[at * _REST + _NAME : (at + 1) * _REST], "big")

    def _slot(self, at: int) -> Slot:
        start_at = _EPOCH + timedelta(seconds=self._starts[at])
        return Slot(start_at, start_at + timedelta(seconds=self._length(at)))


def is_long(seconds: range) -> bool:
    """Whether they are more than `LONG`."""
    return len(seconds) > _LONG_S


def slices_of(seconds: range, length_s: int) -> range:
    """Which slices of so many seconds, counted from 1970, they touch."""
    return range(seconds.start // length_s, -(-seconds.stop // length_s))


def _name(holder: str) -> bytes:
    return hashlib.blake2b(holder.encode(errors="surrogatepass"), digest_size=_NAME).digest()


def _packed(slot: Slot) -> tuple[int, int] | None:
    """Start and length in whole seconds, where that is all there is to say."""
    since, length = slot.start_at - _EPOCH, slot.end_at - slot.start_at
    start = since.days * 86400 + since.seconds
    if since.microseconds or length.microseconds or length > LONG or not 0 <= start < _LATEST - 1:
        return None
    return start, length.days * 86400 + length.seconds
