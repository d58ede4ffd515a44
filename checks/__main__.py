"""`make check`: every check in turn, by name, until one fails."""

import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Step:
    """A check: the name that people read, and the command that passes with exit code 0."""

    name: str
    command: tuple[str, ...]


def steps(code: Sequence[str]) -> tuple[Step, ...]:
    """All checks, quickest first; `code` are the files and folders with Python in them."""
    tools, python = Path(sys.executable).parent, sys.executable
    return (
        Step("names of files and folders", (python, "-m", "checks.names")),
        Step("lengths of modules", (python, "-m", "checks.lengths")),
        Step("lock files", (python, "-m", "checks.locks")),
        Step("nothing of one machine", (python, "-m", "checks.places")),
        Step("style (ruff check)", (str(tools / "ruff"), "check", "--quiet", "--output-format=concise", *code)),
        Step("format (ruff format)", (str(tools / "ruff"), "format", "--check", "--quiet", *code)),
        Step("who may import whom (import-linter)", (str(tools / "lint-imports"), "--no-cache", "--no-logo")),
        Step("types (mypy)", (str(tools / "mypy"), *code)),
    )


def run_all(wanted: Iterable[Step], run: Callable[[Step], int], say: Callable[[str], None]) -> int:
    """Runs the steps in order and stops at the first that fails, naming it; returns its exit code, or 0."""
    for step in wanted:
        say(f"check: {step.name}")
        code = run(step)
        if code != 0:
            say(f"check failed: {step.name}   (alone: {' '.join(step.command)})")
            return code
    say("check: all passed")
    return 0


def _run(step: Step) -> int:
    return subprocess.run(step.command, check=False).returncode  # noqa: S603 - the fixed commands above


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(run_all(steps(sys.argv[1:]), _run, _say))
