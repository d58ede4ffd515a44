"""Asks a cloud's login endpoint for an app token through MSAL: blocking, so only ever called in a thread.

Flow: https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow
"""

import json
import re
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

import msal
import requests

from bot.graph.clouds import Cloud, is_plain_loopback
from bot.ports.calendar import Busy, Denied

_TIMEOUT_S = (5.0, 15.0)  # to connect, to read
_TENANT = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,254}")
_AADSTS = re.compile(r"AADSTS\d{3,9}")
_DEFAULT_PAUSE_S = 5.0

# Codes: https://learn.microsoft.com/entra/identity-platform/reference-error-codes
_ADVICE = {
    "AADSTS700016": "No such app in this tenant: check the client id and that an administrator consented there.",
    "AADSTS7000215": "The client secret is wrong: paste the secret's value, not its id.",
    "AADSTS7000222": "The client secret has expired: make a new one in the app registration.",
    "AADSTS7000218": "The app needs a secret or a certificate: set one.",
    "AADSTS700027": "The certificate is not the app's: upload its public part to the app registration.",
    "AADSTS7000112": "The app is disabled in this tenant: enable its enterprise application.",
    "AADSTS90002": "No such tenant: check the tenant id and the cloud.",
    "AADSTS900023": "No such tenant: check the tenant id and the cloud.",
    "AADSTS70011": "The scope is not this cloud's: check the cloud.",
    "AADSTS65001": "Consent is missing: an administrator must grant it.",
}
_ADVICE_ELSE = "Look the code up at https://login.microsoftonline.com/error and check the app registration."


@dataclass(frozen=True)
class Secret:
    """The app's client secret: the value, not its id."""

    value: str = field(repr=False)


@dataclass(frozen=True)
class Certificate:
    """PEM texts of the private key and of the certificate that the app registration knows."""

    private_key: str = field(repr=False)
    public_certificate: str = field(repr=False)
    passphrase: str = field(default="", repr=False)


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
        if not _TENANT.fullmatch(self.tenant):
            raise ValueError("a tenant is an id or a domain name")

    def grant(self) -> Grant:
        """A new token, never one of a cache. Blocks. Raises Denied with the AADSTS code, or Busy."""
        with _Transport(self.cloud) as transport:
            try:
                answer = self._ask(transport)
            except requests.exceptions.RequestException as error:
                raise Busy(type(error).__name__, retry_after_s=_DEFAULT_PAUSE_S) from error
            except (json.JSONDecodeError, KeyError) as error:  # a proxy's page instead of an answer
                raise Busy("UnreadableAnswer", retry_after_s=_DEFAULT_PAUSE_S) from error
            except (ValueError, TypeError) as error:  # MSAL's and cryptography's word for an unusable key
                raise Denied("UnusableCredential") from error
        if "access_token" not in answer:
            raise Denied(_code_in(str(answer.get("error_description"))) or str(answer.get("error")), 400)
        return Grant(str(answer["access_token"]), float(answer.get("expires_in", 0)))

    def _ask(self, transport: "_Transport") -> dict[str, Any]:
        app = msal.ConfidentialClientApplication(
            self.client_id,
            authority=f"{_https(self.cloud.login)}/{self.tenant}",
            client_credential=_for_msal(self.credential),
            http_client=transport,
            instance_discovery=False,  # the hosts are ours to name: nobody else is asked about them
        )
        answer: dict[str, Any] = app.acquire_token_for_client(scopes=[self.cloud.scope]) or {}
        return answer


def advice(code: str) -> str:
    """What to do about a refused login."""
    return _ADVICE.get(code, _ADVICE_ELSE)


@dataclass(frozen=True)
class _Answer:
    """What MSAL looks at in a response."""

    status_code: int
    text: str
    headers: dict[str, str]


class _Transport:
    """MSAL's http_client: has timeouts, follows no redirect, talks to the cloud's login hosts alone.

    MSAL insists on https authorities. For a login endpoint on loopback it is told https and this maps back to http.
    """

    def __init__(self, cloud: Cloud) -> None:
        self._roots = {_https(root): root for root in cloud.logins}
        self._session = requests.Session()
        self._session.trust_env = not is_plain_loopback(cloud.login)

    def __enter__(self) -> "_Transport":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._session.close()

    def get(self, url: str, params: Any = None, headers: dict[str, str] | None = None, **_: Any) -> "_Answer":
        answer = self._told("GET", url, params=params, headers=headers)
        if answer.status_code != 200:  # MSAL would hide the code behind a ValueError
            raise Denied(_code_in(answer.text) or "NoSuchTenant", answer.status_code)
        return answer

    def post(
        self, url: str, params: Any = None, data: Any = None, headers: dict[str, str] | None = None, **_: Any
    ) -> "_Answer":
        return self._told("POST", url, params=params, data=data, headers=headers)

    def close(self) -> None:
        self._session.close()

    def _told(self, method: str, url: str, **parts: Any) -> "_Answer":
        answer = self._session.request(method, self._real(url), timeout=_TIMEOUT_S, allow_redirects=False, **parts)
        if answer.status_code == 429 or answer.status_code >= 500:
            raise Busy("LoginBusy", answer.status_code, retry_after_s=_pause_s(answer.headers.get("Retry-After", "")))
        text = answer.text
        for root, real in self._roots.items():
            text = text.replace(real, root) if real != root else text
        return _Answer(answer.status_code, text, dict(answer.headers))

    def _real(self, url: str) -> str:
        parts = urlsplit(url)
        root = f"{parts.scheme}://{parts.netloc}".lower()
        if root not in self._roots:
            raise Denied("ForeignLogin")  # the secret goes nowhere but to the cloud's own hosts
        return self._roots[root] + url[len(root) :]


def _https(root: str) -> str:
    return "https://" + root.split("://", 1)[1].lower()


def _for_msal(credential: Credential) -> str | dict[str, str]:
    if isinstance(credential, Secret):
        return credential.value
    told = {"private_key": credential.private_key, "public_certificate": credential.public_certificate}
    return told | ({"passphrase": credential.passphrase} if credential.passphrase else {})


def _code_in(text: str) -> str:
    found = _AADSTS.search(text)
    return found[0] if found else ""


def _pause_s(text: str) -> float:
    return min(float(text), 3600.0) if text.isdecimal() else _DEFAULT_PAUSE_S
