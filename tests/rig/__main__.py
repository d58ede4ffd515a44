"""`python -m tests.rig`: schedules by the thousand, or one again; `python -m tests.rig crashes`: the crash matrix. Exit
code 1 where a promise was broken."""

import argparse
import os
import sys
from collections.abc import Sequence

from tests.rig import matrix
from tests.rig.schedule import run
from tests.rig.soak import Order, failure, soak
from tests.rig.stores import KINDS, ground


def main(arguments: Sequence[str]) -> int:
    if arguments[:1] == ["crashes"]:
        return matrix.main(arguments[1:])
    options = _options(arguments)
    if options.replay is not None:
        with ground(options.store) as where:
            outcome = run(options.replay, where)
        print("\n".join(outcome.story))
        print(failure(outcome, options.store, tail=0) if outcome.broken else "every promise held")
        return bool(outcome.broken)
    order = Order(
        schedules=options.schedules, seed=options.seed, store=options.store, jobs=options.jobs,
        stop_at_first=options.stop_at_first,
    )  # fmt: skip
    return 0 if soak(order) else 1


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.rig", description=__doc__)
    parser.add_argument("--schedules", type=_some, default=1000, help="how many (default 1000)")
    parser.add_argument("--seed", type=int, default=1, help="the first one's seed; each has the next (default 1)")
    parser.add_argument("--store", choices=KINDS, default="sqlite")
    parser.add_argument("--jobs", type=_some, default=os.cpu_count() or 1, help="at a time (default: one per core)")
    parser.add_argument("--stop-at-first", action="store_true", help="begin nothing after a broken promise")
    parser.add_argument("--replay", type=int, metavar="SEED", help="one schedule, with its whole story")
    return parser.parse_args(arguments)


def _some(text: str) -> int:
    number = int(text) if text.isascii() and text.isdecimal() else 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is too few: give a whole number from 1 on")
    return number


if __name__ == "__main__":
    if os.environ.get("PYTHONHASHSEED") != "0":  # noqa: TID251  sets of words must have one order in every run
        again = [sys.executable, "-m", "tests.rig", *sys.argv[1:]]
        os.execve(sys.executable, again, os.environ | {"PYTHONHASHSEED": "0"})  # noqa: S606, TID251
    sys.exit(main(sys.argv[1:]))
