"""The organizer's side: create, change, cancel meetings, send what follows, and book the answers that come back.

Which change makes answers void: [MS-OXOCAL] 3.1.4.7.3 (full and informational updates).
"""

from dataclasses import replace
from datetime import datetime, timedelta

from sandbox.calendar.mailboxes import Mailbox
from sandbox.calendar.models import Answer, Content, Item, Person, Response
from sandbox.errors import cannot_complete, crossing_boundary
from sandbox.exchange import copies
from sandbox.exchange.mail import Mail, Message, MessageKind
from sandbox.exchange.models import Exchange, title
from sandbox.zones import zone

_NEIGHBOURHOOD = timedelta(days=400)


class Organizing:
    """`sent_by` is a delegate who acts for the organizer."""

    def __init__(self, exchange: Exchange, *, sent_by: Person | None = None) -> None:
        self._exchange = exchange
        self._sent_by = sent_by

    def create(
        self, mailbox: Mailbox, content: Content, *, transaction_id: str = "", extended: dict[str, str] | None = None
    ) -> Item:
        """Files the organizer's copy and sends requests to the attendees."""
        item = self.file(mailbox, content, transaction_id=transaction_id, extended=extended)
        self._send(item, is_full=True)
        for who in item.tracking:
            self._exchange.echo(mailbox, item, who)
        return item

    def file(
        self, mailbox: Mailbox, content: Content, *, transaction_id: str = "", extended: dict[str, str] | None = None
    ) -> Item:
        """Files the organizer's copy and tells nobody."""
        now = self._exchange.now()
        item = Item(
            key=self._exchange.new_key(),
            mailbox=mailbox.address,
            uid=self._exchange.new_uid(),
            content=content,
            organizer=self._exchange.person(mailbox.address),
            is_organizer=True,
            created_at=now,
            modified_at=now,
            response=Response(Answer.ORGANIZER),
            show_as=content.show_as,
            transaction_id=transaction_id,
            posted=content if transaction_id else None,
            is_external=self._exchange.is_external(mailbox.address),
            extended=extended or {},
            tracking=dict.fromkeys(_addresses(content), Response()),
        )
        mailbox.add(item)
        return item

    def change(self, mailbox: Mailbox, item: Item, content: Content) -> Item:
        """Replaces the content; sends a full or an informational update, requests to the added, cancellations to the
        removed. Raises GraphError where an occurrence would cross its neighbours."""
        if item.original_start_at is not None:
            item = self._exception(mailbox, item, content)
        before, item.content, item.show_as = item.content, content, content.show_as
        is_full = before.when != content.when or before.recurrence != content.recurrence
        kept = _addresses(content) & _addresses(before)
        added, removed = _addresses(content) - kept, _addresses(before) - kept
        item.tracking = {
            who: Response() if is_full or who in added else item.tracking.get(who, Response())
            for who in sorted(_addresses(content))
        }
        if is_full:
            self._renumber(item)
        else:
            item.carry_over(before)
        copies.touch_all(mailbox, item, self._exchange.now())
        if is_full or _shown(before) != _shown(content):
            self._send(item, is_full=is_full, added=added)
        self._cancel_for(item, removed)
        return item

    def _renumber(self, item: Item) -> None:
        """A full update: older answers no longer count, and a series begins anew, without exceptions."""
        item.sequence = 1 + max(one.sequence for one in (item, *item.exceptions.values()))
        for exception in item.exceptions.values():
            self._cancel_for(exception, _addresses(exception.content) - _addresses(item.content))
        item.exceptions.clear()
        item.gone.clear()
        item.cancelled_occurrences.clear()

    def cancel(self, mailbox: Mailbox, item: Item, comment: str = "") -> None:
        """Moves the item out of the calendar and tells the attendees."""
        item.sequence += 1
        self._cancel_for(item, _addresses(item.content), comment)
        for exception in item.exceptions.values():
            self._cancel_for(exception, _addresses(exception.content) - _addresses(item.content), comment)
        if item.original_start_at is None:
            mailbox.remove(item)
            return
        master = mailbox.items[item.key]
        master.exceptions.pop(item.original_start_at, None)
        master.gone.add(item.original_start_at)
        master.cancelled_occurrences.append(item.original_start_at)
        mailbox.touch_removed(item, self._exchange.now())

    def take_response(self, message: Message) -> None:
        """Books an answer on the organizer's copy. One with an older sequence number is ignored."""
        if message.sender is None:
            return
        who = message.sender.address
        subject = f"{title(message.answer)}: {message.content.subject}"
        now = self._exchange.now()
        self._exchange.post.drop(
            Mail(at=now, to=message.to, sender=who, subject=subject, text=message.comment)
        )  # fmt: skip
        mailbox = self._exchange.mailboxes[message.to]
        item = copies.standing(mailbox, message.uid, message.original_start_at)
        if item is None or who not in item.tracking or not self._counts(message, item, who):
            return
        if item.original_start_at is not None:
            item = self.materialise(mailbox.items[item.key], item.original_start_at) or item
        self._track(item, who, Response(message.answer, message.answered_at, message.proposed))
        copies.touch_all(mailbox, item, now)

    def _counts(self, message: Message, item: Item, who: str) -> bool:
        config = self._exchange.configs.get(who)
        return message.sequence >= item.sequence or (config is not None and config.late_answer_counts)

    def materialise(self, master: Item, original: datetime) -> Item | None:
        """The exception at `original`, made of the plain occurrence where it was none yet."""
        exception = master.occurrence(original)
        if exception is not None and not exception.is_exception:
            exception.is_exception = True
            master.exceptions[original] = exception
        return exception

    def _track(self, item: Item, who: str, response: Response) -> None:
        item.tracking[who] = response
        for exception in item.exceptions.values():
            # An occurrence that was declined by itself is not there any more to be answered with the series.
            if who in exception.tracking and exception.tracking[who].answer is not Answer.DECLINED:
                exception.tracking[who] = response

    def _exception(self, mailbox: Mailbox, item: Item, content: Content) -> Item:
        original = item.original_start_at
        if original is None or content.recurrence is not None:
            raise cannot_complete("An occurrence can't have a recurrence of its own.")
        master = mailbox.items[item.key]
        if item.content.when != content.when:
            _check_neighbours(master, original, content)
        exception = self.materialise(master, original)
        if exception is None:
            raise cannot_complete("The occurrence no longer exists.")
        exception.sequence = max(exception.sequence, master.sequence)
        return exception

    def _send(self, item: Item, *, is_full: bool, added: set[str] | None = None) -> None:
        for attendee in item.content.attendees:
            who = attendee.person.address
            if who == item.mailbox:
                continue
            is_new = who in (added or ())
            self._exchange.send(self._message(item, who, is_full=is_full or is_new))
            if is_new:
                self._send_differences(item, who)

    def _send_differences(self, master: Item, to: str) -> None:
        """Who joins a series late hears of its exceptions and of the occurrences that are gone."""
        for exception in master.exceptions.values():
            self._exchange.send(self._message(exception, to, is_full=True))
        for original in sorted(master.gone):
            message = replace(self._message(master, to, is_full=True), original_start_at=original)
            self._exchange.send(replace(message, kind=MessageKind.CANCELLATION))

    def _cancel_for(self, item: Item, addresses: set[str], comment: str = "") -> None:
        for who in sorted(addresses - {item.mailbox}):
            message = self._message(item, who, is_full=True)
            self._exchange.send(replace(message, kind=MessageKind.CANCELLATION, comment=comment))

    def _message(self, item: Item, to: str, *, is_full: bool) -> Message:
        return Message(
            kind=MessageKind.REQUEST,
            uid=item.uid,
            to=to,
            organizer=item.organizer,
            sequence=item.sequence,
            content=item.content,
            is_full=is_full,
            is_external=item.is_external,
            original_start_at=item.original_start_at,
            sender=self._sent_by,
        )


def _addresses(content: Content) -> set[str]:
    return {attendee.person.address for attendee in content.attendees}


def _shown(content: Content) -> Content:
    """What others learn of a meeting: an organizer's own categories and reminder are nobody else's."""
    return replace(content, categories=(), is_reminder_on=True, reminder_min=15)


def _check_neighbours(master: Item, original: datetime, content: Content) -> None:
    """https://learn.microsoft.com/graph/api/event-update: ErrorOccurrenceCrossingBoundary goes by days, which are those
    of the series' own zone."""
    home = zone(master.when.start_zone)
    day = content.when.start_at.astimezone(home).date()
    for other in master.instances(original - _NEIGHBOURHOOD, original + _NEIGHBOURHOOD):
        start = other.original_start_at
        if start is None or start == original:
            continue
        others = other.when.start_at.astimezone(home).date()
        if (start < original and day <= others) or (start > original and day >= others):
            raise crossing_boundary()
