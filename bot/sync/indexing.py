"""Fills the search index from documents: all of them at the start, those that changed from then on."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.domain.availability import Availability
from bot.domain.bookings import Booking
from bot.domain.events import RoomEvent
from bot.domain.rooms import Room
from bot.domain.spans import Spans
from bot.ports import keys
from bot.ports.clock import Clock
from bot.ports.documents import Documents, Kept
from bot.ports.records import FeedState
from bot.sync.packing import believed, taken_by

KEPT_AFTER = timedelta(days=1)  # a booking that is over keeps its claim and its place in lists so long
_AT_ONCE = 1_000  # documents of one read
_SIDE_BY_SIDE = 4  # rooms, which the index marks together: some milliseconds


@dataclass
class Loaded:
    """How many rooms of how many a load has come to."""

    rooms: int = 0
    of: int = 0


class Indexing:
    """Of one tenant. What is read first of a room is where its feed stands, and that is applied last: a room is never
    called read before its meetings are in the index."""

    def __init__(self, documents: Documents, index: Availability, clock: Clock) -> None:
        self._documents = documents
        self._index = index
        self._clock = clock
        self.loaded = Loaded()

    async def load(self) -> None:
        """Everything, a room at a time: all meetings of a big house at once would not fit into the memory. What the
        index held before is forgotten, each room's in one moment. Others have their turn all along: nothing takes
        longer than some milliseconds at a stretch, save putting rooms in order."""
        rooms = [kept.value async for some in self._documents.each(keys.room(""), Room) for kept in some]
        self.loaded.rooms, self.loaded.of = 0, len(rooms)
        each_feed = self._documents.each(keys.FEEDS, FeedState)
        feeds = {kept.key.removeprefix(keys.FEEDS): kept.value async for some in each_feed for kept in some}
        held: dict[str, list[Booking]] = {}
        async for some in self._documents.each(keys.booking(""), Booking):
            for booking in (kept.value for kept in some if self._is_shown(kept.value)):
                held.setdefault(booking.room, []).append(booking)
        for room in rooms:
            if self._index.room(room.address) is None:
                self._index.mark_unread(room.address)
        self._index.set_rooms(rooms)
        in_rank = [room.address for room in self._index.rooms]
        every = list(dict.fromkeys([*in_rank, *feeds, *held]))  # rooms that are gone, too, for they may come back
        for some_rooms in _parts(every, _SIDE_BY_SIDE):
            taken = await self._taken(some_rooms, feeds)
            for one in (one for address in some_rooms for one in held.get(address, ())):
                taken[one.room].put(keys.held_by_booking(one.id), one.slot)
            self._index.fill_together(taken)
            self.loaded.rooms = min(self.loaded.rooms + len(some_rooms), self.loaded.of)
        self._index.forget_all_but(every)
        self._mark({room.address: feeds.get(room.address) for room in rooms})

    async def _taken(self, addresses: Iterable[str], feeds: Mapping[str, FeedState]) -> dict[str, Spans]:
        """When each room is taken by its meetings: as packed, where that can be believed, else by its rows."""
        digests = {address: feeds[address].packed for address in addresses if address in feeds}
        found = await self._documents.store.read([keys.packed(address) for address, one in digests.items() if one])
        taken = {}
        for address in addresses:
            document = found.get(keys.packed(address))
            spans = believed(document.value, digests[address]) if document else None
            if spans is None:
                each_row = self._documents.each(keys.events(address), RoomEvent)
                spans = taken_by([kept.value async for some in each_row for kept in some])
            taken[address] = spans
        return taken

    async def refresh(self, changed: Iterable[str]) -> None:
        """The documents of those keys as they stand now. Keys that the index does not rest on are passed over."""
        named = _Named.of(changed)
        feeds = await self._feeds(sorted(named.rooms | named.feeds))
        for some in _parts(sorted(named.events)):
            events = await self._documents.get_all(some, RoomEvent)
            for key in some:
                self._show_event(key, events.get(key))
        for some in _parts(sorted(named.bookings)):
            for booking in (await self._documents.get_all(some, Booking)).values():
                self._show_booking(booking.value)
        if named.rooms:
            found = await self._documents.get_all([keys.room(address) for address in named.rooms], Room)
            self._show_rooms({address: found.get(keys.room(address)) for address in named.rooms})
        self._mark(feeds)

    async def _feeds(self, addresses: Iterable[str]) -> dict[str, FeedState | None]:
        wanted = list(addresses)
        found: dict[str, Kept[FeedState]] = {}
        for some in _parts(keys.feed(address) for address in wanted):
            found |= await self._documents.get_all(some, FeedState)
        kept = {address: found.get(keys.feed(address)) for address in wanted}
        return {address: feed.value if feed else None for address, feed in kept.items()}

    def _show_event(self, key: str, kept: Kept[RoomEvent] | None) -> None:
        if kept is not None and kept.value.blocks:
            self._index.put(kept.value.room, kept.value.id, kept.value.slot)
        else:
            _, room, event_id = key.split("/", 2)
            self._index.drop(room, event_id)

    def _show_booking(self, booking: Booking) -> None:
        holder = keys.held_by_booking(booking.id)
        if self._is_shown(booking):
            self._index.put(booking.room, holder, booking.slot)
        else:
            self._index.drop(booking.room, holder)

    def _is_shown(self, booking: Booking) -> bool:
        return booking.takes_room and booking.slot.end_at > self._clock.now() - KEPT_AFTER

    def _show_rooms(self, found: Mapping[str, Kept[Room] | None]) -> None:
        before = {room.address: room for room in self._index.rooms}
        after = before | {address: kept.value for address, kept in found.items() if kept is not None}
        after = {address: room for address, room in after.items() if found.get(address, room) is not None}
        if after != before:
            self._index.set_rooms(after.values())

    def _mark(self, feeds: Mapping[str, FeedState | None]) -> None:
        """What was read of each room, and what cannot be told of it."""
        for address, feed in feeds.items():
            until_at = read_until(feed)
            if until_at is None:
                self._index.mark_unread(address, troubled=feed is not None and bool(feed.trouble))
            else:
                self._index.mark_read(address, until_at)
            self._index.note_read(address, feed.synced_at if feed else None)


def read_until(feed: FeedState | None) -> datetime | None:
    """How far a room's calendar is known; None where it was not read, cannot be, or read as empty and is doubted."""
    if feed is None or feed.trouble or feed.doubted:
        return None
    return feed.window.end_at if feed.window else feed.near_until_at


async def room_at(address: str, index: Availability, documents: Documents) -> Room | None:
    """The room of a job. One that another process has just found is not in this one's index yet."""
    known = index.room(address)
    if known is not None:
        return known
    kept = await documents.get(keys.room(address), Room)
    return kept.value if kept else None


@dataclass(kw_only=True)
class _Named:
    """What some keys are about: addresses of rooms, and keys of the other documents."""

    rooms: set[str] = field(default_factory=set)
    feeds: set[str] = field(default_factory=set)
    events: set[str] = field(default_factory=set)
    bookings: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, changed: Iterable[str]) -> "_Named":
        named = cls()
        for key in changed:
            kind, _, rest = key.partition("/")
            match kind:
                case "room":
                    named.rooms.add(rest)
                case "feed":
                    named.feeds.add(rest)
                case "event":
                    named.events.add(key)
                case "booking":
                    named.bookings.add(key)
                case "mine":  # goes when the booking has been over for a while, or was undone
                    named.bookings.add(keys.booking(rest.rpartition("/")[2]))
        return named


def _parts(wanted: Iterable[str], at_once: int = _AT_ONCE) -> list[list[str]]:
    every = list(wanted)
    return [every[at : at + at_once] for at in range(0, len(every), at_once)]
