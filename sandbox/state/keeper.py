"""Keeps the state file true while the tenant runs: at most one write a second, and one when it stops."""

import asyncio
import logging
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from sandbox.state.tenant import folded

log = logging.getLogger(__name__)

EVERY_S = 1.0


class Target(Protocol):
    def write(self, content: bytes) -> None:
        """Blocks. Raises OSError."""


class Log(Protocol):
    """Takes what follows a whole file."""

    def read(self) -> bytes | None:
        """The whole file. Blocks. Raises OSError."""

    def changes(self, content: bytes) -> list[bytes]:
        """What was appended to it. Blocks. Raises OSError."""

    def append(self, line: bytes) -> None:
        """Blocks. Raises OSError."""


@dataclass(frozen=True)
class Following:
    """`take` tells what became of what was last taken (None: nothing; b"": it is another tenant now, to be taken
    whole). It is asked from `large_bytes` on; a log that is longer than the file and `longest_bytes` is folded in."""

    log: Log
    take: Callable[[], bytes | None]
    large_bytes: int = 2 * 1024 * 1024
    longest_bytes: int = 64 * 1024 * 1024


class Keeper:
    """`take` makes the content, told whether nothing will happen after it; equal content is not written again.

    A large tenant is not written whole for every change where `following` takes the changes.
    """

    def __init__(
        self,
        target: Target,
        take: Callable[[bool], bytes],
        following: Following | None = None,
        *,
        every_s: float = EVERY_S,
    ) -> None:
        self._target = target
        self._take = take
        self._following = following
        self._every_s = every_s
        self._large_bytes = following.large_bytes if following is not None else sys.maxsize
        self._written = b""
        self._size = 0  # of the whole file; 0 until there is one that changes can follow
        self._log_size = 0
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
        await self._keep_whole(is_clean=True)

    async def _run(self) -> None:
        # It compares instead of being told: no change can be forgotten, and an unchanged mailbox costs nothing.
        while not self._stopped.is_set():
            if self._following is not None and self._size >= self._large_bytes:
                await self._keep_changes(self._following)
            else:
                await self._keep_whole(is_clean=False)
            try:
                async with asyncio.timeout(self._every_s):
                    await self._stopped.wait()
            except TimeoutError:
                continue

    async def _keep_whole(self, *, is_clean: bool) -> None:
        content = self._take(is_clean)
        if content != self._written:
            await self._attempt(self._write, content)

    async def _keep_changes(self, following: Following) -> None:
        line = following.take()
        if line == b"":
            await self._keep_whole(is_clean=False)
        elif line is not None:
            await self._attempt(partial(self._append, following), line)

    async def _attempt(self, act: Callable[[bytes], None], content: bytes) -> None:
        try:
            await asyncio.to_thread(act, content)
        except OSError:
            self._size = 0  # what is on the disk now is not known: a whole file comes next
            log.exception("state.not_saved")

    def _write(self, content: bytes) -> None:
        self._target.write(content)
        self._written = content if len(content) < self._large_bytes else b""
        self._size, self._log_size = len(content), 0

    def _append(self, following: Following, line: bytes) -> None:
        following.log.append(line)
        self._log_size += len(line)
        if self._log_size > max(self._size, following.longest_bytes):
            whole = following.log.read() or b""
            self._write(folded(whole, following.log.changes(whole)))
