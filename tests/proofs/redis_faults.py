"""A Redis server that is killed, stopped in its tracks, or started again, under two processes that write."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace

from bot.store.redis_link import Bounds
from tests.proofs.processes import PROMPT_S, Child, hear
from tests.proofs.proof import REDIS, Outcome, Proof, Task
from tests.proofs.stores import CLOCK, Place, place
from tests.proofs.writer import Listener, writer
from tests.redis_server import RedisServer

_WRITERS = ("contoso", "fabrikam")
_BETWEEN_S = 0.1
_IMPATIENT = Bounds(answer_s=0.1, patience_s=0.2)
_LONGEST_PAUSE_S = 0.5

Harm = Callable[[RedisServer, "_Watch", float], None]


class _Watch:
    """Hears what the writers say, whatever happens meanwhile."""

    def __init__(self, children: dict[Child, Listener]) -> None:
        self._children = children

    def listen(self, seconds: float) -> None:
        for child, message in hear(list(self._children), seconds):
            self._children[child].hear(message)

    def look(self) -> float:
        """Makes each pause and tell all that it finds; how long until the last has."""
        began = CLOCK.monotonic()
        waiting = set(self._children)
        for child in waiting:
            child.send("look")
        for child, message in hear(list(self._children), PROMPT_S):
            self._children[child].hear(message)
            if message[0] == "found":
                waiting.discard(child)
            if not waiting:
                return CLOCK.monotonic() - began
        raise AssertionError("a writer never came back to the server")


def _killed(server: RedisServer, watch: _Watch, share: float) -> None:
    server.kill()
    watch.listen(share * _BETWEEN_S)
    server.start()


def _restarted(server: RedisServer, watch: _Watch, share: float) -> None:
    server.stop()
    watch.listen(share * _BETWEEN_S)
    server.start()


def _paused(server: RedisServer, watch: _Watch, share: float) -> None:
    """Up to more than twice as long as a writer waits, so that it gives up, asks again, and is answered late."""
    server.pause()
    watch.listen(share * _LONGEST_PAUSE_S)
    server.resume()


def _proof(harm: Harm, bounds: Bounds) -> Callable[[Task], Outcome]:
    def run(task: Task) -> Outcome:
        with place(task.engine) as where:
            return _harmed(task, replace(where, address=replace(where.address, bounds=bounds)), harm)

    return run


def _harmed(task: Task, where: Place, harm: Harm) -> Outcome:
    chance, slowest_s = task.chance(), 0.0
    listeners = [Listener(f"{tenant}: ") for tenant in _WRITERS]
    with ExitStack() as stack:
        children = {
            stack.enter_context(writer(where.address, 1, tenant)): listener
            for tenant, listener in zip(_WRITERS, listeners, strict=True)
        }
        watch = _Watch(children)
        watch.look()  # whoever starts wants a server that answers
        for number in range(task.size):
            watch.listen(chance.uniform(0, _BETWEEN_S))
            harm(where.server, watch, chance.random())
            slowest_s = max(slowest_s, watch.look())
            lost = [problem for listener in listeners for problem in listener.violations]
            task.tell(f"{number + 1} of {task.size}, {_answered(listeners):,} answered, {len(lost)} violations")
            if lost:
                break
    return Outcome(
        result=f"0 of {_answered(listeners):,} answered batches and jobs lost" if not lost else f"{len(lost)} lost",
        worst=f"all writers back within {slowest_s:.2f} s",
        violations=tuple(lost),
    )


def _answered(listeners: list[Listener]) -> int:
    return sum(listener.steps + listener.jobs for listener in listeners)


KILLED = Proof(
    name="redis-kill",
    shows="the Redis server is killed (kill -9) and started again while two processes write",
    invariants=("I8", "I13"),
    unit="kills",
    full=200,
    smoke=5,
    run=_proof(_killed, Bounds()),
    engines=(REDIS,),
)

RESTARTED = Proof(
    name="redis-restart",
    shows="the Redis server is stopped in order and started again while two processes write",
    invariants=("I8", "I13"),
    unit="restarts",
    full=200,
    smoke=4,
    run=_proof(_restarted, Bounds()),
    engines=(REDIS,),
)

PAUSED = Proof(
    name="redis-pause",
    shows="the Redis server stands still (SIGSTOP), for less and for more than its clients wait, while two write",
    invariants=("I8", "I13"),
    unit="pauses",
    full=200,
    smoke=4,
    run=_proof(_paused, _IMPATIENT),
    engines=(REDIS,),
)
