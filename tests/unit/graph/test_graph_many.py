"""Many calls at once through the client: few round trips, and each call's own end."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from aiohttp import web

from bot.graph.client import BACKGROUND, Budget
from bot.graph.sansio import Effect, Request
from bot.ports.calendar import Busy, Denied, Missing, Rejected, RemoteError, Unclear
from tests.unit.graph.graph_server import Handler, failure, graph_with

READ: Request[bytes] = Request(name="x.read", method="GET", path="/users/x", read=bytes)
ONCE = replace(
    READ, name="x.post", method="POST", path="/users/x/events/1/cancel", body=b'{"comment":"no"}', effect=Effect.ONCE
)
REPEATABLE = replace(ONCE, name="x.put", effect=Effect.REPEATABLE)
READ_AT, POST_AT = b'"/users/x"', b'"/users/x/events/1/cancel"'

Item = dict[str, Any]
Asked = list[list[Item]]


def reads(count: int) -> list[Request[bytes]]:
    return [replace(READ, path=f"/users/{number}", mailbox=f"{number}@contoso.com") for number in range(count)]


def batching(answer: Callable[[Item, int], Item | web.Response | None], asked: Asked) -> Handler:
    """A Graph that takes batches: `answer` tells an item's answer (None leaves it out) from it and its batch's number;
    a response of its own answers the whole batch, or the lone call."""

    async def handler(request: web.Request) -> web.StreamResponse:
        if not request.path.endswith("/$batch"):
            told = answer({"id": "", "url": request.path.removeprefix("/v1.0"), "method": request.method}, len(asked))
            return told if isinstance(told, web.Response) else web.Response(body=b"alone")
        items = (await request.json())["requests"]
        asked.append(items)
        found = [answer(item, len(asked)) for item in items]
        whole = next((one for one in found if isinstance(one, web.Response)), None)
        if whole is not None:
            return whole
        return web.json_response({"responses": [one for one in reversed(found) if one]})

    return handler


def ok(item: Item, _: int) -> Item:
    return {"id": item["id"], "status": 200, "body": item["url"]}


def kinds(outcomes: list[bytes | RemoteError]) -> list[Any]:
    return [type(one) if isinstance(one, RemoteError) else one for one in outcomes]


async def test_forty_five_calls_take_three_round_trips_and_keep_their_order() -> None:
    asked: Asked = []

    async with graph_with(batching(ok, asked)) as graph:
        outcomes = await graph.client.call_many(reads(45), BACKGROUND)

    assert outcomes == [f'"/users/{number}"'.encode() for number in range(45)]
    assert graph.lines == ["POST /v1.0/$batch"] * 3
    assert graph.seen[0].headers["authorization"] == "Bearer token-1"


async def test_one_call_travels_alone_and_none_not_at_all() -> None:
    async with graph_with(batching(ok, [])) as graph:
        assert await graph.client.call_many([READ], BACKGROUND) == [b"alone"]
        assert await graph.client.call_many([], BACKGROUND) == []

    assert graph.lines == ["GET /v1.0/users/x"]


async def test_only_what_was_throttled_is_sent_again_after_its_own_pause() -> None:
    def answer(item: Item, number: int) -> Item:
        pauses = {"/users/1": "2.5", "/users/3": "7"} if number == 1 else {}
        if item["url"] in pauses:
            return {"id": item["id"], "status": 429, "headers": {"Retry-After": pauses[item["url"]]}}
        return ok(item, number)

    asked: Asked = []
    async with graph_with(batching(answer, asked)) as graph:
        outcomes = await graph.client.call_many(reads(5), BACKGROUND)

    assert all(isinstance(one, bytes) for one in outcomes)
    assert graph.clock.slept == pytest.approx([2.5, 4.5])
    assert graph.lines[1:] == ["GET /v1.0/users/1", "GET /v1.0/users/3"]


async def test_each_call_ends_as_it_would_have_alone() -> None:
    statuses = [404, 403, 400, 500, 500, 200]
    asked: Asked = []

    def answer(item: Item, _: int) -> Item:
        status = statuses[int(item["id"])] if item["id"] else 200
        return {"id": item["id"], "status": status, "body": {}}

    requests: list[Request[bytes]] = [READ] * 6
    requests[3], requests[4] = ONCE, REPEATABLE
    async with graph_with(batching(answer, asked)) as graph:
        outcomes = await graph.client.call_many(requests, BACKGROUND)

    assert kinds(outcomes) == [Missing, Denied, Rejected, Unclear, b"alone", b"{}"]
    assert graph.lines == ["POST /v1.0/$batch", "POST /v1.0/users/x/events/1/cancel"]


async def test_a_lost_batch_is_asked_again_for_what_is_harmless_only() -> None:
    asked: Asked = []

    def answer(item: Item, number: int) -> Item | web.Response:
        return failure(504) if number == 1 else ok(item, number)

    async with graph_with(batching(answer, asked)) as graph:
        outcomes = await graph.client.call_many([READ, ONCE, REPEATABLE], BACKGROUND)

    assert kinds(outcomes) == [READ_AT, Unclear, POST_AT]
    assert [item["method"] for item in asked[1]] == ["GET", "POST"]


async def test_a_connection_cut_under_a_batch_leaves_its_writes_in_doubt() -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    async with graph_with(handler) as graph:
        outcomes = await graph.client.call_many([READ, ONCE], Budget(60, 1))

    assert kinds(outcomes) == [Busy, Unclear]


async def test_a_throttled_batch_has_done_nothing_and_all_of_it_is_sent_again() -> None:
    asked: Asked = []

    def answer(item: Item, number: int) -> Item | web.Response:
        return failure(429, Retry_After="3") if number == 1 else ok(item, number)

    async with graph_with(batching(answer, asked)) as graph:
        outcomes = await graph.client.call_many([READ, ONCE], BACKGROUND)

    assert kinds(outcomes) == [READ_AT, POST_AT]
    assert graph.clock.slept == pytest.approx([3])


async def test_missing_doubled_and_foreign_answers_are_nobody_elses() -> None:
    asked: Asked = []

    async def handler(request: web.Request) -> web.StreamResponse:
        asked.append((await request.json())["requests"])
        good = {"id": "1", "status": 200, "body": "mine"}
        twice = [{"id": "2", "status": 200, "body": "a"}, {"id": "2", "status": 200, "body": "b"}]
        return web.json_response({"responses": [good, *twice, {"id": "99", "status": 200, "body": "whose"}]})

    async with graph_with(handler) as graph:
        outcomes = await graph.client.call_many([ONCE, ONCE, ONCE], BACKGROUND)

    assert kinds(outcomes) == [Unclear, b'"mine"', Unclear]
    assert len(asked) == 1


@pytest.mark.parametrize("status", [400, 404, 501])
async def test_a_service_without_batches_is_asked_one_by_one(status: int) -> None:
    asked: Asked = []

    def answer(item: Item, number: int) -> Item | web.Response:
        return failure(status, "NotImplemented") if item["id"] else {}

    async with graph_with(batching(answer, asked)) as graph:
        outcomes = await graph.client.call_many(reads(3), BACKGROUND)

    assert outcomes == [b"alone"] * 3
    assert len(asked) == 1


async def test_a_hostile_link_is_refused_and_the_others_go_on() -> None:
    hostile = replace(READ, link="http://127.0.0.1:1/v1.0/x")
    asked: Asked = []

    async with graph_with(batching(ok, asked)) as graph:
        outcomes = await graph.client.call_many([READ, hostile, READ], BACKGROUND)

    assert kinds(outcomes) == [READ_AT, Rejected, READ_AT]
    assert len(asked[0]) == 2


async def test_a_throttled_mailbox_is_left_alone_in_batches_too() -> None:
    asked: Asked = []

    def answer(item: Item, number: int) -> Item | web.Response:
        return failure(429, Retry_After="30") if not item["id"] else ok(item, number)

    requests = reads(3)
    async with graph_with(batching(answer, asked)) as graph:
        with pytest.raises(Busy):
            await graph.client.call(requests[1], Budget(5, 1))
        outcomes = await graph.client.call_many(requests, Budget(5, 1))

    assert kinds(outcomes) == [b'"/users/0"', Busy, b'"/users/2"']
    assert [item["url"] for item in asked[0]] == ["/users/0", "/users/2"]


async def test_a_refused_token_is_replaced_for_the_whole_batch() -> None:
    asked: Asked = []

    def answer(item: Item, number: int) -> Item | web.Response:
        return failure(401) if number == 1 else ok(item, number)

    async with graph_with(batching(answer, asked)) as graph:
        outcomes = await graph.client.call_many(reads(3), Budget(60, 1))

    assert all(isinstance(one, bytes) for one in outcomes)
    assert graph.tokens.refused == ["token-1"]


async def test_a_token_refused_twice_is_denied_without_asking_for_each() -> None:
    asked: Asked = []

    async with graph_with(batching(lambda item, number: failure(401), asked)) as graph:
        outcomes = await graph.client.call_many(reads(3), BACKGROUND)

    assert kinds(outcomes) == [Denied] * 3
    assert len(graph.seen) == 2


async def test_an_item_that_wants_another_token_goes_alone_for_it() -> None:
    asked: Asked = []

    def answer(item: Item, number: int) -> Item:
        return {"id": item["id"], "status": 401} if item["url"] == "/users/1" else ok(item, number)

    async with graph_with(batching(answer, asked)) as graph:
        outcomes = await graph.client.call_many(reads(3), Budget(60, 1))

    assert kinds(outcomes) == [b'"/users/0"', b"alone", b'"/users/2"']


async def test_batches_and_lone_calls_share_a_mailbox_s_places() -> None:
    inside, most = 0, 0
    one_mailbox = [replace(READ, mailbox="a@contoso.com")] * 9

    async def handler(request: web.Request) -> web.StreamResponse:
        nonlocal inside, most
        items = (await request.json())["requests"] if request.path.endswith("$batch") else [{"id": ""}]
        inside += len(items)
        most = max(most, inside)
        await graph.clock.sleep(0)
        inside -= len(items)
        answers = [{"id": item["id"], "status": 200, "body": "x"} for item in items]
        return web.json_response({"responses": answers})

    async with graph_with(handler) as graph, asyncio.TaskGroup() as group:
        several = group.create_task(graph.client.call_many(one_mailbox, BACKGROUND))
        for _ in range(6):
            group.create_task(graph.client.call(one_mailbox[0], BACKGROUND))

    assert all(isinstance(one, bytes) for one in several.result())
    assert most == 3


async def test_a_read_in_a_batch_gives_up_within_the_tries() -> None:
    asked: Asked = []

    def answer(item: Item, _: int) -> Item:
        return {"id": item["id"], "status": 503}

    async with graph_with(batching(answer, asked)) as graph:
        outcomes = await graph.client.call_many(reads(2), Budget(1000, 3))

    assert kinds(outcomes) == [Busy, Busy]
    assert [len(items) for items in asked] == [2, 2, 2]
    assert all(low <= wait_s <= 2 * low for wait_s, low in zip(graph.clock.slept, [0.5, 1], strict=True))
