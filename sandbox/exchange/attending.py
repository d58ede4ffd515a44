"""The attendee's side: the Calendar Attendant that files what arrives, and the answers that a mailbox gives.

An attendee's copy lists the organizer among the attendees, and nobody's status but its own response.
"""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import msgspec

from sandbox.calendar.mailboxes import Mailbox
from sandbox.calendar.models import Answer, Content, Item, Response, ShowAs
from sandbox.errors import GraphError, cannot_complete
from sandbox.exchange import copies
from sandbox.exchange.config import Mode, RoomConfig
from sandbox.exchange.mail import Message, MessageKind
from sandbox.exchange.models import Exchange
from sandbox.exchange.processing import processed, was_processed

if TYPE_CHECKING:
    from collections.abc import Callable

_CANCELLED_CODES = {
    Answer.ACCEPTED: "ErrorCalendarIsCancelledForAccept",
    Answer.DECLINED: "ErrorCalendarIsCancelledForDecline",
    Answer.TENTATIVE: "ErrorCalendarIsCancelledForTentative",
}
_UNANSWERED = {Answer.NONE, Answer.NOT_RESPONDED}


@dataclass(frozen=True)
class Hidden:
    """How a pending request stands that shows as free: `responds` where its answer is seen all the same."""

    responds: bool


class Attending:
    """`on_request` hears of every request that was filed in a room's mailbox, and whether an item stood before;
    `on_accept` of everything that a mailbox accepts."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self.on_request: Callable[[Message, bool], None] | None = None
        self.on_accept: Callable[[Mailbox, Item], None] | None = None

    def take_request(self, message: Message) -> None:
        """Files a request as a new tentative item, or updates the item that stands."""
        config = self._exchange.configs.get(message.to)
        mailbox = self._exchange.mailboxes[message.to]
        if config is not None and config.mode is Mode.NONE:
            return
        item = copies.standing(mailbox, message.uid, message.original_start_at)
        is_update, needs_answer = item is not None, True
        if item is not None:
            needs_answer = self._update(mailbox, copies.kept(mailbox, item), message, config)
        elif copies.is_beyond(mailbox, message) or (config is not None and not config.add_tentatively):
            return
        else:
            self.file(mailbox, message)
        if needs_answer and config is not None and self.on_request is not None:
            self.on_request(message, is_update)

    def file(self, mailbox: Mailbox, message: Message) -> Item:
        """A new copy: tentative, not answered."""
        now = self._exchange.now()
        item = mailbox.by_uid(message.uid)
        if item is not None and message.original_start_at is not None:
            mailbox.touch(copies.add_lone(item, message, message.original_start_at), now)
            return item
        item = copies.new_copy(message, key=self._exchange.new_key(), now=now)
        mailbox.add(item)
        self._exchange.echo(mailbox, item, mailbox.address, most=2)
        return item

    def take_cancellation(self, message: Message) -> None:
        """Keeps the item as cancelled, or removes it where the room is set so."""
        config = self._exchange.configs.get(message.to)
        mailbox = self._exchange.mailboxes[message.to]
        item = copies.standing(mailbox, message.uid, message.original_start_at)
        if item is None or item.is_cancelled or (config is not None and config.mode is Mode.NONE):
            return
        if config is not None and config.remove_canceled:
            self.drop(mailbox, item)
            return
        item = copies.kept(mailbox, item)
        live = [copy for copy in (item, *item.exceptions.values()) if not copy.is_cancelled]
        for copy in live:
            copy.is_cancelled, copy.show_as = True, ShowAs.FREE
            copy.sequence = max(copy.sequence, message.sequence)
            copy.content = replace(copy.content, subject=f"Canceled: {copy.content.subject}", show_as=ShowAs.FREE)
        copies.touch_all(mailbox, item, self._exchange.now())

    def respond(self, mailbox: Mailbox, item: Item, answer: Answer, *, comment: str = "", tell: bool = True) -> None:
        """Answers in the mailbox's name; `tell` sends it to the organizer. Raises GraphError where it can't."""
        if item.is_organizer:
            raise cannot_complete("You can't respond to this meeting because you're the meeting organizer.")
        if item.is_cancelled:
            code = _CANCELLED_CODES[answer]
            raise GraphError(400, code, "The meeting was cancelled, so that it can't be responded to.")
        message = self.response(item, answer, comment)
        config = self._exchange.configs.get(mailbox.address)
        if config is not None and config.post_process_on_answer and answer is Answer.ACCEPTED:
            item.content = processed(item.content, item.organizer.name, config)
        self.record(mailbox, item, answer)
        self._note_modified(mailbox)
        if tell:
            self._exchange.send(message)

    def record(
        self, mailbox: Mailbox, item: Item, answer: Answer, *, hidden: Hidden | None = None, sequence: int | None = None
    ) -> Item:
        """Puts an answer on the mailbox's own copy; declining removes it. With `sequence` the exceptions that came
        after that version are left alone. The copy it returns may be another than the one it was given."""
        if answer is Answer.DECLINED:
            self.drop(mailbox, item)
            return item
        if answer is Answer.ACCEPTED:
            item = self._renewed(mailbox, item)
        item = copies.kept(mailbox, item)
        response = Response(answer, self._exchange.now())
        if hidden is not None and not hidden.responds:
            response = copies.UNANSWERED
        waiting_as = ShowAs.TENTATIVE if hidden is None else ShowAs.FREE
        for copy in copies.upto(item, sequence):
            if copy.is_cancelled:
                continue
            copy.response = response
            copy.show_as = copy.content.show_as if answer is Answer.ACCEPTED else waiting_as
        copies.touch_all(mailbox, item, self._exchange.now())
        if answer is Answer.ACCEPTED and self.on_accept is not None:
            self.on_accept(mailbox, item)
        return item

    def response(self, item: Item, answer: Answer, comment: str = "") -> Message:
        """What tells the organizer, with the sequence number that the copy had."""
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
        """Somebody removes the mailbox's own copy; the organizer is not told."""
        self.drop(mailbox, item)
        self._note_modified(mailbox)

    def edit(self, mailbox: Mailbox, item: Item, content: Content) -> None:
        """Somebody changes the mailbox's own copy; the organizer is not told."""
        item = copies.kept(mailbox, item)
        if content.show_as is not item.content.show_as:
            item.show_as = content.show_as
        item.content = content
        mailbox.touch(item, self._exchange.now())
        self._note_modified(mailbox)

    def drop(self, mailbox: Mailbox, item: Item) -> None:
        """Takes a copy, or one occurrence of it, out of the calendar."""
        if item.original_start_at is None:
            mailbox.remove(item)
            return
        master = mailbox.items[item.key]
        master.exceptions.pop(item.original_start_at, None)
        master.gone.add(item.original_start_at)
        mailbox.touch_removed(item, self._exchange.now())

    def _update(self, mailbox: Mailbox, item: Item, message: Message, config: RoomConfig | None) -> bool:
        """Whether the attendant has to look at it again: after a full update, and where nothing was accepted yet."""
        before = item.content
        needs_answer = message.is_full or _is_reopened(item, copies.as_attendee(message), config)
        item.content = copies.as_attendee(message) if needs_answer else _as_before(item, message, config)
        item.sequence = max(item.sequence, message.sequence)
        item.is_cancelled = False
        if message.is_full and item.original_start_at is None:
            item.exceptions.clear()
            item.gone.clear()
        item.carry_over(before)
        if needs_answer:
            item.response, item.show_as = copies.UNANSWERED, ShowAs.TENTATIVE
        elif item.response.answer is Answer.ACCEPTED:
            item.show_as = item.content.show_as
        copies.touch_all(mailbox, item, self._exchange.now())
        return needs_answer

    def _renewed(self, mailbox: Mailbox, item: Item) -> Item:
        """Where accepting means to copy and to delete, the copy has other ids."""
        config = self._exchange.configs.get(mailbox.address)
        if config is None or not config.new_id_on_accept or item.original_start_at is not None:
            return item
        mailbox.remove(item)
        key = self._exchange.new_key()
        exceptions = {start: replace(one, key=key) for start, one in item.exceptions.items()}
        item = replace(item, key=key, exceptions=exceptions, gone=set(item.gone))
        mailbox.add(item)
        return item

    def _note_modified(self, mailbox: Mailbox) -> None:
        config = self._exchange.configs.get(mailbox.address)
        if config is not None and config.modified_stops:
            self._exchange.configs[mailbox.address] = msgspec.structs.replace(config, items_modified=True)


def _is_reopened(item: Item, content: Content, config: RoomConfig | None) -> bool:
    """Any update is a full one for who has not answered. A room's tentative answer is no answer: it waits for one."""
    answer = item.response.answer
    if answer in _UNANSWERED or item.is_cancelled or (config is not None and answer is Answer.TENTATIVE):
        return True
    return config is not None and config.attendees_reopen and content.attendees != item.content.attendees


def _as_before(item: Item, message: Message, config: RoomConfig | None) -> Content:
    """An informational update leaves an answer standing, and with it what was cut off and stripped from the copy."""
    content = replace(copies.as_attendee(message), recurrence=item.content.recurrence)
    if config is not None and was_processed(item, config):
        return processed(content, item.organizer.name, config)
    return content
