"""Clients of the sandbox tenant for tests: one that asks, one that is notified."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web

TENANT = "contoso.onmicrosoft.com"
OSLO = "oslo@contoso.com"
PORTO = "porto@contoso.com"
MONTREAL = "montreal@contoso.com"
MIA = "mia@contoso.com"
TOM = "tom@contoso.com"
FORM = {"client_id": "foyer", "client_secret": "foyer", "grant_type": "client_credentials"}


@dataclass(kw_only=True)
class Answer:
    status: int
    body: Any
    headers: dict[str, str]

    @property
    def code(self) -> str:
        return str(self.body["error"]["code"])


class Tenant:
    """Speaks to the tenant over HTTP, as any client would."""

    def __init__(self, root: str, session: aiohttp.ClientSession) -> None:
        self.root = root
        self.session = session
        self._token = ""

    async def call(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Answer:
        url = path if path.startswith("http") else f"{self.root}{path}"
        async with self.session.request(method, url, json=body, headers=headers or {}) as response:
            text = await response.text()
            is_json = "json" in response.content_type
            body = await response.json(content_type=None) if is_json and text else text
            return Answer(status=response.status, body=body, headers=dict(response.headers))

    async def graph(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        token = await self.token()
        shown = {name.replace("_", "-"): value for name, value in headers.items()}
        url = path if path.startswith("http") else f"/v1.0{path}"
        return await self.call(method, url, body, {"Authorization": f"Bearer {token}"} | shown)

    async def token(self) -> str:
        if not self._token:
            form = FORM | {"scope": "https://graph.microsoft.com/.default"}
            async with self.session.post(f"{self.root}/{TENANT}/oauth2/v2.0/token", data=form) as response:
                self._token = (await response.json())["access_token"]
        return self._token

    async def advance(self, seconds: float) -> None:
        answer = await self.call("POST", "/sandbox/clock", {"advance_s": seconds})
        assert answer.status == 200, answer.body

    async def book(self, **order: Any) -> dict[str, Any]:
        """As an Outlook user; a half hour in Oslo by Tom unless told otherwise."""
        order = {"organizer": TOM, "room": OSLO, "start": "2026-11-24T10:00", "subject": "Standup"} | order
        answer = await self.call("POST", "/sandbox/outlook/book", order)
        assert answer.status == 201, answer.body
        meeting: dict[str, Any] = answer.body
        return meeting

    async def view(self, mailbox: str, *, days: int = 30, **headers: str) -> list[dict[str, Any]]:
        """The mailbox's calendar view from 1 November 2026 on."""
        window = f"startDateTime=2026-11-01T00:00:00Z&endDateTime=2026-11-{days:02d}T23:59:00Z&$top=500"
        answer = await self.graph("GET", f"/users/{mailbox}/calendarView?{window}", **headers)
        assert answer.status == 200, answer.body
        found: list[dict[str, Any]] = answer.body["value"]
        return found

    async def one(self, mailbox: str, **headers: str) -> dict[str, Any]:
        """The mailbox's only event."""
        found = await self.view(mailbox, days=30, **headers)
        assert len(found) == 1, [event["subject"] for event in found]
        return found[0]

    async def answer_of(self, room: str, organizer: str = TOM) -> str:
        """What the organizer's copy says that the room answered."""
        event = await self.one(organizer)
        statuses = {one["emailAddress"]["address"]: one["status"]["response"] for one in event["attendees"]}
        return str(statuses[room])

    async def configure(self, room: str, **values: Any) -> None:
        answer = await self.call("PATCH", f"/sandbox/rooms/{room}", values)
        assert answer.status == 200, answer.body


@dataclass
class Subscriber:
    """An endpoint for notifications. `statuses` are given out first, then 202."""

    root: str
    items: list[dict[str, Any]] = field(default_factory=list)
    handshakes: list[str] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    answers_handshake: bool = True
    was_told: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def url(self) -> str:
        return f"{self.root}/notify"

    async def take(self, request: web.Request) -> web.Response:
        token = request.query.get("validationToken")
        if token is not None:
            self.handshakes.append(token)
            return web.Response(text=token if self.answers_handshake else "no")
        if self.statuses:
            return web.Response(status=self.statuses.pop(0))
        self.items += (await request.json())["value"]
        self.was_told.set()
        return web.Response(status=202)
