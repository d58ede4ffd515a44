"""Workers that stand still for longer than their lease and then go on as if nothing had been."""

import asyncio
from contextlib import ExitStack
from multiprocessing.connection import Connection

from bot.ports.store import Batch, Finish, Lease, LeaseLost, Put, Schedule
from bot.sync.worker import Terms, Worker
from tests.proofs.processes import PROMPT_S, Child, hear
from tests.proofs.proof import REDIS, Outcome, Proof, Task
from tests.proofs.stores import CLOCK, Address, place
from tests.proofs.writer import TENANT

_LEASE_S = 0.6
_JOB = "drive/booking"
_RESULT = "result"


def _run(task: Task) -> Outcome:
    chance, violations, stale, slowest_s = task.chance(), list[str](), 0, 0.0
    with place(task.engine) as where, ExitStack() as stack:
        children = [stack.enter_context(Child(_work, where.address)) for _ in range(2)]
        for child in children:
            child.await_word("ready")
        for number in range(task.size):
            trial = _Trial(children, where.address)
            wrong = trial.run(last_first=chance.random() < 0.5)
            violations += [f"pause {number + 1}: {problem}" for problem in wrong]
            stale += bool(wrong)
            slowest_s = max(slowest_s, trial.taken_over_s)
            task.tell(f"{number + 1} of {task.size} pauses, {stale} with a stale write")
    return Outcome(
        result=f"{stale} of {task.size} that were overtaken wrote anything",
        worst=f"taken over {slowest_s:.2f} s after it was taken, by a lease of {_LEASE_S} s",
        violations=tuple(violations),
    )


class _Trial:
    """One job, held by a worker that is stopped until another has taken it."""

    def __init__(self, children: list[Child], address: Address) -> None:
        self._children = children
        self._address = address
        self.taken_over_s = 0.0

    def run(self, *, last_first: bool) -> list[str]:
        """`last_first`: the one who was stopped goes on before the other has written, else after."""
        asyncio.run(self._owe())
        late, old = self._await("holding")
        began = CLOCK.monotonic()
        late.pause()
        late.send("go")  # heard when it runs again
        prompt, new = self._await("holding")
        self.taken_over_s = CLOCK.monotonic() - began
        early = 0
        if last_first:
            late.resume()
            outcome = self._await_from(late)
            early = asyncio.run(self._stands())
            prompt.send("go")
            other = self._await_from(prompt)
        else:
            prompt.send("go")
            other = self._await_from(prompt)
            late.resume()
            outcome = self._await_from(late)
        stands = asyncio.run(self._stands())
        wrong = [] if outcome != "wrote" else [f"lease {old} was taken over by {new}, and yet it {outcome}"]
        wrong += [] if other == "wrote" else [f"lease {new} is the last, and yet it {other}"]
        wrong += [] if old < new else [f"lease {new} came after {old}"]
        wrong += [f"{early} was written under the lease that was taken over"] if early == old else []
        return wrong + ([] if stands == new else [f"{stands} stands there, the last lease was {new}"])

    def _await(self, word: str) -> tuple[Child, int]:
        for child, message in hear(self._children, PROMPT_S):
            if message[0] == word:
                return child, message[1]
        raise AssertionError(f"no worker said {word!r}")

    def _await_from(self, child: Child) -> str:
        for message in child.told(PROMPT_S):
            if message[0] in ("wrote", "refused", "was broken off"):
                return str(message[0])
        raise AssertionError("a worker that may go on never ended")

    async def _owe(self) -> None:
        engine = await self._address.open()
        await engine.of(TENANT).commit(Batch(schedules=(Schedule(_JOB, 0.0),)))
        await engine.close()

    async def _stands(self) -> int:
        engine = await self._address.open()
        found = await engine.of(TENANT).read([_RESULT])
        await engine.close()
        return int(found[_RESULT].value) if found else 0


def _work(connection: Connection, address: Address) -> None:
    async def run() -> None:
        engine = await address.open()
        store = engine.of(TENANT)
        words: asyncio.Queue[str] = asyncio.Queue()
        asyncio.get_running_loop().add_reader(connection.fileno(), lambda: words.put_nowait(connection.recv()))

        async def drive(lease: Lease) -> None:
            """Writes without looking at what stands there: the fence alone is between it and the store."""
            connection.send(("holding", lease.fence))
            try:
                await words.get()
                await store.commit(Batch(finishes=(Finish(lease),), puts=(Put(_RESULT, str(lease.fence).encode()),)))
            except LeaseLost:
                connection.send(("refused", lease.fence))
            except asyncio.CancelledError:  # the worker itself found that the lease is somebody else's
                connection.send(("was broken off", lease.fence))
                raise
            else:
                connection.send(("wrote", lease.fence))

        worker = Worker(store, {"drive/": drive}, CLOCK, "proof", terms=Terms(lease_s=_LEASE_S))
        await store.next_due()
        connection.send(("ready",))
        await worker.run()

    asyncio.run(run())


STALE = Proof(
    name="worker-pause",
    shows="a worker stands still (SIGSTOP) for longer than its lease, another takes the job, the first goes on",
    invariants=("I12",),
    unit="pauses",
    full=200,
    smoke=5,
    run=_run,
    engines=(REDIS,),
)
