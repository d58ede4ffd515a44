"""One way to call Graph: within a budget, obeying its limits, repeating only what is safe, raising by what to do."""

import random
from collections.abc import Sequence
from typing import TypeVar

import aiohttp

from bot.graph.attempts import Attempts
from bot.graph.auth import TokenSource
from bot.graph.ceiling import Ceiling, Crowd
from bot.graph.clouds import Cloud
from bot.graph.gates import Gates
from bot.graph.line import Line
from bot.graph.patience import BACKGROUND, INTERACTIVE, LISTING, Budget, Course
from bot.graph.sansio import Request
from bot.ports.calendar import RemoteError
from bot.ports.clock import Clock
from bot.ports.figures import Tally

__all__ = ["BACKGROUND", "INTERACTIVE", "LISTING", "Budget", "GraphClient"]

T = TypeVar("T")

_SAME_MOMENT_S = 0.001  # clocks and pauses are floats


class GraphClient:
    """One tenant's Graph. All callers of a tenant share one, whatever their budgets: the limits are the app's.

    `most_at_once` caps the calls in flight over all mailboxes, for tenants that count them so; it is felt for below
    that number (`ceiling.py`). None keeps no such count: the limits per mailbox always hold.
    """

    def __init__(  # noqa: PLR0913  (what it is made of)
        self,
        session: aiohttp.ClientSession,
        *,
        cloud: Cloud,
        tokens: TokenSource,
        clock: Clock,
        chance: random.Random,
        most_at_once: int | None = None,
    ) -> None:
        crowd = None if most_at_once is None else Crowd(Ceiling(most_at_once))
        line = Line(session, tokens, clock, Gates(), crowd)
        self._line = line
        self._attempts = Attempts(line, cloud, clock, chance)
        self._clock = clock
        self._chance = chance

    @property
    def clock(self) -> Clock:
        return self._clock

    @property
    def calls(self) -> Tally:
        """Attempts by call and what they came to: "ok", or the error that they were."""
        return self._attempts.calls

    @property
    def clock_skew_s(self) -> float | None:
        """How far the service's clock is ahead of ours; None before its first answer."""
        return self._line.clock_skew_s

    async def call(self, request: Request[T], budget: Budget) -> T:
        """Raises the calendar port's RemoteError tree and nothing else. A pause that Graph asks for is waited if the
        budget has room for it, else it is in the Busy that is raised. Only what is harmless is sent again."""
        ends_at_s = self._clock.monotonic() + budget.total_s
        course = Course(request, tries=budget.tries, ends_at_s=ends_at_s, spread=self._spread())
        while True:
            try:
                return await self._attempts.alone(course, ends_at_s)
            except RemoteError as error:
                wait_s = course.pause_after(error, self._clock.monotonic())
            await self._clock.sleep(wait_s)

    async def call_many(self, requests: Sequence[Request[T]], budget: Budget) -> list[T | RemoteError]:
        """Each request's value or what `call` would have raised for it, in their order, in as few round trips as the
        limits allow (https://learn.microsoft.com/graph/json-batching). The budget is for all of them together. None
        waits for another: do not send two writes to one item. Raises nothing."""
        ends_at_s = self._clock.monotonic() + budget.total_s
        spread = self._spread()
        courses = [Course(one, tries=budget.tries, ends_at_s=ends_at_s, spread=spread) for one in requests]
        found: dict[int, T | RemoteError] = {}
        due_s = dict.fromkeys(range(len(courses)), self._clock.monotonic())
        while due_s:
            wait_s = min(due_s.values()) - self._clock.monotonic()
            if wait_s > 0:
                await self._clock.sleep(wait_s)
            now_s = self._clock.monotonic() + _SAME_MOMENT_S
            ready = [position for position, at_s in due_s.items() if at_s <= now_s]
            outcomes = await self._attempts.many([courses[position] for position in ready], ends_at_s)
            for position, outcome in zip(ready, outcomes, strict=True):
                again_s = self._again_s(courses[position], outcome)
                if isinstance(again_s, float):
                    due_s[position] = again_s
                else:
                    found[position] = outcome if again_s is None else again_s
                    del due_s[position]
        return [found[position] for position in range(len(courses))]

    def _spread(self) -> float:
        """So that callers that failed together do not return together."""
        return 0.5 + self._chance.random() / 2

    def _again_s(self, course: Course[T], outcome: T | RemoteError) -> float | RemoteError | None:
        """When to send it again; else what its caller is to know instead of the outcome, if anything."""
        if not isinstance(outcome, RemoteError):
            return None
        now_s = self._clock.monotonic()
        try:
            return now_s + course.pause_after(outcome, now_s)
        except RemoteError as verdict:
            return verdict
