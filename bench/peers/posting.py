"""Posts ready-made requests over kept-alive connections, as fast as one core can; and watches what a process spends."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path


@dataclass(frozen=True)
class Load:
    """What a server answered in one slice of time. `cpu_s` is the server's, user and system."""

    done: int
    elapsed_s: float
    cpu_s: float
    p50_ms: float
    p99_ms: float

    @property
    def per_s(self) -> float:
        return self.done / self.elapsed_s

    @property
    def cpu_us(self) -> float:
        """Of each request."""
        return self.cpu_s / self.done * 1e6


@dataclass(frozen=True, kw_only=True)
class Served:
    """Where a server listens, which process it is, and what it is to answer."""

    port: int
    pid: int
    wanted: bytes = b"HTTP/1.1 202"


async def load(server: Served, requests: Sequence[bytes], *, at_once: int, seconds: float) -> Load:
    """Each of `at_once` connections has one request under way. Raises RuntimeError for another answer than the one
    wanted."""
    loop = asyncio.get_running_loop()
    lanes = [_Lane(requests[lane::at_once], server.wanted) for lane in range(at_once)]
    for lane in lanes:
        await loop.create_connection(partial(_itself, lane), "127.0.0.1", server.port)
    cpu_s, began = spent_s(server.pid), time.perf_counter()
    for lane in lanes:
        lane.begin(began + seconds)
    await asyncio.gather(*(lane.over for lane in lanes))
    elapsed_s, cpu_s = time.perf_counter() - began, spent_s(server.pid) - cpu_s
    took = sorted(one for lane in lanes for one in lane.took)
    return Load(len(took), elapsed_s, cpu_s, took[len(took) // 2] * 1000, took[int(len(took) * 0.99)] * 1000)


def spent_s(pid: int) -> float:
    """CPU time of a process's threads since their starts, 0 where the machine does not tell (only Linux does)."""
    tasks = Path(f"/proc/{pid}/task")
    if not tasks.exists():
        return 0.0
    # Nanoseconds on a core come first: https://docs.kernel.org/scheduler/sched-stats.html
    return sum(int(one.read_text().split()[0]) for one in tasks.glob("*/schedstat")) / 1e9


def _itself(lane: "_Lane") -> "_Lane":
    return lane


class _Lane(asyncio.Protocol):
    """One connection. Answers are small: each is taken to be whole once it has come with its head."""

    def __init__(self, requests: Sequence[bytes], wanted: bytes) -> None:
        self._requests = requests
        self._wanted = wanted
        self._number = 0
        self._until = self._sent = 0.0
        self.took: list[float] = []
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def begin(self, until: float) -> None:
        self._until = until
        self._send()

    def data_received(self, data: bytes) -> None:
        if not data.startswith(self._wanted):
            self._end(RuntimeError(f"not the answer that was wanted: {data[:200]!r}"))
            return
        now = time.perf_counter()
        self.took.append(now - self._sent)
        if now < self._until:
            self._send(now)
        else:
            self._end(None)

    def connection_lost(self, _fault: Exception | None) -> None:
        self._end(RuntimeError("the server has closed the connection"))

    def _send(self, now: float = 0.0) -> None:
        self._sent = now or time.perf_counter()
        self._transport.write(self._requests[self._number % len(self._requests)])
        self._number += 1

    def _end(self, fault: Exception | None) -> None:
        if not self.over.done():
            if fault is None:
                self.over.set_result(None)
            else:
                self.over.set_exception(fault)
        self._transport.close()
