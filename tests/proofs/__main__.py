"""Runs proofs: python -m tests.proofs [figures] [--list] [--table] [--only NAME] [--size full|smoke|N]
[--store sqlite|redis].

Each prints its progress and one row. Something that was lost, doubled or too late is printed with the command that
runs it again, and the exit code is 1. `figures` runs all in full size, unless told otherwise, and renews their rows in
docs/reliability.json and the table of docs/reliability.md; a row that held in more tries than were made now stays.
"""

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.proofs import ledger
from tests.proofs.catalogue import ALL
from tests.proofs.proof import REDIS, SQLITE, Outcome, Proof, Task
from tests.proofs.stores import CLOCK
from tests.redis_server import HOW_TO_GET, PROGRAM

_TELL_EVERY_S = 5.0
_MOST_TOLD = 10


def main(words: Sequence[str]) -> int:
    options = _options(words)
    if options.list:
        for proof in ALL:
            print(f"{proof.name:<20} {proof.shows} ({proof.full:,} {proof.unit}; {', '.join(proof.engines)})")
        return 0
    if options.table:
        _write([])
        return 0
    if PROGRAM is None and options.store != SQLITE:
        print(HOW_TO_GET, file=sys.stderr)
        return 2
    rows = []
    for proof, engine in _wanted(options):
        rows.append(_row(proof, _task(proof, engine, options)))
        if options.figures:
            _write(rows[-1:])
    print()
    for row in rows:
        print(f"{row.name:<20} {row.engine:<7} {' '.join(row.invariants):<14} {row.size:<14} {row.result}; {row.worst}")
    return 0 if all(row.held for row in rows) else 1


def _options(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.proofs", description="Proofs with real faults.")
    parser.add_argument("figures", nargs="?", choices=["figures"], help="renew the table of docs/reliability.md")
    parser.add_argument("--list", action="store_true", help="what there is")
    parser.add_argument("--table", action="store_true", help="run nothing, write the table anew from what is kept")
    parser.add_argument("--only", action="append", choices=[proof.name for proof in ALL], metavar="NAME")
    parser.add_argument("--size", type=_size, default="full", help="full, smoke or a number (default: full)")
    parser.add_argument("--store", choices=[SQLITE, REDIS], help="default: both")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args(words)


def _size(said: str) -> str:
    if said not in ("full", "smoke") and not (said.isascii() and said.isdigit() and int(said) > 0):
        raise argparse.ArgumentTypeError(f"{said!r} is no size: say full, smoke or a number")
    return said


def _wanted(options: argparse.Namespace) -> Iterator[tuple[Proof, str]]:
    for proof in ALL:
        if proof.name in (options.only or [proof.name]) and (proof.smoke or options.size != "smoke"):
            yield from ((proof, engine) for engine in proof.engines if options.store in (None, engine))


def _task(proof: Proof, engine: str, options: argparse.Namespace) -> Task:
    sizes = {"full": proof.full, "smoke": proof.smoke}
    size = sizes[options.size] if options.size in sizes else int(options.size)
    return Task(engine=engine, size=size, seed=options.seed, tell=_Teller(f"{proof.name} {engine}: "))


class _Teller:
    """Prints a line of progress now and then."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self._told_at = CLOCK.monotonic()

    def __call__(self, line: str) -> None:
        if CLOCK.monotonic() - self._told_at >= _TELL_EVERY_S:
            self._told_at = CLOCK.monotonic()
            print(self._prefix + line, flush=True)


def _row(proof: Proof, task: Task) -> ledger.Row:
    print(f"\n== {proof.name}, {task.engine}: {proof.shows}; {task.size:,} {proof.unit}", flush=True)
    began = CLOCK.monotonic()
    outcome = proof.run(task)
    took_s = CLOCK.monotonic() - began
    print(f"{outcome.result}; {outcome.worst} ({took_s:.0f} s)", flush=True)
    _complain(proof, task, outcome)
    return ledger.Row(
        name=proof.name,
        engine=task.engine,
        invariants=proof.invariants,
        size=f"{task.size:,} {proof.unit}",
        result=outcome.result,
        worst=outcome.worst,
        took_s=round(took_s),
        made=ledger.made(CLOCK.now()),
        held=not outcome.violations,
    )


def _complain(proof: Proof, task: Task, outcome: Outcome) -> None:
    for violation in outcome.violations[:_MOST_TOLD]:
        print(f"VIOLATED: {violation}", file=sys.stderr)
    if len(outcome.violations) > _MOST_TOLD:
        print(f"VIOLATED: … and {len(outcome.violations) - _MOST_TOLD} more", file=sys.stderr)
    if outcome.violations:
        again = f"--only {proof.name} --store {task.engine} --size {task.size} --seed {task.seed}"
        print(f"again: python -m tests.proofs {again}", file=sys.stderr)


def _write(new: Sequence[ledger.Row]) -> None:
    """After each, so that a long run that is broken off has kept what it showed."""
    root = Path(__file__).parents[2]
    kept, page = root / ledger.KEPT, root / ledger.PAGE
    rows = ledger.merged(ledger.read(kept), new, [proof.name for proof in ALL])
    ledger.write(rows, kept)
    table = ledger.table(ledger.shown(ALL, rows), ledger.machine(os.cpu_count() or 1))
    page.write_text(ledger.placed(page.read_text("utf-8"), table), "utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
