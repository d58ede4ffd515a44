"""Our Graph client beside its limits and its peers, in turns within one run: `python -m bench.graph [--quick]`.

A page has fifty events and was read from the sandbox tenant once; a server of its own sends its bytes to everybody, so
that the clients are measured. Each client is a process of its own; they share one core, one at a time, in short slices,
and the server has the other. A ratio is the median of the rounds' ratios. Figures of two runs cannot be compared,
ratios within one run can. No TLS, no compression; tokens are there already.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from bench.peers.cores import CLIENT, pin
from bench.peers.figures import Case, memory, table, targets
from bench.peers.target import Kind
from bench.peers.tenant import Tenant, tenant
from bench.peers.worker import CLIENTS
from bench.peers.working import Worker, worker

_BUSY = 1.5
_TITLES: dict[Kind, str] = {
    "full": "Page of 50 events, full",
    "select": "Page of 50 events, $select",
    "event": "One event",
}
_AT_THE_TENANT = ("aiohttp + orjson", "ours, structs", "ours", "O365", "msgraph-sdk")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=0.25, help="per slice")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="shows that everything runs; the figures say little")
    told = parser.parse_args()
    pin(CLIENT)
    seconds, rounds = (0.02, 1) if told.quick else (told.seconds, told.rounds)
    asyncio.run(measure(seconds, rounds, 2 if told.quick else 16, judge=not told.quick))
    if told.quick:
        print("A quick run shows that everything runs. Its slices are too short to measure: no target is judged.")
    return 0


async def measure(seconds: float, rounds: int, lanes: int, *, judge: bool) -> None:
    async with AsyncExitStack() as stack:
        there = await stack.enter_async_context(tenant())
        root = await stack.enter_async_context(fixed_server(there))
        workers = [await stack.enter_async_context(worker(name)) for name in CLIENTS]
        for one in workers:
            await one.ready()
        cases = _cases(there, root, lanes)
        calibrations = [_calibration_ms()]
        for number in range(rounds):
            for case in cases:
                await _round(case, _turned(workers, number), seconds)
            calibrations.append(_calibration_ms())
    print(f"Rounds: {rounds}, slices of {seconds:g} s; a fixed piece of Python took {_span(calibrations)} ms.")
    print("The limit is aiohttp + orjson; the SDK is msgraph-sdk. O365 reads in threads where several read at once.")
    if max(calibrations) > _BUSY * min(calibrations):
        print("Other programs used this machine meanwhile: trust the CPU time more than the rates.")
    for case in cases:
        print(table(case))
    print(memory(cases))
    if judge:
        print(targets(cases))


async def _round(case: Case, workers: Iterable[Worker], seconds: float) -> None:
    for one in workers:
        if one.name in case.clients:
            case.add(one.name, await one.slice(case.target, case.at_once, seconds))


def _turned(workers: list[Worker], number: int) -> list[Worker]:
    """Nobody always comes first, nor always after the same."""
    turn = number % len(workers)
    order = workers[turn:] + workers[:turn]
    return order[::-1] if number % 2 else order


def _cases(there: Tenant, root: str, lanes: int) -> list[Case]:
    cases = []
    for kind, title in _TITLES.items():
        # The name tells the server what to answer.
        target = there.target(kind, root, tuple(f"{kind}{number}@contoso.com" for number in range(lanes)))
        said = f"{title}, {len(there.pages[kind]) / 1000:.1f} kB"
        cases += [
            Case(
                title=f"{said}, {at_once} at once",
                short=f"{kind}, {at_once} at once",
                target=target,
                at_once=at_once,
                clients=tuple(CLIENTS),
                is_target=kind != "event",
            )
            for at_once in (1, lanes)
        ]
    title = "The same full page from the sandbox tenant itself, 1 at once: the tenant sets the pace here"
    cases.append(Case(title=title, short="", target=there.target("full"), at_once=1, clients=_AT_THE_TENANT))
    return cases


@asynccontextmanager
async def fixed_server(there: Tenant) -> AsyncIterator[str]:
    """Its root."""
    with tempfile.TemporaryDirectory() as name:
        for kind, page in there.pages.items():
            (Path(name) / kind).write_bytes(page)
        (Path(name) / "calendar").write_bytes(b'{"id": "calendar", "name": "Calendar"}')
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "bench.peers.fixed_server",
            name,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        try:
            assert process.stdout is not None
            yield f"http://127.0.0.1:{int(await process.stdout.readline())}"
        finally:
            process.terminate()
            await process.wait()


def _calibration_ms() -> float:
    began_s = time.perf_counter()
    total = 0
    for number in range(200_000):
        total += number % 7
    return (time.perf_counter() - began_s) * 1000


def _span(values: list[float]) -> str:
    return f"{min(values):.1f} to {max(values):.1f}"


if __name__ == "__main__":
    sys.exit(main())
