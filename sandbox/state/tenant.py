"""Says what the state file holds, and turns the tenant into its content and back."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final, Generic, Literal, TypeVar

import msgspec

from sandbox.calendar.mailboxes import SavedMailbox
from sandbox.calendar.models import Person
from sandbox.calendar.settings import Switches
from sandbox.directory.models import Directory, SavedDirectory
from sandbox.errands import Due
from sandbox.exchange.booking import Booking
from sandbox.exchange.config import RoomConfig
from sandbox.exchange.mail import Message
from sandbox.exchange.models import Exchange
from sandbox.exchange.rights import MailboxRights
from sandbox.exchange.steps import UnderWay
from sandbox.limits.access import AccessPolicy
from sandbox.login.models import Login, SavedLogin
from sandbox.seed.size import Size
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
    size: Size = Size()
    accounts: dict[str, Account[M]]
    messages: list[Due[Message]]
    attendants: UnderWay
    subscriptions: list[Subscription]
    notifications: list[Due[Try]]
    directory: SavedDirectory = SavedDirectory()
    login: SavedLogin | None = None
    switches: Switches = Switches()
    access: AccessPolicy = AccessPolicy()
    rights: MailboxRights = MailboxRights()


class Changes(msgspec.Struct, Generic[M], frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What became of a state: the accounts that differ, and everything else as it is now."""

    accounts: dict[str, Account[M]]
    messages: list[Due[Message]]
    attendants: UnderWay
    subscriptions: list[Subscription]
    notifications: list[Due[Try]]
    directory: SavedDirectory
    login: SavedLogin
    switches: Switches
    access: AccessPolicy
    rights: MailboxRights = MailboxRights()


@dataclass(frozen=True)
class Settings:
    """Those of the whole tenant."""

    switches: Switches
    access: AccessPolicy
    rights: MailboxRights


@dataclass(frozen=True, kw_only=True)
class Parts:
    """The services whose state is kept, and the settings as they are now."""

    directory: Directory
    login: Login
    settings: Callable[[], Settings]
    exchange: Exchange
    booking: Booking
    subscriptions: Subscriptions
    delivery: Delivery


Stamp = tuple[int, int, RoomConfig | None]


class Snapshots:
    """Writes the whole tenant, or only what differs from what was last written. To be made when it is freshly seeded:
    the mailboxes that stand then need no account while nobody uses them."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._seeded = frozenset(parts.exchange.mailboxes)
        self._stamps: dict[str, Stamp] = {}
        self._rest: dict[str, Any] = {}

    def take(self, *, run: int, is_clean: bool, size: Size) -> bytes:
        """`is_clean` where nothing will happen after it."""
        self._stamps = {}
        self._moved()
        self._rest = self._others()
        accounts = {address: self._account(address) for address in self._stamps}
        state = TenantState(run=run, is_clean=is_clean, size=size, accounts=accounts, **self._rest)
        return msgspec.json.encode(state)

    def changes(self) -> bytes | None:
        """None where nothing has changed, and nothing at all (b"") where no whole state was taken before. Looks at
        every mailbox's counters, and writes those that moved."""
        if not self._stamps:
            return b""
        moved, rest = self._moved(), self._others()
        if not moved and rest == self._rest:
            return None
        self._rest = rest
        return msgspec.json.encode(Changes(accounts={one: self._account(one) for one in moved}, **rest))

    def _moved(self) -> list[str]:
        """Whose mailboxes or settings are not as they were last time."""
        stamps, configs = self._stamps, self._parts.exchange.configs
        moved = []
        for address, mailbox in self._parts.exchange.mailboxes.items():
            known = stamps.get(address)
            config = configs.get(address)
            if known is None:
                is_same = not (mailbox.version or mailbox.sync_generation or config) and address in self._seeded
            else:
                version, generation, settings = known
                is_same = version == mailbox.version and generation == mailbox.sync_generation and settings is config
            if not is_same:
                stamps[address] = (mailbox.version, mailbox.sync_generation, config)
                moved.append(address)
        return moved

    def _account(self, address: str) -> Account[SavedMailbox]:
        exchange = self._parts.exchange
        return Account(
            exchange.names[address],
            exchange.is_external(address),
            exchange.configs.get(address),
            exchange.mailboxes[address].saved(),
        )

    def _others(self) -> dict[str, Any]:
        settings = self._parts.settings()
        return {
            "messages": self._parts.exchange.under_way(),
            "attendants": self._parts.booking.under_way(),
            "subscriptions": self._parts.subscriptions.live(),
            "notifications": self._parts.delivery.under_way(),
            "directory": self._parts.directory.saved(),
            "login": self._parts.login.saved(),
            "switches": settings.switches,
            "access": settings.access,
            "rights": settings.rights,
        }


def read(content: bytes, changes: Iterable[bytes] = ()) -> TenantState[SavedMailbox]:
    """The state of a whole file and of what was written after it. Raises StateUnreadable."""
    try:
        head = msgspec.json.decode(content, type=_Head)
        if head.format != FORMAT:
            raise StateUnreadable("it is no state of a sandbox tenant")
        if head.version != VERSION:
            raise StateUnreadable(f"it has version {head.version}, and this sandbox reads version {VERSION}")
        state = msgspec.json.decode(content, type=TenantState[SavedMailbox])
        for one in changes:
            state = _changed(state, msgspec.json.decode(one, type=Changes[SavedMailbox]))
    except (msgspec.DecodeError, UnicodeDecodeError) as problem:
        raise StateUnreadable(f"it is damaged: {problem}") from problem
    return state


def folded(content: bytes, changes: Iterable[bytes]) -> bytes:
    """The whole file that says what a whole file and the changes after it say."""
    state = msgspec.json.decode(content, type=TenantState[msgspec.Raw])
    for one in changes:
        state = _changed(state, msgspec.json.decode(one, type=Changes[msgspec.Raw]))
    return msgspec.json.encode(state)


def restore(parts: Parts, state: TenantState[SavedMailbox]) -> None:
    """Puts it into a tenant with its people and rooms and nothing else; their requests go on where they stopped. The
    settings of the whole tenant are the caller's to take over."""
    parts.directory.restore(state.directory)
    if not state.is_clean:
        parts.directory.generation += 1
    for user in state.directory.users:
        if user.address not in parts.exchange.mailboxes:
            parts.exchange.open_mailbox(Person(user.address, user.name))
    if state.login is not None:
        parts.login.restore(state.login)
    for address, account in state.accounts.items():
        mailbox = parts.exchange.mailboxes.get(address) or parts.exchange.open_mailbox(
            Person(address, account.name), is_external=account.is_external
        )
        if account.config is not None:
            parts.exchange.configs[address] = account.config
        mailbox.restore(account.mailbox, is_clean=state.is_clean)
    for address in parts.exchange.mailboxes.keys() - state.accounts.keys():
        mailbox = parts.exchange.mailboxes[address]
        mailbox.restore(mailbox.saved(), is_clean=state.is_clean)
    parts.exchange.take_up(state.messages)
    parts.booking.take_up(state.attendants)
    parts.subscriptions.take_up(state.subscriptions)
    live = {one.id for one in parts.subscriptions.live()}
    parts.delivery.take_up([due for due in state.notifications if due.what.notification.subscription.id in live])


def _changed(state: TenantState[M], changes: Changes[M]) -> TenantState[M]:
    values = {name: getattr(changes, name) for name in Changes.__struct_fields__}
    state.accounts.update(values.pop("accounts"))
    return msgspec.structs.replace(state, **values)


class _Head(msgspec.Struct):
    format: str = ""
    version: int = 0
