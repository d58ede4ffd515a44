"""Which rooms there are: reads the directory, starts the sync of new rooms, forgets gone ones; loads the index."""

import logging
from dataclasses import replace
from datetime import datetime, timedelta

from bot.domain.availability import Availability
from bot.domain.bookings import Booking
from bot.domain.events import RoomEvent
from bot.domain.rooms import Room
from bot.ports import keys
from bot.ports.calendar import Denied, Missing, RemoteError
from bot.ports.clock import Clock
from bot.ports.directory import Directory
from bot.ports.documents import Documents
from bot.ports.records import ForeignOverlap
from bot.ports.store import Batch, Delete, Finish, Lease, Schedule

log = logging.getLogger(__name__)

REFRESH_EVERY_S = 3600.0
POLL_EVERY_S = 300.0
SWEEP_EVERY_S = 6 * 3600.0
DRAFTS_LIVE = timedelta(days=2)


class House:
    """Handles `refresh/`, `poll/` and `sweep/` jobs of one tenant."""

    def __init__(self, documents: Documents, directory: Directory, index: Availability, clock: Clock) -> None:
        self._documents = documents
        self._directory = directory
        self._index = index
        self._clock = clock

    async def open(self) -> None:
        """Loads the index from the store and owes the standing jobs. Call once, before the worker runs."""
        self._index.set_rooms([kept.value for kept in await self._documents.scan("room/", Room)])
        for kept in await self._documents.scan("event/", RoomEvent):
            if kept.value.blocks:
                self._index.put(kept.value.room, kept.value.id, kept.value.slot)
        for booking in await self._documents.scan("booking/", Booking):
            if booking.value.live:
                holder = keys.held_by_booking(booking.value.id)
                self._index.put(booking.value.room, holder, booking.value.slot)
        now = self._clock.now().timestamp()
        standing = [Schedule(keys.REFRESH + "rooms", now), Schedule(keys.SWEEP + "all", now)]
        dirty = [Schedule(keys.sync(room.address), now) for room in self._index.rooms]
        await self._documents.store.commit(Batch(schedules=(*standing, *dirty)))

    async def refresh(self, lease: Lease) -> None:
        """An empty directory is not believed while there are rooms: permission lost looks just like that."""
        known = {room.address: room for room in self._index.rooms}
        listed = {room.address: room for room in await self._directory.rooms()}
        if known and not listed:
            log.error("directory.empty_doubted", extra={"rooms": len(known)})
            listed = known
        rooms = {address: await self._with_zone(room, known.get(address)) for address, room in listed.items()}
        fresh = [room for address, room in rooms.items() if address not in known]
        changed = [room for address, room in rooms.items() if known.get(address) != room]
        now = self._clock.now().timestamp()
        batch = Batch(
            puts=tuple(self._documents.put(keys.room(room.address), room) for room in changed),
            deletes=tuple(Delete(keys.room(address)) for address in known.keys() - rooms.keys()),
            schedules=tuple(schedule for room in fresh for schedule in _started(room, now)),
            finishes=(Finish(lease, again_at=now + REFRESH_EVERY_S),),
        )
        await self._documents.store.commit(batch)
        self._index.set_rooms(rooms.values())
        if fresh:
            log.info("rooms.found", extra={"rooms": len(rooms), "new": len(fresh)})

    async def poll(self, lease: Lease) -> None:
        """The guarantee behind the notifications: every room is read again every five minutes."""
        room, now = lease.key.removeprefix(keys.POLL), self._clock.now().timestamp()
        if self._index.room(room) is None:
            await self._documents.store.commit(Batch(finishes=(Finish(lease),)))
            return
        again = Finish(lease, again_at=now + POLL_EVERY_S)
        await self._documents.store.commit(Batch(schedules=(Schedule(keys.sync(room), now),), finishes=(again,)))

    async def sweep(self, lease: Lease) -> None:
        """Forgets searches nobody will press any more, pointers to bookings that are over, and overlaps of the past."""
        now = self._clock.now()
        deletes = await self._old_drafts(now)
        for kept in await self._documents.scan("mine/", str):
            booking = await self._documents.get(keys.booking(kept.value), Booking)
            if booking is None or not booking.value.live or booking.value.slot.end_at < now - timedelta(days=1):
                deletes.append(Delete(kept.key, kept.version))
        for overlap in await self._documents.scan("overlap/", ForeignOverlap):
            if overlap.value.slot.end_at < now:
                deletes.append(Delete(overlap.key, overlap.version))
        again = Finish(lease, again_at=now.timestamp() + SWEEP_EVERY_S)
        await self._documents.store.commit(Batch(deletes=tuple(deletes), finishes=(again,)))

    async def _old_drafts(self, now: datetime) -> list[Delete]:
        oldest = keys.draft((now - DRAFTS_LIVE).strftime("%Y%m%d"))
        return [Delete(found.key) for found in await self._documents.store.scan(keys.draft("")) if found.key < oldest]

    async def _with_zone(self, room: Room, known: Room | None) -> Room:
        """A room's zone is its mailbox's; one that cannot be read is asked again next time."""
        if known is not None and known.zone:
            return replace(room, zone=known.zone)
        try:
            return replace(room, zone=await self._directory.zone_of(room.address))
        except (Denied, Missing) as fault:
            log.warning("room.zone_unknown", extra={"code": fault.code})
            return room
        except RemoteError:
            return room


def _started(room: Room, now: float) -> tuple[Schedule, ...]:
    """What is owed for a room from now on. Polls are spread over their interval by the room's name."""
    spread = sum(room.address.encode()) % int(POLL_EVERY_S)
    return (
        Schedule(keys.sync(room.address), now),
        Schedule(keys.subscribe(room.address), now),
        Schedule(keys.poll(room.address), now + POLL_EVERY_S + spread),
    )
