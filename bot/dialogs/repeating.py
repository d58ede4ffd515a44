"""How a request comes back: from words and from the card's field to a rhythm, and to its times."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

from bot.cards.views import Asked
from bot.domain.bookings import LOST, Booking, Occurrence, Reason, State
from bot.domain.ranking import Option
from bot.domain.series import MOST_OCCURRENCES, Frequency, Rhythm
from bot.domain.slots import Slot
from bot.language.request import Repeat

_USUAL = timedelta(weeks=12)  # how long a series goes on where nobody said
_USUAL_MONTHLY = timedelta(days=150)
_LONGEST = timedelta(days=3 * 366)


def heard(repeat: Repeat, first_on: date) -> tuple[Rhythm, tuple[Reason, ...]]:
    """The rhythm that the words mean, and a note where its end is our own guess."""
    rhythm = Rhythm(
        frequency=Frequency(repeat.frequency.value),
        every=max(1, repeat.every),
        weekdays=_weekdays(repeat.weekdays),
        until_on=repeat.until_on or first_on + _LONGEST,
    )
    if repeat.until_on is not None:
        return rhythm, ()
    if repeat.times:
        days = list(islice(rhythm.days(first_on), repeat.times))
        return replace(rhythm, until_on=max(days, default=first_on)), ()
    until_on = usual_end(rhythm.frequency, first_on)
    return replace(rhythm, until_on=until_on), (Reason(code="series_until", params={"until_on": until_on.isoformat()}),)


def begun(rhythm: Rhythm | None, on: date | None) -> date | None:
    """The day of the first occurrence; without a rhythm, the day itself."""
    return on if rhythm is None or on is None else next(rhythm.days(on), on)


def usual_end(frequency: Frequency, first_on: date) -> date:
    return first_on + (_USUAL_MONTHLY if frequency is Frequency.MONTHLY else _USUAL)


def times(asked: Asked, zone: ZoneInfo) -> tuple[Slot, ...]:
    """Every occurrence asked for, one more than can be booked at most; () of what does not come back, or is not known
    far enough."""
    if asked.repeats is None or asked.on is None or asked.at is None or not asked.minutes:
        return ()
    return asked.repeats.slots(asked.on, asked.at, asked.minutes, zone)


def standing_times(
    series: Booking, standing: Sequence[Booking], before: Sequence[Slot], slots: Sequence[Slot], zone: ZoneInfo
) -> tuple[dict[Slot, Slot], tuple[Slot, ...]]:
    """Of a changed series' times those that are wanted still, each with where it is if the series stays in its room;
    and those that the room did not take, which another one may. A date that was given up stays so; each of the others
    keeps of its own day, hour and length what the whole keeps. `before` are the times of the unchanged series from its
    next one on, `standing` its coming occurrences."""
    stands, days = {one.id: one.slot for one in standing}, [slot.start_at.astimezone(zone).date() for slot in slots]
    rest = series.occurrences[_first_of(series, stands, before) :]
    was = dict(zip((slot.start_at.astimezone(zone).date() for slot in before), rest, strict=False))
    elsewhere = len(slots) == len(rest) and not was.keys() & set(days)  # to another day of the week, say
    if elsewhere:
        was = dict(zip(days, rest, strict=True))
    found: dict[Slot, Slot] = {}
    untaken: list[Slot] = []
    for day, slot in zip(days, slots, strict=True):
        if day not in was:
            found[slot] = slot
        elif was[day].booking_id in stands:
            one = stands[was[day].booking_id]
            found[slot] = slot if elsewhere else _kept(one, slot, before, zone)
        elif _untaken(was[day]):
            untaken.append(slot)
    return found, tuple(untaken)


def _first_of(series: Booking, stands: Mapping[str, Slot], before: Sequence[Slot]) -> int:
    """Which occurrence the first time of `before` is. Where Outlook moved all of them to another day, some may have
    gone beyond the series' end: then the last ones are not the last of `before`."""
    at = next((at for at, one in enumerate(series.occurrences) if one.booking_id in stands), None)
    if at is not None and (slot := stands[series.occurrences[at].booking_id]) in before:
        return max(0, at - before.index(slot))
    return max(0, len(series.occurrences) - len(before))


def without_dates_elsewhere(series: Booking, others: Sequence[Slot]) -> Booking:
    """The series as if the dates that its room did not take had been given up where the person has a room by then:
    `others` are their other bookings' times."""
    occurrences = (
        replace(one, state=State.CANCELLED) if _untaken(one) and any(map(one.slot.overlaps, others)) else one
        for one in series.occurrences
    )
    return replace(series, occurrences=tuple(occurrences))


def same_date(series: Booking, date_id: str, other: Booking, zone: ZoneInfo) -> str:
    """The booking of that date in the series that takes the series' place: of the day on which the series has it,
    wherever it was moved to; where the other comes on other days, of the same number from the end. '' for none."""
    days = {_day(one.slot, zone): one.booking_id for one in other.occurrences}
    planned = [_day(one.planned or one.slot, zone) for one in series.occurrences]
    at = next((at for at, one in enumerate(series.occurrences) if one.booking_id == date_id), None)
    if at is None:
        return ""
    if days.keys() & set(planned):
        return days.get(planned[at], "")
    left = len(planned) - at
    return other.occurrences[-left].booking_id if left <= len(other.occurrences) else ""


def giving_up(
    options: Sequence[Option], series: Booking, standing: Sequence[Booking], slots: Sequence[Slot], zone: ZoneInfo
) -> tuple[Option, ...]:
    """The options for a change of the series to `slots`, each with the times that would go with it: those `standing`
    for which the room is not free. A time takes the place of the date of the same day or, where the series goes to
    other days, of the same number from the end."""
    stands = {one.id: one.slot for one in standing}
    was = {_day(one.planned or one.slot, zone): one.booking_id for one in series.occurrences}
    if not was.keys() & {_day(slot, zone) for slot in slots}:
        pairs = zip(reversed(slots), reversed(series.occurrences), strict=False)
        was = {_day(slot, zone): one.booking_id for slot, one in pairs}
    gone = ([was[day] for slot in option.missing if was.get(day := _day(slot, zone)) in stands] for option in options)
    return tuple(
        replace(option, gives_up=tuple(stands[one] for one in ids)) for option, ids in zip(options, gone, strict=True)
    )


def _day(slot: Slot, zone: ZoneInfo) -> date:
    return slot.start_at.astimezone(zone).date()


def _untaken(one: Occurrence) -> bool:
    return one.state is None or one.state in LOST


def own_times(series: Booking, standing: Sequence[Booking], now: datetime) -> dict[Slot, Slot]:
    """Of each date when it is, with when its series has it."""
    planned = {one.booking_id: one.planned or one.slot for one in series.occurrences}
    alike = series.moved_alike(now)
    return {one.slot: one.slot if alike else planned.get(one.id, one.slot) for one in standing}


def put_back(
    staying: Mapping[Slot, Slot],
    options: Sequence[Option],
    series: Booking,
    at: Mapping[Slot, Slot],
    zone: ZoneInfo,
) -> tuple[Reason, ...]:
    """What a change of the series to `staying` makes of its dates that were moved by themselves, and has to be known
    before: in another room, and where the hour or the day changes, they go to the time of the series as well. () where
    none was moved, or none goes. `at`: as `own_times` tells."""
    apart = [slot for slot, by_series in at.items() if slot != by_series and slot not in staying]
    keep = {slot for slot in apart if any(_stays(slot, where, staying) for where in staying.values())}
    rooms = {option.room.address: option.room.name for option in options}
    if not rooms or not apart:
        return ()
    if series.room not in rooms:
        return (_about("series_put_back", apart, zone),)
    go = [slot for slot in apart if slot not in keep]
    found = (_about("series_put_back", go, zone),) if go else ()
    if keep and len(rooms) > 1:
        found = (*found, _about("series_kept_here", sorted(keep), zone, room=rooms[series.room]))
    return found


def _stays(slot: Slot, where: Slot, staying: Mapping[Slot, Slot]) -> bool:
    """Whether the date at `slot` is the one that goes to `where`, and has a time of its own there."""
    return where.start_at == slot.start_at and (where == slot or where not in staying)


def _about(code: str, slots: Iterable[Slot], zone: ZoneInfo, **more: str) -> Reason:
    return Reason(code=code, params={"days": [_day(slot, zone).isoformat() for slot in sorted(slots)], **more})


def _kept(one: Slot, slot: Slot, before: Sequence[Slot], zone: ZoneInfo) -> Slot:
    """A date of a series that goes to `slot`'s hour or length on the day that it has."""
    if slot in before:
        return one
    if slot.start_at in {other.start_at for other in before}:
        return Slot.lasting(one.start_at, slot.minutes)
    day, at = one.start_at.astimezone(zone).date(), slot.start_at.astimezone(zone).time()
    return Slot.lasting(datetime.combine(day, at, zone).astimezone(UTC), slot.minutes)


def trouble(asked: Asked, zone: ZoneInfo) -> tuple[Reason, ...]:
    """Why such a series cannot be looked for."""
    if asked.repeats is None or asked.on is None:
        return ()
    found = times(asked, zone)
    if asked.repeats.until_on < asked.on or (asked.at and asked.minutes and not found):
        return (Reason(code="series_backwards", params={}),)
    if len(found) > MOST_OCCURRENCES:
        return (Reason(code="series_too_many", params={"most": MOST_OCCURRENCES}),)
    if any(one.overlaps(other) for one, other in pairwise(found)):
        return (Reason(code="series_into_itself", params={}),)
    return ()


def chosen(
    said: str, until_on: date | None, before: Rhythm | None, first_on: date | None, *, same_day: bool = False
) -> Rhythm | None:
    """What the fields of a card say; None for "does not repeat". A monthly one that begins on the `same_day` as before
    keeps its day of the month. Raises ValueError for what no card of ours sends."""
    if not said:
        return None
    name, every, weekdays = said.split("/")
    frequency = Frequency(name)
    days = tuple(sorted({int(day) for day in weekdays.split(",") if day}))
    if not 1 <= int(every) <= 400 or any(not 0 <= day <= 6 for day in days):
        raise ValueError("no rhythm")
    known = until_on or (before.until_on if before else None)
    end_on = known or (usual_end(frequency, first_on) if first_on else None)
    if end_on is None:
        return None
    kept = before.day if before and same_day and frequency is Frequency.MONTHLY else 0
    return Rhythm(frequency=frequency, every=int(every), weekdays=_weekdays(days), until_on=end_on, day=kept)


def _weekdays(days: tuple[int, ...]) -> tuple[int, ...]:
    """One weekday alone is that of the first occurrence: with the day on the card, the series moves."""
    return days if len(days) > 1 else ()
