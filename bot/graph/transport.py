"""What MSAL speaks through: has timeouts, follows no redirect, talks to the cloud's login hosts alone, and hands on no
answer that MSAL would stumble over."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

import requests

from bot.graph.clouds import Cloud, is_plain_loopback
from bot.graph.deadline import Bounded, Deadline
from bot.graph.verdicts import SignInRefused, code_in
from bot.ports.calendar import Busy, RemoteError

_TIMEOUT_S = (5.0, 15.0)  # to connect, to read on
LONGEST_S = 20.0  # for all of a login: an endpoint that drips holds nobody longer
_MOST_BYTES = 2**20
_DEFAULT_PAUSE_S = 5.0
_ENDPOINTS = ("authorization_endpoint", "token_endpoint")


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

    def __init__(self, cloud: Cloud, longest_s: float) -> None:
        self.has_answered = False  # to what was posted: from then on what fails is the answer's fault
        self.deadline = Deadline(longest_s)
        self._roots = {as_https(root): root for root in cloud.logins}
        self._session = requests.Session()
        self._session.trust_env = not is_plain_loopback(cloud.login)
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, Bounded(self.deadline))

    def __enter__(self) -> "Transport":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def get(self, url: str, params: Any = None, headers: dict[str, str] | None = None, **_: Any) -> Answer:
        answer = self._told("GET", url, params=params, headers=headers)
        if answer.status_code != 200:  # MSAL would hide the code behind a ValueError
            raise SignInRefused(code_in(answer.text) or "NoSuchTenant", answer.status_code)
        told = _object(answer)
        if not all(isinstance(told.get(name), str) for name in _ENDPOINTS):
            raise _unreadable(answer.status_code)
        return answer

    def post(
        self, url: str, params: Any = None, data: Any = None, headers: dict[str, str] | None = None, **_: Any
    ) -> Answer:
        answer = self._told("POST", url, params=params, data=data, headers=headers)
        self.has_answered = True
        _object(answer)
        return answer

    def close(self) -> None:
        self.deadline.close()
        self._session.close()

    def _told(self, method: str, url: str, **parts: Any) -> Answer:
        asking = self._session.request(
            method, self._real(url), timeout=_TIMEOUT_S, allow_redirects=False, stream=True, **parts
        )
        with asking as answer:
            status, pause = answer.status_code, answer.headers.get("Retry-After", "")
            if status == 429 or status >= 500:
                raise Busy("LoginBusy", status, retry_after_s=_pause_s(pause))
            text = _text(answer)
        if self.deadline.is_over:  # headers that are cut read as if they had ended
            raise Busy("LoginTimeout", retry_after_s=_DEFAULT_PAUSE_S)
        for root, real in self._roots.items():
            text = text.replace(real, root) if real != root else text
        return Answer(status, text, dict(answer.headers))

    def _real(self, url: str) -> str:
        parts = urlsplit(url)
        root = f"{parts.scheme}://{parts.netloc}".lower()
        if root not in self._roots:
            raise SignInRefused("ForeignLogin")  # the secret goes nowhere but to the cloud's own hosts
        return self._roots[root] + url[len(root) :]


@contextmanager
def transport_to(cloud: Cloud, *, longest_s: float = LONGEST_S) -> Iterator[Transport]:
    """Whatever fails within comes out as Busy or SignInRefused, `longest_s` after the beginning at the latest."""
    with Transport(cloud, longest_s) as transport:
        try:
            yield transport
        except RemoteError:
            raise
        except requests.exceptions.RequestException as error:
            code = "LoginTimeout" if transport.deadline.is_over else type(error).__name__
            raise Busy(code, retry_after_s=_DEFAULT_PAUSE_S) from error
        except Exception as error:
            if transport.has_answered:  # MSAL raises what it happens to stumble over; an id token of another day
                raise _unreadable(200) from error
            if isinstance(error, ValueError | TypeError):  # MSAL's and cryptography's word for an unusable key
                raise SignInRefused("UnusableCredential") from error
            raise


def as_https(root: str) -> str:
    """The root as MSAL is told it."""
    return "https://" + root.split("://", 1)[1].lower()


def _text(answer: requests.Response) -> str:
    read = bytearray()
    for chunk in answer.iter_content(65_536):
        read += chunk
        if len(read) > _MOST_BYTES:
            raise _unreadable(answer.status_code)
    return read.decode(errors="replace")  # JSON is UTF-8 whatever the headers say


def _object(answer: Answer) -> dict[str, Any]:
    try:
        told = json.loads(answer.text)
    except (ValueError, RecursionError) as error:
        raise _unreadable(answer.status_code) from error
    if not isinstance(told, dict):
        raise _unreadable(answer.status_code)
    return told


def _unreadable(status: int) -> Busy:
    return Busy("UnreadableAnswer", status, retry_after_s=_DEFAULT_PAUSE_S)


def _pause_s(text: str) -> float:
    return min(float(text), 3600.0) if text.isdecimal() else _DEFAULT_PAUSE_S
