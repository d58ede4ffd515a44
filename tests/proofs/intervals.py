"""Two hundred clients claim and give back random times of twenty rooms, while their processes are killed.

Every client notes what it asks for before it asks, and what it was told; the notes alone are judged (`history.py`).
"""

import asyncio
import random
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from multiprocessing.connection import Connection
from typing import Any

from bot.ports.store import Batch, Claim, Delete, Overlap, Put, Release, Store, StoreDown
from tests.proofs.history import Asked, End, Given, judge
from tests.proofs.processes import PROMPT_S, Child, hear
from tests.proofs.proof import REDIS, Outcome, Proof, Task
from tests.proofs.stores import CLOCK, Address, place
from tests.proofs.writer import TENANT

_ROOMS = [f"room{number}@contoso.example" for number in range(20)]
_HORIZON = 120
_LONGEST = 8
_CLIENTS = 200
_KILLS = 40


class _Notes:
    """What all clients of all processes noted."""

    def __init__(self) -> None:
        self.asked: dict[str, Asked] = {}
        self.given: dict[str, Given] = {}
        self.tries = 0

    def take(self, message: tuple[Any, ...]) -> None:
        match message:
            case ("asks", Claim() as claim, float(began)):
                self.asked[claim.holder] = Asked(claim=claim, began=began)
            case ("gives", str(number), str(holder), float(began)):
                self.given[number] = Given(holder=holder, began=began)
            case ("told", str(holder), End() as end, str(by), float(ended)):
                self.asked[holder] = replace(self.asked[holder], end=end, by=by, ended=ended)
                self.tries += 1
            case ("given", str(number), float(ended)):
                self.given[number] = replace(self.given[number], end=End.OK, ended=ended)

    def count(self, end: End) -> int:
        return sum(one.end is end for one in self.asked.values())


def _run(task: Task) -> Outcome:
    chance, notes, kills = task.chance(), _Notes(), 0
    processes = 3 if task.engine == REDIS else 1
    with place(task.engine) as where, ExitStack() as stack:

        def start() -> Child:
            name = f"{len(notes.asked)}.{chance.randrange(10**9)}"
            return stack.enter_context(Child(_book, where.address, name, _CLIENTS // processes))

        children = [start() for _ in range(processes)]
        while notes.tries < task.size:
            until = min((kills + 1) * max(task.size // _KILLS, 500), task.size)
            for _, message in hear(children, PROMPT_S):
                notes.take(message)
                if notes.tries >= until:
                    break
            else:
                raise AssertionError("the clients fell silent")
            unlucky = chance.randrange(processes)
            _end(children[unlucky], notes)
            kills += 1
            if notes.tries < task.size:
                children[unlucky] = start()
            task.tell(f"{notes.tries:,} of {task.size:,} tries, {kills} kills")
        for child in children:
            _end(child, notes)
        stands = asyncio.run(_stands(where.address))
    violations = judge(notes.asked.values(), notes.given.values(), stands)
    granted, refused, unknown = (notes.count(end) for end in End)
    return Outcome(
        result=f"{len(violations)} overlaps, losses or needless refusals",
        worst=f"{granted:,} granted, {refused:,} refused, {unknown:,} unknown, {kills} kills",
        violations=tuple(violations),
    )


def _end(child: Child, notes: _Notes) -> None:
    child.kill()
    for message in child.told(0):
        notes.take(message)


async def _stands(address: Address) -> Sequence[Claim]:
    engine = await address.open()
    store = engine.of(TENANT)
    stands = [claim for room in _ROOMS for claim in await store.claims(room, 0, _HORIZON + _LONGEST)]
    bookings = {document.key.removeprefix("booking/") for document in await store.scan("booking/")}
    await engine.close()
    assert bookings == {claim.holder for claim in stands}, "a booking without its claim, or the other way round"
    return stands


def _book(connection: Connection, address: Address, name: str, clients: int) -> None:
    async def run() -> None:
        engine = await address.open()
        await asyncio.gather(*(_Client(connection, f"{name}.{n}").run(engine.of(TENANT)) for n in range(clients)))

    asyncio.run(run())


class _Client:
    def __init__(self, connection: Connection, name: str) -> None:
        self._connection = connection
        self._name = name
        self._chance = random.Random(name)  # noqa: S311 - repeats what it can of a run
        self._mine: list[str] = []

    async def run(self, store: Store) -> None:
        number = 0
        while True:
            number += 1
            await self._ask(store, f"{self._name}.{number}")
            if self._mine and self._chance.random() < 0.5:
                await self._give_back(store, self._mine.pop(0))

    async def _ask(self, store: Store, holder: str) -> None:
        start = self._chance.randrange(_HORIZON)
        claim = Claim(self._chance.choice(_ROOMS), start, start + self._chance.randint(1, _LONGEST), holder)
        self._connection.send(("asks", claim, CLOCK.monotonic()))
        by = ""
        try:
            await store.commit(Batch(claims=(claim,), puts=(Put(f"booking/{holder}", b"", expected=0),)))
        except Overlap as refusal:
            end, by = End.REFUSED, refusal.holder
        except StoreDown:
            return  # nobody knows
        else:
            end = End.OK
            self._mine.append(holder)
        self._connection.send(("told", holder, end, by, CLOCK.monotonic()))
        if by and self._chance.random() < 0.2:
            await self._give_back(store, by)  # somebody else cancels it: its own client may be dead

    async def _give_back(self, store: Store, holder: str) -> None:
        """Maybe for the second time, which is fine."""
        number = f"{self._name}:{self._chance.random()}"
        self._connection.send(("gives", number, holder, CLOCK.monotonic()))
        try:
            await store.commit(Batch(releases=(Release(holder),), deletes=(Delete(f"booking/{holder}"),)))
        except StoreDown:
            return
        self._connection.send(("given", number, CLOCK.monotonic()))


INTERVALS = Proof(
    name="intervals",
    shows="200 clients claim and give back random times of 20 rooms while their processes are killed (kill -9)",
    invariants=("I1", "I13"),
    unit="tries",
    full=100_000,
    smoke=1_500,
    run=_run,
)
