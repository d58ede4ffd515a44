"""Decides whether an activity really comes from Teams, for us, from a tenant that we serve; stands before the SDK.

Source: "Authentication with the Bot Connector API" (learn.microsoft.com/azure/bot-service/rest-api/
bot-framework-rest-connector-authentication), step 4: issuer, audience, validity with 5 minutes' skew, signature by a
listed key whose endorsements name the channel, `serviceurl` equal to the activity's. Tenant and host lists are ours:
the token binds neither.
"""

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any

import jwt

from bot.ports.clock import Clock
from bot.teams.claims import CHANNEL, Claims, Refused, misfit
from bot.teams.inbound import tenant_of
from bot.teams.jwks import KeySet, KeysUnavailable, SigningKey
from bot.teams.references import ServiceUrls

ISSUER = "https://api.botframework.com"
SKEW_S = 300.0
LONGEST_TOKEN = 16_384
LATEST_MOMENT = 2**53

_TOKEN = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*")

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Admission:
    """For whom the door opens. `tenants` are lower-case tenant ids; none at all means nobody."""

    app_id: str
    tenants: frozenset[str]
    service_urls: ServiceUrls = field(default_factory=ServiceUrls)
    issuer: str = ISSUER

    def __post_init__(self) -> None:
        if not self.app_id:
            raise ValueError("an empty app id would let everybody in: set the bot's Microsoft app id")
        if not self.tenants:
            raise ValueError("no tenant is allowed: name the tenant ids that this bot serves")


class Verifier:
    """The front door of production: signed tokens only."""

    def __init__(self, keys: KeySet, admission: Admission, clock: Clock) -> None:
        self._keys = keys
        self._admission = admission
        self._clock = clock

    async def admit(self, authorization: str, raw: Mapping[str, Any], peer: str) -> Claims | Refused:  # noqa: ARG002 - a signed token is good from any address
        token = _bearer(authorization)
        if isinstance(token, Refused):
            return token
        key_id = _key_id(token)
        if isinstance(key_id, Refused):
            return key_id
        try:
            key = await self._keys.find(key_id)
        except KeysUnavailable:
            return Refused(503, "keys.unavailable")
        if key is None:
            return Refused(401, "token.key_unknown")
        return self._judge(token, key, raw)

    def _judge(self, token: str, key: SigningKey, raw: Mapping[str, Any]) -> Claims | Refused:
        payload = _payload(token, key)
        if isinstance(payload, Refused):
            return payload
        wrong = self._misclaim(payload) or _misendorsed(key) or self._misfit(payload, raw)
        if wrong is not None:
            return wrong
        admission = self._admission
        return Claims(
            app_id=admission.app_id, issuer=admission.issuer, service_url=raw["serviceUrl"], tenant=tenant_of(raw)
        )

    def _misclaim(self, payload: Mapping[str, Any]) -> Refused | None:
        if payload.get("iss") != self._admission.issuer:
            return Refused(401, "token.issuer")
        if payload.get("aud") != self._admission.app_id:
            return Refused(401, "token.audience")
        return self._mistimed(payload)

    def _mistimed(self, payload: Mapping[str, Any]) -> Refused | None:
        expires_at, begins_at = _moment(payload.get("exp")), _moment(payload.get("nbf", 0))
        if expires_at is None or begins_at is None:
            return Refused(401, "token.claims")
        now = self._clock.now().timestamp()
        if now >= expires_at + SKEW_S:
            return Refused(401, "token.expired")
        return Refused(401, "token.early") if now < begins_at - SKEW_S else None

    def _misfit(self, payload: Mapping[str, Any], raw: Mapping[str, Any]) -> Refused | None:
        claimed = payload.get("serviceurl")
        if not isinstance(claimed, str) or not claimed:
            return Refused(403, "service_url.unclaimed")
        wrong = misfit(raw, self._admission.service_urls, self._admission.tenants)
        if wrong is not None:
            return wrong
        return None if claimed == raw["serviceUrl"] else Refused(403, "service_url.mismatch")


class DangerouslyUnauthenticatedOnLoopback:
    """The front door of the sandbox: asks for no token, so anybody who reaches it is believed. It opens only to peers
    on this machine whose activity names a service address on this machine."""

    def __init__(self, admission: Admission) -> None:
        self._admission = admission
        self._service_urls = ServiceUrls(frozenset(), loopback=True)
        log.warning("door.unauthenticated", extra={"reach": "loopback only"})

    async def admit(self, authorization: str, raw: Mapping[str, Any], peer: str) -> Claims | Refused:  # noqa: ARG002 - no token is looked at, by design
        if not _is_loopback(peer):
            return Refused(403, "peer.not_loopback")
        wrong = misfit(raw, self._service_urls, self._admission.tenants)
        if wrong is not None:
            return wrong
        return Claims(
            app_id=self._admission.app_id,
            issuer="",
            service_url=raw["serviceUrl"],
            tenant=tenant_of(raw),
            proven=False,
        )


def _bearer(authorization: str) -> str | Refused:
    scheme, _, token = authorization.partition(" ")
    if not authorization or scheme.lower() != "bearer":
        return Refused(401, "token.missing")
    if len(token) > LONGEST_TOKEN or _TOKEN.fullmatch(token) is None:
        return Refused(401, "token.malformed")
    return token


def _key_id(token: str) -> str | Refused:
    try:
        header = jwt.get_unverified_header(token)
    except (jwt.PyJWTError, ValueError, RecursionError):
        return Refused(401, "token.malformed")
    if header.get("alg") != "RS256":
        return Refused(401, "token.algorithm")
    if "crit" in header or "b64" in header:  # extensions that we do not know must not be passed over: RFC 7515, 4.1.11
        return Refused(401, "token.malformed")
    key_id = header.get("kid")
    return key_id if isinstance(key_id, str) and 0 < len(key_id) <= 256 else Refused(401, "token.key_unknown")


def _payload(token: str, key: SigningKey) -> Mapping[str, Any] | Refused:
    checked_here = {f"verify_{claim}": False for claim in ("exp", "nbf", "iat", "aud", "iss", "sub", "jti")}
    try:
        return jwt.decode(token, key.key, algorithms=["RS256"], options=checked_here)  # type: ignore[arg-type]
    except jwt.InvalidSignatureError:
        return Refused(401, "token.signature")
    except (jwt.PyJWTError, ValueError, RecursionError):
        return Refused(401, "token.malformed")


def _misendorsed(key: SigningKey) -> Refused | None:
    return None if CHANNEL in key.endorsements else Refused(403, "endorsement.missing")


def _moment(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return float(value) if abs(value) < LATEST_MOMENT else None  # NaN and infinity fail the comparison


def _is_loopback(peer: str) -> bool:
    try:
        return ip_address(peer).is_loopback
    except ValueError:
        return False
