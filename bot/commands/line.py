"""The command line of what an operator runs beside the service."""

import argparse
import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

from bot.clock import SystemClock
from bot.commands.dead_letters import listed, replay
from bot.commands.doctor import examine
from bot.commands.findings import Finding, Level, as_json, as_table, skipped, worst
from bot.config import ConfigProblems, Settings
from bot.edges import store_file
from bot.ports.store import StoreError
from bot.store.sqlite_copy import back_up, restore

NAMES = {
    "doctor": "looks at everything that Foyer rests on, and says how to mend what is wrong",
    "dead-letters": "lists the work that was given up on; --replay has it done again",
    "backup": "copies the SQLite store to a file, also while the service runs",
    "restore": "puts such a copy in the store's place, while the service is stopped",
}


_IN_TEAMS = "While Foyer runs, an administrator can say “dead letters” or “replay all” to it in Teams.\n"
_OF_REDIS = """The store is in Redis (REDIS_URL), which keeps its own files:
  backup   CONFIG SET auto-aof-rewrite-percentage 0, copy the folder appendonlydir/, set it back.
  restore  stop every Foyer process and Redis, put the copy in the folder's place, start Redis,
           then start one process with `app.py --reconcile`, and the others after it.
docs/operating.md has the steps one by one.
"""


def add_to(parser: argparse.ArgumentParser, name: str) -> None:
    """The command's own options."""
    if name == "doctor":
        parser.add_argument("--json", action="store_true", help="tell it to a program")
    elif name in ("backup", "restore"):
        parser.add_argument("file", type=Path, help="the backup")
    else:
        parser.add_argument(
            "--replay", metavar="KEY|all", help="have it done again (on SQLite with the service stopped)"
        )


def run(name: str, settings: Settings, options: argparse.Namespace) -> int:
    """The exit code: of `doctor` 0 for ok, 1 for a warning, 2 for a failure; else 0, or 1 where it was not done."""
    try:
        if name == "doctor":
            return _told(asyncio.run(examine(settings, SystemClock())), as_program=options.json)
        if name in ("backup", "restore"):
            return _copied(name, settings, options.file)
        return _dead_letters(settings, options.replay)
    except StoreError as refused:
        in_teams = name == "dead-letters" and options.replay and not settings.redis_url
        sys.stderr.write(f"{refused}\n" + (_IN_TEAMS if in_teams else ""))
        return 1
    except PermissionError as fault:  # another user's, whom it is hidden from
        finding = Finding(
            check="data folder",
            level=Level.FAIL,
            said=f"{fault.filename} may not be looked at",
            fix="Run this as the user that Foyer runs as, or name the service's data folder (FOYER_DATA, or --data).",
        )
        _told([finding], as_program=name == "doctor" and options.json)
        return 2 if name == "doctor" else 1


def _copied(name: str, settings: Settings, file: Path) -> int:
    if settings.redis_url:
        sys.stderr.write(_OF_REDIS)
        return 1
    at, store = int(SystemClock().now().timestamp()), store_file(settings)
    if name == "backup":
        back_up(store, file, at=at)
        sys.stdout.write(f"{file} holds the store as it is now.\n")
        return 0
    aside = restore(file, store, at=at)
    kept = f" The old one is {_all_of(aside)}." if aside else ""
    sys.stdout.write(f"Restored.{kept} At its start Foyer reads every room before it decides or sends anything.\n")
    return 0


def _all_of(files: Sequence[Path]) -> str:
    if len(files) == 1:
        return str(files[0])
    return f"{', '.join(map(str, files))}: damaged, and only whole together"


def unusable(name: str, wrong: ConfigProblems, *, as_program: bool) -> int:
    """What a command says of settings that nothing can be run with."""
    findings = []
    for problem in wrong.problems:
        said, _, fix = problem.rpartition(": ")
        findings.append(Finding(check="settings", level=Level.FAIL, said=said, fix=fix))
    if name == "doctor":
        findings += skipped(["everything else"], "the settings come first")
    return _told(findings, as_program=as_program)


def _told(findings: Sequence[Finding], *, as_program: bool) -> int:
    sys.stdout.write((as_json(findings) if as_program else as_table(findings)) + "\n")
    return int(worst(findings))


def _dead_letters(settings: Settings, which: str | None) -> int:
    if which is None:
        lines = asyncio.run(listed(settings, SystemClock()))
        sys.stdout.write("".join(f"{line}\n" for line in lines) or "Nothing was given up on.\n")
        return 0
    count = asyncio.run(replay(settings, which, SystemClock()))
    if not count and which != "all":
        sys.stderr.write(f"Nothing was given up on under the key {which}: `app.py dead-letters` lists the keys.\n")
        return 1
    if not count:
        sys.stdout.write("There are no dead letters.\n")
        return 0
    sys.stdout.write(f"{count} to be done again{'' if settings.redis_url else ', once Foyer runs'}.\n")
    return 0
