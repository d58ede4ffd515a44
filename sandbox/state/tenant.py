"""Says what the state file holds, and turns the tenant into its content and back."""

from dataclasses import dataclass
from typing import Final, Generic, Literal, TypeVar

import msgspec

from sandbox.calendar.mailboxes import Mailbox, SavedMailbox
from sandbox.calendar.models import Person
from sandbox.errands import Due
from sandbox.exchange.booking import Booking
from sandbox.exchange.config import RoomConfig
from sandbox.exchange.mail import Message
from sandbox.exchange.models import Exchange
from sandbox.exchange.steps import UnderWay
from sandbox.subscriptions.delivery import Delivery, Try
from sandbox.subscriptions.models import Subscription, Subscriptions

FORMAT: Final = "sandbox tenant"
VERSION: Final = 1
M = TypeVar("M")


class StateUnreadable(Exception):
    """The content is damaged, or of another version. The message says which."""


class Account(msgspec.Struct, Generic[M], frozen=True, forbid_unknown_fields=True):
    """Somebody with a mailbox; `config` only of a room."""

    name: str
    is_external: bool
    config: RoomConfig | None
    mailbox: M


class TenantState(msgspec.Struct, Generic[M], frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`run` counts the starts; `is_clean` tells a file that was written when the tenant stopped."""

    format: Literal["sandbox tenant"] = FORMAT
    version: Literal[1] = VERSION
    run: int
    is_clean: bool
    accounts: dict[str, Account[M]]
    messages: list[Due[Message]]
    attendants: UnderWay
    subscriptions: list[Subscription]
    notifications: list[Due[Try]]


@dataclass(frozen=True, kw_only=True)
class Parts:
    """The services whose state is kept."""

    exchange: Exchange
    booking: Booking
    subscriptions: Subscriptions
    delivery: Delivery


class Snapshots:
    """Writes a mailbox anew only where it has changed since the snapshot before."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._mailboxes: dict[str, tuple[tuple[int, int], msgspec.Raw]] = {}

    def take(self, *, run: int, is_clean: bool) -> bytes:
        """`is_clean` where nothing will happen after it."""
        exchange = self._parts.exchange
        accounts = {
            address: Account(
                exchange.names[address],
                exchange.is_external(address),
                exchange.configs.get(address),
                self._raw(mailbox),
            )
            for address, mailbox in exchange.mailboxes.items()
        }
        state = TenantState(
            run=run,
            is_clean=is_clean,
            accounts=accounts,
            messages=exchange.under_way(),
            attendants=self._parts.booking.under_way(),
            subscriptions=self._parts.subscriptions.live(),
            notifications=self._parts.delivery.under_way(),
        )
        return msgspec.json.encode(state)

    def _raw(self, mailbox: Mailbox) -> msgspec.Raw:
        stamp = (mailbox.version, mailbox.sync_generation)
        known = self._mailboxes.get(mailbox.address)
        if known is None or known[0] != stamp:
            known = (stamp, msgspec.Raw(msgspec.json.encode(mailbox.saved())))
            self._mailboxes[mailbox.address] = known
        return known[1]


def read(content: bytes) -> TenantState[SavedMailbox]:
    """Raises StateUnreadable."""
    try:
        head = msgspec.json.decode(content, type=_Head)
        if head.format != FORMAT:
            raise StateUnreadable("it is no state of a sandbox tenant")
        if head.version != VERSION:
            raise StateUnreadable(f"it has version {head.version}, and this sandbox reads version {VERSION}")
        return msgspec.json.decode(content, type=TenantState[SavedMailbox])
    except (msgspec.DecodeError, UnicodeDecodeError) as problem:
        raise StateUnreadable(f"it is damaged: {problem}") from problem


def restore(parts: Parts, state: TenantState[SavedMailbox]) -> None:
    """Puts it into a tenant with its people and rooms and nothing else; their requests go on where they stopped."""
    for address, account in state.accounts.items():
        mailbox = parts.exchange.mailboxes.get(address) or parts.exchange.open_mailbox(
            Person(address, account.name), is_external=account.is_external
        )
        if account.config is not None:
            parts.exchange.configs[address] = account.config
        mailbox.restore(account.mailbox, is_clean=state.is_clean)
    parts.exchange.take_up(state.messages)
    parts.booking.take_up(state.attendants)
    parts.subscriptions.take_up(state.subscriptions)
    live = {one.id for one in parts.subscriptions.live()}
    parts.delivery.take_up([due for due in state.notifications if due.what.notification.subscription.id in live])


class _Head(msgspec.Struct):
    format: str = ""
    version: int = 0
