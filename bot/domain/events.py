"""Room events: the rows of the mirror, one per item of a room's calendar."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.domain.slots import Slot


class Response(StrEnum):
    """`responseStatus.response` as Graph spells it."""

    NONE = "none"
    ORGANIZER = "organizer"
    TENTATIVE = "tentativelyAccepted"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    NOT_RESPONDED = "notResponded"


class Kind(StrEnum):
    """`type` as Graph spells it."""

    SINGLE = "singleInstance"
    OCCURRENCE = "occurrence"
    EXCEPTION = "exception"
    MASTER = "seriesMaster"


@dataclass(frozen=True, kw_only=True, slots=True)
class RoomEvent:
    """One item of a room's calendar, as last read. `id` is immutable within that mailbox; `ical_uid` is
    the same in every mailbox and differs per occurrence. `recurrence` is a stable rendering of the pattern, or ''.
    """

    id: str
    room: str
    ical_uid: str
    slot: Slot
    kind: Kind = Kind.SINGLE
    master_id: str = ""
    response: Response = Response.NONE
    show_as: str = "busy"
    subject: str = ""
    private: bool = False
    organizer_name: str = ""
    organizer_address: str = ""
    attendees: int = 0
    recurrence: str = ""
    is_organizer: bool = False
    is_cancelled: bool = False
    created_at: datetime | None = None

    @property
    def blocks(self) -> bool:
        """Whether it takes the room. Show-as is ignored on purpose: a meeting that its organizer marked Free still
        sits in the room. A series master takes none: its occurrences do."""
        return not self.is_cancelled and self.response is not Response.DECLINED and self.kind is not Kind.MASTER

    @property
    def pending(self) -> bool:
        """Whether it waits for an answer (https://learn.microsoft.com/graph/api/resources/responsestatus)."""
        waiting = self.response in (Response.TENTATIVE, Response.NOT_RESPONDED, Response.NONE)
        return waiting and not self.is_organizer and not self.is_cancelled

    @property
    def fingerprint(self) -> str:
        """What a decision was about: time, recurrence, organizer, size. Our own answer does not change it."""
        parts = (
            self.slot.start_at.isoformat(),
            self.slot.end_at.isoformat(),
            self.recurrence,
            self.organizer_address.casefold(),
            str(self.attendees),
        )
        return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:24]


@dataclass(frozen=True, kw_only=True, slots=True)
class Outline:
    """Which meeting a row is of, in fields of `RoomEvent`: enough to find the few that matter among all of a room's."""

    id: str
    ical_uid: str
    master_id: str = ""
