"""What a room's own copy keeps of a meeting's subject, body and privacy. Pure.

https://learn.microsoft.com/powershell/module/exchange/set-calendarprocessing
"""

from dataclasses import replace

from sandbox.calendar.models import Content, Item
from sandbox.exchange.config import RoomConfig


def processed(content: Content, organizer: str, config: RoomConfig) -> Content:
    """What DeleteSubject, AddOrganizerToSubject, DeleteComments and RemovePrivateProperty leave."""
    is_private = content.sensitivity == "private" and config.remove_private
    return replace(
        content,
        subject=_subject(content.subject, organizer, config),
        body="" if config.delete_comments else content.body,
        sensitivity="normal" if is_private else content.sensitivity,
    )


def was_processed(item: Item, config: RoomConfig) -> bool:
    """Whether the copy looks as an acceptance by the attendant leaves it."""
    again = processed(item.content, item.organizer.name, config)
    is_added = config.add_organizer and item.content.subject.startswith(f"{item.organizer.name} ")
    return replace(again, subject=item.content.subject if is_added else again.subject) == item.content


def _subject(subject: str, organizer: str, config: RoomConfig) -> str:
    kept = "" if config.delete_subject else subject
    if not config.add_organizer:
        return kept
    return f"{organizer} {kept}" if kept and config.add_organizer_mode == "add" else organizer
