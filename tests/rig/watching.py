"""What a simulation has seen so far, and how it stands: the ground that the invariants judge."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from bot.domain.bookings import Booking
from bot.domain.events import RoomEvent
from bot.graph.calls import BOOKING_PROPERTY
from bot.ports.records import Decision, FeedState, ForeignOverlap, KeptCard
from bot.ports.store import Batch, Claim, DeadLetter, Document, Finish, Lease
from bot.store.codec import JsonCodec
from sandbox.calendar import ids
from sandbox.calendar.delta import _decoded
from sandbox.calendar.mailboxes import Change, Mailbox
from sandbox.calendar.models import Answer, Item
from sandbox.limits.models import Asked, Limits
from tests.rig.cards import BOOKED, about, heading, summary
from tests.rig.life import Ledger, Life
from tests.rig.scene import Scene
from tests.rig.witness import Witness

if TYPE_CHECKING:
    from tests.rig.shown import Listing

_END_OF_TIME = 2**40
_LOCAL_ZONE_HOURS = 1  # everybody is in Amsterdam, in winter
_CALM_S = 60.0
_MOST_AT_ONCE = 200  # times one job is done in one instant
_CODEC = JsonCodec()


def conversation_of(card: KeptCard) -> str:
    return str(card.chat.get("conversation_id", ""))


@dataclass(frozen=True, kw_only=True)
class Row:
    """One meeting in a room's calendar, as the mailbox has it. `is_ours` where the bot gave the answer that stands."""

    id: str
    uid: str
    start_at: datetime
    end_at: datetime
    response: str
    is_cancelled: bool
    is_organizer: bool
    blocks: bool
    is_accepted: bool  # for this time


@dataclass(kw_only=True)
class Observed:
    """One moment. Mailboxes and store are of the same instant."""

    now: datetime
    bookings: list[Booking] = field(default_factory=list)
    claims: dict[str, list[Claim]] = field(default_factory=dict)
    mirror: dict[str, dict[str, RoomEvent]] = field(default_factory=dict)
    feeds: dict[str, FeedState] = field(default_factory=dict)
    truth: dict[str, dict[str, Row]] = field(default_factory=dict)
    since_cursor: dict[str, set[str] | None] = field(default_factory=dict)  # keys of what changed since; None: void
    overlaps: dict[str, list[ForeignOverlap]] = field(default_factory=dict)
    kept_cards: list[KeptCard] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)
    dead: list[DeadLetter] = field(default_factory=list)
    live_events: dict[str, list[Item]] = field(default_factory=dict)  # by booking: organizers' copies that stand
    visible: list[tuple[str, str, str, str]] = field(default_factory=list)  # conversation, message, heading, summary
    cards: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)  # by conversation and message
    listings: "dict[str, Listing | None]" = field(default_factory=dict)  # by person, where they were asked for


class GoesRound(Exception):
    """A job is done again and again, and never for the last time."""


@dataclass
class Seen(Ledger):
    """What happened so far that breaks a promise: each list holds descriptions."""

    scene: Scene
    double: list[str] = field(default_factory=list)
    false_booked: list[str] = field(default_factory=list)
    stale_writes: list[str] = field(default_factory=list)
    crowded: list[str] = field(default_factory=list)
    answers: dict[tuple[str, str, datetime | None], tuple[datetime | None, datetime, datetime]] = field(
        default_factory=dict
    )
    crossed: set[tuple[str, str, datetime | None]] = field(default_factory=set)
    accepted: set[tuple[str, datetime, datetime]] = field(default_factory=set)  # room, start, end
    accepted_of: set[tuple[str, datetime]] = field(default_factory=set)  # the meeting's uid, start
    told: int = 0
    last_death_s: float = -1e9

    def __post_init__(self) -> None:
        self.mirrored: dict[tuple[str, str], tuple[datetime, datetime]] = {}  # room and event id
        self.series_until: dict[tuple[str, str], datetime] = {}  # by room and master: the end of the last date read
        self._fences: dict[str, tuple[int, int]] = {}
        self._taken: dict[str, tuple[float, int]] = {}  # by job: when, and how often at that instant
        self._ours: dict[str, str] = {}  # bookings by their meetings' uids
        self.witness = Witness(self.scene)
        self.differing: set[str] = set()  # where mirror and mailboxes differed when that was last asked

    def attach(self) -> None:
        scene = self.scene
        scene.world.exchange.listeners.append(self._changed)
        scene.teams.wrote.append(self._shown)
        scene.world.limits = _Counting(self)
        self.witness.attach()

    def forgive(self, everything: bool) -> None:
        """Where something was broken on purpose, what was seen on the way says nothing."""
        if everything:
            for found in (self.double, self.false_booked, self.stale_writes, self.crowded):
                found.clear()
            self.scene.logged.clear()

    # The store --------------------------------------------------------------------------------------------------

    def took(self, life: Life, leases: Sequence[Lease]) -> None:
        """Raises GoesRound where time would never go on: the worker stumbles over it and rests, and the log tells."""
        now_s = self.scene.loop.time()
        for lease in leases:
            self._fences[lease.key] = (lease.fence, life.number)
            since_s, times = self._taken.get(lease.key, (now_s, 0))
            self._taken[lease.key] = (now_s, times + 1 if since_s == now_s else 1)
            if self._taken[lease.key][1] > _MOST_AT_ONCE:
                raise GoesRound(lease.key)

    def wrote(self, life: Life, batch: Batch) -> None:
        self.witness.wrote(batch)
        for put in batch.puts:
            if put.key.startswith("event/"):
                row = _CODEC.decode(put.value, RoomEvent)
                self.mirrored[row.room, row.id] = (row.slot.start_at, row.slot.end_at)
                if row.master_id:
                    until = self.series_until.get((row.room, row.master_id), row.slot.end_at)
                    self.series_until[row.room, row.master_id] = max(until, row.slot.end_at)
        for finish in batch.finishes:
            self._fenced(life, finish)

    def _fenced(self, life: Life, finish: Finish) -> None:
        newest, holder = self._fences.get(finish.lease.key, (0, 0))
        if finish.lease.fence != newest:
            self.stale_writes.append(f"life {life.number} finished {finish.lease.key}, which life {holder} holds")

    # The mailboxes ----------------------------------------------------------------------------------------------

    def _changed(self, mailbox: Mailbox, change: Change) -> None:
        exchange = self.scene.world.exchange
        item = mailbox.items.get(change.key)
        if item is None:
            return
        if not exchange.is_room(mailbox.address):
            return
        for one in item.instances(*self.window):
            if one.response.answer is Answer.ACCEPTED and not one.is_cancelled:
                self._accepted(one)

    def _accepted(self, one: Item) -> None:
        """An answer stands for the time for which it was given: a meeting that is moved shows it for a while still. And
        one that was given before the organizer's change could be read was given for another time."""
        key = (one.mailbox, one.uid, one.original_start_at)
        answer = (one.response.answered_at, one.when.start_at, one.when.end_at)
        known = self.answers.get(key)
        if known is None or known[0] != one.response.answered_at:
            self.crossed.add(key) if self._is_unread(one) else self.crossed.discard(key)
            self.answers[key] = known = answer
        self.accepted.add((one.mailbox, *known[1:]))
        self.accepted_of.add((one.uid, known[1]))

    def _is_unread(self, one: Item) -> bool:
        """Whether it was last read elsewhere. Where a whole series was moved, its dates have other ids than those that
        were read."""
        read = self.mirrored.get((one.mailbox, ids.event_id(one, immutable=True)))
        if read is not None:
            return read != (one.when.start_at, one.when.end_at)
        master = one.mailbox, ids.master_id(one, immutable=True)
        return self.series_until.get(master, one.when.start_at) > one.when.start_at

    @property
    def window(self) -> tuple[datetime, datetime]:
        return self.scene.instant(-2, 0), self.scene.instant(60, 0)

    # Teams ------------------------------------------------------------------------------------------------------

    def learn(self) -> None:
        """Which meetings are ours, while they stand: late news of one can be shown after it was deleted."""
        for mailbox in self.scene.world.exchange.mailboxes.values():
            self._ours.update((item.uid, id_) for item in mailbox.items.values() if (id_ := booking_of(item)))

    def _shown(self, conversation: str, card: dict[str, Any]) -> None:
        self.told += 1
        self.learn()
        self.scene.tell(f"  {conversation} sees “{summary(card)}”")
        if heading(card) != BOOKED:
            return
        text, booking_id = summary(card), self.witness.event_of(about(card))
        claims = [(room, start, end) for room, start, end in self.accepted if self._says(text, room, start, end)]
        known = {start for uid, start in self.accepted_of if self._ours.get(uid) == booking_id}
        if not claims or (booking_id and not any(start in known for _, start, _ in claims)):
            when = f"{self.scene.loop.time():.3f}"
            self.false_booked.append(f"{conversation} shows “{text}” at {when}, and no room has said so")

    def _says(self, text: str, room: str, start: datetime, end: datetime) -> bool:
        name = self.scene.world.exchange.names[room]
        return name in text and span_of(start, end) in text


def booking_of(item: Item) -> str:
    """The id of ours that it bears: no transactionId, for that may be another each time it is sent."""
    return item.extended.get(BOOKING_PROPERTY, "")


def span_of(start: datetime, end: datetime) -> str:
    """As a card of somebody in Amsterdam has it, in winter, within one day."""
    times = [(one.hour + _LOCAL_ZONE_HOURS, one.minute) for one in (start, end)]
    return "–".join(f"{hour:02d}:{minute:02d}" for hour, minute in times)


class _Counting(Limits):
    """The tenant's limits, which also tell of a mailbox that was asked by more than it serves at once."""

    def __init__(self, seen: Seen) -> None:
        self._seen = seen
        old = seen.scene.world.limits
        super().__init__(old._now)
        self.change(old.settings)

    def enter(self, asked: Asked) -> dict[str, str]:
        seen = self._seen
        flying = self._in_flight.get((asked.app_id, asked.mailbox), 0)
        alone = len(seen.scene.bots) == 1 and seen.scene.loop.time() - seen.last_death_s > _CALM_S
        if asked.mailbox and flying >= self.settings.mailbox_concurrency and alone:
            seen.crowded.append(f"{flying + 1} calls at once on {asked.mailbox}")
        return super().enter(asked)


class Observer:
    """Reads the moment; documents that did not change are decoded once."""

    def __init__(self, scene: Scene, seen: Seen) -> None:
        self._scene = scene
        self._seen = seen
        self._decoded: dict[str, tuple[bytes, Any]] = {}

    async def look(self) -> Observed:
        scene = self._scene
        self._seen.learn()
        rooms = scene.rooms_addresses()
        documents, claims = await self._stored(rooms)
        dead = await scene.look(scene.store.dead_letters)
        observed = Observed(now=scene.clock.now(), claims=claims, dead=dead)
        observed.mirror = {room: {} for room in rooms}
        observed.overlaps = {room: [] for room in rooms}
        for document in documents:
            self._sort(observed, document)
        for room in rooms:
            self._see_room(observed, scene.world.exchange.mailboxes[room])
        for mailbox in scene.world.exchange.mailboxes.values():
            for item in mailbox.items.values():
                booking_id = booking_of(item)
                if booking_id and item.is_organizer and not item.is_cancelled:
                    observed.live_events.setdefault(booking_id, []).append(item)
        for conversation, messages in scene.teams.conversations.items():
            for message in messages.values():
                if message.card is not None:
                    observed.visible.append((conversation, message.id, heading(message.card), summary(message.card)))
                    observed.cards[conversation, message.id] = message.card
        return observed

    async def _stored(self, rooms: Sequence[str]) -> tuple[list[Document], dict[str, list[Claim]]]:
        """Of one moment, though the bot goes on meanwhile."""
        claims = await self._claims(rooms)
        while True:
            documents: list[Document] = await self._scene.look(lambda: self._scene.store.scan(""))
            before, claims = claims, await self._claims(rooms)
            if claims == before:
                return documents, claims

    async def _claims(self, rooms: Sequence[str]) -> dict[str, list[Claim]]:
        everything = partial(self._scene.store.claims, start=0, end=_END_OF_TIME)
        return {room: await self._scene.look(partial(everything, room)) for room in rooms}

    def _sort(self, observed: Observed, document: Document) -> None:
        kind, _, rest = document.key.partition("/")
        if kind == "booking":
            observed.bookings.append(self._value(document, Booking))
        elif kind == "event":
            room, _, event_id = rest.partition("/")
            observed.mirror.setdefault(room, {})[event_id] = self._value(document, RoomEvent)
        elif kind == "decision":
            observed.decisions.append(self._value(document, Decision))
        elif kind == "feed":
            observed.feeds[rest] = self._value(document, FeedState)
        elif kind == "overlap":
            observed.overlaps.setdefault(rest.partition("/")[0], []).append(self._value(document, ForeignOverlap))
        elif kind == "card":
            observed.kept_cards.append(self._value(document, KeptCard))

    def _value(self, document: Document, kind: type[Any]) -> Any:
        known = self._decoded.get(document.key)
        if known is None or known[0] != document.value:
            known = self._decoded[document.key] = (document.value, _CODEC.decode(document.value, kind))
        return known[1]

    def _see_room(self, observed: Observed, mailbox: Mailbox) -> None:
        feed = observed.feeds.get(mailbox.address)
        window = (feed.window.start_at, feed.window.end_at) if feed and feed.window else self._seen.window
        rows = [self._row(item) for item in mailbox.view(*window)]
        observed.truth[mailbox.address] = {row.id: row for row in rows}
        observed.since_cursor[mailbox.address] = _since(mailbox, feed.link if feed else "")

    def _row(self, item: Item) -> Row:
        key = (item.mailbox, item.uid, item.original_start_at)
        answer = self._seen.answers.get(key)
        return Row(
            id=ids.event_id(item, immutable=True),
            uid=item.uid,
            start_at=item.when.start_at,
            end_at=item.when.end_at,
            response=item.response.answer.value,
            is_cancelled=item.is_cancelled,
            is_organizer=item.is_organizer,
            is_accepted=item.response.answer is Answer.ACCEPTED
            and answer is not None
            and key not in self._seen.crossed
            and answer[1:] == (item.when.start_at, item.when.end_at),
            blocks=not item.is_cancelled and item.response.answer is not Answer.DECLINED,
        )


def _since(mailbox: Mailbox, link: str) -> set[str] | None:
    """The ids (of masters, for series) of what changed since the cursor; None where the cursor is good no more."""
    token = link.rpartition("token=")[2]
    state = _decoded(token)
    if state is None or state.is_first or state.generation != mailbox.sync_generation:
        return None
    since = state.since
    return {ids.master_id(change.item, immutable=True) for change in mailbox.journal if change.version > since}
