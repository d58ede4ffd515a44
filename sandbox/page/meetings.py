"""What the page shows of one copy of a meeting: how it looks, what it waits for, who has answered."""

from datetime import datetime, timedelta, tzinfo

from sandbox import wire
from sandbox.calendar import ids
from sandbox.calendar.models import Answer, Item, Kind, ShowAs
from sandbox.odata import Entity
from sandbox.seed.organization import DELEGATE
from sandbox.world import World

_PRIVATE = "Private appointment"  # as Outlook shows it to others
_BOT = "Foyer"  # who answers in the seeded delegate's name
_DAY = timedelta(days=1)


def segment(world: World, item: Item, day_start: datetime, day_end: datetime, home: tzinfo) -> Entity:
    """The part of a meeting that lies in one day, minutes by the wall clock there."""
    shown_from, shown_to = max(item.when.start_at, day_start), min(item.when.end_at, day_end)
    start, end = _minute(shown_from.astimezone(home)), _minute(shown_to.astimezone(home))
    begins = item.when.start_at.astimezone(home)
    return {
        **summary(world, item),
        "date": begins.date().isoformat(),
        "time": begins.strftime("%H:%M"),
        "startMinute": start,
        "endMinute": 24 * 60 if shown_to == day_end else max(end, start),
    }


def summary(world: World, item: Item) -> Entity:
    """`state` is the answer of the mailbox in which the copy lies; `waiting` what is still to come, in words."""
    return {
        "id": ids.ical_uid(item),
        "mailbox": item.mailbox,
        "subject": _PRIVATE if is_private(item) else item.content.subject,
        "isPrivate": is_private(item),
        "organizer": item.organizer.name,
        "state": state(world, item),
        "showAs": item.show_as,
        "waiting": waiting(world, item),
        "type": item.kind,
        "isAllDay": item.content.is_all_day or item.when.length >= _DAY,
        "start": wire.instant(item.when.start_at),
        "end": wire.instant(item.when.end_at),
        "minutes": round(item.when.length.total_seconds() / 60),
    }


def details(world: World, item: Item) -> Entity:
    """With everybody's answer, as the organizer's copy has them; of a private meeting only when and whose."""
    shown = summary(world, item) | {"zone": item.when.start_zone, "attendees": [], "locations": []}
    if is_private(item):
        return shown
    own = _organizers(world, item) or item
    return shown | {
        "isSeries": item.kind in {Kind.OCCURRENCE, Kind.EXCEPTION, Kind.MASTER},
        "locations": [place.name for place in own.content.locations if place.name],
        "attendees": [
            {
                "address": one.person.address,
                "name": one.person.name,
                "isRoom": one.type == "resource",
                "answer": own.tracking[one.person.address].answer if one.person.address in own.tracking else "none",
            }
            for one in own.content.attendees
            if one.person.address != own.organizer.address
        ],
    }


def is_private(item: Item) -> bool:
    return item.content.sensitivity in {"private", "personal"}


def state(world: World, item: Item) -> str:
    """Of a room: organizer where the meeting was made in its own calendar; delivered where nothing was answered yet."""
    if item.is_cancelled:
        return "cancelled"
    if item.is_organizer:
        return "organizer" if world.exchange.is_room(item.mailbox) else _shown(item)
    if item.response.answer is Answer.ACCEPTED:
        return _shown(item)
    return "pending" if item.response.answer is Answer.TENTATIVE else "delivered"


def waiting(world: World, item: Item) -> str:
    """Whose answer is still to come; '' where nobody's is."""
    if item.is_cancelled or item.response.answer is Answer.ACCEPTED:
        return ""
    if item.is_organizer:
        rooms = [one.person for one in item.content.attendees if one.type == "resource"]
        open_ = [one.name for one in rooms if not _has_decided(item, one.address)]
        return f"waiting for {', '.join(open_)}" if open_ else ""
    config = world.exchange.configs.get(item.mailbox)
    if config is None:
        return "not answered yet" if item.response.answer is not Answer.TENTATIVE else ""
    if item.response.answer is Answer.TENTATIVE:
        return f"waiting for {delegates(world, item.mailbox)}"
    return "just arrived" if config.mode == "AutoAccept" else "nobody answers here"


def delegates(world: World, room: str) -> str:
    """Who is asked for the room, by name."""
    names = [
        _BOT if one == DELEGATE else world.exchange.person(one).name for one in world.exchange.configs[room].delegates
    ]
    return " or ".join(names) or "somebody to answer"


def _has_decided(item: Item, who: str) -> bool:
    return who in item.tracking and item.tracking[who].answer in {Answer.ACCEPTED, Answer.DECLINED}


def _shown(item: Item) -> str:
    return "busy" if item.show_as is ShowAs.UNKNOWN else str(item.show_as)


def _organizers(world: World, item: Item) -> Item | None:
    """The organizer's own copy; None where it is gone or in another organization."""
    mailbox = world.exchange.mailboxes.get(item.organizer.address)
    own = mailbox.by_uid(item.uid) if mailbox is not None else None
    if own is None or item.original_start_at is None:
        return own
    return own.occurrence(item.original_start_at)


def _minute(moment: datetime) -> int:
    return moment.hour * 60 + moment.minute
