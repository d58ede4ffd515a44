"""All figures of the process and its tenants, each under its name."""

import asyncio
import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.admin.figures import TenantFigures
from bot.admin.pulse import Pulse
from bot.ports.figures import Family, Sample, Spread, Tally


@dataclass(frozen=True, kw_only=True)
class Gauges:
    """What one tenant's figures are read from. `clock_skew_s` and `signed_in` are None while nothing is known;
    `index_lag_s` is None where no other process writes to the store."""

    tenant: str
    figures: TenantFigures
    graph_calls: Tally
    clock_skew_s: Callable[[], float | None]
    signed_in: Callable[[], bool | None]
    index_lag_s: Callable[[], float | None]
    took_to_commit: Spread
    took_to_decide: Spread


@dataclass(frozen=True, kw_only=True)
class Board:
    """Every figure there is."""

    version: str
    started_at: datetime
    pulse: Pulse
    notifications: Tally
    tenants: Sequence[Gauges]

    async def families(self) -> list[Family]:
        """Families of one name come once per tenant."""
        found = await asyncio.gather(*map(_of_tenant, self.tenants))
        return [*self._own(), *(family for families in found for family in families)]

    def _own(self) -> list[Family]:
        build = Sample(value=1, labels={"version": self.version, "python": platform.python_version()})
        started = Sample(value=self.started_at.timestamp())
        return [
            Family(name="foyer_build_info", kind="gauge", told="What is running.", samples=[build]),
            Family(name="foyer_started_timestamp_seconds", kind="gauge", told="Since when.", samples=[started]),
            self.pulse.family(),
            Family(
                name="foyer_notification_items_total",
                kind="counter",
                told="Items of Microsoft Graph's notifications, by whether they carried their subscription's secret.",
                samples=self.notifications.samples(("verdict",), {}),
            ),
        ]


async def _of_tenant(gauges: Gauges) -> list[Family]:
    labels = {"tenant": gauges.tenant}

    def gauge(name: str, told: str, value: float | None) -> Family:
        samples = [] if value is None else [Sample(value=value, labels=labels)]
        return Family(name=name, kind="gauge", told=told, samples=samples)

    return [
        *await gauges.figures.families(),
        Family(
            name="foyer_graph_calls_total",
            kind="counter",
            told="Attempts at calls of Microsoft Graph, by what they came to.",
            samples=gauges.graph_calls.samples(("call", "verdict"), labels),
        ),
        gauge(
            "foyer_graph_clock_ahead_seconds",
            "How far Microsoft Graph's clock is ahead of this machine's.",
            gauges.clock_skew_s(),
        ),
        gauge("foyer_signed_in", "Whether the last sign-in to Microsoft 365 went well.", gauges.signed_in()),
        gauge(
            "foyer_index_behind_seconds",
            "For how long this process's search index was not known to hold what other processes wrote.",
            gauges.index_lag_s(),
        ),
        Family(
            name="foyer_store_commit_seconds",
            kind="histogram",
            told="How long commits to the store took, those that were refused too.",
            samples=gauges.took_to_commit.samples(labels),
        ),
        Family(
            name="foyer_decision_lag_seconds",
            kind="histogram",
            told="From when a new request was made until it was decided, with the wait for Exchange's attendant.",
            samples=gauges.took_to_decide.samples(labels),
        ),
    ]
