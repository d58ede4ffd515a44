"""Looks for rooms: pure over the availability index, so that a search costs no call."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import reduce
from itertools import islice
from operator import and_, or_

from bot.booking.limits import Limits
from bot.domain.availability import Availability
from bot.domain.bookings import Reason
from bot.domain.ranking import Need, Option, asleep, rank, reasons_to_fit
from bot.domain.rooms import Control, Room
from bot.domain.slots import Slot
from bot.domain.zones import same_clock
from bot.policy.engine import judge
from bot.policy.loading import Policies
from bot.policy.verdicts import Asking

MOST_OPTIONS = 5
_CANDIDATES = 24  # smallest fitting rooms looked at, in the usual building and again elsewhere
_LATER = timedelta(hours=10)


@dataclass(frozen=True, kw_only=True)
class Found:
    """At most five of each; `other_times` are filled only where `options` are none. `reasons` tell why the room asked
    for is not among them, and why a free room would not be granted, where none is."""

    options: tuple[Option, ...] = ()
    other_times: tuple[Option, ...] = ()
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, kw_only=True)
class RoomAnswer:
    """Whether one named room is free. `busy` is what stands in the way; `next_free` the first time that it is not.
    `reasons` tell why it could not be had though nobody has it, or why that cannot be told."""

    room: Room
    option: Option | None
    busy: Slot | None = None
    next_free: Slot | None = None
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Standing:
    """A series that is being changed: its room, who holds that for it, the `slots` that it would have there (of none,
    those asked for), and the times asked for that it would go without."""

    room: str = ""
    holders: frozenset[str] = frozenset()
    slots: tuple[Slot, ...] = ()
    left_out: frozenset[Slot] = frozenset()


_NEW = Standing()


class Finder:
    """Answers from the index alone; `now` is given, nothing waits."""

    def __init__(self, index: Availability, policies: Policies) -> None:
        self._index = index
        self._policies = policies
        self._rooms: tuple[Room, ...] = ()
        self._unwatched = 0
        self._limits = Limits()

    def look(self, need: Need, slot: Slot, now: datetime, own: frozenset[str] = frozenset()) -> Found:
        """Up to five rooms that are free, fit and would be granted, best first; else up to five other times. `own` are
        holders that do not stand in the way in the room asked for: a booking that is being changed."""
        found = self.look_then(need, slot, now, own)
        return found if found.options else replace(found, other_times=self._other_times(need, slot, now))

    def look_then(self, need: Need, slot: Slot, now: datetime, own: frozenset[str] = frozenset()) -> Found:
        """As `look` does, but for no other times, which is most of its work."""
        free = self._index.free_mask(slot, self._suiting(need))
        room = self._index.room(need.room)
        unfit = unsuited(room, need) if room else ()
        if room is not None and own and not unfit and self._index.in_the_way(need.room, slot, own) is None:
            free |= self._index.mask([room])
        options = rank([self._option(room, slot, need) for room in self._candidates(free, need, slot)], need)
        best = _best(options, need, lambda option: self.granted(option.room, slot, now))
        reasons = () if room is None or _offers(best, room) else unfit or self._named_away(room, slot, now, own)
        if best:
            return Found(options=best, reasons=reasons)
        if shared := self._limits.passed((slot,), now, need.zone):
            return Found(reasons=(*unfit, *shared))
        refused = self.refused(options[0].room, slot, now) if options and not reasons else ()
        return Found(reasons=reasons or refused)

    def _named_away(self, room: Room, slot: Slot, now: datetime, own: frozenset[str]) -> tuple[Reason, ...]:
        busy = self._index.in_the_way(room.address, slot, own)
        if busy is None:
            return self.refused(room, slot, now)
        params = {"room": room.name, "from_at": busy.start_at.isoformat(), "to_at": busy.end_at.isoformat()}
        return (Reason(code="conflict", params=params),)

    def look_series(self, need: Need, slots: tuple[Slot, ...], now: datetime, standing: Standing = _NEW) -> Found:
        """Up to five rooms for meetings at all of these times, those that are free each time first; then those that
        are at least half of the times. A series that is `standing` goes on in its room, where that is asked for and
        nobody else has it when it would be there."""
        suiting = self._suiting(need)
        free = [self._index.free_mask(slot, suiting) for slot in slots]
        always, often = reduce(and_, free), reduce(or_, free)
        rooms = {room.address: room for room in self._candidates(always, need, slots[0])}
        rooms |= {room.address: room for room in self._candidates(often & ~always, need, slots[0])}
        named = self._index.room(need.room)
        unfit, own = unsuited(named, need) if named else (), standing.holders
        stays = (
            own
            and need.room == standing.room
            and not any(self._index.in_the_way(need.room, slot, own) for slot in standing.slots or slots)
        )
        if named is not None and stays and not unfit:
            rooms[named.address], bit = named, self._index.mask([named])
            left_out = standing.left_out
            free = [mask & ~bit if slot in left_out else mask | bit for slot, mask in zip(slots, free, strict=True)]
        options = [self._series_option(room, slots, free, need) for room in rooms.values()]
        if named is not None and stays and not unfit:
            options = [replace(one, stays=True) if one.room is named else one for one in options]
        ranked = rank([one for one in options if 2 * len(one.missing) <= len(slots)], need)
        best = _best(ranked, need, lambda option: not self._refused_series(option, slots, now))
        refused = self._refused_series(ranked[0], slots, now) if ranked and not best else ()
        shared = () if best else self._limits.passed(slots, now, need.zone)
        if shared:
            refused = (*unfit, *shared)
        elif unfit:
            refused = (*unfit, *refused)
        elif named is not None and not _offers(best, named):
            often = sum(self._index.in_the_way(named.address, slot, own) is None for slot in slots)
            if often < len(slots):
                params = {"room": named.name, "often": often, "all": len(slots)}
                refused = (Reason(code="series_taken", params=params), *refused)
        return Found(options=best, reasons=refused)

    def _series_option(self, room: Room, slots: tuple[Slot, ...], free: list[int], need: Need) -> Option:
        bit = self._index.mask([room])
        missing = tuple(slot for slot, mask in zip(slots, free, strict=True) if not mask & bit)
        fits = reasons_to_fit(room, need)
        return Option(room=room, slot=slots[0], free_until=None, fits=fits, times=len(slots), missing=missing)

    def _refused_series(self, option: Option, slots: tuple[Slot, ...], now: datetime) -> tuple[Reason, ...]:
        policy = self._policies.of(option.room)
        wanted = tuple(slot for slot in slots if slot not in option.missing)
        asking = Asking(room=option.room, slots=wanted, now=now, recurring=True)
        return judge(policy.rules, asking, (), policy=policy.version).reasons

    def ask(self, address: str, slot: Slot, now: datetime, need: Need | None = None) -> RoomAnswer | None:
        """Whether that one room is free then, and is what is needed; None for a room that is not known."""
        room = self._index.room(address)
        if room is None:
            return None
        unfit = unsuited(room, need) if need else ()
        if unfit:
            return RoomAnswer(room=room, option=None, reasons=unfit)
        busy = self._index.in_the_way(address, slot)
        if busy is None:
            reasons = self.refused(room, slot, now)
            self._watch_rooms()
            reasons = reasons and (self._limits.passed((slot,), now, room.zone) or reasons)
            option = None if reasons else self._option(room, slot, Need(room=address))
            return RoomAnswer(room=room, option=option, reasons=reasons)
        next_free = self._index.next_free(address, slot, until=slot.end_at + _LATER)
        return RoomAnswer(room=room, option=None, busy=busy, next_free=next_free)

    def bookable(self) -> list[Room]:
        """The rooms that can be reserved here, whenever that is."""
        self._watch_rooms()
        return [room for room in self._index.in_order(self._unwatched) if room.bookable]

    def with_limit(self, note: Reason, now: datetime, zone: str) -> Reason:
        """A note that a day is too far ahead says how far one can go; others stay as they are."""
        self._watch_rooms()
        plain = note.code == "too_far" and "days" not in note.params
        return (self._limits.furthest(now, zone) if plain else None) or note

    def taken_within(self, address: str, window: Slot) -> list[Slot]:
        """When others have the room in that stretch, the earliest first."""
        return [slot for slot in self._index.taken(address) if slot.overlaps(window)]

    def granted(self, room: Room, slot: Slot, now: datetime) -> bool:
        """Whether the room's policy would take such a meeting, whoever else has it."""
        return not self.refused(room, slot, now)

    def refused(self, room: Room, slot: Slot, now: datetime) -> tuple[Reason, ...]:
        """Why the room could not be had then though nobody has it; () where it could."""
        policy = self._policies.of(room)
        if policy.control is Control.WATCHED:
            return (Reason(code="watched", params={"room": room.name}),)
        asking = Asking(room=room, slots=(slot,), now=now)
        reasons = judge(policy.rules, asking, (), policy=policy.version).reasons
        if not reasons and not self._index.knows(room.address, slot):
            return (unseen(self._index, room),)
        return reasons

    def _suiting(self, need: Need) -> int:
        """Without watched rooms: where only a few are Foyer's, they would crowd out the others."""
        self._watch_rooms()
        fitting = self._index.suiting(people=need.people, building=need.building, features=need.features)
        return fitting & self._unwatched

    def _watch_rooms(self) -> None:
        """What is known of all rooms is gathered once for as long as they stay the same."""
        rooms = self._index.rooms
        if rooms is not self._rooms:
            unwatched = [room for room in rooms if self._policies.of(room).control is not Control.WATCHED]
            self._rooms, self._unwatched = rooms, self._index.mask(unwatched)
            self._limits = Limits.of((room for room in unwatched if room.bookable), self._policies)

    def _candidates(self, mask: int, need: Need, slot: Slot) -> Iterator[Room]:
        usual = self._index.near(need.zone, slot.start_at)
        if need.usual_building:
            usual = self._index.suiting(people=need.people, building=need.usual_building)
        named = self._index.room(need.room) if need.room else None
        wanted = self._index.mask([named]) if named else 0
        yield from self._index.in_order(mask & wanted)
        yield from islice(self._ordered(mask & usual & ~wanted, need), _CANDIDATES)
        yield from islice(self._ordered(mask & ~usual & ~wanted, need), _CANDIDATES)

    def _ordered(self, mask: int, need: Need) -> Iterator[Room]:
        if need.size <= 0:
            return self._index.in_order(mask)
        return iter(sorted(self._index.in_order(mask), key=lambda room: -(room.capacity or 0)))

    def _option(self, room: Room, slot: Slot, need: Need) -> Option:
        until_at = self._index.free_until(room.address, slot.end_at)
        return Option(room=room, slot=slot, free_until=until_at, fits=reasons_to_fit(room, need))

    def _other_times(self, need: Need, slot: Slot, now: datetime) -> tuple[Option, ...]:
        later: list[Option] = []
        for room in self._candidates(self._suiting(need), need, slot):
            free = self._index.next_free(room.address, slot, until=slot.end_at + _LATER)
            if free is not None and self.granted(room, free, now):
                later.append(self._option(room, free, need))
        by_time = sorted(rank(later, need), key=lambda option: option.slot.start_at)
        return tuple(by_time[:MOST_OPTIONS])


def _best(ranked: Sequence[Option], need: Need, granted: Callable[[Option], bool]) -> tuple[Option, ...]:
    """The first of those that are granted. Where one is near, none that was not asked for and where it is night."""
    found: list[Option] = []
    near = False
    for option in ranked:
        here = same_clock(option.room.zone, need.zone, option.slot.start_at)
        if near and not here and asleep(option, need):
            continue
        if granted(option):
            found.append(option)
            near = near or here
        if len(found) == MOST_OPTIONS:
            break
    return tuple(found)


def _offers(options: tuple[Option, ...], room: Room) -> bool:
    return any(option.room.address == room.address for option in options)


def unsuited(room: Room, need: Need) -> tuple[Reason, ...]:
    """Why a room that was named is not what is needed, whenever that is."""
    found: list[Reason] = []
    if need.building and room.building != need.building:
        found.append(Reason(code="elsewhere", params={"room": room.name, "building": room.building}))
    if room.capacity is not None and need.people > room.capacity:
        params = {"room": room.name, "seats": room.capacity, "people": need.people}
        found.append(Reason(code="too_small", params=params))
    lacking = sorted(need.features - room.features)
    if lacking:
        found.append(Reason(code="lacks", params={"room": room.name, "features": lacking}))
    return tuple(found)


def unseen(index: Availability, room: Room) -> Reason:
    """Why nobody can say that the room is free: at that time, or at all."""
    code = "not_managed" if room.address in index.troubled else "not_known"
    return Reason(code=code, params={"room": room.name})
