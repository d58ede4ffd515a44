"""Counts what applications ask for, and refuses what is too much.

https://learn.microsoft.com/graph/throttling and /graph/throttling-limits
"""

from collections.abc import Callable
from datetime import datetime

import msgspec

from sandbox.limits.addressing import Service
from sandbox.limits.errors import over_concurrency, too_many_requests
from sandbox.limits.settings import LimitSettings
from sandbox.limits.units import units

_SHOWN_FROM = 0.8
_SHOWN_TO = 1.8


class Asked(msgspec.Struct, frozen=True):
    """One request as the limits see it. `mailbox` is an address, or '' where it is for none."""

    app_id: str
    service: Service
    mailbox: str
    method: str
    path: str
    query: str


class _Window(msgspec.Struct):
    """`begun_at` is in seconds, as all times of limits are."""

    begun_at: float
    count: int = 0


class Limits:
    """Windows begin with their first request, and count refused ones, too."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._in_flight: dict[tuple[str, str], int] = {}
        self.clear()

    def clear(self) -> None:
        """The settings and the counts; what is in flight stays so."""
        self.change(LimitSettings())

    def change(self, settings: LimitSettings) -> None:
        """The counts begin anew."""
        self.settings = settings
        self._windows: dict[tuple[str, str], _Window] = {}

    def enter(self, asked: Asked) -> dict[str, str]:
        """The headers that the answer carries. Raises GraphError where it is over a limit; otherwise the caller has to
        call `leave` in the end."""
        settings = self.settings
        headers: dict[str, str] = {}
        if settings.enabled:
            now = self._now().timestamp()
            self._check("app", asked.app_id, now, settings.app_requests, settings.app_window_s)
            if asked.mailbox:
                self._check_mailbox(asked, now)
            elif asked.service == "identity":
                headers = self._check_identity(asked, now)
            elif asked.service == "subscriptions":
                self._check_subscriptions(asked, now)
        if asked.mailbox:
            key = (asked.app_id, asked.mailbox)
            self._in_flight[key] = self._in_flight.get(key, 0) + 1
        return headers

    def leave(self, asked: Asked) -> None:
        if asked.mailbox:
            key = (asked.app_id, asked.mailbox)
            self._in_flight[key] -= 1
            if not self._in_flight[key]:
                del self._in_flight[key]

    def counts(self) -> dict[str, int]:
        """What has come in the window of each limit, by its name and application."""
        return {" ".join(key): window.count for key, window in self._windows.items()}

    def _check_mailbox(self, asked: Asked, now: float) -> None:
        settings = self.settings
        self._check(
            "mailbox", f"{asked.app_id} {asked.mailbox}", now, settings.mailbox_requests, settings.mailbox_window_s
        )
        if self._in_flight.get((asked.app_id, asked.mailbox), 0) >= settings.mailbox_concurrency:
            raise over_concurrency()

    def _check_subscriptions(self, asked: Asked, now: float) -> None:
        settings, app = self.settings, asked.app_id
        self._check("subscriptions", app, now, settings.subscription_requests, settings.subscription_window_s)
        if asked.method != "GET":
            self._check("subscription writes", app, now, settings.subscription_writes, settings.subscription_window_s)

    def _check_identity(self, asked: Asked, now: float) -> dict[str, str]:
        settings, app = self.settings, asked.app_id
        cost = units(asked.method, asked.path, asked.query)
        if asked.method not in {"GET", "POST"}:
            self._check("identity writes", app, now, settings.identity_writes, settings.identity_writes_window_s)
        used = self._check("identity", app, now, settings.identity_units, settings.identity_window_s, cost) / (
            settings.identity_units
        )
        headers = {"x-ms-resource-unit": str(cost)}
        if used >= _SHOWN_FROM:
            headers["x-ms-throttle-limit-percentage"] = f"{min(used, _SHOWN_TO):.1f}"
        return headers

    def _check(self, name: str, key: str, now: float, allowed: int, length_s: float, cost: int = 1) -> int:  # noqa: PLR0913  one window
        window = self._windows.get((name, key))
        if window is None or now - window.begun_at >= length_s:
            window = self._windows[(name, key)] = _Window(now)
        window.count += cost
        if window.count > allowed:
            raise too_many_requests(length_s - (now - window.begun_at))
        return window.count
