"""What the channel's tests share: a clock that is moved by hand, a host of signing keys, tokens and activities."""

from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, Self

import jwt
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key

APP_ID = "11111111-1111-1111-1111-111111111111"
TENANT = "22222222-2222-2222-2222-222222222222"
OTHER_TENANT = "33333333-3333-3333-3333-333333333333"
SERVICE_URL = "https://smba.trafficmanager.net/emea/22222222-2222-2222-2222-222222222222/"
ISSUER = "https://api.botframework.com"
NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


class ManualClock:
    """Sleeping moves the time on at once; `slept` tells what was slept."""

    def __init__(self) -> None:
        self._now = NOW
        self._monotonic = 1_000.0
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return self._monotonic

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.forward(seconds)

    def forward(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)
        self._monotonic += seconds


def private_key(name: str = "first", bits: int = 2048) -> RSAPrivateKey:
    """One key for each name."""
    return _made(name, bits)


@cache
def _made(name: str, bits: int) -> RSAPrivateKey:
    del name  # tells keys apart in the cache, for making one takes long
    return generate_private_key(public_exponent=65537, key_size=bits)


def public_jwk(kid: str, name: str = "first", *, bits: int = 2048, **changes: Any) -> dict[str, Any]:
    numbers = private_key(name, bits).public_key().public_numbers()
    jwk = {"kty": "RSA", "use": "sig", "kid": kid, "n": _number(numbers.n), "e": _number(numbers.e)}
    return {**jwk, "endorsements": ["msteams", "webchat"], **changes}


def claims(**changes: Any) -> dict[str, Any]:
    """The claims of a good token; a change to None takes one away."""
    now = NOW.timestamp()
    good = {"iss": ISSUER, "aud": APP_ID, "serviceurl": SERVICE_URL, "nbf": now - 60, "exp": now + 3600}
    return {key: value for key, value in {**good, **changes}.items() if value is not None}


def signed(payload: Mapping[str, Any], *, kid: str | None = "k1", name: str = "first", **header: Any) -> str:
    headers = {**({} if kid is None else {"kid": kid}), **header}
    return jwt.encode(dict(payload), private_key(name), algorithm="RS256", headers=headers)


def activity(**changes: Any) -> dict[str, Any]:
    """A message in a personal chat as Teams sends it; a change to None takes a field away."""
    good: dict[str, Any] = {
        "type": "message",
        "id": "1700000000001",
        "timestamp": "2026-11-21T09:00:00.123Z",
        "localTimestamp": "2026-11-21T11:00:00.123+02:00",
        "localTimezone": "Europe/Helsinki",
        "serviceUrl": SERVICE_URL,
        "channelId": "msteams",
        "from": {"id": "29:ana", "name": "Ana Silva", "aadObjectId": "44444444-4444-4444-4444-44444444444A"},
        "conversation": {"conversationType": "personal", "tenantId": TENANT, "id": "a:ana"},
        "recipient": {"id": "28:" + APP_ID, "name": "Foyer"},
        "text": "a room for 6 tomorrow at 9",
        "textFormat": "plain",
        "locale": "en-GB",
        "entities": [{"type": "clientInfo", "locale": "en-GB", "country": "GB", "timezone": "Europe/Helsinki"}],
        "channelData": {"tenant": {"id": TENANT}},
    }
    return {key: value for key, value in {**good, **changes}.items() if value is not None}


def press(verb: str = "foyer.book.1", data: Any = None, **changes: Any) -> dict[str, Any]:
    """The invoke of an Action.Execute button."""
    action = {"type": "Action.Execute", "id": "b", "verb": verb, "data": {"id": "x1"} if data is None else data}
    value = {"action": action, "trigger": "manual"}
    return activity(type="invoke", name="adaptiveCard/action", value=value, text=None, replyToId="17", **changes)


@dataclass
class KeysHost:
    """The channel's metadata and keys over HTTP. `asked` counts the fetches of keys."""

    keys: list[dict[str, Any]] = field(default_factory=lambda: [public_jwk("k1")])
    asked: int = 0
    down: bool = False
    keys_url: str = ""
    _runner: web.AppRunner | None = None
    url: str = ""

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.add_routes([web.get("/metadata", self._metadata), web.get("/keys", self._keys)])
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._runner is not None
        await self._runner.cleanup()

    async def _metadata(self, _request: web.Request) -> web.Response:
        if self.down:
            return web.Response(status=500)
        return web.json_response({"issuer": ISSUER, "jwks_uri": self.keys_url or self.url + "/keys"})

    async def _keys(self, _request: web.Request) -> web.Response:
        self.asked += 1
        return web.json_response({"keys": self.keys})


def _number(value: int) -> str:
    return urlsafe_b64encode(value.to_bytes((value.bit_length() + 7) // 8, "big")).rstrip(b"=").decode()
