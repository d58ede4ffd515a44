"""What a proof is: something that could go wrong, tried many times, with a row of figures at the end."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field

SQLITE, REDIS = "sqlite", "redis"


def _silence(_: str) -> None:
    pass


@dataclass(frozen=True, kw_only=True)
class Task:
    """One run. `size` counts what the proof's `unit` names; `tell` takes a line of progress, as often as one likes."""

    engine: str
    size: int
    seed: int = 1
    tell: Callable[[str], None] = field(default=_silence, repr=False)

    def chance(self) -> random.Random:
        return random.Random(self.seed)  # noqa: S311 - a seed, so that a failure can be looked for again


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """`result` and `worst` go into the table as they are. A violation says what was lost, doubled or too late."""

    result: str
    worst: str
    violations: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Proof:
    """`invariants` are the names of docs/reliability.md. `smoke` is the size that `make test` runs, 0 where
    tests of its own run there."""

    name: str
    shows: str
    invariants: tuple[str, ...]
    unit: str
    full: int
    smoke: int
    run: Callable[[Task], Outcome]
    engines: tuple[str, ...] = (SQLITE, REDIS)
