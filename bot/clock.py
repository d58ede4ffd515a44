"""Reads the machine's clocks and waits: the one place that does; everything else takes a `bot.ports.clock.Clock`."""

import asyncio
import time
from datetime import UTC, datetime


class SystemClock:
    """The real clock, as `bot.ports.clock.Clock`."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
