"""Which rooms there are: reads the directory, starts the sync of new rooms, forgets gone ones, and what is over."""

import asyncio
import logging
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.domain.availability import Availability
from bot.domain.bookings import OPEN, Booking
from bot.domain.pace import begins_s, poll_every_s
from bot.domain.rooms import Room
from bot.domain.slots import Slot
from bot.ports import keys
from bot.ports.calendar import Denied, Missing, RemoteError
from bot.ports.clock import Clock
from bot.ports.directory import Directory
from bot.ports.documents import Documents
from bot.ports.records import FeedState, ForeignOverlap, Polling
from bot.ports.store import Batch, Delete, Finish, Lease, Put, Release, Schedule
from bot.sync.indexing import KEPT_AFTER, room_at
from bot.sync.spread import share

log = logging.getLogger(__name__)

REFRESH_EVERY_S = 3600.0
POLL_EVERY_S = 300.0
_SOON = timedelta(hours=2)
_PASSED_OVER = timedelta(minutes=10)
SWEEP_EVERY_S = 6 * 3600.0
DRAFTS_LIVE = timedelta(days=2)
_ZONES_AT_ONCE = 8
_OWED_AT_ONCE = 500
_ZONES_FOR_S = 20.0  # of a refresh; what is left comes with the next, at once


class House:
    """Handles `refresh/`, `poll/`, `look/` and `sweep/` jobs of one tenant."""

    def __init__(self, documents: Documents, directory: Directory, index: Availability, clock: Clock) -> None:
        self._documents = documents
        self._directory = directory
        self._index = index
        self._clock = clock

    async def owe(self) -> None:
        """The standing jobs, should any have been lost or died, and what open bookings need. Call it once the index is
        loaded, before any worker runs. Some at a time, so that nobody else's commit waits long."""
        now = self._clock.now().timestamp()
        owed = [Schedule(keys.REFRESH + "rooms", now), Schedule(keys.SWEEP + "all", now)]
        rooms = [kept.value async for some in self._documents.each(keys.room(""), Room) for kept in some]
        for number, room in enumerate(self._most_wanted(rooms)):
            owed += _started(room, now, number, len(rooms))
        async for some in self._documents.each(keys.booking(""), Booking):
            owed += [Schedule(keys.drive(kept.value.id), now) for kept in some if kept.value.state in OPEN]
        for at in range(0, len(owed), _OWED_AT_ONCE):
            await self._documents.store.commit(Batch(schedules=owed[at : at + _OWED_AT_ONCE]))

    def _most_wanted(self, rooms: Iterable[Room]) -> list[Room]:
        """Those in which something is soon, and then those that were not read for the longest: however often a process
        starts anew, each room has its turn."""
        now = self._clock.now()
        free = self._index.free_mask(Slot(now, now + _SOON), self._index.everything)
        idle = {room.address for room in self._index.in_order(free)}
        never = datetime.min.replace(tzinfo=UTC)
        return sorted(rooms, key=lambda room: (room.address in idle, self._index.read_at.get(room.address, never)))

    async def refresh(self, lease: Lease) -> None:
        """An empty directory is not believed while there are rooms: permission lost looks just like that."""
        known = {kept.value.address: kept.value for kept in await self._documents.scan(keys.room(""), Room)}
        listed = {room.address: room for room in await self._directory.rooms()}
        if known and not listed:
            log.error("directory.empty_doubted", extra={"rooms": len(known)})
            listed = known
        rooms, asked = await self._with_zones(listed, known, after=lease.payload.decode())
        fresh = [room for address, room in rooms.items() if address not in known]
        changed = [room for address, room in rooms.items() if known.get(address) != room]
        gone = sorted(known.keys() - rooms.keys())
        now = self._clock.now().timestamp()
        batch = Batch(
            puts=(
                *(self._documents.put(keys.room(room.address), room) for room in changed),
                *await self._begun_anew(gone),
            ),
            deletes=tuple(Delete(keys.room(address)) for address in gone),
            schedules=tuple(
                schedule for number, room in enumerate(fresh) for schedule in _started(room, now, number, len(fresh))
            ),
            finishes=(Finish(lease, again_at=now + (1.0 if asked else REFRESH_EVERY_S), payload=asked.encode()),),
        )
        await self._documents.store.commit(batch)
        for room in fresh:
            self._index.mark_unread(room.address)
        if {room.address: room for room in self._index.rooms} != rooms:
            self._index.set_rooms(rooms.values())
        if fresh:
            log.info("rooms.found", extra={"rooms": len(rooms), "new": len(fresh)})

    async def _begun_anew(self, gone: Iterable[str]) -> list[Put]:
        """The feeds of rooms that are gone, so that one that comes back is not taken for read before it is."""
        feeds = await self._documents.get_all([keys.feed(address) for address in gone], FeedState)
        return [
            self._documents.put(key, FeedState(synced_at=kept.value.synced_at), expected=kept.version)
            for key, kept in feeds.items()
        ]

    async def poll(self, lease: Lease) -> None:
        """The guarantee behind the notifications: every room is read again every five minutes, or as often as so many
        rooms can be."""
        room, now = lease.key.removeprefix(keys.POLL), self._clock.now().timestamp()
        if await room_at(room, self._index, self._documents) is None:
            await self._documents.store.commit(Batch(finishes=(Finish(lease),)))
            return
        again = Finish(lease, again_at=now + await self._poll_every_s(room))
        polled = () if await self._has_its_turn(room) else (Schedule(keys.sync(room), now),)
        await self._documents.store.commit(Batch(schedules=polled, finishes=(again,)))

    async def _has_its_turn(self, room: str) -> bool:
        """In a first import a poll would bring the room forward. One that was passed over is polled like any other."""
        kept = await self._documents.get(keys.feed(room), FeedState)
        rest_at = kept.value.rest_at if kept else None
        return rest_at is not None and self._clock.now() < rest_at + _PASSED_OVER

    async def _poll_every_s(self, room: str) -> float:
        found = self._index.room(room)
        now = self._clock.now()
        free = self._index.free_mask(Slot(now, now + _SOON), self._index.everything)
        mine = self._index.mask([found] if found else [])
        is_told = await self._documents.get(keys.polling(room), Polling) is None
        soon = len(self._index.rooms) - free.bit_count()
        return poll_every_s(len(self._index.rooms), soon, is_soon=not mine & free, is_told=is_told)

    async def look_again(self, lease: Lease) -> None:
        """The second reading after a notification."""
        owed = Schedule(keys.sync(lease.key.removeprefix(keys.LOOK)), self._clock.now().timestamp())
        await self._documents.store.commit(Batch(schedules=(owed,), finishes=(Finish(lease),)))

    async def sweep(self, lease: Lease) -> None:
        """Forgets searches nobody will press any more, pointers and claims of bookings that are over, and overlaps of
        the past; owes anew what open bookings need, should it have died."""
        now = self._clock.now()
        deletes, over = await self._old_drafts(now), []
        bookings = {kept.value.id: kept.value for kept in await self._documents.scan(keys.booking(""), Booking)}
        for kept in await self._documents.scan("mine/", str):
            booking = bookings.get(kept.value)
            if booking is None or not booking.live or booking.end_at < now - KEPT_AFTER:
                deletes.append(Delete(kept.key, kept.version))
                over.extend([booking] if booking is not None else [])
        driven = [Schedule(keys.drive(one.id), now.timestamp()) for one in bookings.values() if one.state in OPEN]
        for overlap in await self._documents.scan("overlap/", ForeignOverlap):
            if overlap.value.slot.end_at < now:
                deletes.append(Delete(overlap.key, overlap.version))
        again = Finish(lease, again_at=now.timestamp() + SWEEP_EVERY_S)
        batch = Batch(
            deletes=tuple(deletes),
            releases=tuple(Release(keys.held_by_booking(booking.id), booking.room) for booking in over),
            schedules=tuple(driven),
            finishes=(again,),
        )
        await self._documents.store.commit(batch)
        for booking in over:
            self._index.drop(booking.room, keys.held_by_booking(booking.id))

    async def _old_drafts(self, now: datetime) -> list[Delete]:
        oldest = keys.draft((now - DRAFTS_LIVE).strftime("%Y%m%d"))
        return [Delete(found.key) for found in await self._documents.store.scan(keys.draft("")) if found.key < oldest]

    async def _with_zones(
        self, listed: dict[str, Room], known: dict[str, Room], *, after: str
    ) -> tuple[dict[str, Room], str]:
        """The rooms with their zones; and the last address that was asked, '' where none is left to ask. In an
        organisation of thousands that takes longer than one job may: the next goes on `after` that address."""
        rooms = {address: replace(room, zone=_zone(known.get(address))) for address, room in listed.items()}
        asking = sorted(address for address, room in rooms.items() if not room.zone and address > after)
        begun = self._clock.monotonic()
        while asking and self._clock.monotonic() - begun < _ZONES_FOR_S:
            now, asking = asking[:_ZONES_AT_ONCE], asking[_ZONES_AT_ONCE:]
            for room in await asyncio.gather(*(self._with_zone(rooms[address]) for address in now)):
                rooms[room.address] = room
            after = now[-1]
        return rooms, after if asking else ""

    async def _with_zone(self, room: Room) -> Room:
        """A room's zone is its mailbox's; one that cannot be read is asked again next time."""
        try:
            return replace(room, zone=await self._directory.zone_of(room.address))
        except (Denied, Missing) as fault:
            log.warning("room.zone_unknown", extra={"code": fault.code})
            return room
        except RemoteError:
            return room


def _zone(room: Room | None) -> str:
    return room.zone if room else ""


def _started(room: Room, now: float, number: int, of: int) -> tuple[Schedule, ...]:
    """What is owed for a room, the n-th `of` those that begin together, from now on: beyond some, no faster than the
    service can be asked. Polls are spread over their interval by the room's name. The subscription is renewed at every
    start, which shows whether it still lives."""
    read_at = now + begins_s(number)
    return (
        Schedule(keys.sync(room.address), read_at),
        Schedule(keys.poll(room.address), read_at + begins_s(of) + 1 + share(room.address) * POLL_EVERY_S),
        Schedule(keys.subscribe(room.address), read_at),
    )
