"""Five hundred want one slot in the same moment: one gets it, and the others are told who."""

import asyncio
import threading
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from multiprocessing.connection import Connection

from bot.ports.store import Batch, Claim, Overlap, Put, Store
from bot.store.sqlite import SqliteEngine
from tests.proofs.processes import Child, hear
from tests.proofs.proof import REDIS, Outcome, Proof, Task
from tests.proofs.stores import CLOCK, Address, Place, place

RACERS = 500
_SIDES = 4  # processes on Redis, threads on SQLite, whose file is one process' own
_WITHIN_S = 1.0
_MEANT = 100  # fewer rounds are a smoke test, which judges no time
_ROOM = "oak@contoso.example"
_LATE_S = 30.0

Told = tuple[list[str], Counter[str], list[str]]


def _run(task: Task) -> Outcome:
    with place(task.engine) as where:
        slowest_s, violations = (_processes if task.engine == REDIS else _threads)(where, task)
    result = f"{task.size} rounds of {RACERS} racers, exactly one winner each" if not violations else violations[0]
    worst = f"slowest round {slowest_s:.2f} s"
    if task.size >= _MEANT and slowest_s >= _WITHIN_S:
        worst += f", not within {_WITHIN_S:.0f} s"
        violations.append(f"too slow: a round took {slowest_s:.2f} s (is the machine busy with something else?)")
    return Outcome(result=result, worst=worst, violations=tuple(violations))


def _threads(where: Place, task: Task) -> tuple[float, list[str]]:
    """One engine, as one process has it; an event loop in each thread."""
    engine = SqliteEngine.open(where.folder / "foyer.db")
    judge = _Judge(task)
    for number in range(task.size):
        told: list[Told] = []
        gate = threading.Barrier(_SIDES + 1)
        threads = [
            threading.Thread(target=_side, args=(engine.of("contoso"), number, side, gate, told))
            for side in range(_SIDES)
        ]
        for thread in threads:
            thread.start()
        gate.wait()
        began = CLOCK.monotonic()
        for thread in threads:
            thread.join()
        judge.round(number, CLOCK.monotonic() - began, told)
    stands = asyncio.run(_stands(engine.of("contoso")))
    asyncio.run(engine.close())
    return judge.slowest_s, judge.verdict(stands)


def _side(store: Store, number: int, side: int, gate: threading.Barrier, told: list[Told]) -> None:
    async def race() -> None:
        gate.wait()
        told.append(await _race(store, number, side))

    asyncio.run(race())


def _processes(where: Place, task: Task) -> tuple[float, list[str]]:
    judge = _Judge(task)
    with ExitStack() as stack:
        children = [stack.enter_context(Child(_racers, where.address, side)) for side in range(_SIDES)]
        for child in children:
            child.await_word("ready")
        for number in range(task.size):
            began = CLOCK.monotonic()
            for child in children:
                child.send(number)
            told: list[Told] = []
            for _, message in hear(children, _LATE_S):
                told.append(message)
                if len(told) == _SIDES:
                    break
            judge.round(number, CLOCK.monotonic() - began, told)

    async def stands() -> list[Claim]:
        engine = await where.address.open()
        try:
            return await _stands(engine.of("contoso"))
        finally:
            await engine.close()

    return judge.slowest_s, judge.verdict(asyncio.run(stands()))


def _racers(connection: Connection, address: Address, side: int) -> None:
    async def run() -> None:
        engine = await address.open()
        store = engine.of("contoso")
        await store.next_due()  # connected
        connection.send(("ready",))
        while True:
            number = await asyncio.to_thread(connection.recv)
            connection.send(await _race(store, number, side))

    asyncio.run(run())


async def _race(store: Store, number: int, side: int) -> Told:
    """Who won, whom the losers were told, and what went wrong otherwise."""
    racers = [f"{number}.{side}.{racer}" for racer in range(RACERS // _SIDES)]
    starts = [number * 10_000 + 7 * racer + side for racer in range(len(racers))]
    tries = (_try(store, racer, start) for racer, start in zip(racers, starts, strict=True))
    outcomes = await asyncio.gather(*tries, return_exceptions=True)
    won = [racer for racer, outcome in zip(racers, outcomes, strict=True) if outcome is None]
    lost = Counter(outcome.holder for outcome in outcomes if isinstance(outcome, Overlap))
    odd = [repr(one) for one in outcomes if one is not None and not isinstance(one, Overlap)]
    return won, lost, odd


async def _try(store: Store, racer: str, start: int) -> None:
    """All want the hour, some a little earlier or later; each in one batch with a document, as bookings are."""
    claim = Claim(_ROOM, start, start + 3_600, racer)
    await store.commit(Batch(claims=(claim,), puts=(Put(f"booking/{racer}", b"", expected=0),)))


async def _stands(store: Store) -> list[Claim]:
    documents = {document.key.removeprefix("booking/") for document in await store.scan("booking/")}
    claims = await store.claims(_ROOM, 0, 2**40)
    assert documents == {claim.holder for claim in claims}, "a booking without its claim, or the other way round"
    return claims


class _Judge:
    def __init__(self, task: Task) -> None:
        self._task = task
        self._violations: list[str] = []
        self._winners: list[str] = []
        self.slowest_s = 0.0

    def round(self, number: int, took_s: float, told: Sequence[Told]) -> None:
        won = [racer for winners, _, _ in told for racer in winners]
        lost: Counter[str] = sum((losers for _, losers, _ in told), Counter())
        self._violations += [f"round {number}: {error}" for _, _, odd in told for error in odd[:3]]
        if len(won) != 1:
            self._violations.append(f"round {number}: {len(won)} winners: {won[:4]}")
        elif lost != {won[0]: RACERS - 1}:
            self._violations.append(f"round {number}: {won[0]} won, the others were told {lost.most_common(3)}")
        self._winners += won
        self.slowest_s = max(self.slowest_s, took_s)
        self._task.tell(f"{number + 1} of {self._task.size} rounds, slowest {self.slowest_s:.2f} s")

    def verdict(self, stands: Sequence[Claim]) -> list[str]:
        if sorted(claim.holder for claim in stands) != sorted(self._winners):
            self._violations.append("what the store holds in the end is not what the winners were told")
        return self._violations


RACE = Proof(
    name="race",
    shows="500 racers want one slot at once: threads of the one process on SQLite, four processes on Redis",
    invariants=("I1", "I11"),
    unit="rounds",
    full=200,
    smoke=3,
    run=_run,
)
