"""Switches for what Microsoft's documentation leaves open: each holds the readings that have been seen or assumed."""

from typing import Annotated, Any, Literal

import msgspec


class Switches(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Of the whole tenant. Defaults are what deployed clients have met most often.

    `stale_status` answers an If-Match that is old; `duplicate_status` a transaction id that was used for another event,
    and with `names_existing` that answer names the event; with `keeps_transactions` an id stays used when its event is
    deleted. The next ones are of delta: whether a series' master comes, whether deleted occurrences are announced, how
    a lost state is spelled, whether every round begins with an empty page, how many older changes come again.
    `elsewhere_digit` is workingElsewhere in an availability view; `finds_deleted` lets GET find an event in Deleted
    Items.
    """

    stale_status: Literal[412, 409] = msgspec.field(default=412, name="u_staleStatus")
    duplicate_status: Literal[400, 409] = msgspec.field(default=400, name="u_duplicateStatus")
    names_existing: bool = msgspec.field(default=False, name="u_duplicateNamesExisting")
    keeps_transactions: bool = msgspec.field(default=False, name="u_transactionsOutliveEvents")
    delta_master: bool = msgspec.field(default=True, name="u_deltaMaster")
    delta_announces: bool = msgspec.field(default=False, name="u_deltaAnnouncesOccurrences")
    lost_code: Literal["SyncStateNotFound", "syncStateNotFound", "resyncRequired"] = msgspec.field(
        default="SyncStateNotFound", name="u_lostSyncCode"
    )
    delta_empty_page: bool = msgspec.field(default=False, name="u_deltaEmptyPage")
    delta_repeats: Annotated[int, msgspec.Meta(ge=0)] = msgspec.field(default=0, name="u_deltaRepeats")
    elsewhere_digit: Literal[4, 0] = msgspec.field(default=4, name="u_elsewhereDigit")
    finds_deleted: bool = msgspec.field(default=False, name="u_deletedFound")


def changed(switches: Switches, values: dict[str, Any]) -> Switches:
    """`switches` with `values` (names as in their JSON) over them. Raises msgspec.ValidationError."""
    return msgspec.convert(msgspec.to_builtins(switches) | values, Switches)
