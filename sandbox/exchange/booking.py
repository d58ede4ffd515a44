"""Runs the Resource Booking Attendant of every room: one request at a time, in order of arrival, on the clock."""

from collections import defaultdict, deque
from dataclasses import replace
from datetime import date, datetime, time, timedelta

import msgspec

from sandbox.calendar.mailboxes import Mailbox
from sandbox.calendar.models import Answer, Item
from sandbox.errands import Errands
from sandbox.exchange import attendant, copies, replies
from sandbox.exchange.attendant import Decision, Outcome
from sandbox.exchange.attending import Attending, Hidden
from sandbox.exchange.config import Mode, RoomConfig
from sandbox.exchange.mail import Mail, Message
from sandbox.exchange.models import Exchange
from sandbox.exchange.policy import Request
from sandbox.exchange.processing import processed
from sandbox.exchange.releasing import Releasing
from sandbox.exchange.steps import Act, Decide, Forward, Job, Release, Reply, Step, UnderWay
from sandbox.zones import zone

_HORIZON = timedelta(days=1100)
_ANSWERS = {Outcome.ACCEPT: Answer.ACCEPTED, Outcome.PENDING: Answer.TENTATIVE, Outcome.DECLINE: Answer.DECLINED}


class Booking:
    """Between its decision and its acts the attendant takes seconds: an answer given meanwhile is overwritten."""

    def __init__(self, exchange: Exchange, attending: Attending) -> None:
        self._exchange = exchange
        self._attending = attending
        self._queues: defaultdict[str, deque[Job]] = defaultdict(deque)
        self._busy: set[str] = set()
        self._steps: Errands[Step] = Errands(exchange.clock, self._run)
        self._releasing = Releasing(exchange, attending, self._steps.put)
        attending.on_accept = self._releasing.watch

    def enqueue(self, message: Message, is_update: bool) -> None:
        if self._exchange.configs[message.to].mode is not Mode.AUTO_ACCEPT:
            return
        self._queues[message.to].append(Job(message, is_update))
        self._next(message.to)

    def under_way(self) -> UnderWay:
        queues = {room: list(jobs) for room, jobs in self._queues.items() if jobs}
        return UnderWay(queues, self._steps.waiting())

    def take_up(self, left: UnderWay) -> None:
        """Goes on where another run stopped."""
        for room, jobs in left.queues.items():
            self._queues[room].extend(jobs)
        for due in left.steps:
            if isinstance(due.what, Release):
                self._releasing.restore(due.what)
            elif not isinstance(due.what, Forward):
                self._busy.add(due.what.job.message.to)
        self._steps.take_up(left.steps)
        for room in left.queues:
            self._next(room)

    def _run(self, step: Step) -> None:
        match step:
            case Decide():
                self._decide(step.job, step.stretch)
            case Act():
                self._act(step.job, step.decision, step.stretch)
            case Forward():
                self._forward(step.job)
            case Reply():
                self._reply(step.job, step.response, step.declines)
            case Release():
                self._releasing.run(step)

    def _next(self, room: str) -> None:
        if room in self._busy or not self._queues[room]:
            return
        self._busy.add(room)
        job = self._queues[room].popleft()
        timing = self._exchange.timing
        stretch = timing.stretch(self._exchange.rng)
        start_s = timing.attendant_start_s * stretch
        self._later(start_s + timing.decide_s * stretch, Decide(job, stretch))

    def _decide(self, job: Job, stretch: float) -> None:
        room = job.message.to
        config = self._exchange.configs[room]
        config = msgspec.structs.replace(config, wells=config.wells.expanded(self._exchange.members))
        now = self._exchange.now()
        request = self._request(job.message, now)
        last_at = max((one.when.end_at for one in request.occurrences), default=now)
        decision = attendant.decide(request, config, self._exchange.mailboxes[room].view(now, max(now, last_at)), now)
        if decision.outcome is Outcome.SKIP:
            self._finish(room)
            return
        timing = self._exchange.timing
        self._later((timing.act_s - timing.decide_s) * stretch, Act(job, stretch, decision))

    def _act(self, job: Job, decision: Decision, stretch: float) -> None:
        """Changes the room's item, whatever was answered meanwhile, and prepares the reply."""
        room = job.message.to
        config = self._exchange.configs[room]
        mailbox, item = self._current(job)
        is_answered = item is not None and item.response.answer is not Answer.NOT_RESPONDED
        if item is None or (is_answered and config.attendant_yields):
            self._finish(room)
            return
        response = self._attending.response(item, *replies.answer(decision, config))
        response = replace(response, content=job.message.content)
        declines = self._decline_occurrences(mailbox, item, decision, config)
        self._put(mailbox, item, decision, job.message.sequence)
        timing = self._exchange.timing
        if decision.outcome is Outcome.PENDING:
            self._later((timing.forward_s - timing.act_s) * stretch, Forward(job))
        self._later((timing.reply_s - timing.act_s) * stretch, Reply(job, response, declines))

    def _put(self, mailbox: Mailbox, item: Item, decision: Decision, sequence: int) -> None:
        config = self._exchange.configs[mailbox.address]
        if decision.truncate_on is not None and item.content.recurrence is not None:
            _cut(item, decision.truncate_on)
        is_accepted = decision.outcome is Outcome.ACCEPT
        if is_accepted or (config.post_process_on_pending and decision.outcome is Outcome.PENDING):
            for copy in copies.upto(item, sequence):
                copy.content = processed(copy.content, copy.organizer.name, config)
        is_hidden = decision.outcome is Outcome.PENDING and not config.tentative_pending
        hidden = Hidden(responds=config.responds_while_free) if is_hidden else None
        item = self._attending.record(mailbox, item, _ANSWERS[decision.outcome], hidden=hidden, sequence=sequence)
        if is_accepted:
            self._exchange.echo(mailbox, item, mailbox.address, least=0)

    def _decline_occurrences(
        self, mailbox: Mailbox, item: Item, decision: Decision, config: RoomConfig
    ) -> tuple[Message, ...]:
        """Takes the conflicting occurrences out of a series; one answer each, where answers carry details."""
        found = []
        for start_at in decision.declined_starts:
            occurrence = item.occurrence(start_at)
            if occurrence is None:
                continue
            when = occurrence.when
            text = replies.occurrence_declined(decision, config, when.start_at, when.end_at)
            found.append(self._attending.response(occurrence, Answer.DECLINED, text))
            self._attending.drop(mailbox, occurrence)
        return tuple(found) if config.enable_response_details else ()

    def _forward(self, job: Job) -> None:
        message = job.message
        config = self._exchange.configs[message.to]
        is_informational = job.is_update and not message.is_full
        if not config.forward or (is_informational and not config.reforward_on_info_update):
            return
        for delegate in config.delegates:
            self._mail(delegate, message)

    def _reply(self, job: Job, response: Message, declines: tuple[Message, ...]) -> None:
        """Sends the answer that was decided, whatever the item has become meanwhile, unless it was superseded."""
        config = self._exchange.configs[job.message.to]
        _, current = self._current(job)
        is_pending = response.answer is Answer.TENTATIVE
        is_silent = is_pending and not config.forward and not config.reply_without_forward
        if config.attendant_yields and current is not None and is_pending:
            is_silent = is_silent or current.response.answer is Answer.ACCEPTED
        if not is_silent and (response.answer is Answer.DECLINED or current is not None):
            for one in (response, *declines):
                self._exchange.send(one)
        self._finish(job.message.to)

    def _current(self, job: Job) -> tuple[Mailbox, Item | None]:
        """The item as it stands now; None where it is gone, cancelled or a newer version has arrived."""
        message = job.message
        mailbox = self._exchange.mailboxes[message.to]
        item = copies.standing(mailbox, message.uid, message.original_start_at)
        if item is None or item.is_cancelled or item.sequence > message.sequence:
            return mailbox, None
        return mailbox, item

    def _request(self, message: Message, now: datetime) -> Request:
        mailbox = self._exchange.mailboxes[message.to]
        item = copies.standing(mailbox, message.uid, message.original_start_at)
        start_at = message.content.when.start_at
        window = (min(now, start_at) - timedelta(days=1), max(now, start_at) + _HORIZON)
        found = tuple(item.instances(*window)) if item is not None and not item.is_cancelled else ()
        return Request(
            uid=message.uid,
            room=message.to,
            organizer=message.organizer,
            content=message.content,
            is_external=message.is_external,
            occurrences=tuple(one for one in found if not one.is_cancelled),
            sender=message.sender,
        )

    def _mail(self, to: str, message: Message) -> None:
        """Delegates get the whole request, whatever the room's own copy is stripped of."""
        mail = Mail(
            at=self._exchange.now(),
            to=to,
            sender=message.organizer.address,
            subject=message.content.subject,
            text=f"{replies.FORWARD_TEXT}\n\n{message.content.body}".rstrip(),
            is_delegated=True,
        )
        self._exchange.post.drop(mail)

    def _finish(self, room: str) -> None:
        self._busy.discard(room)
        self._next(room)

    def _later(self, delay_s: float, step: Step) -> None:
        self._steps.put(self._exchange.now() + timedelta(seconds=delay_s), step)


def _cut(item: Item, last_on: date) -> None:
    item.content = attendant.truncated(item.content, last_on)
    recurrence = item.content.recurrence
    home = zone(recurrence.zone if recurrence and recurrence.zone else item.when.start_zone)
    copies.prune(item, datetime.combine(last_on + timedelta(days=1), time(), home))
