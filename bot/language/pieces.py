"""What the grammar finds in a line: one small value per thing that was said."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from bot.language.request import Frequency

NOON = 12 * 60
MIDNIGHT = 24 * 60
WORK_FROM = 7 * 60
WORK_TO = 19 * 60


class PartName(StrEnum):
    """The values of the table "part" in a lexicon file."""

    MORNING = "morning"
    LUNCH = "lunch"
    AFTERNOON = "afternoon"
    EVENING = "evening"
    NIGHT = "night"


@dataclass(frozen=True, slots=True)
class Clock:
    """A time of day as said, minute of the day. `exact`: am or pm is not in doubt. `sure`: needs no "at" before it."""

    minute: int
    exact: bool
    sure: bool
    half: str = ""  # "am" or "pm" where said


@dataclass(frozen=True, slots=True)
class At:
    clock: Clock
    or_later: bool = False


@dataclass(frozen=True, slots=True)
class Until:
    clock: Clock
    or_earlier: bool = False


@dataclass(frozen=True, slots=True)
class Between:
    start: Clock
    end: Clock


@dataclass(frozen=True, slots=True)
class Lasting:
    minutes: int
    said: str


@dataclass(frozen=True, slots=True)
class Ahead:
    """From now on; 0 minutes is "now"."""

    minutes: int
    said: str


@dataclass(frozen=True, slots=True)
class Soon:
    """The minutes from now on: all of them are wanted, or any time in them suits."""

    minutes: int
    said: str
    whole: bool


@dataclass(frozen=True, slots=True)
class Part:
    name: PartName
    today: bool = False


@dataclass(frozen=True, slots=True)
class WholeDay:
    pass


@dataclass(frozen=True, slots=True)
class Day:
    """A day as said. `rolls`: days to add where the time on that day has passed. No `on`: there is no such day."""

    on: date | None
    said: str
    rolls: int = 0
    other: date | None = None
    loose: bool = False  # a weekday or a week, which an exact date beside it makes precise
    weekday: int | None = None  # where one was said


@dataclass(frozen=True, slots=True)
class UntilDay:
    day: Day


@dataclass(frozen=True, slots=True)
class Within:
    """The days in which something comes back. No `first`: they have begun."""

    first: Day | None
    last: Day


@dataclass(frozen=True, slots=True)
class Again:
    frequency: Frequency
    every: int = 1
    weekdays: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Times:
    count: int


@dataclass(frozen=True, slots=True)
class ForSpan:
    """How long something goes on: so many days, weeks (7) or months (30) of `span` days; months by the calendar."""

    number: int
    span: int
    said: str


@dataclass(frozen=True, slots=True)
class NthOfMonth:
    """ "The third monday of the month", by which nothing can come back. `nth`: -1 the last."""

    said: str
    nth: int
    weekday: int


@dataclass(frozen=True, slots=True)
class People:
    """`along`: a number after "with", which does not take back one that was said before."""

    count: int
    said: str
    along: bool = False


@dataclass(frozen=True, slots=True)
class Company:
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Except:
    """What is to be left out, with the word for that."""

    said: str


@dataclass(frozen=True, slots=True)
class HasFeature:
    name: str
    said: str


@dataclass(frozen=True, slots=True)
class NamesRoom:
    alias: str
    said: str


@dataclass(frozen=True, slots=True)
class NamesBuilding:
    alias: str


Piece = (
    At | Until | Within | Between | Lasting | Ahead | Soon | Part | WholeDay | Day | UntilDay | Again | Times | ForSpan
    | NthOfMonth | People | Company | Except | HasFeature | NamesRoom | NamesBuilding
)  # fmt: skip
Found = tuple[Piece, int]
