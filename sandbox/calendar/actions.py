"""What is done with a meeting: answered, cancelled, forwarded."""

from dataclasses import replace

import msgspec
from aiohttp import web

from sandbox import wire
from sandbox.calendar import reading
from sandbox.calendar.mailboxes import Mailbox
from sandbox.calendar.models import Answer, Attendee, Item, Person, When
from sandbox.calendar.reading import Email, Moment
from sandbox.calendar.requests import Opened, opened
from sandbox.errors import bad_recipients, cannot_complete, no_item
from sandbox.exchange.mail import Mail


class Slot(msgspec.Struct):
    """timeSlot."""

    start: Moment
    end: Moment

    def when(self) -> When:
        """Raises GraphError."""
        when = reading.when(self.start, self.end)
        if when.end_at <= when.start_at:
            raise cannot_complete("The proposed time ends before it starts.")
        return when


class AcceptBody(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """The parameters of accept: it takes no other time."""

    comment: str | None = ""
    send_response: bool | None = True


class AnswerBody(AcceptBody, rename="camel", forbid_unknown_fields=True):
    """The parameters of decline and tentativelyAccept."""

    proposed_new_time: Slot | None = None


class CancelBody(msgspec.Struct, forbid_unknown_fields=True):
    comment: str | None = ""


class RecipientBody(msgspec.Struct, rename="camel"):
    email_address: Email


class ForwardBody(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    to_recipients: tuple[RecipientBody, ...] = ()
    comment: str | None = ""


async def accept(request: web.Request) -> web.Response:
    body = await wire.body(request, AcceptBody)
    return _respond(opened(request), Answer.ACCEPTED, body, None)


async def decline(request: web.Request) -> web.Response:
    body = await wire.body(request, AnswerBody)
    return _respond(opened(request), Answer.DECLINED, body, body.proposed_new_time)


async def tentatively_accept(request: web.Request) -> web.Response:
    body = await wire.body(request, AnswerBody)
    return _respond(opened(request), Answer.TENTATIVE, body, body.proposed_new_time)


async def cancel_event(request: web.Request) -> web.Response:
    asked = opened(request)
    body = await wire.body(request, CancelBody)
    item = asked.item()
    if not item.is_organizer:
        raise cannot_complete("You need to be an organizer to cancel a meeting.")
    asked.world.organizing.cancel(asked.mailbox, item, body.comment or "")
    return wire.accepted()


async def forward_event(request: web.Request) -> web.Response:
    """Invites the recipients in the organizer's name; the organizer hears of it where somebody else forwards."""
    asked = opened(request)
    body = await wire.body(request, ForwardBody)
    item = asked.item()
    addresses = {one.email_address.address.strip().lower(): one.email_address.name for one in body.to_recipients}
    if not addresses:
        raise bad_recipients()
    wrong = ", ".join(address for address in addresses if "@" not in address.strip("@"))
    if wrong:
        raise bad_recipients(wrong)
    home, own = _organized(asked, item)
    exchange = asked.world.exchange
    guests = tuple(_guest(asked, Person(address, name or address)) for address, name in addresses.items())
    new = tuple(guest for guest in guests if not own.content.attends(guest.person.address))
    new = tuple(guest for guest in new if guest.person.address != home.address)
    if new:
        attendees = (*own.content.attendees, *new)
        asked.world.organizing.change(home, own, replace(own.content, attendees=attendees))
    if home is not asked.mailbox:
        subject = f"Meeting Forward Notification: {item.content.subject}"
        text = "Forwarded to " + ", ".join(guest.person.name for guest in guests)
        sender = asked.mailbox.address
        exchange.post.drop(Mail(at=exchange.now(), to=home.address, sender=sender, subject=subject, text=text))
    return wire.accepted()


def _respond(asked: Opened, answer: Answer, body: AcceptBody, slot: Slot | None) -> web.Response:
    item = asked.item()
    is_told = body.send_response is not False
    if slot is not None and not item.is_organizer and (not is_told or not item.content.allow_proposals):
        raise cannot_complete("A new time can't be proposed for this meeting, or without sending the response.")
    attending = asked.world.attending
    if slot is None:
        attending.respond(asked.mailbox, item, answer, comment=body.comment or "", tell=is_told)
        return wire.accepted()
    proposed = slot.when()
    message = attending.response(item, answer, body.comment or "")
    attending.respond(asked.mailbox, item, answer, tell=False)
    asked.world.exchange.send(replace(message, proposed=proposed))
    return wire.accepted()


def _organized(asked: Opened, item: Item) -> tuple[Mailbox, Item]:
    """The organizer's mailbox and copy. Raises GraphError where it is not there any more."""
    if item.is_organizer:
        return asked.mailbox, item
    home = asked.world.exchange.mailboxes.get(item.organizer.address)
    own = home.by_uid(item.uid) if home else None
    if own is not None and item.original_start_at is not None:
        own = own.occurrence(item.original_start_at)
    if home is None or own is None:
        raise no_item()
    return home, own


def _guest(asked: Opened, person: Person) -> Attendee:
    exchange = asked.world.exchange
    if person.name == person.address:
        person = exchange.person(person.address)
    return Attendee(person, "resource" if exchange.is_room(person.address) else "required")
