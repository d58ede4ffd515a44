"""What an administrator sees at a glance: rooms, how fresh each is, what is owed."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot.domain.availability import Availability
from bot.domain.bookings import OPEN, Booking
from bot.domain.freshness import behind_after_s
from bot.domain.rooms import Control, Evidence, Observation, Room
from bot.policy.loading import Policies
from bot.ports import keys
from bot.ports.clock import Clock
from bot.ports.documents import Documents
from bot.ports.records import Comparison, Declines, FeedState, Polling, SubscriptionRecord, Untold
from bot.ports.store import Batch

PAGE = 15


@dataclass(frozen=True, kw_only=True)
class RoomStatus:
    """`lag_s` is how long ago the room's calendar was last read. `trouble` is "", "denied", "missing", "behind" or
    "polling" (no living subscription: only the poll brings news)."""

    room: Room
    control: Control
    evidence: Evidence
    evidence_at: datetime | None = None
    synced_at: datetime | None = None
    lag_s: float | None = None
    subscription_expires_at: datetime | None = None
    trouble: str = ""


@dataclass(frozen=True, kw_only=True)
class Status:
    """One page of rooms, and the counts of the whole tenant. `compared` is the last nightly comparison of the mirror
    with the mailboxes; its `divergences` must be 0. `untold` says of how many rooms the service tells nothing, and
    why."""

    rooms: tuple[RoomStatus, ...]
    rooms_in_all: int
    rooms_read: int  # to the end of what can be booked; less than all during a first import
    open_bookings: int
    dead_letters: int
    odd_items: int = 0  # of calendars, that could not be understood
    untold: Mapping[Untold, int] = field(default_factory=dict)
    compared: Comparison | None = None
    declines_stopped_at: datetime | None = None
    page: int = 0
    next_page: int | None = None


class StatusDesk:
    """Reads one tenant's state, and lifts its brake on declines."""

    def __init__(self, documents: Documents, index: Availability, policies: Policies, clock: Clock) -> None:
        self._documents = documents
        self._index = index
        self._policies = policies
        self._clock = clock

    async def status(self, page: int = 0) -> Status:
        """Rooms by building and name, fifteen a page; a page beyond the last is the last."""
        rooms = sorted(self._index.rooms, key=lambda room: (room.building, room.name.casefold()))
        last = max(0, (len(rooms) - 1) // PAGE)
        page = min(max(page, 0), last)
        bookings = await self._documents.scan(keys.booking(""), Booking)
        compared = await self._documents.get(keys.COMPARED, Comparison)
        declines = await self._documents.get(keys.DECLINES, Declines)
        return Status(
            declines_stopped_at=declines.value.stopped_at if declines else None,
            compared=compared.value if compared else None,
            rooms=await self._rooms(rooms[page * PAGE : (page + 1) * PAGE]),
            rooms_in_all=len(rooms),
            rooms_read=self.imported()[0],
            open_bookings=sum(kept.value.state in OPEN for kept in bookings),
            dead_letters=len(await self._documents.store.dead_letters()),
            odd_items=len(await self._documents.store.scan(keys.ODD)),
            untold=Counter(kept.value.why for kept in await self._documents.scan(keys.polling(""), Polling)),
            page=page,
            next_page=page + 1 if page < last else None,
        )

    def imported(self) -> tuple[int, int]:
        """How many rooms were read to their end, and how many there are."""
        rooms = self._index.rooms
        return sum(room.address in self._index.read_at for room in rooms), len(rooms)

    async def decline_again(self) -> None:
        """An administrator has seen why so many were declined: counting starts anew."""
        put = self._documents.put(keys.DECLINES, Declines())
        await self._documents.store.commit(Batch(puts=(put,)))

    async def _rooms(self, rooms: list[Room]) -> tuple[RoomStatus, ...]:
        addresses = [room.address for room in rooms]
        feeds = await self._documents.get_all([keys.feed(address) for address in addresses], FeedState)
        seen = await self._documents.get_all([keys.observation(address) for address in addresses], Observation)
        alive = await self._documents.get_all([keys.subscription(address) for address in addresses], SubscriptionRecord)
        now = self._clock.now()
        statuses = []
        for room in rooms:
            feed, evidence = feeds.get(keys.feed(room.address)), seen.get(keys.observation(room.address))
            subscription = alive.get(keys.subscription(room.address))
            state = feed.value if feed else FeedState()
            expires_at = subscription.value.expires_at if subscription else None
            lag_s = (now - state.synced_at).total_seconds() if state.synced_at else None
            statuses.append(
                RoomStatus(
                    room=room,
                    control=self._policies.of(room).control,
                    evidence=evidence.value.evidence if evidence else Evidence.NONE,
                    evidence_at=evidence.value.seen_at if evidence else None,
                    synced_at=state.synced_at,
                    lag_s=lag_s,
                    subscription_expires_at=expires_at,
                    trouble=state.trouble or _trouble(lag_s, expires_at, now, behind_after_s(len(self._index.rooms))),
                )
            )
        return tuple(statuses)


def _trouble(lag_s: float | None, expires_at: datetime | None, now: datetime, behind_after_s: float) -> str:
    if lag_s is None or lag_s > behind_after_s:
        return "behind"
    if expires_at is None or expires_at <= now:
        return "polling"
    return ""
