"""Four processes want one SQLite file: one gets it, the others are told why; a killed owner is succeeded at once."""

import asyncio
from contextlib import ExitStack
from multiprocessing.connection import Connection

from bot.ports.store import Batch, Put, StoreUnusable
from tests.proofs.processes import Child
from tests.proofs.proof import SQLITE, Outcome, Proof, Task
from tests.proofs.stores import CLOCK, Address, place

_WANT_IT = 4


def _run(task: Task) -> Outcome:
    violations, slowest_s = list[str](), 0.0
    with place(task.engine) as where:
        for number in range(task.size):
            with ExitStack() as stack:
                children = [stack.enter_context(Child(_want, where.address, number)) for _ in range(_WANT_IT)]
                told = [child.await_word("told")[0] for child in children]
                owners = [child for child, said in zip(children, told, strict=True) if not said]
                if len(owners) != 1 or not all("in use by another Foyer" in said for said in told if said):
                    violations.append(f"round {number}: {len(owners)} have the file; the others were told {told}")
                for owner in owners:
                    owner.kill()
                began = CLOCK.monotonic()
                successor = stack.enter_context(Child(_want, where.address, number + 1))
                if said := successor.await_word("told")[0]:
                    violations.append(f"round {number}: the owner is dead, and yet: {said}")
                slowest_s = max(slowest_s, CLOCK.monotonic() - began)
            task.tell(f"{number + 1} of {task.size} rounds, {len(violations)} violations")
    return Outcome(
        result=f"{len(violations)} rounds in which not exactly one of {_WANT_IT} had the file",
        worst=f"a killed owner was succeeded in {slowest_s * 1000:.0f} ms",
        violations=tuple(violations),
    )


def _want(connection: Connection, address: Address, number: int) -> None:
    async def run() -> None:
        try:
            engine = await address.open()
        except StoreUnusable as refused:
            connection.send(("told", str(refused)))
            return
        await engine.of("contoso").commit(Batch(puts=(Put(f"round/{number}", b""),)))
        connection.send(("told", ""))
        await asyncio.Event().wait()

    asyncio.run(run())


SECOND = Proof(
    name="second-process",
    shows="four processes want one SQLite file; the one that gets it is killed, another takes over",
    invariants=("I1",),
    unit="rounds",
    full=200,
    smoke=5,
    run=_run,
    engines=(SQLITE,),
)
