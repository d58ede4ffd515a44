"""A booking made through Foyer, and the only moves that it can make."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from bot.domain.series import Rhythm
from bot.domain.slots import Slot


class State(StrEnum):
    HELD = "held"  # the slot is ours in the store; nobody outside knows
    CREATING = "creating"  # the event may or may not exist at Microsoft 365
    REQUESTED = "requested"  # the event exists; the room has not answered
    CONFIRMED = "confirmed"  # a read showed the room's acceptance
    COMPENSATING = "compensating"  # being undone
    DECLINED = "declined"
    FAILED = "failed"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


OPEN = frozenset({State.HELD, State.CREATING, State.REQUESTED, State.COMPENSATING})
LIVE = OPEN | {State.CONFIRMED}
LOST = frozenset({State.DECLINED, State.FAILED, State.EXPIRED})  # wanted still, unlike what was cancelled

_MOVES: dict[State, frozenset[State]] = {
    # An occurrence is requested as soon as its series' meeting exists.
    State.HELD: frozenset({State.CREATING, State.REQUESTED, State.CANCELLED, State.FAILED, State.EXPIRED}),
    State.CREATING: frozenset({State.CREATING, State.REQUESTED, State.COMPENSATING, State.FAILED, State.EXPIRED}),
    State.REQUESTED: frozenset({State.CONFIRMED, State.COMPENSATING, State.DECLINED, State.CANCELLED, State.EXPIRED}),
    State.CONFIRMED: frozenset({State.REQUESTED, State.COMPENSATING, State.DECLINED, State.CANCELLED}),
    State.COMPENSATING: frozenset({State.CANCELLED, State.DECLINED, State.FAILED, State.EXPIRED}),
}


class IllegalMove(ValueError):
    """A state that a booking cannot reach from where it stands: a fault of ours, never of a user."""


@dataclass(frozen=True, kw_only=True)
class Reason:
    """Why, as a code and its parameters; the words are found in the reader's language by `cards`.

    `params` hold JSON-plain values: str, int, or an ISO instant under a key that ends in `_at`.
    """

    code: str
    params: dict[str, Any]

    def __hash__(self) -> int:
        return hash(self.code)


@dataclass(frozen=True, kw_only=True)
class Occurrence:
    """One meeting of a series: the booking that follows it, and where that stood when it was last looked at. Without a
    booking the room was not asked for: it was not free then, or the date had been given up before. `planned` is when
    the series has it, where it was moved by itself; `room` where it is, if that is not the series' own. `with_all`:
    cancelled as one with its series, not before it."""

    slot: Slot
    booking_id: str = ""
    state: State | None = None
    planned: Slot | None = None
    room: str = ""
    with_all: bool = False


@dataclass(frozen=True, kw_only=True)
class Booking:
    """`id` is 128 random bits in hex and serves as the event's `transactionId`. `ends_as` is what undoing
    leads to; where the event is still looked for, what becomes of the booking if there is none.

    A series is a booking with a `rhythm`, which owns the meeting and holds no room itself, and a booking for each of
    its `occurrences`, which names it as its `series` and holds the room then. Its own slot is that of the first one.
    """

    id: str
    person_id: str
    organizer: str
    room: str
    slot: Slot
    subject: str
    state: State
    made_at: datetime
    people: int | None = None
    zone: str = ""
    language: str = ""
    event_id: str = ""
    room_event_id: str = ""  # the same meeting in the room's mailbox
    ical_uid: str = ""
    web_link: str = ""
    tried_at: datetime | None = None
    asked_at: datetime | None = None  # when the event's creation was last sent
    pressed_at: datetime | None = None  # when the person last pressed something that changed it
    reasons: tuple[Reason, ...] = ()
    ends_as: State | None = None
    unseen: bool = False  # at a time so far ahead that the mirror does not show it: the room's answer is not known
    moving_from: Slot | None = None  # where the room last stood, while a new time has not been seen there
    passed: tuple[Slot, ...] = ()  # the times before the one that is asked for, while the room has not taken it
    move_sent: bool = False  # the organizer's copy was asked to move there, and may have
    made_way: int = 0  # how often its move was put off for other dates of its series that had to go first
    replaces: str = ""  # the booking that is given up once this one is confirmed
    replaced_by: str = ""  # the booking that was last asked for in its place
    series: str = ""
    rhythm: Rhythm | None = None
    occurrences: tuple[Occurrence, ...] = ()
    renaming: bool = False  # the organizer's copy does not bear the new subject yet, but `subject_before`
    subject_before: str = ""
    number: int = 1  # counts visible changes, so that an old card is recognised
    placed: int = 1  # the number with which it came to its present time: cards from before show another

    def called(self, subject: str) -> "Booking":
        """Wanted under that subject; the meeting is yet to be renamed if it is another."""
        if subject == self.subject:
            return self
        before = self.subject_before if self.renaming else self.subject
        return replace(self, subject=subject, renaming=True, subject_before=before)

    def renamed(self) -> "Booking":
        """The meeting bears the subject."""
        return replace(self, renaming=False, subject_before="")

    def not_renamed(self) -> "Booking":
        """The meeting keeps the subject that it had, and so does this."""
        reasons = (Reason(code="not_renamed", params={}),)
        return replace(self.renamed(), subject=self.subject_before, reasons=reasons, number=self.number + 1)

    def to(self, state: State, **changes: Any) -> "Booking":
        """The booking moved on. Raises IllegalMove for a move that the table does not hold."""
        if state not in _MOVES.get(self.state, frozenset()):
            raise IllegalMove(f"{self.state} cannot become {state}")
        return replace(self, state=state, number=self.number + 1, **changes)

    def at(self, slot: Slot, **changes: Any) -> "Booking":
        """The booking at another time."""
        number = self.number + 1
        return replace(self, slot=slot, number=number, placed=number, **{"unseen": False, **changes})

    def moving_to(self, slot: Slot, **changes: Any) -> "Booking":
        """The booking asked for at another time: its meeting is yet to be moved, and its room to answer."""
        passed = self.passed if self.slot in self.passed else (*self.passed, self.slot)
        moving = {"moving_from": self.moving_from or self.slot, "passed": passed, "made_way": 0}
        moving |= {"move_sent": False, "tried_at": None}
        return self.at(slot, **{"state": State.REQUESTED, "reasons": (), **moving, **changes})

    def arrived(self) -> "Booking":
        """The booking where its room stands."""
        return replace(self, moving_from=None, passed=(), move_sent=False, made_way=0)

    def in_room(self, room: str, **changes: Any) -> "Booking":
        """The booking in another room, which has yet to answer."""
        number = self.number + 1
        fresh = replace(self.arrived(), room=room, state=State.REQUESTED, room_event_id="", reasons=())
        return replace(fresh, number=number, placed=number, **{"unseen": False, **changes})

    def coming(self, now: datetime) -> tuple[Occurrence, ...]:
        """Of a series, the dates that stand and have yet to begin."""
        return tuple(one for one in self.occurrences if one.state in LIVE and one.slot.start_at > now)

    def moved_alike(self, now: datetime) -> bool:
        """Whether all of the coming dates, of more than one, are as far from when the series has them: in Outlook, a
        whole series is moved so. Also where none was moved."""
        coming = self.coming(now)
        shifts = {one.slot.start_at - (one.planned or one.slot).start_at for one in coming}
        return len(coming) > len(shifts) == 1

    @property
    def end_at(self) -> datetime:
        """When it is over; a series with its last occurrence."""
        return max((one.slot.end_at for one in self.occurrences if one.booking_id), default=self.slot.end_at)

    @property
    def takes_room(self) -> bool:
        """Whether it holds its room: a series leaves that to its occurrences."""
        return self.live and self.rhythm is None

    @property
    def replaced(self) -> bool:
        """Whether another one has taken its place, or will have once this one is undone."""
        return any(reason.code == "replaced" for reason in self.reasons)

    @property
    def live(self) -> bool:
        return self.state in LIVE
