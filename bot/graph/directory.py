"""The directory port over Microsoft Graph: rooms with their features, people, managers, zones."""

from collections.abc import Iterable, Sequence
from typing import TypeVar

from bot.domain.people import Person
from bot.domain.rooms import Room
from bot.graph import calls, wire
from bot.graph.client import BACKGROUND, LISTING, Budget, GraphClient
from bot.graph.joined import Joined
from bot.graph.pages import every_page
from bot.graph.sansio import Request
from bot.graph.zones import iana_of
from bot.ports.calendar import Missing

T = TypeVar("T")

# Tags are free text: those that name a feature by another word. Every other tag is a feature of its own.
_FEATURES = {
    "audio": "phone",
    "beamer": "projector",
    "conference phone": "phone",
    "screen": "display",
    "tv": "display",
    "video conference": "video",
    "video conferencing": "video",
    "videoconferencing": "video",
    "wheelchair accessible": "accessible",
    "white board": "whiteboard",
}


class GraphDirectory:
    """Implements bot.ports.directory.Directory. `budget` is for each call, `listing` for all pages of rooms."""

    def __init__(self, client: GraphClient, budget: Budget = BACKGROUND, *, listing: Budget = LISTING) -> None:
        self._client = client
        self._listing = listing
        self._budget = budget
        self._settings: Joined[wire.MailboxSettings] = Joined(client, budget)  # asked of a whole house at once

    async def rooms(self) -> Sequence[Room]:
        pages = await every_page(self._client, self._listing, calls.rooms, lambda page: page[1])
        rooms = (room_of(place) for places, _ in pages for place in places)
        return list({room.address: room for room in rooms if room.address}.values())

    async def person(self, person_id: str) -> Person:
        return _person(await self._call(calls.user(person_id)))

    async def manager(self, person_id: str) -> Person | None:
        try:
            found = await self._call(calls.manager(person_id))
        except Missing:  # the answer where the directory names none
            return None
        # A manager may be a contact: not a user, so nobody who can sign in and approve.
        is_user = (found.odata_type or "#microsoft.graph.user").lower() == "#microsoft.graph.user"
        return _person(found) if is_user else None

    async def zone_of(self, address: str) -> str:
        return iana_of((await self._settings.call(calls.mailbox_settings(address))).time_zone or "")

    async def _call(self, request: Request[T]) -> T:
        return await self._client.call(request, self._budget)


def room_of(place: wire.Place) -> Room:
    """A room whose address is '' has no mailbox and cannot be booked."""
    address = (place.email_address or "").strip().lower()
    floor = place.floor_label or ("" if place.floor_number is None else str(place.floor_number))
    return Room(
        address=address,
        name=place.display_name or place.nickname or address,
        capacity=_capacity(place.capacity),
        building=place.building or "",
        floor=floor,
        features=frozenset(_features(place)),
        bookable=place.booking_type != "reserved",  # the word for "first come, first served"
    )


def _features(place: wire.Place) -> Iterable[str]:
    devices = {
        "video": place.video_device_name,
        "display": place.display_device_name,
        "phone": place.audio_device_name,
        "accessible": place.is_wheel_chair_accessible or place.is_wheelchair_accessible,
    }
    yield from (feature for feature, there in devices.items() if there)
    for tag in place.tags or ():
        word = " ".join(tag.lower().split())
        if word:
            yield _FEATURES.get(word, word)


def _capacity(told: int | str | None) -> int | None:
    """0 and less say that nobody filled it in."""
    if isinstance(told, str):
        told = int(told) if told.strip().isdecimal() else None
    return told if told and told > 0 else None


def _person(user: wire.User) -> Person:
    return Person(
        id=user.id,
        name=user.display_name or "",
        address=(user.mail or user.user_principal_name or "").lower(),
        language=user.preferred_language or "",
    )
