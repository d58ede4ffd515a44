"""The desk for series: takes, moves and gives up all occurrences together. Each is one batch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from bot.booking.desk import Desk, Wanted, claim, insist, new_booking, own_holders
from bot.booking.series import as_seen, gathered
from bot.booking.telling import quiet_until, told
from bot.domain.bookings import Booking, Occurrence, Reason, State
from bot.domain.errors import Refusal, Stale
from bot.domain.series import MOST_OCCURRENCES, Rhythm
from bot.domain.slots import Slot
from bot.ports import keys
from bot.ports.documents import Documents, Kept
from bot.ports.mirror import rows_where
from bot.ports.store import Batch, Put, Release, Schedule


@dataclass(frozen=True, kw_only=True)
class WantedSeries:
    """What is wanted of `each` meeting (its slot is the first one's), each time that the rhythm comes round. `slots`
    are all of those times in order, `missing` the ones that are left out because the room is not free then, `given_up`
    those that the series in whose place it comes had given up."""

    each: Wanted
    rhythm: Rhythm
    slots: tuple[Slot, ...]
    missing: frozenset[Slot] = frozenset()
    given_up: frozenset[Slot] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Changed:
    """What becomes of a series beside its times; None and '' keep what is. `planned` tells of times at which single
    dates stand which time of the series that is."""

    rhythm: Rhythm | None = None
    people: int | None = None
    subject: str = ""
    planned: Mapping[Slot, Slot] = field(default_factory=dict)


class SeriesDesk:
    """Use cases of one tenant, beside the desk's own."""

    def __init__(self, documents: Documents, desk: Desk) -> None:
        self._documents = documents
        self._desk = desk

    async def reserve(self, wanted: WantedSeries, also: Sequence[Put] = ()) -> Booking:
        """Takes every slot that is not left out, or none at all, and owes the rest. Raises as Desk.reserve does."""
        now = self._desk.now()
        room = self._desk.room(wanted.each.room)
        if len(wanted.slots) > MOST_OCCURRENCES:
            raise Refusal(Reason(code="series_too_long", params={"room": room.name, "most": MOST_OCCURRENCES}))
        asked_for = tuple(slot for slot in wanted.slots if slot not in wanted.missing | wanted.given_up)
        if not asked_for:
            raise Refusal(Reason(code="nothing_free", params={}))
        self._desk.judge(room, asked_for, now, wanted.each.person.address, recurring=True)
        series = self._series(wanted)
        children = [_occurrence(series, one) for one in series.occurrences if one.booking_id]
        replacing = await self._desk.replacing(wanted.each)
        await self._insist_on_dates(wanted.each.replaces, asked_for)
        batch = Batch(
            puts=(
                *(self._documents.put(keys.booking(one.id), one, expected=0) for one in (series, *children)),
                *(self._documents.put(keys.mine(one.person_id, one.id), one.id) for one in (series, *children)),
                *replacing,
                *also,
            ),
            claims=tuple(map(claim, children)),
            schedules=(Schedule(keys.drive(series.id), now.timestamp()), *told(series, now)),
        )
        await self._desk.commit(batch, room)
        for child in children:
            self._desk.index.put(child.room, keys.held_by_booking(child.id), child.slot)
        return series

    async def _insist_on_dates(self, series_id: str, slots: Sequence[Slot]) -> None:
        """Raises Stale where a date of the series to replace is on its way elsewhere by itself, or has got there and
        is among `slots`, too. Call once the series was read: what is asked for a date later than that is refused, or
        refuses this."""
        kept = await self._documents.get(keys.booking(series_id), Booking) if series_id else None
        for child in await self._children(kept.value) if kept else ():
            instead = await self._desk.replacement(child.value) if child.value.replaced_by else None
            if instead is None or instead.series or instead.rhythm is not None:
                continue
            waits = child.value.live and child.value.state is not State.COMPENSATING
            if waits or instead.slot in slots or child.value.slot in slots:
                raise Stale(Reason(code="card_old", params={}))

    async def cancel(self, booking_id: str, person_id: str, *reasons: Reason) -> Booking:
        """Gives up all that is to come; a second call finds it given up already. Raises as Desk.cancel does."""
        return await insist(lambda: self._cancel(booking_id, person_id, reasons))

    async def _cancel(self, booking_id: str, person_id: str, reasons: tuple[Reason, ...]) -> Booking:
        kept = await self._desk.owned(booking_id, person_id)
        series, now = kept.value, self._desk.now()
        if not series.live or series.state is State.COMPENSATING:
            return series
        if series.end_at <= now:
            raise Refusal(Reason(code="already_over", params={}))
        children = await self._children(series)
        pressed = replace(as_seen(series, [one.value for one in children]), pressed_at=now)
        pressed = replace(pressed, reasons=reasons or series.reasons)
        if series.state is not State.HELD:
            gone = pressed.to(State.COMPENSATING, ends_as=State.CANCELLED)
            await self._commit(Kept(kept.key, gone, kept.version))
            return gone
        live = [child for child in children if child.value.live]
        ended = [Kept(child.key, child.value.to(State.CANCELLED), child.version) for child in live]
        after = gathered(pressed.to(State.CANCELLED), {child.value.id: child.value for child in ended})
        gone = replace(after, number=pressed.number + 1)
        await self._commit(Kept(kept.key, gone, kept.version), ended, releases=True)
        return gone

    async def move(
        self, booking_id: str, person_id: str, slots: Sequence[Slot], as_wanted: Changed | None = None
    ) -> Booking:
        """The coming occurrences at other times in the rooms that they are in, in their order; all of them, or none.
        Raises Stale where there are not as many as times."""
        kept = await self._desk.to_change(booking_id, person_id)
        series, now = kept.value, self._desk.now()
        coming = self.coming(await self._children(series))
        if len(coming) != len(slots) or series.state not in (State.CONFIRMED, State.REQUESTED):
            raise Stale(Reason(code="card_old", params={}))
        moved = {child.value.slot: slot for child, slot in zip(coming, slots, strict=True) if child.value.slot != slot}
        own = frozenset().union(*(own_holders(child.value) for child in coming))
        own |= await self._own_rows(series, coming) if moved else frozenset()
        moving = [child.value for child in coming if child.value.slot in moved]
        for address in sorted({one.room for one in moving}):  # Outlook may have taken a date elsewhere
            there = tuple(moved[one.slot] for one in moving if one.room == address)
            self._desk.judge(self._desk.room(address), there, now, series.organizer, ignoring=own, recurring=True)
        after, children = _changed(kept, coming, moved, as_wanted or Changed(), now)
        await self._commit(after, children, releases=True)
        for child in children:
            self._desk.index.put(child.value.room, keys.held_by_booking(child.value.id), child.value.slot)
        return after.value

    async def movable(self, series: Booking) -> list[Booking]:
        """The occurrences that a change of the whole series is about, in their order."""
        return [child.value for child in self.coming(await self._children(series))]

    def coming(self, children: Sequence[Kept[Booking]]) -> list[Kept[Booking]]:
        now, states = self._desk.now(), (State.CONFIRMED, State.REQUESTED)
        found = [one for one in children if one.value.state in states and one.value.slot.start_at > now]
        return sorted(found, key=lambda one: one.value.slot)

    async def _children(self, series: Booking) -> list[Kept[Booking]]:
        ids = [one.booking_id for one in series.occurrences if one.booking_id]
        return list((await self._documents.get_all(map(keys.booking, ids), Booking)).values())

    async def _own_rows(self, series: Booking, children: Sequence[Kept[Booking]]) -> frozenset[str]:
        """The mirror's rows of those meetings, which the bookings may not have heard of yet."""
        own = {child.value.ical_uid for child in children} - {""}
        rooms = {series.room, *(child.value.room for child in children)}
        found = [await rows_where(self._documents, room, lambda row: row.ical_uid in own) for room in sorted(rooms)]
        return frozenset(row.id for rows in found for row in rows)

    async def _commit(
        self, kept: Kept[Booking], children: Sequence[Kept[Booking]] = (), *, releases: bool = False
    ) -> None:
        now, series = self._desk.now(), kept.value
        holders = [keys.held_by_booking(child.value.id) for child in children] if releases else []
        live = [child.value for child in children if child.value.live]
        quiet = quiet_until(series, now).timestamp()
        batch = Batch(
            puts=[self._documents.put(one.key, one.value, one.version) for one in children]
            + [self._documents.put(kept.key, series, kept.version)],
            releases=[Release(holder) for holder in holders],
            claims=[claim(child) for child in live],
            schedules=[
                *(Schedule(keys.drive(child.id), now.timestamp()) for child in live),
                Schedule(keys.drive(series.id), now.timestamp()),
                Schedule(keys.manager(series.id), now.timestamp()),
                *told(series, now),
                *(Schedule(keys.tell(keys.booking_card(child.value.id)), quiet) for child in children),
            ],
        )
        await self._desk.commit(batch, self._desk.index.room(series.room))
        for child in children:
            if not child.value.live:
                self._desk.index.drop(child.value.room, keys.held_by_booking(child.value.id))

    def _series(self, wanted: WantedSeries) -> Booking:
        occurrences = tuple(
            Occurrence(slot=slot, state=State.CANCELLED if slot in wanted.given_up else None)
            if slot in wanted.missing | wanted.given_up
            else Occurrence(slot=slot, booking_id=f"{wanted.each.booking_id}-{number:03d}", state=State.HELD)
            for number, slot in enumerate(wanted.slots, 1)
        )
        first = next(one.slot for one in occurrences if one.booking_id)
        series = new_booking(replace(wanted.each, slot=first), self._desk.now())
        return replace(series, rhythm=wanted.rhythm, occurrences=occurrences)


def _occurrence(series: Booking, one: Occurrence) -> Booking:
    return replace(series, id=one.booking_id, slot=one.slot, series=series.id, rhythm=None, occurrences=(), replaces="")


def _changed(
    kept: Kept[Booking], coming: Sequence[Kept[Booking]], moved: Mapping[Slot, Slot], wanted: Changed, now: datetime
) -> tuple[Kept[Booking], list[Kept[Booking]]]:
    """The series after a change, and those of its occurrences that differ."""
    series = kept.value
    people, subject = wanted.people or series.people, wanted.subject or series.subject
    children = []
    for child in coming:
        one = child.value  # what it has of its own it keeps
        same = replace(
            one,
            people=people if one.people == series.people else one.people,
            subject=subject if one.subject == series.subject else one.subject,
        )
        after = same.moving_to(moved[same.slot], pressed_at=now) if same.slot in moved else same
        if after != child.value:
            children.append(Kept(child.key, after, child.version))
    slot_of = {child.value.id: child.value.slot for child in children if child.value.moving_from}
    ids = {child.value.id for child in coming}
    occurrences = tuple(
        _placed(one, slot_of.get(one.booking_id), wanted.planned) if one.booking_id in ids else one
        for one in series.occurrences
    )
    number = series.number + 1
    waits = bool(moved) and all(one.state is not State.CONFIRMED for one in occurrences)
    changed = replace(
        series.called(subject),
        state=State.REQUESTED if waits else series.state,
        people=people,
        rhythm=wanted.rhythm or series.rhythm,
        occurrences=occurrences,
        reasons=(),
        number=number,
        placed=number if moved else series.placed,
        pressed_at=now,
    )
    return Kept(kept.key, changed, kept.version), children


def _placed(one: Occurrence, slot: Slot | None, planned: Mapping[Slot, Slot]) -> Occurrence:
    """An occurrence after its series was changed; `slot` where it goes elsewhere."""
    placed = one if slot is None else replace(one, slot=slot, state=State.REQUESTED)
    by_series = planned.get(placed.slot, placed.planned or placed.slot)
    return replace(placed, planned=by_series if by_series != placed.slot else None)
