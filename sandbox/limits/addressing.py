"""Tells from a request's path which service answers it, and in whose mailbox."""

from functools import lru_cache
from typing import Literal

Service = Literal["outlook", "identity", "subscriptions", "other"]

_MAILBOX_PARTS = frozenset({
    "calendar", "calendargroups", "calendars", "calendarview", "contacts", "events", "findmeetingtimes",
    "getmailtips", "inferenceclassification", "mailboxsettings", "mailfolders", "messages", "outlook",
    "remindersview", "sendmail", "translateexchangeids",
})  # fmt: skip
_IDENTITY = frozenset({
    "applications", "directory", "directoryobjects", "groups", "organization", "serviceprincipals", "users"
})  # fmt: skip


@lru_cache(maxsize=4096)
def addressed(path: str) -> tuple[Service, str]:
    """The service, and the name by which the path means a mailbox: an id or address, "me", or "" where it means
    none. `path` begins with the version."""
    parts = path.split("/", 5)
    first = parts[2].lower() if len(parts) > 2 else ""
    if first == "users" and len(parts) > 4:
        return ("outlook", parts[3]) if _is_mailbox_part(parts[4]) else ("identity", "")
    if first == "me":
        return ("outlook", "me") if len(parts) > 3 and _is_mailbox_part(parts[3]) else ("identity", "")
    if first.startswith("users("):
        name = parts[2][6:].rstrip(")").strip("'")
        return ("outlook", name) if len(parts) > 3 and _is_mailbox_part(parts[3]) else ("identity", "")
    if first.partition("(")[0] in _IDENTITY:
        return "identity", ""
    return ("subscriptions" if first == "subscriptions" else "other"), ""


def _is_mailbox_part(segment: str) -> bool:
    return segment.partition("(")[0].lower() in _MAILBOX_PARTS
