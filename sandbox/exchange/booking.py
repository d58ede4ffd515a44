"""Runs the Resource Booking Attendant of every room: one request at a time, in order of arrival, on the clock."""

from collections import defaultdict, deque
from dataclasses import replace
from datetime import datetime, timedelta

from sandbox.calendar.mailboxes import Mailbox
from sandbox.calendar.models import Answer, Content, Item, ShowAs
from sandbox.errands import Errands
from sandbox.exchange import attendant
from sandbox.exchange.attendant import Decision, Outcome, Request
from sandbox.exchange.attending import Attending
from sandbox.exchange.config import Mode, RoomConfig
from sandbox.exchange.mail import Mail, Message
from sandbox.exchange.models import Exchange
from sandbox.exchange.steps import Act, Decide, Forward, Job, Reply, Step, UnderWay

_HORIZON = timedelta(days=1100)
_PENDING_TEXT = "Your request was received and is pending approval."


class Booking:
    """Between its decision and its acts the attendant takes seconds: an answer given meanwhile is overwritten."""

    def __init__(self, exchange: Exchange, attending: Attending) -> None:
        self._exchange = exchange
        self._attending = attending
        self._queues: defaultdict[str, deque[Job]] = defaultdict(deque)
        self._busy: set[str] = set()
        self._steps: Errands[Step] = Errands(exchange.clock, self._run)

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
        self._busy = {due.what.job.message.to for due in left.steps if not isinstance(due.what, Forward)}
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
                self._reply(step.job, step.response)

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
        request = self._request(job.message)
        mailbox = self._exchange.mailboxes[room]
        now = self._exchange.now()
        blockers = mailbox.view(now - timedelta(days=1), now + _HORIZON) if request.occurrences else []
        decision = attendant.decide(request, config, blockers, now)
        if decision.outcome is Outcome.SKIP:
            self._finish(room)
            return
        timing = self._exchange.timing
        self._later((timing.act_s - timing.decide_s) * stretch, Act(job, stretch, decision))

    def _act(self, job: Job, decision: Decision, stretch: float) -> None:
        room = job.message.to
        mailbox, item = self._current(job)
        if item is None:
            self._finish(room)
            return
        config = self._exchange.configs[room]
        original = item.content
        if decision.truncate_on is not None:
            item.content = attendant.truncated(item.content, decision.truncate_on)
        if decision.outcome is Outcome.ACCEPT or config.post_process_on_pending:
            item.content = _processed(item, config)
        for start_at in decision.declined_starts:
            self._decline_occurrence(mailbox, item, start_at)
        self._put(mailbox, item, decision, config)
        response = self._attending.response(replace(item, content=original), *_answer(decision))
        timing = self._exchange.timing
        if decision.outcome is Outcome.PENDING:
            self._later((timing.forward_s - timing.act_s) * stretch, Forward(job))
        self._later((timing.reply_s - timing.act_s) * stretch, Reply(job, response))

    def _put(self, mailbox: Mailbox, item: Item, decision: Decision, config: RoomConfig) -> None:
        answers = {
            Outcome.ACCEPT: Answer.ACCEPTED,
            Outcome.PENDING: Answer.TENTATIVE,
            Outcome.DECLINE: Answer.DECLINED,
        }
        pending_as = ShowAs.TENTATIVE if config.tentative_pending else ShowAs.FREE
        self._attending.record(mailbox, item, answers[decision.outcome], pending_as=pending_as)

    def _forward(self, job: Job) -> None:
        message = job.message
        config = self._exchange.configs[message.to]
        is_informational = job.is_update and not message.is_full
        if not config.forward or (is_informational and not config.reforward_on_info_update):
            return
        for delegate in config.delegates:
            self._mail(delegate, message)

    def _reply(self, job: Job, response: Message) -> None:
        """Sends the answer that was decided, whatever the item has become meanwhile, unless it was superseded."""
        _, current = self._current(job)
        if response.answer is Answer.DECLINED or current is not None:
            self._exchange.send(replace(response, answered_at=self._exchange.now()))
        self._finish(job.message.to)

    def _current(self, job: Job) -> tuple[Mailbox, Item | None]:
        """The item as it stands now; None where it is gone, cancelled or a newer version has arrived."""
        message = job.message
        mailbox = self._exchange.mailboxes[message.to]
        item = mailbox.by_uid(message.uid)
        if item is not None and message.original_start_at is not None and item.content.recurrence is not None:
            item = item.occurrence(message.original_start_at)
        if item is None or item.is_cancelled or item.sequence > message.sequence:
            return mailbox, None
        return mailbox, item

    def _request(self, message: Message) -> Request:
        mailbox = self._exchange.mailboxes[message.to]
        item = mailbox.by_uid(message.uid)
        if item is not None and message.original_start_at is not None:
            item = item.occurrence(message.original_start_at) or item
        now = self._exchange.now()
        window = (min(now, message.content.when.start_at) - timedelta(days=1), now + _HORIZON)
        found = tuple(item.instances(*window)) if item is not None and not item.is_cancelled else ()
        return Request(
            uid=message.uid,
            room=message.to,
            organizer=message.organizer,
            content=message.content,
            is_external=message.is_external,
            occurrences=found,
        )

    def _decline_occurrence(self, mailbox: Mailbox, master: Item, start_at: datetime) -> None:
        occurrence = master.occurrence(start_at)
        if occurrence is not None:
            self._attending.remove(mailbox, occurrence)
            self._attending.reply(occurrence, Answer.DECLINED, "Your request was declined: it conflicts.")

    def _mail(self, to: str, message: Message) -> None:
        # The wording of a forwarded request is known to say "out-of-policy" for every request: it is no evidence.
        text = "This out-of-policy resource request was forwarded to you for your approval."
        now = self._exchange.now()
        sender = message.organizer.address
        subject = message.content.subject
        mail = Mail(at=now, to=to, sender=sender, subject=subject, text=text, is_delegated=True)
        self._exchange.post.drop(mail)

    def _finish(self, room: str) -> None:
        self._busy.discard(room)
        self._next(room)

    def _later(self, delay_s: float, step: Step) -> None:
        self._steps.put(self._exchange.now() + timedelta(seconds=delay_s), step)


def _answer(decision: Decision) -> tuple[Answer, str]:
    if decision.outcome is Outcome.ACCEPT:
        return Answer.ACCEPTED, ""
    if decision.outcome is Outcome.PENDING:
        return Answer.TENTATIVE, _PENDING_TEXT
    reasons = "; ".join(decision.violations)
    others = f" (organizer: {', '.join(decision.conflicting_with)})" if decision.conflicting_with else ""
    return Answer.DECLINED, f"Your request was declined: {reasons}{others}."


def _processed(item: Item, config: RoomConfig) -> Content:
    """What `DeleteSubject`, `AddOrganizerToSubject`, `DeleteComments` and `RemovePrivateProperty` leave."""
    content, name = item.content, item.organizer.name
    subject = "" if config.delete_subject else content.subject
    if config.add_organizer:
        is_added = config.add_organizer_mode == "add" and bool(subject)
        subject = f"{name} {subject}" if is_added else name
    body = "" if config.delete_comments else content.body
    is_private = content.sensitivity == "private" and not config.remove_private
    sensitivity = "private" if is_private else ("normal" if content.sensitivity == "private" else content.sensitivity)
    return replace(content, subject=subject, body=body, sensitivity=sensitivity)
