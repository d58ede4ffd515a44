"""Rooms in the chat, when none is looked for: lists them, and tells of one what it is and has."""

from collections.abc import Sequence
from typing import Any

from bot.cards.actions import Press
from bot.cards.rooms import PAGE, room_facts, rooms
from bot.cards.views import Asked, RoomsView, RoomView
from bot.dialogs.asking import Asking
from bot.dialogs.drafts import Draft
from bot.dialogs.lists import ListRooms, listed_rooms
from bot.dialogs.moves import ShowRoom
from bot.domain.bookings import Reason
from bot.domain.rooms import Room
from bot.teams.drafted import kept_draft, own_draft
from bot.teams.searching import Searching
from bot.teams.services import Services
from bot.teams.turn import Turn


class Rooms:
    """Cards of rooms, as plain JSON. Their buttons refer to a draft, as those of searches do."""

    def __init__(self, services: Services, searching: Searching) -> None:
        self._services = services
        self._searching = searching

    async def shown(self, turn: Turn, move: ListRooms | ShowRoom) -> dict[str, Any]:
        """Which rooms there are, or what one of them is."""
        return await (self._listed(turn, move) if isinstance(move, ListRooms) else self._facts(turn, move.asking))

    async def _listed(self, turn: Turn, move: ListRooms) -> dict[str, Any]:
        """The first page; a draft is kept where there are more."""
        found = listed_rooms(self._services.finder.bookable(), move)
        asked = Asked(building=move.building, features=move.features, size=move.size)
        draft = await kept_draft(self._services, turn, asked) if len(found) > PAGE else None
        return _page(turn, move, found, draft, 0)

    async def page(self, turn: Turn, press: Press) -> dict[str, Any]:
        """Another page of what was asked for; the last one where rooms have gone meanwhile."""
        draft = (await own_draft(self._services, turn, press.id)).value
        asked = draft.asked
        move = ListRooms(building=asked.building, features=asked.features, size=asked.size)
        return _page(turn, move, listed_rooms(self._services.finder.bookable(), move), draft, press.option)

    async def _facts(self, turn: Turn, asking: Asking) -> dict[str, Any]:
        """What is known of the room that was asked about, with a button that begins a booking of it."""
        room = turn.here.index.room(asking.asked.room)
        if room is None:
            return await self._searching.look(turn, asking)
        features = asking.asked.features
        asked = Asked(room=room.address, people=asking.asked.people, minutes=None)
        draft = await kept_draft(self._services, turn, asked) if room in self._services.finder.bookable() else None
        view = RoomView(room=room, features=features)
        if draft is not None:
            view = RoomView(room=room, features=features, draft_id=draft.id, version=draft.version)
        return room_facts(view, turn.audience)


def _page(turn: Turn, move: ListRooms, found: Sequence[Room], draft: Draft | None, page: int) -> dict[str, Any]:
    first = PAGE * max(0, min(page, (len(found) - 1) // PAGE))
    view = RoomsView(
        rooms=tuple(found[first : first + PAGE]),
        in_all=len(found),
        first=first,
        draft_id=draft.id if draft else "",
        building=move.building,
        features=move.features,
        size=move.size,
        notes=(Reason(code="left_out", params={"said": move.left}),) if move.left else (),
    )
    return rooms(view, turn.audience)
