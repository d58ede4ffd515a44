"""What a reading of a person's words can say: wishes, troubles and the request itself."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

MAX_TEXT = 1_000
MAX_PEOPLE = 5_000
MAX_MINUTES = 14 * 24 * 60
MAX_DAYS_AHEAD = 3 * 366
MAX_LEFT = 200


class Wish(StrEnum):
    BOOK = "book"
    IS_FREE = "is_free"
    MY_BOOKINGS = "my_bookings"
    CANCEL = "cancel"
    CHANGE = "change"
    STATUS = "status"
    HELP = "help"
    GREETING = "greeting"
    THANKS = "thanked"
    GOODBYE = "leaving"
    ANSWERED = "answered"  # a bare yes or no
    WHEREABOUTS = "whereabouts"  # of somebody else
    UNKNOWN = "unknown"


class Trouble(StrEnum):
    """What the person must be told; the particulars are in the finding of the same trouble."""

    PAST = "past"
    BACKWARDS = "backwards"
    NO_PEOPLE = "no_people"
    TOO_MANY_PEOPLE = "too_many_people"
    TOO_LONG_TEXT = "too_long_text"
    TOO_LONG_TIME = "too_long_time"
    TOO_FAR = "too_far"
    NO_SUCH_DAY = "no_such_day"
    AMBIGUOUS_DAY = "ambiguous_day"
    UNKNOWN_ROOM = "unknown_room"
    AMBIGUOUS_ROOM = "ambiguous_room"
    UNKNOWN_BUILDING = "unknown_building"
    UNKNOWN_FEATURE = "unknown_feature"
    UNCLEAR_REPEAT = "unclear_repeat"
    NTH_WEEKDAY = "nth_weekday"  # of each month, by which nothing can come back
    NOT_INVITED = "not_invited"  # who comes along by name
    LEFT_OUT = "left_out"  # a figure that nothing was made of
    SKIPPED = "skipped"  # a time that the clocks leave out that night
    UNCLEAR_END = "unclear_end"  # of what repeats
    CITY = "city"  # one that has several buildings
    EXCEPTION = "exception"  # what was to be left out


class Frequency(StrEnum):
    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One trouble and its particulars: the words at fault, the bound that was passed, the days that were possible, who
    was named."""

    trouble: Trouble
    said: str = ""
    limit: int | None = None
    days: tuple[date, ...] = ()
    names: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Repeat:
    """How a booking comes back. `weekdays` count from Monday = 0; at most one of `until_on`, `times` is set."""

    frequency: Frequency
    every: int = 1
    weekdays: tuple[int, ...] = ()
    until_on: date | None = None
    times: int | None = None


@dataclass(frozen=True, kw_only=True)
class Place:
    """A room that exists. `building` is spelled as in `Known.buildings`."""

    key: str
    name: str
    building: str


@dataclass(frozen=True, kw_only=True)
class City:
    """A city under the names by which people call it, and the buildings that are in it."""

    names: tuple[str, ...]
    buildings: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Known:
    """What the organisation has. Build it once and pass the same object: its index is kept per object."""

    rooms: tuple[Place, ...] = ()
    buildings: tuple[str, ...] = ()
    features: tuple[str, ...] = ()
    cities: tuple[City, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Request:
    """What was understood; everything not said is None or empty.

    `start_at` is aware and in the person's zone. With `window_end_at` only a stretch of the day was named ("tomorrow
    morning", "after 3"): any booking between `start_at` and `window_end_at` suits. `day` is the day meant, `day_said`
    tells whether the person named it or the next fitting one was taken. `at` is the hour said, where the day that was
    said is none. With `last_day`, a list of bookings is wanted of the days from `day` to it. For a change, `day`,
    `start_at` and `room` say which booking is meant, the `to_*` fields, `add_minutes` (negative: shorter),
    `shift_minutes` (negative: earlier) and `add_people` what it should become, and `minutes` is its wanted new length.
    Of a series, `go_on` is by how many spans its end moves (negative: sooner), of `go_on_span` days, 30 a month.
    `series`: the word for one was said; `part`: of one that is to be cancelled, the dates from, after, until or before
    a day. `size`: 1 for the biggest room, -1 for the smallest. `listing`: which rooms there are is asked, and nothing
    else; `about`: what the `room` is or has, and nothing else. `all_of_them`: not one booking was meant, but several.
    `near_rooms` are keys, nearest first: the candidates where a name fits none or several rooms.
    """

    wish: Wish
    language: str
    day: date | None = None
    day_said: bool = False
    last_day: date | None = None
    start_at: datetime | None = None
    at: time | None = None
    minutes: int | None = None
    window_end_at: datetime | None = None
    repeats: Repeat | None = None
    series: bool = False
    part: bool = False
    people: int | None = None
    room: str | None = None
    near_rooms: tuple[str, ...] = ()
    room_said: str = ""
    building: str | None = None
    features: frozenset[str] = frozenset()
    size: int = 0
    listing: bool = False
    about: bool = False
    all_of_them: bool = False
    to_day: date | None = None
    to_start_at: datetime | None = None
    to_end_at: datetime | None = None
    to_window_end_at: datetime | None = None
    to_room: str | None = None
    to_until_on: date | None = None
    go_on: int | None = None
    go_on_span: int = 1
    add_minutes: int | None = None
    shift_minutes: int | None = None
    add_people: int | None = None
    findings: tuple[Finding, ...] = ()
    text_left: str = ""

    @property
    def end_at(self) -> datetime | None:
        """`minutes` of elapsed time after `start_at`, in the same zone, also across a clock change."""
        if self.start_at is None or self.minutes is None or self.window_end_at is not None:
            return None
        end_at = self.start_at.astimezone(UTC) + timedelta(minutes=self.minutes)
        return end_at.astimezone(self.start_at.tzinfo)

    @property
    def troubles(self) -> tuple[Trouble, ...]:
        return tuple(finding.trouble for finding in self.findings)

    def finding(self, trouble: Trouble) -> Finding | None:
        return next((finding for finding in self.findings if finding.trouble is trouble), None)
