"""One way to call Graph: within a budget, obeying its limits, repeating only what is safe, raising by what to do."""

import asyncio
import hashlib
import logging
import random
import uuid
from dataclasses import dataclass
from typing import TypeVar

import aiohttp
from yarl import URL

from bot.graph.auth import TokenSource
from bot.graph.clouds import Cloud
from bot.graph.gates import Gates
from bot.graph.sansio import Effect, Request, Response, decipher, headers_of, lost, url_of
from bot.ports.calendar import Busy, Denied, Missing, RemoteError, ResyncNeeded, Unclear
from bot.ports.clock import Clock

T = TypeVar("T")

log = logging.getLogger(__name__)

_TIMEOUT = aiohttp.ClientTimeout(total=None, sock_connect=5)
_LONGEST_BACKOFF_S = 30.0
# The connection was never made: even a write has certainly not happened.
_NEVER_SENT = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)


@dataclass(frozen=True)
class Budget:
    """How long a caller can wait, pauses that Graph asks for included, and how often a call is sent."""

    total_s: float
    tries: int


INTERACTIVE = Budget(total_s=8.0, tries=2)
BACKGROUND = Budget(total_s=60.0, tries=4)


class GraphClient:
    """One tenant's Graph. All callers of a tenant share one, whatever their budgets: the limits are the app's."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        *,
        cloud: Cloud,
        tokens: TokenSource,
        clock: Clock,
        chance: random.Random,
    ) -> None:
        self._session = session
        self._cloud = cloud
        self._tokens = tokens
        self._clock = clock
        self._chance = chance
        self._gates = Gates()

    @property
    def clock(self) -> Clock:
        return self._clock

    async def call(self, request: Request[T], budget: Budget) -> T:
        """Raises the calendar port's RemoteError tree and nothing else. A pause that Graph asks for is waited if the
        budget has room for it, else it is in the Busy that is raised. Only what is harmless is sent again."""
        ends_at = self._clock.monotonic() + budget.total_s
        attempt, unclear = 0, False
        while True:
            attempt += 1
            try:
                return await self._attempt(request, ends_at, attempt)
            except (Busy, Unclear) as error:
                unclear = unclear or isinstance(error, Unclear)
                wait_s = self._wait_s(error, attempt)
                in_time = self._clock.monotonic() + wait_s < ends_at
                if attempt >= budget.tries or not in_time or not _may_repeat(request, error):
                    raise _verdict(error, wait_s, unclear=unclear) from error
            except Denied as error:
                if unclear:  # says nothing about the earlier send whose answer was lost
                    raise Unclear(error.code, error.status) from error
                raise
            await self._clock.sleep(wait_s)

    async def _attempt(self, request: Request[T], ends_at: float, attempt: int) -> T:
        request_id = str(uuid.UUID(int=self._chance.getrandbits(128), version=4))
        try:
            return await self._exchange(request, ends_at, request_id)
        except RemoteError as error:
            self._gate_after(request, error)
            expected = isinstance(error, (Missing, ResyncNeeded, Busy))
            log.log(
                logging.INFO if expected else logging.WARNING,
                "graph.call_failed",
                extra={
                    "call": request.name,
                    "mailbox": _veiled(request.mailbox),
                    "verdict": type(error).__name__,
                    "status": error.status,
                    "code": error.code,
                    "attempt": attempt,
                    "client_request_id": request_id,
                },
            )
            raise

    async def _exchange(self, request: Request[T], ends_at: float, request_id: str) -> T:
        url = url_of(self._cloud, request)
        left_s = max(ends_at - self._clock.monotonic(), 0.05)
        sent = False
        try:
            async with asyncio.timeout(left_s), self._gates.enter(request.mailbox):
                self._refuse_while_closed(request.mailbox)
                token = await self._tokens.token()
                sent = True
                response = await self._send(request, url, headers_of(request, token=token, request_id=request_id))
                if response.status == 401:
                    sent = False
                    token = await self._tokens.token(refused=token)
                    sent = True
                    response = await self._send(request, url, headers_of(request, token=token, request_id=request_id))
        except (aiohttp.ClientError, OSError) as error:  # TimeoutError is an OSError
            code = type(error).__name__
            if not sent or isinstance(error, _NEVER_SENT):
                raise Busy(code, retry_after_s=0.0) from error
            raise lost(request, code) from error
        return decipher(request, response, now=self._clock.now())

    async def _send(self, request: Request[T], url: str, headers: dict[str, str]) -> Response:
        sending = self._session.request(
            request.method,
            URL(url, encoded=True),
            headers=headers,
            data=request.body or None,
            timeout=_TIMEOUT,
            allow_redirects=False,  # the token goes nowhere that was not asked for
        )
        async with sending as response:
            headers_read = {name.lower(): value for name, value in response.headers.items()}
            return Response(status=response.status, headers=headers_read, body=await response.read())

    def _refuse_while_closed(self, mailbox: str) -> None:
        closed_s = self._gates.closed_s(mailbox, self._clock.monotonic())
        if closed_s:
            raise Busy("StillThrottled", retry_after_s=closed_s)

    def _gate_after(self, request: Request[T], error: RemoteError) -> None:
        if isinstance(error, Busy) and error.status == 429 and error.retry_after_s:
            now = self._clock.monotonic()
            self._gates.close(request.mailbox, until=now + error.retry_after_s, now=now)

    def _wait_s(self, error: Busy | Unclear, attempt: int) -> float:
        told_s = error.retry_after_s if isinstance(error, Busy) else 0.0
        spread = 0.5 + self._chance.random() / 2  # so that callers that failed together do not return together
        return told_s or min(2.0 ** (attempt - 1), _LONGEST_BACKOFF_S) * spread


def _may_repeat(request: Request[T], error: Busy | Unclear) -> bool:
    return isinstance(error, Busy) or request.effect is not Effect.ONCE


def _verdict(error: RemoteError, wait_s: float, *, unclear: bool) -> RemoteError:
    """Busy would say that nothing happened: not so once an answer was lost."""
    return Unclear(error.code, error.status) if unclear else Busy(error.code, error.status, retry_after_s=wait_s)


def _veiled(mailbox: str) -> str:
    """Tells mailboxes apart in a log without naming them."""
    return hashlib.sha256(mailbox.casefold().encode()).hexdigest()[:10] if mailbox else ""
