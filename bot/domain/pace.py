"""How often rooms are read without being told to: every five minutes, or as often as the service can be asked."""

import math

CALLS_PER_S = 10.0  # of polling alone, over all rooms; a service that counts four at once for an app answers about 16
_EVERY_S = 300.0
_UNTOLD_EVERY_S = 60.0
_AT_ONCE = 100  # rooms that need not wait for one another
_ROWS_A_CALL = 500
_NEAR_DAYS = 14


def poll_every_s(rooms: int, soon: int, *, is_soon: bool, is_told: bool) -> float:
    """Seconds between two polls of a room, where there are so many `rooms` and in so many of them something is `soon`.
    Beyond what can be asked, rooms in which something is soon have half of the calls to themselves. A room that no
    notification tells of is polled more often, as far as all could be."""
    few = rooms / CALLS_PER_S <= _EVERY_S
    share = soon if is_soon else rooms - soon
    every_s = _EVERY_S if few else max(_EVERY_S, 2 * share / CALLS_PER_S)
    return every_s if is_told else min(every_s, max(_UNTOLD_EVERY_S, rooms / CALLS_PER_S))


def begins_s(number: int) -> float:
    """Seconds after a start until the n-th room is read."""
    return max(0, number - _AT_ONCE) / CALLS_PER_S


def import_s(rooms: int) -> float:
    """Seconds between a room's near days and its tail in a first import of so many: every room's near days come before
    any tail, and news of rooms that are read already find a place between."""
    return begins_s(rooms)


def rest_calls(near_rows: int, days: float, *, series: bool) -> int:
    """How many calls the rest of a room takes in a first import, by how full its next two weeks are: the feed's pages
    over so many days, and as many again where it has `series`, of whose occurrences a feed tells nothing but times."""
    pages = max(1, math.ceil(near_rows / _NEAR_DAYS * days / _ROWS_A_CALL))
    return pages * (2 if series else 1)


class Turns:
    """Gives each room of a first import its moment, so that all of them together stay within what can be asked. One
    process's: a second one reads as many again."""

    def __init__(self) -> None:
        self._next_at = 0.0

    def take(self, earliest_at: float, calls: int) -> float:
        """When a room that takes so many calls may begin, in epoch seconds: after those that were given a turn, but for
        the first hundred calls."""
        begins_at = max(earliest_at, self._next_at - _AT_ONCE / CALLS_PER_S)
        self._next_at = max(earliest_at, self._next_at) + calls / CALLS_PER_S
        return begins_at
