"""$batch without a socket: what goes into one, and what its answer says of each request."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.graph import batch
from bot.graph.clouds import CHINA, GLOBAL
from bot.graph.sansio import Effect, Request, Response
from bot.ports.calendar import Busy, Missing, Rejected, Unclear

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
READ: Request[bytes] = Request(name="x.read", method="GET", path="/x", mailbox="a@contoso.com", read=bytes)
ONCE = replace(READ, name="x.post", method="POST", body=b'{"comment":"no"}', effect=Effect.ONCE)


def told(*items: dict[str, Any], status: int = 200) -> Response:
    return Response(status=status, headers={}, body=json.dumps({"responses": items}).encode())


def mailboxes(count: int, *, of: int) -> list[Request[bytes]]:
    return [replace(READ, mailbox=f"{number % of}@contoso.com") for number in range(count)]


def test_a_batch_holds_twenty_and_three_of_a_mailbox() -> None:
    wide = batch.packs(mailboxes(45, of=45), per_mailbox=3)
    narrow = batch.packs(mailboxes(7, of=1), per_mailbox=3)
    mixed = batch.packs(
        [READ, READ, READ, replace(READ, mailbox="A@Contoso.com"), replace(READ, mailbox="b@")], per_mailbox=3
    )

    assert [len(group) for group in wide] == [20, 20, 5]
    assert narrow == [[0, 1, 2], [3, 4, 5], [6]]
    assert mixed == [[0, 1, 2, 4], [3]]


def test_calls_that_touch_no_mailbox_fill_a_batch() -> None:
    assert [len(group) for group in batch.packs([replace(READ, mailbox="")] * 21, per_mailbox=3)] == [20, 1]


def test_every_request_is_in_one_group() -> None:
    requests = mailboxes(50, of=4)

    groups = batch.packs(requests, most=5, per_mailbox=2)

    assert sorted(position for group in groups for position in group) == list(range(50))
    assert all(max(batch.places([requests[one] for one in group]).values()) <= 2 for group in groups)


def test_an_item_carries_its_own_headers_and_body_and_a_relative_url() -> None:
    reading = replace(READ, path="/users/a%40b/events", query=(("$select", "id"),), prefer=("odata.maxpagesize=5",))

    sent = json.loads(batch.body_of(GLOBAL, [reading, ONCE]))["requests"]

    assert sent[0] == {
        "id": "0",
        "method": "GET",
        "url": "/users/a%40b/events?$select=id",
        "headers": {"Prefer": 'IdType="ImmutableId", outlook.timezone="UTC", odata.maxpagesize=5'},
    }
    assert sent[1]["body"] == {"comment": "no"}
    assert sent[1]["headers"]["Content-Type"] == "application/json"
    assert "Authorization" not in sent[1]["headers"]


def test_a_link_of_the_service_is_sent_as_a_path() -> None:
    link = f"{CHINA.graph}/v1.0/users/a/events?$skiptoken=a%2Fb"

    assert batch.relative_of(CHINA, replace(READ, link=link)) == "/users/a/events?$skiptoken=a%2Fb"


@pytest.mark.parametrize("link", ["https://evil.example/v1.0/x", f"{GLOBAL.graph}/beta/x", f"{GLOBAL.graph}/v1.0x/y"])
def test_a_link_to_anywhere_else_is_refused(link: str) -> None:
    with pytest.raises(Rejected, match="ForeignLink"):
        batch.relative_of(GLOBAL, replace(READ, link=link))


def test_answers_come_in_any_order() -> None:
    response = told({"id": "1", "status": 202}, {"id": "0", "status": 200, "headers": {"ETag": "e"}, "body": {"a": 1}})

    first, second = batch.answers([READ, ONCE], response)

    assert first is not None
    assert second is not None
    assert (first.status, first.body, first.headers) == (200, b'{"a": 1}', {"etag": "e"})
    assert (second.status, second.body) == (202, b"")


@pytest.mark.parametrize(
    "items",
    [
        [],
        [{"id": "7", "status": 200}],  # nobody's
        [{"id": "0", "status": 200}, {"id": "0", "status": 404}],  # two of one
        [{"id": "0"}],
        [{"id": "0", "status": "fine"}],
        ["0"],
    ],
)
def test_an_answer_that_cannot_be_told_is_lost(items: list[Any]) -> None:
    (answer,) = batch.answers([READ], told(*items))

    assert answer is None
    reading, writing = batch.outcome(READ, answer, now=NOW), batch.outcome(ONCE, answer, now=NOW)
    assert isinstance(reading, Busy)
    assert isinstance(writing, Unclear)


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"value":[]}', b'{"responses":{}}'])
def test_a_page_that_is_no_batch_loses_every_answer(body: bytes) -> None:
    assert batch.answers([READ, ONCE], Response(status=200, headers={}, body=body)) == [None, None]


def test_each_item_is_judged_as_if_it_had_come_alone() -> None:
    throttled = {"id": "0", "status": 429, "headers": {"Retry-After": "2.5"}, "body": {"error": {"code": "x"}}}
    gone = {"id": "1", "status": 404, "body": {"error": {"code": "ErrorItemNotFound"}}}

    first, second = batch.answers([READ, READ], told(throttled, gone))
    busy, missing = batch.outcome(READ, first, now=NOW), batch.outcome(READ, second, now=NOW)

    assert isinstance(busy, Busy)
    assert (busy.status, busy.retry_after_s) == (429, 2.5)
    assert isinstance(missing, Missing)
    assert missing.code == "ErrorItemNotFound"


@pytest.mark.parametrize(("status", "refused"), [(400, True), (404, True), (501, True), (302, True), (200, False)])
def test_a_service_that_takes_no_batch_says_so(status: int, refused: bool) -> None:
    assert batch.is_refused(told(status=status), now=NOW) is refused


@pytest.mark.parametrize("status", [401, 403, 429, 500, 502, 503, 504])
def test_a_batch_that_failed_is_not_one_that_was_refused(status: int) -> None:
    assert not batch.is_refused(told(status=status), now=NOW)
