"""What a calendar holds: items, their content, answers, and the expansion of a series into occurrences."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, tzinfo
from enum import StrEnum
from typing import Any

from sandbox.calendar.recurrence import Expansion, Recurrence, expansion
from sandbox.zones import zone

_SLACK = timedelta(days=1)  # a clock change moves an end by less than that


class Answer(StrEnum):
    NONE = "none"
    ORGANIZER = "organizer"
    TENTATIVE = "tentativelyAccepted"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    NOT_RESPONDED = "notResponded"


class ShowAs(StrEnum):
    FREE = "free"
    TENTATIVE = "tentative"
    BUSY = "busy"
    OOF = "oof"
    ELSEWHERE = "workingElsewhere"
    UNKNOWN = "unknown"


class Kind(StrEnum):
    SINGLE = "singleInstance"
    OCCURRENCE = "occurrence"
    EXCEPTION = "exception"
    MASTER = "seriesMaster"


@dataclass(frozen=True)
class Person:
    """Somebody on a meeting, by address (lower case) and display name."""

    address: str
    name: str


@dataclass(frozen=True)
class Attendee:
    person: Person
    type: str = "required"


@dataclass(frozen=True)
class Place:
    """A location as the organizer wrote it. `postal` and `position` are the properties of Graph's address and
    coordinates, by name."""

    name: str = ""
    address: str = ""
    uri: str = ""
    postal: tuple[tuple[str, str], ...] = ()
    position: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True)
class When:
    """Instants in UTC, and the zones in which the organizer meant them."""

    start_at: datetime
    end_at: datetime
    start_zone: str = "UTC"
    end_zone: str = "UTC"

    @property
    def length(self) -> timedelta:
        return self.end_at - self.start_at

    def overlaps(self, start_at: datetime, end_at: datetime) -> bool:
        """Half open, and an item without length counts at its start."""
        return self.start_at < end_at and (self.end_at > start_at or self.start_at == start_at)


@dataclass(frozen=True)
class Response:
    """`proposed` is the other time that came with the answer."""

    answer: Answer = Answer.NONE
    answered_at: datetime | None = None
    proposed: When | None = None


@dataclass(frozen=True, kw_only=True)
class Content:
    """What the organizer decides about a meeting."""

    when: When
    subject: str = ""
    body: str = ""
    body_type: str = "html"
    importance: str = "normal"
    sensitivity: str = "normal"
    show_as: ShowAs = ShowAs.BUSY
    is_all_day: bool = False
    locations: tuple[Place, ...] = ()
    attendees: tuple[Attendee, ...] = ()
    recurrence: Recurrence | None = None
    categories: tuple[str, ...] = ()
    is_reminder_on: bool = True
    reminder_min: int = 15
    response_requested: bool = True
    hide_attendees: bool = False
    allow_proposals: bool = True
    is_online: bool = False
    online_provider: str = "unknown"

    def attends(self, address: str) -> bool:
        return any(attendee.person.address == address for attendee in self.attendees)


@dataclass(kw_only=True)
class Item:
    """One copy of a meeting, in one mailbox.

    `uid` is equal over all copies; `key` is this copy's own. `sequence` counts full updates.
    `posted` is what a transaction id was first used for. Of a series the master is the item: `exceptions` and `gone`
    are by the occurrence's original start. `is_deleted` says that it lies in Deleted Items.
    """

    key: str
    mailbox: str
    uid: str
    content: Content
    organizer: Person
    is_organizer: bool
    created_at: datetime
    modified_at: datetime
    change: int = 1
    response: Response = Response()
    show_as: ShowAs = ShowAs.BUSY
    is_cancelled: bool = False
    sequence: int = 0
    transaction_id: str = ""
    posted: Content | None = None
    is_external: bool = False
    extended: dict[str, str] = field(default_factory=dict)
    extended_lists: dict[str, tuple[str, ...]] = field(default_factory=dict)
    extensions: dict[str, dict[str, Any]] = field(default_factory=dict)
    tracking: dict[str, Response] = field(default_factory=dict)
    exceptions: dict[datetime, "Item"] = field(default_factory=dict)
    gone: set[datetime] = field(default_factory=set)
    cancelled_occurrences: list[datetime] = field(default_factory=list)
    original_start_at: datetime | None = None
    is_exception: bool = False
    is_deleted: bool = False

    @property
    def when(self) -> When:
        return self.content.when

    @property
    def kind(self) -> Kind:
        if self.original_start_at is not None:
            return Kind.EXCEPTION if self.is_exception else Kind.OCCURRENCE
        return Kind.MASTER if self.content.recurrence else Kind.SINGLE

    def instances(self, start_at: datetime, end_at: datetime) -> Iterator["Item"]:
        """What a calendar view shows of this item in the window: itself, or its occurrences and exceptions."""
        if self.content.recurrence is None:
            if self.when.overlaps(start_at, end_at):
                yield self
            return
        for original in self._expansion().between(start_at - self.when.length - _SLACK, end_at + _SLACK):
            if original in self.gone or original in self.exceptions:
                continue
            when = self._when_of(original)
            if when.overlaps(start_at, end_at):
                yield self._plain(original, when)
        for exception in self.exceptions.values():
            if exception.when.overlaps(start_at, end_at):
                yield exception

    def occurrence(self, original: datetime) -> "Item | None":
        """The occurrence or exception with this original start; None where the series has none."""
        if original in self.exceptions:
            return self.exceptions[original]
        if self.content.recurrence is None or original in self.gone or not self._expansion().has(original):
            return None
        return self._plain(original, self._when_of(original))

    def starts(self, until_at: datetime) -> Iterator[datetime]:
        """Original starts in UTC, deleted ones included, in order, before `until_at`."""
        if self.content.recurrence is not None:
            yield from self._expansion().between(self.when.start_at, until_at)

    def carry_over(self, before: Content) -> None:
        """Lets the exceptions follow a change of their series wherever they had not differed from it `before`."""
        for exception in self.exceptions.values():
            mine = exception.content
            follow = {
                name: getattr(self.content, name)
                for name in Content.__dataclass_fields__
                if name not in {"when", "recurrence"} and getattr(mine, name) == getattr(before, name)
            }
            exception.content = replace(mine, **follow)
            if exception.show_as is not ShowAs.TENTATIVE:
                exception.show_as = exception.content.show_as
            addresses = sorted(attendee.person.address for attendee in exception.content.attendees)
            if exception.is_organizer:
                exception.tracking = {who: exception.tracking.get(who, Response()) for who in addresses}

    def _when_of(self, original: datetime) -> When:
        home = zone(self.when.start_zone)
        local_end = original.astimezone(home).replace(tzinfo=None) + self._wall_length(home)
        return When(original, local_end.replace(tzinfo=home).astimezone(UTC), self.when.start_zone, self.when.end_zone)

    def _plain(self, original: datetime, when: When) -> "Item":
        return replace(
            self,
            content=replace(self.content, when=when, recurrence=None),
            original_start_at=original,
            tracking=dict(self.tracking),
            exceptions={},
            gone=set(),
            cancelled_occurrences=[],
            extended=dict(self.extended),
            extended_lists=dict(self.extended_lists),
            extensions={},
        )

    def _expansion(self) -> Expansion:
        """Raises ValueError for what is no series."""
        if self.content.recurrence is None:
            raise ValueError(self.key)
        return expansion(self.content.recurrence, self.when.start_at, self.when.start_zone)

    def _wall_length(self, home: tzinfo) -> timedelta:
        start = self.when.start_at.astimezone(home).replace(tzinfo=None)
        end = self.when.end_at.astimezone(home).replace(tzinfo=None)
        return end - start
