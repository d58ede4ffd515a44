"""Pages per second of the Graph client beside plain aiohttp, interleaved in one run: `python -m bench.graph`.

The server is a process of its own on loopback and sends the same bytes to everybody. Figures of two runs cannot be
compared, ratios within one run can.
"""

import argparse
import asyncio
import json
import random
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import msgspec
from aiohttp import web

from bot.clock import SystemClock
from bot.domain.slots import Slot
from bot.graph import calls
from bot.graph.calendar import GraphCalendar
from bot.graph.client import BACKGROUND, GraphClient
from bot.graph.clouds import custom

EVENTS = 50
START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
WINDOW = Slot(START, START + timedelta(days=200))

Fetch = Callable[[], Awaitable[object]]


class FixedToken:
    """Implements TokenSource."""

    async def token(self, *, refused: str = "") -> str:  # noqa: ARG002  (the protocol's)
        return "token"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=0.7, help="per row and round")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    told = parser.parse_args()
    asyncio.run(serve() if told.serve else measure(told.seconds, told.rounds))


async def serve() -> None:
    """Writes its port to stdout, then serves until stdin ends."""
    pages = {name: page(small=name == "small") for name in ("full", "small")}
    app = web.Application()

    async def answer(request: web.Request) -> web.Response:
        # The page's name travels where the mailbox stands.
        return web.Response(body=pages[request.match_info["room"]], content_type="application/json")

    app.router.add_get("/v1.0/users/{room}/calendarView/delta", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.to_thread(sys.stdin.read)
    await runner.cleanup()


async def measure(seconds: float, rounds: int) -> None:
    server = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.graph", "--serve", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    assert server.stdout is not None
    assert server.stdin is not None
    root = f"http://127.0.0.1:{int(await server.stdout.readline())}"
    connector = aiohttp.TCPConnector(limit=32)
    async with aiohttp.ClientSession(connector=connector) as session:
        for name in ("full", "small"):
            for at_once in (1, 16):
                await table(name, at_once, rows(session, root, name), (seconds, rounds))
    server.stdin.close()
    await server.wait()


def rows(session: aiohttp.ClientSession, root: str, name: str) -> dict[str, Fetch]:
    url = f"{root}/v1.0/users/{name}/calendarView/delta"
    cloud = custom(root, root)
    # One mailbox takes three calls at once: sixteen at once are six tenants' worth.
    clients = [
        GraphClient(session, cloud=cloud, tokens=FixedToken(), clock=SystemClock(), chance=random.Random(1))  # noqa: S311  (jitter)
        for _ in range(6)
    ]
    turn = iter(range(1 << 62))

    async def bytes_alone() -> bytes:
        async with session.get(url) as response:
            return await response.read()

    async def stdlib() -> object:
        return json.loads(await bytes_alone())

    async def untyped() -> object:
        return msgspec.json.decode(await bytes_alone())

    async def structs() -> object:
        return await clients[next(turn) % 6].call(calls.changes(name, WINDOW, "", EVENTS), BACKGROUND)

    async def domain() -> object:
        return await GraphCalendar(clients[next(turn) % 6]).changes(name, WINDOW, "")

    return {
        "aiohttp, bytes alone (limit)": bytes_alone,
        "aiohttp + json": stdlib,
        "aiohttp + msgspec, untyped": untyped,
        "our client → wire structs": structs,
        "our calendar → rows of the mirror": domain,
    }


async def table(name: str, at_once: int, fetches: dict[str, Fetch], effort: tuple[float, int]) -> None:
    seconds, rounds = effort
    seen: dict[str, list[float]] = {label: [] for label in fetches}
    for fetch in fetches.values():
        await rate(fetch, at_once, 0.2)
    for _ in range(rounds):
        for label, fetch in fetches.items():
            seen[label].append(await rate(fetch, at_once, seconds))
    base = statistics.median(seen["aiohttp + msgspec, untyped"])
    size = len(page(small=name == "small"))
    print(f"\n{name} page: {EVENTS} events, {size / 1000:.0f} kB, {at_once} at once; median of {rounds} rounds")
    print(f"{'':38}{'pages/s':>10}{'events/s':>12}{'vs untyped':>12}")
    for label, rates in seen.items():
        pages_s = statistics.median(rates)
        print(f"{label:38}{pages_s:>10.0f}{pages_s * EVENTS:>12.0f}{pages_s / base:>11.2f}×")


async def rate(fetch: Fetch, at_once: int, seconds: float) -> float:
    ends_at = time.perf_counter() + seconds
    done = 0

    async def worker() -> None:
        nonlocal done
        while time.perf_counter() < ends_at:
            await fetch()
            done += 1

    began_at = time.perf_counter()
    await asyncio.gather(*(worker() for _ in range(at_once)))
    return done / (time.perf_counter() - began_at)


def page(*, small: bool) -> bytes:
    """A page of a feed; small has what `$select` leaves: no body, no bookkeeping."""
    items = [event(number, small=small) for number in range(EVENTS)]
    link = "https://graph.microsoft.com/v1.0/users/x/calendarView/delta?$deltatoken=R0usmcCM996atia_s"
    return json.dumps(
        {"@odata.context": "https://graph.microsoft.com/v1.0/$metadata", "value": items, "@odata.deltaLink": link}
    ).encode()


def event(number: int, *, small: bool) -> dict[str, Any]:
    start_at = START + timedelta(hours=number)
    told: dict[str, Any] = {
        "@odata.etag": f'W/"ZlnW4RIAV06KYYwlrfNZvQAAKGWwb{number:04}=="',
        "id": f"AAMkADAwATM3ZmYAZS05ZDRmLTRhZTktYjYxNi0yZTA4NTc3MGM2ZDgARgAAAAAA{number:06}=",
        "iCalUId": f"040000008200E00074C5B7101A82E00800000000DBA3C6D4{number:06}",
        "subject": f"Meeting {number}",
        "sensitivity": "normal",
        "isAllDay": False,
        "isCancelled": False,
        "isOrganizer": False,
        "seriesMasterId": None,
        "showAs": "busy",
        "type": "singleInstance",
        "originalStartTimeZone": "W. Europe Standard Time",
        "recurrence": None,
        "responseStatus": {"response": "accepted", "time": "2026-11-20T08:30:15.1234567Z"},
        "start": {"dateTime": start_at.strftime("%Y-%m-%dT%H:%M:%S.0000000"), "timeZone": "UTC"},
        "end": {
            "dateTime": (start_at + timedelta(minutes=45)).strftime("%Y-%m-%dT%H:%M:%S.0000000"),
            "timeZone": "UTC",
        },
        "organizer": {"emailAddress": {"name": "Alex Wilber", "address": "alexw@contoso.com"}},
    }
    return told | ({} if small else bookkeeping(number))


def bookkeeping(number: int) -> dict[str, Any]:
    status = {"response": "none", "time": "0001-01-01T00:00:00Z"}
    people = [
        {"type": "required", "status": status, "emailAddress": {"name": f"Person {i}", "address": f"p{i}@contoso.com"}}
        for i in range(5)
    ]
    room = {"displayName": "Boardroom", "locationType": "default", "uniqueId": "Boardroom", "uniqueIdType": "private"}
    return {
        "createdDateTime": "2026-11-20T08:30:12.1234567Z",
        "lastModifiedDateTime": "2026-11-20T08:30:20.7654321Z",
        "changeKey": f"ZlnW4RIAV06KYYwlrfNZvQAAKGWwb{number:04}==",
        "categories": [],
        "transactionId": None,
        "originalEndTimeZone": "W. Europe Standard Time",
        "reminderMinutesBeforeStart": 15,
        "isReminderOn": True,
        "hasAttachments": False,
        "hideAttendees": False,
        "bodyPreview": "Agenda: " + "what we know, " * 6,
        "importance": "normal",
        "responseRequested": True,
        "webLink": "https://outlook.office365.com/owa/?itemid=AAMkADAwATM3ZmYAZS05ZDRm&exvsurl=1&path=/calendar/item",
        "isOnlineMeeting": True,
        "onlineMeetingProvider": "teamsForBusiness",
        "allowNewTimeProposals": True,
        "occurrenceId": None,
        "isDraft": False,
        "body": {
            "contentType": "html",
            "content": "<html><head></head><body>" + "<p>Agenda</p>" * 20 + "</body></html>",
        },
        "location": room,
        "locations": [room],
        "attendees": people,
        "onlineMeeting": {"joinUrl": "https://teams.microsoft.com/l/meetup-join/19%3ameeting_NTM3" + "x" * 60},
    }


if __name__ == "__main__":
    main()
