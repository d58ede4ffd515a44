"""The calendar port: mailboxes of Microsoft 365 as Foyer needs them, in the domain's words.

Every method raises by what the caller should do (tree below), and returns only what was really answered.

    RemoteError
    ├── Unclear        the effect may or may not have happened: ask again with the same id, or look
    ├── Busy           throttled or out of service: nothing happened; `retry_after_s` tells when
    ├── Denied         no permission (401 after a fresh token, 403): an administrator must act
    ├── Missing        no such mailbox, event or subscription
    ├── Rejected       the request itself is wrong or not allowed in this state; repeating will not help
    │   ├── NoZone         of a series: no time zone that the service knows shows its times
    │   ├── Unheard    of a subscription: our notification address did not answer the service's handshake
    │   └── TooMany    of a subscription: the mailbox has as many as it may, of all apps together
    ├── Moved          somebody changed the item meanwhile: read again (409, 412)
    └── ResyncNeeded   the delta link is dead: start over
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from bot.domain.events import RoomEvent
from bot.domain.series import Rhythm
from bot.domain.slots import Slot


class RemoteError(Exception):
    """`code` is the service's own error code, `status` the HTTP status (0 without an answer)."""

    def __init__(self, code: str = "", status: int = 0) -> None:
        super().__init__(f"{status} {code}".strip())
        self.code = code
        self.status = status


class Unclear(RemoteError):
    """A write without a clear answer."""


class Busy(RemoteError):
    """Try again, not before `retry_after_s`."""

    def __init__(self, code: str = "", status: int = 0, *, retry_after_s: float = 1.0) -> None:
        super().__init__(code, status)
        self.retry_after_s = retry_after_s


class Denied(RemoteError):
    """Permission or credentials are lacking."""


class Missing(RemoteError):
    """404 in its spellings."""


class Rejected(RemoteError):
    """4xx that no repeat can cure."""


class NoZone(Rejected):
    """A series cannot be written down in any zone of the service's: nothing was sent."""


class Unheard(Rejected):
    """The service called our notification address before it subscribed, and was not answered as it wants to be."""


class TooMany(Rejected):
    """The mailbox has as many subscriptions as it may."""


class Moved(RemoteError):
    """The change key did not match."""


class ResyncNeeded(RemoteError):
    """410, SyncStateNotFound, resyncRequired and relatives."""


class Answer(StrEnum):
    ACCEPT = "accept"
    DECLINE = "decline"


@dataclass(frozen=True, kw_only=True)
class NewMeeting:
    """A meeting to create in the organizer's mailbox with the room as resource attendee.

    `transaction_id` makes repeats harmless: the same id and content returns the event that exists. Without a `room`
    nobody is asked yet: `invite` does that.
    """

    transaction_id: str
    organizer: str
    room: str
    room_name: str
    slot: Slot
    subject: str
    zone: str = ""  # IANA name of the zone that people read the meeting in; '' for UTC
    rhythm: Rhythm | None = None  # of a series; the slot is its first occurrence's
    slots: tuple[Slot, ...] = ()  # of a series: every time that the rhythm comes to
    attendees: tuple[str, ...] = ()  # people beside the organizer, where a service mailbox organizes for them


@dataclass(frozen=True, kw_only=True)
class Meeting:
    """The organizer's copy, as read. `room_response` is the resource attendee's status on it, `rooms` the addresses of
    all resources asked, the one that its location names first; None where they are not told."""

    id: str
    ical_uid: str
    web_link: str
    slot: Slot
    room_response: str = "none"
    is_cancelled: bool = False
    rooms: tuple[str, ...] | None = None


@dataclass(frozen=True, kw_only=True)
class Page:
    """One page of a room's feed. `removed` are event ids, as are `odd`: of items that could not be understood, which
    are busy rows of `changed` if they have times, and else nothing. Just one of the two links is set."""

    changed: tuple[RoomEvent, ...]
    removed: tuple[str, ...] = ()
    # Occurrences as the delta gives them: only id, master_id, kind and slot hold, and of an all-day series not even
    # the slot, which is in UTC days here and in the zone's days when read by `occurrences`.
    thin: tuple[RoomEvent, ...] = ()
    odd: tuple[str, ...] = ()
    next_link: str = ""
    delta_link: str = ""


@dataclass(frozen=True, kw_only=True)
class Subscription:
    """`expires_at` is by our own clock."""

    id: str
    resource: str
    expires_at: datetime
    notification_url: str = ""


class Calendar(Protocol):
    """One tenant's mailboxes. Addresses are SMTP addresses; ids are immutable ids."""

    async def create(self, meeting: NewMeeting) -> Meeting:
        """Idempotent by `transaction_id`: an id that made a meeting before returns that meeting as it is now, moved or
        edited meanwhile or not. Raises Unclear when the answer was lost: create again with the same id."""

    async def find(self, organizer: str, transaction_id: str, slot: Slot) -> Meeting | None:
        """The organizer's event with that transaction id, if it exists around `slot`'s day (or, where the service can
        search by our id, on any day). Raises Busy where it is listed and cannot be read."""

    async def read(self, organizer: str, event_id: str) -> Meeting:
        """The organizer's copy now."""

    async def move(self, organizer: str, event_id: str, slot: Slot, zone: str) -> Meeting:
        """Changes start and end. Every attendee's answer is void afterwards. Raises Unclear when the answer was lost:
        read before moving again, each move mails everybody."""

    async def instances(self, organizer: str, event_id: str, window: Slot) -> Sequence[Meeting]:
        """The organizer's copies of the occurrences of a series in the window, without those that were deleted."""

    async def drop(self, organizer: str, event_id: str) -> None:
        """Deletes the organizer's event or occurrence; who was asked is told. Gone already is fine."""

    async def invite(self, organizer: str, event_id: str, room: str, room_name: str) -> None:
        """Asks the room, of a series for all that is left of it. The same again is harmless."""

    async def rename(self, organizer: str, event_id: str, subject: str) -> None:
        """Another subject; answers stand. The same again is harmless."""

    async def cancel(self, organizer: str, event_id: str, comment: str) -> None:
        """Cancels as the organizer, telling attendees. Cancelling what is gone raises Missing, another's meeting
        Rejected."""

    async def read_room_event(self, room: str, event_id: str) -> RoomEvent:
        """The room's copy now."""

    async def answer(self, room: str, event_id: str, answer: Answer, comment: str) -> None:
        """Answers in the room's name, always sending the response to the organizer; sent once, for the meeting may be
        moved before a second time. Raises Unclear when the answer was lost (read the room's copy before answering
        again), Missing for what was declined or removed before."""

    async def changes(self, room: str, window: Slot, link: str) -> Page:
        """One page of the room's calendarView/delta: the first of `window` where `link` is '', else what `link` says.
        An item that cannot be understood but has times is a busy row that is never pending. Raises ResyncNeeded when
        the link is dead, Rejected for one that is not this service's own (another cloud's, say): start over then too.
        """

    async def occurrences(self, room: str, master_id: str, window: Slot) -> Sequence[RoomEvent]:
        """Every occurrence of a series in the window, complete."""

    async def view(self, room: str, window: Slot) -> Sequence[RoomEvent]:
        """Everything in the room's calendar that touches the window, occurrences too, read without any feed. When an
        item was made is not told, nor the pattern of a series."""

    async def subscribe(self, room: str, *, url: str, client_state: str, expires_at: datetime) -> Subscription:
        """Change notifications of the room's events; lifecycle notifications come to the same `url`. Asks for no longer
        a life than the service grants, which may also lengthen a short one: read `expires_at` back. Raises Unheard and
        TooMany."""

    async def renew(self, subscription_id: str, expires_at: datetime) -> Subscription:
        """Raises Missing when it has lapsed."""

    async def subscriptions(self) -> Sequence[Subscription]:
        """All of this app's subscriptions."""

    async def unsubscribe(self, subscription_id: str) -> None:
        """Gone already is fine."""
