"""The process that writes lanes into a store until it is killed, and tells of each answer as it gets it."""

import asyncio
from collections.abc import Awaitable, Callable
from multiprocessing.connection import Connection
from typing import TypeVar

from bot.ports.store import Conflict, Lease, LeaseLost, Overlap, Store, StoreDown
from tests.proofs.lanes import LANES, Answered, Book, Found, finishing, job_of, look, problems, replays, step
from tests.proofs.processes import Child
from tests.proofs.stores import CLOCK, Address

TENANT = "contoso"
_AT_ONCE = 64
_LAPSE = 100.0  # more than a lease
_PAUSE_S = 0.002

T = TypeVar("T")


class Listener:
    """What a writer said, judged as it comes; outlives the writer, as the store does."""

    def __init__(self, name: str = "") -> None:
        self._name = name
        self._answered = Answered()
        self.violations: list[str] = []
        self.steps = 0
        self.jobs = 0
        self.looks = 0
        self.slowest_s = 0.0

    def hear(self, message: tuple[object, ...]) -> None:
        match message:
            case ("step", int(lane), int(number)):
                self._answered.steps[lane] = number
                self.steps += 1
            case ("finished", list(jobs)):
                self._answered.finished.update(jobs)
                self.jobs += len(jobs)
            case ("found", Found() as found, float(took_s)):
                self.judge(found, took_s)
            case ("lost", str(what)):
                self._say(what)

    def judge(self, found: Found, took_s: float) -> None:
        for problem in problems(found, self._answered):
            self._say(problem)
        self._answered.take(found)
        self.looks += 1
        self.slowest_s = max(self.slowest_s, took_s)

    def _say(self, what: str) -> None:
        self.violations.append(f"{self._name}{what}")


def writer(address: Address, life: int, tenant: str = TENANT) -> Child:
    """`life` counts the writers of this tenant so far: what an earlier one had leased is due for the next."""
    return Child(write, address, life, tenant)


def write(connection: Connection, address: Address, life: int, tenant: str) -> None:
    """Looks at all there is, says so, and writes; "look" makes it pause and look again, "stop" ends it."""
    asyncio.run(_Writing(connection, now=life * 1_000_000.0).run(address, tenant))


class _Writing:
    def __init__(self, connection: Connection, now: float) -> None:
        self._connection = connection
        self._now = now
        self._halt = asyncio.Event()

    async def run(self, address: Address, tenant: str) -> None:
        self._connection.send(("started",))
        began = CLOCK.monotonic()
        engine = await address.open()
        asked: asyncio.Queue[str] = asyncio.Queue()
        asyncio.get_running_loop().add_reader(self._connection.fileno(), lambda: asked.put_nowait(self._heard()))
        word = "look"
        while word == "look":
            await self._round(engine.of(tenant), began)
            word = await asked.get()
            began = CLOCK.monotonic()
        await engine.close()

    def _heard(self) -> str:
        self._halt.set()
        word = self._connection.recv()
        assert isinstance(word, str)
        return word

    async def _round(self, store: Store, began: float) -> None:
        self._halt.clear()
        self._now += _LAPSE
        found, leases = await _patiently(lambda: look(store, self._now))
        self._connection.send(("found", found, CLOCK.monotonic() - began))
        await _patiently(lambda: store.commit(replays(found)))
        counts = {lane: found.counts.get(lane, (0, 0))[0] for lane in range(LANES)}
        async with asyncio.TaskGroup() as both:
            for lane, count in counts.items():
                both.create_task(self._lane(store, lane, count))
            both.create_task(self._work(store, leases, found.book))
        await self._halt.wait()

    async def _lane(self, store: Store, lane: int, count: int) -> None:
        """A step whose answer was lost may happen while it is tried again, so that a refusal is looked into."""
        in_doubt = True  # of the last of the round before
        while not self._halt.is_set():
            try:
                await store.commit(step(lane, count + 1))
            except StoreDown:
                in_doubt = True
                continue
            except (Conflict, Overlap) as refusal:
                if not in_doubt or await self._count(store, lane) != count + 1:
                    self._connection.send(("lost", f"step {count + 1} of lane {lane} was refused: {refusal!r}"))
                    return
            in_doubt = False
            count += 1
            self._connection.send(("step", lane, count))

    async def _count(self, store: Store, lane: int) -> int:
        stood = await _patiently(lambda: store.read([f"lane/{lane}"]))
        return int(stood[f"lane/{lane}"].value) if stood else 0

    async def _work(self, store: Store, leases: list[Lease], book: Book) -> None:
        """Alone with the jobs, so that a lost lease is a lost job."""
        while not self._halt.is_set():
            if leases:
                book = await self._finish(store, leases[:_AT_ONCE], book)
                leases = leases[_AT_ONCE:]
                continue
            try:
                leases = await store.take(("job/",), _AT_ONCE, now=self._now, lease_s=_LAPSE / 10)
            except StoreDown:
                self._now += _LAPSE  # whatever was leased without a word lapses
            if not leases:
                await CLOCK.sleep(_PAUSE_S)

    async def _finish(self, store: Store, leases: list[Lease], book: Book) -> Book:
        batch, then = finishing(leases, book)
        in_doubt = True
        while in_doubt:
            try:
                await store.commit(batch)
                in_doubt = False
            except StoreDown:
                continue
            except (LeaseLost, Conflict) as refusal:
                stands = Book.read((await _patiently(lambda: store.read(["book"]))).get("book"))
                if stands.version != then.version:
                    self._connection.send(("lost", f"finishing was refused: {refusal!r}"))
                in_doubt = False
        self._connection.send(("finished", [job_of(lease.key) for lease in leases]))
        return then


async def _patiently(ask: Callable[[], Awaitable[T]]) -> T:
    """For things that may be asked again."""
    while True:
        try:
            return await ask()
        except StoreDown:
            await CLOCK.sleep(_PAUSE_S)
