"""One attempt at a request, or at several in a batch: sent, read, logged, and what it says of the limits noted."""

import asyncio
import hashlib
import logging
import random
import uuid
from collections.abc import Sequence
from typing import Any, TypeVar

from bot.graph import batch
from bot.graph.clouds import Cloud
from bot.graph.gates import PER_MAILBOX
from bot.graph.line import Line, NoAnswer, Parcel
from bot.graph.patience import Course
from bot.graph.sansio import API, Request, Response, decipher, headers_of, lost, url_of
from bot.ports.calendar import Busy, Denied, Missing, Rejected, RemoteError, ResyncNeeded
from bot.ports.clock import Clock
from bot.ports.figures import Tally

T = TypeVar("T")

log = logging.getLogger(__name__)

_BATCH = "$batch"
_JSON = {"Accept": "application/json", "Content-Type": "application/json"}


class Attempts:
    """Attempts over one tenant's line."""

    def __init__(self, line: Line, cloud: Cloud, clock: Clock, chance: random.Random) -> None:
        self._line = line
        self._cloud = cloud
        self._clock = clock
        self._chance = chance
        self.calls = Tally()

    async def alone(self, course: Course[T], ends_at_s: float) -> T:
        """The value, or raises what this attempt came to."""
        request, request_id = course.request, self._new_id()
        try:
            value = await self._exchange(request, ends_at_s, request_id)
        except RemoteError as error:
            self._note(course, error, request_id)
            raise
        self._went_well(request)
        return value

    async def many(self, courses: Sequence[Course[T]], ends_at_s: float) -> list[T | RemoteError]:
        """What one attempt came to for each, in their order, in as few batches as the limits allow. A mailbox that must
        be left alone is; a link that leads elsewhere is not called."""
        found: dict[int, T | RemoteError] = {}
        sending: list[int] = []
        for position, course in enumerate(courses):
            kept_back = self._kept_back(course.request)
            if kept_back is None:
                sending.append(position)
            else:
                found[position] = self._noted(course, kept_back, "")
        requests = [courses[position].request for position in sending]
        groups = batch.packs(requests, most=self._most_together(), per_mailbox=PER_MAILBOX)
        packs = [[sending[place] for place in group] for group in groups]
        packed = await asyncio.gather(*(self._together([courses[one] for one in pack], ends_at_s) for pack in packs))
        for pack, outcomes in zip(packs, packed, strict=True):
            found.update(zip(pack, outcomes, strict=True))
        return [found[position] for position in range(len(courses))]

    def _kept_back(self, request: Request[T]) -> RemoteError | None:
        closed_s = self._line.closed_s(request.mailbox)
        if closed_s:
            return Busy("StillThrottled", retry_after_s=closed_s)
        try:
            batch.relative_of(self._cloud, request)
        except Rejected as refusal:
            return refusal
        return None

    def _most_together(self) -> int:
        allowed = self._line.allowed()
        return batch.MOST if allowed is None or allowed >= batch.AT_ONCE else allowed

    async def _together(self, courses: Sequence[Course[T]], ends_at_s: float) -> list[T | RemoteError]:
        """In one batch, but for those that must go alone: where the service takes no batch, and where it asks for
        another token."""
        if len(courses) == 1:
            lone = await self._caught(courses[0], ends_at_s)
            return [lone]
        requests, request_id = [course.request for course in courses], self._new_id()
        try:
            response = await self._line.carry(self._parcel(requests, request_id), ends_at_s)
        except NoAnswer as error:
            return [self._noted(course, lost(course.request, error.code), request_id) for course in courses]
        except RemoteError as error:
            return [self._noted(course, error, request_id) for course in courses]
        now = self._clock.now()
        if batch.is_refused(response, now=now):
            log.warning("graph.batch_refused", extra={"status": response.status, "client_request_id": request_id})
            return await self._singly(courses, ends_at_s)
        self._line.rest(_BATCH, response, now=now)
        found: list[T | RemoteError] = []
        for course, answer in zip(courses, batch.answers(requests, response), strict=True):
            outcome = self._read(course, answer, request_id)
            found.append(outcome)
        is_batch = 200 <= response.status < 300
        again = [place for place, one in enumerate(found) if is_batch and _wants_a_token(one)]
        renewed = await self._singly([courses[place] for place in again], ends_at_s)
        for place, outcome in zip(again, renewed, strict=True):
            found[place] = outcome
        return found

    async def _singly(self, courses: Sequence[Course[T]], ends_at_s: float) -> list[T | RemoteError]:
        async with asyncio.TaskGroup() as group:
            tasks = []
            for course in courses:
                attempt = self._caught(course, ends_at_s)
                tasks.append(group.create_task(attempt))
        return [task.result() for task in tasks]

    def _read(self, course: Course[T], answer: Response | None, request_id: str) -> T | RemoteError:
        found = batch.outcome(course.request, answer, now=self._clock.now())
        if isinstance(found, RemoteError):
            return self._noted(course, found, request_id)
        self._went_well(course.request)
        return found

    async def _caught(self, course: Course[T], ends_at_s: float) -> T | RemoteError:
        try:
            return await self.alone(course, ends_at_s)
        except RemoteError as error:
            return error

    async def _exchange(self, request: Request[T], ends_at_s: float, request_id: str) -> T:
        parcel = Parcel(
            method=request.method,
            url=url_of(self._cloud, request),
            body=request.body,
            headers=lambda token: headers_of(request, token=token, request_id=request_id),
            gate=request.mailbox,
        )
        try:
            response = await self._line.carry(parcel, ends_at_s)
        except NoAnswer as error:
            raise lost(request, error.code) from error
        return decipher(request, response, now=self._clock.now())

    def _parcel(self, requests: Sequence[Request[Any]], request_id: str) -> Parcel:
        told = _JSON | {"client-request-id": request_id}
        return Parcel(
            method="POST",
            url=f"{self._cloud.graph}{API}{batch.PATH}",
            body=batch.body_of(self._cloud, requests),
            headers=lambda token: told | {"Authorization": f"Bearer {token}"},
            gate=_BATCH,
            places=batch.places(requests),
            calls=min(len(requests), batch.AT_ONCE),
        )

    def _noted(self, course: Course[T], error: RemoteError, request_id: str) -> RemoteError:
        self._note(course, error, request_id)
        return error

    def _went_well(self, request: Request[T]) -> None:
        self._line.went_well()
        self.calls.add(request.name, "ok")

    def _note(self, course: Course[T], error: RemoteError, request_id: str) -> None:
        request = course.request
        self.calls.add(request.name, type(error).__name__.lower())
        self._line.was_refused(request.mailbox, error)
        expected = isinstance(error, (Missing, ResyncNeeded, Busy))
        log.log(
            logging.INFO if expected else logging.WARNING,
            "graph.call_failed",
            extra={
                "call": request.name,
                "mailbox": _veiled(request.mailbox),
                "verdict": type(error).__name__,
                "status": error.status,
                "code": error.code,
                "attempt": course.attempt,
                "client_request_id": request_id,
            },
        )

    def _new_id(self) -> str:
        return str(uuid.UUID(int=self._chance.getrandbits(128), version=4))


def _wants_a_token(outcome: object) -> bool:
    return isinstance(outcome, Denied) and outcome.status == 401


def _veiled(mailbox: str) -> str:
    """Tells mailboxes apart in a log without naming them."""
    return hashlib.sha256(mailbox.casefold().encode()).hexdigest()[:10] if mailbox else ""
