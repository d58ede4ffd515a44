"""The steps in which a room's attendant works on one request, as data that outlives a restart."""

from datetime import datetime

import msgspec

from sandbox.errands import Due
from sandbox.exchange.attendant import Decision
from sandbox.exchange.mail import Message


class Job(msgspec.Struct, frozen=True):
    """One request that was filed in a room's mailbox."""

    message: Message
    is_update: bool


class Decide(msgspec.Struct, frozen=True, tag="decide"):
    """`stretch` is the factor on all delays of this job."""

    job: Job
    stretch: float


class Act(msgspec.Struct, frozen=True, tag="act"):
    job: Job
    stretch: float
    decision: Decision


class Forward(msgspec.Struct, frozen=True, tag="forward"):
    job: Job


class Reply(msgspec.Struct, frozen=True, tag="reply"):
    """The last step. `declines` are the answers of single occurrences."""

    job: Job
    response: Message
    declines: tuple[Message, ...] = ()


class Release(msgspec.Struct, frozen=True, tag="release"):
    """Nobody may have checked in to this meeting, or occurrence, when it is due."""

    room: str
    uid: str
    original_start_at: datetime | None
    start_at: datetime


Step = Decide | Act | Forward | Reply | Release


class UnderWay(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the attendants have not come to the end of. `queues` hold what no attendant has taken yet, by room."""

    queues: dict[str, list[Job]]
    steps: list[Due[Step]]
