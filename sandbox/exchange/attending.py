"""The attendee's side: the Calendar Attendant that files what arrives, and the answers that a mailbox gives.

An attendee's copy lists the organizer among the attendees, and nobody's status but its own response.
"""

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from sandbox.calendar.mailboxes import Mailbox
from sandbox.calendar.models import Answer, Attendee, Content, Item, Kind, Response, ShowAs
from sandbox.errors import GraphError, cannot_complete
from sandbox.exchange.config import Mode
from sandbox.exchange.mail import Message, MessageKind
from sandbox.exchange.models import Exchange

if TYPE_CHECKING:
    from collections.abc import Callable

_CANCELLED_CODES = {
    Answer.ACCEPTED: "ErrorCalendarIsCancelledForAccept",
    Answer.DECLINED: "ErrorCalendarIsCancelledForDecline",
    Answer.TENTATIVE: "ErrorCalendarIsCancelledForTentative",
}


class Attending:
    """`on_request` hears of every request that was filed in a room's mailbox, and whether an item stood before."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self.on_request: Callable[[Message, bool], None] | None = None

    def take_request(self, message: Message) -> None:
        """Files a request as a new tentative item, or updates the item that stands."""
        config = self._exchange.configs.get(message.to)
        if config is not None and config.mode is Mode.NONE:
            return
        mailbox = self._exchange.mailboxes[message.to]
        if _is_beyond(mailbox, message):
            return
        item = self._standing(mailbox, message)
        if item is None:
            if config is not None and not config.add_tentatively:
                return
            self.file(mailbox, message)
            is_new, needs_answer = True, True
        else:
            is_new, needs_answer = False, self._update(mailbox, item, message)
        if needs_answer and config is not None and self.on_request is not None:
            self.on_request(message, not is_new)

    def file(self, mailbox: Mailbox, message: Message) -> Item:
        """A new copy: tentative, not answered."""
        now = self._exchange.now()
        item = Item(
            key=self._exchange.new_key(),
            mailbox=mailbox.address,
            uid=message.uid,
            content=_as_attendee(message),
            organizer=message.organizer,
            is_organizer=False,
            created_at=now,
            modified_at=now,
            response=Response(Answer.NOT_RESPONDED),
            show_as=ShowAs.TENTATIVE,
            sequence=message.sequence,
            is_external=message.is_external,
        )
        mailbox.add(item)
        return item

    def take_cancellation(self, message: Message) -> None:
        """Keeps the item as cancelled, or removes it where the room is set so."""
        config = self._exchange.configs.get(message.to)
        mailbox = self._exchange.mailboxes[message.to]
        item = self._standing(mailbox, message, making=True)
        if item is None or item.is_cancelled or (config is not None and config.mode is Mode.NONE):
            return
        if config is not None and config.remove_canceled:
            self._drop(mailbox, item)
            return
        live = [copy for copy in (item, *item.exceptions.values()) if not copy.is_cancelled]
        for copy in live:
            copy.is_cancelled, copy.show_as = True, ShowAs.FREE
            copy.sequence = max(copy.sequence, message.sequence)
            copy.content = replace(copy.content, subject=f"Canceled: {copy.content.subject}", show_as=ShowAs.FREE)
        mailbox.touch(item, self._exchange.now())

    def respond(self, mailbox: Mailbox, item: Item, answer: Answer, *, comment: str = "", tell: bool = True) -> None:
        """Answers in the mailbox's name; `tell` sends it to the organizer. Raises GraphError where it can't."""
        if item.is_organizer:
            raise cannot_complete("You can't respond to this meeting because you're the meeting organizer.")
        if item.is_cancelled:
            code = _CANCELLED_CODES[answer]
            raise GraphError(400, code, "The meeting was cancelled, so that it can't be responded to.")
        self.record(mailbox, item, answer)
        if tell:
            self.reply(item, answer, comment)

    def record(self, mailbox: Mailbox, item: Item, answer: Answer, *, pending_as: ShowAs = ShowAs.TENTATIVE) -> None:
        """Puts an answer on the mailbox's own copy; declining removes it."""
        if answer is Answer.DECLINED:
            self._drop(mailbox, item)
            return
        item = self._kept(mailbox, item)
        response = Response(answer, self._exchange.now())
        for copy in (item, *item.exceptions.values()):
            if copy.is_cancelled:
                continue
            copy.response = response
            copy.show_as = copy.content.show_as if answer is Answer.ACCEPTED else pending_as
        mailbox.touch(item, self._exchange.now())

    def reply(self, item: Item, answer: Answer, comment: str = "") -> None:
        """Sends an answer to the organizer, with the sequence number that the copy had."""
        self._exchange.send(self.response(item, answer, comment))

    def response(self, item: Item, answer: Answer, comment: str = "") -> Message:
        return Message(
            kind=MessageKind.RESPONSE,
            uid=item.uid,
            to=item.organizer.address,
            organizer=item.organizer,
            sequence=item.sequence,
            content=item.content,
            original_start_at=item.original_start_at,
            answer=answer,
            answered_at=self._exchange.now(),
            sender=self._exchange.person(item.mailbox),
            comment=comment,
        )

    def remove(self, mailbox: Mailbox, item: Item) -> None:
        """Removes the mailbox's own copy and tells nobody."""
        self._drop(mailbox, item)

    def edit(self, mailbox: Mailbox, item: Item, content: Content) -> None:
        """Changes the mailbox's own copy and tells nobody."""
        item = self._kept(mailbox, item)
        if content.show_as is not item.content.show_as:
            item.show_as = content.show_as
        item.content = content
        mailbox.touch(item, self._exchange.now())

    def _standing(self, mailbox: Mailbox, message: Message, *, making: bool = False) -> Item | None:
        item = mailbox.by_uid(message.uid)
        if item is None or message.original_start_at is None:
            return item
        occurrence = item.occurrence(message.original_start_at)
        if occurrence is None and not making:
            return self._restored(item, message.original_start_at)
        return self._kept(mailbox, occurrence) if occurrence is not None else None

    def _restored(self, master: Item, original: datetime) -> Item:
        """An occurrence that this mailbox had declined comes back when the organizer changes it."""
        master.gone.discard(original)
        occurrence = master.occurrence(original)
        if occurrence is None:
            raise LookupError(original)
        occurrence.is_exception = True
        occurrence.response, occurrence.show_as = Response(Answer.NOT_RESPONDED), ShowAs.TENTATIVE
        master.exceptions[original] = occurrence
        return occurrence

    def _kept(self, mailbox: Mailbox, item: Item) -> Item:
        """An occurrence that is about to differ from its series becomes an exception."""
        if item.kind is Kind.OCCURRENCE and item.original_start_at is not None:
            item.is_exception = True
            mailbox.items[item.key].exceptions[item.original_start_at] = item
        return item

    def _update(self, mailbox: Mailbox, item: Item, message: Message) -> bool:
        """Whether the attendant has to look at it again: after a full update, and where nothing was accepted yet."""
        needs_answer = message.is_full or item.response.answer is not Answer.ACCEPTED
        before = item.content
        item.content = _as_attendee(message) if needs_answer else _processed_as_before(item, message)
        item.sequence = message.sequence
        item.is_cancelled = False
        if message.is_full and item.kind is Kind.MASTER:
            item.exceptions.clear()
            item.gone.clear()
        item.carry_over(before)
        if needs_answer:
            item.response, item.show_as = Response(Answer.NOT_RESPONDED), ShowAs.TENTATIVE
        else:
            item.show_as = item.content.show_as
        mailbox.touch(item, self._exchange.now())
        return needs_answer

    def _drop(self, mailbox: Mailbox, item: Item) -> None:
        if item.original_start_at is None:
            mailbox.remove(item)
            return
        master = mailbox.items[item.key]
        master.exceptions.pop(item.original_start_at, None)
        master.gone.add(item.original_start_at)
        mailbox.touch_removed(item, self._exchange.now())


def _is_beyond(mailbox: Mailbox, message: Message) -> bool:
    """It concerns an occurrence that this mailbox's copy of the series never had: the copy was cut before it."""
    master = mailbox.by_uid(message.uid)
    original = message.original_start_at
    if master is None or original is None or master.content.recurrence is None:
        return False
    return original not in master.gone and master.occurrence(original) is None


def _as_attendee(message: Message) -> Content:
    organizer = Attendee(message.organizer, "required")
    others = tuple(one for one in message.content.attendees if one.person != message.organizer)
    return replace(message.content, attendees=(organizer, *others), categories=())


def _processed_as_before(item: Item, message: Message) -> Content:
    """An informational update leaves an acceptance standing, and with it what was stripped from the copy then."""
    content = _as_attendee(message)
    if item.content.subject == item.organizer.name:
        content = replace(content, subject=item.content.subject)
    return replace(content, recurrence=item.content.recurrence, body=content.body if item.content.body else "")
