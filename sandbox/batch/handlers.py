"""Runs the requests of a batch, each through everything that a request by itself passes.

https://learn.microsoft.com/graph/json-batching
"""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from aiohttp import hdrs, web

from sandbox import wire
from sandbox.batch.models import Item, read
from sandbox.batch.requests import request_of, shown_body
from sandbox.errors import bad_request
from sandbox.front import BATCH, FAULT, REQUEST_ID
from sandbox.limits.addressing import addressed
from sandbox.wire import GRAPH
from sandbox.world import WORLD

Answer = dict[str, Any]
AT_ONCE = 4  # requests of one batch that one mailbox gets at the same time
_OF_THE_CONNECTION = frozenset({"date", "content-length", "server", FAULT})


async def run_batch(request: web.Request) -> web.Response:
    """Answers come in any order."""
    if BATCH in request:
        raise bad_request("A batch can't be part of a batch.")
    items = read(await request.read())
    run = _Run(request)
    if any(item.depends_on for item in items):
        answers = await run.in_sequence(items)
    else:
        answers = await asyncio.gather(*(run.one(item) for item in items))
    headers = {FAULT: ", ".join(run.faults)} if run.faults else {}
    return wire.answer({"responses": request.app[WORLD].shuffled(answers)}, headers=headers)


class _Run:
    def __init__(self, batch: web.Request) -> None:
        self._batch = batch
        self.faults: list[str] = []
        self._turns: defaultdict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(AT_ONCE))

    async def in_sequence(self, items: Sequence[Item]) -> list[Answer]:
        """What depends on a failure is not done."""
        answers: list[Answer] = []
        failed: set[str] = set()
        for item in items:
            lost = failed.intersection(one.lower() for one in item.depends_on)
            answers.append(_not_done(item) if lost else await self.one(item))
            if answers[-1]["status"] >= 400:
                failed.add(item.id.lower())
        return answers

    async def one(self, item: Item) -> Answer:
        inner = request_of(item, self._batch)
        inner[BATCH] = self._batch[REQUEST_ID]
        _, mailbox = addressed(inner.path)
        app = self._batch.app
        if not mailbox:
            return self._shown(item, await app._handle(inner))  # noqa: SLF001  aiohttp has no public way to serve one
        async with self._turns[app[WORLD].mailbox(mailbox) or mailbox]:
            return self._shown(item, await app._handle(inner))  # noqa: SLF001  as above

    def _shown(self, item: Item, response: web.StreamResponse) -> Answer:
        if FAULT in response.headers:
            self.faults.append(response.headers[FAULT])
        return _shown(item, response)


def _shown(item: Item, response: web.StreamResponse) -> Answer:
    headers = {name: value for name, value in response.headers.items() if name.lower() not in _OF_THE_CONNECTION}
    body = shown_body(response) if isinstance(response, web.Response) else None
    if body is None:
        headers.pop(hdrs.CONTENT_TYPE, None)
        return {"id": item.id, "status": response.status, "headers": headers}
    return {"id": item.id, "status": response.status, "headers": headers, "body": body}


def _not_done(item: Item) -> Answer:
    error = {"code": "FailedDependency", "message": "A request on which this one depends has failed."}
    return {
        "id": item.id,
        "status": 424,
        "headers": {"Content-Type": "application/json"},
        "body": {"error": error},
    }


ROUTES: list[web.AbstractRouteDef] = [web.post(f"{GRAPH}$batch", run_batch)]
