"""Asks a cloud's login endpoint for an app token through MSAL: blocking, so only ever called in a thread.

Flow: https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow
"""

import math
import re
from dataclasses import dataclass, field
from typing import Any

import msal

from bot.graph.clouds import Cloud
from bot.graph.transport import Transport, as_https, transport_to
from bot.graph.verdicts import SignInRefused, advice, code_in

__all__ = ["AppLogin", "Certificate", "Credential", "Grant", "Secret", "advice"]

_SENDABLE = re.compile(r"[!-~]{1,65536}")
_TENANT = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,254}")


@dataclass(frozen=True)
class Secret:
    """The app's client secret: the value, not its id."""

    value: str = field(repr=False)


@dataclass(frozen=True)
class Certificate:
    """PEM text of the private key, and of the certificate that the app registration knows, or its thumbprint as the
    portal shows it (SHA-1, in hexadecimal). Raises ValueError where neither or both are given."""

    private_key: str = field(repr=False)
    public_certificate: str = field(default="", repr=False)
    passphrase: str = field(default="", repr=False)
    thumbprint: str = ""

    def __post_init__(self) -> None:
        if bool(self.public_certificate) == bool(self.thumbprint):
            raise ValueError("a certificate is known by its public part or by its thumbprint")


Credential = Secret | Certificate


@dataclass(frozen=True)
class Grant:
    """A token and for how many seconds from now it is good."""

    token: str = field(repr=False)
    expires_in_s: float


@dataclass(frozen=True, kw_only=True)
class AppLogin:
    """An app in a tenant of a cloud. Raises ValueError for a tenant that is neither an id nor a domain."""

    cloud: Cloud
    tenant: str
    client_id: str
    credential: Credential

    def __post_init__(self) -> None:
        check_tenant(self.tenant)

    def grant(self, claims: str = "") -> Grant:
        """A new token, never one of a cache. Blocks. Raises SignInRefused with the AADSTS code, or Busy."""
        with transport_to(self.cloud) as transport:
            return granted(self._ask(transport, claims))

    def _ask(self, transport: Transport, claims: str) -> dict[str, Any]:
        app = msal.ConfidentialClientApplication(
            self.client_id,
            authority=f"{as_https(self.cloud.login)}/{self.tenant}",
            client_credential=_for_msal(self.credential),
            http_client=transport,
            instance_discovery=False,  # the hosts are ours to name: nobody else is asked about them
            client_capabilities=CAPABILITIES,
        )
        answer: dict[str, Any] = (
            app.acquire_token_for_client(scopes=[self.cloud.scope], claims_challenge=claims or None) or {}
        )
        return answer


# Says that we answer claims challenges (https://learn.microsoft.com/entra/identity-platform/claims-challenge). Tokens
# then live up to a day, and are ended early instead.
CAPABILITIES = ["CP1"]


def check_tenant(tenant: str) -> None:
    """Raises ValueError for what is neither an id nor a domain."""
    if not _TENANT.fullmatch(tenant):
        raise ValueError("a tenant is an id or a domain name")


def granted(answer: dict[str, Any]) -> Grant:
    """The token of MSAL's answer. Raises SignInRefused, and KeyError, ValueError, TypeError or OverflowError for an
    answer that says neither yes nor no."""
    if "access_token" not in answer:
        word, code = answer["error"], code_in(str(answer.get("error_description")))
        if not isinstance(word, str):
            raise TypeError("an error is a word")
        raise SignInRefused(code, 400, word=word)
    token = answer["access_token"]
    if not isinstance(token, str) or not _SENDABLE.fullmatch(token):
        raise ValueError("a token goes into a header")
    return Grant(token, seconds_of(answer.get("expires_in", 0)))


def seconds_of(told: Any) -> float:
    """A time span of an answer, which may come as text. Raises ValueError, TypeError or OverflowError for none."""
    seconds = float(told)
    if not math.isfinite(seconds):
        raise ValueError("no time span")
    return seconds


def _for_msal(credential: Credential) -> str | dict[str, str]:
    if isinstance(credential, Secret):
        return credential.value
    told = {
        "private_key": credential.private_key,
        "public_certificate": credential.public_certificate,
        "thumbprint": credential.thumbprint.replace(":", ""),
        "passphrase": credential.passphrase,
    }
    return {name: value for name, value in told.items() if value}
