"""Answers that no service should give: nothing of them escapes the RemoteError tree, or is taken for success."""

import base64
import json
import zlib
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from aiohttp import web

from bot.domain.slots import Slot
from bot.graph import calls, joined, line, subscriptions
from bot.graph.calendar import GraphCalendar
from bot.graph.client import BACKGROUND, INTERACTIVE, GraphClient
from bot.graph.directory import GraphDirectory
from bot.graph.sansio import Effect, Request, json_of, path_of
from bot.ports.calendar import Answer, Busy, Rejected, RemoteError, ResyncNeeded, Unclear
from tests.unit.graph.graph_samples import ROOM
from tests.unit.graph.graph_server import Graph, Handler, answers, failure, graph_with

SLOT = Slot(datetime(2026, 11, 23, 9, tzinfo=UTC), datetime(2026, 11, 23, 10, tzinfo=UTC))
READ = Request(name="x.read", method="GET", path="/x", mailbox=ROOM, read=bytes)
DEEP = b"[" * 100_000 + b"]" * 100_000
DEEP_ERROR = b'{"error":{"code":"x","innerError":' + b'{"innerError":' * 50_000 + b"{}" + b"}" * 50_002
FAR_OFF = "Fri, 31 Dec 2026 23:59:59 +99999999999999999999"
CLAIMS = base64.b64encode(b"[" * 5900).decode()
CHALLENGE = f'Bearer error="insufficient_claims", claims="{CLAIMS}"'


def always(body: bytes, status: int = 200, **headers: str) -> Handler:
    async def handler(request: web.Request) -> web.StreamResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return web.Response(body=body, status=status, headers=named)

    return handler


def verdict(outcome: object) -> str:
    return type(outcome).__name__


@pytest.mark.parametrize(
    ("handler", "read", "write"),
    [
        (always(b'{"id":"e","x":' + DEEP + b"}"), "Busy", "Unclear"),
        (always(DEEP_ERROR, 400), "Rejected", "Rejected"),
        (always(b"", 429, Retry_After=FAR_OFF), "Busy", "Busy"),
        (always(b"", 401, WWW_Authenticate=CHALLENGE), "Denied", "Denied"),
    ],
)
async def test_nothing_that_is_answered_escapes_the_tree(handler: Handler, read: str, write: str) -> None:
    reading = calls.read_meeting("alexw@contoso.com", "e")
    answering = calls.answer(ROOM, "e", Answer.ACCEPT, "")

    async with graph_with(handler) as graph:
        lone, other = await _caught(graph.client, reading), await _caught(graph.client, answering)
        together = await graph.client.call_many([reading, calls.read_meeting(ROOM, "e")], INTERACTIVE)

    assert (verdict(lone), verdict(other)) == (read, write)
    assert {verdict(one) for one in together} == {read}


async def _caught(client: GraphClient, request: Request[Any]) -> object:
    try:
        return await client.call(request, INTERACTIVE)
    except RemoteError as error:
        return error


async def test_a_batch_whose_items_are_too_deep_loses_them() -> None:
    async with graph_with(always(b'{"responses":[{"id":"0","status":200,"body":' + DEEP + b"}]}")) as graph:
        found = await graph.client.call_many([READ, READ], INTERACTIVE)

    assert [verdict(one) for one in found] == ["Busy", "Busy"]


async def test_who_waits_for_a_joined_call_is_told_why_it_broke() -> None:
    def broken(body: bytes) -> bytes:
        raise LookupError("a mistake of ours")

    async with graph_with(answers(web.Response(body=b"{}"))) as graph:
        asking: joined.Joined[bytes] = joined.Joined(graph.client, INTERACTIVE)
        with pytest.raises(LookupError, match="a mistake of ours"):
            await asking.call(replace(READ, read=broken))


def test_half_a_character_is_refused_wherever_it_stands() -> None:
    halves: list[Callable[[], object]] = [
        lambda: path_of("users", "e\ud800"),
        lambda: json_of({"comment": "\ud800"}),
        lambda: calls.cancel(ROOM, "e", "\ud800"),
    ]
    for half in halves:
        with pytest.raises(Rejected, match="UnencodableText"):
            half()


@pytest.mark.parametrize("changes", [{"query": (("$filter", "\ud800"),)}, {"link": "LINK"}])
async def test_half_a_character_in_an_address_is_never_sent(changes: dict[str, Any]) -> None:
    async with graph_with(answers()) as graph:
        told = {"link": f"{graph.cloud.graph}/v1.0/\ud800"} if "link" in changes else changes
        with pytest.raises(Rejected):
            await graph.client.call(replace(READ, **told), INTERACTIVE)

    assert graph.seen == []


async def test_an_answer_that_says_it_is_too_large_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line, "MOST_BYTES", 1000)
    sent: list[int] = []

    async with graph_with(_dripping(sent, b"x" * 1000, said=10**9)) as graph:
        with pytest.raises(Busy, match="AnswerTooLarge"):
            await graph.client.call(READ, INTERACTIVE)
        with pytest.raises(Unclear, match="AnswerTooLarge"):
            await graph.client.call(replace(READ, method="POST", effect=Effect.ONCE), INTERACTIVE)


async def test_an_answer_without_end_is_given_up() -> None:
    sent: list[int] = []

    async with graph_with(_dripping(sent, b" " * 2**20)) as graph:
        with pytest.raises(Busy, match="AnswerTooLarge"):
            await graph.client.call(READ, INTERACTIVE)

    assert line.MOST_BYTES <= sum(sent) < 6 * line.MOST_BYTES  # twice tried, and what lay in the sockets


async def test_a_bomb_is_not_unpacked() -> None:
    """128 MB in an eighth of one."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = b"".join([packer.compress(b" " * 2**20) for _ in range(128)]) + packer.flush()
    read = 0

    def counted(body: bytes) -> bytes:
        nonlocal read
        read += len(body)
        return body

    async with graph_with(always(bomb, Content_Encoding="gzip")) as graph:
        with pytest.raises(Busy, match="AnswerTooLarge"):
            await graph.client.call(replace(READ, read=counted), INTERACTIVE)

    assert read == 0


async def test_a_large_page_that_comes_packed_in_pieces_is_read_whole() -> None:
    text = json.dumps([f"event {number}" for number in range(400_000)]).encode()
    packer = zlib.compressobj(6, zlib.DEFLATED, 31)
    packed = packer.compress(text) + packer.flush()

    async with graph_with(always(packed, Content_Encoding="gzip")) as graph:
        assert await graph.client.call(READ, INTERACTIVE) == text


def _dripping(sent: list[int], piece: bytes, said: int | None = None) -> Handler:
    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        if said is not None:
            response.content_length = said
        await response.prepare(request)
        while True:
            await response.write(piece)
            sent.append(len(piece))

    return handler


Call = Callable[[Graph], Awaitable[object]]
WRITES: list[Call] = [
    lambda graph: GraphCalendar(graph.client).answer(ROOM, "e", Answer.ACCEPT, ""),
    lambda graph: GraphCalendar(graph.client).cancel(ROOM, "e", ""),
    lambda graph: GraphCalendar(graph.client).unsubscribe("s"),
    lambda graph: graph.client.call(subscriptions.reauthorize("s"), INTERACTIVE),
]
ERROR = b'{"error":{"code":"ErrorAccessDenied","message":"as Graph words it"}}'


@pytest.mark.parametrize("call", WRITES)
@pytest.mark.parametrize(
    ("status", "body"), [(200, ERROR), (200, b""), (200, b"<html>"), (202, ERROR), (202, b"<html>")]
)
async def test_a_success_that_is_not_the_documented_one_is_in_doubt(call: Call, status: int, body: bytes) -> None:
    async with graph_with(always(body, status)) as graph:
        with pytest.raises(Unclear):
            await call(graph)


async def test_an_item_of_a_batch_is_no_success_with_an_error_in_it() -> None:
    def item(place: int, status: int, body: bytes) -> dict[str, Any]:
        return {"id": str(place), "status": status, "body": json.loads(body)}

    told = {"responses": [item(0, 202, ERROR), item(1, 200, b"{}"), item(2, 202, b"null")]}
    asked = [calls.answer(f"room{number}@contoso.com", "e", Answer.ACCEPT, "") for number in range(3)]

    async with graph_with(always(json.dumps(told).encode())) as graph:
        found = await graph.client.call_many(asked, INTERACTIVE)

    assert [verdict(one) for one in found] == ["Unclear", "Unclear", "NoneType"]


@pytest.mark.parametrize("body", [ERROR, b"{}", b"null", b"[]", b""])
async def test_a_zone_is_told_only_where_one_was_answered(body: bytes) -> None:
    async with graph_with(always(body)) as graph:
        with pytest.raises(Busy):
            await GraphDirectory(graph.client, INTERACTIVE).zone_of(ROOM)


def _circle(graph: dict[str, Graph], *, after_s: float = 0.0) -> Handler:
    async def handler(request: web.Request) -> web.StreamResponse:
        graph["it"].clock.passed_s += after_s
        link = f"{graph['it'].cloud.graph}/v1.0/again" + (f"?$skip={len(graph['it'].seen)}" if after_s else "")
        return web.json_response({"value": [], "@odata.nextLink": link})

    return handler


LISTINGS: list[Call] = [
    lambda graph: GraphDirectory(graph.client, listing=BACKGROUND).rooms(),
    lambda graph: GraphCalendar(graph.client).subscriptions(),
    lambda graph: GraphCalendar(graph.client).occurrences(ROOM, "m", SLOT),
    lambda graph: GraphCalendar(graph.client).find(ROOM, "t", SLOT),
]


@pytest.mark.parametrize("listing", LISTINGS)
async def test_pages_in_a_circle_are_left_at_once(listing: Call) -> None:
    script: dict[str, Graph] = {}

    async with graph_with(_circle(script)) as graph:
        script["it"] = graph
        with pytest.raises(Busy, match="PagesInACircle") as raised:
            await listing(graph)

    assert len(graph.seen) == 2
    assert raised.value.retry_after_s >= 10


@pytest.mark.parametrize("listing", LISTINGS)
async def test_all_pages_of_a_listing_share_its_budget(listing: Call) -> None:
    script: dict[str, Graph] = {}

    async with graph_with(_circle(script, after_s=25.0)) as graph:
        script["it"] = graph
        with pytest.raises(Busy, match="TooManyPages"):
            await listing(graph)

    assert len(graph.seen) == 3


async def test_a_page_of_a_feed_that_leads_to_itself_starts_it_over() -> None:
    script: dict[str, Graph] = {}

    async with graph_with(_circle(script)) as graph:
        script["it"] = graph
        calendar = GraphCalendar(graph.client)
        first = await calendar.changes(ROOM, SLOT, "")
        with pytest.raises(ResyncNeeded):
            await calendar.changes(ROOM, SLOT, first.next_link)


async def test_a_throttled_page_of_a_listing_waits_within_the_whole() -> None:
    async with graph_with(answers(failure(429, Retry_After="30"), web.json_response({"value": []}))) as graph:
        assert await GraphDirectory(graph.client).rooms() == []

    assert graph.clock.slept == [30.0]
