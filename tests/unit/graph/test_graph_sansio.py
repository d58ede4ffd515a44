"""What an answer of Graph's means to the caller, and which links the token may follow."""

import json
from base64 import b64encode, urlsafe_b64encode
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.graph import clouds
from bot.graph.sansio import (
    Crowded,
    Duplicate,
    Effect,
    Request,
    Response,
    claims_in,
    decipher,
    follow,
    headers_of,
    path_of,
    url_of,
)
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

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
READ, REPEATABLE, ONCE = Effect.READ, Effect.REPEATABLE, Effect.ONCE


def request(effect: Effect = READ, **changes: Any) -> Request[bytes]:
    told: dict[str, Any] = {"name": "x", "method": "GET", "path": "/x", "read": bytes, "effect": effect}
    return Request(**(told | changes))


def error_body(code: str, *, inner: str = "", key: str = "innerError") -> bytes:
    nested = {key: {"code": inner, "date": "2026-11-23T09:00:00"}} if inner else {}
    return json.dumps({"error": {"code": code, "message": "m"} | nested}).encode()


def deciphered(status: int, body: bytes = b"", effect: Effect = READ, **headers: str) -> RemoteError:
    told = Response(status=status, headers={k.replace("_", "-"): v for k, v in headers.items()}, body=body)
    with pytest.raises(RemoteError) as raised:
        decipher(request(effect), told, now=NOW)
    return raised.value


@pytest.mark.parametrize(
    ("status", "code", "effect", "expected"),
    [
        (301, "", READ, Rejected),
        (400, "ErrorInvalidParameter", READ, Rejected),
        (400, "ErrorInvalidRequest", ONCE, Rejected),
        (400, "ErrorItemNotFound", READ, Missing),
        (400, "SyncStateNotFound", READ, ResyncNeeded),
        (400, "syncStateInvalid", READ, ResyncNeeded),
        (401, "InvalidAuthenticationToken", READ, Denied),
        (403, "ErrorAccessDenied", ONCE, Denied),
        (404, "MailboxNotEnabledForRESTAPI", READ, Missing),
        (404, "", ONCE, Missing),
        (405, "Request_BadRequest", READ, Rejected),
        (408, "", READ, Busy),
        (408, "", ONCE, Unclear),
        (409, "ErrorIrresolvableConflict", ONCE, Moved),
        (410, "", READ, Missing),
        (410, "RESYNCREQUIRED", READ, ResyncNeeded),
        (412, "ErrorIrresolvableConflict", REPEATABLE, Moved),
        (423, "", REPEATABLE, Busy),
        (429, "TooManyRequests", ONCE, Busy),
        (500, "", READ, Busy),
        (500, "", REPEATABLE, Unclear),
        (501, "NotImplemented", READ, Rejected),
        (502, "", ONCE, Unclear),
        (503, "", READ, Busy),
        (503, "", ONCE, Unclear),
        (504, "", READ, Busy),
        (507, "ErrorQuotaExceeded", ONCE, Rejected),
        (509, "", READ, Busy),
    ],
)
def test_a_status_means_what_the_caller_should_do(
    status: int, code: str, effect: Effect, expected: type[RemoteError]
) -> None:
    error = deciphered(status, error_body(code) if code else b"<html>gateway</html>", effect)

    assert type(error) is expected
    assert error.status == status


@pytest.mark.parametrize(
    ("status", "code", "message", "expected"),
    [
        (400, "InvalidRequest", "Subscription validation request failed. Notification endpoint must…", Unheard),
        (400, "ValidationError", "Subscription validation request timed out.", Unheard),
        (403, "ExtensionError", "…Reason: Maximum number of subscriptions has been reached]", TooMany),
        (403, "ExtensionError", "…Reason: Access is denied]", Denied),
        (400, "InvalidRequest", 17, Rejected),
        (503, "x", "Subscription validation request failed.", Unclear),
    ],
)
def test_why_there_is_no_subscription(status: int, code: str, message: object, expected: type[RemoteError]) -> None:
    error = deciphered(status, json.dumps({"error": {"code": code, "message": message}}).encode(), ONCE)

    assert type(error) is expected
    assert (error.code, error.status) == (code, status)


def test_a_503_that_says_when_to_come_back_has_done_nothing() -> None:
    error = deciphered(503, b"", ONCE, retry_after="4")

    assert isinstance(error, Busy)
    assert error.retry_after_s == 4


def test_a_bare_410_kills_a_feed_alone() -> None:
    with pytest.raises(ResyncNeeded):
        decipher(request(is_feed=True), Response(status=410, headers={}, body=b""), now=NOW)


@pytest.mark.parametrize("key", ["innerError", "innererror"])
def test_a_dead_link_is_found_in_the_inner_error_too(key: str) -> None:
    assert isinstance(deciphered(400, error_body("BadRequest", inner="syncstatenotfound", key=key)), ResyncNeeded)


@pytest.mark.parametrize("status", [400, 409])
def test_a_used_transaction_id_tells_the_event_that_it_made(status: int) -> None:
    body = json.dumps({"error": {"code": "ErrorDuplicateTransactionId", "@event.existingEventId": "AAMk1"}}).encode()

    error = deciphered(status, body, REPEATABLE)

    assert isinstance(error, Duplicate)
    assert error.event_id == "AAMk1"


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("2.128", 2.128),
        ("10", 10),
        ("0", 0),
        ("-5", 0),
        ("nan", 0),
        ("soon", 0),
        ("1e9", 3600),
        ("inf", 3600),
        ("Mon, 23 Nov 2026 09:00:30 GMT", 30),
        ("Mon, 23 Nov 2026 08:00:00 GMT", 0),
    ],
)
def test_retry_after_is_read_as_seconds_fractions_or_a_date(header: str, seconds: float) -> None:
    error = deciphered(429, b"", READ, retry_after=header)

    assert isinstance(error, Busy)
    assert error.retry_after_s == pytest.approx(seconds)


def test_without_retry_after_no_pause_is_told() -> None:
    error = deciphered(429)

    assert isinstance(error, Busy)
    assert error.retry_after_s == 0


@pytest.mark.parametrize(("effect", "expected"), [(READ, Busy), (REPEATABLE, Unclear), (ONCE, Unclear)])
def test_a_success_that_nobody_can_read_is_no_success(effect: Effect, expected: type[RemoteError]) -> None:
    def unreadable(body: bytes) -> bytes:
        raise ValueError

    with pytest.raises(expected):
        decipher(request(effect, read=unreadable), Response(status=201, headers={}, body=b"{"), now=NOW)


def test_a_success_is_read() -> None:
    assert decipher(request(), Response(status=200, headers={}, body=b"yes"), now=NOW) == b"yes"


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example/v1.0/users",
        "http://graph.microsoft.com/v1.0/users",
        "https://graph.microsoft.com:8443/v1.0/users",
        "https://graph.microsoft.com.evil.example/v1.0",
        "https://graph.microsoft.com@evil.example/v1.0",
        "https://user:pw@graph.microsoft.com/v1.0",
        "https://graph.microsoft.com\\@evil.example/v1.0",
        "https://evil.example/https://graph.microsoft.com/v1.0",
        "https://evil.example#https://graph.microsoft.com/",
        "//graph.microsoft.com/v1.0",
        "https:graph.microsoft.com/v1.0",
        "file:///etc/passwd",
        "https://graph.microsoft.com/v1.0\r\nX-Header: y",
        "https://graph.microsoft.com",
        "https://dod-graph.microsoft.us/v1.0",
        " https://graph.microsoft.com/v1.0",
        "https://graph.microsoft.com:99999/v1.0",
        "https://graph.microsoft.com./v1.0",
        "",
    ],
)
def test_the_token_follows_no_link_out_of_its_cloud(link: str) -> None:
    with pytest.raises(Rejected, match="ForeignLink"):
        follow(clouds.GLOBAL, link)


@pytest.mark.parametrize(
    "link",
    [
        "https://graph.microsoft.com/v1.0/users/a/calendarView/delta?$skiptoken=R0usmci%3D",
        "https://graph.microsoft.com:443/v1.0/users/a/calendarView/delta?$skiptoken=R0usmci%3D",
        "HTTPS://Graph.Microsoft.com/v1.0/users/a/calendarView/delta?$skiptoken=R0usmci%3D",
    ],
)
def test_a_link_of_the_clouds_own_is_followed_verbatim(link: str) -> None:
    assert follow(clouds.GLOBAL, link) == (
        "https://graph.microsoft.com/v1.0/users/a/calendarView/delta?$skiptoken=R0usmci%3D"
    )


def test_a_link_wins_over_path_and_query() -> None:
    link = "https://graph.microsoft.com/v1.0/next"

    assert url_of(clouds.GLOBAL, request(query=(("$top", "5"),), link=link)) == link


def test_addresses_and_ids_are_encoded_in_paths() -> None:
    path = path_of("users", "o'neil+a@contoso.com", "events", "AA/Mk=?#")

    assert path == "/users/o%27neil%2Ba@contoso.com/events/AA%2FMk%3D%3F%23"


@pytest.mark.parametrize("segment", ["", ".", "..", " "])
def test_a_segment_that_changes_the_path_is_refused(segment: str) -> None:
    with pytest.raises(Rejected):
        path_of("users", segment, "events")


def test_every_request_prefers_immutable_ids_and_utc() -> None:
    headers = headers_of(request(prefer=("odata.maxpagesize=7",)), token="t", request_id="r")

    assert headers["Prefer"] == 'IdType="ImmutableId", outlook.timezone="UTC", odata.maxpagesize=7'
    assert headers["Authorization"] == "Bearer t"
    assert headers["client-request-id"] == "r"
    assert "Content-Type" not in headers


CLAIMS = '{"access_token":{"nbf":{"essential":true,"value":"1604106651"}}}'


@pytest.mark.parametrize(
    ("header", "claims"),
    [
        (f'Bearer realm="", error="insufficient_claims", claims="{b64encode(CLAIMS.encode()).decode()}"', CLAIMS),
        (
            f'Bearer error="insufficient_claims",claims="{urlsafe_b64encode(CLAIMS.encode()).decode().rstrip("=")}"',
            CLAIMS,
        ),
        (f'Bearer realm="", claims="{b64encode(CLAIMS.encode()).decode()}"', ""),  # another error's
        ('Bearer error="insufficient_claims", claims="bm90IGpzb24="', ""),
        ('Bearer error="insufficient_claims", claims="WzFd"', ""),  # a list
        ('Bearer error="insufficient_claims", claims="////"', ""),
        ('Bearer error="insufficient_claims"', ""),
        ("Bearer", ""),
        ("", ""),
    ],
)
def test_claims_are_read_from_a_challenge(header: str, claims: str) -> None:
    assert claims_in({"www-authenticate": header} if header else {}) == claims


@pytest.mark.parametrize(("status", "effect"), [(429, READ), (429, ONCE), (503, READ), (503, ONCE)])
@pytest.mark.parametrize(("code", "inner"), [("ApplicationThrottled", ""), ("TooManyRequests", "MailboxConcurrency")])
def test_too_many_at_once_is_told_apart_and_has_done_nothing(
    status: int, effect: Effect, code: str, inner: str
) -> None:
    assert type(deciphered(status, error_body(code, inner=inner), effect)) is Crowded
