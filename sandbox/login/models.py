"""Issues and checks tokens, and words the login endpoint's errors.

https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow and reference-error-codes.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sandbox.clock import Clock
from sandbox.errors import no_token

TENANT_ID = "3f6b1c52-0d3e-4d8a-9a55-5f1c0a7e0001"
TENANT_NAME = "contoso.onmicrosoft.com"
TENANT_DOMAIN = "contoso.com"
CLIENT_ID = "foyer"
CLIENT_SECRET = "foyer"  # noqa: S105  the sandbox's own, printed at start: it opens nothing else
LIFETIME_S = 3599
ROLES = (
    "Calendars.Read", "Calendars.ReadWrite", "MailboxSettings.Read", "Place.Read.All", "User.Read.All",
    "Organization.Read.All",
)  # fmt: skip
_GRAPH_ROOTS = (
    "https://graph.microsoft.com",
    "https://graph.microsoft.us",
    "https://dod-graph.microsoft.us",
    "https://microsoftgraph.chinacloudapi.cn",
)


class LoginError(Exception):
    """An OAuth error with its AADSTS number."""

    def __init__(self, status: int, error: str, number: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.error = error
        self.number = number
        self.message = message


@dataclass(frozen=True)
class Token:
    text: str
    expires_in_s: int


@dataclass(frozen=True, kw_only=True)
class Caller:
    """Whom a token stands for."""

    app_id: str


class Login:
    """Tokens are signed, not remembered, and expire on the tenant's clock."""

    def __init__(self, clock: Clock, seed: int) -> None:
        self._clock = clock
        self._key = hashlib.sha256(f"sandbox tenant {seed}".encode()).digest()
        self._issued = 0

    def knows_tenant(self, name: str) -> bool:
        return name.casefold() in {TENANT_ID, TENANT_NAME, TENANT_DOMAIN}

    def grant(self, tenant: str, form: Mapping[str, str], own_root: str) -> Token:
        """A token for client credentials. `own_root` is the URL under which this tenant was reached.

        Raises LoginError."""
        if not self.knows_tenant(tenant):
            raise LoginError(400, "invalid_request", 90002, f"Tenant '{tenant}' not found.")
        if form.get("grant_type") != "client_credentials":
            asked = form.get("grant_type", "")
            raise LoginError(400, "unsupported_grant_type", 70003, f"The grant type '{asked}' isn't supported.")
        _check_client(form)
        return self._issue(_audience(form.get("scope", ""), own_root))

    def check(self, authorization: str) -> Caller:
        """Who calls. Raises GraphError unless it is a bearer token of ours that has not expired."""
        kind, _, text = authorization.partition(" ")
        if kind.casefold() != "bearer" or not text:
            raise no_token("Access token is empty.")
        parts = text.split(".")
        if len(parts) != 3 or not hmac.compare_digest(parts[2], self._signature(f"{parts[0]}.{parts[1]}")):
            raise no_token("Access token validation failure. Invalid signature.")
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
        if claims["exp"] <= self._clock.now().timestamp():
            raise no_token("Lifetime validation failed, the token is expired.")
        return Caller(app_id=claims["appid"])

    def _issue(self, audience: str) -> Token:
        now = int(self._clock.now().timestamp())
        self._issued += 1
        claims = {
            "aud": audience,
            "iss": f"https://sts.windows.net/{TENANT_ID}/",
            "iat": now,
            "nbf": now,
            "exp": now + LIFETIME_S,
            "appid": CLIENT_ID,
            "idtyp": "app",
            "roles": list(ROLES),
            "tid": TENANT_ID,
            "uti": str(self._issued),
            "ver": "1.0",
        }
        signed = f"{_encoded({'typ': 'JWT', 'alg': 'HS256'})}.{_encoded(claims)}"
        return Token(f"{signed}.{self._signature(signed)}", LIFETIME_S)

    def _signature(self, text: str) -> str:
        digest = hmac.new(self._key, text.encode(), hashlib.sha256).digest()
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def trace_id(moment: datetime, number: int) -> str:
    """A stand-in for the ids that the endpoint puts into its errors."""
    return str(UUID(hashlib.md5(f"{moment.isoformat()}{number}".encode(), usedforsecurity=False).hexdigest()))


def _check_client(form: Mapping[str, str]) -> None:
    client = form.get("client_id", "")
    if client != CLIENT_ID:
        message = f"Application with identifier '{client}' was not found in the directory 'Contoso'."
        raise LoginError(400, "unauthorized_client", 700016, message)
    if "client_assertion" in form:
        message = "Client assertion contains an invalid signature. The sandbox tenant knows no certificates."
        raise LoginError(401, "invalid_client", 700027, message)
    if "client_secret" not in form:
        message = "The request body must contain the following parameter: 'client_assertion' or 'client_secret'."
        raise LoginError(401, "invalid_client", 7000218, message)
    if not hmac.compare_digest(form["client_secret"].encode(), CLIENT_SECRET.encode()):
        message = (
            "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, "
            f"not the client secret ID, for a secret added to app '{CLIENT_ID}'."
        )
        raise LoginError(401, "invalid_client", 7000215, message)


def _audience(scope: str, own_root: str) -> str:
    scopes = scope.split()
    if len(scopes) > 1:
        message = f"The scope '{scope}' contains more than one resource."
        raise LoginError(400, "invalid_scope", 700022, message)
    roots = {f"{root}/.default": root for root in (*_GRAPH_ROOTS, own_root)}
    if not scopes or scopes[0] not in roots:
        message = (
            f"The provided request must include a 'scope' input parameter. The provided value '{scope}' is not valid."
        )
        raise LoginError(400, "invalid_scope", 70011, message)
    return roots[scopes[0]]


def _encoded(claims: Mapping[str, object]) -> str:
    return base64.urlsafe_b64encode(json.dumps(claims, separators=(",", ":")).encode()).decode().rstrip("=")
