"""Many schedules, on several cores, and a table of what came of them."""

import multiprocessing
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.rig.invariants import ALWAYS, ASKED, AT_REST, PROMPT
from tests.rig.schedule import Outcome, run
from tests.rig.stores import ground

_EVERY_S = 5.0
_TAIL = 40


@dataclass(frozen=True, kw_only=True)
class Order:
    """`seed` is the first schedule's; each has the next one. With `stop_at_first` nothing is begun after a failure."""

    schedules: int
    seed: int
    store: str
    jobs: int = 1
    stop_at_first: bool = False


@dataclass(kw_only=True)
class Sum:
    """What came of all that were played."""

    schedules: int = 0
    steps: int = 0
    faults: int = 0
    deaths: int = 0
    pauses: int = 0
    cards: int = 0
    bookings: Counter[str] = field(default_factory=Counter)
    checks: Counter[str] = field(default_factory=Counter)
    broken: Counter[str] = field(default_factory=Counter)
    failed: list[int] = field(default_factory=list)

    def add(self, outcome: Outcome) -> None:
        self.schedules += 1
        self.steps += outcome.steps
        self.faults += outcome.faults
        self.deaths += outcome.deaths
        self.pauses += outcome.pauses
        self.cards += outcome.cards
        self.bookings.update(outcome.bookings)
        self.checks.update(outcome.checks)
        self.broken.update(broken.id for broken in outcome.broken)
        if outcome.broken:
            self.failed.append(outcome.seed)


def soak(order: Order) -> bool:
    """Plays and prints; whether every promise held."""
    started_s = told_s = _now_s()
    total = Sum()
    for outcome in _played(order):
        total.add(outcome)
        if outcome.broken:
            print(failure(outcome, order.store), flush=True)
            if order.stop_at_first:
                break
        if _now_s() - told_s >= _EVERY_S:
            told_s = _now_s()
            pace = total.schedules / (told_s - started_s)
            print(f"{total.schedules:,} of {order.schedules:,} schedules, {pace:.1f} a second, "
                  f"{len(total.failed)} broken", flush=True)  # fmt: skip
    print(table(total, order, _now_s() - started_s), flush=True)
    return not total.failed


def failure(outcome: Outcome, store: str, tail: int = _TAIL) -> str:
    """What a person needs to see it again."""
    lines = [f"\nSchedule {outcome.seed} broke a promise. To see it again:",
             f"  python -m tests.rig --store {store} --replay {outcome.seed}"]  # fmt: skip
    lines += [f"  {one.id} ({one.sentence}) at {one.at_s:.3f} s: {one.what[:400]}" for one in outcome.broken[:5]]
    return "\n".join([*lines, "  …", *(f"  {line[:200]}" for line in outcome.story[-tail:]), ""])


def table(total: Sum, order: Order, took_s: float) -> str:
    """The end of a run."""
    rows = [
        f"store {order.store}, seeds {order.seed} to {order.seed + order.schedules - 1}, {order.jobs} at a time",
        f"{total.schedules:>12,} schedules in {took_s:,.0f} s ({total.schedules / max(took_s, 1e-9):.1f} a second)",
        f"{total.steps:>12,} steps",
        f"{total.faults:>12,} faults injected",
        f"{total.deaths:>12,} deaths of the bot",
        f"{total.pauses:>12,} pauses of one of two processes",
        f"{total.cards:>12,} cards shown",
        f"{sum(total.bookings.values()):>12,} bookings: {_listed(total.bookings)}",
        "",
        f"{'invariant':<10}{'checks':>12}{'broken':>9}",
    ]
    rows += [
        f"{one.id:<10}{total.checks[one.id]:>12,}{total.broken[one.id]:>9,}  {one.sentence}"
        for one in (*ALWAYS, *AT_REST, *ASKED, *PROMPT)
    ]
    rows += ["", f"broken: {total.failed[:20]}" if total.failed else "every promise held"]
    return "\n".join(rows)


def _listed(counts: Counter[str]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in sorted(counts.items()))


def _played(order: Order) -> Iterator[Outcome]:
    seeds = range(order.seed, order.seed + order.schedules)
    if order.jobs == 1:
        with ground(order.store) as where:
            for seed in seeds:
                yield run(seed, where)
        return
    parts = [(order.store, seeds[number :: order.jobs]) for number in range(order.jobs)]
    context = multiprocessing.get_context("spawn")
    results = context.SimpleQueue()
    workers = [context.Process(target=_work, args=(*part, results), daemon=True) for part in parts]
    for worker in workers:
        worker.start()
    for _ in seeds:
        found = results.get()
        if isinstance(found, str):
            raise RuntimeError(found)
        yield found
    for worker in workers:
        worker.join()


def _work(store: str, seeds: range, results: "multiprocessing.SimpleQueue[Outcome | str]") -> None:
    at = seeds.start
    try:
        with ground(store) as where:
            for at in seeds:
                results.put(run(at, where))
    except Exception as error:  # noqa: BLE001  the other process raises it
        results.put(f"the simulation itself failed at seed {at}: {type(error).__name__}: {error}")


def _now_s() -> float:
    return time.perf_counter()
