"""Shared fakes: a clock that is moved by hand, a directory and (see mailboxes) the mailboxes of an organisation."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from bot.domain.people import Person
from bot.domain.rooms import Room
from bot.ports.calendar import Missing, RemoteError
from tests.unit.core.faults import Fault
from tests.unit.core.mailboxes import FakeCalendar, Held, Mode

__all__ = ["START_AT", "FakeCalendar", "FakeDirectory", "Fault", "Held", "ManualClock", "Mode"]

START_AT = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)  # a Monday


class ManualClock:
    """Stands still until it is moved; sleepers wake when their time has come."""

    def __init__(self, now: datetime = START_AT) -> None:
        self._now = now
        self._sleepers: list[tuple[datetime, asyncio.Event]] = []

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return self._now.timestamp()

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            return
        woken = asyncio.Event()
        self._sleepers.append((self._now + timedelta(seconds=seconds), woken))
        await woken.wait()

    def forward(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)
        for due_at, woken in self._sleepers:
            if due_at <= self._now:
                woken.set()


class FakeDirectory:
    """The directory port over plain dictionaries."""

    def __init__(self, rooms: Sequence[Room] = ()) -> None:
        self.listed = list(rooms)
        self.people: dict[str, Person] = {}
        self.managers: dict[str, Person] = {}
        self.zones: dict[str, str] = {}
        self.error: RemoteError | None = None
        self.zones_asked: list[str] = []

    async def rooms(self) -> Sequence[Room]:
        self._fail()
        return list(self.listed)

    async def person(self, person_id: str) -> Person:
        self._fail()
        if person_id not in self.people:
            raise Missing("Request_ResourceNotFound", 404)
        return self.people[person_id]

    async def manager(self, person_id: str) -> Person | None:
        self._fail()
        return self.managers.get(person_id)

    async def zone_of(self, address: str) -> str:
        self.zones_asked.append(address)
        self._fail()
        return self.zones.get(address, "")

    def _fail(self) -> None:
        if self.error is not None:
            raise self.error
