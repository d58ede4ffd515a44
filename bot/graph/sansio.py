"""Graph's HTTP without a socket: what to send for a request, and what an answer means for the caller.

Errors: https://learn.microsoft.com/graph/errors; every status becomes a member of the calendar port's RemoteError tree.
"""

import base64
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import Enum
from functools import lru_cache
from typing import Generic, TypeVar
from urllib.parse import quote, urlsplit

import msgspec

from bot.graph.clouds import Cloud
from bot.ports.calendar import (
    Busy,
    Denied,
    Missing,
    Moved,
    Rejected,
    RemoteError,
    ResyncNeeded,
    TooMany,
    Unclear,
    Unheard,
)

T = TypeVar("T")

API = "/v1.0"
LONGEST_PAUSE_S = 3600.0

# On every request, or ids of one call mean nothing to the next
# (https://learn.microsoft.com/graph/outlook-immutable-id).
_PREFER = ('IdType="ImmutableId"', 'outlook.timezone="UTC"')
_PREFERRED = ", ".join(_PREFER)
_LINK = re.compile(
    r"(?P<scheme>https?)://(?P<host>[^/?#\\@\s:]+|\[[0-9a-f:]+\])(?::(?P<port>\d{1,5}))?(?P<rest>/[^\s\ud800-\udfff]*)",
    re.IGNORECASE,
)
_CLAIMS = re.compile(r'\bclaims="([A-Za-z0-9+/=_-]{1,8000})"')
_PORTS = {"https": 443, "http": 80}
# Documented as 410 and as "40X", in varying case, sometimes only inside innerError
# (https://learn.microsoft.com/graph/delta-query-overview#synchronization-reset).
_DEAD_LINK = frozenset({"syncstatenotfound", "resyncrequired", "syncstateinvalid"})
_GONE = frozenset({"erroritemnotfound", "request_resourcenotfound", "errorinvaliduser", "mailboxnotenabledforrestapi"})
_DUPLICATE = "errorduplicatetransactionid"
# Too many calls at once, not too many in all: going slower later does not help, going narrower does.
_CROWDED = frozenset({"applicationthrottled", "mailboxconcurrency"})
# Only their words tell these from other refusals
# (https://learn.microsoft.com/graph/change-notifications-delivery-webhooks, and outlook-change-notifications-overview).
_SUBSCRIPTION_REFUSALS: dict[str, type[Rejected]] = {
    "subscription validation request": Unheard,
    "maximum number of subscriptions": TooMany,
}
_THROTTLED = frozenset({423, 429, 503, 509})
_UNSURE = frozenset({408, 500, 502, 504})
# What reading an answer raises when it is the answer's fault: no shape that is known, numbers beyond all calendars,
# nesting deeper than the stack.
UNREADABLE = (msgspec.MsgspecError, ValueError, OverflowError, RecursionError)


class Effect(Enum):
    """What a lost answer leaves behind, and so whether to send again."""

    READ = "read"
    REPEATABLE = "repeatable"  # a second time changes nothing more
    ONCE = "once"


@dataclass(frozen=True, kw_only=True)
class Request(Generic[T]):
    """`name` is for logs. `path` is encoded already (`path_of`) and lies under the API's root, unless `link` is a link
    that the service itself gave. `mailbox` is whose limits the call counts against, '' for none. `read` turns
    the answer's body into the value; what is in UNREADABLE of its errors means an answer that nobody can read.
    `statuses` are those that mean success, where the body alone does not prove it; () for every 2xx."""

    name: str
    method: str
    read: Callable[[bytes], T]
    path: str = ""
    link: str = ""
    query: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    mailbox: str = ""
    effect: Effect = Effect.READ
    prefer: tuple[str, ...] = ()
    is_feed: bool = False
    headers: tuple[tuple[str, str], ...] = ()
    statuses: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Response:
    """An answer as the wire gave it. Headers are looked up by lower-case names."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Duplicate(Rejected):
    """The transaction id has made another event already: `event_id` where the service tells which."""

    def __init__(self, code: str, status: int, event_id: str) -> None:
        super().__init__(code, status)
        self.event_id = event_id


class Crowded(Busy):
    """Throttled because too many calls were in flight at once."""


class _Trouble(msgspec.Struct, rename="camel"):
    code: str = ""
    message: object = None
    inner_error: "_Trouble | None" = None
    innererror: "_Trouble | None" = msgspec.field(name="innererror", default=None)
    existing_event_id: str = msgspec.field(name="@event.existingEventId", default="")


class _ErrorBody(msgspec.Struct):
    error: _Trouble


@dataclass(frozen=True, kw_only=True)
class _Told:
    """The outer code, all of them in lower case, the event that a duplicate transaction id names, and what people are
    told, in lower case: never logged, for it may hold names."""

    code: str = ""
    codes: frozenset[str] = frozenset()
    event_id: str = ""
    words: str = ""


class _Nothing(msgspec.Struct):
    error: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


_ERROR = msgspec.json.Decoder(_ErrorBody)
_NOTHING = msgspec.json.Decoder(_Nothing)


def path_of(*parts: str) -> str:
    """The path of these segments, each encoded. Raises Rejected for a segment that would change the path's meaning, or
    that is no text (half a surrogate pair)."""
    if any(part.strip() in {"", ".", ".."} for part in parts):
        raise Rejected("EmptySegment")
    try:
        return "/" + "/".join([quote(part, safe="@") for part in parts])
    except UnicodeEncodeError as error:
        raise Rejected("UnencodableText") from error


def json_of(value: object) -> bytes:
    """A request's body. Raises Rejected for a text that is none (half a surrogate pair)."""
    try:
        return msgspec.json.encode(value)
    except UnicodeEncodeError as error:
        raise Rejected("UnencodableText") from error


def read_nothing(body: bytes) -> None:
    """For calls whose answer is their status. Raises for a body that speaks of an error, or that is not Graph's."""
    if body.strip() and _NOTHING.decode(body).error is not msgspec.UNSET:
        raise ValueError("an error in a success")


def url_of(cloud: Cloud, request: Request[T]) -> str:
    """Absolute and encoded. Raises Rejected for a link that leaves the cloud, and for a value that is no text."""
    if request.link:
        return follow(cloud, request.link)
    if not request.query:
        return f"{cloud.graph}{API}{request.path}"
    return f"{cloud.graph}{API}{request.path}?" + "&".join(
        [f"{name}={_quoted(value)}" for name, value in request.query]
    )


@lru_cache(maxsize=512)
def _quoted(value: str) -> str:
    try:
        return quote(value, safe="$:,'()/")
    except UnicodeEncodeError as error:
        raise Rejected("UnencodableText") from error


def follow(cloud: Cloud, link: str) -> str:
    """The link, if it leads to the cloud's own host, scheme and port: the token goes with it. Raises Rejected else."""
    found = _LINK.fullmatch(link)
    home = urlsplit(cloud.graph)
    if found is None or found["scheme"].lower() != home.scheme or found["host"].strip("[]").lower() != home.hostname:
        raise Rejected("ForeignLink")
    if int(found["port"] or _PORTS[home.scheme]) != (home.port or _PORTS[home.scheme]):
        raise Rejected("ForeignLink")
    return cloud.graph + found["rest"]


def headers_of(request: Request[T], *, token: str, request_id: str) -> dict[str, str]:
    """Every header of the request. `request_id` comes back in the service's own logs."""
    return {
        "Authorization": f"Bearer {token}",
        "Accept": "application/json",
        "client-request-id": request_id,
        **own_headers(request),
    }


def own_headers(request: Request[T]) -> dict[str, str]:
    """The headers that belong to this request alone, in a batch too."""
    headers = {"Prefer": ", ".join((*_PREFER, *request.prefer)) if request.prefer else _PREFERRED}
    headers |= request.headers
    if request.body:
        headers["Content-Type"] = "application/json"
    return headers


def decipher(request: Request[T], response: Response, *, now: datetime) -> T:
    """The answer's value, or raises by what the caller should do. A Busy without a told pause has `retry_after_s` 0."""
    if not 200 <= response.status < 300:
        raise error_of(request, response, now=now)
    if request.statuses and response.status not in request.statuses:
        raise lost(request, "UnexpectedStatus", response.status)
    try:
        return request.read(response.body)
    except UNREADABLE as error:
        raise lost(request, "UnreadableAnswer", response.status) from error


def lost(request: Request[T], code: str, status: int = 0) -> RemoteError:
    """What a request without a usable answer is: a read can be had again, a write may have happened."""
    return Busy(code, status, retry_after_s=0.0) if request.effect is Effect.READ else Unclear(code, status)


def error_of(request: Request[T], response: Response, *, now: datetime) -> RemoteError:
    """What an answer that is not 2xx asks of the caller."""
    status, told = response.status, _told(response.body)
    code, codes = told.code, told.codes
    if 400 <= status < 500 and (codes & _DEAD_LINK or (status == 410 and request.is_feed)):
        return ResyncNeeded(code, status)
    if _DUPLICATE in codes:
        return Duplicate(code, status, told.event_id)
    pause = pause_s(response.headers, now=now)
    if status in _THROTTLED:
        # A 503 without Retry-After may come from a gateway behind which the write went through.
        if status == 503 and pause is None and request.effect is not Effect.READ and not codes & _CROWDED:
            return Unclear(code, status)
        kind = Crowded if codes & _CROWDED else Busy
        return kind(code, status, retry_after_s=pause or 0.0)
    if status in _UNSURE:
        return lost(request, code, status)
    return _refusal(told, status)


def pause_s(headers: Mapping[str, str], *, now: datetime) -> float | None:
    """Retry-After in seconds, fractions included (Graph sends "2.128"), or as a date; None where absent or unreadable.
    Never more than an hour: nobody may switch a room off for a year."""
    text = headers.get("retry-after", "").strip()
    if not text:
        return None
    seconds = _number(text)
    if seconds is None:
        seconds = _seconds_until(text, now)
    return None if seconds is None else min(max(seconds, 0.0), LONGEST_PAUSE_S)


def claims_in(headers: Mapping[str, str]) -> str:
    """The claims that a 401 asks a new token to carry, as JSON; '' where it asks for none.

    https://learn.microsoft.com/entra/identity-platform/claims-challenge
    """
    told = headers.get("www-authenticate", "")
    found = _CLAIMS.search(told) if "insufficient_claims" in told else None
    if found is None:
        return ""
    try:
        text = found[1].rstrip("=").replace("+", "-").replace("/", "_")
        claims = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        return claims.decode() if isinstance(msgspec.json.decode(claims), dict) else ""
    except UNREADABLE:
        return ""


def _refusal(told: _Told, status: int) -> RemoteError:
    code, codes = told.code, told.codes
    for words, kind in _SUBSCRIPTION_REFUSALS.items():
        if words in told.words:
            return kind(code, status)
    if status in {401, 403}:
        return Denied(code, status)
    if status in {404, 410} or codes & _GONE:
        return Missing(code, status)
    if status in {409, 412} or "errorirresolvableconflict" in codes:
        return Moved(code, status)
    return Rejected(code or ("Redirect" if 300 <= status < 400 else ""), status)


def _told(body: bytes) -> _Told:
    try:
        error = _ERROR.decode(body).error
    except UNREADABLE:
        return _Told()  # a proxy's page, or nothing
    codes: list[str] = []
    level: _Trouble | None = error
    while level is not None:
        codes.append(level.code.lower())
        level = level.inner_error or level.innererror
    words = error.message.lower() if isinstance(error.message, str) else ""
    return _Told(code=error.code, codes=frozenset(codes), event_id=error.existing_event_id, words=words)


def skew_s(date: str, now: datetime) -> float | None:
    """How far a clock that says `date` (an HTTP date) is ahead of one that says `now`; None for no date."""
    ahead_s = _seconds_until(date, now) if date else None
    return None if ahead_s is None else round(ahead_s + 0.5, 3)  # a date is cut to the second: half of one is missing


def _number(text: str) -> float | None:
    try:
        seconds = float(text)
    except ValueError:
        return None
    return seconds if seconds == seconds else None  # not NaN


def _seconds_until(text: str, now: datetime) -> float | None:
    try:
        at = parsedate_to_datetime(text)
        return ((at if at.tzinfo else at.replace(tzinfo=UTC)) - now).total_seconds()
    except (ValueError, OverflowError):
        return None
