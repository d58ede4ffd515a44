"""Pieces become one sum: the first start, the first end, the last word on people, every feature."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from bot.language.pieces import (
    Again,
    Ahead,
    At,
    Between,
    Clock,
    Company,
    Day,
    Except,
    ForSpan,
    HasFeature,
    Lasting,
    NamesBuilding,
    NamesRoom,
    NthOfMonth,
    Part,
    People,
    Piece,
    Soon,
    Times,
    Until,
    UntilDay,
    WholeDay,
    Within,
)


@dataclass(slots=True)
class Said:
    """Of each kind what counts; filled once by `sum_up` and only read afterwards."""

    start: Clock | None = None
    end: Clock | None = None
    or_later: bool = False
    or_earlier: bool = False
    minutes: Lasting | None = None
    ahead: Ahead | None = None
    within: int | None = None  # minutes from then on in which any time suits
    part: Part | None = None
    whole_day: bool = False
    days: list[Day] = field(default_factory=list)
    until_day: Day | None = None
    end_day: Day | None = None  # of the end, where another one was said
    again: Again | None = None
    times: int | None = None
    going_on: ForSpan | None = None
    nth: NthOfMonth | None = None
    left_out: str = ""
    people: People | None = None
    company: list[str] = field(default_factory=list)
    features: list[HasFeature] = field(default_factory=list)
    room: NamesRoom | None = None
    other_room: NamesRoom | None = None
    building: str | None = None

    @property
    def day(self) -> Day | None:
        """An exact date makes a weekday beside it precise."""
        exact = [day for day in self.days if not day.loose]
        return next(iter(exact or self.days), None)

    @property
    def has_hour(self) -> bool:
        return bool(self.start or self.end or self.days or self.room)

    @property
    def has_time(self) -> bool:
        timed = self.start or self.end or self.minutes or self.ahead or self.part or self.days or self.again
        return bool(timed) or self.whole_day


def sum_up(pieces: Iterable[Piece]) -> Said:
    """The first start, end and length count: what follows is more often an aside than a correction. A time after the
    day of the end is the end's."""
    said, before = Said(), None
    for piece in pieces:
        if isinstance(before, UntilDay) and isinstance(piece, At) and said.start and not (said.end or said.again):
            said.end, said.end_day = piece.clock, before.day
        elif not (_time_of_day(said, piece) or _days(said, piece)):
            _rest(said, piece)
        before = piece
    return said


def _time_of_day(said: Said, piece: Piece) -> bool:
    match piece:
        case At() | Between() | Until():
            _clocks(said, piece)
        case Lasting():
            said.minutes = said.minutes or piece
        case Ahead():
            said.ahead = said.ahead or piece
        case Soon(minutes, words, whole):
            said.ahead = said.ahead or Ahead(0, words)
            if whole:
                said.minutes = said.minutes or Lasting(minutes, words)
            else:
                said.within = minutes
        case Part():
            said.part = said.part or piece
        case WholeDay():
            said.whole_day = True
        case _:
            return False
    return True


def _clocks(said: Said, piece: At | Between | Until) -> None:
    match piece:
        case At(clock, or_later) if said.start is None:
            said.start, said.or_later = clock, or_later
        case Between(start, end) if said.start is None:
            said.start, said.end = start, end
        case Until(clock, or_earlier) if said.end is None:
            said.end, said.or_earlier = clock, or_earlier
        case _:
            pass


def _days(said: Said, piece: Piece) -> bool:
    match piece:
        case Day():
            said.days.append(piece)
        case UntilDay(day):
            said.until_day = said.until_day or day
        case Within(first, last):
            said.days.extend([first] if first else [])
            said.until_day = said.until_day or last
        case Again():
            said.again = _joined(said.again, piece)
        case Times(count):
            said.times = count
        case ForSpan():
            said.going_on = piece
        case NthOfMonth():
            said.nth = piece
        case _:
            return False
    return True


def _joined(first: Again | None, second: Again) -> Again:
    """`weekly on fridays` is one rhythm."""
    if first is None:
        return second
    return first if first.weekdays else replace(first, weekdays=second.weekdays)


def _rest(said: Said, piece: Piece) -> None:
    match piece:
        case People(along=along) if said.people is None or not along:
            said.people = piece
        case Company(names):
            said.company.extend(names)
        case Except(words):
            said.left_out = said.left_out or words
        case HasFeature():
            said.features.append(piece)
        case NamesRoom():
            if said.room is None:
                said.room = piece
            elif said.other_room is None and piece.alias != said.room.alias:
                said.other_room = piece
        case NamesBuilding(alias):
            said.building = said.building or alias
        case _:
            pass
