"""Carries notifications to subscribers over HTTP: the handshake, retries, and the faults that tests ask for.

https://learn.microsoft.com/graph/change-notifications-delivery-webhooks
"""

import logging
import random
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import quote

import aiohttp
import msgspec

from sandbox.clock import Clock
from sandbox.control.faults import Faults
from sandbox.errands import Due, Errands
from sandbox.errors import no_handshake
from sandbox.exchange.timing import Timing
from sandbox.subscriptions.models import Notification

log = logging.getLogger(__name__)

_GIVE_UP_AFTER = timedelta(hours=4)
_FIRST_RETRY_S = 10.0
_LONGEST_RETRY_S = 1800.0


@dataclass(frozen=True)
class Try:
    """`tried` counts the attempts that went before."""

    notification: Notification
    tried: int


class Delivery:
    """Every notification travels on its own: a slow or dead endpoint holds up nobody else's."""

    def __init__(self, *, clock: Clock, rng: random.Random, timing: Timing, faults: Faults) -> None:
        self._clock = clock
        self._rng = rng
        self._timing = timing
        self._faults = faults
        self._tries: Errands[Try] = Errands(clock, self._send)
        self._session: aiohttp.ClientSession | None = None
        self.sent = 0

    async def open(self) -> None:
        self._session = aiohttp.ClientSession(trust_env=False)

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def shake_hands(self, url: str) -> None:
        """Raises GraphError unless the endpoint echoes the token in time."""
        token = f"Validation: Testing client application reachability for subscription Request-Id: {self._token()}"
        separator = "&" if "?" in url else "?"
        status, text, type_ = await self._post_for_token(f"{url}{separator}validationToken={quote(token)}")
        if status != 200 or text != token:
            raise no_handshake("Notification endpoint must respond with 200 OK to validation request.")
        if type_ != "text/plain":
            raise no_handshake("Notification endpoint must answer the validation request as text/plain.")

    def publish(self, notification: Notification) -> None:
        """Schedules it, as the faults have it: not at all, twice, later."""
        effect = self._faults.notification_effect(notification.subscription.mailbox)
        if effect.is_dropped:
            return
        for _ in range(2 if effect.is_duplicated else 1):
            delay_s = self._timing.notify_s * self._timing.stretch(self._rng) + effect.delay_s
            self._tries.put(self._clock.now() + timedelta(seconds=delay_s), Try(notification, 0))

    def under_way(self) -> list[Due[Try]]:
        return self._tries.waiting()

    def take_up(self, tries: list[Due[Try]]) -> None:
        """What was being posted when the other run stopped is posted again."""
        self._tries.take_up(tries)

    def clear(self) -> None:
        self._tries.clear()

    async def _send(self, attempt: Try) -> None:
        notification, tried = attempt.notification, attempt.tried
        seconds = self._timing.retry_timeout_s if tried else self._timing.first_delivery_timeout_s
        if self._session is None or await self._is_taken(notification, seconds):
            return
        waited_s = _FIRST_RETRY_S * (2**tried - 1)
        if timedelta(seconds=waited_s) > _GIVE_UP_AFTER:
            log.info("notification.given_up", extra={"subscription": notification.subscription.id})
            return
        delay_s = min(_FIRST_RETRY_S * 2**tried, _LONGEST_RETRY_S)
        self._tries.put(self._clock.now() + timedelta(seconds=delay_s), Try(notification, tried + 1))

    async def _is_taken(self, notification: Notification, seconds: float) -> bool:
        if self._session is None:
            return False
        timeout = aiohttp.ClientTimeout(total=seconds)
        body = msgspec.json.encode({"value": [notification.item]})
        headers = {"Content-Type": "application/json; charset=utf-8"}
        try:
            async with self._session.post(notification.url, data=body, headers=headers, timeout=timeout) as response:
                self.sent += 1
                return 200 <= response.status < 300
        except (aiohttp.ClientError, TimeoutError):
            return False

    async def _post_for_token(self, url: str) -> tuple[int, str, str]:
        if self._session is None:
            raise no_handshake("The sandbox tenant is shutting down.")
        timeout = aiohttp.ClientTimeout(total=self._timing.handshake_timeout_s)
        headers = {"Content-Type": "text/plain; charset=utf-8"}
        try:
            async with self._session.post(url, data=b"", headers=headers, timeout=timeout) as response:
                return response.status, await response.text(), response.content_type
        except (aiohttp.ClientError, TimeoutError) as problem:
            raise no_handshake(
                f"The request to the notification endpoint failed: {type(problem).__name__}."
            ) from problem

    def _token(self) -> str:
        return f"{self._rng.getrandbits(128):032x}"
