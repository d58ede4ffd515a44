"""Posts to subscribers' endpoints: handshakes and notifications. Its timeouts run on the machine's clock."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from io import BytesIO
from urllib.parse import quote
from uuid import UUID

import aiohttp
import msgspec

from sandbox.errors import no_handshake
from sandbox.exchange.timing import Timing
from sandbox.odata import Entity

_JSON = {"Content-Type": "application/json; charset=utf-8"}


@dataclass(frozen=True, kw_only=True)
class Posted:
    """How it went; `status` is 0 where no answer came."""

    status: int = 0
    is_late: bool = False

    @property
    def is_taken(self) -> bool:
        return 200 <= self.status < 300


class Posting:
    def __init__(self, *, rng: random.Random, timing: Timing) -> None:
        self._rng = rng
        self._timing = timing
        self._session: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        self._session = aiohttp.ClientSession(trust_env=False)

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def shake_hands(self, url: str) -> None:
        """Raises GraphError unless the endpoint echoes the token in time."""
        token = f"Validation: Testing client application reachability for subscription Request-Id: {self._token()}"
        separator = "&" if "?" in url else "?"
        status, text, type_ = await self._post_for_token(f"{url}{separator}validationToken={quote(token)}")
        if status != 200 or text not in {token, escape(token)}:
            raise no_handshake("Notification endpoint must respond with 200 OK to validation request.")
        if type_ != "text/plain":
            raise no_handshake("Notification endpoint must answer the validation request as text/plain.")

    async def items(self, url: str, items: Sequence[Entity], *, seconds: float) -> Posted:
        return await self.raw(url, msgspec.json.encode({"value": items}), seconds=seconds)

    async def raw(self, url: str, body: bytes, *, seconds: float) -> Posted:
        """`seconds` is how long the endpoint may take."""
        if self._session is None:
            return Posted()
        timeout = aiohttp.ClientTimeout(total=seconds)
        try:
            async with self._session.post(url, data=BytesIO(body), headers=_JSON, timeout=timeout) as response:
                return Posted(status=response.status)
        except TimeoutError:
            return Posted(is_late=True)
        except aiohttp.ClientError:
            return Posted()

    def guid(self) -> str:
        """One that belongs to nothing."""
        return str(UUID(int=self._rng.getrandbits(128), version=4))

    async def _post_for_token(self, url: str) -> tuple[int, str, str]:
        if self._session is None:
            raise no_handshake("The sandbox tenant is shutting down.")
        timeout = aiohttp.ClientTimeout(total=self._timing.handshake_timeout_s)
        headers = {"Content-Type": "text/plain; charset=utf-8"}
        try:
            async with self._session.post(url, data=b"", headers=headers, timeout=timeout) as response:
                return response.status, await response.text(), response.content_type
        except (aiohttp.ClientError, TimeoutError) as problem:
            raise no_handshake(
                f"The request to the notification endpoint failed: {type(problem).__name__}."
            ) from problem

    def _token(self) -> str:
        return f"{self._rng.getrandbits(128):032x}"
