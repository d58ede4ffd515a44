"""How often rooms are read without being told to: every five minutes, or as often as the service can be asked."""

CALLS_PER_S = 10.0  # of polling alone, over all rooms; a service that counts four at once for an app answers about 16
_EVERY_S = 300.0
_UNTOLD_EVERY_S = 60.0


def poll_every_s(rooms: int, soon: int, *, is_soon: bool, is_told: bool) -> float:
    """Seconds between two polls of a room, where there are so many `rooms` and in so many of them something is `soon`.
    Beyond what can be asked, rooms in which something is soon have half of the calls to themselves. A room that no
    notification tells of is polled more often, as far as all could be."""
    few = rooms / CALLS_PER_S <= _EVERY_S
    share = soon if is_soon else rooms - soon
    every_s = _EVERY_S if few else max(_EVERY_S, 2 * share / CALLS_PER_S)
    return every_s if is_told else min(every_s, max(_UNTOLD_EVERY_S, rooms / CALLS_PER_S))
