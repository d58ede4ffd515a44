"""A client's process, from the side that gives the orders."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass

from bench.peers.target import Target

_LONGEST_S = 60.0


@dataclass(frozen=True)
class Slice:
    """What one client did in one stretch of time. `cpu_s` is the process's own, user and system."""

    done: int
    elapsed_s: float
    cpu_s: float
    rss_mib: float

    @property
    def per_s(self) -> float:
        return self.done / self.elapsed_s


class Worker:
    """Raises RuntimeError where the client does not deliver what was asked."""

    def __init__(self, name: str, process: asyncio.subprocess.Process) -> None:
        self.name = name
        self._process = process

    async def ready(self) -> None:
        await self._line()

    async def slice(self, target: Target, at_once: int, seconds: float) -> Slice:
        assert self._process.stdin is not None
        order = {"target": asdict(target), "at_once": at_once, "seconds": seconds}
        self._process.stdin.write(json.dumps(order).encode() + b"\n")
        return Slice(*json.loads(await self._line()))

    async def _line(self) -> bytes:
        assert self._process.stdout is not None
        line = await asyncio.wait_for(self._process.stdout.readline(), _LONGEST_S)
        if not line:
            raise RuntimeError(f"{self.name} has ended; what it wrote stands above")
        return line


@asynccontextmanager
async def worker(name: str) -> AsyncIterator[Worker]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bench.peers.worker",
        name,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        yield Worker(name, process)
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()
