"""Bookings in the chat: shows one, lists a person's, cancels what they mean."""

from typing import Any

from bot.cards.booking import booking as booking_card
from bot.cards.bookings import bookings as list_card
from bot.cards.views import BookingView, ListView
from bot.dialogs.moves import meant
from bot.domain.bookings import Booking, Reason
from bot.domain.errors import NotFound
from bot.domain.rooms import Room
from bot.language.request import Request
from bot.teams.services import Services
from bot.teams.turn import Turn

MOST_LISTED = 7


class Bookings:
    """Cards of bookings, as plain JSON. Raises Refusal for what cannot be done."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def show(self, turn: Turn, booking_id: str) -> dict[str, Any]:
        """The person's own booking as it stands now."""
        kept = await self._services.desk.owned(booking_id, turn.person_id)
        return booking_card(self._view(kept.value), turn.audience)

    async def list_mine(self, turn: Turn, choose_for: str = "") -> dict[str, Any]:
        return self._listed(turn, await self._services.desk.mine(turn.person_id), choose_for)

    async def cancel(self, turn: Turn, booking_id: str) -> dict[str, Any]:
        booking = await self._services.desk.cancel(booking_id, turn.person_id)
        return booking_card(self._view(booking), turn.audience)

    async def cancel_meant(self, turn: Turn, request: Request) -> dict[str, Any]:
        """ "Cancel my 3 pm": the one booking that fits is shown with its cancel button; several are offered to choose
        from. Words alone cancel nothing: a reading can be wrong."""
        fitting = await self.meant(turn, request)
        return self._listed(turn, fitting, "cancel")

    async def meant(self, turn: Turn, request: Request) -> list[Booking]:
        """Raises NotFound where none fits."""
        fitting = meant(await self._services.desk.mine(turn.person_id), request, turn.here.zone)
        if not fitting:
            raise NotFound(Reason(code="no_such_booking", params={}))
        return fitting

    def choose_to_change(self, turn: Turn, fitting: list[Booking]) -> dict[str, Any]:
        return self._listed(turn, fitting, "")

    def _listed(self, turn: Turn, bookings: list[Booking], choose_for: str) -> dict[str, Any]:
        shown = tuple(self._view(booking) for booking in bookings[:MOST_LISTED])
        view = ListView(bookings=shown, choose_for=choose_for, more=len(bookings) - len(shown))
        return list_card(view, turn.audience)

    def _view(self, booking: Booking) -> BookingView:
        room = self._services.index.room(booking.room) or Room(address=booking.room, name=booking.room)
        return BookingView(booking=booking, room=room)
