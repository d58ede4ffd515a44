"""Tokens for one tenant: held, refreshed ahead of their end, one request at a time however many callers wait."""

import asyncio
import logging
from typing import Protocol

from bot.graph.login import Grant
from bot.graph.verdicts import SignInRefused
from bot.ports.calendar import Busy, RemoteError
from bot.ports.clock import Clock

log = logging.getLogger(__name__)

_AHEAD_S = 600.0  # from here on a new one is fetched, while the old one serves
_OLDEST_S = 3000.0  # nor later than this: what was consented to meanwhile stands in a new token only
_SPARE_S = 60.0  # from here on the old one serves no more
_LEAST_S = 60.0  # a token serves and is not renewed that long, whatever life it claims to have
_LONGEST_FLIGHT_S = 30.0  # beyond what the login itself allows for its exchanges: a thread cannot be stopped
_SETTLED_S = 60.0  # a token younger than this is not fetched again because it was refused
_REST_S = 10.0  # after a failed login nobody asks again for this long: Entra locks out who hammers


class TokenSource(Protocol):
    """Where a tenant's bearer token comes from."""

    async def token(self, *, refused: str = "", claims: str = "") -> str:
        """A token that should work; another than `refused`, where Graph refused that one, and one that carries
        `claims` (JSON) where it asked for these. Visible ASCII: it goes into a header. Raises Denied or Busy."""


class Login(Protocol):
    """A way to sign in; blocks, and is run in a thread. `tenant` is for the log."""

    @property
    def tenant(self) -> str: ...

    def grant(self, claims: str = "") -> Grant:
        """A new token, with the claims that the service asks for (JSON) or ''. Raises Denied or Busy."""


class Tokens:
    """A TokenSource over a login. Callers share one flight; who gives up does not end it for the others. One that takes
    longer than `longest_s` is given up by all, and its thread left to end by itself."""

    def __init__(self, login: Login, clock: Clock, *, longest_s: float = _LONGEST_FLIGHT_S) -> None:
        self._login = login
        self._clock = clock
        self._longest_s = longest_s
        self._token = ""
        self._fetched_at_s = self._renew_at_s = self._ends_at_s = 0.0
        self._flight: asyncio.Task[str] | None = None
        self._flight_claims = ""
        self._trouble: RemoteError | None = None
        self._rest_until_s = 0.0

    @property
    def signed_in(self) -> bool | None:
        """Whether a token is held that serves, or else whether the last login went well; None before the first."""
        if self._token and self._clock.monotonic() < self._ends_at_s:
            return True
        if self._trouble is not None:
            return False
        return True if self._token else None

    @property
    def trouble(self) -> RemoteError | None:
        """Why the last login failed, also while an older token still serves."""
        return self._trouble

    async def token(self, *, refused: str = "", claims: str = "") -> str:
        if claims:
            return await self._with_claims(refused, claims)
        now_s = self._clock.monotonic()
        if self._serves(refused, now_s):
            if now_s >= self._renew_at_s and now_s >= self._rest_until_s:
                self._take_off()
            return self._token
        self._refuse_while_resting()
        return await asyncio.shield(self._take_off())

    async def _with_claims(self, refused: str, claims: str) -> str:
        """However young the refused one is: one without the claims will not do."""
        if self._flight is not None and not self._flight.done() and self._flight_claims != claims:
            await asyncio.wait([self._flight])
        if self._token and self._token != refused and self._clock.monotonic() < self._ends_at_s:
            return self._token
        self._refuse_while_resting()
        return await asyncio.shield(self._take_off(claims))

    def _refuse_while_resting(self) -> None:
        if self._trouble is not None and self._clock.monotonic() < self._rest_until_s:
            raise self._trouble.with_traceback(None)

    def _serves(self, refused: str, now_s: float) -> bool:
        if not self._token or now_s >= self._ends_at_s:
            return False
        return self._token != refused or now_s - self._fetched_at_s < _SETTLED_S

    def _take_off(self, claims: str = "") -> asyncio.Task[str]:
        if self._flight is None or self._flight.done():
            self._flight_claims = claims
            self._flight = asyncio.create_task(self._fetch(claims))
            self._flight.add_done_callback(_seen)
        return self._flight

    async def _fetch(self, claims: str) -> str:
        try:
            grant = await self._granted(claims)
        except RemoteError as error:
            pause_s = max(_REST_S, error.retry_after_s) if isinstance(error, Busy) else _REST_S
            self._trouble, self._rest_until_s = error, self._clock.monotonic() + pause_s
            log.error("graph.login_failed", extra=_told(error, self._login.tenant))
            raise
        now_s, life_s = self._clock.monotonic(), grant.expires_in_s
        self._token, self._trouble, self._fetched_at_s = grant.token, None, now_s
        self._ends_at_s = now_s + max(life_s - _SPARE_S, _LEAST_S)
        self._renew_at_s = now_s + max(min(max(life_s - _AHEAD_S, life_s / 2), _OLDEST_S), _LEAST_S)
        return grant.token

    async def _granted(self, claims: str) -> Grant:
        try:
            async with asyncio.timeout(self._longest_s):
                return await asyncio.to_thread(self._login.grant, claims)
        except RemoteError:
            raise
        except TimeoutError as error:
            raise Busy("LoginTimeout", retry_after_s=_REST_S) from error
        except Exception as error:
            log.exception("graph.login_broke", extra={"tenant": self._login.tenant})
            raise Busy("LoginBroke", retry_after_s=_REST_S) from error


def _told(error: RemoteError, tenant: str) -> dict[str, str]:
    told = {"tenant": tenant, "code": error.code, "what_to_do": "Nothing while Foyer runs: it is asked again."}
    if isinstance(error, SignInRefused):
        told |= {"problem": error.problem.value, "what_to_do": error.advice}
    return told


def _seen(flight: asyncio.Task[str]) -> None:
    """A flight that nobody waits for any more may fail quietly: it has been logged."""
    if not flight.cancelled():
        flight.exception()
