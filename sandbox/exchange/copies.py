"""An attendee's copies: how they are made of a request, found again, and what they are worth when a series was cut."""

from dataclasses import replace
from datetime import datetime

from sandbox.calendar.mailboxes import Mailbox
from sandbox.calendar.models import Answer, Attendee, Content, Item, Kind, Response, ShowAs
from sandbox.calendar.recurrence import PatternType, RangeType, Recurrence
from sandbox.exchange.mail import Message
from sandbox.zones import zone

UNANSWERED = Response(Answer.NOT_RESPONDED)


def standing(mailbox: Mailbox, uid: str, original: datetime | None) -> Item | None:
    """The mailbox's copy of a meeting, or of one occurrence of it."""
    item = mailbox.by_uid(uid)
    return item if item is None or original is None else item.occurrence(original)


def new_copy(message: Message, *, key: str, now: datetime) -> Item:
    """Tentative, not answered. Of a single occurrence it is a series of that one day, with the occurrence in it, so
    that its iCalUId is the one that the organizer's occurrence has."""
    content, original = as_attendee(message), message.original_start_at
    item = _unanswered(message, content if original is None else _one_day(content, original), key=key, now=now)
    if original is not None:
        add_lone(item, message, original)
    return item


def add_lone(item: Item, message: Message, original: datetime) -> Item:
    """Puts an occurrence into a copy that has none on that day: it holds only single ones, or declined this one."""
    occurrence = _unanswered(message, as_attendee(message), key=item.key, now=item.modified_at)
    occurrence.original_start_at, occurrence.is_exception = original, True
    item.gone.discard(original)
    item.exceptions[original] = occurrence
    return occurrence


def holds_lone(item: Item) -> bool:
    """Whether the mailbox was only asked to single occurrences of this series."""
    one = item.content.recurrence
    return one is not None and one.type is PatternType.DAILY and one.end_on == one.start_on


def is_beyond(mailbox: Mailbox, message: Message) -> bool:
    """It concerns an occurrence that this mailbox's copy of the series never had: the copy was cut before it."""
    master, original = mailbox.by_uid(message.uid), message.original_start_at
    if master is None or original is None or master.kind is not Kind.MASTER or holds_lone(master):
        return False
    return original not in master.gone and master.occurrence(original) is None


def kept(mailbox: Mailbox, item: Item) -> Item:
    """An occurrence that is about to differ from its series becomes an exception."""
    if item.kind is Kind.OCCURRENCE and item.original_start_at is not None:
        item.is_exception = True
        mailbox.items[item.key].exceptions[item.original_start_at] = item
    return item


def upto(item: Item, sequence: int | None) -> list[Item]:
    """The item and its exceptions, but for those that came after the version with that number."""
    exceptions = item.exceptions.values()
    return [item, *(one for one in exceptions if sequence is None or one.sequence <= sequence)]


def prune(item: Item, keep_until_at: datetime) -> None:
    """Forgets what differed in the part of a series that was cut off."""
    item.exceptions = {start: one for start, one in item.exceptions.items() if start < keep_until_at}
    item.gone = {start for start in item.gone if start < keep_until_at}


def touch_all(mailbox: Mailbox, item: Item, now: datetime) -> None:
    """One change of a series that reaches its exceptions, so that their etags change, too."""
    mailbox.touch(item, now)
    for exception in item.exceptions.values():
        exception.modified_at, exception.change = item.modified_at, item.change


def as_attendee(message: Message) -> Content:
    """The organizer is listed among the attendees; what only concerns its own mailbox stays there."""
    organizer = Attendee(message.organizer, "required")
    others = tuple(one for one in message.content.attendees if one.person.address != message.organizer.address)
    return replace(message.content, attendees=(organizer, *others), categories=())


def _unanswered(message: Message, content: Content, *, key: str, now: datetime) -> Item:
    return Item(
        key=key,
        mailbox=message.to,
        uid=message.uid,
        content=content,
        organizer=message.organizer,
        is_organizer=False,
        created_at=now,
        modified_at=now,
        response=UNANSWERED,
        show_as=ShowAs.TENTATIVE,
        sequence=message.sequence,
        is_external=message.is_external,
    )


def _one_day(content: Content, original: datetime) -> Content:
    when = content.when
    day = original.astimezone(zone(when.start_zone)).date()
    recurrence = Recurrence(
        type=PatternType.DAILY, range_type=RangeType.END_DATE, start_on=day, end_on=day, zone=when.start_zone
    )
    return replace(
        content, when=replace(when, start_at=original, end_at=original + when.length), recurrence=recurrence
    )  # fmt: skip
