"""`python -m tests.rig crashes`: the whole crash matrix, or a sample of it, on several cores, and its table."""

import argparse
import multiprocessing
import random
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tests.rig.crashes import Case, Run, complaint, missed, pairs, performed, singles, surveyed, tried
from tests.rig.points import AFTER, BEFORE, Point, points
from tests.rig.scenarios import SCENARIOS
from tests.rig.stores import KINDS, ground

_EVERY_S = 5.0


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """`sample` is how many of the deaths at one point, `pairs` how many of those at two, drawn by `seed`; all where it
    is negative."""

    store: str
    jobs: int
    pairs: int
    sample: int = -1
    seed: int = 1


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.rig crashes", description=__doc__)
    parser.add_argument("--sample", type=int, default=-1, metavar="N", help="so many of the deaths at one point only")
    parser.add_argument("--pairs", type=int, nargs="?", const=-1, default=0, help="so many pairs, too; all without N")
    parser.add_argument("--store", choices=KINDS, default="memory")
    parser.add_argument("--jobs", type=int, default=2, help="at a time (default 2)")
    parser.add_argument("--seed", type=int, default=1, help="draws the sample and the pairs")
    parser.add_argument(
        "--scenario",
        choices=[one.name for one in SCENARIOS],
        metavar="NAME",
        help=f"this one alone, with its story: {', '.join(one.name for one in SCENARIOS)}",
    )
    parser.add_argument(
        "--death",
        action="append",
        default=[],
        metavar="POINT",
        help="where the bot dies in it, as a complaint names the point; once more for a second death",
    )
    options = parser.parse_args(arguments)
    if options.scenario:
        return _again(options)
    wanted = Wanted(
        store=options.store, jobs=options.jobs, pairs=options.pairs, sample=options.sample, seed=options.seed
    )
    return 0 if matrix(wanted) else 1


def matrix(wanted: Wanted) -> bool:
    """Plays and prints; whether every point was hit and every promise held."""
    began_s = told_s = time.perf_counter()
    with ground(wanted.store) as where:
        runs = surveyed(where)
    unhit = missed(runs)
    cases, both = _drawn(singles(runs), wanted.sample, wanted), _drawn(pairs(runs), wanted.pairs, wanted)
    deaths: Counter[str] = Counter()
    broken: Counter[str] = Counter()
    every = [*cases, *both]
    for number, (case, run) in enumerate(_played(every, wanted), 1):
        deaths[case.scenario] += len(run.died)
        if run.outcome.broken:
            broken[case.scenario] += 1
            print(complaint(case, run), flush=True)
        if time.perf_counter() - told_s >= _EVERY_S:
            told_s = time.perf_counter()
            pace = number / (told_s - began_s)
            print(f"{number:,} of {len(every):,} runs, {pace:.1f} a second, {broken.total()} broken", flush=True)
    hit = len(points()) - len(unhit)
    print(f"\nstore {wanted.store}: {len(cases):,} deaths at one point, {len(both):,} at two, "
          f"in {time.perf_counter() - began_s:,.0f} s\n")  # fmt: skip
    print(f"{'scenario':<20}{'points':>8}{'runs':>8}{'deaths':>8}{'broken':>8}")
    for run in runs:
        count = sum(case.scenario == run.scenario for case in every)
        name = run.scenario
        print(f"{name:<20}{len(set(run.passed)):>8}{count:>8}{deaths[name]:>8}{broken[name]:>8}")
    print(f"\n{hit} of {len(points())} points of the source were hit" + "".join(f"\n  not {one}" for one in unhit))
    print(f"{broken.total()} runs broke a promise" if broken else "every promise held")
    return not unhit and not broken


def _drawn(cases: list[Case], most: int, wanted: Wanted) -> list[Case]:
    few = 0 <= most < len(cases)
    return random.Random(wanted.seed).sample(cases, most) if few else cases  # noqa: S311


def _again(options: argparse.Namespace) -> int:
    scenario = next(one for one in SCENARIOS if one.name == options.scenario)
    deaths = tuple(_point(text) for text in options.death)
    with ground(options.store) as where:
        run = performed(scenario, where, deaths)
    print("\n".join(run.outcome.story))
    for point in deaths[len(run.died) :]:
        print(f"the bot did not come to die {point}: no such place is passed")
    print(complaint(Case(scenario.name, deaths), run) if run.outcome.broken else "every promise held")
    return bool(run.outcome.broken) or len(run.died) < len(deaths)


def _point(text: str) -> Point:
    side, _, site = text.partition(" ")
    if side not in {BEFORE, AFTER}:
        raise SystemExit(f"a point begins with {BEFORE} or {AFTER}: {text}")
    return Point(site, side)


def _played(cases: Sequence[Case], wanted: Wanted) -> Iterator[tuple[Case, Run]]:
    if wanted.jobs == 1:
        with ground(wanted.store) as where:
            for case in cases:
                yield case, tried(case, where)
        return
    context = multiprocessing.get_context("spawn")
    results = context.SimpleQueue()
    parts = [cases[number :: wanted.jobs] for number in range(wanted.jobs)]
    workers = [context.Process(target=_work, args=(wanted.store, part, results), daemon=True) for part in parts]
    for worker in workers:
        worker.start()
    for _ in cases:
        found = results.get()
        if isinstance(found, str):
            raise RuntimeError(found)
        yield found
    for worker in workers:
        worker.join()


def _work(store: str, cases: Sequence[Case], results: "multiprocessing.SimpleQueue[tuple[Case, Run] | str]") -> None:
    try:
        with ground(store) as where:
            for case in cases:
                results.put((case, tried(case, where)))
    except Exception as error:  # noqa: BLE001  the other process raises it
        results.put(f"{type(error).__name__}: {error}")
