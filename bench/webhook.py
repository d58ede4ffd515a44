"""Change notifications: posted, durable against power loss, answered 202. Ours beside its limits, in turns in one run.

    python -m bench.webhook [--quick]

Each server is a process of its own on the first core; who posts has the second. All take the same notifications of
about 0.9 kB, about rooms of a house of a thousand. `bare aiohttp` parses them, compares the secret and answers: the
limit. `one flush each` also writes a row to SQLite, flushed before it answers; `a SET each` to a Redis that flushes its
append-only file before it answers. Ours are Foyer's own routes: every secret compared with what the store keeps, the
round and the second look owed. No TLS, and no workers: what a notification leads to is not measured here. A ratio is
the median of the rounds' ratios; by CPU time, it is of what the server itself spent on a request, which other programs
disturb less.
"""

import argparse
import asyncio
import contextlib
import hmac
import json
import logging
import statistics
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import apsw
import redis.asyncio
from aiohttp import web

from bench.peers.cores import CLIENT, SERVER, pin
from bench.peers.folders import on_disk
from bench.peers.posting import Load, Served, load
from bot.clock import SystemClock
from bot.ports import keys
from bot.ports.documents import Documents
from bot.ports.records import SubscriptionRecord
from bot.ports.store import Batch, StoreEngine
from bot.store.codec import JsonCodec
from bot.store.redis import RedisEngine
from bot.store.sqlite import SqliteEngine
from bot.sync.hints import Hint, Hints, digest
from bot.teams.claims import Claims
from bot.teams.inbound import Inbound
from bot.teams.verifier import Admission, DangerouslyUnauthenticatedOnLoopback
from bot.web.app import build_app, runner_of
from bot.web.parts import Hint as WebHint
from bot.web.parts import Parts, Watch
from tests.redis_server import HOW_TO_GET, PROGRAM, running

ROOMS = 1_000
AT_ONCE = (1, 16, 64)
APP_ID = "11111111-1111-1111-1111-111111111111"
TENANT = "22222222-2222-2222-2222-222222222222"
SECRET = "9f8e7d6c5b4a39281706f5e4d3c2b1a0"  # noqa: S105 - of nobody
PATH = "/api/graph/notifications"
BARE, EACH, SET_EACH = "bare aiohttp", "one flush each", "Redis, a SET each"
NO_STORE, SQLITE, REDIS = "ours, no store", "ours, SQLite", "ours, Redis"
_OF_BARE = {16: 0.45, 64: 0.6}
_OF_EACH = 3.0
_ALONE = 0.75


# --- the servers ---


async def _bare(_place: str) -> web.AppRunner:
    async def handle(request: web.Request) -> web.Response:
        _parsed(await request.read())
        return web.Response(status=202)

    return _runner(handle)


async def _flush_each(place: str) -> web.AppRunner:
    connection = apsw.Connection(f"{place}/naive.db")
    connection.execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL").fetchall()
    connection.execute("CREATE TABLE job (key TEXT PRIMARY KEY, due REAL) WITHOUT ROWID")

    async def handle(request: web.Request) -> web.Response:
        for subscription in _parsed(await request.read()):
            connection.execute("INSERT OR REPLACE INTO job VALUES (?, ?)", (f"sync/{subscription}", 1.0))
        return web.Response(status=202)

    return _runner(handle)


async def _set_each(place: str) -> web.AppRunner:
    client = redis.asyncio.Redis.from_url(place, max_connections=max(AT_ONCE))

    async def handle(request: web.Request) -> web.Response:
        for subscription in _parsed(await request.read()):
            await client.set(f"sync/{subscription}", b"1")
        return web.Response(status=202)

    return _runner(handle)


def _parsed(body: bytes) -> list[str]:
    """The subscriptions of the notifications, of those whose secret is right."""
    items = json.loads(body)["value"]
    return [item["subscriptionId"] for item in items if hmac.compare_digest(item["clientState"], SECRET)]


def _runner(handle: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> web.AppRunner:
    app = web.Application()
    app.router.add_post(PATH, handle)
    return web.AppRunner(app, access_log=None)


async def _ours_without_store(_place: str) -> web.AppRunner:
    async def forget(_hints: list[WebHint]) -> None:
        return

    return _ours(forget)


async def _ours_on_sqlite(place: str) -> web.AppRunner:
    return _ours(await _kept_in(SqliteEngine.open(Path(place) / "foyer.db")))


async def _ours_on_redis(place: str) -> web.AppRunner:
    return _ours(await _kept_in(await RedisEngine.open(place, SystemClock())))


async def _kept_in(engine: StoreEngine) -> Callable[[list[WebHint]], Awaitable[None]]:
    """A tenant with its subscriptions, and what marks their rooms dirty."""
    documents = Documents(engine.of(TENANT), JsonCodec())
    ends_at = datetime(2027, 1, 1, tzinfo=UTC)
    records = [
        SubscriptionRecord(id=_subscription(n), room=_room(n), expires_at=ends_at, secret_digest=digest(SECRET))
        for n in range(ROOMS)
    ]
    puts = tuple(documents.put(keys.subscription_of(record.id), record) for record in records)
    await documents.store.commit(Batch(puts=puts))
    hints = Hints(documents, SystemClock())

    async def mark_dirty(items: list[WebHint]) -> None:
        told = [Hint(subscription_id=one.subscription_id, client_state=one.client_state) for one in items]
        if await hints.take(told) < len(items):
            raise RuntimeError("a notification was not believed")

    return mark_dirty


def _ours(mark_dirty: Callable[[list[WebHint]], Awaitable[None]]) -> web.AppRunner:
    async def on_activity(_inbound: Inbound, _claims: Claims) -> tuple[int, None]:
        return 200, None

    async def nothing() -> list[Any]:
        return []

    door = DangerouslyUnauthenticatedOnLoopback(Admission(app_id=APP_ID, tenants=frozenset({TENANT})))
    parts = Parts(
        front_door=door,
        on_activity=on_activity,
        mark_dirty=mark_dirty,
        watch=Watch(role="all", readiness=nothing, figures=nothing),
        new_id=lambda: "bench",
    )
    return runner_of(build_app(parts))


SERVERS: dict[str, Callable[[str], Awaitable[web.AppRunner]]] = {
    BARE: _bare,
    NO_STORE: _ours_without_store,
    SQLITE: _ours_on_sqlite,
    EACH: _flush_each,
    REDIS: _ours_on_redis,
    SET_EACH: _set_each,
}


async def _serve(name: str, place: str) -> None:
    logging.basicConfig(level=logging.ERROR)  # that the door is open, as it has to be here, is no news
    pin(SERVER)
    runner = await SERVERS[name](place)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.Event().wait()


# --- who posts ---


@dataclass(frozen=True, kw_only=True)
class Case:
    """All servers at one load."""

    at_once: int
    loads: dict[str, list[Load]] = field(default_factory=dict)

    def median(self, name: str, figure: str) -> float:
        return float(statistics.median(getattr(one, figure) for one in self.loads[name]))

    def ratio(self, name: str, other: str) -> float:
        """Of the rates, within each round."""
        pairs = zip(self.loads[name], self.loads[other], strict=True)
        return statistics.median(one.per_s / another.per_s for one, another in pairs)

    def by_cpu(self, name: str, other: str) -> float:
        return statistics.median(
            another.cpu_us / one.cpu_us if one.cpu_us else 0.0
            for one, another in zip(self.loads[name], self.loads[other], strict=True)
        )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=1.0, help="per slice")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="shows that everything runs; the figures say little")
    parser.add_argument("--serve", nargs=2, help=argparse.SUPPRESS)
    told = parser.parse_args()
    if told.serve:
        asyncio.run(_serve(*told.serve))
        return 0
    pin(CLIENT)
    seconds, rounds = (0.05, 1) if told.quick else (told.seconds, told.rounds)
    cases = asyncio.run(measure(seconds, rounds))
    print(f"Rounds: {rounds}, slices of {seconds:g} s. The ratios are of requests per second / of CPU time.")
    for case in cases:
        print(_table(case))
    if _core_share(cases) < _ALONE:
        print("\nOther programs used this machine meanwhile: trust the CPU time more than the rates.")
    if told.quick:
        print("\nA quick run shows that everything runs. Its slices are too short to measure: no target is judged.")
    else:
        print(_targets([case for case in cases if case.at_once in _OF_BARE]))
    return 0


async def measure(seconds: float, rounds: int) -> list[Case]:
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(on_disk())
        places = dict.fromkeys(SERVERS, folder)
        if PROGRAM is None:
            print(f"Without Redis: {HOW_TO_GET}")
            del places[REDIS], places[SET_EACH]
        else:
            socket = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="foyer-")))  # its path must be short
            server = stack.enter_context(running(socket, {"dir": folder}))
            places |= {REDIS: server.url(0), SET_EACH: server.url(1)}
        servers = {name: await stack.enter_async_context(_started(name, place)) for name, place in places.items()}
        cases = [Case(at_once=at_once) for at_once in AT_ONCE]
        requests = [_request(number) for number in range(ROOMS)]
        for served in servers.values():
            await load(served, requests, at_once=max(AT_ONCE), seconds=seconds)  # warm
        for number in range(rounds):
            for case in cases:
                for name in _turned(list(servers), number):
                    done = await load(servers[name], requests, at_once=case.at_once, seconds=seconds)
                    case.loads.setdefault(name, []).append(done)
    return cases


@contextlib.asynccontextmanager
async def _started(name: str, place: str) -> AsyncIterator[Served]:
    command = [sys.executable, "-m", "bench.webhook", "--serve", name, place]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: ASYNC220 - once, before measuring
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            raise RuntimeError(f"{name} did not start; why stands above")
        yield Served(port=int(line), pid=process.pid)
    finally:
        process.terminate()
        process.wait()


def _turned(names: list[str], number: int) -> list[str]:
    """Nobody always comes first, nor always after the same."""
    turn = number % len(names)
    order = names[turn:] + names[:turn]
    return order[::-1] if number % 2 else order


def _request(number: int) -> bytes:
    """As Graph sends them: https://learn.microsoft.com/graph/change-notifications-delivery-webhooks"""
    user, event = f"users/{number:08}-1111-4222-8333-444444444444", "AAMkAGUwNjQ4ZjIxLTQ3Y2YtNDViMi1" + "x" * 120
    item = {
        "subscriptionId": _subscription(number),
        "subscriptionExpirationDateTime": "2026-12-01T09:00:00.0000000+00:00",
        "clientState": SECRET,
        "changeType": "updated",
        "resource": f"{user}/events/{event}",
        "tenantId": TENANT,
        "resourceData": {
            "@odata.type": "#microsoft.graph.event",
            "@odata.id": f"{user}/events/{event}",
            "@odata.etag": 'W/"DwAAABYAAABZ2f4Rz1ZTRZkYbq3bT0hBAAAl8xq1"',
            "id": event,
        },
    }
    body = json.dumps({"value": [item]}).encode()
    head = (f"POST {PATH} HTTP/1.1", "Host: x", "Content-Type: application/json", f"Content-Length: {len(body)}")
    return "\r\n".join((*head, "", "")).encode() + body


def _subscription(number: int) -> str:
    return f"{number:08}-7f1d-4a39-9c0e-5b1f6a2d8e47"


def _room(number: int) -> str:
    return f"room{number:04}@contoso.com"


# --- what it says ---


def _table(case: Case) -> str:
    head = f"{'requests/s':>12}{'p50 ms':>9}{'p99 ms':>9}{'CPU µs each':>13}{'of the bare one':>18}"
    lines = [f"\n{_title(case)}", f"{'':20}{head}"]
    for name in case.loads:
        rate, p50, p99 = (case.median(name, figure) for figure in ("per_s", "p50_ms", "p99_ms"))
        ratios = f"{case.ratio(name, BARE):.2f} / {case.by_cpu(name, BARE):.2f}"
        lines.append(f"{name:20}{rate:>12,.0f}{p50:>9.2f}{p99:>9.2f}{case.median(name, 'cpu_us'):>13.0f}{ratios:>18}")
    return "\n".join(lines)


def _targets(cases: Sequence[Case]) -> str:
    lines = [
        "\nTargets: by requests per second / by CPU time",
        " " * 44 + "".join(f"{_title(case):>26}" for case in cases),
    ]
    least = " / ".join(f"{_OF_BARE[case.at_once]:g}" for case in cases)
    for other, wanted in ((EACH, f"{_OF_EACH:g}"), (BARE, least)):
        cells = (_cell(case, other, _OF_EACH if other == EACH else _OF_BARE[case.at_once]) for case in cases)
        lines.append(f"{f'{SQLITE} ≥ {wanted} × {other}':44}" + "".join(f"{cell:>26}" for cell in cells))
    if REDIS in cases[0].loads:
        beside = (f"{case.ratio(REDIS, SET_EACH):.2f} / {case.by_cpu(REDIS, SET_EACH):.2f}" for case in cases)
        lines.append(f"{f'{REDIS} ÷ {SET_EACH} (no target)':44}" + "".join(f"{cell:>26}" for cell in beside))
    return "\n".join(lines)


def _core_share(cases: Sequence[Case]) -> float:
    """How much of its core the bare handler had at the heaviest load: by itself, all of it."""
    return statistics.median(one.cpu_s / one.elapsed_s for one in cases[-1].loads[BARE])


def _title(case: Case) -> str:
    return f"{case.at_once} at once"


def _cell(case: Case, other: str, least: float) -> str:
    """Met where both say so: a busy machine flatters whoever waits for the disk."""
    ratio, by_cpu = case.ratio(SQLITE, other), case.by_cpu(SQLITE, other)
    return f"{'met' if min(ratio, by_cpu) >= least else 'NOT met'} {ratio:.2f} / {by_cpu:.2f}"


if __name__ == "__main__":
    sys.exit(main())
