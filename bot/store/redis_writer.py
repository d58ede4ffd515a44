"""Sends batches in the order in which they came, those of one moment together: one round trip and one flush to disk."""

import asyncio
import secrets
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import NoScriptError, ResponseError

from bot.ports.store import StoreDown
from bot.store.redis_link import Link, may_pass, told

_ACK_MS = 600_000  # a batch whose answer was lost is sent again within seconds
_MOST_AT_ONCE = 256


@dataclass(frozen=True)
class _Owed:
    arguments: list[str | bytes]
    answer: "asyncio.Future[Any]"


class Writer:
    """While one group is on its way the next one gathers. For one event loop."""

    def __init__(self, link: Link, *, most_changed: int) -> None:
        self._link = link
        self._most_changed = most_changed
        self._waiting: deque[_Owed] = deque()
        self._sending: asyncio.Task[None] | None = None

    async def commit(self, stem: str, parts: Sequence[bytes]) -> Any:
        """What commit.lua answers. Raises StoreDown: what was sent and never answered may have happened."""
        self._link.require_open()
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        arguments: list[str | bytes] = [stem, secrets.token_hex(8), str(_ACK_MS), str(self._most_changed), *parts]
        self._waiting.append(_Owed(arguments, answer))
        if self._sending is None:
            self._sending = asyncio.create_task(self._send(), name="store")
        return await answer

    async def close(self) -> None:
        """Waits for what was accepted."""
        if self._sending is not None:
            await asyncio.gather(self._sending, return_exceptions=True)

    async def _send(self) -> None:
        try:
            while self._waiting:
                group = [self._waiting.popleft() for _ in range(min(len(self._waiting), _MOST_AT_ONCE))]
                await self._send_group(group)
        finally:
            self._sending = None

    async def _send_group(self, group: list[_Owed]) -> None:
        try:
            answers = await self._link.repeat(lambda redis: self._exchange(redis, group))
        except StoreDown as problem:
            answers = [problem] * len(group)
        for owed, answer in zip(group, answers, strict=True):
            if owed.answer.done():  # whoever asked has gone
                continue
            if isinstance(answer, Exception):
                owed.answer.set_exception(answer if isinstance(answer, StoreDown) else StoreDown(told(answer)))
            else:
                owed.answer.set_result(answer)

    async def _exchange(self, redis: Redis, group: list[_Owed]) -> list[Any]:
        """An answer that may come out better the next time fails the whole group, which is harmless to repeat."""
        sha = await self._link.sha(redis, "commit")
        pipe = redis.pipeline(transaction=False)
        for owed in group:
            pipe.execute_command("EVALSHA", sha, 1, *owed.arguments)
        answers: list[Any] = await pipe.execute(raise_on_error=False)
        for answer in answers:
            if isinstance(answer, NoScriptError) or (isinstance(answer, ResponseError) and may_pass(answer)):
                raise answer
        return answers
