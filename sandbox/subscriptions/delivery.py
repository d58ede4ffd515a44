"""Carries notifications to subscribers: when each travels, with which others, how often again, and with what faults.

https://learn.microsoft.com/graph/change-notifications-delivery-webhooks
"""

import asyncio
import logging
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sandbox.clock import Clock
from sandbox.control.faults import Faults
from sandbox.errands import Due, Errands
from sandbox.exchange.timing import Timing
from sandbox.subscriptions.endpoints import SLOW_DELAY_S, Endpoints
from sandbox.subscriptions.manner import Manner
from sandbox.subscriptions.models import Notification
from sandbox.subscriptions.posting import Posted, Posting

log = logging.getLogger(__name__)

_GIVE_UP_AFTER = timedelta(hours=4)
_FIRST_RETRY_S = 10.0
_LONGEST_RETRY_S = 1800.0


@dataclass(frozen=True)
class Try:
    """`tried` counts the attempts that went before."""

    notification: Notification
    tried: int


class _Post:
    """Notifications that leave in one POST: whoever comes first sends it once all that are due have joined."""

    def __init__(self) -> None:
        self.tries: list[Try] = []
        self.has_left = asyncio.Event()


class Delivery:
    """A slow or dead endpoint holds up nobody else's notifications."""

    def __init__(self, *, clock: Clock, rng: random.Random, timing: Timing, faults: Faults) -> None:
        self._clock = clock
        self._rng = rng
        self._timing = timing
        self._faults = faults
        self._tries: Errands[Try] = Errands(clock, self._send)
        self._posts: dict[tuple[str, bool], _Post] = {}
        self._coalesced: dict[str, datetime] = {}
        self.posting = Posting(rng=rng, timing=timing)
        self.endpoints = Endpoints(clock.now)
        self.manner = Manner()
        self.sent = 0

    async def open(self) -> None:
        await self.posting.open()

    async def close(self) -> None:
        await self.posting.close()

    async def shake_hands(self, url: str) -> None:
        """Raises GraphError unless the endpoint echoes the token in time."""
        await self.posting.shake_hands(url)

    def publish(self, notification: Notification) -> None:
        """Schedules it, as the faults and the endpoint's state have it: not at all, several times, later."""
        state = self.endpoints.state(notification.url) if self.manner.watch_endpoints else "well"
        if state == "drop":
            return
        effect = self._faults.notification_effect(notification.subscription.mailbox, notification.kind)
        if effect.is_dropped:
            return
        for _ in range(1 + effect.copies):
            delay_s = self._timing.notify_s * self._timing.stretch(self._rng) + effect.delay_s
            delay_s += SLOW_DELAY_S if state == "slow" else 0.0
            self._tries.put(self._leaves_at(notification.url, delay_s), Try(notification, 0))

    def under_way(self) -> list[Due[Try]]:
        return self._tries.waiting()

    def take_up(self, tries: list[Due[Try]]) -> None:
        """What was being posted when the other run stopped is posted again."""
        self._tries.take_up(tries)

    def clear(self) -> None:
        self._tries.clear()
        self._coalesced.clear()
        self.endpoints.clear()
        self.manner = Manner()

    def _leaves_at(self, url: str, delay_s: float) -> datetime:
        """With the endpoint's next POST where that is still to come and not too early."""
        due_at = self._clock.now() + timedelta(seconds=delay_s)
        if not self.manner.coalesce_s:
            return due_at
        together_at = self._coalesced.get(url)
        window = timedelta(seconds=self.manner.coalesce_s)
        if together_at is None or not due_at <= together_at <= due_at + window:
            together_at = self._coalesced[url] = due_at + window
        return together_at

    async def _send(self, attempt: Try) -> None:
        if not self.manner.coalesce_s:
            await self._post([attempt])
            return
        key = (attempt.notification.url, attempt.tried > 0)
        post = self._posts.get(key)
        if post is not None and len(post.tries) < self.manner.items_per_post:
            post.tries.append(attempt)
            await post.has_left.wait()
            return
        post = self._posts[key] = _Post()
        post.tries.append(attempt)
        await _others_turn()
        if self._posts.get(key) is post:
            del self._posts[key]
        await self._post(post.tries)
        post.has_left.set()

    async def _post(self, tries: Sequence[Try]) -> None:
        first = tries[0]
        url = first.notification.url
        seconds = self._timing.retry_timeout_s if first.tried else self._timing.first_delivery_timeout_s
        posted = await self.posting.items(url, [one.notification.item for one in tries], seconds=seconds)
        self.sent += posted.status > 0
        self._watch(url, posted, is_retry=first.tried > 0)
        if not posted.is_taken:
            for one in tries:
                self._again(one)

    def _watch(self, url: str, posted: Posted, *, is_retry: bool) -> None:
        """A first attempt ends after three seconds, so that only a retry can tell that it takes more than ten."""
        if self.manner.watch_endpoints:
            self.endpoints.note(
                url, over_3_s=posted.is_late, over_10_s=posted.is_late and is_retry, least=self.manner.least_posts
            )

    def _again(self, attempt: Try) -> None:
        waited_s = sum(_pause_s(tried) for tried in range(attempt.tried + 1))
        if timedelta(seconds=waited_s) > _GIVE_UP_AFTER:
            log.info("notification.given_up", extra={"subscription": attempt.notification.subscription.id})
            return
        delay_s = _pause_s(attempt.tried)
        self._tries.put(
            self._clock.now() + timedelta(seconds=delay_s), Try(attempt.notification, attempt.tried + 1)
        )  # fmt: skip


def _pause_s(tried: int) -> float:
    """After the attempt before which `tried` went."""
    return min(_FIRST_RETRY_S * 2.0**tried, _LONGEST_RETRY_S)


async def _others_turn() -> None:
    """Lets everything that is ready run once."""
    loop = asyncio.get_running_loop()
    turn = loop.create_future()
    loop.call_soon(turn.set_result, None)
    await turn
