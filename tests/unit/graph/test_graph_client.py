"""How calls are sent, repeated, held back and given up."""

import asyncio
import base64
import logging
import random
from collections import Counter
from dataclasses import replace

import pytest
from aiohttp import web

from bot.graph.client import BACKGROUND, INTERACTIVE, Budget
from bot.graph.gates import Gates
from bot.graph.sansio import Effect, Request
from bot.ports.calendar import Busy, Denied, Rejected, RemoteError, ResyncNeeded, Unclear
from tests.unit.graph.graph_server import StillClock, answers, failure, graph_with

ALEX = "alexw@contoso.com"
READ = Request(name="x.read", method="GET", path="/x", mailbox=ALEX, read=bytes)
REPEATABLE = replace(READ, name="x.put", method="POST", body=b"{}", effect=Effect.REPEATABLE)
ONCE = replace(REPEATABLE, name="x.post", effect=Effect.ONCE)


def ok() -> web.Response:
    return web.Response(body=b"done")


def reset(request: web.Request) -> web.Response:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def test_a_call_carries_its_headers_and_a_new_id_each_time() -> None:
    async with graph_with(answers(ok, web.Response(body=b"2"))) as graph:
        assert await graph.client.call(READ, BACKGROUND) == b"done"
        await graph.client.call(ONCE, BACKGROUND)

    first, second = (one.headers for one in graph.seen)
    assert graph.lines == ["GET /v1.0/x", "POST /v1.0/x"]
    assert first["authorization"] == "Bearer token-1"
    assert first["prefer"] == 'IdType="ImmutableId", outlook.timezone="UTC"'
    assert second["content-type"] == "application/json"
    assert first["client-request-id"] != second["client-request-id"]


async def test_retry_after_is_waited_with_its_fraction() -> None:
    async with graph_with(answers(failure(429, "TooManyRequests", Retry_After="2.128"), ok)) as graph:
        assert await graph.client.call(ONCE, BACKGROUND) == b"done"

    assert graph.clock.slept == [2.128]


async def test_a_pause_beyond_the_budget_is_told_not_waited() -> None:
    async with graph_with(answers(failure(429, Retry_After="30"))) as graph:
        with pytest.raises(Busy) as raised:
            await graph.client.call(READ, INTERACTIVE)

    assert raised.value.retry_after_s == 30
    assert graph.clock.slept == []


async def test_a_throttled_mailbox_is_left_alone_by_everybody_until_then() -> None:
    async with graph_with(answers(failure(429, Retry_After="30"), ok, web.Response(body=b"later"))) as graph:
        with pytest.raises(Busy):
            await graph.client.call(READ, INTERACTIVE)
        with pytest.raises(Busy) as raised:
            await graph.client.call(replace(READ, mailbox="AlexW@contoso.com"), Budget(5, 1))
        other = await graph.client.call(replace(READ, mailbox="meganb@contoso.com"), INTERACTIVE)
        graph.clock.passed_s += 30
        mine = await graph.client.call(READ, INTERACTIVE)

    assert (raised.value.code, raised.value.retry_after_s) == ("StillThrottled", 30)
    assert (other, mine) == (b"done", b"later")
    assert len(graph.seen) == 3


async def test_without_retry_after_the_waits_grow_and_are_spread() -> None:
    async with graph_with(answers(failure(503), failure(503), failure(503), ok)) as graph:
        assert await graph.client.call(READ, BACKGROUND) == b"done"

    for wait_s, (low, high) in zip(graph.clock.slept, [(0.5, 1), (1, 2), (2, 4)], strict=True):
        assert low <= wait_s <= high


async def test_tries_are_bounded_and_busy_says_when_to_come_back() -> None:
    async with graph_with(answers(*[lambda: failure(500)] * 9)) as graph:
        with pytest.raises(Busy) as raised:
            await graph.client.call(READ, Budget(1000, 3))

    assert len(graph.seen) == 3
    assert raised.value.retry_after_s > 0


@pytest.mark.parametrize("status", [400, 403, 404, 409, 412])
async def test_what_no_repeat_can_cure_is_asked_once(status: int) -> None:
    async with graph_with(answers(failure(status), ok)) as graph:
        with pytest.raises(RemoteError):
            await graph.client.call(READ, BACKGROUND)

    assert len(graph.seen) == 1


async def test_a_dead_link_reaches_the_caller_at_once() -> None:
    async with graph_with(answers(failure(410, "SyncStateNotFound"))) as graph:
        with pytest.raises(ResyncNeeded):
            await graph.client.call(READ, BACKGROUND)


async def test_a_write_whose_answer_is_lost_is_not_sent_again() -> None:
    async def handler(request: web.Request) -> web.Response:
        return reset(request)

    async with graph_with(handler) as graph:
        with pytest.raises(Unclear):
            await graph.client.call(ONCE, BACKGROUND)

    assert len(graph.seen) == 1


@pytest.mark.parametrize("status", [500, 502, 504])
async def test_a_write_that_a_server_fault_hides_is_not_sent_again(status: int) -> None:
    async with graph_with(answers(failure(status), ok)) as graph:
        with pytest.raises(Unclear):
            await graph.client.call(ONCE, BACKGROUND)

    assert len(graph.seen) == 1


async def test_an_idempotent_write_is_sent_again_with_the_same_body() -> None:
    async with graph_with(answers(failure(504), ok)) as graph:
        assert await graph.client.call(REPEATABLE, BACKGROUND) == b"done"

    assert graph.seen[0].body == graph.seen[1].body == b"{}"


@pytest.mark.parametrize("later", [429, 404, 403, 400])
async def test_after_a_lost_answer_no_refusal_says_that_nothing_happened(later: int) -> None:
    async with graph_with(answers(failure(504), lambda: failure(later), lambda: failure(later))) as graph:
        with pytest.raises(Unclear):
            await graph.client.call(REPEATABLE, Budget(1000, 3))


async def test_a_read_survives_a_lost_connection() -> None:
    calls = 0

    async def handler(request: web.Request) -> web.Response:
        nonlocal calls
        calls += 1
        return reset(request) if calls <= 2 else ok()

    async with graph_with(handler) as graph:
        assert await graph.client.call(READ, BACKGROUND) == b"done"


async def test_a_server_that_cannot_be_reached_has_done_nothing() -> None:
    async with graph_with(answers()) as graph:
        pass  # the server is gone, the session too: a fresh one finds nobody there

    async with graph_with(answers()) as other:
        other.client._attempts._cloud = graph.cloud
        with pytest.raises(Busy):
            await other.client.call(ONCE, Budget(5, 1))


async def test_an_answer_that_takes_too_long_is_lost() -> None:
    never = asyncio.Event()

    async def handler(request: web.Request) -> web.Response:
        await never.wait()
        return ok()

    async with graph_with(handler) as graph:
        with pytest.raises(Unclear):
            await graph.client.call(ONCE, Budget(0.05, 1))
        with pytest.raises(Busy):
            await graph.client.call(READ, Budget(0.05, 1))
        never.set()


async def test_one_refused_token_is_replaced_once() -> None:
    async with graph_with(answers(failure(401), ok)) as graph:
        assert await graph.client.call(ONCE, BACKGROUND) == b"done"

    assert [one.headers["authorization"] for one in graph.seen] == ["Bearer token-1", "Bearer token-2"]


async def test_a_claims_challenge_is_answered_with_those_claims() -> None:
    claims = '{"access_token":{"nbf":{"essential":true,"value":"1604106651"}}}'
    told = base64.b64encode(claims.encode()).decode()
    header = f'Bearer realm="", error="insufficient_claims", claims="{told}"'

    async with graph_with(answers(failure(401, WWW_Authenticate=header), ok)) as graph:
        assert await graph.client.call(ONCE, BACKGROUND) == b"done"

    assert graph.tokens.claims == [claims]
    assert len(graph.seen) == 2


async def test_a_second_refusal_is_for_an_administrator() -> None:
    async with graph_with(answers(failure(401), failure(401, "InvalidAuthenticationToken"), ok)) as graph:
        with pytest.raises(Denied, match="401 InvalidAuthenticationToken"):
            await graph.client.call(READ, BACKGROUND)

    assert len(graph.seen) == 2


async def test_the_token_follows_no_redirect() -> None:
    away = web.Response(status=302, headers={"Location": "/v1.0/elsewhere"})

    async with graph_with(answers(away, ok)) as graph:
        with pytest.raises(Rejected, match="Redirect"):
            await graph.client.call(READ, BACKGROUND)

    assert len(graph.seen) == 1


async def test_a_hostile_link_is_never_called() -> None:
    async with graph_with(answers(ok)) as graph:
        with pytest.raises(Rejected, match="ForeignLink"):
            await graph.client.call(replace(READ, link="http://127.0.0.1:1/v1.0/x"), BACKGROUND)

    assert graph.seen == []
    assert graph.tokens.asked == 0


async def test_three_calls_at_most_are_in_flight_per_mailbox() -> None:
    inside, most, release = 0, 0, asyncio.Event()
    other = replace(READ, path="/other", mailbox="meganb@contoso.com")

    async def handler(request: web.Request) -> web.Response:
        nonlocal inside, most
        if request.path.endswith("other"):
            release.set()  # gets through though the first mailbox is full
            return ok()
        inside += 1
        most = max(most, inside)
        await release.wait()
        inside -= 1
        return ok()

    async with graph_with(handler) as graph, asyncio.TaskGroup() as group:
        for _ in range(7):
            group.create_task(graph.client.call(READ, BACKGROUND))
        while len(graph.seen) < 3:
            await graph.clock.sleep(0)
        await asyncio.wait_for(graph.client.call(other, BACKGROUND), 5)

    assert len(graph.seen) == 8
    assert most == 3


async def test_a_gate_is_forgotten_when_nobody_stands_at_it() -> None:
    gates = Gates()

    async with gates.enter("a@b"), gates.enter("A@B"), gates.enter("c@d"):
        assert len(gates) == 2

    assert len(gates) == 0


def test_of_several_pauses_that_a_mailbox_is_given_the_longest_holds() -> None:
    gates = Gates()
    gates.close("Oslo@b", until=8, now=0)
    gates.close("oslo@b", until=5, now=0)

    assert gates.closed_s("oslo@b", 6) == 2
    assert gates.closed_s("oslo@b", 8) == 0


def test_closed_mailboxes_are_forgotten_when_they_open() -> None:
    gates = Gates()
    for number in range(5000):
        gates.close(f"{number}@b", until=number + 1, now=number)

    assert len(gates._closed_until) < 4097
    assert gates.closed_s("4999@B", 4999.5) == 0.5
    assert gates.closed_s("4999@b", 5000) == 0


async def test_a_failed_call_leaves_one_line_without_addresses(caplog: pytest.LogCaptureFixture) -> None:
    secret = replace(READ, path=f"/users/{ALEX}/events", query=(("$filter", "subject eq 'Merger'"),))

    async with graph_with(answers(failure(403, "ErrorAccessDenied"))) as graph:
        with caplog.at_level(logging.DEBUG, logger="bot.graph"), pytest.raises(Denied):
            await graph.client.call(secret, BACKGROUND)

    (line,) = [one for one in caplog.records if one.name.startswith("bot.graph")]
    told = vars(line)
    assert (line.getMessage(), told["call"], told["status"]) == ("graph.call_failed", "x.read", 403)
    assert (told["code"], told["verdict"], told["attempt"]) == ("ErrorAccessDenied", "Denied", 1)
    assert told["client_request_id"] == graph.seen[0].headers["client-request-id"]
    assert not any(word in str(told) for word in ("alexw", "Merger", "token-1"))


async def test_places_of_several_mailboxes_are_taken_without_waiting_in_a_circle() -> None:
    gates, chance, inside, most = Gates(), random.Random(3), Counter[str](), 0  # noqa: S311

    async def stand() -> None:
        nonlocal most
        wanted = {f"{name}@b": chance.randint(1, 3) for name in chance.sample("abcde", chance.randint(1, 5))}
        async with gates.enter_all(wanted):
            inside.update(wanted)
            most = max(most, *inside.values())
            for _ in range(chance.randint(0, 3)):
                await StillClock().sleep(0)
            inside.subtract(wanted)

    async with asyncio.timeout(10):
        await asyncio.gather(*(stand() for _ in range(300)))

    assert most == 3
    assert len(gates) == 0


async def test_who_gives_up_at_a_gate_leaves_no_place_taken() -> None:
    gates = Gates()

    async def stand() -> None:
        async with gates.enter("a@b", 3):
            await StillClock().sleep(0)

    async with gates.enter("a@b"):
        waiting = [asyncio.create_task(stand()) for _ in range(3)]
        await asyncio.wait(waiting, timeout=0)
        waiting[0].cancel()
        waiting[2].cancel()
        await asyncio.wait([waiting[0], waiting[2]])
    await waiting[1]

    async with asyncio.timeout(5), gates.enter("a@b", 3):
        pass
    assert len(gates) == 0
