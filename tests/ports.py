"""Finds ports for tests and proofs."""

import itertools
import os

from chat.options import Port
from chat.ports import busy_ports

# Below the range from which systems take the ports of outgoing connections: no stranger gets one in between.
LOWEST, HIGHEST = 20_000, 32_000
_NEXT = itertools.count(os.getpid() * 16)


def free_ports(count: int) -> list[int]:
    """Ports of 127.0.0.1 that nobody holds; never the same twice in one run."""
    candidates = (LOWEST + number % (HIGHEST - LOWEST) for number in _NEXT)
    free = (number for number in candidates if not busy_ports([Port(number=number, part="a test", flag="")]))
    return list(itertools.islice(free, count))
