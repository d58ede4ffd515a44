"""How fresh the mirror is, over all rooms: pure, from when each was last read."""

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from datetime import datetime

from bot.domain.pace import poll_every_s
from bot.domain.rooms import Room

_POLLS = 3  # a room that missed so many is behind


@dataclass(frozen=True, kw_only=True)
class Freshness:
    """Of `rooms`, `unread` were never read to their end (a first import goes on), `troubled` may not be read, and
    `behind` were not read for three of their polls, though they may be. `oldest_s` is how long ago the one of the
    others was read that waits the longest; 0 where there is none."""

    rooms: int
    unread: int
    troubled: int
    behind: int
    oldest_s: float


def behind_after_s(rooms: int) -> float:
    """Seconds after which a room is behind: three polls of the one that waits the longest, of so many rooms."""
    return _POLLS * poll_every_s(rooms, 0, is_soon=False, is_told=True)


def freshness(rooms: Iterable[Room], read_at: Mapping[str, datetime], troubled: Set[str], now: datetime) -> Freshness:
    """`read_at` and `troubled` by address, as the index has them (`Availability.read_at`, `.troubled`)."""
    addresses = [room.address for room in rooms]
    ages_s = [
        (now - read_at[address]).total_seconds()
        for address in addresses
        if address in read_at and address not in troubled
    ]
    longest_s = behind_after_s(len(addresses))
    return Freshness(
        rooms=len(addresses),
        unread=sum(address not in read_at for address in addresses),
        troubled=sum(address in troubled for address in addresses),
        behind=sum(age_s > longest_s for age_s in ages_s),
        oldest_s=max(ages_s, default=0.0),
    )
