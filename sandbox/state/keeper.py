"""Keeps the state file true while the tenant runs: at most one write a second, and one when it stops."""

import asyncio
import logging
from collections.abc import Callable
from typing import Protocol

log = logging.getLogger(__name__)

EVERY_S = 1.0


class Target(Protocol):
    def write(self, content: bytes) -> None:
        """Blocks. Raises OSError."""


class Keeper:
    """`take` makes the content, told whether nothing will happen after it; equal content is not written again."""

    def __init__(self, target: Target, take: Callable[[bool], bytes], *, every_s: float = EVERY_S) -> None:
        self._target = target
        self._take = take
        self._every_s = every_s
        self._written = b""
        self._stopped = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """Writes the first file, before anybody is served: ids of this run are then never given out again, whatever
        becomes of it. Blocks. Raises OSError."""
        self._write(self._take(False))

    def start(self) -> None:
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """To be called when nothing happens any more. A failure is logged."""
        self._stopped.set()
        if self._task is not None:
            await self._task
        await self._keep(is_clean=True)

    async def _run(self) -> None:
        # It compares instead of being told: no change can be forgotten, and an unchanged mailbox costs nothing.
        while not self._stopped.is_set():
            await self._keep(is_clean=False)
            try:
                async with asyncio.timeout(self._every_s):
                    await self._stopped.wait()
            except TimeoutError:
                continue

    async def _keep(self, *, is_clean: bool) -> None:
        content = self._take(is_clean)
        if content == self._written:
            return
        try:
            await asyncio.to_thread(self._write, content)
        except OSError:
            log.exception("state.not_saved")

    def _write(self, content: bytes) -> None:
        self._target.write(content)
        self._written = content
