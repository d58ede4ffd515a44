"""Puts the tenant together: one clock, one seeded source of chance, and every service over them."""

import random
from uuid import UUID

from aiohttp import web

from sandbox.calendar.mailboxes import Change, Mailbox
from sandbox.calendar.schedule import Schedules
from sandbox.clock import Clock, VirtualClock
from sandbox.control.faults import Faults
from sandbox.control.requests import RequestLog
from sandbox.directory.models import Directory
from sandbox.exchange.attending import Attending
from sandbox.exchange.booking import Booking
from sandbox.exchange.mail import MessageKind
from sandbox.exchange.models import Exchange
from sandbox.exchange.organizing import Organizing
from sandbox.exchange.timing import Timing
from sandbox.login.models import Login
from sandbox.seed.meetings import plant
from sandbox.seed.organization import populate
from sandbox.subscriptions.delivery import Delivery
from sandbox.subscriptions.models import Subscriptions


class World:
    """The tenant's whole state.

    `seed` decides every id, delay and seeded meeting; `meetings=False` leaves the calendars empty. Without a clock it
    stands still at Monday, 23 November 2026, 08:00 UTC, until its clock is advanced.
    """

    def __init__(
        self, *, seed: int = 1, clock: Clock | None = None, timing: Timing | None = None, meetings: bool = True
    ) -> None:
        self.clock: Clock = clock or VirtualClock()
        self.timing = timing or Timing()
        self.faults = Faults()
        self.requests = RequestLog()
        self._seed = seed
        self._guids = _chance("guids", seed)
        self._has_meetings = meetings
        self.delivery = Delivery(
            clock=self.clock, rng=_chance("delivery", seed), timing=self.timing, faults=self.faults
        )  # fmt: skip
        self._build()

    def reset(self) -> None:
        """Everything as at the start, relative to the clock's present time. Tokens that were issued stay good."""
        self.clock.clear()
        self.faults.clear()
        self.requests.clear()
        self._build()

    def new_guid(self) -> str:
        """For ids that only name a request."""
        return str(UUID(int=self._guids.getrandbits(128), version=4))

    def _build(self) -> None:
        self.version = 0
        self.login = Login(self.clock, self._seed)
        self.directory = Directory()
        self.exchange = Exchange(clock=self.clock, rng=_chance("exchange", self._seed), timing=self.timing)
        self.organizing = Organizing(self.exchange)
        self.attending = Attending(self.exchange)
        self.attending.on_request = Booking(self.exchange, self.attending).enqueue
        self.exchange.receivers = {
            MessageKind.REQUEST: self.attending.take_request,
            MessageKind.CANCELLATION: self.attending.take_cancellation,
            MessageKind.RESPONSE: self.organizing.take_response,
        }
        self.schedules = Schedules(self.directory, self.exchange.mailboxes)
        self.subscriptions = Subscriptions(
            clock=self.clock, rng=_chance("subscriptions", self._seed), directory=self.directory
        )  # fmt: skip
        self.subscriptions.publish = self.delivery.publish
        self.exchange.listeners = [self.subscriptions.hear, self._count]
        populate(self.directory, self.exchange)
        if self._has_meetings:
            plant(self.exchange, self.organizing, self.attending, _chance("meetings", self._seed))

    def _count(self, _mailbox: Mailbox, _change: Change) -> None:
        self.version += 1


def _chance(name: str, seed: int) -> random.Random:
    """Each part draws from its own source, so that one part's draws never shift another's."""
    return random.Random(f"{name} {seed}")  # noqa: S311  chance that can be replayed is the point


WORLD: web.AppKey[World] = web.AppKey("world", World)
