"""Works off what is owed: leases due jobs, hands each to its handler, and comes back at the right time."""

import asyncio
import contextlib
import logging
import math
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import NamedTuple

from bot.ports.calendar import Busy, RemoteError
from bot.ports.clock import Clock
from bot.ports.store import Batch, Conflict, Finish, Lease, LeaseLost, Schedule, Store, StoreDown, StoreError

log = logging.getLogger(__name__)

Handler = Callable[[Lease], Awaitable[None]]

LEASE_S = 30.0
LONGEST_S = 120.0
_TIMES_A_LEASE = 3  # it is prolonged so often before it would lapse
AT_ONCE = 32
_BACKOFF_S = 5.0
_MOST_BACKOFF_S = 60.0
_FORGOTTEN_S = 10 * _MOST_BACKOFF_S
_MOST_WAIT_S = 3600.0  # a service that asks for more is asked again after an hour
_BROKEN_S = 60.0  # longer each time
_REPEATED_S = 2.0  # what is on its way has arrived by then
_IDLE_S = 1.0
_NOT_OURS_S = 0.1  # what is due and was not taken is another worker's


class Terms(NamedTuple):
    """In seconds: how long a job stays with a process that died, and how long a handler may take. `repeated` are kinds
    that show how something stands: what was shown by a process that had lost its lease may be older than what another
    has shown meanwhile, and so it is shown once more."""

    lease_s: float = LEASE_S
    longest_s: float = LONGEST_S
    repeated: frozenset[str] = frozenset()


_TERMS = Terms()


class _PutOff(NamedTuple):
    """How often in a row a job was put off, and when last."""

    times: int
    at: float


class _InHand(NamedTuple):
    """`since` by the monotonic clock. `is_lost`: it was no longer ours when the leases were last prolonged."""

    lease: Lease
    since: float
    is_lost: bool = False


class Worker:
    """One tenant's jobs. `handlers` by key prefix. A handler finishes its lease in its own batch.

    A handler that raises the calendar's errors, or Conflict, is called again later, each time a little later still; one
    that raises anything else is called again some minutes later, and its job is a dead letter after five attempts.
    While a handler works, `run` prolongs its lease. One that takes too long is broken off, and so is one that goes on
    without its lease from one time to the next: at the first, it may just have finished.
    """

    def __init__(
        self, store: Store, handlers: Mapping[str, Handler], clock: Clock, name: str, *, terms: Terms = _TERMS
    ) -> None:
        self._store = store
        self._handlers = handlers
        self._clock = clock
        self._name = name
        self._terms = terms
        self._running: dict[asyncio.Task[None], _InHand] = {}
        self._put_off: OrderedDict[str, _PutOff] = OrderedDict()  # by job, the longest ago first
        self._wake = asyncio.Event()
        self._rests_until = math.inf
        self._store_down = False

    def nudge(self, owed: Iterable[Schedule]) -> None:
        """To be called with whatever is owed from now on: it is looked at what is due where one is this worker's, and
        due before it would look anyway."""
        ours = tuple(self._handlers)
        if any(one.due_at < self._rests_until and one.key.startswith(ours) for one in owed):
            self._wake.set()

    async def run(self) -> None:
        """Until cancelled; then the jobs in hand are cancelled too, and given back."""
        holding = asyncio.create_task(self._hold(), name="leases")
        try:
            while True:
                try:
                    self._wake.clear()
                    due_at = await self._next_due()
                    if due_at > self._clock.now().timestamp() or not await self._take():
                        await self._rest(due_at)
                except Exception:
                    log.exception("worker.stumbled")  # whatever it was, the other jobs go on
                    await self._clock.sleep(_IDLE_S)
        finally:
            holding.cancel()
            await self._stop()

    async def _hold(self) -> None:
        while True:
            await self._clock.sleep(self._terms.lease_s / _TIMES_A_LEASE)
            with contextlib.suppress(StoreDown):  # told where jobs are taken; what lapses is found to be lost
                await self.prolong()

    async def prolong(self) -> None:
        """Keeps what is in hand, and breaks off what took too long or has been lost for a while. Raises StoreDown."""
        begun_after = self._clock.monotonic() - self._terms.longest_s
        for task, held in self._running.items():
            if held.since <= begun_after:
                log.error("job.broken_off", extra={"kind": _kind(held.lease), "attempt": held.lease.attempt})
                task.cancel()
        in_hand = {task: held for task, held in self._running.items() if held.since > begun_after}
        if not in_hand:
            return
        until = self._clock.now().timestamp() + self._terms.lease_s
        kept = await self._store.prolong([held.lease for held in in_hand.values()], until)
        ours = {(lease.key, lease.fence) for lease in kept}
        for task, held in in_hand.items():
            if (held.lease.key, held.lease.fence) in ours or task.done():
                continue
            self._running[task] = held._replace(is_lost=True)  # before anything is awaited: it may be done then
            if held.is_lost:
                task.cancel()
                await self._lost(held.lease)

    async def settle(self) -> int:
        """Runs everything that is due now, and what that makes due, to the end. Returns how many jobs ran."""
        ran = 0
        while took := await self._take():
            ran += took
            await asyncio.gather(*self._running)
        return ran

    async def _take(self) -> int:
        room = AT_ONCE - len(self._running)
        if room <= 0:
            return 0
        try:
            now = self._clock.now().timestamp()
            leases = await self._store.take(tuple(self._handlers), room, now=now, lease_s=self._terms.lease_s)
        except StoreDown:
            if not self._store_down:
                log.error("worker.store_down")  # once; and once when it is back
            self._store_down = True
            return 0
        if self._store_down:
            log.warning("worker.store_back")
        self._store_down = False
        for lease in leases:
            task = asyncio.create_task(self._work(lease), name=lease.key)
            # Two tasks of one job are possible: a lease that lapsed was taken anew.
            self._running[task] = _InHand(lease, self._clock.monotonic())
            task.add_done_callback(self._done)
        return len(leases)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._running.pop(task, None)
        self._wake.set()

    async def _work(self, lease: Lease) -> None:
        kind = _kind(lease)
        try:
            await self._handlers[f"{kind}/"](lease)
            self._put_off.pop(lease.key, None)
        except LeaseLost:
            await self._lost(lease)
        except StoreDown:
            log.error("job.store_down", extra={"kind": kind})
        except (RemoteError, Conflict) as fault:
            await self._later(lease, kind, fault)
        except Exception:
            log.exception("job.failed", extra={"kind": kind, "attempt": lease.attempt})
            with contextlib.suppress(StoreDown):  # then it comes back sooner
                until = self._clock.now().timestamp() + _BROKEN_S * lease.attempt
                await self._store.prolong([lease], until)

    async def _lost(self, lease: Lease) -> None:
        kind = _kind(lease)
        log.warning("job.lease_lost", extra={"kind": kind})
        if f"{kind}/" in self._terms.repeated:
            with contextlib.suppress(StoreDown):
                at = self._clock.now().timestamp() + _REPEATED_S
                await self._store.commit(Batch(schedules=(Schedule(lease.key, at),)))

    def _wait_s(self, job: str, fault: RemoteError | Conflict) -> float:
        """What a throttling service says is kept to. What was never told is tried at growing distances."""
        if isinstance(fault, Busy):
            return min(max(fault.retry_after_s, 0.05), _MOST_WAIT_S)
        now = self._clock.monotonic()
        while self._put_off and now - next(iter(self._put_off.values())).at > _FORGOTTEN_S:
            self._put_off.popitem(last=False)  # done meanwhile, here or in another process
        times = self._put_off.pop(job, _PutOff(0, now)).times
        self._put_off[job] = _PutOff(times + 1, now)
        return min(_BACKOFF_S * 2.0 ** min(times, 10), _MOST_BACKOFF_S)

    async def _later(self, lease: Lease, kind: str, fault: RemoteError | Conflict) -> None:
        wait_s = self._wait_s(lease.key, fault)
        code, status = ("conflict", 0) if isinstance(fault, Conflict) else (fault.code, fault.status)
        log.info("job.later", extra={"kind": kind, "wait_s": wait_s, "code": code, "status": status})
        at = self._clock.now().timestamp() + wait_s
        try:
            await self._store.commit(Batch(finishes=(Finish(lease, again_at=at),)))
        except (LeaseLost, StoreDown):
            log.warning("job.not_put_off", extra={"kind": kind})

    async def _next_due(self) -> float:
        """Asked before anything is taken, for it changes nothing and takes less; what is down is asked to the end."""
        try:
            due_at = await self._store.next_due()
        except StoreDown:
            return 0.0
        if self._store_down:
            return 0.0
        return math.inf if due_at is None else due_at

    async def _rest(self, due_at: float) -> None:
        """Until then, a second has passed, or somebody nudges."""
        left_s = due_at - self._clock.now().timestamp()
        wait_s = _IDLE_S if self._store_down else min(max(left_s, _NOT_OURS_S), _IDLE_S)
        self._rests_until = self._clock.now().timestamp() + wait_s
        sleep = asyncio.create_task(self._clock.sleep(wait_s))
        wake = asyncio.create_task(self._wake.wait())
        await asyncio.wait((sleep, wake), return_when=asyncio.FIRST_COMPLETED)
        for task in (sleep, wake):
            task.cancel()
        self._rests_until = math.inf

    async def _stop(self) -> None:
        """What was in hand is given back, so that another process need not wait for the lease to lapse."""
        in_hand = dict(self._running)
        for task in in_hand:
            task.cancel()
        await asyncio.gather(*in_hand, return_exceptions=True)
        await asyncio.gather(*(self._given_back(held.lease) for held in in_hand.values()))

    async def _given_back(self, lease: Lease) -> None:
        with contextlib.suppress(StoreError):  # finished after all, or it lapses
            now = self._clock.now().timestamp()
            await self._store.commit(Batch(finishes=(Finish(lease, again_at=now),)))


def _kind(lease: Lease) -> str:
    return lease.key.partition("/")[0]


class NudgingStore:
    """A store that wakes the worker when a batch owes something (the jobs are found by the clock anyway, this only
    makes them prompt), and tells which documents this process wrote itself."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.nudge: Callable[[Iterable[Schedule]], None] = lambda _: None
        self.wrote: Callable[[Iterable[str]], None] = lambda _: None
        self.read = store.read
        self.scan = store.scan
        self.page = store.page
        self.claims = store.claims
        self.take = store.take
        self.prolong = store.prolong
        self.next_due = store.next_due
        self.dead_letters = store.dead_letters
        self.owed = store.owed
        self.known_jobs = store.known_jobs

    async def commit(self, batch: Batch) -> None:
        await self._store.commit(batch)
        self.wrote([*(part.key for part in batch.deletes), *(part.key for part in batch.puts)])
        self.nudge(batch.schedules)
