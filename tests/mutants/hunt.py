"""Runs a detector in a tree with a bug, and judges what came of it."""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from bot.clock import SystemClock
from tests.mutants.mutant import Broken, Detector, Finding, Mutant, Stale
from tests.mutants.tree import grown

CLOCK = SystemClock()
_LONGEST_S = 3_600.0


class End(StrEnum):
    """What became of a mutant."""

    CAUGHT = "caught"
    SURVIVED = "survived"
    STALE = "stale"
    BROKEN = "broken"


@dataclass(frozen=True, kw_only=True)
class Result:
    """`told` says why, where the mutant was not caught."""

    mutant: Mutant
    end: End
    took_s: float
    finding: Finding | None = None
    told: str = ""


def hunted(mutant: Mutant, detector: Detector | None = None) -> Result:
    """Whether the mutant's own detector, or the one given, finds it."""
    detector, began_s = detector or mutant.by, CLOCK.monotonic()
    finding, end, told = None, End.SURVIVED, ""
    try:
        with grown(mutant.patches) as tree:
            finding = _sought(detector, tree, mutant.breaks)
            end = End.CAUGHT if finding else End.SURVIVED
    except Stale as stale:
        end, told = End.STALE, str(stale)
    except Broken as broken:
        end, told = End.BROKEN, str(broken)
    return Result(mutant=mutant, end=end, took_s=CLOCK.monotonic() - began_s, finding=finding, told=told)


def held(detector: Detector) -> str:
    """'' where the detector finds nothing in the product as it is; else what it found."""
    try:
        with grown(()) as tree:
            finding = _sought(detector, tree, ())
    except Broken as broken:
        return str(broken)
    return f"{finding.by} at {finding.at}: {finding.what}" if finding else ""


def _sought(detector: Detector, tree: Path, expected: Sequence[str]) -> Finding | None:
    command = [sys.executable, *detector.words()]
    process = subprocess.Popen(
        command, cwd=tree, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    )
    try:
        said, _ = process.communicate(timeout=_LONGEST_S)
    except subprocess.TimeoutExpired:
        raise Broken(f"no end after {_LONGEST_S:.0f} s") from None
    finally:
        _end(process)
    return detector.finding(process.returncode, said, expected)


def _end(process: "subprocess.Popen[str]") -> None:
    """With whatever it has started: servers of its own."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    process.wait()
