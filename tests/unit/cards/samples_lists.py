"""Samples of cards that list something, or say that there is nothing."""

from collections.abc import Callable
from typing import Any

from bot.cards.bookings import bookings
from bot.cards.progress import progress
from bot.cards.rooms import rooms
from bot.cards.texts import Audience
from bot.cards.views import Chosen, ListView, RoomsView
from bot.domain.rooms import Room


def _room(name: str, capacity: int | None, floor: str = "2") -> Room:
    address = f"{name[:4].lower()}@contoso.com"
    features = frozenset({"display", "video", "whiteboard", "wheelchair", "phone", "projector", "garden view"})
    return Room(address=address, name=name, building="Harbour House", floor=floor, capacity=capacity, features=features)


_LONG = "Sint-Pietersberg Conference Room with Garden View and a Door to the Old Harbour, East Side of the Building"
_ROOMS = (_room(_LONG, 140, "Ground floor of the East Wing"), *(_room(f"Room {at}", 20 - at) for at in range(6)))

LISTS: dict[str, Callable[[Audience], dict[str, Any]]] = {
    "progress": lambda who: progress(312, 1000, who),
    "progress_over": lambda who: progress(1000, 1000, who),
    "bookings_none": lambda who: bookings(ListView(), who),
    "series_none": lambda who: bookings(ListView(choose_for=Chosen.SERIES), who),
    "rooms": lambda who: rooms(RoomsView(rooms=_ROOMS, more=981), who),
    "rooms_smallest": lambda who: rooms(
        RoomsView(
            rooms=(_room("Porto", 2), _room("Booth", None)),
            building="Harbour House",
            features=frozenset({"video"}),
            smallest_first=True,
        ),
        who,
    ),
    "rooms_none": lambda who: rooms(RoomsView(rooms=()), who),
}
