"""Seeds bugs into copies of the product and sees each caught: python -m tests.mutants [figures] [--only NAME].

Each detector is run on the product as it is, too, where it must find nothing. A bug that nothing finds, or a patch that
does not fit the source any more, is an exit code of 1. `figures` renews docs/mutants.json and the table of
docs/reliability.md.
"""

import argparse
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from tests.mutants import report
from tests.mutants.catalogue import ALL
from tests.mutants.hunt import End, Result, held, hunted
from tests.mutants.mutant import Detector, Mutant, Schedules

STORES = ("memory", "sqlite", "redis")


def main(words: Sequence[str]) -> int:
    options = _options(words)
    wanted = [_asked_for(one, options) for one in ALL if options.only is None or one.name in options.only]
    if options.list:
        for mutant in wanted:
            print(f"{mutant.name:<30} {mutant.sentence} ({mutant.by.name})")
        return 0
    with ThreadPoolExecutor(options.jobs) as pool:
        controls = [] if options.no_control else _detectors(wanted)
        found = list(pool.map(_told, wanted))
        strays = list(pool.map(_control, controls))
    print()
    print(report.plain(found))
    bad = [result for result in found if result.end is not End.CAUGHT]
    print(f"\n{len(found) - len(bad)} of {len(found)} caught; {len(strays)} detectors on the product as it is: "
          f"{sum(map(bool, strays))} found something")  # fmt: skip
    if options.figures:
        report.renew(found)
    return 1 if bad or any(strays) else 0


def _options(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description="The test of the tests.")
    parser.add_argument("figures", nargs="?", choices=["figures"], help="renew the table of docs/reliability.md")
    parser.add_argument("--list", action="store_true", help="what there is")
    parser.add_argument("--only", action="append", choices=[one.name for one in ALL], metavar="NAME")
    parser.add_argument("--store", choices=STORES, help="for simulations that any store will do for (default: memory)")
    parser.add_argument("--schedules", type=int, help="of a simulation, at most (default: 1000)")
    parser.add_argument("--seed", type=int, default=1, help="of a simulation's first schedule")
    parser.add_argument("--jobs", type=int, default=2, help="at a time")
    parser.add_argument("--no-control", action="store_true", help="only the bugs, not the product as it is")
    return parser.parse_args(words)


def _asked_for(mutant: Mutant, options: argparse.Namespace) -> Mutant:
    by = mutant.by
    if not isinstance(by, Schedules):
        return mutant
    by = replace(by, seed=options.seed, most=options.schedules or by.most)
    return replace(mutant, by=replace(by, store=options.store) if options.store and by.any_store else by)


def _detectors(wanted: Sequence[Mutant]) -> list[Detector]:
    return list({one.by.name: one.by for one in wanted}.values())


def _told(mutant: Mutant) -> Result:
    result = hunted(mutant)
    finding = result.finding
    what = f"{finding.by} at {finding.at}: {finding.what[:160]}" if finding else result.told
    print(f"{mutant.name}: {result.end} in {result.took_s:.0f} s; {what}", flush=True)
    return result


def _control(detector: Detector) -> str:
    stray = held(detector)
    print(f"the product as it is, {detector.name}: {stray or 'nothing found'}", flush=True)
    return stray


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
