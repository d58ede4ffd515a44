"""Tokens for one tenant: held, refreshed ahead of their end, one request at a time however many callers wait."""

import asyncio
import logging
from typing import Protocol

from bot.graph.login import Grant, advice
from bot.ports.calendar import Busy, Denied, RemoteError
from bot.ports.clock import Clock

log = logging.getLogger(__name__)

_AHEAD_S = 600.0  # from here on a new one is fetched, while the old one serves
_SPARE_S = 60.0  # from here on the old one serves no more
_SETTLED_S = 60.0  # a token younger than this is not fetched again because it was refused
_REST_S = 10.0  # after a failed login nobody asks again for this long: Entra locks out who hammers


class TokenSource(Protocol):
    """Where a tenant's bearer token comes from."""

    async def token(self, *, refused: str = "") -> str:
        """A token that should work; another than `refused`, where Graph refused that one. Raises Denied or Busy."""


class Login(Protocol):
    """A way to sign in; blocks, and is run in a thread. `tenant` is for the log."""

    @property
    def tenant(self) -> str: ...

    def grant(self) -> Grant:
        """A new token. Raises Denied or Busy."""


class Tokens:
    """A TokenSource over a login. Callers share one flight; who gives up does not end it for the others."""

    def __init__(self, login: Login, clock: Clock) -> None:
        self._login = login
        self._clock = clock
        self._token = ""
        self._fetched_at_s = self._renew_at_s = self._ends_at_s = 0.0
        self._flight: asyncio.Task[str] | None = None
        self._trouble: RemoteError | None = None
        self._rest_until_s = 0.0

    async def token(self, *, refused: str = "") -> str:
        now_s = self._clock.monotonic()
        if self._serves(refused, now_s):
            if now_s >= self._renew_at_s and now_s >= self._rest_until_s:
                self._take_off()
            return self._token
        if self._trouble is not None and now_s < self._rest_until_s:
            raise self._trouble.with_traceback(None)
        return await asyncio.shield(self._take_off())

    def _serves(self, refused: str, now_s: float) -> bool:
        if not self._token or now_s >= self._ends_at_s:
            return False
        return self._token != refused or now_s - self._fetched_at_s < _SETTLED_S

    def _take_off(self) -> asyncio.Task[str]:
        if self._flight is None or self._flight.done():
            self._flight = asyncio.create_task(self._fetch())
            self._flight.add_done_callback(_seen)
        return self._flight

    async def _fetch(self) -> str:
        try:
            grant = await asyncio.to_thread(self._login.grant)
        except RemoteError as error:
            pause_s = max(_REST_S, error.retry_after_s) if isinstance(error, Busy) else _REST_S
            self._trouble, self._rest_until_s = error, self._clock.monotonic() + pause_s
            log.error("graph.login_failed", extra=_told(error, self._login.tenant))
            raise
        now_s = self._clock.monotonic()
        self._token, self._trouble, self._fetched_at_s = grant.token, None, now_s
        self._ends_at_s = now_s + max(grant.expires_in_s - _SPARE_S, 0.0)
        self._renew_at_s = now_s + max(grant.expires_in_s - _AHEAD_S, grant.expires_in_s / 2)
        return grant.token


def _told(error: RemoteError, tenant: str) -> dict[str, str]:
    what_to_do = advice(error.code) if isinstance(error, Denied) else "Nothing: it is asked again."
    return {"tenant": tenant, "code": error.code, "what_to_do": what_to_do}


def _seen(flight: asyncio.Task[str]) -> None:
    """A flight that nobody waits for any more may fail quietly: it has been logged."""
    if not flight.cancelled():
        flight.exception()
