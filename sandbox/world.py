"""Puts the tenant together: one clock, one seeded source of chance, and every service over them."""

import random
from uuid import UUID

from aiohttp import web

from sandbox.calendar.mailboxes import Change, Mailbox, SavedMailbox
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
from sandbox.seed.meetings import is_bare, plant
from sandbox.seed.organization import populate
from sandbox.state.tenant import Parts, Snapshots, TenantState, restore
from sandbox.subscriptions.delivery import Delivery
from sandbox.subscriptions.models import Subscriptions


class World:
    """The tenant's whole state.

    `seed` decides every id, delay and seeded meeting; `meetings=False` leaves the calendars empty. Without a clock it
    stands still at Monday, 23 November 2026, 08:00 UTC, until its clock is advanced. `state` is what an earlier run
    left: its calendars are taken over, and meetings are seeded only where they hold none for the days to come.
    """

    def __init__(
        self,
        *,
        seed: int = 1,
        clock: Clock | None = None,
        timing: Timing | None = None,
        meetings: bool = True,
        state: TenantState[SavedMailbox] | None = None,
    ) -> None:
        self.clock: Clock = clock or VirtualClock()
        self.timing = timing or Timing()
        self.faults = Faults()
        self.requests = RequestLog()
        self._seed = seed
        self._run = 0 if state is None else state.run + 1
        self._guids = self._chance("guids")
        self._has_meetings = meetings
        self.delivery = Delivery(
            clock=self.clock, rng=self._chance("delivery"), timing=self.timing, faults=self.faults
        )  # fmt: skip
        self._build(state, sync_generation=0)

    def reset(self) -> None:
        """Everything as at the start, relative to the clock's now. Access tokens stay good, delta tokens do not."""
        self.clock.clear()
        self.faults.clear()
        self.requests.clear()
        self.delivery.clear()
        self._build(None, sync_generation=1 + max(one.sync_generation for one in self.exchange.mailboxes.values()))

    def new_guid(self) -> str:
        """For ids that only name a request."""
        return str(UUID(int=self._guids.getrandbits(128), version=4))

    def saved(self, *, is_clean: bool = False) -> bytes:
        """The state as a file keeps it; `is_clean` where nothing will happen after it."""
        return self._snapshots.take(run=self._run, is_clean=is_clean)

    def _build(self, state: TenantState[SavedMailbox] | None, *, sync_generation: int) -> None:
        self.version = 0
        self.login = Login(self.clock, self._seed)
        self.directory = Directory()
        self.exchange = Exchange(clock=self.clock, rng=self._chance("exchange"), timing=self.timing)
        self.organizing = Organizing(self.exchange)
        self.attending = Attending(self.exchange)
        booking = Booking(self.exchange, self.attending)
        self.attending.on_request = booking.enqueue
        self.exchange.receivers = {
            MessageKind.REQUEST: self.attending.take_request,
            MessageKind.CANCELLATION: self.attending.take_cancellation,
            MessageKind.RESPONSE: self.organizing.take_response,
        }
        self.schedules = Schedules(self.directory, self.exchange.mailboxes)
        self.subscriptions = Subscriptions(
            clock=self.clock, rng=self._chance("subscriptions"), directory=self.directory
        )  # fmt: skip
        self.subscriptions.publish = self.delivery.publish
        self.exchange.listeners = [self.subscriptions.hear, self._count]
        populate(self.directory, self.exchange)
        for mailbox in self.exchange.mailboxes.values():
            mailbox.sync_generation = sync_generation
        parts = Parts(
            exchange=self.exchange, booking=booking, subscriptions=self.subscriptions, delivery=self.delivery
        )  # fmt: skip
        self._snapshots = Snapshots(parts)
        if state is not None:
            restore(parts, state)
            self.version = sum(mailbox.version for mailbox in self.exchange.mailboxes.values())
        if self._has_meetings and (state is None or is_bare(self.exchange)):
            plant(self.exchange, self.organizing, self.attending, self._chance("meetings"))

    def _count(self, _mailbox: Mailbox, _change: Change) -> None:
        self.version += 1

    def _chance(self, name: str) -> random.Random:
        """Each part draws from its own source, so that one part's draws never shift another's; and every run over one
        state from others, so that no id is given out twice."""
        text = f"{name} {self._seed} {self._run}" if self._run else f"{name} {self._seed}"
        return random.Random(text)  # noqa: S311  chance that can be replayed is the point


WORLD: web.AppKey[World] = web.AppKey("world", World)
