"""The directory port: rooms, people and their managers. Raises the calendar port's RemoteError tree."""

from collections.abc import Sequence
from typing import Protocol

from bot.domain.people import Person
from bot.domain.rooms import Room


class Directory(Protocol):
    async def rooms(self) -> Sequence[Room]:
        """Every room of the tenant, all pages; without their zones (`zone_of` tells one)."""

    async def person(self, person_id: str) -> Person:
        """By Entra object id or address. Raises Missing."""

    async def manager(self, person_id: str) -> Person | None:
        """None where the directory names none."""

    async def zone_of(self, address: str) -> str:
        """The mailbox's time zone as IANA name; '' where it has none that is known."""
