"""The sandbox tenant as a process of its own, with one calendar of fifty meetings, and real pages of it."""

import asyncio
import json
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp

from bench.peers.cores import SERVER, pin
from bench.peers.target import EVENTS, Kind, Target
from bot.domain.slots import Slot
from bot.graph import calls

_ORGANIZER = "grace@contoso.com"
_ROOM = "porto@contoso.com"  # answers by itself
_PEOPLE = ("mia", "jonas", "priya", "tom")
_FIRST = datetime(2026, 12, 7, 9, 0, tzinfo=UTC)  # after the meetings that the tenant starts with
_STARTS, _ENDS = "2026-12-07T00:00:00Z", "2027-03-01T00:00:00Z"
_SELECT = dict(calls.occurrences("x", "x", Slot(_FIRST, _FIRST + timedelta(1)), "").query)["$select"]
_READ: tuple[Kind, ...] = ("select", "event")
_LOGIN = {
    "client_id": "foyer",
    "client_secret": "foyer",
    "grant_type": "client_credentials",
    "scope": "https://graph.microsoft.com/.default",
}


@dataclass(frozen=True, kw_only=True)
class Tenant:
    """`ids` are the fifty events', in the order of the pages."""

    root: str
    token: str
    ids: tuple[str, ...]
    pages: dict[Kind, bytes]

    def target(self, kind: Kind, root: str = "", mailboxes: tuple[str, ...] = (_ORGANIZER,)) -> Target:
        return Target(
            kind=kind,
            root=root or self.root,
            token=self.token,
            mailboxes=mailboxes,
            starts=_STARTS,
            ends=_ENDS,
            event_id=self.ids[0],
            select=_SELECT,
            ids=self.ids[:1] if kind == "event" else self.ids,
        )


@asynccontextmanager
async def tenant() -> AsyncIterator[Tenant]:
    """On a virtual clock, so that two runs read the same bytes."""
    port = _free_port()
    command = (sys.executable, "-m", "sandbox", "--port", str(port), "--clock", "virtual", "--seed", "1")
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    pin(SERVER, process.pid)
    try:
        assert process.stdout is not None
        if not await process.stdout.readline():  # it speaks once it listens
            raise RuntimeError("the sandbox tenant did not start; why stands above")
        async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session:
            yield await _furnished(session, f"http://127.0.0.1:{port}")
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def _furnished(session: aiohttp.ClientSession, root: str) -> Tenant:
    async with session.post("/contoso.onmicrosoft.com/oauth2/v2.0/token", data=_LOGIN) as response:
        token = str((await response.json())["access_token"])
    for number in range(EVENTS):
        await _posted(session, f"/v1.0/users/{_ORGANIZER}/events", _meeting(number), token)
    await _posted(session, "/sandbox/clock", {"advance_s": 1800}, token)  # the room has answered them all
    empty = Tenant(root=root, token=token, ids=("",), pages={})
    full = await _page(session, empty.target("full"))
    ids = tuple(event["id"] for event in json.loads(full)["value"])
    assert len(ids) == EVENTS, f"the tenant's page has {len(ids)} events"
    found = Tenant(root=root, token=token, ids=ids, pages={"full": full})
    for kind in _READ:
        found.pages[kind] = await _page(session, found.target(kind))
    return found


async def _posted(session: aiohttp.ClientSession, path: str, body: dict[str, Any], token: str) -> None:
    async with session.post(path, json=body, headers={"Authorization": f"Bearer {token}"}) as response:
        assert response.ok, await response.text()


async def _page(session: aiohttp.ClientSession, target: Target) -> bytes:
    async with session.get(target.url(0), headers=target.headers) as response:
        assert response.ok, await response.text()
        return await response.read()


def _meeting(number: int) -> dict[str, Any]:
    """A meeting as people make them: a room, four people, an agenda."""
    starts_at = _FIRST + timedelta(days=number)
    people = [
        {"type": "required", "emailAddress": {"address": f"{name}@contoso.com", "name": name.capitalize()}}
        for name in _PEOPLE
    ]
    room = {"type": "resource", "emailAddress": {"address": _ROOM, "name": "Porto"}}
    return {
        "subject": f"Review of week {number}",
        "body": {
            "contentType": "html",
            "content": "<html><body>" + "<p>What we know, what we do</p>" * 15 + "</body></html>",
        },
        "start": _time(starts_at),
        "end": _time(starts_at + timedelta(minutes=45)),
        "location": {"displayName": "Porto", "locationEmailAddress": _ROOM},
        "attendees": [room, *people],
    }


def _time(at: datetime) -> dict[str, str]:
    return {"dateTime": at.strftime("%Y-%m-%dT%H:%M:%S"), "timeZone": "UTC"}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
