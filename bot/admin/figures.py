"""One tenant's figures, read from the store when somebody asks for them, and not too often."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping

from bot.domain.availability import Availability
from bot.domain.bookings import OPEN, Booking
from bot.domain.freshness import freshness
from bot.ports import keys
from bot.ports.clock import Clock
from bot.ports.documents import Documents
from bot.ports.figures import Family, Sample
from bot.ports.records import Comparison, Declines, ForeignOverlap, Polling, SecretEnds, SubscriptionRecord, Untold
from bot.ports.store import Owed, StoreError

JOBS_FOR_S = 10.0
DOCUMENTS_FOR_S = 60.0
_WITHIN_S = 5.0
_AT_ONCE = 500  # documents, so that nothing else waits long
_DAY_S = 86400.0


class _Kept:
    """Families, made anew when they are older than `for_s`. However many ask at once, they are made once."""

    def __init__(self, make: Callable[[], Awaitable[list[Family]]], clock: Clock, for_s: float) -> None:
        self._make = make
        self._clock = clock
        self._for_s = for_s
        self._lock = asyncio.Lock()
        self._made: tuple[float, list[Family]] | None = None

    async def families(self) -> list[Family]:
        async with self._lock:
            now_s = self._clock.monotonic()
            if self._made is None or now_s - self._made[0] >= self._for_s:
                self._made = now_s, await self._make()
            return self._made[1]


class TenantFigures:
    """What is owed costs one pass over the tenant's jobs, at most every ten seconds. Bookings, subscriptions and
    overlaps cost a read of those that are alive, 500 at a time, at most once a minute."""

    def __init__(self, tenant: str, documents: Documents, index: Availability, clock: Clock) -> None:
        self._tenant = tenant
        self._documents = documents
        self._index = index
        self._clock = clock
        self._jobs = _Kept(self._of_jobs, clock, JOBS_FOR_S)
        self._standing = _Kept(self._of_documents, clock, DOCUMENTS_FOR_S)

    async def families(self) -> list[Family]:
        """A store that cannot be read, or not in time, is told by `foyer_store_readable`; the rest is left out then."""
        rooms = self._rooms()
        told = "Whether the store could be read for these figures."
        try:
            async with asyncio.timeout(_WITHIN_S):
                found = [*await self._jobs.families(), *await self._standing.families()]
        except (StoreError, TimeoutError):
            return [*rooms, self._gauge("foyer_store_readable", told, 0)]
        return [*rooms, self._gauge("foyer_store_readable", told, 1), *found]

    def _rooms(self) -> list[Family]:
        """From memory: also while the store cannot be read."""
        index, gauge = self._index, self._gauge
        fresh = freshness(index.rooms, index.read_at, index.troubled, self._clock.now())
        return [
            gauge("foyer_rooms", "Rooms that are known.", fresh.rooms),
            gauge("foyer_rooms_unread", "Rooms whose calendars were never read to their end.", fresh.unread),
            gauge("foyer_rooms_unreadable", "Rooms whose calendars may not be read, or are not there.", fresh.troubled),
            gauge("foyer_rooms_behind", "Rooms that were not read for three of their polls; must be 0.", fresh.behind),
            gauge(
                "foyer_room_read_oldest_seconds",
                "How long ago the readable room was read that waits the longest.",
                fresh.oldest_s,
            ),
        ]

    async def _of_jobs(self) -> list[Family]:
        now_s = self._clock.now().timestamp()
        owed = await self._documents.store.owed(now=now_s)
        dirty, outbox = owed.get(keys.SYNC, Owed()), owed.get(keys.TELL, Owed())
        gauge = self._gauge
        return [
            self._by_kind(
                "foyer_jobs", "Jobs that are owed, by kind.", {kind: one.living for kind, one in owed.items()}
            ),
            self._by_kind(
                "foyer_jobs_due",
                "Jobs that anybody could take now, by kind.",
                {kind: one.due for kind, one in owed.items()},
            ),
            self._by_kind(
                "foyer_dead_letters",
                "Jobs that were given up on, by kind.",
                dict.fromkeys(_KINDS, 0) | {kind: one.dead for kind, one in owed.items()},
            ),
            gauge("foyer_rooms_dirty", "Rooms that are to be read again.", dirty.living),
            gauge("foyer_room_dirty_oldest_seconds", "For how long the longest dirty room is.", _age_s(dirty, now_s)),
            gauge("foyer_outbox_messages", "Messages and changes of cards that are owed.", outbox.living),
            gauge("foyer_outbox_oldest_seconds", "For how long the oldest of them is owed.", _age_s(outbox, now_s)),
        ]

    async def _of_documents(self) -> list[Family]:
        return [
            *await self._bookings(),
            *await self._subscriptions(),
            *await self._compared(),
            await self._overlaps(),
            *await self._not_had(),
            await self._declines(),
            await self._secret(),
            self._gauge(
                "foyer_reconciling",
                "Whether rooms are read again after a restore before anything is decided or sent.",
                int(bool(await self._documents.store.read([keys.RECONCILE]))),
            ),
        ]

    async def _bookings(self) -> list[Family]:
        """Of what people's lists of coming bookings name: never of all that were ever made."""
        ids = [kept.value for kept in await self._documents.scan(keys.ALL_MINE, str)]
        bookings: list[Booking] = []
        for at in range(0, len(ids), _AT_ONCE):
            some = [keys.booking(one) for one in ids[at : at + _AT_ONCE]]
            bookings += [kept.value for kept in (await self._documents.get_all(some, Booking)).values()]
        states = Counter(booking.state for booking in bookings if booking.state in OPEN)
        oldest = min((booking.made_at for booking in bookings if booking.state in OPEN), default=None)
        age_s = (self._clock.now() - oldest).total_seconds() if oldest else 0.0
        samples = [self._sample(states[state], state=state.value) for state in sorted(OPEN)]
        told = "Bookings that are under way, by state."
        return [
            Family(name="foyer_bookings_open", kind="gauge", told=told, samples=samples),
            self._gauge("foyer_booking_open_oldest_seconds", "For how long the oldest of them is under way.", age_s),
        ]

    async def _subscriptions(self) -> list[Family]:
        """The least is below 0 where one has lapsed and was not renewed; absent where there is none at all."""
        rooms, ends = [room.address for room in self._index.rooms], []
        for at in range(0, len(rooms), _AT_ONCE):
            some = [keys.subscription(room) for room in rooms[at : at + _AT_ONCE]]
            records = await self._documents.get_all(some, SubscriptionRecord)
            ends += [kept.value.expires_at for kept in records.values()]
        now = self._clock.now()
        least = [self._sample((min(ends) - now).total_seconds())] if ends else []
        told = "How long the subscription lives that ends first."
        without = len(rooms) - sum(end > now for end in ends)
        return [
            Family(name="foyer_subscription_least_seconds_to_expiry", kind="gauge", told=told, samples=least),
            self._gauge("foyer_rooms_without_subscription", "Rooms of which only the poll brings news.", without),
        ]

    async def _overlaps(self) -> Family:
        found = await self._documents.scan(keys.OVERLAPS, ForeignOverlap)
        return self._gauge("foyer_foreign_overlaps", "Meetings made where another one holds the room.", len(found))

    async def _not_had(self) -> list[Family]:
        """What the service does not tell, or tells so that nobody understands it."""
        pollings = await self._documents.scan(keys.polling(""), Polling)
        by_why = Counter(kept.value.why for kept in pollings)
        samples = [self._sample(by_why[why], why=why.value) for why in sorted(Untold)]
        odd = await self._documents.store.scan(keys.ODD)
        return [
            Family(
                name="foyer_rooms_untold",
                kind="gauge",
                told="Rooms that are polled because a subscription is refused, by why.",
                samples=samples,
            ),
            self._gauge("foyer_calendar_items_not_understood", "Calendar items that only block their time.", len(odd)),
        ]

    async def _declines(self) -> Family:
        kept = await self._documents.get(keys.DECLINES, Declines)
        stopped = kept is not None and kept.value.stopped_at is not None
        told = "Whether declining was stopped, for there were too many at once."
        return self._gauge("foyer_declining_stopped", told, int(stopped))

    async def _compared(self) -> list[Family]:
        """Not a number until a comparison has come to its end."""
        kept = await self._documents.get(keys.COMPARED, Comparison)
        done = kept.value if kept and kept.value.finished_at else None
        age_s = (self._clock.now() - done.finished_at).total_seconds() if done and done.finished_at else float("nan")
        count = float(done.divergences) if done else float("nan")
        return [
            self._gauge(
                "foyer_mirror_divergences", "Rows that differed from the mailboxes at the last compare.", count
            ),
            self._gauge("foyer_mirror_compared_seconds_ago", "How long ago that was.", age_s),
        ]

    async def _secret(self) -> Family:
        """Not a number where the directory does not tell."""
        kept = await self._documents.get(keys.SECRET_ENDS, SecretEnds)
        at = kept.value.at if kept else None
        days = (at - self._clock.now()).total_seconds() / _DAY_S if at else float("nan")
        return self._gauge("foyer_secret_days_left", "Days until the app's secret for Microsoft Graph ends.", days)

    def _gauge(self, name: str, told: str, value: float) -> Family:
        return Family(name=name, kind="gauge", told=told, samples=[self._sample(value)])

    def _by_kind(self, name: str, told: str, values: Mapping[str, int]) -> Family:
        samples = [self._sample(value, kind=kind.rstrip("/")) for kind, value in sorted(values.items())]
        return Family(name=name, kind="gauge", told=told, samples=samples)

    def _sample(self, value: float, **labels: str) -> Sample:
        return Sample(value=value, labels={"tenant": self._tenant, **labels})


_KINDS = (keys.SYNC, keys.DECIDE, keys.DRIVE, keys.TELL, keys.MANAGER)


def _age_s(owed: Owed, now_s: float) -> float:
    return 0.0 if owed.since is None else now_s - owed.since
