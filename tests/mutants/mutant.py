"""What a seeded bug is: a small patch to the product, what it breaks, and what has to find it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


class Stale(Exception):
    """A patch does not fit the present source: it has to be written anew for what stands there now."""


class Broken(Exception):
    """A detector neither held nor found anything: it fell over, which proves nothing."""


@dataclass(frozen=True)
class Patch:
    """`old`, which stands in `file` exactly once, becomes `new`."""

    file: str
    old: str
    new: str

    def applied(self, source: str) -> str:
        """Raises Stale."""
        found = source.count(self.old)
        if found != 1:
            first = self.old.strip().partition("\n")[0]
            raise Stale(f"{self.file}: “{first}” stands there {found} times instead of once")
        return source.replace(self.old, self.new)


@dataclass(frozen=True)
class Finding:
    """Which promise a bug broke, and where that showed: in a schedule, a cut, a round or a test."""

    by: str
    at: str
    what: str = ""


class Detector(Protocol):
    """Runs as `python -m …` in the tree with the bug."""

    @property
    def name(self) -> str:
        """For the table: detectors of one name are one detector."""

    def words(self) -> Sequence[str]:
        """What follows `python`."""

    def finding(self, code: int, said: str, expected: Sequence[str]) -> Finding | None:
        """From its exit code and all that it said; None where everything held. `expected` are the promises of which it
        is told first, if several were broken. Raises Broken."""


@dataclass(frozen=True, kw_only=True)
class Mutant:
    """`sentence` says what the product does wrong; `breaks` are the promises of docs/reliability.md that fall."""

    name: str
    sentence: str
    breaks: tuple[str, ...]
    patches: tuple[Patch, ...]
    by: Detector


@dataclass(frozen=True, kw_only=True)
class Schedules:
    """The simulation, one schedule after another from `seed`, until a promise breaks. `any_store` says that `store` is
    as good as any other."""

    store: str = "memory"
    any_store: bool = True
    most: int = 1_000
    seed: int = 1

    @property
    def name(self) -> str:
        return f"simulation on {self.store}"

    def words(self) -> Sequence[str]:
        asked = {"--schedules": self.most, "--seed": self.seed, "--store": self.store, "--jobs": 1}
        return "-m", "tests.rig", *(str(part) for pair in asked.items() for part in pair), "--stop-at-first"

    def finding(self, code: int, said: str, expected: Sequence[str]) -> Finding | None:
        if code == 0 and "every promise held" in said:
            return None
        found = re.search(r"^Schedule (\d+) broke a promise", said, re.MULTILINE)
        broken = (
            re.findall(r"^  (\w+) \(.*?\) at [\d.]+ s: (.*)$", said[found.start() :], re.MULTILINE) if found else []
        )
        if code != 1 or found is None or not broken:
            raise Broken(_end_of(said))
        by, what = next((one for one in broken if one[0] in expected), broken[0])
        return Finding(by, f"schedule {int(found[1]) - self.seed + 1}", what)


@dataclass(frozen=True, kw_only=True)
class Proof:
    """One of tests/proofs on one engine."""

    proof: str
    store: str
    size: int

    @property
    def name(self) -> str:
        return f"proof {self.proof} on {self.store}"

    def words(self) -> Sequence[str]:
        return "-m", "tests.proofs", "--only", self.proof, "--store", self.store, "--size", str(self.size)

    def finding(self, code: int, said: str, expected: Sequence[str]) -> Finding | None:
        if code == 0:
            return None
        found = re.search(r"^VIOLATED: (?:(\w+ \d+): )?(.*)$", said, re.MULTILINE)
        if code != 1 or found is None:
            raise Broken(_end_of(said))
        return Finding(", ".join(expected), found[1] or "its end", found[2])


@dataclass(frozen=True)
class Suite:
    """Tests of the suite, by their ids. Only an assertion that failed is a finding."""

    ids: tuple[str, ...]

    @property
    def name(self) -> str:
        return " ".join(self.ids)

    def words(self) -> Sequence[str]:
        return "-m", "pytest", "-x", "-n", "0", "-rfE", "--tb=line", *self.ids

    def finding(self, code: int, said: str, expected: Sequence[str]) -> Finding | None:
        if code == 0:
            return None
        failed = re.search(r"^FAILED \S+?::(.+?)(?: - .*)?$", said, re.MULTILINE)
        reason = re.search(r"^\S+\.py:\d+: (.+)$", said, re.MULTILINE)
        if code != 1 or not failed or not reason or not _is_judgement(reason[1]):
            raise Broken(_end_of(said))
        return Finding(", ".join(expected), failed[1], reason[1])


def _is_judgement(reason: str) -> bool:
    return reason.startswith(("assert ", "AssertionError", "Failed: DID NOT RAISE", "ExceptionGroup: Hypothesis"))


def _end_of(said: str) -> str:
    return "\n".join(said.strip().splitlines()[-12:])
