"""Acts as people do in Outlook: books, moves, cancels and answers meetings, without Graph in between."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import msgspec

from sandbox.calendar import ids, reading, recurring
from sandbox.calendar.mailboxes import Mailbox
from sandbox.calendar.models import Answer, Attendee, Content, Item, Person, Place, ShowAs, When
from sandbox.errors import bad_request, duration_too_long, invalid_property, no_item, no_object, outside_of_calendar
from sandbox.exchange.organizing import Organizing
from sandbox.world import World
from sandbox.zones import UnknownZone, zone

_ANSWERS = {"accept": Answer.ACCEPTED, "decline": Answer.DECLINED, "tentative": Answer.TENTATIVE}


class Book(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """`start` and `end` without an offset are in `zone`, by default the organizer's.

    An organizer of another domain becomes an external one; a room as organizer books in the room's own calendar.
    `on_behalf_of` is whose meeting it is where `organizer` books as that person's delegate.
    """

    organizer: str
    start: str
    on_behalf_of: str | None = None
    room: str | None = None
    end: str | None = None
    minutes: int = 30
    subject: str = "Meeting"
    body: str = ""
    attendees: tuple[str, ...] = ()
    recurrence: dict[str, Any] | None = None
    show_as: ShowAs = ShowAs.BUSY
    sensitivity: Literal["normal", "personal", "private", "confidential"] = "normal"
    zone: str | None = None


class Move(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """`id` is any copy's event id, or an iCalUId. What is not given stays. `zone` is what `start` is in, by default the
    meeting's own. `sender` is a delegate who acts for the organizer."""

    id: str
    start: str | None = None
    end: str | None = None
    minutes: int | None = None
    subject: str | None = None
    room: str | None = None
    attendees: tuple[str, ...] | None = None
    zone: str | None = None
    show_as: ShowAs | None = None
    sender: str | None = None


class Cancel(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    id: str
    comment: str = ""


class Respond(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """`mailbox` answers: a person, or a room by a human delegate."""

    mailbox: str
    id: str
    answer: Literal["accept", "decline", "tentative"]
    comment: str = ""


class Outlook:
    def __init__(self, world: World) -> None:
        self._world = world

    def book(self, order: Book) -> Item:
        """Raises GraphError."""
        mailbox = self._organizer((order.on_behalf_of or order.organizer).lower())
        zone_name = order.zone or self.zone_of(mailbox.address)
        start_at = self.instant(order.start, zone_name)
        end_at = self.instant(order.end, zone_name) if order.end else start_at + _length(order.minutes)
        content = Content(
            when=When(start_at, end_at, zone_name, zone_name),
            subject=order.subject,
            body=order.body,
            sensitivity=order.sensitivity,
            show_as=order.show_as,
            attendees=self._attendees(order.attendees, order.room, mailbox.address),
            locations=self._places(order.room),
        )
        if order.recurrence is not None:
            timed = {
                name: {"dateTime": at.isoformat(), "timeZone": zone_name}
                for name, at in (("start", start_at), ("end", end_at))
            }
            body = reading.event_body(timed | {"recurrence": order.recurrence})
            content = reading.changed_content(content, body)
        reading.check(content)
        return self._sent_by(order.organizer if order.on_behalf_of else None).create(mailbox, content)

    def move(self, order: Move) -> Item:
        """Raises GraphError."""
        mailbox, item = self.organized(order.id)
        when, zone_name = item.when, item.when.start_zone
        asked_in = order.zone or zone_name
        start_at = self.instant(order.start, asked_in) if order.start else when.start_at
        length = when.length if order.minutes is None else _length(order.minutes)
        end_at = self.instant(order.end, asked_in) if order.end else start_at + length
        content = replace(item.content, when=replace(when, start_at=start_at, end_at=end_at))
        if content.recurrence is not None and start_at != when.start_at:
            home = zone(content.recurrence.zone or zone_name)
            start_on = start_at.astimezone(home).date()
            weekday = (start_on.strftime("%A").lower(),)
            days = weekday if len(content.recurrence.days) == 1 else content.recurrence.days
            content = replace(content, recurrence=replace(content.recurrence, start_on=start_on, days=days))
            content = recurring.anchored(content, follows=True)
        if order.subject is not None:
            content = replace(content, subject=order.subject)
        if order.show_as is not None:
            content = replace(content, show_as=order.show_as)
        if order.room is not None or order.attendees is not None:
            content = self._with_people(content, order, mailbox.address)
        reading.check(content)
        return self._sent_by(order.sender).change(mailbox, item, content)

    def cancel(self, order: Cancel) -> None:
        mailbox, item = self.organized(order.id)
        self._world.organizing.cancel(mailbox, item, order.comment)

    def respond(self, order: Respond) -> None:
        _, item = self.organized(order.id)
        mailbox = self._world.exchange.mailboxes.get(order.mailbox.lower())
        copy = mailbox.by_uid(item.uid) if mailbox else None
        if copy is not None and item.original_start_at is not None:
            copy = copy.occurrence(item.original_start_at)
        if mailbox is None or copy is None:
            raise no_item()
        self._world.attending.respond(mailbox, copy, _ANSWERS[order.answer], comment=order.comment)

    def organized(self, name: str) -> tuple[Mailbox, Item]:
        """The organizer's copy of what an event id of any mailbox or an iCalUId means. Raises GraphError."""
        for mailbox in self._world.exchange.mailboxes.values():
            copy = mailbox.find(name) or _by_ical_uid(mailbox, name)
            if copy is not None and copy.is_organizer:
                return mailbox, copy
            if copy is not None:
                home = self._world.exchange.mailboxes[copy.organizer.address]
                own = home.by_uid(copy.uid)
                if own is not None and copy.original_start_at is not None:
                    own = own.occurrence(copy.original_start_at)
                if own is not None:
                    return home, own
        raise no_item()

    def zone_of(self, address: str) -> str:
        user = self._world.directory.user(address)
        return user.zone if user else "UTC"

    def _sent_by(self, delegate: str | None) -> Organizing:
        exchange = self._world.exchange
        if delegate is None:
            return self._world.organizing
        if delegate.lower() not in exchange.mailboxes:
            raise no_object(delegate)
        return Organizing(exchange, sent_by=exchange.person(delegate.lower()))

    def _organizer(self, address: str) -> Mailbox:
        exchange = self._world.exchange
        if address in exchange.mailboxes:
            return exchange.mailboxes[address]
        if "@" not in address or address.endswith("@contoso.com"):
            raise no_object(address)
        return exchange.open_mailbox(Person(address, address), is_external=True)

    def _with_people(self, content: Content, order: Move, organizer: str) -> Content:
        rooms = [one.person.address for one in content.attendees if one.type == "resource"]
        people = tuple(one.person.address for one in content.attendees if one.type != "resource")
        room = order.room if order.room is not None else next(iter(rooms), None)
        attendees = self._attendees(people if order.attendees is None else order.attendees, room, organizer)
        return replace(content, attendees=attendees, locations=self._places(room))

    def _attendees(self, people: tuple[str, ...], room: str | None, organizer: str) -> tuple[Attendee, ...]:
        exchange = self._world.exchange
        wanted = dict.fromkeys(one.strip().lower() for one in people if one.strip())
        if len(wanted) > reading.MAX_ATTENDEES:
            raise invalid_property("attendees", f"An event can have at most {reading.MAX_ATTENDEES} attendees.")
        guests = [Attendee(exchange.person(one)) for one in wanted if one != organizer]
        if room and room.lower() != organizer:
            if not exchange.is_room(room.lower()):
                raise no_object(room)
            guests.append(Attendee(exchange.person(room.lower()), "resource"))
        return tuple(guests)

    def _places(self, room: str | None) -> tuple[Place, ...]:
        if not room:
            return ()
        return (Place(self._world.exchange.person(room.lower()).name, room.lower()),)

    def instant(self, text: str, zone_name: str) -> datetime:
        """Raises GraphError for what is no time, or none of the calendar's."""
        parsed = reading.parsed_time(text)
        if not reading.FIRST_YEAR <= parsed.year <= reading.LAST_YEAR:
            raise outside_of_calendar(text)
        if parsed.tzinfo:
            return parsed.astimezone(UTC)
        try:
            return parsed.replace(tzinfo=zone(zone_name)).astimezone(UTC)
        except UnknownZone as problem:
            raise bad_request(f"There is no time zone '{zone_name}'.") from problem


def _length(minutes: int) -> timedelta:
    if not 0 <= minutes <= reading.LONGEST.total_seconds() / 60:
        raise duration_too_long() if minutes > 0 else bad_request("A meeting has no negative length.")
    return timedelta(minutes=minutes)


def _by_ical_uid(mailbox: Mailbox, text: str) -> Item | None:
    uid, day = ids.read_ical_uid(text)
    item = mailbox.by_uid(uid)
    if item is None or day is None:
        return item
    home = zone(item.when.start_zone)
    starts = item.starts(datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=2))
    return next((item.occurrence(one) for one in starts if one.astimezone(home).date() == day), None)
