"""What a check found, and how findings are shown: a table for people, JSON for programs."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from enum import IntEnum


class Level(IntEnum):
    """The worst of all findings is the exit code. What was skipped counts for nothing: the finding that kept it from
    being looked at does."""

    SKIP = -1
    OK = 0
    WARN = 1
    FAIL = 2


@dataclass(frozen=True, kw_only=True)
class Finding:
    """`said` is what was seen; `fix` what to do, '' where there is nothing. `tenant` as administrators see it named, ''
    for the service itself."""

    check: str
    level: Level
    said: str
    fix: str = ""
    tenant: str = ""


def skipped(checks: Iterable[str], why: str, *, tenant: str = "") -> list[Finding]:
    """Those that could not be made, and why."""
    return [Finding(check=check, level=Level.SKIP, said=f"not looked at: {why}", tenant=tenant) for check in checks]


def worst(findings: Sequence[Finding]) -> Level:
    return max((finding.level for finding in findings if finding.level is not Level.SKIP), default=Level.OK)


def as_json(findings: Sequence[Finding]) -> str:
    told = [{**asdict(finding), "level": finding.level.name.lower()} for finding in findings]
    return json.dumps({"worst": worst(findings).name.lower(), "findings": told}, indent=2, ensure_ascii=False)


def as_table(findings: Sequence[Finding]) -> str:
    """One line per finding, its fix below it."""
    width = max((len(_check(finding)) for finding in findings), default=0)
    lines = []
    for finding in findings:
        lines.append(f"{finding.level.name.lower():<5} {_check(finding):<{width}}  {finding.said}")
        lines += [f"{'':<{width + 6}}  → {finding.fix}"] if finding.fix else []
    counts = {level: sum(finding.level is level for finding in findings) for level in Level}
    without = counts.pop(Level.SKIP)
    told = [f"{count} {level.name.lower()}" for level, count in counts.items()]
    lines.append(", ".join([*told, f"{without} skipped"] if without else told))
    return "\n".join(lines)


def _check(finding: Finding) -> str:
    return f"{finding.tenant}: {finding.check}" if finding.tenant else finding.check
