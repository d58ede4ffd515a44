"""Names every way in which a request can fail, as the real service has been seen to fail.

https://learn.microsoft.com/graph/errors and /graph/throttling; of the delta resets every spelling that clients report.
"""

import re
from dataclasses import dataclass, field
from typing import Any, Literal

_EVENTS = r"/(?:events|calendar|calendarView)\b"
_DELTA = r"delta"
_OUTLOOK = r"^/v1\.0/(?:me|users/[^/]+|users\([^/]+\))/"
_GONE = "The sync state generation is not found; generation=149;[highest=157][157][155][156]."
_CONFLICT = (
    "The send or update operation could not be performed because the change key passed in the request does not match "
    "the current change key for the item."
)
_RAOP = "Access to OData is disabled: [RAOP] : Blocked by tenant configured AppOnly AccessPolicy settings."
_CHALLENGE = (
    'Bearer realm="", authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize", '
    'error="insufficient_claims", '
    'claims="eyJhY2Nlc3NfdG9rZW4iOnsibmJmIjp7ImVzc2VudGlhbCI6dHJ1ZSwidmFsdWUiOiIxNzYzODg0ODAwIn19fQ=="'
)
_HTML = "<html><head><title>502 Bad Gateway</title></head><body><center><h1>502 Bad Gateway</h1></center></body></html>"


@dataclass(frozen=True, kw_only=True)
class Act:
    """What is done to one request.

    `retry` is the form of Retry-After: a fraction or whole seconds, or an HTTP date; `retry_after` is its very text.
    `status` 0 lets the request through. `inner_code` puts the code into innerError alone. `delay_s` is on the tenant's
    clock. `break_` cuts the connection before the effect, after it, or in the middle of the answer.
    """

    kind: str = ""
    status: int = 0
    code: str = ""
    message: str = ""
    inner_code: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    retry: Literal["", "fraction", "seconds", "date"] = ""
    retry_after: str | None = None
    delay_s: float = 0.0
    break_: Literal["", "before", "after", "middle"] = ""
    after_effect: bool = False
    body: Any = None
    text: str = ""


@dataclass(frozen=True)
class Kind:
    """An act and the requests that it can befall."""

    act: Act
    method: str = ".*"
    path: str = ".*"

    def befalls(self, method: str, path: str) -> bool:
        return bool(re.fullmatch(self.method, method, re.IGNORECASE) and re.search(self.path, path))


def _gone(status: int, code: str, *, nested: bool = False) -> Kind:
    if nested:
        return Kind(Act(status=status, code="UnknownError", message=_GONE, inner_code=code), "GET", _DELTA)
    return Kind(Act(status=status, code=code, message=_GONE), "GET", _DELTA)


def _failed(status: int, code: str, message: str, **more: Any) -> Kind:
    return Kind(Act(status=status, code=code, message=message, **more))


_BUSY = "Please retry again later."
_DOWN = "The service is temporarily unavailable. Please retry later."
_LATE = "The service did not answer in time."

KINDS: dict[str, Kind] = {
    "tokenExpired": _failed(
        401, "InvalidAuthenticationToken", "Lifetime validation failed, the token is expired.",
        headers={"WWW-Authenticate": 'Bearer realm=""'},
    ),
    "tokenRevoked": _failed(
        401, "InvalidAuthenticationToken",
        "Continuous access evaluation resulted in challenge with result: InteractionRequired and code: "
        "TokenIssuedBeforeRevocationTimestamp",
        headers={"WWW-Authenticate": _CHALLENGE},
    ),
    "accessDenied": Kind(
        Act(status=403, code="ErrorAccessDenied", message="Access is denied. Check credentials and try again."),
        path=_OUTLOOK,
    ),
    "accessPolicy": Kind(Act(status=403, code="ErrorAccessDenied", message=_RAOP), path=_OUTLOOK),
    "notFound": Kind(
        Act(status=404, code="ErrorItemNotFound", message="The specified object was not found in the store."),
        path=r"/events/",
    ),
    "mailboxGone": Kind(
        Act(
            status=404, code="MailboxNotEnabledForRESTAPI",
            message="The mailbox is either inactive, soft-deleted, or is hosted on-premise.",
        ),
        path=_OUTLOOK,
    ),
    "conflict": Kind(
        Act(status=409, code="ErrorIrresolvableConflict", message=_CONFLICT), "POST|PATCH|DELETE", _EVENTS + "/"
    ),
    "preconditionFailed": Kind(
        Act(status=412, code="ErrorIrresolvableConflict", message=_CONFLICT), path=_EVENTS + "/"
    ),
    "syncStateNotFound": _gone(410, "SyncStateNotFound"),
    "syncStateNotFoundLower": _gone(410, "syncstatenotfound"),
    "syncStateNotFoundUpper": _gone(410, "SYNCSTATENOTFOUND"),
    "syncStateNotFoundInside": _gone(410, "syncStateNotFound", nested=True),
    "resyncRequired": _gone(410, "resyncRequired"),
    "resyncRequiredInside": _gone(410, "ResyncRequired", nested=True),
    "syncStateInvalid": _gone(400, "syncStateInvalid"),
    "syncStateInvalidGone": _gone(410, "SyncStateInvalid"),
    "throttled": _failed(429, "TooManyRequests", _BUSY, retry="fraction"),
    "throttledSilently": _failed(429, "TooManyRequests", _BUSY),
    "throttledUntil": _failed(429, "TooManyRequests", _BUSY, retry="date"),
    "throttledMailbox": Kind(
        Act(status=429, code="ApplicationThrottled", message="Application is over its MailboxConcurrency limit."),
        path=_OUTLOOK,
    ),
    "internalError": _failed(500, "InternalServerError", "An internal server error occurred."),
    "badGateway": _failed(502, "", "", text=_HTML),
    "unavailable": _failed(503, "ServiceUnavailable", _DOWN, retry="seconds"),
    "unavailableSilently": _failed(503, "ServiceUnavailable", _DOWN),
    "unavailableAfter": _failed(503, "ServiceUnavailable", _DOWN, after_effect=True),
    "gatewayTimeout": _failed(504, "GatewayTimeout", _LATE),
    "gatewayTimeoutAfter": _failed(504, "GatewayTimeout", _LATE, after_effect=True),
    "slow": Kind(Act(delay_s=5.0)),
    "cut": Kind(Act(break_="middle")),
    "resetBefore": Kind(Act(break_="before")),
    "resetAfter": Kind(Act(break_="after")),
}  # fmt: skip
