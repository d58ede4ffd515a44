"""Measures a bot turn: our adapter beside the SDK's stock one and a bare aiohttp handler, interleaved in one run.

    python -m bench.turn [--seconds 2] [--rounds 3] [--at-once 16]

Each server is a process of its own, pinned to the first core where the machine has two; the load and the connector that
takes the replies are one Python process on the second. So the bare handler's figures are the generator's limit as much
as its own. Nobody checks tokens here, neither the SDK nor ours: that is 0.1 ms more in
life. Rounds visit every server,
figures are medians over rounds, and a ratio is the median of the rounds' ratios. `plain`: the reply is posted to the
connector. `expect`: expectReplies. `invoke`: a card action that is answered with a card.
"""

import argparse
import asyncio
import json
import os
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, web
from botbuilder.core import TurnContext
from botbuilder.integration.aiohttp import CloudAdapter, ConfigurationBotFrameworkAuthentication
from botbuilder.schema import Activity, ActivityTypes, InvokeResponse

from bot.clock import SystemClock
from bot.teams.adapter import ChannelAdapter
from bot.teams.claims import Claims
from bot.teams.connector import HttpConnector, Terms, pooled_session
from bot.teams.credentials import NoCredentials
from bot.teams.inbound import Inbound
from bot.teams.references import ServiceUrls
from bot.teams.verifier import Admission, DangerouslyUnauthenticatedOnLoopback
from bot.web.app import build_app, runner_of
from bot.web.parts import Hint, Parts, Watch

APP_ID = "11111111-1111-1111-1111-111111111111"
TENANT = "22222222-2222-2222-2222-222222222222"
CONVERSATIONS = 200
MODES = ("plain", "expect", "invoke")
CARD_ANSWER = {
    "statusCode": 200,
    "type": "application/vnd.microsoft.card.adaptive",
    "value": {
        "type": "AdaptiveCard",
        "version": "1.5",
        "body": [
            {"type": "TextBlock", "text": f"Room {n} is free from 9:00 to 10:00", "wrap": True} for n in range(10)
        ],
    },
}
_NO_LIMIT = ((100_000, 1.0),)  # the pace is kept and costs what it costs, but holds nobody back


# --- the servers ---


async def turn(context: TurnContext) -> None:
    """The same turn for the stock adapter and for ours."""
    if context.activity.type == ActivityTypes.invoke:
        value = InvokeResponse(status=200, body=CARD_ANSWER)
        await context.send_activity(Activity(type=ActivityTypes.invoke_response, value=value))
    else:
        await context.send_activity(f"echo: {context.activity.text}")


class _NoAuthentication:
    APP_ID = ""
    APP_PASSWORD = ""


class _Turn:
    async def on_turn(self, context: TurnContext) -> None:
        await turn(context)


def _stock() -> web.AppRunner:
    adapter = CloudAdapter(ConfigurationBotFrameworkAuthentication(_NoAuthentication()))

    async def handle(request: web.Request) -> web.StreamResponse:
        response: web.StreamResponse = await adapter.process(request, _Turn())
        return response

    return _runner(handle)


def _repaired() -> web.AppRunner:
    """The stock adapter with its answer written once instead of twice: the least that makes cards work."""
    adapter = CloudAdapter(ConfigurationBotFrameworkAuthentication(_NoAuthentication()))

    async def handle(request: web.Request) -> web.StreamResponse:
        response = await adapter.process_activity("", Activity().deserialize(await request.json()), turn)
        if response is None:
            return web.Response(status=201)
        return web.json_response(response.body, status=response.status)

    return _runner(handle)


def _bare() -> web.AppRunner:
    session: list[ClientSession] = []

    async def handle(request: web.Request) -> web.StreamResponse:
        raw = json.loads(await request.read())
        if raw["type"] == "invoke":
            return web.json_response(CARD_ANSWER)
        reply = {"type": "message", "text": f"echo: {raw['text']}", "conversation": raw["conversation"]}
        if raw.get("deliveryMode") == "expectReplies":
            return web.json_response({"activities": [reply]})
        if not session:
            session.append(pooled_session())
        url = f"{raw['serviceUrl']}v3/conversations/{raw['conversation']['id']}/activities/{raw['id']}"
        async with session[0].post(url, json=reply) as response:
            await response.read()
        return web.Response()

    return _runner(handle)


def _runner(handle: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> web.AppRunner:
    app = web.Application()
    app.router.add_post("/api/messages", handle)
    return web.AppRunner(app, access_log=None)


def _ours() -> web.AppRunner:
    terms = Terms(
        service_urls=ServiceUrls(frozenset(), loopback=True), conversation_limits=_NO_LIMIT, tenant_limits=_NO_LIMIT
    )
    rng = random.Random(1)  # noqa: S311 - jitter
    connector = HttpConnector(pooled_session(), NoCredentials(), clock=SystemClock(), rng=rng, terms=terms)
    adapter = ChannelAdapter(connector)

    async def on_activity(inbound: Inbound, claims: Claims) -> tuple[int, Any]:
        return await adapter.process(inbound.raw, claims, turn)

    async def mark_dirty(_hints: list[Hint]) -> None:
        return

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


SERVERS = {"bare aiohttp": _bare, "stock CloudAdapter": _stock, "stock, repaired": _repaired, "ours": _ours}


async def _serve(name: str) -> None:
    runner = SERVERS[name]()
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.Event().wait()


# --- the other side: connector and load ---


@dataclass
class Sink:
    """A connector that takes everything and counts: replies, and connections they came on."""

    replies: int = 0
    connections: int = 0

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while True:
                await _read_message(reader)
                self.replies += 1
                writer.write(b"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n")
                writer.write(b'{"id":"1"}')
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):  # the last at the end of the run
            writer.close()


@dataclass
class Figures:
    per_s: float
    p50_ms: float
    p99_ms: float
    status: int
    turns: int
    new_connections: int


@dataclass
class Server:
    name: str
    process: subprocess.Popen[str]
    port: int
    rss_mib: float = 0.0
    figures: dict[str, list[Figures]] = field(default_factory=lambda: {mode: [] for mode in MODES})


def _rss_mib(pid: int) -> float:
    status = Path(f"/proc/{pid}/status")
    if not status.exists():
        return float("nan")
    line = next(line for line in status.read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


async def _read_message(reader: asyncio.StreamReader) -> int:
    """Reads one HTTP message and returns its status (0 of a request)."""
    head = await reader.readuntil(b"\r\n\r\n")
    lowered = head.lower()
    at = lowered.find(b"content-length:")
    if at >= 0:
        await reader.readexactly(int(lowered[at + 15 : lowered.index(b"\r\n", at)]))
    elif b"transfer-encoding: chunked" in lowered:
        while (await reader.readuntil(b"\r\n")) != b"0\r\n":
            pass
        await reader.readuntil(b"\r\n")
    return int(head[9:12]) if head.startswith(b"HTTP/") else 0


def _requests(mode: str, service_url: str) -> list[bytes]:
    return [_request(_activity(mode, n, service_url)) for n in range(CONVERSATIONS)]


def _activity(mode: str, n: int, service_url: str) -> dict[str, Any]:
    activity: dict[str, Any] = {
        "type": "invoke" if mode == "invoke" else "message",
        "id": f"170000000{n:04}",
        "timestamp": "2026-11-21T09:00:00.123Z",
        "localTimestamp": "2026-11-21T11:00:00.123+02:00",
        "localTimezone": "Europe/Helsinki",
        "serviceUrl": service_url,
        "channelId": "msteams",
        "from": {"id": f"29:{n:04}" + "x" * 60, "name": "Ana Silva", "aadObjectId": f"44444444-4444-4444-4444-{n:012}"},
        "conversation": {"conversationType": "personal", "tenantId": TENANT, "id": f"a:{n:04}" + "y" * 60},
        "recipient": {"id": "28:" + APP_ID, "name": "Foyer"},
        "locale": "en-GB",
        "entities": [{"type": "clientInfo", "locale": "en-GB", "country": "GB", "timezone": "Europe/Helsinki"}],
        "channelData": {"tenant": {"id": TENANT}},
    }
    if mode == "invoke":
        action = {"type": "Action.Execute", "id": "b", "verb": "foyer.book.1", "data": {"id": "x1", "version": 3}}
        return {**activity, "name": "adaptiveCard/action", "value": {"action": action, "trigger": "manual"}}
    return {
        **activity,
        "text": "a room for 6 tomorrow at 9",
        **({"deliveryMode": "expectReplies"} if mode == "expect" else {}),
    }


def _request(activity: dict[str, Any]) -> bytes:
    body = json.dumps(activity).encode()
    head = ("POST /api/messages HTTP/1.1", "Host: x", "Content-Type: application/json", f"Content-Length: {len(body)}")
    return "\r\n".join((*head, "", "")).encode() + body


async def _load(server: Server, requests: list[bytes], sink: Sink, *, at_once: int, seconds: float) -> Figures:
    took: list[float] = []
    statuses: set[int] = set()
    connections = sink.connections
    until = time.perf_counter() + seconds

    async def worker(offset: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        n = offset
        while (began := time.perf_counter()) < until:
            writer.write(requests[n % len(requests)])
            status = await _read_message(reader)
            took.append(time.perf_counter() - began)
            statuses.add(status)
            n += at_once
            if status >= 500:  # aiohttp closes the connection after these
                writer.close()
                reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.close()

    began = time.perf_counter()
    await asyncio.gather(*(worker(offset) for offset in range(at_once)))
    elapsed = time.perf_counter() - began
    took.sort()
    return Figures(
        len(took) / elapsed,
        took[len(took) // 2] * 1000,
        took[int(len(took) * 0.99)] * 1000,
        max(statuses),
        len(took),
        sink.connections - connections,
    )


async def _measure(arguments: argparse.Namespace) -> list[Server]:
    sink = Sink()
    listener = await asyncio.start_server(sink.take, "127.0.0.1", 0)
    service_url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}/"
    requests = {mode: _requests(mode, service_url) for mode in MODES}
    servers = [_started(name) for name in SERVERS]
    try:
        for server in servers:
            for mode in MODES:
                await _load(server, requests[mode], sink, at_once=arguments.at_once, seconds=0.5)
        for _ in range(arguments.rounds):
            for mode in MODES:
                for server in servers:
                    figures = await _load(
                        server, requests[mode], sink, at_once=arguments.at_once, seconds=arguments.seconds
                    )
                    server.figures[mode].append(figures)
                    server.rss_mib = _rss_mib(server.process.pid)
    finally:
        for server in servers:
            server.process.terminate()
            server.process.wait()
    return servers


def _started(name: str) -> Server:
    command = [sys.executable, "-m", "bench.turn", "--serve", name]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert process.stdout is not None
    return Server(name, process, int(process.stdout.readline()))


def _report(servers: list[Server], arguments: argparse.Namespace) -> None:
    print(
        f"{arguments.at_once} at once, {arguments.rounds} rounds of {arguments.seconds} s each; turns/s (p50 / p99 ms)"
    )
    print(f"{'':<27}" + "".join(f"{mode:>30}" for mode in MODES) + f"{'new conn./1,000':>17}{'RSS MiB':>9}")
    for server in servers:
        cells = "".join(f"{_cell(server.figures[mode]):>30}" for mode in MODES)
        print(f"{server.name:<27}{cells}{_connections(server):>17}{server.rss_mib:>9.0f}")
    ours = servers[-1]
    for other in servers[:-1]:
        cells = "".join(f"{_ratio(ours.figures[mode], other.figures[mode]):>30}" for mode in MODES)
        print(f"{'ours ÷ ' + other.name:<27}{cells}")


def _cell(rounds: list[Figures]) -> str:
    if any(figures.status >= 300 for figures in rounds):
        return f"status {max(figures.status for figures in rounds)}"
    per_s, p50, p99 = (statistics.median(getattr(f, name) for f in rounds) for name in ("per_s", "p50_ms", "p99_ms"))
    return f"{per_s:,.0f} ({p50:.1f} / {p99:.1f})"


def _connections(server: Server) -> str:
    plain = server.figures["plain"]
    turns, made = sum(figures.turns for figures in plain), sum(figures.new_connections for figures in plain)
    return f"{made / turns * 1000:.1f}" if turns else "–"


def _ratio(ours: list[Figures], others: list[Figures]) -> str:
    if any(figures.status >= 300 for figures in (*ours, *others)):
        return "–"
    return f"{statistics.median(a.per_s / b.per_s for a, b in zip(ours, others, strict=True)):.2f}×"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--at-once", type=int, default=16)
    parser.add_argument("--serve", choices=list(SERVERS), help=argparse.SUPPRESS)
    return parser.parse_args()


def _pin(core: int) -> None:
    if hasattr(os, "sched_setaffinity") and (os.cpu_count() or 1) > 1:
        os.sched_setaffinity(0, {core})


def main() -> None:
    arguments = _arguments()
    _pin(0 if arguments.serve else 1)
    if arguments.serve:
        asyncio.run(_serve(arguments.serve))
    else:
        _report(asyncio.run(_measure(arguments)), arguments)


if __name__ == "__main__":
    main()
