"""Watches every exchange that a test has with the sandbox, and every request of our client; the test during which one
of them strays from Graph's description fails."""

import sys
from collections import Counter

import pytest
from aiohttp import web

from tests.strangers.exchanges import Exchange, Judge
from tests.strangers.openapi import IS_HERE, description

_found: Counter[str] = Counter()
_judge: list[Judge] = []
_MOST = 12


def install() -> None:
    """Begins to watch, where the sandbox is used at all and the description is there. Harmless when called again."""
    front = sys.modules.get("sandbox.front")
    if front is None or not IS_HERE or _watch in front.watchers:
        return
    front.watchers.append(_watch)


def judge() -> Judge:
    """One for the whole session. Raises OSError where the description is not there."""
    if not _judge:
        _judge.append(Judge(description()))
    return _judge[0]


def take() -> str:
    """What strayed since the last call, in words; '' for nothing."""
    lines = [f"- {text}" + (f" ({times} times)" if times > 1 else "") for text, times in _found.most_common(_MOST)]
    if len(_found) > _MOST:
        lines.append(f"- and {len(_found) - _MOST} more")
    _found.clear()
    return "\n".join(["Not as Graph's description has it:", *lines]) if lines else ""


def check_request(method: str, url: str, body: bytes) -> None:
    """For what our own client sends to a Graph that is scripted. `url` is path and query, as on the wire. Paths that
    Graph does not have are the script's own invention, there to try the client's mechanics."""
    path, _, query = url.partition("?")
    if IS_HERE:
        _found.update(judge().asked(method, path, query, body))


def raise_found() -> None:
    """Fails the test that is running if anything strayed."""
    found = take()
    if found:
        pytest.fail(found, pytrace=False)


async def _watch(request: web.Request, response: web.StreamResponse) -> None:
    if "x-sandbox-fault" in response.headers:  # garbage on purpose
        return
    body = response.body if isinstance(response, web.Response) else None
    path, _, query = request.raw_path.partition("?")
    exchange = Exchange(
        method=request.method,
        path=path,
        query=query,
        asked=await request.read(),
        status=response.status,
        headers=response.headers,
        answered=body if isinstance(body, bytes) else b"",
    )
    _found.update(judge().problems(exchange))
