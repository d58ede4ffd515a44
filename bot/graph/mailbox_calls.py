"""Calls on mailboxes beyond their events: free and busy, settings, mail; pure.

Reference: https://learn.microsoft.com/graph/api/resources/calendar-overview
"""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.domain.slots import Slot
from bot.graph import wire
from bot.graph.sansio import Effect, Request, json_of, path_of, read_nothing
from bot.graph.times import zoned

ADDRESSES_AT_ONCE = 20


@dataclass(frozen=True, kw_only=True)
class Mail:
    """A mail in plain text, or HTML where `is_html`."""

    to: tuple[str, ...]
    subject: str
    text: str
    is_html: bool = False


def schedules(
    asker: str, addresses: Sequence[str], window: Slot, minutes: int = 30
) -> list[Request[list[wire.Schedule]]]:
    """Free and busy of the addresses, 20 to a request, in their order; counts against the asker's mailbox. An address
    that cannot be read has its own error. At most 62 days, intervals of 5 to 1,440 minutes.

    https://learn.microsoft.com/graph/api/calendar-getschedule
    """
    start, end = zoned(window.start_at, window.end_at, zone="")
    told = {"startTime": start, "endTime": end, "availabilityViewInterval": minutes}
    chunks = [addresses[at : at + ADDRESSES_AT_ONCE] for at in range(0, len(addresses), ADDRESSES_AT_ONCE)]
    return [
        Request(
            name="calendar.schedule",
            method="POST",
            path=path_of("users", asker, "calendar", "getSchedule"),
            body=json_of({"schedules": list(chunk), **told}),
            mailbox=asker,
            effect=Effect.READ,
            read=_schedules,
        )
        for chunk in chunks
    ]


def profile(address: str) -> Request[wire.MailboxSettings]:
    """Zone, working hours and purpose. https://learn.microsoft.com/graph/api/user-get-mailboxsettings"""
    return Request(
        name="mailbox.profile",
        method="GET",
        path=path_of("users", address, "mailboxSettings"),
        query=(("$select", "timeZone,workingHours,userPurpose"),),
        mailbox=address,
        read=wire.read_settings,
    )


def send(sender: str, mail: Mail) -> Request[None]:
    """Accepted is not delivered. Sent once: a repeat is a second mail. https://learn.microsoft.com/graph/api/user-sendmail"""
    people = [{"emailAddress": {"address": address}} for address in mail.to]
    body = {"contentType": "html" if mail.is_html else "text", "content": mail.text}
    return Request(
        name="mail.send",
        method="POST",
        path=path_of("users", sender, "sendMail"),
        body=json_of(
            {"message": {"subject": mail.subject, "body": body, "toRecipients": people}, "saveToSentItems": False}
        ),
        mailbox=sender,
        effect=Effect.ONCE,
        read=read_nothing,
        statuses=(202,),
    )


def _schedules(body: bytes) -> list[wire.Schedule]:
    return wire.read_items(body, wire.Schedule)[0]
