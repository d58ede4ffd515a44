"""Which of a room's meetings are kin: of one series, or the same meeting under another id. Packed, for it is kept."""

import hashlib
from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass
from typing import Protocol

_NAME = 6  # bytes of a name's digest: within a room, two do not share them
_PAIR = 2 * _NAME


class Row(Protocol):
    """`RoomEvent` and `Outline` are."""

    @property
    def id(self) -> str: ...

    @property
    def ical_uid(self) -> str: ...

    @property
    def master_id(self) -> str: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Kin:
    """Of all rows of a room: who has which iCalUId, and which occurrence is of which series. Pairs of digests, of the
    row's id and of the other name; twelve bytes a pair, in no order."""

    uids: bytes = b""
    masters: bytes = b""

    def after(self, gone: Iterable[str], come: Iterable[Row]) -> "Kin":
        """Without the rows of these ids, then with those rows; a row that has changed its kin is in both."""
        uids, masters = bytearray(self.uids), bytearray(self.masters)
        for name in map(_digest, gone):
            for pairs in (uids, masters):
                at = next(_places(pairs, name, 0), None)
                if at is not None:
                    del pairs[at : at + _PAIR]
        for row in come:
            name = _digest(row.id)
            if row.ical_uid:
                uids += name + _digest(row.ical_uid)
            if row.master_id:
                masters += name + _digest(row.master_id)
        return Kin(uids=bytes(uids), masters=bytes(masters))

    def others(self, rows: Iterable[Row], uids: Set[str], masters: Set[str]) -> bool:
        """Whether a row that is none of `rows` has one of these iCalUIds, or is of one of these series."""
        own = {_digest(row.id) for row in rows if row.ical_uid in uids or row.master_id in masters}
        return any(
            pairs[at : at + _NAME] not in own
            for pairs, names in ((self.uids, uids), (self.masters, masters))
            for name in names - {""}
            for at in _places(pairs, _digest(name), _NAME)
        )


def kin_of(rows: Iterable[Row]) -> Kin:
    return Kin().after((), rows)


def _places(pairs: bytes | bytearray, name: bytes, column: int) -> Iterator[int]:
    """Where the pairs begin that have the name there."""
    at = pairs.find(name, column)
    while at >= 0:
        if at % _PAIR == column:
            yield at - column
        at = pairs.find(name, at + 1)


def _digest(name: str) -> bytes:
    return hashlib.blake2b(name.encode(errors="surrogatepass"), digest_size=_NAME).digest()
