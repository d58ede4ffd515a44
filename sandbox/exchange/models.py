"""Exchange as a whole: mailboxes, transport between them, and the operations that Graph calls."""

import logging
import random
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from sandbox.calendar.mailboxes import Change, Mailbox
from sandbox.calendar.models import Answer, Item, Person
from sandbox.clock import Clock
from sandbox.errands import Due, Errands
from sandbox.exchange.config import Members, RoomConfig
from sandbox.exchange.mail import Message, MessageKind, PostOffice
from sandbox.exchange.timing import Timing

log = logging.getLogger(__name__)

Listener = Callable[[Mailbox, Change], None]


class Exchange:
    """The mailbox servers of the tenant.

    `receivers` is who handles a message that arrived in a mailbox: people's mailboxes only file it, a room's also
    have their attendants; the wiring in `sandbox.world` sets it.
    """

    def __init__(self, *, clock: Clock, rng: random.Random, timing: Timing) -> None:
        self.clock = clock
        self.rng = rng
        self.timing = timing
        self.post = PostOffice()
        self.mailboxes: dict[str, Mailbox] = {}
        self.configs: dict[str, RoomConfig] = {}
        self.names: dict[str, str] = {}
        self.listeners: list[Listener] = []
        self.receivers: dict[MessageKind, Callable[[Message], None]] = {}
        self.members: Members = lambda _address: ()
        self.is_claimed: Callable[[str, str], bool] = lambda _room, _ical_uid: False
        self._transport: Errands[Message] = Errands(clock, self._arrive)
        self._external: set[str] = set()
        self._last_due_at: dict[str, datetime] = {}

    def open_mailbox(self, person: Person, *, config: RoomConfig | None = None, is_external: bool = False) -> Mailbox:
        """`config` makes it a room. An external mailbox stands for an organizer of another organization."""
        mailbox = Mailbox(person.address, self._heard)
        self.mailboxes[person.address] = mailbox
        self.names[person.address] = person.name
        if config is not None:
            self.configs[person.address] = config
        if is_external:
            self._external.add(person.address)
        return mailbox

    def person(self, address: str) -> Person:
        return Person(address, self.names.get(address, address))

    def is_external(self, address: str) -> bool:
        return address in self._external

    def is_room(self, address: str) -> bool:
        return address in self.configs

    def new_uid(self) -> str:
        """The meeting's own part of its Global Object ID: creation time, reserved bytes, size, unique data."""
        stamp = f"{int(self.now().timestamp() * 10_000_000) & 0xFFFFFFFFFFFFFFFF:016X}"
        unique = UUID(int=self.rng.getrandbits(128)).hex.upper()
        return f"{stamp}000000000000000010000000{unique}"

    def new_key(self) -> str:
        return f"{self.rng.getrandbits(96):024x}"

    def now(self) -> datetime:
        return self.clock.now()

    def echo(self, mailbox: Mailbox, item: Item, room: str, *, least: int = 1, most: int = 1) -> None:
        """Changes that change nothing: where `u_extraUpdates` of the room is on, Exchange saves an item more than
        once, and each save is heard of."""
        config = self.configs.get(room)
        if config is None or not config.extra_updates:
            return
        for _ in range(self.rng.randint(least, most)):
            mailbox.touch(item, self.now())

    def send(self, message: Message) -> None:
        """In order per recipient. Mails to mailboxes that are elsewhere leave the tenant and are not followed."""
        if message.to not in self.mailboxes:
            return
        is_answer = message.kind is MessageKind.RESPONSE
        base_s = self.timing.process_reply_s if is_answer else self.timing.deliver_s
        due_at = self.now() + timedelta(seconds=base_s * self.timing.stretch(self.rng))
        due_at = self._last_due_at[message.to] = max(due_at, self._last_due_at.get(message.to, due_at))
        self._transport.put(due_at, message)

    def under_way(self) -> list[Due[Message]]:
        """Messages that have not arrived."""
        return self._transport.waiting()

    def take_up(self, messages: list[Due[Message]]) -> None:
        """Carries on with what another run had sent."""
        for due in messages:
            self._last_due_at[due.what.to] = due.at
        self._transport.take_up(messages)

    def _arrive(self, message: Message) -> None:
        self.receivers[message.kind](message)

    def _heard(self, mailbox: Mailbox, change: Change) -> None:
        for listener in self.listeners:
            listener(mailbox, change)


def title(answer: Answer) -> str:
    """How Outlook begins the subject of such an answer."""
    return {Answer.ACCEPTED: "Accepted", Answer.DECLINED: "Declined", Answer.TENTATIVE: "Tentative"}[answer]
