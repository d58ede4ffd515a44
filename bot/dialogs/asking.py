"""What was said or typed into a card becomes a request for a room, with notes on what was not understood."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

from bot.cards.form import ANYWHERE, NEVER
from bot.cards.views import Asked
from bot.dialogs.repeating import begun, chosen, heard, trouble
from bot.domain.availability import Availability
from bot.domain.bookings import Reason
from bot.domain.ranking import Need
from bot.domain.series import Rhythm
from bot.domain.slots import Slot
from bot.language.request import MAX_MINUTES, MAX_TEXT, Finding, Request, Trouble

T = TypeVar("T")

USUAL_MINUTES = 60
MOST_PEOPLE = 5_000
_STEP = timedelta(minutes=5)
_YEARS = range(2000, 3000)  # a card sends any day there is, and sums of time have their ends
_FORM = ("on", "at", "minutes")
_UNCHOSEN = {"repeat": NEVER, "building": ANYWHERE}

_NO_END = (Trouble.UNCLEAR_END, Trouble.TOO_FAR)

# With these notes there is nothing sensible to look for yet.
STOPPING = frozenset(
    {"past", "backwards", "no_people", "too_many_people", "no_such_day", "unreadable_on", "unreadable_at"}
    | {"unreadable_minutes", "unreadable_people", "too_long_time"}
    | {
        "nth_weekday",
        "series_backwards",
        "series_too_many",
        "series_into_itself",
        "unreadable_repeat",
        "unreadable_until",
    }
)


@dataclass(frozen=True, kw_only=True)
class Here:
    """Where and when the person asks, and what rooms there are."""

    now: datetime
    zone: ZoneInfo
    index: Availability

    @property
    def largest(self) -> int:
        return max((room.capacity or 0 for room in self.index.rooms), default=0)

    def name(self, address: str) -> str:
        room = self.index.room(address)
        return room.name if room else address


@dataclass(frozen=True, kw_only=True)
class Asking:
    """A request as far as it is known, and what the person must be told about it."""

    asked: Asked
    notes: tuple[Reason, ...] = ()

    @property
    def missing(self) -> tuple[str, ...]:
        return tuple(name for name in ("on", "at", "minutes") if getattr(self.asked, name) is None)

    @property
    def ready(self) -> bool:
        return not self.missing and not any(note.code in STOPPING for note in self.notes)


def from_words(request: Request, here: Here) -> Asking:
    """A length that was not said is an hour; a time or a day that was not said is asked for."""
    on = request.start_at.date() if request.start_at else request.day
    first_on = on or here.now.astimezone(here.zone).date()
    rhythm, guessed = heard(request.repeats, first_on) if request.repeats else (None, ())
    several = request.window_end_at is not None
    asked = Asked(
        on=begun(rhythm, on),
        at=_to_step(request.start_at, here.now).time() if request.start_at and not (several and rhythm) else request.at,
        until=request.window_end_at.time() if request.window_end_at and not rhythm else None,
        minutes=request.minutes or USUAL_MINUTES,
        people=request.people if request.people and request.people > 0 else None,
        building=request.building or "",
        features=request.features,
        room=request.room or "",
        size=request.size,
        repeats=rhythm,
    )
    if any(finding.trouble in _NO_END for finding in request.findings):
        guessed = ()  # an end was said, and is told to be none
    notes = (*notes_of(request, here), *trouble(asked, here.zone), *guessed)
    return _sized(Asking(asked=asked, notes=notes), here)


def from_booking(asked: Asked, notes: tuple[Reason, ...], here: Here) -> Asking:
    """A booking as the person wants it to become: its room is kept in mind only while it suits."""
    return _timely(_sized(Asking(asked=_suited(asked, here), notes=notes), here), here)


def notes_of(request: Request, here: Here) -> tuple[Reason, ...]:
    """What the person must be told of their words."""
    return tuple(_note(finding, request, here) for finding in request.findings)


def from_card(inputs: Mapping[str, str], before: Asked, here: Here) -> Asking:
    """What the fields of a card say, over what was known: a field that was emptied is unknown again. Teams leaves
    empty fields out of what it sends, so where the form came along at all, a field that did not is empty."""
    inputs = {key: "" if value == _UNCHOSEN.get(key) else value for key, value in inputs.items()}
    notes: list[Reason] = []
    emptied = "" if any(name in inputs for name in _FORM) else None

    def field(name: str, known: T | None, read: Callable[[str], T | None]) -> T | None:
        said = inputs.get(name, emptied)
        value = known if said is None else read(said) if said else None
        if said and value is None:
            notes.append(Reason(code=f"unreadable_{name}", params={"said": said[:60]}))
        return value

    def repeats(said: str) -> Rhythm | None:
        try:
            return chosen(said, until, before.repeats, on, same_day=on == before.on)
        except ValueError:
            return None

    on, at = field("on", before.on, _on), field("at", before.at, _at)
    until = field("until", None, _on)
    rhythm = field("repeat", before.repeats, repeats)
    features = inputs.get("features", emptied)
    building = inputs.get("building", emptied)
    asked = replace(
        before,
        on=begun(rhythm, on),
        repeats=rhythm,
        at=at,
        until=before.until if at == before.at and rhythm is None else None,
        minutes=field("minutes", before.minutes, _minutes),
        people=field("people", before.people, _people),
        building=before.building if building is None else building,
        features=before.features if features is None else frozenset(filter(None, features.split(","))),
        subject=inputs.get("subject", before.subject),
    )
    notes += trouble(asked, here.zone)
    return _timely(_sized(Asking(asked=_suited(asked, here), notes=tuple(notes)), here), here)


def slot_of(asked: Asked, zone: ZoneInfo) -> Slot | None:
    """The time asked for. A local time that a clock change leaves out is moved on by the change; one that occurs
    twice is the first."""
    if asked.on is None or asked.at is None or not asked.minutes:
        return None
    start_at = datetime.combine(asked.on, asked.at, zone).astimezone(UTC)
    return Slot.lasting(start_at, asked.minutes)


def window_of(asked: Asked, zone: ZoneInfo) -> Slot | None:
    """The stretch in which any time suits; None where one time was asked for."""
    if asked.on is None or asked.at is None or asked.until is None:
        return None
    return Slot.of_day(asked.on, asked.at, asked.until, zone)


def need_of(asked: Asked, zone: ZoneInfo) -> Need:
    """Rooms in the person's own zone come first: they are near, most likely."""
    return Need(
        people=asked.people or 1,
        building=asked.building,
        features=asked.features,
        room=asked.room,
        zone=zone.key,
        size=asked.size,
    )


def _to_step(start_at: datetime, now: datetime) -> datetime:
    """ "Now" is the five minutes that have begun; a later time is taken at its word."""
    if start_at.astimezone(UTC) > now:
        return start_at
    return start_at - timedelta(minutes=start_at.minute % 5, seconds=start_at.second, microseconds=start_at.microsecond)


def _suited(asked: Asked, here: Here) -> Asked:
    """Without the room that was named, where another building was chosen beside it."""
    room = here.index.room(asked.room)
    fits = room is not None and (not asked.building or room.building == asked.building)
    return asked if fits or not asked.room else replace(asked, room="")


def _sized(asking: Asking, here: Here) -> Asking:
    people = asking.asked.people
    if people is not None and here.largest and people > here.largest and not _has(asking, "too_many_people"):
        note = Reason(code="too_many_people", params={"people": people, "most": here.largest})
        return replace(asking, notes=(*asking.notes, note))
    return asking


def _timely(asking: Asking, here: Here) -> Asking:
    slot = slot_of(asking.asked, here.zone)
    if slot is not None and slot.start_at < here.now - _STEP:
        return replace(asking, notes=(*asking.notes, Reason(code="past", params={})))
    on, at = asking.asked.on, asking.asked.at
    if slot is not None and on and at and slot.start_at.astimezone(here.zone).time() != at:
        return replace(asking, notes=(*asking.notes, Reason(code="skipped", params=_skip(on, at, here.zone))))
    return asking


def _skip(on: date, at: time, zone: ZoneInfo) -> dict[str, object]:
    """Of a time that the clocks leave out that night: which, and what is taken for it."""
    taken = datetime.combine(on, at, zone).astimezone(UTC).astimezone(zone)
    return {"night_on": on.isoformat(), "at": at.isoformat("minutes"), "taken": taken.time().isoformat("minutes")}


def _has(asking: Asking, code: str) -> bool:
    return any(note.code == code for note in asking.notes)


def _note(finding: Finding, request: Request, here: Here) -> Reason:
    near = [here.name(key) for key in request.near_rooms]
    params: dict[str, object] = {"said": finding.said}
    match finding.trouble:
        case Trouble.UNKNOWN_ROOM | Trouble.AMBIGUOUS_ROOM:
            params = {"said": request.room_said, "near": near}
        case Trouble.TOO_MANY_PEOPLE:
            digits = "".join(filter(str.isdigit, finding.said))
            said = int(digits) if 0 < len(digits) < 9 else MOST_PEOPLE
            params = {"people": request.people or said, "most": here.largest}
        case Trouble.TOO_LONG_TEXT:
            params = {"most": MAX_TEXT}
        case Trouble.TOO_LONG_TIME:
            params = {"most": MAX_MINUTES}
        case Trouble.AMBIGUOUS_DAY if len(finding.days) > 1:
            params = {
                "day": finding.said,
                "one_on": finding.days[0].isoformat(),
                "other_on": finding.days[1].isoformat(),
            }
        case Trouble.CITY:
            params = {"said": finding.said, "buildings": list(finding.names)}
        case Trouble.NOT_INVITED:
            params = {"names": list(finding.names)}
        case Trouble.SKIPPED:
            params = _skip(finding.days[0], time.fromisoformat(finding.said), here.zone)
        case Trouble.PAST | Trouble.BACKWARDS | Trouble.NO_PEOPLE:
            params = {}
        case _:
            pass
    return Reason(code=finding.trouble.value, params=params)


def _on(said: str) -> date | None:
    try:
        on = date.fromisoformat(said)
    except ValueError:
        return None
    return on if on.year in _YEARS else None


def _at(said: str) -> time | None:
    try:
        return time.fromisoformat(said).replace(second=0, microsecond=0, tzinfo=None)
    except ValueError:
        return None


def _minutes(said: str) -> int | None:
    number = _whole(said)
    return number if number is not None and 0 < number <= MAX_MINUTES else None


def _people(said: str) -> int | None:
    number = _whole(said)
    return number if number is not None and 0 < number <= MOST_PEOPLE else None


def _whole(said: str) -> int | None:
    whole = said.removesuffix(".0")  # a number field of a card may come back as one
    return int(whole) if whole.isascii() and whole.isdigit() and len(whole) < 9 else None
