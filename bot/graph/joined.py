"""Joins calls that are asked for in one moment into one round trip, for callers who ask one by one."""

import asyncio
from typing import Generic, TypeVar

from bot.graph.client import Budget, GraphClient
from bot.graph.sansio import Request
from bot.ports.calendar import RemoteError

T = TypeVar("T")


class Joined(Generic[T]):
    """Calls of one kind. Who gives up does not end the others' round trip."""

    def __init__(self, client: GraphClient, budget: Budget) -> None:
        self._client = client
        self._budget = budget
        self._asked: list[tuple[Request[T], asyncio.Future[T]]] = []
        self._under_way: set[asyncio.Task[None]] = set()

    async def call(self, request: Request[T]) -> T:
        """As the client's `call`, and together with all that are asked before the loop turns."""
        answer: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        if not self._asked:
            task = asyncio.create_task(self._ask())
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)
        self._asked.append((request, answer))
        return await answer

    async def _ask(self) -> None:
        asked, self._asked = self._asked, []
        try:
            outcomes = await self._client.call_many([request for request, _ in asked], self._budget)
            for (_, answer), outcome in zip(asked, outcomes, strict=True):
                _settle(answer, outcome)
        except Exception as error:  # noqa: BLE001  (whoever waits is told it, and is who can act on it)
            for _, answer in asked:
                if not answer.done():
                    answer.set_exception(error)
        finally:
            for _, answer in asked:
                answer.cancel()  # where this task was cancelled: nobody waits for ever; an answer that is there stays


def _settle(answer: asyncio.Future[T], outcome: T | RemoteError) -> None:
    if answer.done():  # gave up
        return
    if isinstance(outcome, RemoteError):
        answer.set_exception(outcome)
    else:
        answer.set_result(outcome)
