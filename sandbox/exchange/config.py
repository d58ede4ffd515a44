"""A room's calendar processing: what Set-CalendarProcessing sets, and switches for what Microsoft leaves unsaid.

https://learn.microsoft.com/powershell/module/exchange/set-calendarprocessing
"""

from collections.abc import Callable
from enum import StrEnum
from typing import Any

import msgspec


class Mode(StrEnum):
    """`AutomateProcessing`."""

    AUTO_ACCEPT = "AutoAccept"
    AUTO_UPDATE = "AutoUpdate"
    NONE = "None"


class Wells(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """Who may book (in policy), who may ask in policy, who may ask out of policy. Lists hold addresses."""

    all_book: bool = True
    book: tuple[str, ...] = ()
    all_ask_in: bool = False
    ask_in: tuple[str, ...] = ()
    all_ask_out: bool = False
    ask_out: tuple[str, ...] = ()

    def can_book(self, who: str) -> bool:
        return self.all_book or who in self.book

    def can_ask_in(self, who: str) -> bool:
        return self.all_ask_in or who in self.ask_in

    def can_ask_out(self, who: str) -> bool:
        return self.all_ask_out or who in self.ask_out

    def is_shut(self) -> bool:
        """No well lets anybody in: the attendant is configured to do nothing."""
        anybody = self.all_book or self.all_ask_in or self.all_ask_out
        return not anybody and not (self.book or self.ask_in or self.ask_out)


class RoomConfig(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """Defaults are those of a room made in Exchange Online today. The last five switches are open questions."""

    mode: Mode = Mode.AUTO_ACCEPT
    wells: Wells = Wells()
    delegates: tuple[str, ...] = ()
    forward: bool = True
    tentative_pending: bool = True
    add_tentatively: bool = True
    delegate_rule: bool = False
    allow_conflicts: bool = False
    conflict_pct: int = 0
    conflict_max: int = 0
    window_days: int = 180
    enforce_horizon: bool = True
    max_min: int = 1440
    recurring: bool = True
    work_hours_only: bool = False
    external: bool = False
    remove_canceled: bool = False
    delete_subject: bool = True
    add_organizer: bool = True
    delete_comments: bool = True
    remove_private: bool = True
    tz: str = "W. Europe Standard Time"
    work_days: tuple[str, ...] = ("monday", "tuesday", "wednesday", "thursday", "friday")
    work_start: str = "08:00"
    work_end: str = "17:00"
    pending_blocks: bool = msgspec.field(default=False, name="u_pendingBlocks")
    ask_out_implies_book: bool = msgspec.field(default=True, name="u_askOutImpliesBook")
    post_process_on_pending: bool = msgspec.field(default=False, name="u_postProcessOnPending")
    reforward_on_info_update: bool = msgspec.field(default=False, name="u_reforwardOnInfoUpdate")
    add_organizer_mode: str = msgspec.field(default="replace", name="u_addOrganizerMode")


def auto_accept(*, tz: str) -> RoomConfig:
    return RoomConfig(tz=tz)


def auto_update(*, tz: str) -> RoomConfig:
    return RoomConfig(mode=Mode.AUTO_UPDATE, tz=tz)


def delegated(*, tz: str, delegate: str) -> RoomConfig:
    """Profile P1: nobody books, everybody may ask in policy; Exchange still declines what breaks its limits."""
    return RoomConfig(
        wells=Wells(all_book=False, all_ask_in=True), delegates=(delegate,), enforce_horizon=False, tz=tz
    )  # fmt: skip


def delegated_open(*, tz: str, delegate: str) -> RoomConfig:
    """Profile P2: as P1, with the limits opened, so that every request reaches the delegate."""
    opened = {
        "allowConflicts": True, "windowDays": 1080, "maxMin": 0, "recurring": True, "external": True,
        "deleteSubject": False, "addOrganizer": False, "removePrivate": False, "removeCanceled": True,
    }  # fmt: skip
    return changed(delegated(tz=tz, delegate=delegate), opened)


PROFILES: dict[str, Callable[[str, str], RoomConfig]] = {
    "auto": lambda tz, _: auto_accept(tz=tz),
    "autoUpdate": lambda tz, _: auto_update(tz=tz),
    "P1": lambda tz, delegate: delegated(tz=tz, delegate=delegate),
    "P2": lambda tz, delegate: delegated_open(tz=tz, delegate=delegate),
}


def changed(config: RoomConfig, values: dict[str, Any]) -> RoomConfig:
    """`config` with `values` (names as in its JSON; `wells` merged) over it. Raises msgspec.ValidationError."""
    merged = msgspec.to_builtins(config) | values
    if isinstance(values.get("wells"), dict):
        merged["wells"] = msgspec.to_builtins(config.wells) | values["wells"]
    return msgspec.convert(merged, RoomConfig)
