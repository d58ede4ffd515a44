"""One client in a process of its own: `python -m bench.peers.worker NAME`. Orders and answers are lines."""

import asyncio
import importlib
import inspect
import json
import resource
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from bench.peers.cores import CLIENT, pin
from bench.peers.target import Target


@dataclass(frozen=True)
class Client:
    """`cls` is "module:class": imported only where it runs, for each process to be no larger than its client."""

    cls: str
    delivers: str


CLIENTS = {
    "aiohttp, unparsed": Client("plain:AiohttpBytes", "bytes"),
    "aiohttp + orjson": Client("plain:AiohttpOrjson", "dictionaries"),
    "ours, structs": Client("ours:OursStructs", "wire structs"),
    "ours": Client("ours:OursRoomEvents", "RoomEvents"),
    "httpx + orjson": Client("plain:HttpxOrjson", "dictionaries"),
    "httpx + json": Client("plain:HttpxJson", "dictionaries"),
    "O365": Client("o365:O365", "Event objects"),
    "msgraph-sdk": Client("msgraph_sdk:MsgraphSdk", "Event objects"),
}


async def work(client: Any) -> None:
    print("ready", flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        target = _target(**order["target"])
        done, elapsed_s, cpu_s = await _slice(client, target, order["at_once"], order["seconds"])
        rss_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps([done, elapsed_s, cpu_s, rss_mib]), flush=True)
    await client.close()


def _target(*, mailboxes: list[str], ids: list[str], **rest: Any) -> Target:
    return Target(mailboxes=tuple(mailboxes), ids=tuple(ids), **rest)


async def _slice(client: Any, target: Target, at_once: int, seconds: float) -> tuple[int, float, float]:
    """How often it fetched, in how long, with how much CPU. Raises for a client that does not deliver."""
    fetched = client.fetch(target, 0)  # untimed: connects, and shows what is delivered
    delivered = client.ids(await fetched if inspect.isawaitable(fetched) else fetched)
    if sorted(delivered) != sorted(target.ids):
        raise RuntimeError(f"{len(delivered)} events, {len({*delivered} & {*target.ids})} of them right")
    run = _awaiting if inspect.iscoroutinefunction(client.fetch) else _blocking
    began_s, cpu_began_s = time.perf_counter(), time.process_time()
    done = await run(client, target, at_once, began_s + seconds)
    return done, time.perf_counter() - began_s, time.process_time() - cpu_began_s


async def _awaiting(client: Any, target: Target, at_once: int, ends_s: float) -> int:
    async def lane(number: int) -> int:
        done = 0
        while not done or time.perf_counter() < ends_s:
            await client.fetch(target, number)
            done += 1
        return done

    return sum(await asyncio.gather(*(lane(number) for number in range(at_once))))


async def _blocking(client: Any, target: Target, at_once: int, ends_s: float) -> int:
    def lane(number: int) -> int:
        done = 0
        while not done or time.perf_counter() < ends_s:
            client.fetch(target, number)
            done += 1
        return done

    with ThreadPoolExecutor(at_once) as pool:
        return sum(pool.map(lane, range(at_once)))


async def main(name: str) -> None:
    module, _, cls = CLIENTS[name].cls.partition(":")
    await work(getattr(importlib.import_module(f"bench.peers.{module}"), cls)())


if __name__ == "__main__":
    pin(CLIENT)
    asyncio.run(main(sys.argv[1]))
