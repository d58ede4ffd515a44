"""Samples of cards that list something, or say that there is nothing."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from bot.cards.bookings import bookings
from bot.cards.progress import progress
from bot.cards.rooms import PAGE, room_facts, rooms
from bot.cards.texts import Audience
from bot.cards.views import Chosen, ListView, RoomsView, RoomView
from bot.domain.rooms import Room


def _room(name: str, capacity: int | None, floor: str = "2") -> Room:
    address = f"{name[:4].lower()}@contoso.com"
    features = frozenset({"display", "video", "whiteboard", "wheelchair", "phone", "projector", "garden view"})
    return Room(address=address, name=name, building="Harbour House", floor=floor, capacity=capacity, features=features)


_LONG = "Sint-Pietersberg Conference Room with Garden View and a Door to the Old Harbour, East Side of the Building"
_ROOMS = (_room(_LONG, 140, "Ground floor of the East Wing"), *(_room(f"Room {at}", 20 - at) for at in range(12)))
_ANYWHERE = tuple(replace(room, building="Union Square") if at > 8 else room for at, room in enumerate(_ROOMS))
_MANY = tuple(
    replace(_room(f"{at:02d} {_LONG}", 140, "Ground floor of the East Wing"), building=f"{at:02d} {_LONG}")
    for at in range(PAGE)
)

LISTS: dict[str, Callable[[Audience], dict[str, Any]]] = {
    "progress": lambda who: progress(312, 1000, who),
    "progress_over": lambda who: progress(1000, 1000, who),
    "bookings_none": lambda who: bookings(ListView(), who),
    "series_none": lambda who: bookings(ListView(choose_for=Chosen.SERIES), who),
    "rooms": lambda who: rooms(RoomsView(rooms=_ANYWHERE, in_all=13), who),
    "rooms_many": lambda who: rooms(RoomsView(rooms=_MANY, in_all=988, first=PAGE, draft_id="20261123-many"), who),
    "rooms_biggest": lambda who: rooms(RoomsView(rooms=_ROOMS, in_all=13, size=1), who),
    "room_facts": lambda who: room_facts(
        RoomView(
            room=_room("Oslo", 8), features=frozenset({"projector", "piano"}), draft_id="20261123-facts", version=1
        ),
        who,
    ),
    "room_facts_long": lambda who: room_facts(RoomView(room=_ROOMS[0]), who),
    "rooms_smallest": lambda who: rooms(
        RoomsView(
            rooms=(_room("Porto", 2), _room("Booth", None)),
            in_all=2,
            building="Harbour House",
            features=frozenset({"video"}),
            size=-1,
        ),
        who,
    ),
    "rooms_none": lambda who: rooms(RoomsView(rooms=(), in_all=0), who),
}
