"""Gets the bot's own token for the connector: one for all sends, fetched once at a time, renewed before it ends.

Source: "Authentication with the Bot Connector API", "Authenticate requests from your bot to the Bot Connector service".
"""

import asyncio
import logging
import random
from dataclasses import dataclass, field
from typing import Protocol

import aiohttp

from bot.ports.clock import Clock
from bot.teams.connector_answers import read_leniently
from bot.teams.connector_errors import CredentialsRefused, Unreachable

SCOPE = "https://api.botframework.com/.default"
PUBLIC_LOGIN = "https://login.microsoftonline.com"
MULTI_TENANT = "botframework.com"
FETCH_TIMEOUT_S = 10.0
AHEAD_S = (300.0, 600.0)  # renewed that long before the end, at a moment of its own in between
SHORTEST_LIFE_S = 30.0
FAILURE_PAUSE_S = 5.0

log = logging.getLogger(__name__)


class Credentials(Protocol):
    async def token(self) -> str:
        """A bearer token, '' where none is sent. Raises CredentialsRefused or Unreachable."""

    def refused(self, token: str) -> None:
        """The service did not take it: the next `token()` is another one."""


class NoCredentials:
    """For the sandbox, whose connector asks for no token."""

    async def token(self) -> str:
        return ""

    def refused(self, token: str) -> None:
        del token  # there was none


@dataclass(frozen=True, kw_only=True)
class Registration:
    """The bot's registration. `tenant` is its home tenant; a bot of the older multi-tenant kind has none of its own."""

    app_id: str
    secret: str = field(repr=False)
    tenant: str = MULTI_TENANT
    login: str = PUBLIC_LOGIN
    scope: str = SCOPE

    def __post_init__(self) -> None:
        if not self.app_id or not self.secret:
            raise ValueError("the bot needs its app id and secret to write to Teams")


class ClientCredentials:
    """Client credentials with a secret. While one token is good, another is fetched beside the sends; only without a
    good one do sends wait."""

    def __init__(
        self, session: aiohttp.ClientSession, clock: Clock, registration: Registration, *, rng: random.Random
    ) -> None:
        self._session = session
        self._clock = clock
        self._registration = registration
        self._rng = rng
        self._token = ""
        self._good_until = float("-inf")
        self._renew_at = float("-inf")
        self._not_before = float("-inf")
        self._fetch: asyncio.Task[None] | None = None

    async def token(self) -> str:
        now = self._clock.monotonic()
        if not self._token or now >= self._good_until:
            await asyncio.shield(self._start())
        elif now >= max(self._renew_at, self._not_before):
            self._start()
        return self._token

    def refused(self, token: str) -> None:
        if token == self._token:
            self._token = ""

    async def close(self) -> None:
        if self._fetch is not None:
            self._fetch.cancel()
            await asyncio.gather(self._fetch, return_exceptions=True)

    def _start(self) -> asyncio.Task[None]:
        if self._fetch is None or self._fetch.done():
            self._fetch = asyncio.get_running_loop().create_task(self._renew())
            self._fetch.add_done_callback(self._told_failure)
        return self._fetch

    def _told_failure(self, fetch: asyncio.Task[None]) -> None:
        if not fetch.cancelled() and fetch.exception() is not None:
            self._not_before = self._clock.monotonic() + FAILURE_PAUSE_S
            log.warning("bot_credentials.renewal_failed", extra={"kind": type(fetch.exception()).__name__})

    async def _renew(self) -> None:
        asked_at = self._clock.monotonic()
        answer = await self._ask()
        token, life_s = answer.get("access_token"), answer.get("expires_in")
        if not isinstance(token, str) or not token or isinstance(life_s, bool) or not isinstance(life_s, (int, float)):
            raise Unreachable("token_answer_unusable", 200)
        life_s = max(float(life_s), SHORTEST_LIFE_S)
        self._token = token
        self._good_until = asked_at + life_s - SHORTEST_LIFE_S / 2
        self._renew_at = asked_at + max(life_s - self._rng.uniform(*AHEAD_S), life_s / 2)

    async def _ask(self) -> dict[str, object]:
        registration = self._registration
        form = {
            "grant_type": "client_credentials",
            "client_id": registration.app_id,
            "client_secret": registration.secret,
            "scope": registration.scope,
        }
        url = f"{registration.login}/{registration.tenant}/oauth2/v2.0/token"
        try:
            async with (
                asyncio.timeout(FETCH_TIMEOUT_S),
                self._session.post(url, data=form, allow_redirects=False) as response,
            ):
                return _answer_of(response.status, dict(await read_leniently(response)))
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Unreachable("token_endpoint") from error


def _answer_of(status: int, answer: dict[str, object]) -> dict[str, object]:
    if status == 200:
        return answer
    code = str(answer.get("error", ""))[:64]
    if status in {400, 401, 403} and code not in {"temporarily_unavailable", "server_error"}:
        raise CredentialsRefused(code, status)
    raise Unreachable(code, status)
