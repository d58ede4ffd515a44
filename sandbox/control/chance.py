"""Chance that can be replayed: what falls to a request depends on the seeds, the request and how often it came."""

import hashlib
from collections import Counter


class Dice:
    """One rule's dice. Requests that differ do not disturb one another, so that the order in which a client's parallel
    requests arrive changes nothing."""

    def __init__(self, *seeds: object) -> None:
        self._seed = " ".join(str(one) for one in seeds)
        self._seen: Counter[str] = Counter()

    def roll(self, what: str) -> "Roll":
        """The roll of the next time that `what` comes."""
        self._seen[what] += 1
        text = f"{self._seed}\n{what}\n{self._seen[what]}"
        return Roll(hashlib.blake2b(text.encode(), digest_size=16).digest())


class Roll:
    """Two numbers, drawn at once: whether it happens, and what."""

    def __init__(self, drawn: bytes) -> None:
        self._first = int.from_bytes(drawn[:8], "big")
        self._second = int.from_bytes(drawn[8:], "big")

    def is_hit(self, rate: float) -> bool:
        return self._first < rate * 2**64

    def pick(self, count: int) -> int:
        """A number from 0 to `count` - 1."""
        return self._second % count

    @property
    def share(self) -> float:
        """From 0 to 1, independent of the hit."""
        return self._second / 2**64
