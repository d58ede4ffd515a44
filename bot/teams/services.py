"""What a turn works with: one tenant's use cases and texts, put together in wiring."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from bot.admin.letters import LetterDesk
from bot.admin.status import StatusDesk
from bot.booking.desk import Desk
from bot.booking.search import Finder
from bot.booking.series_desk import SeriesDesk
from bot.cards.texts import Catalogue
from bot.cards.views import BookingView
from bot.domain.availability import Availability
from bot.domain.bookings import Booking
from bot.domain.rooms import Room
from bot.language.reader import Reader
from bot.people.acquaintances import People
from bot.ports.clock import Clock
from bot.ports.documents import Documents
from bot.teams.connector import Connector


@dataclass(frozen=True, kw_only=True)
class About:
    """What the running system tells of itself. `healthy` asks the store."""

    version: str
    store: str
    healthy: Callable[[], Awaitable[bool]]
    started_at: datetime


@dataclass(frozen=True, kw_only=True)
class Services:
    """`admins` are Entra object ids in lower case; `default_zone` holds for people whose zone nobody told. `new_id`
    gives 128 random bits in hex. `opened` tells whether the index is loaded, and waits a little for it."""

    tenant: str
    tenant_name: str
    documents: Documents
    index: Availability
    people: People
    finder: Finder
    desk: Desk
    series: SeriesDesk
    status: StatusDesk
    letters: LetterDesk
    catalogue: Catalogue
    reader: Reader
    connector: Connector
    clock: Clock
    admins: frozenset[str]
    default_zone: str
    new_id: Callable[[], str]
    about: About
    opened: Callable[[], Awaitable[bool]]

    def room(self, address: str) -> Room:
        """As it is now; one that is not known any more is named by its address."""
        return self.index.room(address) or Room(address=address, name=address)

    def view(self, booking: Booking) -> BookingView:
        """The booking as its card shows it."""
        elsewhere = {one.room: self.room(one.room) for one in booking.occurrences if one.room}
        return BookingView(booking=booking, room=self.room(booking.room), elsewhere=elsewhere)
