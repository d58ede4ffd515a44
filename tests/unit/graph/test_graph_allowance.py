"""What one mailbox takes in ten minutes is kept to on our side, whoever calls and however they wait."""

import random
from collections import Counter

import pytest
from aiohttp import web

from bot.graph.allowance import A_SECOND, AT_ONCE, Allowance
from bot.graph.client import Budget
from bot.graph.sansio import Request
from bot.ports.calendar import Busy, RemoteError
from tests.unit.graph.graph_server import graph_with

LIMIT, WINDOW_S = 10_000, 600.0


@pytest.mark.parametrize("seed", range(5))
def test_no_ten_minutes_hold_more_than_the_service_allows(seed: int) -> None:
    """Callers that ask without end, in bursts and evenly, each coming back as soon as it is told to."""
    chance, allowance = random.Random(seed), Allowance()  # noqa: S311
    now_s, sent = 1000.0, []
    while now_s < 1000.0 + 3 * WINDOW_S:
        calls = chance.choice((1, 1, 1, 3))
        wait_s = allowance.take("Oslo@x.example", calls, now_s=now_s)
        sent += [] if wait_s else [now_s] * calls
        now_s += wait_s or chance.choice((0.0, 0.0, 0.001, 0.05))
    most = max(sum(at <= one < at + WINDOW_S for one in sent) for at in sent[::97])
    assert 0.9 * LIMIT < most <= LIMIT - 50


def test_the_next_can_be_had_when_it_was_said() -> None:
    allowance = Allowance()
    for _ in range(AT_ONCE):
        assert allowance.take("a", 1, now_s=5.0) == 0.0
    wait_s = allowance.take("A", 3, now_s=5.0)

    assert wait_s == pytest.approx(3 / A_SECOND)
    assert allowance.take("b", 1, now_s=5.0) == 0.0, "another mailbox has its own"
    assert allowance.take("a", 3, now_s=5.0 + wait_s + 1e-6) == 0.0


def test_mailboxes_at_rest_are_forgotten() -> None:
    allowance = Allowance()
    for number in range(20_000):
        allowance.take(f"r{number}", 1, now_s=number / 10)

    assert len(allowance) <= 4096


async def test_a_caller_beyond_it_is_told_when_to_come_back_and_nothing_is_sent() -> None:
    sent: Counter[str] = Counter()

    async def handler(request: web.Request) -> web.StreamResponse:
        sent[request.path] += 1
        return web.Response(body=b"{}")

    def request(mailbox: str) -> Request[bytes]:
        return Request(name="x", method="GET", path=f"/users/{mailbox}", mailbox=mailbox, read=bytes)

    async with graph_with(handler) as graph:
        for _ in range(AT_ONCE):
            await graph.client.call(request("a"), Budget(1.0, 1))
        with pytest.raises(Busy, match="MailboxAllowance") as told:
            await graph.client.call(request("a"), Budget(0.01, 1))
        many = await graph.client.call_many([request("a"), request("b")], Budget(0.01, 1))
        await graph.client.call(request("b"), Budget(1.0, 1))
        await graph.client.call(request("a"), Budget(1.0, 3))

    assert 0 < told.value.retry_after_s <= 1 / A_SECOND
    assert all(isinstance(one, RemoteError) for one in many)
    assert (sent["/v1.0/users/a"], sent["/v1.0/users/b"]) == (AT_ONCE + 1, 1)
