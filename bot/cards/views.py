"""What each card shows, as plain values: built by the conversation, rendered by the card functions."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from enum import StrEnum

from bot.admin.letters import Letter
from bot.admin.status import RoomStatus
from bot.domain.bookings import Booking, Reason
from bot.domain.ranking import Option
from bot.domain.rooms import Room
from bot.domain.series import Rhythm
from bot.domain.slots import Slot
from bot.ports.records import Comparison, Untold


@dataclass(frozen=True, kw_only=True)
class Asked:
    """The request as understood so far, in the person's own zone; None is not known yet. `room` is an address or ''."""

    on: date | None = None
    at: time | None = None
    minutes: int | None = None
    people: int | None = None
    building: str = ""
    features: frozenset[str] = frozenset()
    room: str = ""
    subject: str = ""
    repeats: Rhythm | None = None  # `on` is its first day
    size: int = 0  # 1 for the biggest rooms first, -1 for the smallest
    until: time | None = None  # any time from `at` to then suits; 0:00 is the day's end


@dataclass(frozen=True, kw_only=True)
class SearchView:
    """`missing` names fields of Asked that must be filled before rooms can be looked for ("on", "at", "minutes").
    `options` are at most five; `other_times`, as many, are offered when nothing is free then. Book buttons number
    `options` from 0 and `other_times` after them. `buildings` and `features` are what the person may choose from.
    `changes` is the booking that would be replaced, where the person is changing one; `date_of` the series of which it
    is a single date that has no room. `room` is what the room asked for is called. Where nothing is missing and
    it is not `searched` yet, rooms are being looked for. `explained`: the notes say why nothing is found."""

    draft_id: str
    version: int
    asked: Asked
    missing: tuple[str, ...] = ()
    options: tuple[Option, ...] = ()
    other_times: tuple[Option, ...] = ()
    buildings: tuple[str, ...] = ()
    features: tuple[str, ...] = ()
    notes: tuple[Reason, ...] = ()
    changes: Booking | None = None
    date_of: str = ""
    searched: bool = False
    explained: bool = False
    room: str = ""


@dataclass(frozen=True, kw_only=True)
class BookingView:
    """A booking with its room as it is now. `options` are alternatives, where it was declined or lost; `draft_id` and
    `draft_version` are what their buttons refer to, numbered from 0. Of a series `page` is the page of its dates that
    is shown, or None for the whole in short; `elsewhere` are the rooms, by address, of dates that are in another one.
    `notes`: what has to be said of the press that it answers."""

    booking: Booking
    room: Room
    elsewhere: Mapping[str, Room] = field(default_factory=dict)
    options: tuple[Option, ...] = ()
    draft_id: str = ""
    draft_version: int = 0
    page: int | None = None
    notes: tuple[Reason, ...] = ()


class Chosen(StrEnum):
    """What a list of bookings is for."""

    NONE = ""  # just to look
    SERIES = "series"  # to look at the series alone
    CANCEL = "cancel"  # one to cancel, where "cancel my 3 pm" fitted several, or to be sure
    CHANGE = "change"  # one to change: its draft holds what is to become of it


@dataclass(frozen=True, kw_only=True)
class Within:
    """What a list was asked of: whole days, or a time, or a room (an address); nothing said is None or ''."""

    first_on: date | None = None
    last_on: date | None = None
    slot: Slot | None = None
    room: str = ""

    @property
    def everything(self) -> bool:
        return self == Within()


@dataclass(frozen=True, kw_only=True)
class ListView:
    """A person's bookings, soonest first: what is coming, or what is `within` something that was named, in the room
    called `room`. `more` counts those not shown. `next`: what comes first of all where nothing is within. `part`: only
    some dates of a series were to be cancelled."""

    bookings: tuple[BookingView, ...] = ()
    choose_for: Chosen = Chosen.NONE
    more: int = 0
    part: bool = False
    within: Within = Within()
    room: str = ""
    next: BookingView | None = None
    notes: tuple[Reason, ...] = ()


@dataclass(frozen=True, kw_only=True)
class RoomsView:
    """A page of the rooms that there are, of `in_all`: those of the `building` where one was named, with the
    `features`. `size`: 1 the biggest first, -1 the smallest, 0 building by building. Other pages refer to the draft.
    `notes`: what was made nothing of."""

    rooms: tuple[Room, ...]
    in_all: int
    first: int = 0  # how many are on the pages before
    draft_id: str = ""
    building: str = ""
    features: frozenset[str] = frozenset()
    size: int = 0
    notes: tuple[Reason, ...] = ()


@dataclass(frozen=True, kw_only=True)
class RoomView:
    """The facts of one room. `features` are those that were asked about. The draft is what its button refers to;
    without one it cannot be booked here."""

    room: Room
    features: frozenset[str] = frozenset()
    draft_id: str = ""
    version: int = 0


@dataclass(frozen=True, kw_only=True)
class RoomFreeView:
    """The answer to "is Oslo free at 2?". `busy` is the first that stands in the way, None when free; no subjects, no
    names. `next_free_at`: from when it is free for as long as was asked.
    Book buttons number `option`, where there is one, and then `others`, from 0."""

    draft_id: str
    version: int
    room: Room
    asked: Slot
    option: Option | None
    busy: Slot | None = None
    next_free_at: datetime | None = None
    others: tuple[Option, ...] = ()
    as_of: datetime | None = None  # set where the mirror is older than it should be


@dataclass(frozen=True, kw_only=True)
class RoomTimesView:
    """The answer to "is Oslo free tomorrow afternoon?": all of the `window` in which it is `free`, times in it for so
    many `minutes`, and where there are none, `others` in other rooms."""

    draft_id: str
    version: int
    room: Room
    window: Slot
    minutes: int
    free: tuple[Slot, ...] = ()
    options: tuple[Option, ...] = ()
    others: tuple[Option, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ManagerView:
    """What the organizer's manager is told of a booking. `changed`: they were told of it before, with another room or
    time. `elsewhere` are the rooms of dates that are in another one."""

    booking: Booking
    room: Room
    person_name: str
    changed: bool = False
    elsewhere: Mapping[str, Room] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class NotUnderstoodView:
    """What was typed, and what little of it was understood. `administrator` and `in_channel`: who asked, and where, for
    what is worth saying there."""

    said: str
    understood: Asked = Asked()
    room: str = ""
    administrator: bool = False
    in_channel: bool = False


@dataclass(frozen=True, kw_only=True)
class LettersView:
    """A page of what was given up on. `replayed` counts those that were just given to the workers again, None where
    nobody asked for that."""

    letters: tuple[Letter, ...]
    in_all: int
    next_page: int | None = None
    replayed: int | None = None


@dataclass(frozen=True, kw_only=True)
class StatusView:
    """`next_page` is None where all rooms are shown."""

    tenant: str
    version: str
    store: str
    store_healthy: bool
    rooms: tuple[RoomStatus, ...]
    rooms_in_all: int
    rooms_read: int
    open_bookings: int
    dead_letters: int
    started_at: datetime
    compared: Comparison | None = None
    declines_stopped_at: datetime | None = None
    odd_items: int = 0  # of calendars, that could not be understood
    untold: Mapping[Untold, int] = field(default_factory=dict)  # rooms without notifications, by why
    reconciling: bool = False  # the store was restored, and rooms are being read again
    progress: bool = False  # it answers how far the first import is
    doctor: bool = False  # it answers the word "doctor", which is a command on the server
    page: int = 0
    next_page: int | None = None
