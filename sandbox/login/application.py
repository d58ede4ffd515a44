"""The tenant's one application: its credentials with their dates, its permissions, whether it may run.

https://learn.microsoft.com/graph/api/resources/application, passwordcredential and keycredential.
"""

import base64
import hashlib
import hmac
import ssl
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import jwt
import msgspec
from cryptography import x509

from sandbox.login import errors

CLIENT_ID = "foyer"
CLIENT_SECRET = "foyer"  # noqa: S105  the sandbox's own, printed at start: it opens nothing else
ROLES = (
    "Calendars.Read", "Calendars.ReadWrite", "MailboxSettings.Read", "Place.Read.All", "Place.ReadWrite.All",
    "User.Read.All", "GroupMember.Read.All", "Organization.Read.All", "Application.Read.All", "Mail.Send",
)  # fmt: skip
SCOPES = (
    "User.Read", "User.ReadBasic.All", "User.Read.All", "GroupMember.Read.All", "Calendars.Read", "Calendars.ReadWrite",
    "Calendars.Read.Shared", "Calendars.ReadWrite.Shared", "MailboxSettings.Read", "Mail.Send", "Place.Read.All",
)  # fmt: skip
_SECRET_DAYS = 730
_SKEW_S = 300  # how far a client's clock may be off
_ASSERTION_ALGORITHMS = ["RS256", "PS256"]


class Secret(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A client secret. The service shows its value once, when it is added."""

    key_id: str
    name: str
    value: str
    start_at: datetime
    end_at: datetime

    @property
    def hint(self) -> str:
        return self.value[:3]


class Certificate(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A registered public key; `pem` is the certificate, never a private key."""

    key_id: str
    name: str
    pem: str
    start_at: datetime
    end_at: datetime

    @property
    def thumbprint(self) -> str:
        """SHA-1 of the certificate, in hexadecimal capitals, as the portal shows it."""
        return hashlib.sha1(ssl.PEM_cert_to_DER_cert(self.pem), usedforsecurity=False).hexdigest().upper()


class Application(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """`roles` are application permissions and `scopes` delegated ones; both count only while `is_consented`."""

    id: str
    secrets: list[Secret]
    certificates: list[Certificate] = msgspec.field(default_factory=list)
    app_id: str = CLIENT_ID
    name: str = "Foyer"
    roles: tuple[str, ...] = ROLES
    scopes: tuple[str, ...] = SCOPES
    is_enabled: bool = True
    is_consented: bool = True
    is_public: bool = True
    added: int = 0
    created_at: datetime | None = None

    def check_secret(self, given: str, now: datetime) -> None:
        """Raises LoginError unless it is the value of a secret that is valid now."""
        matching = [one for one in self.secrets if hmac.compare_digest(one.value.encode(), given.encode())]
        if not matching:
            raise errors.wrong_secret(self.app_id)
        if any(one.start_at <= now < one.end_at for one in matching):
            return
        is_over = any(one.end_at <= now for one in matching)
        raise errors.expired_secret(self.app_id) if is_over else errors.wrong_secret(self.app_id)

    def check_assertion(self, assertion: str, now: datetime, audiences: Callable[[str], bool]) -> None:
        """A token that the client signed with the key of a certificate of its own. `audiences` tells which `aud` means
        this tenant. Raises LoginError.

        https://learn.microsoft.com/entra/identity-platform/certificate-credentials
        """
        try:
            header = jwt.get_unverified_header(assertion)
            claims = self._verified(assertion, header, now)
        except (jwt.PyJWTError, RecursionError) as problem:
            message = f"Client assertion contains an invalid signature or could not be read: {problem}."
            raise errors.wrong_assertion(message) from problem
        if claims.get("iss") != self.app_id or claims.get("sub") != self.app_id:
            raise errors.wrong_assertion("The claims 'iss' and 'sub' must be the client id.")
        if not audiences(str(claims.get("aud", ""))):
            raise errors.wrong_assertion("Client assertion audience claim does not match the token endpoint.")
        begin_s, end_s = claims.get("nbf", 0), claims.get("exp", 0)
        are_times = isinstance(begin_s, int | float) and isinstance(end_s, int | float)
        if not are_times or not begin_s - _SKEW_S <= now.timestamp() < end_s + _SKEW_S:
            raise errors.wrong_assertion("Client assertion is not within its valid time range.")

    def add_secret(self, *, name: str, days: float, now: datetime, starts_in_days: float = 0) -> Secret:
        """`days` may be negative: the secret has expired already."""
        key_id = self._new_id("secret")
        start_at = now + timedelta(days=starts_in_days)
        value = base64.urlsafe_b64encode(hashlib.sha256(key_id.encode()).digest()).decode()[:40]
        end_at = start_at + timedelta(days=days)
        secret = Secret(key_id=key_id, name=name, value=value, start_at=min(start_at, end_at), end_at=end_at)
        self.secrets.append(secret)
        return secret

    def expire_secret(self, key_id: str, now: datetime) -> bool:
        """Whether there was such a secret."""
        found = [one for one in self.secrets if one.key_id == key_id]
        self.secrets = [msgspec.structs.replace(one, end_at=now) if one in found else one for one in self.secrets]
        return bool(found)

    def remove(self, key_id: str) -> bool:
        """Whether there was such a secret or certificate."""
        before = len(self.secrets) + len(self.certificates)
        self.secrets = [one for one in self.secrets if one.key_id != key_id]
        self.certificates = [one for one in self.certificates if one.key_id != key_id]
        return len(self.secrets) + len(self.certificates) < before

    def add_certificate(self, *, name: str, pem: str) -> Certificate:
        """Its dates are the certificate's own. Raises ValueError for what is no certificate."""
        parsed = x509.load_pem_x509_certificate(pem.encode())
        certificate = Certificate(
            key_id=self._new_id("certificate"),
            name=name,
            pem=pem,
            start_at=parsed.not_valid_before_utc,
            end_at=parsed.not_valid_after_utc,
        )
        self.certificates.append(certificate)
        return certificate

    def _verified(self, assertion: str, header: dict[str, Any], now: datetime) -> dict[str, Any]:
        certificate = next((one for one in self.certificates if _names(header, one)), None)
        if certificate is None:
            raise errors.wrong_assertion("The key was not found among the certificates of the application.")
        if not certificate.start_at <= now < certificate.end_at:
            raise errors.wrong_assertion("The key used is expired.")
        key = x509.load_pem_x509_certificate(certificate.pem.encode()).public_key()
        # Lifetimes are checked by the caller, on the tenant's clock.
        unchecked = {"verify_exp": False, "verify_nbf": False, "verify_iat": False, "verify_aud": False}
        claims: dict[str, Any] = jwt.decode(
            assertion, key, algorithms=_ASSERTION_ALGORITHMS, options=unchecked  # type: ignore[arg-type]  # typed for fewer kinds of keys
        )  # fmt: skip
        return claims

    def _new_id(self, kind: str) -> str:
        self.added += 1
        return str(uuid5(NAMESPACE_URL, f"{kind} {self.id} {self.added}"))


def seeded(now: datetime) -> Application:
    """The application that the tenant starts with; its secret is valid for two years."""
    id_ = str(uuid5(NAMESPACE_URL, f"application:{CLIENT_ID}"))
    secret = Secret(
        key_id=str(uuid5(NAMESPACE_URL, f"secret:{CLIENT_ID}")),
        name="seeded",
        value=CLIENT_SECRET,
        start_at=now - timedelta(days=1),
        end_at=now + timedelta(days=_SECRET_DAYS),
    )
    return Application(id=id_, secrets=[secret], created_at=now - timedelta(days=1))


def _names(header: dict[str, Any], certificate: Certificate) -> bool:
    """Whether a token's header names this certificate, by SHA-1 or SHA-256 thumbprint."""
    der = ssl.PEM_cert_to_DER_cert(certificate.pem)
    by_sha1 = _unpadded(hashlib.sha1(der, usedforsecurity=False).digest())
    by_sha256 = _unpadded(hashlib.sha256(der).digest())
    said = {name: str(header.get(name, "")).rstrip("=") for name in ("x5t", "x5t#S256")}  # some clients pad it
    return said["x5t#S256"] == by_sha256 or said["x5t"] == by_sha1


def _unpadded(digest: bytes) -> str:
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
