"""Keeps the channel's signing keys: fetched without blocking, aged, and looked up again when a key id is new.

Source: Bot Framework "Authentication with the Bot Connector API" (learn.microsoft.com/azure/bot-service/rest-api/
bot-framework-rest-connector-authentication): keys may be cached for a day and carry `endorsements` naming channels.
"""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from bot.ports.clock import Clock
from bot.teams.connector_answers import read_object

PUBLIC_METADATA = "https://login.botframework.com/v1/.well-known/openidconfiguration"
FETCH_TIMEOUT_S = 2.0
SOFT_AGE_S = 24 * 3600.0
HARD_AGE_S = 72 * 3600.0
MISS_EVERY_S = 300.0
FAILURE_PAUSE_S = 10.0
MOST_BYTES = 1 << 20
SMALLEST_KEY_BITS = 2048

log = logging.getLogger(__name__)


class KeysUnavailable(Exception):
    """No key may be used: none was ever had, or those at hand are too old, and the fetch failed."""


@dataclass(frozen=True)
class SigningKey:
    id: str
    key: RSAPublicKey
    endorsements: frozenset[str]


class KeySet:
    """Keys younger than a day are used as they are; older ones are used while a fetch runs beside; after three days
    they are used no more. An unknown key id causes at most one fetch in five minutes. Two fetches never run at once."""

    def __init__(self, session: aiohttp.ClientSession, clock: Clock, *, metadata_url: str = PUBLIC_METADATA) -> None:
        self._session = session
        self._clock = clock
        self._metadata_url = metadata_url
        self._keys: Mapping[str, SigningKey] = {}
        self._fetched_at: float | None = None
        self._failed_at: float | None = None
        self._missed_at: float | None = None
        self._fetch: asyncio.Task[None] | None = None

    @property
    def usable(self) -> bool:
        """Whether a token could be verified now, for readiness."""
        return self._age_s() < HARD_AGE_S

    async def warm(self) -> None:
        """Fetches at start, so that the first person does not wait. Raises KeysUnavailable."""
        await self._ensure()

    async def find(self, key_id: str) -> SigningKey | None:
        """None where the channel has no such key. Raises KeysUnavailable."""
        await self._ensure()
        if key_id not in self._keys and self._fetching:
            await self._refresh()
        elif key_id not in self._keys and self._may_look_again():
            self._missed_at = self._clock.monotonic()
            await self._refresh()
        return self._keys.get(key_id)

    async def close(self) -> None:
        if self._fetch is not None:
            self._fetch.cancel()
            await asyncio.gather(self._fetch, return_exceptions=True)

    async def _ensure(self) -> None:
        age_s = self._age_s()
        if age_s >= HARD_AGE_S:
            if not self._paused():
                await self._refresh()
            if not self.usable:
                raise KeysUnavailable
        elif age_s >= SOFT_AGE_S and not self._paused():
            self._start()

    def _age_s(self) -> float:
        return float("inf") if self._fetched_at is None else self._clock.monotonic() - self._fetched_at

    def _paused(self) -> bool:
        return self._failed_at is not None and self._clock.monotonic() - self._failed_at < FAILURE_PAUSE_S

    @property
    def _fetching(self) -> bool:
        return self._fetch is not None and not self._fetch.done()

    def _may_look_again(self) -> bool:
        return self._missed_at is None or self._clock.monotonic() - self._missed_at >= MISS_EVERY_S

    async def _refresh(self) -> None:
        await asyncio.shield(self._start())  # whoever waits may go away; the fetch serves the others

    def _start(self) -> asyncio.Task[None]:
        if self._fetch is None or self._fetch.done():
            self._fetch = asyncio.get_running_loop().create_task(self._fetch_all())
        return self._fetch

    async def _fetch_all(self) -> None:
        try:
            async with asyncio.timeout(FETCH_TIMEOUT_S):
                metadata = await self._get(self._metadata_url)
                keys = _keys_of(await self._get(_beside(self._metadata_url, metadata.get("jwks_uri"))))
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            self._failed_at = self._clock.monotonic()
            log.warning("keys.fetch_failed", extra={"kind": type(error).__name__})
            return
        self._keys, self._fetched_at, self._failed_at = keys, self._clock.monotonic(), None
        log.info("keys.fetched", extra={"count": len(keys)})

    async def _get(self, url: str) -> Mapping[str, Any]:
        async with self._session.get(url, allow_redirects=False) as response:
            if response.status != 200:
                raise ValueError("keys host answered otherwise than 200")
            return await read_object(response, MOST_BYTES)


def _beside(metadata_url: str, keys_url: object) -> str:
    """The keys' address, which must be on the host that named it."""
    if not isinstance(keys_url, str) or urlsplit(keys_url)[:2] != urlsplit(metadata_url)[:2]:
        raise ValueError("keys are said to be on another host")
    return keys_url


def _keys_of(document: Mapping[str, Any]) -> Mapping[str, SigningKey]:
    entries = document.get("keys")
    found = [_key_of(entry) for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []
    keys = {key.id: key for key in found if key is not None}
    if not keys:
        raise ValueError("no usable key")
    return keys


def _key_of(entry: Mapping[str, Any]) -> SigningKey | None:
    key_id, endorsements = entry.get("kid"), entry.get("endorsements", [])
    if not isinstance(key_id, str) or not isinstance(endorsements, list) or not _signs(entry):
        return None
    try:
        key = jwt.PyJWK({"kty": "RSA", "n": entry.get("n"), "e": entry.get("e")}, algorithm="RS256").key
    except (jwt.PyJWTError, ValueError, TypeError):
        return None
    if not isinstance(key, RSAPublicKey) or key.key_size < SMALLEST_KEY_BITS:
        return None
    return SigningKey(key_id, key, frozenset(name for name in endorsements if isinstance(name, str)))


def _signs(entry: Mapping[str, Any]) -> bool:
    return entry.get("kty") == "RSA" and entry.get("use", "sig") == "sig" and entry.get("alg", "RS256") == "RS256"
