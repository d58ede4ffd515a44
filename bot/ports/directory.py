"""The directory port: rooms, people and their managers. Raises the calendar port's RemoteError tree."""

from collections.abc import Sequence
from typing import Protocol

from bot.domain.people import Person
from bot.domain.rooms import Room


class Directory(Protocol):
    async def rooms(self) -> Sequence[Room]:
        """Every room of the tenant, all pages; without their zones (`zone_of` tells one). Features are "video",
        "display", "phone", "whiteboard", "projector", "accessible", and any other tag in lower case."""

    async def person(self, person_id: str) -> Person:
        """By Entra object id or address; without the zone (`zone_of` tells it). Raises Missing."""

    async def manager(self, person_id: str) -> Person | None:
        """None where the directory names none, or a contact, who cannot sign in. `zone` is not filled in."""

    async def zone_of(self, address: str) -> str:
        """The mailbox's time zone as IANA name; '' where it has none that is known. Mailboxes mostly hold a Windows
        zone, so this names the whole zone (Europe/Berlin for Amsterdam): right for times, not for naming a city."""
