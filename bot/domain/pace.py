"""How often rooms are read without being told to: every five minutes, or as often as the service can be asked."""

CALLS_PER_S = 10.0  # of polling alone, over all rooms; a service that counts four at once for an app answers about 16
_EVERY_S = 300.0
_UNTOLD_EVERY_S = 60.0
_AT_ONCE = 100  # rooms that need not wait for one another


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
