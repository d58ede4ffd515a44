"""What the rounds say, as tables."""

import statistics
from dataclasses import dataclass, field

from bench.peers.target import Target
from bench.peers.worker import CLIENTS
from bench.peers.working import Slice

LIMIT, SDK = "aiohttp + orjson", "msgraph-sdk"
OURS = ("ours, structs", "ours")
_OF_LIMIT, _OF_SDK = 0.8, 300.0


@dataclass(frozen=True, kw_only=True)
class Case:
    """What all clients read, one after the other in each round."""

    title: str
    short: str
    target: Target
    at_once: int
    clients: tuple[str, ...]
    is_target: bool = False
    slices: dict[str, list[Slice]] = field(default_factory=dict)

    def add(self, name: str, one: Slice) -> None:
        self.slices.setdefault(name, []).append(one)

    def rate(self, name: str) -> float:
        return statistics.median(one.per_s for one in self.slices[name])

    def cpu_ms(self, name: str) -> float:
        return statistics.median(one.cpu_s / one.done * 1000 for one in self.slices[name])

    def ratio(self, name: str, other: str) -> float:
        """Of the rates, within each round."""
        pairs = zip(self.slices[name], self.slices[other], strict=True)
        return statistics.median(one.per_s / another.per_s for one, another in pairs)


def table(case: Case) -> str:
    """One line for each client."""
    size = len(case.target.ids)
    lines = [
        f"\n{case.title}",
        f"{'':22}{'delivers':16}{'requests/s':>12}{'events/s':>11}{'CPU ms each':>13}{'× limit':>10}{'× SDK':>10}",
    ]
    for name in case.clients:
        rate = case.rate(name)
        lines.append(
            f"{name:22}{CLIENTS[name].delivers:16}{rate:>12,.1f}{rate * size:>11,.0f}{case.cpu_ms(name):>13.3f}"
            f"{case.ratio(name, LIMIT):>10.3f}{case.ratio(name, SDK):>10,.1f}"
        )
    return "\n".join(lines)


def targets(cases: list[Case]) -> str:
    """Whether ours is what it is to be, by the wall clock; CPU time, which other programs disturb less, beside it."""
    cases = [case for case in cases if case.is_target]
    lines = ["\nTargets: as measured / by CPU time", f"{'':44}" + "".join(f"{case.short:>24}" for case in cases)]
    for name in OURS:
        for other, least in ((LIMIT, _OF_LIMIT), (SDK, _OF_SDK)):
            cells = [_cell(case, name, other, least) for case in cases]
            lines.append(f"{f'{name} ≥ {least:g} × {other}':44}" + "".join(f"{cell:>24}" for cell in cells))
    return "\n".join(lines)


def memory(cases: list[Case]) -> str:
    """The most that each client's process ever held."""
    most: dict[str, float] = {}
    for case in cases:
        for name, slices in case.slices.items():
            most[name] = max(most.get(name, 0.0), slices[-1].rss_mib)
    return "\nMemory at most, MiB: " + "; ".join(f"{name} {mib:.0f}" for name, mib in most.items())


def _cell(case: Case, name: str, other: str, least: float) -> str:
    ratio, by_cpu = case.ratio(name, other), case.cpu_ms(other) / case.cpu_ms(name)
    figures = 2 if least < 1 else 0
    return f"{'met' if ratio >= least else 'NOT met'} {ratio:,.{figures}f} / {by_cpu:,.{figures}f}"
