"""Figures that the running system keeps of itself: counts, spreads of times, and what is read when somebody asks."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One number. `suffix` is what follows the family's name: "_bucket", "_sum", "_count" of a spread."""

    value: float
    labels: Mapping[str, str] = field(default_factory=dict)
    suffix: str = ""


@dataclass(frozen=True, kw_only=True)
class Family:
    """Numbers of one name. Names and units: https://prometheus.io/docs/practices/naming/"""

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    told: str
    samples: Sequence[Sample]


class Tally:
    """Counts by a few words each, which must be of a small set: never an address, an id or what somebody typed."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, ...]] = Counter()

    def add(self, *words: str, times: int = 1) -> None:
        self._counts[words] += times

    def samples(self, names: Sequence[str], labels: Mapping[str, str]) -> list[Sample]:
        """`names` are those of the words, in their order; `labels` come with each."""
        return [
            Sample(value=count, labels={**labels, **dict(zip(names, words, strict=True))})
            for words, count in sorted(self._counts.items())
        ]


class Spread:
    """How long something took, over all times that it happened: counts up to each bound, in seconds."""

    def __init__(self, bounds_s: Sequence[float]) -> None:
        self._bounds = tuple(bounds_s)
        self._counts = [0] * (len(self._bounds) + 1)
        self._sum_s = 0.0

    def note(self, seconds: float) -> None:
        self._counts[bisect_left(self._bounds, seconds)] += 1
        self._sum_s += seconds

    def samples(self, labels: Mapping[str, str]) -> list[Sample]:
        """Bounds are inclusive and the counts add up, as histograms have it."""
        found, so_far = [], 0
        for bound, count in zip([*map(str, self._bounds), "+Inf"], self._counts, strict=True):
            so_far += count
            found.append(Sample(value=so_far, labels={**labels, "le": bound}, suffix="_bucket"))
        found.append(Sample(value=self._sum_s, labels=dict(labels), suffix="_sum"))
        return [*found, Sample(value=so_far, labels=dict(labels), suffix="_count")]
