"""Takes a message apart and brings it to everybody that it names, by the exchange's own post office."""

import binascii
from base64 import b64decode
from dataclasses import dataclass, replace
from typing import Literal

import msgspec

from sandbox.calendar.recipients import members
from sandbox.calendar.rendering import text_of
from sandbox.errors import GraphError, access_denied, bad_recipients, failed_validation
from sandbox.exchange.mail import Mail
from sandbox.login.models import TENANT_DOMAIN
from sandbox.world import World

MOST_RECIPIENTS = 500
LARGEST_BYTES = 3 * 1024 * 1024
_POSTMASTER = f"postmaster@{TENANT_DOMAIN}"


class Email(msgspec.Struct):
    address: str | None = None
    name: str | None = None


class Recipient(msgspec.Struct, rename="camel"):
    email_address: Email | None = None


class Text(msgspec.Struct, rename="camel"):
    content: str | None = ""
    content_type: Literal["text", "html", "Text", "HTML"] = "text"


class Attachment(msgspec.Struct, rename="camel"):
    name: str
    content_bytes: str | None = None
    content_type: str | None = None


class MessageBody(msgspec.Struct, rename="camel"):
    """What is used of a message; its other properties say nothing to who gets it."""

    subject: str | None = ""
    body: Text | None = None
    to_recipients: tuple[Recipient, ...] = ()
    cc_recipients: tuple[Recipient, ...] = ()
    bcc_recipients: tuple[Recipient, ...] = ()
    sender: Recipient | None = msgspec.field(default=None, name="from")
    attachments: tuple[Attachment, ...] = ()


class SendBody(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    message: MessageBody
    save_to_sent_items: bool | None = True


@dataclass(frozen=True, kw_only=True)
class Letter:
    """`to` are addresses in lower case, each once; `sender` is '' where the message does not say who."""

    to: tuple[str, ...]
    sender: str
    subject: str
    text: str


def read(body: SendBody) -> Letter:
    """Raises GraphError for recipients that are none, and for attachments that can't be read."""
    message = body.message
    people = (*message.to_recipients, *message.cc_recipients, *message.bcc_recipients)
    addresses = [_address(one) for one in people]
    if not addresses:
        raise bad_recipients()
    wrong = ", ".join(address or "''" for address in addresses if not _is_address(address))
    if wrong:
        raise bad_recipients(wrong)
    if len(addresses) > MOST_RECIPIENTS:
        message_text = f"The message has more than {MOST_RECIPIENTS} recipients."
        raise GraphError(400, "ErrorExceededMaxRecipientLimit", message_text)
    _check_attachments(message.attachments)
    content = message.body or Text()
    text = content.content or ""
    return Letter(
        to=tuple(dict.fromkeys(addresses)),
        sender=_address(message.sender) if message.sender else "",
        subject=message.subject or "",
        text=text_of(text) if content.content_type.lower() == "html" else text,
    )


def send(world: World, mailbox: str, letter: Letter) -> None:
    """The mails arrive a moment later; what can't be delivered comes back to the sender. Raises GraphError where the
    message is from somebody else."""
    if letter.sender not in {"", mailbox}:
        raise access_denied("The user account which was used to submit this request does not have the right to send "
                            "mail on behalf of the specified sending account.")  # fmt: skip
    exchange = world.exchange
    behind = [members(world.directory, address) for address in letter.to]
    to = dict.fromkeys(one for address, group in zip(letter.to, behind, strict=True) for one in group or [address])
    mail = Mail(at=exchange.now(), to="", sender=mailbox, subject=letter.subject, text=letter.text)
    delay_s = exchange.timing.deliver_s * exchange.timing.pace
    for address in to:
        world.clock.after(delay_s, lambda to=address: _arrive(world, replace(mail, to=to)))  # type: ignore[misc]


def _arrive(world: World, mail: Mail) -> None:
    exchange = world.exchange
    now = exchange.now()
    if mail.to in exchange.mailboxes:
        exchange.post.drop(replace(mail, at=now))
    elif mail.to.endswith(f"@{TENANT_DOMAIN}"):
        text = f"Your message to {mail.to} couldn't be delivered."
        subject = f"Undeliverable: {mail.subject}"
        exchange.post.drop(Mail(at=now, to=mail.sender, sender=_POSTMASTER, subject=subject, text=text))


def _address(one: Recipient) -> str:
    email = one.email_address or Email()
    return (email.address or "").strip().lower()


def _is_address(text: str) -> bool:
    name, _, domain = text.partition("@")
    return bool(name) and bool(domain) and " " not in text and "@" not in domain


def _check_attachments(attachments: tuple[Attachment, ...]) -> None:
    size = 0
    for one in attachments:
        try:
            size += len(b64decode(one.content_bytes or "", validate=True))
        except binascii.Error as problem:
            raise failed_validation(f"The attachment '{one.name}' is not base64.") from problem
    if size > LARGEST_BYTES:
        raise GraphError(413, "ErrorMessageSizeExceeded", "The message exceeds the maximum supported size.")
