"""A room's calendar processing: what Set-CalendarProcessing sets, and switches for what Microsoft leaves unsaid.

https://learn.microsoft.com/powershell/module/exchange/set-calendarprocessing
"""

from collections.abc import Callable, Collection, Iterable
from datetime import time
from enum import StrEnum
from typing import Annotated, Any, Literal

import msgspec
from msgspec.structs import replace

from sandbox.calendar.recurrence import DAYS
from sandbox.zones import zone

Members = Callable[[str], Iterable[str]]
WhoAsks = Literal["organizer", "sender", "either"]
Percentage = Annotated[int, msgspec.Meta(ge=0, le=100)]
Days = Annotated[int, msgspec.Meta(ge=0, le=1080)]
Count = Annotated[int, msgspec.Meta(ge=0)]


class Mode(StrEnum):
    """`AutomateProcessing`."""

    AUTO_ACCEPT = "AutoAccept"
    AUTO_UPDATE = "AutoUpdate"
    NONE = "None"


class BookingType(StrEnum):
    """`BookingType`: a reserved room is first come, first served, and nobody can book it."""

    STANDARD = "Standard"
    RESERVED = "Reserved"


class Wells(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """Who may book (in policy), who may ask in policy, who may ask out of policy. Lists hold addresses, of groups,
    too."""

    all_book: bool = True
    book: tuple[str, ...] = ()
    all_ask_in: bool = False
    ask_in: tuple[str, ...] = ()
    all_ask_out: bool = False
    ask_out: tuple[str, ...] = ()

    def can_book(self, who: Collection[str]) -> bool:
        """Whether any of `who` may."""
        return self.all_book or _meet(who, self.book)

    def can_ask_in(self, who: Collection[str]) -> bool:
        return self.all_ask_in or self.is_listed_to_ask_in(who)

    def is_listed_to_ask_in(self, who: Collection[str]) -> bool:
        return _meet(who, self.ask_in)

    def can_ask_out(self, who: Collection[str]) -> bool:
        return self.all_ask_out or _meet(who, self.ask_out)

    def is_shut(self) -> bool:
        """No well lets anybody in: the attendant is configured to do nothing."""
        anybody = self.all_book or self.all_ask_in or self.all_ask_out
        return not anybody and not (self.book or self.ask_in or self.ask_out)

    def expanded(self, members: Members) -> "Wells":
        """Every group stands beside its members."""
        names = ("book", "ask_in", "ask_out")
        return replace(self, **{name: _with_members(getattr(self, name), members) for name in names})


class RoomConfig(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """Defaults are those of a room made in Exchange Online today. What begins with `u_` in JSON are open questions.

    `ddg`, `delegate_rule` and `items_modified` are no settings, but facts that stop the attendant: a dynamic
    distribution group in a well, a hidden inbox rule, and somebody who changed items in the room's mailbox (which only
    counts with `modified_stops`). `work_tz` is the zone of the working hours, '' the room's own.
    """

    mode: Mode = Mode.AUTO_ACCEPT
    booking_type: BookingType = BookingType.STANDARD
    wells: Wells = Wells()
    delegates: tuple[str, ...] = ()
    forward: bool = True
    tentative_pending: bool = True
    add_tentatively: bool = True
    ddg: bool = False
    delegate_rule: bool = False
    items_modified: bool = False
    allow_conflicts: bool = False
    conflict_pct: Percentage = 0
    conflict_max: Count = 0
    window_days: Days = 180
    enforce_horizon: bool = True
    max_min: Count = 1440
    recurring: bool = True
    work_hours_only: bool = False
    external: bool = False
    remove_canceled: bool = False
    delete_subject: bool = True
    add_organizer: bool = True
    delete_comments: bool = True
    remove_private: bool = True
    enable_response_details: bool = True
    organizer_info: bool = True
    add_additional_response: bool = False
    additional_response: str = ""
    enable_auto_release: bool = False
    post_reservation_max_claim_time_in_minutes: Count = 10
    tz: str = "W. Europe Standard Time"
    work_days: tuple[str, ...] = ("monday", "tuesday", "wednesday", "thursday", "friday")
    work_start: str = "08:00"
    work_end: str = "17:00"
    work_tz: str = ""
    pending_blocks: bool = msgspec.field(default=False, name="u_pendingBlocks")
    ask_out_implies_book: bool = msgspec.field(default=True, name="u_askOutImpliesBook")
    who_asks: WhoAsks = msgspec.field(default="sender", name="u_whoAsks")
    ask_in_covers_external: bool = msgspec.field(default=True, name="u_askInCoversExternal")
    external_declined: bool = msgspec.field(default=False, name="u_externalDeclined")
    reply_without_forward: bool = msgspec.field(default=True, name="u_replyWithoutForward")
    responds_while_free: bool = msgspec.field(default=True, name="u_respondsWhileFree")
    post_process_on_pending: bool = msgspec.field(default=False, name="u_postProcessOnPending")
    post_process_on_answer: bool = msgspec.field(default=False, name="u_postProcessOnAnswer")
    add_organizer_mode: Literal["replace", "add"] = msgspec.field(default="replace", name="u_addOrganizerMode")
    reforward_on_info_update: bool = msgspec.field(default=False, name="u_reforwardOnInfoUpdate")
    attendees_reopen: bool = msgspec.field(default=False, name="u_attendeesReopen")
    attendant_yields: bool = msgspec.field(default=False, name="u_attendantYields")
    modified_stops: bool = msgspec.field(default=False, name="u_modifiedStops")
    new_id_on_accept: bool = msgspec.field(default=False, name="u_newIdOnAccept")
    late_answer_counts: bool = msgspec.field(default=False, name="u_lateAnswerCounts")
    extra_updates: bool = msgspec.field(default=False, name="u_extraUpdates")

    def __post_init__(self) -> None:
        """Raises ValueError: what the attendant could not read later, it must not be given now."""
        for name in {self.tz, self.work_tz or self.tz}:
            zone(name)
        time.fromisoformat(self.work_start), time.fromisoformat(self.work_end)
        unknown = set(self.work_days) - set(DAYS)
        if unknown:
            raise ValueError(f"There is no day '{min(unknown)}'.")


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


def _meet(who: Collection[str], well: tuple[str, ...]) -> bool:
    return not {one.lower() for one in who}.isdisjoint(one.lower() for one in well)


def _with_members(well: tuple[str, ...], members: Members) -> tuple[str, ...]:
    return tuple(sorted({one.lower() for listed in well for one in (listed, *members(listed.lower()))}))
