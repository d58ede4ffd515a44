"""What travels between mailboxes: meeting requests, cancellations and answers, and a record of the mails people get."""

from collections import deque
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sandbox.calendar.models import Answer, Content, Person, When

_KEPT = 2_000


class MessageKind(StrEnum):
    REQUEST = "meetingRequest"
    CANCELLATION = "meetingCancelled"
    RESPONSE = "response"


@dataclass(frozen=True, kw_only=True)
class Message:
    """One meeting message on its way. `original_start_at` is set where it concerns one occurrence of a series.

    `is_full` tells a full update (answers void) from an informational one. `sender` is who answers, and of a request
    the delegate who sent it for the organizer.
    """

    kind: MessageKind
    uid: str
    to: str
    organizer: Person
    sequence: int
    content: Content
    is_full: bool = True
    is_external: bool = False
    original_start_at: datetime | None = None
    answer: Answer = Answer.NONE
    answered_at: datetime | None = None
    sender: Person | None = None
    comment: str = ""
    proposed: When | None = None


@dataclass(frozen=True, kw_only=True)
class Mail:
    """A mail in somebody's inbox. Graph's message resource is not simulated: this is for looking at."""

    at: datetime
    to: str
    sender: str
    subject: str
    text: str = ""
    is_delegated: bool = False


class PostOffice:
    """Remembers the newest mails."""

    def __init__(self) -> None:
        self.mails: deque[Mail] = deque(maxlen=_KEPT)

    def drop(self, mail: Mail) -> None:
        self.mails.append(mail)
