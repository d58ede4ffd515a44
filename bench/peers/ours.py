"""Our own client, as the bot has it: one per tenant, its gates, its retries, its errors."""

import dataclasses
import random
from datetime import datetime
from typing import Any

import aiohttp

from bench.peers.target import EVENTS, Target
from bot.clock import SystemClock
from bot.domain.slots import Slot
from bot.graph import calls, wire
from bot.graph.calendar import GraphCalendar
from bot.graph.client import BACKGROUND, GraphClient
from bot.graph.clouds import custom


class _StaticToken:
    """Implements TokenSource."""

    def __init__(self, token: str) -> None:
        self._token = token

    async def token(self, *, refused: str = "", claims: str = "") -> str:
        if refused or claims:
            raise RuntimeError("the server has refused the token")
        return self._token


class _Ours:
    def __init__(self) -> None:
        self._session = aiohttp.ClientSession()
        self._clients: dict[str, GraphClient] = {}
        self._calendars: dict[str, GraphCalendar] = {}
        self._windows: dict[tuple[str, str], Slot] = {}

    async def close(self) -> None:
        await self._session.close()

    def _client(self, target: Target) -> GraphClient:
        client = self._clients.get(target.root)
        if client is None:
            client = self._clients[target.root] = GraphClient(
                self._session,
                cloud=custom(target.root, target.root),
                tokens=_StaticToken(target.token),
                clock=SystemClock(),
                chance=random.Random(1),  # noqa: S311  (jitter)
            )
        return client

    def _window(self, target: Target) -> Slot:
        window = self._windows.get((target.starts, target.ends))
        if window is None:
            window = Slot(datetime.fromisoformat(target.starts), datetime.fromisoformat(target.ends))
            self._windows[target.starts, target.ends] = window
        return window

    def _calendar(self, target: Target) -> GraphCalendar:
        calendar = self._calendars.get(target.root)
        if calendar is None:
            calendar = GraphCalendar(self._client(target), BACKGROUND, page_size=EVENTS)
            self._calendars[target.root] = calendar
        return calendar


class OursStructs(_Ours):
    """Delivers the client's own structs, as the wire has them."""

    async def fetch(self, target: Target, lane: int) -> Any:
        client, mailbox, window = self._client(target), target.mailbox(lane), self._window(target)
        if target.kind == "event":
            asked = calls.read_room_event(mailbox, target.event_id)
            return await client.call(dataclasses.replace(asked, read=wire.read_event), BACKGROUND)  # type: ignore[arg-type]
        if target.kind == "select":
            return await client.call(calls.occurrences(mailbox, target.event_id, window, ""), BACKGROUND)
        return await client.call(calls.changes(mailbox, window, "", EVENTS), BACKGROUND)

    def ids(self, fetched: Any) -> list[str]:
        return [event.id for event in getattr(fetched, "events", [fetched])]


class OursRoomEvents(_Ours):
    """Delivers what the bot's other parts get: rows of a room's calendar."""

    async def fetch(self, target: Target, lane: int) -> Any:
        calendar, mailbox, window = self._calendar(target), target.mailbox(lane), self._window(target)
        if target.kind == "event":
            return [await calendar.read_room_event(mailbox, target.event_id)]
        if target.kind == "select":
            return await calendar.occurrences(mailbox, target.event_id, window)
        return (await calendar.changes(mailbox, window, "")).changed

    def ids(self, fetched: Any) -> list[str]:
        return [event.id for event in fetched]
