"""Kills the service while notifications pour in: what was answered 202 is owed at the next start."""

import asyncio
import http.client
import json
import threading
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from multiprocessing.connection import Connection
from pathlib import Path

from aiohttp import web

from bot.config import SANDBOX_TENANT, Settings
from bot.ports import keys
from bot.ports.documents import Documents
from bot.ports.records import SubscriptionRecord
from bot.ports.store import Batch, Finish
from bot.store.codec import JsonCodec
from bot.sync.hints import digest
from bot.tenant import NOTIFICATIONS
from bot.web.app import runner_of
from bot.wiring import Role, open_system
from tests.proofs.processes import Child
from tests.proofs.proof import REDIS, Outcome, Proof, Task
from tests.proofs.stores import CLOCK, Address, Place, place

ROOMS = [f"room{number}@contoso.example" for number in range(200)]
_CLIENTS = 4
_LONGEST_LIFE_S = 0.3
STOREFILE = "foyer.sqlite"


def secret(room: str) -> str:
    return f"secret of {room}"


def notification(rooms: Sequence[str]) -> dict[str, object]:
    items = [
        {"subscriptionId": f"sub-{room}", "clientState": secret(room), "resource": "x", "changeType": "updated"}
        for room in rooms
    ]
    return {"value": items}


async def subscribe(address: Address, tenant: str = SANDBOX_TENANT) -> None:
    """Makes the store believe in a subscription for each of ROOMS."""
    engine = await address.open()
    documents = Documents(engine.of(tenant), JsonCodec())
    expires_at = CLOCK.now() + timedelta(days=2)
    records = [
        SubscriptionRecord(id=f"sub-{room}", room=room, expires_at=expires_at, secret_digest=digest(secret(room)))
        for room in ROOMS
    ]
    puts = [documents.put(keys.subscription_of(record.id), record) for record in records]
    await documents.store.commit(Batch(puts=puts))
    await engine.close()


def _run(task: Task) -> Outcome:
    chance, violations, answered, slowest_s = task.chance(), list[str](), 0, 0.0
    with place(task.engine) as bare:
        where = bare if task.engine == REDIS else _as_served(bare)
        asyncio.run(subscribe(where.address))
        for life in range(1, task.size + 1):
            with Child(_serve, where.address, where.folder) as child:
                port, took_s = child.await_word("serving")
                slowest_s = max(slowest_s, took_s)
                clients = [_Client(port, ROOMS[number::_CLIENTS]) for number in range(_CLIENTS)]
                child.rest(chance.uniform(0.02, _LONGEST_LIFE_S))
                child.kill()
                told = [client.result() for client in clients]
            owed = asyncio.run(_owed(where.address))
            answered += sum(client.answered for client in clients)
            violations += [f"kill {life}: {wrong}" for counts in told for wrong in _lost(counts, owed)]
            task.tell(f"{life} of {task.size} kills, {answered:,} notifications answered, {len(violations)} violations")
    if not answered:
        violations.append("no notification was answered 202 at all")
    return Outcome(
        result=f"{len(violations)} of {answered:,} notifications answered 202 were not owed afterwards",
        worst=f"serving again {slowest_s:.2f} s after the start",
        violations=tuple(violations),
    )


def _as_served(bare: Place) -> Place:
    """The file as the service names it."""
    return replace(bare, address=replace(bare.address, where=str(bare.folder / STOREFILE)))


def _serve(connection: Connection, address: Address, folder: Path) -> None:
    """The whole web surface on the real store; nobody works off what it owes."""

    async def run() -> None:
        began = CLOCK.monotonic()
        settings = Settings.for_sandbox(port=1, sandbox_port=1, data=folder, policy="")
        if address.engine == REDIS:
            settings = replace(settings, redis_url=address.where)
        async with open_system(settings, CLOCK, role=Role.ALL, work=False) as system:
            runner = runner_of(system.app)
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            connection.send(("serving", runner.addresses[0][1], CLOCK.monotonic() - began))
            await asyncio.Event().wait()

    asyncio.run(run())


class _Client:
    """Posts one notification after the other, of rooms of its own, until nobody answers."""

    def __init__(self, port: int, rooms: Sequence[str]) -> None:
        self.answered = 0
        self._port = port
        self._rooms = rooms
        self._told: Counter[str] = Counter()
        self._thread = threading.Thread(target=self._post)
        self._thread.start()

    def result(self) -> Counter[str]:
        """How often each room was answered 202, once the service is gone."""
        self._thread.join()
        return self._told

    def _post(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=20)
        with suppress(OSError, http.client.HTTPException):
            while True:
                for number in range(len(self._rooms)):
                    rooms = self._rooms[number : number + 2]
                    body = json.dumps(notification(rooms))
                    connection.request("POST", NOTIFICATIONS, body, {"Content-Type": "application/json"})
                    answer = connection.getresponse()
                    answer.read()
                    if answer.status == 202:
                        self._told.update(rooms)
                        self.answered += 1
        connection.close()


def _lost(told: Counter[str], owed: dict[str, int]) -> list[str]:
    """A room is owed once, and remembers how often that was asked for."""
    short = [(room, count, owed.get(room, 0)) for room, count in told.items() if owed.get(room, 0) < count]
    return [f"{room} was answered 202 {count} times and is owed {had} times" for room, count, had in short]


async def _owed(address: Address) -> dict[str, int]:
    """The rooms that are to be read, and how often that was asked for; done with, so that each life begins at none."""
    engine = await address.open()
    store = engine.of(SANDBOX_TENANT)
    leases = await store.take((keys.SYNC,), 10_000, now=CLOCK.now().timestamp() + 60, lease_s=60)
    await store.commit(Batch(finishes=[Finish(lease) for lease in leases]))
    await engine.close()
    return {lease.key.removeprefix(keys.SYNC): lease.generation for lease in leases}


WEBHOOK = Proof(
    name="kill9-webhook",
    shows="the service is killed (kill -9) while notifications pour in; every room that was answered 202 is owed",
    invariants=("I8",),
    unit="kills",
    full=1_000,
    smoke=6,
    run=_run,
)
