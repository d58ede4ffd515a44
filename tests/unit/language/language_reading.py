"""The organisation, the moment and the shorthand that the tests of the language share."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.language.reader import load_reader
from bot.language.request import City, Known, Place, Repeat, Request

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
NOW = datetime(2026, 11, 18, 15, 0, tzinfo=AMSTERDAM)  # a Wednesday
READER = load_reader()

_ROOMS = (
    ("oslo", "Oslo", "Harbour House"),
    ("bergen", "Bergen", "Harbour House"),
    ("helsinki", "Helsinki", "Mill"),
    ("r12", "Room 12", "Mill"),
    ("blue", "Blue Room", "Mill"),
    ("oslo2", "Oslo 2", "Mill"),
    ("hub", "The Hub", "Mill"),
)
KNOWN = Known(
    rooms=tuple(Place(key=key, name=name, building=building) for key, name, building in _ROOMS),
    buildings=("Harbour House", "Mill"),
    cities=(
        City(names=("London", "Londen"), buildings=("Mill",)),
        City(names=("Amsterdam",), buildings=("Harbour House", "Mill")),
    ),
    features=("video", "display", "whiteboard", "projector", "accessible", "phone"),
)


@dataclass(frozen=True, kw_only=True)
class Person:
    """Who writes, and when."""

    now: datetime = NOW
    zone: ZoneInfo = AMSTERDAM
    language: str = "en-GB"
    known: Known = KNOWN


def read(text: str, person: Person | None = None) -> Request:
    who = person or Person()
    return READER.read(text, now=who.now, zone=who.zone, language=who.language, known=who.known)


def clock(year: int, month: int, day: int, hour: int, minute: int = 0) -> datetime:
    """What a clock on the wall shows."""
    return datetime(year, month, day, hour, minute, tzinfo=AMSTERDAM).replace(tzinfo=None)


def wall(at: datetime | None) -> datetime | None:
    """The time on the person's clock."""
    return at.replace(tzinfo=None, fold=0) if at else None


def facts(request: Request) -> dict[str, object]:
    """What was understood, without what was not said; the day only where there is no time."""
    found: dict[str, object] = {
        "wish": str(request.wish),
        "day": None if request.start_at else request.day,
        "last_day": request.last_day,
        "start": wall(request.start_at),
        "minutes": request.minutes,
        "window": wall(request.window_end_at),
        "people": request.people,
        "room": request.room,
        "near": list(request.near_rooms),
        "building": request.building,
        "features": sorted(request.features),
        "size": request.size or None,
        "repeats": _rhythm(request.repeats),
        "to_day": None if request.to_start_at else request.to_day,
        "to_start": wall(request.to_start_at),
        "to_end": wall(request.to_end_at),
        "to_window": wall(request.to_window_end_at),
        "to_room": request.to_room,
        "to_until": request.to_until_on,
        "go_on": request.go_on and f"{request.go_on} x {request.go_on_span}",
        "add_minutes": request.add_minutes,
        "shift": request.shift_minutes,
        "add_people": request.add_people,
        "series": request.series or None,
        "troubles": [str(trouble) for trouble in request.troubles],
        "left": request.text_left,
    }
    return {name: value for name, value in found.items() if value not in (None, [], "")}


def _rhythm(repeat: Repeat | None) -> str:
    if repeat is None:
        return ""
    days = "".join(str(weekday) for weekday in repeat.weekdays)
    end = f"until {repeat.until_on}" if repeat.until_on else f"x{repeat.times}" if repeat.times else ""
    return " ".join(filter(None, (str(repeat.frequency), str(repeat.every), days, end)))
