"""One round trip to Graph: places at the gates, a token, the send, and a fresh token where that one was refused."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime

import aiohttp
from yarl import URL

from bot.graph.allowance import Allowance
from bot.graph.auth import TokenSource
from bot.graph.ceiling import Crowd
from bot.graph.gates import Gates
from bot.graph.sansio import Crowded, Response, claims_in, pause_s, skew_s
from bot.ports.calendar import Busy, RemoteError
from bot.ports.clock import Clock

_TIMEOUT = aiohttp.ClientTimeout(total=None, sock_connect=5)
_SHORTEST_S = 0.05
# A page of a thousand full events is a tenth of it. Nothing honest is longer, and a bomb is packed a thousandfold.
MOST_BYTES = 32 * 2**20
TOO_LARGE = "AnswerTooLarge"
_ALONE = nullcontext()
# The connection was never made: even a write has certainly not happened.
_NEVER_SENT = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)


class NoAnswer(Exception):
    """The request may have arrived, and no answer came. `code` names what went wrong."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, kw_only=True, slots=True)
class Parcel:
    """What goes out in one round trip. `headers` makes them for a token. `gate` is whose pauses hold for it; `places`
    are the calls it makes on mailboxes, `calls` what it counts in all."""

    method: str
    url: str
    body: bytes
    headers: Callable[[str], dict[str, str]]
    gate: str
    places: Mapping[str, int] | None = None
    calls: int = 1


class Line:
    """One tenant's connection to its cloud, with the limits that hold for all who use it."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        tokens: TokenSource,
        clock: Clock,
        gates: Gates,
        crowd: Crowd | None,
    ) -> None:
        self._session = session
        self._tokens = tokens
        self._clock = clock
        self._gates = gates
        self._crowd = crowd
        self._allowance = Allowance()
        self._dated: tuple[str, datetime] | None = None

    @property
    def clock_skew_s(self) -> float | None:
        """How far the service's clock is ahead of ours, by its last answer's Date, which counts whole seconds; None
        before the first answer. The way of the answer is in it."""
        return None if self._dated is None else skew_s(*self._dated)

    async def carry(self, parcel: Parcel, ends_at_s: float) -> Response:
        """The answer, whatever it says; only a 401 is answered by a new token first, once. Raises Busy or Denied where
        nothing was sent, NoAnswer where it may have been."""
        left_s = max(ends_at_s - self._clock.monotonic(), _SHORTEST_S)
        sent = False
        try:
            async with asyncio.timeout(left_s), self._gates.enter(parcel.gate), self._wider(parcel):
                self._refuse_while_closed(parcel.gate)
                self._refuse_beyond_allowance(parcel)
                token = await self._tokens.token()
                sent = True
                response = await self._send(parcel, token)
                if response.status == 401:
                    sent = False
                    token = await self._tokens.token(refused=token, claims=claims_in(response.headers))
                    sent = True
                    response = await self._send(parcel, token)
                return response
        except (aiohttp.ClientError, OSError) as error:  # TimeoutError is an OSError
            code = type(error).__name__
            if not sent or isinstance(error, _NEVER_SENT):
                raise Busy(code, retry_after_s=0.0) from error
            raise NoAnswer(code) from error

    def _wider(self, parcel: Parcel) -> AbstractAsyncContextManager[None]:
        return _ALONE if parcel.places is None and self._crowd is None else self._inside(parcel)

    @asynccontextmanager
    async def _inside(self, parcel: Parcel) -> AsyncIterator[None]:
        """The mailboxes' places first: who waits for one of those must not hold the app's."""
        async with AsyncExitStack() as stack:
            if parcel.places:
                await stack.enter_async_context(self._gates.enter_all(parcel.places))
            if self._crowd is not None:
                await stack.enter_async_context(self._crowd.enter(parcel.calls))
            yield

    async def _send(self, parcel: Parcel, token: str) -> Response:
        sending = self._session.request(
            parcel.method,
            URL(parcel.url, encoded=True),
            headers=parcel.headers(token),
            data=parcel.body or None,
            timeout=_TIMEOUT,
            allow_redirects=False,  # the token goes nowhere that was not asked for
        )
        async with sending as response:
            self._dated = response.headers.get("Date", ""), self._clock.now()
            return Response(status=response.status, headers=response.headers, body=await _body(response))

    def closed_s(self, gate: str) -> float:
        """For how long nothing is sent there."""
        return self._gates.closed_s(gate, self._clock.monotonic())

    def was_refused(self, gate: str, error: RemoteError) -> None:
        """Whoever is told to pause, all pause."""
        now_s = self._clock.monotonic()
        if isinstance(error, Busy) and error.status == 429 and error.retry_after_s:
            self._gates.close(gate, until=now_s + error.retry_after_s, now=now_s)
        if self._crowd is not None and isinstance(error, Crowded):
            self._crowd.ceiling.lower(now_s)

    def rest(self, gate: str, response: Response, *, now: datetime) -> None:
        """As `was_refused`, for an answer that is about many calls."""
        told_s = pause_s(response.headers, now=now) if response.status == 429 else None
        if told_s:
            now_s = self._clock.monotonic()
            self._gates.close(gate, until=now_s + told_s, now=now_s)

    def went_well(self) -> None:
        if self._crowd is not None:
            self._crowd.ceiling.grow()

    def allowed(self) -> int | None:
        """How many calls the app may have in flight now; None where nobody counts."""
        return None if self._crowd is None else self._crowd.ceiling.now

    def _refuse_while_closed(self, gate: str) -> None:
        closed_s = self.closed_s(gate)
        if closed_s:
            raise Busy("StillThrottled", retry_after_s=closed_s)

    def _refuse_beyond_allowance(self, parcel: Parcel) -> None:
        own = {parcel.gate: 1} if parcel.gate else {}
        places = own if parcel.places is None else parcel.places
        for mailbox, calls in places.items():
            wait_s = self._allowance.take(mailbox, calls, now_s=self._clock.monotonic())
            if wait_s:
                raise Busy("MailboxAllowance", retry_after_s=wait_s)


async def _body(response: aiohttp.ClientResponse) -> bytes:
    """Unpacked. Raises NoAnswer for more than any call answers, without having read it all."""
    if (response.content_length or 0) > MOST_BYTES:
        raise _too_large(response)
    if response.content_length is not None and "Content-Encoding" not in response.headers:
        return await response.read()
    chunks, size = [], 0
    async for chunk in response.content.iter_any():  # bounded by what aiohttp buffers, unpacked too
        size += len(chunk)
        if size > MOST_BYTES:
            raise _too_large(response)
        chunks.append(chunk)
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def _too_large(response: aiohttp.ClientResponse) -> NoAnswer:
    response.close()  # or the connection would be read to its end for the next call
    return NoAnswer(TOO_LARGE)
