"""A whole tenant in memory: store, mailboxes, clock and every use case, with processes that can be killed anywhere."""

import itertools
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.admin.status import StatusDesk
from bot.booking.completer import Completer
from bot.booking.desk import Desk, Wanted
from bot.booking.drive import Driver
from bot.booking.managers import Managers
from bot.booking.search import Finder
from bot.booking.series_desk import SeriesDesk, WantedSeries
from bot.domain.availability import Availability
from bot.domain.bookings import Booking, State
from bot.domain.people import Person
from bot.domain.rooms import Room
from bot.domain.series import Frequency, Rhythm
from bot.domain.slots import Slot
from bot.policy.loading import Policies, load
from bot.ports import keys
from bot.ports.documents import Documents
from bot.ports.records import Decision, FeedState, ForeignOverlap
from bot.ports.store import Batch, Claim, DeadLetter, Document, Finish, Lease, Schedule, Store
from bot.store.codec import JsonCodec
from bot.store.memory import MemoryEngine
from bot.sync.audit import Auditor
from bot.sync.compare import Comparer
from bot.sync.decide import Decider
from bot.sync.forget import Forgetter
from bot.sync.hints import Hints
from bot.sync.house import House
from bot.sync.indexing import Indexing
from bot.sync.round import Rounds
from bot.sync.subscriptions import Subscriber
from bot.sync.worker import Worker
from tests.fakes import START_AT, FakeCalendar, FakeDirectory, ManualClock

OSLO = "oslo@contoso.example"
BERGEN = "bergen@contoso.example"
ROOMS = (
    Room(address=OSLO, name="Oslo", capacity=4, building="Harbour House", zone="UTC"),
    Room(address=BERGEN, name="Bergen", capacity=8, building="Harbour House", zone="UTC"),
)
ADA = Person(id="ada", name="Ada", address="ada@contoso.example", zone="Europe/Oslo")
BOB = Person(id="bob", name="Bob", address="bob@contoso.example", zone="Europe/Oslo")


class Crash(BaseException):
    """The process is gone: nothing of it happens any more."""


class CrashingStore:
    """A store whose process dies before or after the n-th step (commits and outside calls are counted together)."""

    def __init__(self, store: Store, world: "World") -> None:
        self._store = store
        self._world = world
        self._life = world.life
        self.read = store.read
        self.scan = store.scan
        self.page = store.page
        self.claims = store.claims
        self.next_due = store.next_due
        self.prolong = store.prolong
        self.dead_letters = store.dead_letters
        self.owed = store.owed
        self.known_jobs = store.known_jobs

    async def take(self, prefixes: Sequence[str], limit: int, *, now: float, lease_s: float) -> list[Lease]:
        self._life.alive()
        return await self._store.take(prefixes, limit, now=now, lease_s=lease_s)

    async def commit(self, batch: Batch) -> None:
        self._life.step()
        await self._store.commit(batch)
        self._world.look_at(batch)
        self._life.step()


class Life:
    """One process. `dies_at` counts the steps that it has left; None for ever."""

    def __init__(self, dies_at: int | None = None) -> None:
        self.dies_at = dies_at
        self.steps = 0
        self.dead = False

    def step(self) -> None:
        self.alive()
        self.steps += 1
        if self.dies_at is not None and self.steps > self.dies_at:
            self.dead = True
        self.alive()

    def alive(self) -> None:
        if self.dead:
            raise Crash


class World:
    """`start` begins a process (again); `settle` runs all that is due; `pass_time` moves the clock in small steps."""

    def __init__(self, policy: str = "", rooms: Sequence[Room] = ROOMS) -> None:
        self.clock = ManualClock()
        self.engine = MemoryEngine()
        self.raw: Store = self.engine.of("contoso")
        self.calendar = FakeCalendar(self.clock, [room.address for room in rooms])
        self.directory = FakeDirectory(rooms)
        self.directory.zones = {room.address: room.zone for room in rooms}
        self.policies: Policies = load(policy)
        self.life = Life()
        self.false_confirmed: list[Booking] = []
        self.shown: dict[str, list[Booking]] = {}
        self._codec = JsonCodec()
        self._ids = itertools.count(1)
        self.calendar.before_call = lambda _: self.life.step()

    async def start(self, dies_at: int | None = None) -> None:
        self.life = Life()
        store = CrashingStore(self.raw, self)
        self.documents = Documents(store, self._codec)
        self.index = Availability()
        common = (self.documents, self.calendar, self.index, self.policies, self.clock)
        self.desk = Desk(self.documents, self.index, self.policies, self.clock)
        self.series_desk = SeriesDesk(self.documents, self.desk)
        self.finder = Finder(self.index, self.policies)
        self.status = StatusDesk(self.documents, self.index, self.policies, self.clock)
        self.house = House(self.documents, self.directory, self.index, self.clock)
        self.hints = Hints(self.documents, self.clock)
        managers = Managers(self.documents, self.directory, self.index, self.policies, self.clock)
        driver = Driver(self.documents, self.calendar, self.index, self.clock)
        secrets = itertools.count(1)
        self.subscriber = Subscriber(
            self.documents, self.calendar, self.clock, url="https://x.example", new_secret=lambda: f"s{next(secrets)}"
        )
        self.comparer = Comparer(self.documents, self.calendar, self.index, self.clock)
        self.auditor = Auditor(self.documents, self.calendar, self.index, self.clock, url="https://x.example")
        self.forgetter = Forgetter(self.documents, self.clock)
        self.completer = Completer(self.documents, self.clock)
        handlers = {
            keys.FORGET: self.forgetter.forget,
            keys.COMPLETE: self.completer.complete,
            keys.AUDIT: self.auditor.audit,
            keys.COMPARE: self.comparer.compare,
            keys.SYNC: Rounds(*common).round,
            keys.DECIDE: Decider(*common).decide,
            keys.DRIVE: driver.drive,
            keys.MANAGER: managers.tell,
            keys.SUBSCRIBE: self.subscriber.keep,
            keys.POLL: self.house.poll,
            keys.LOOK: self.house.look_again,
            keys.REFRESH: self.house.refresh,
            keys.SWEEP: self.house.sweep,
            keys.TELL: self._tell,
        }
        self.worker = Worker(store, handlers, self.clock, "test")
        await Indexing(self.documents, self.index, self.clock).load()
        await self.house.owe()
        await self.comparer.open()
        await self.auditor.open()
        await self.forgetter.open()
        await self.completer.open()
        self.life.dies_at = dies_at

    async def settle(self) -> int:
        return await self.worker.settle()

    async def pass_time(self, seconds: float, step_s: float = 5.0) -> None:
        for _ in range(int(seconds // step_s)):
            self.clock.forward(step_s)
            await self.settle()

    async def survive(self, dies_at: int, seconds: float, step_s: float = 5.0) -> bool:
        """Settles and passes time in a process that dies at its n-th step; then another starts. Returns whether it
        died."""
        self.life.dies_at = self.life.steps + dies_at
        try:
            await self.settle()
            await self.pass_time(seconds, step_s)
        except Crash:
            await self.worker._stop()
            await self.start()
            return True
        self.life.dies_at = None
        return False

    # Looking --------------------------------------------------------------------------------------------------------

    def look_at(self, batch: Batch) -> None:
        """No booking is ever written as confirmed that no read has shown to be accepted."""
        for put in batch.puts:
            if put.key.startswith(keys.booking("")):
                booking = self._codec.decode(put.value, Booking)
                seen = (booking.ical_uid, booking.slot) in self.calendar.seen_accepted
                if booking.state is State.CONFIRMED and booking.rhythm is None and not seen:
                    self.false_confirmed.append(booking)

    async def booking(self, booking_id: str) -> Booking:
        kept = await self.reading.get(keys.booking(booking_id), Booking)
        assert kept is not None
        return kept.value

    @property
    def reading(self) -> Documents:
        return Documents(self.raw, self._codec)

    async def bookings(self) -> list[Booking]:
        return [kept.value for kept in await self.reading.scan(keys.booking(""), Booking)]

    async def decisions(self) -> list[Decision]:
        return [kept.value for kept in await self.reading.scan("journal/", Decision)]

    async def overlaps(self) -> list[ForeignOverlap]:
        return [kept.value for kept in await self.reading.scan("overlap/", ForeignOverlap)]

    async def feed(self, room: str) -> FeedState:
        kept = await self.reading.get(keys.feed(room), FeedState)
        assert kept is not None
        return kept.value

    async def claims(self, room: str) -> list[Claim]:
        return await self.raw.claims(room, 0, 2**40)

    async def documents_under(self, prefix: str) -> list[Document]:
        return await self.raw.scan(prefix)

    async def dead(self) -> list[DeadLetter]:
        return await self.raw.dead_letters()

    # Doing ----------------------------------------------------------------------------------------------------------

    async def book(self, slot: Slot, person: Person = ADA, room: str = OSLO) -> Booking:
        number = next(self._ids)
        wanted = Wanted(booking_id=f"{number:032x}", person=person, room=room, slot=slot, subject="Planning")
        return await self.desk.reserve(wanted)

    async def book_series(
        self,
        slot: Slot,
        times: int,
        *,
        person: Person = ADA,
        room: str = OSLO,
        weekly: bool = True,
        missing: Sequence[int] = (),
        replaces: str = "",
    ) -> Booking:
        """Every week, or every day; `missing` are the numbers of occurrences (from 0) to do without."""
        number, step = next(self._ids), timedelta(weeks=1) if weekly else timedelta(days=1)
        frequency = Frequency.WEEKLY if weekly else Frequency.DAILY
        rhythm = Rhythm(frequency=frequency, until_on=slot.start_at.date() + (times - 1) * step)
        local = slot.start_at.astimezone(ZoneInfo(person.zone))
        slots = rhythm.slots(local.date(), local.time(), slot.minutes, ZoneInfo(person.zone))
        each = Wanted(
            booking_id=f"{number:032x}",
            person=person,
            room=room,
            slot=slots[0],
            subject="Planning",
            replaces=replaces,
        )
        left_out = frozenset(slots[at] for at in missing)
        wanted = WantedSeries(each=each, rhythm=rhythm, slots=slots, missing=left_out)
        return await self.series_desk.reserve(wanted)

    async def occurrences(self, series_id: str) -> list[Booking]:
        return [one for one in await self.bookings() if one.series == series_id]

    async def hint(self, room: str) -> None:
        """As a notification does."""
        await self.raw.commit(Batch(schedules=(Schedule(keys.sync(room), self.clock.now().timestamp()),)))

    async def run_one(self, job: str) -> None:
        """Runs that job alone, where it is due."""
        now = self.clock.now().timestamp()
        for lease in await self.raw.take([job], 1, now=now, lease_s=60.0):
            await self.worker._handlers[job.partition("/")[0] + "/"](lease)

    async def _tell(self, lease: Lease) -> None:
        """In place of the channel: what a card would show now."""
        card, _, kind = lease.key.removeprefix(keys.TELL).rpartition(".")
        kept = await self.documents.get(keys.booking(card), Booking)
        if kept is not None:
            self.shown.setdefault(f"{card}.{kind}", []).append(kept.value)
        await self.documents.store.commit(Batch(finishes=(Finish(lease),)))


async def running(policy: str = "", rooms: Sequence[Room] = ROOMS) -> World:
    """A tenant whose first reads are done."""
    world = World(policy, rooms)
    await world.start()
    await world.settle()
    return world


def at(hours: float, minutes: float = 60, *, days: int = 1) -> Slot:
    """So many hours into a day after the start's, for so many minutes."""
    midnight = START_AT.replace(hour=0) + timedelta(days=days)
    return Slot.lasting(midnight + timedelta(hours=hours), int(minutes))


def later(instant: datetime, **by: float) -> datetime:
    return instant + timedelta(**by)


def shifted(slot: Slot, **by: float) -> Slot:
    return replace(slot, start_at=later(slot.start_at, **by), end_at=later(slot.end_at, **by))


async def noticed(world: World, seconds: float = 0.0) -> None:
    """A notification of Oslo's, and what comes of it at once; then some time."""
    await world.hint(OSLO)
    await world.settle()
    if seconds:
        await world.pass_time(seconds)
