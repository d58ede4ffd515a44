"""What MSAL speaks through: has timeouts, follows no redirect, talks to the cloud's login hosts alone."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

import requests

from bot.graph.clouds import Cloud, is_plain_loopback
from bot.graph.verdicts import SignInRefused, code_in
from bot.ports.calendar import Busy

_TIMEOUT_S = (5.0, 15.0)  # to connect, to read
_DEFAULT_PAUSE_S = 5.0


@dataclass(frozen=True)
class Answer:
    """What MSAL looks at in a response."""

    status_code: int
    text: str
    headers: dict[str, str]


class Transport:
    """MSAL's http_client.

    MSAL insists on https authorities. For a login endpoint on loopback it is told https and this maps back to http.
    """

    def __init__(self, cloud: Cloud) -> None:
        self._roots = {as_https(root): root for root in cloud.logins}
        self._session = requests.Session()
        self._session.trust_env = not is_plain_loopback(cloud.login)

    def __enter__(self) -> "Transport":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._session.close()

    def get(self, url: str, params: Any = None, headers: dict[str, str] | None = None, **_: Any) -> Answer:
        answer = self._told("GET", url, params=params, headers=headers)
        if answer.status_code != 200:  # MSAL would hide the code behind a ValueError
            raise SignInRefused(code_in(answer.text) or "NoSuchTenant", answer.status_code)
        return answer

    def post(
        self, url: str, params: Any = None, data: Any = None, headers: dict[str, str] | None = None, **_: Any
    ) -> Answer:
        return self._told("POST", url, params=params, data=data, headers=headers)

    def close(self) -> None:
        self._session.close()

    def _told(self, method: str, url: str, **parts: Any) -> Answer:
        answer = self._session.request(method, self._real(url), timeout=_TIMEOUT_S, allow_redirects=False, **parts)
        if answer.status_code == 429 or answer.status_code >= 500:
            raise Busy("LoginBusy", answer.status_code, retry_after_s=_pause_s(answer.headers.get("Retry-After", "")))
        text = answer.text
        for root, real in self._roots.items():
            text = text.replace(real, root) if real != root else text
        return Answer(answer.status_code, text, dict(answer.headers))

    def _real(self, url: str) -> str:
        parts = urlsplit(url)
        root = f"{parts.scheme}://{parts.netloc}".lower()
        if root not in self._roots:
            raise SignInRefused("ForeignLogin")  # the secret goes nowhere but to the cloud's own hosts
        return self._roots[root] + url[len(root) :]


@contextmanager
def transport_to(cloud: Cloud) -> Iterator[Transport]:
    """Whatever fails within comes out as Busy or SignInRefused."""
    with Transport(cloud) as transport:
        try:
            yield transport
        except requests.exceptions.RequestException as error:
            raise Busy(type(error).__name__, retry_after_s=_DEFAULT_PAUSE_S) from error
        except (json.JSONDecodeError, KeyError, RuntimeError) as error:  # a proxy's page; an id token of another day
            raise Busy("UnreadableAnswer", retry_after_s=_DEFAULT_PAUSE_S) from error
        except (ValueError, TypeError) as error:  # MSAL's and cryptography's word for an unusable key
            raise SignInRefused("UnusableCredential") from error


def as_https(root: str) -> str:
    """The root as MSAL is told it."""
    return "https://" + root.split("://", 1)[1].lower()


def _pause_s(text: str) -> float:
    return min(float(text), 3600.0) if text.isdecimal() else _DEFAULT_PAUSE_S
