"""Stored documents that more than one package reads."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from bot.domain.bookings import Reason
from bot.domain.people import Person
from bot.domain.rooms import Control
from bot.domain.slots import Slot
from bot.ports.calendar import Answer


@dataclass(frozen=True, kw_only=True)
class Acquaintance:
    """A person as Foyer has met them. `chat` is the way to their personal chat in the channel's own form, {} where
    there is none (not installed, or removed since); `unreachable_said` keeps the log from saying so twice. `spoken` is
    the language that they last wrote in, where that is another than their client's. `seen_at` is when they last wrote
    or pressed, to the month; None for somebody who only was looked up."""

    person: Person
    chat: dict[str, Any] = field(default_factory=dict)
    unreachable_said: bool = False
    spoken: str = ""
    seen_at: datetime | None = None

    @property
    def language(self) -> str:
        """What they are answered in: as they write, else as their client is set."""
        return self.spoken or self.person.language


class CardKind(StrEnum):
    BOOKING = "booking"
    MANAGER = "manager"


@dataclass(frozen=True, kw_only=True)
class KeptCard:
    """A card that follows a booking. `activity_id` '' until it was posted; `shown` is the booking number last shown.
    `person_id` is its reader, who is told in the language and zone of now; `language` and `zone` those of when it was
    made, for where the reader is not known."""

    kind: CardKind
    booking_id: str
    chat: dict[str, Any]
    activity_id: str = ""
    person_id: str = ""
    person_name: str = ""
    language: str = ""
    zone: str = ""
    shown: int = 0


@dataclass(frozen=True, kw_only=True)
class FeedState:
    """Where a room's feed stands. Of a room that was not read to its end yet `near_until_at` says how far, `rest_at`
    when it will be, and `window` is None. `link` '' means from the start; since `doubted_at` an empty answer awaits a
    second one; `trouble` is "", "denied" or "missing" since `trouble_at`. `packed` is the digest of the document that
    says the same as the room's rows, '' where none is known to: whoever writes rows without it must leave it so.
    `control` is the one that what waits was last followed up under, None where that is not known."""

    link: str = ""
    window: Slot | None = None
    synced_at: datetime | None = None
    near_until_at: datetime | None = None
    rest_at: datetime | None = None
    doubted_at: datetime | None = None
    trouble: str = ""
    trouble_at: datetime | None = None
    packed: str = ""
    control: Control | None = None

    def reaches(self, slot: Slot) -> bool:
        """Whether the mirror goes as far ahead as that time: else it has no row of a meeting there."""
        until_at = self.window.end_at if self.window else self.near_until_at
        return until_at is not None and slot.start_at < until_at

    @property
    def doubted(self) -> bool:
        return self.doubted_at is not None


@dataclass(frozen=True, kw_only=True)
class Oddity:
    """An item of a room's calendar that could not be understood: if it has times it blocks them, and is never answered.
    `blocks` is False where it has none."""

    room: str
    event_id: str
    seen_at: datetime
    blocks: bool


class Progress(StrEnum):
    WANTED = "wanted"  # recorded, not yet sent
    ANSWERED = "answered"  # sent, not yet seen to hold
    SETTLED = "settled"  # a read showed it
    HELD = "held"  # a human must look


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What was decided on one request, by which policy, and why; made before it is sent. `had` are changed dates of a
    series that had the room before it was answered: by somebody else's answer, which stands."""

    room: str
    event_id: str
    ical_uid: str
    fingerprint: str
    answer: Answer | None
    reasons: tuple[Reason, ...]
    policy: str
    decided_at: datetime
    progress: Progress
    sent: int = 0
    had: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class SubscriptionRecord:
    """`secret_digest` is the SHA-256 of the clientState: the secret itself is kept nowhere. `url` is where the
    notifications go. `seen_at` is when the service last said that it lives."""

    id: str
    room: str
    expires_at: datetime
    secret_digest: str
    url: str = ""
    seen_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class SecretEnds:
    """What is known of the end of the app's secret. `at` is None where the directory does not tell: `trouble` says why,
    as "denied" (no permission to read the registration) or "unlisted"."""

    seen_at: datetime
    at: datetime | None = None
    trouble: str = ""


@dataclass(frozen=True, kw_only=True)
class ForeignOverlap:
    """A meeting made behind our back where another one holds the room."""

    room: str
    event_id: str
    slot: Slot
    held_by: str
    seen_at: datetime


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """One night's comparison of the mirror with the mailboxes. `rooms` and `rows` were compared, `unread` rooms could
    not be; `divergences` counts rows that stayed different though the room was read in between, and must be 0.
    `listed`: every room was looked at once; `after` is the last of them so far, `open` counts those looked at again."""

    started_at: datetime
    finished_at: datetime | None = None
    rooms: int = 0
    rows: int = 0
    unread: int = 0
    divergences: int = 0
    after: str = ""
    listed: bool = False
    open: int = 0


class Untold(StrEnum):
    """Why the service tells nothing of a room, by what can be done about it."""

    ADDRESS = "address"  # it cannot reach our notification address, or was not answered there
    FULL = "full"  # the mailbox has as many subscriptions as it may, of all apps together
    DENIED = "denied"  # no permission to read the mailbox
    MISSING = "missing"  # no such mailbox
    REFUSED = "refused"  # anything else


@dataclass(frozen=True, kw_only=True)
class Polling:
    """A room that no subscription can be had for: it is read more often instead. `code` is the service's own; `seen_at`
    is when it last said so."""

    room: str
    since_at: datetime
    code: str
    why: Untold = Untold.REFUSED
    seen_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Declines:
    """When requests were last declined, by which policy; and since when nothing is declined any more, if so."""

    times: tuple[datetime, ...] = ()
    policy: str = ""
    stopped_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class ProgressCard:
    """A first import's card. `activity_id` '' until it was posted; `shown` is how many rooms it says were read."""

    chat: dict[str, Any]
    activity_id: str = ""
    language: str = ""
    zone: str = ""
    shown: int = -1
