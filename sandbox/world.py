"""Puts the tenant together: one clock, one seeded source of chance, and every service over them."""

import random
from collections.abc import Iterable
from typing import TypeVar

from aiohttp import web

from sandbox.calendar.mailboxes import Change, Mailbox, SavedMailbox
from sandbox.calendar.recipients import members
from sandbox.calendar.schedule import Schedules
from sandbox.calendar.settings import Switches
from sandbox.clock import Clock, VirtualClock
from sandbox.control.faults import Faults
from sandbox.control.requests import RequestLog
from sandbox.directory.models import Directory
from sandbox.exchange.attending import Attending
from sandbox.exchange.booking import Booking
from sandbox.exchange.mail import MessageKind
from sandbox.exchange.models import Exchange
from sandbox.exchange.organizing import Organizing
from sandbox.exchange.rights import MailboxRights
from sandbox.exchange.timing import Timing
from sandbox.limits.access import AccessPolicy
from sandbox.limits.models import Limits
from sandbox.login.models import Login
from sandbox.seed.meetings import Progress, is_bare, plant
from sandbox.seed.organization import populate
from sandbox.seed.size import Size
from sandbox.state.tenant import Parts, Settings, Snapshots, TenantState, restore
from sandbox.subscriptions.delivery import Delivery
from sandbox.subscriptions.models import Subscriptions

T = TypeVar("T")


class World:
    """The tenant's whole state.

    `seed` decides every id, delay and seeded meeting; `meetings=False` leaves the calendars empty. Without a clock it
    stands still at Monday, 23 November 2026, 08:00 UTC, until its clock is advanced. `state` is what an earlier run
    left: its calendars are taken over, and meetings are seeded only where they hold none for the days to come. `size`
    counts rooms and people, by default the state's or the seeded ones; `told` hears how the seeding goes on.
    """

    def __init__(  # noqa: PLR0913  each is a choice of its own
        self,
        *,
        seed: int = 1,
        clock: Clock | None = None,
        timing: Timing | None = None,
        meetings: bool = True,
        state: TenantState[SavedMailbox] | None = None,
        size: Size | None = None,
        told: Progress | None = None,
    ) -> None:
        self.clock: Clock = clock or VirtualClock()
        self.timing = timing or Timing()
        self.faults = Faults(self.clock.now, seed)
        self.requests = RequestLog()
        self.limits = Limits(self.clock.now)
        self.access = AccessPolicy()
        self.rights = MailboxRights()
        self._seed = seed
        self._run = 0 if state is None else state.run + 1
        self._guids = self._chance("guids")
        self._has_meetings = meetings
        self.size = size or (Size() if state is None else state.size)
        self._told = told
        self.delivery = Delivery(
            clock=self.clock, rng=self._chance("delivery"), timing=self.timing, faults=self.faults
        )  # fmt: skip
        self._build(state, sync_generation=0)

    def reset(self) -> None:
        """Everything as at the start, relative to the clock's now. Access tokens stay good, delta tokens do not."""
        self.clock.clear()
        self.faults.clear()
        self.limits.clear()
        self.access = AccessPolicy()
        self.rights = MailboxRights()
        self.requests.clear()
        self.delivery.clear()
        self._build(None, sync_generation=1 + max(one.sync_generation for one in self.exchange.mailboxes.values()))

    def new_guid(self) -> str:
        """For ids that only name a request."""
        n = self._guids.getrandbits(128)
        version, variant = 0x4000 | n >> 64 & 0xFFF, 0x8000 | n >> 48 & 0x3FFF
        return f"{n >> 96:08x}-{n >> 80 & 0xFFFF:04x}-{version:04x}-{variant:04x}-{n & 0xFFFFFFFFFFFF:012x}"

    def mailbox(self, name: str) -> str:
        """The address of the mailbox that an id or address means; '' where there is none."""
        user = self.directory.user(name)
        return "" if user is None else user.address

    def delegates(self, mailbox: str) -> list[str]:
        """The addresses of a room's delegates, members of groups among them; nobody's where it is no room."""
        config = self.exchange.configs.get(mailbox)
        listed = [one.lower() for one in config.delegates] if config else []
        return list(dict.fromkeys(one for name in listed for one in (name, *self.exchange.members(name))))

    def may_act_in(self, mailbox: str, person: str) -> bool:
        """Whether a person has a right on a mailbox other than the own. Both are addresses."""
        return person in self.rights.of(mailbox) or person in self.delegates(mailbox)

    def shuffled(self, things: Iterable[T]) -> list[T]:
        """In an order of chance."""
        kept = list(things)
        self._guids.shuffle(kept)
        return kept

    def tell_directory_changes(self) -> None:
        """Tells subscribers of what was changed in the directory since the last call."""
        changes = self.directory.journal.changes
        while self._heard < len(changes):
            self._heard += 1
            self.subscriptions.hear_directory(changes[self._heard - 1], self._heard)

    def saved(self, *, is_clean: bool = False) -> bytes:
        """The state as a file keeps it; `is_clean` where nothing will happen after it."""
        return self._snapshots.take(run=self._run, is_clean=is_clean, size=self.size)

    def saved_changes(self) -> bytes | None:
        """What became of the state since it was last saved; None where nothing did."""
        return self._snapshots.changes()

    def _build(self, state: TenantState[SavedMailbox] | None, *, sync_generation: int) -> None:
        self.version = 0
        self.switches = Switches()
        self.login = Login(self.clock, self._seed)
        self.directory = Directory()
        self.exchange = Exchange(clock=self.clock, rng=self._chance("exchange"), timing=self.timing)
        self.exchange.members = lambda address: members(self.directory, address) or ()
        self.exchange.is_claimed = self.directory.places.checked_in
        self.organizing = Organizing(self.exchange)
        self.attending = Attending(self.exchange)
        self.booking = Booking(self.exchange, self.attending)
        self.attending.on_request = self.booking.enqueue
        self.exchange.receivers = {
            MessageKind.REQUEST: self.attending.take_request,
            MessageKind.CANCELLATION: self.attending.take_cancellation,
            MessageKind.RESPONSE: self.organizing.take_response,
        }
        self.schedules = Schedules(self.directory, self.exchange.mailboxes)
        self.subscriptions = Subscriptions(
            clock=self.clock,
            rng=self._chance("subscriptions"),
            directory=self.directory,
            manner=lambda: self.delivery.manner,
        )
        self.subscriptions.publish = self.delivery.publish
        self.exchange.listeners = [self.subscriptions.hear, self._count]
        populate(self.directory, self.exchange, self.size)
        self.directory.generation = sync_generation
        for mailbox in self.exchange.mailboxes.values():
            mailbox.sync_generation = sync_generation
        parts = Parts(
            directory=self.directory,
            login=self.login,
            settings=lambda: Settings(self.switches, self.access, self.rights),
            exchange=self.exchange,
            booking=self.booking,
            subscriptions=self.subscriptions,
            delivery=self.delivery,
        )
        self._snapshots = Snapshots(parts)
        if state is not None:
            restore(parts, state)
            self.switches, self.access, self.rights = state.switches, state.access, state.rights
            self.version = sum(mailbox.version for mailbox in self.exchange.mailboxes.values())
        self._heard = self.directory.journal.number
        if self._has_meetings and (state is None or is_bare(self.exchange)):
            plant(self.exchange, self.organizing, self.attending, self._chance("meetings"), self._told)

    def _count(self, _mailbox: Mailbox, _change: Change) -> None:
        self.version += 1

    def _chance(self, name: str) -> random.Random:
        """Each part draws from its own source, so that one part's draws never shift another's; and every run over one
        state from others, so that no id is given out twice."""
        text = f"{name} {self._seed} {self._run}" if self._run else f"{name} {self._seed}"
        return random.Random(text)  # noqa: S311  chance that can be replayed is the point


WORLD: web.AppKey[World] = web.AppKey("world", World)
