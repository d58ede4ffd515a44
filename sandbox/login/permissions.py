"""Which permission a Graph call needs: a table, and what it says of one caller.

Each row names application roles and delegated scopes of which one is enough, as the "Permissions" table of the call's
page under https://learn.microsoft.com/graph/api does. A path that no row names is left to the router.
"""

import re
from dataclasses import dataclass, field
from enum import Enum, auto

from sandbox.errors import GraphError

_USER = "/users/(?P<user>[^/]+)"
_READ = ("GET",)
_WRITE = ("POST", "PATCH", "PUT", "DELETE")
_ANY = (*_READ, *_WRITE)


_ME = re.compile(r"^/me(?=/|$)", re.IGNORECASE)


class Refusal(Enum):
    """Whose words a refusal is in: the directory's or Exchange's."""

    DIRECTORY = auto()
    EXCHANGE = auto()


@dataclass(frozen=True, kw_only=True)
class Caller:
    """Whom a token stands for. `user_id` is '' for an application by itself; `names` are the person's id, user
    principal name and address, in lower case."""

    app_id: str
    roles: frozenset[str] = frozenset()
    scopes: frozenset[str] = frozenset()
    user_id: str = ""
    names: frozenset[str] = field(default_factory=frozenset)

    @property
    def is_person(self) -> bool:
        return bool(self.user_id)

    def may(self, *permissions: str) -> bool:
        """Whether the token carries one of these, as roles or as scopes."""
        return bool((self.scopes if self.is_person else self.roles) & set(permissions))


@dataclass(frozen=True, kw_only=True)
class Row:
    """`own` are scopes that reach the person's own object or mailbox only, `scopes` those that reach others', too."""

    methods: tuple[str, ...]
    path: re.Pattern[str]
    roles: frozenset[str]
    scopes: frozenset[str]
    own: frozenset[str]
    refusal: Refusal


def _row(methods: tuple[str, ...], path: str, refusal: Refusal, *, roles: str, scopes: str, own: str = "") -> Row:  # noqa: PLR0913  one row of a table
    return Row(
        methods=methods,
        path=re.compile(f"^{path}$", re.IGNORECASE),
        roles=frozenset(roles.split()),
        scopes=frozenset(scopes.split()),
        own=frozenset(own.split()),
        refusal=refusal,
    )


_DIRECTORY = "Directory.Read.All Directory.ReadWrite.All"
_USERS = f"User.Read.All User.ReadWrite.All {_DIRECTORY}"
_GROUPS = f"GroupMember.Read.All Group.Read.All Group.ReadWrite.All GroupMember.ReadWrite.All {_DIRECTORY}"
_APPS = f"Application.Read.All Application.ReadWrite.All {_DIRECTORY}"
_CALENDAR = "(calendar|calendars|calendarView|calendarGroups|events)(/.*)?"
_MESSAGES = "(messages|mailFolders)(/.*)?"
_DIR, _EXO = Refusal.DIRECTORY, Refusal.EXCHANGE

TABLE: tuple[Row, ...] = (
    _row(("POST",), f"{_USER}/(calendar/|calendars/[^/]+/)?getSchedule", _EXO,
         roles="Calendars.ReadBasic Calendars.Read Calendars.ReadWrite",
         scopes="Calendars.Read.Shared Calendars.ReadWrite.Shared",
         own="Calendars.ReadBasic Calendars.Read Calendars.ReadWrite"),
    _row(("POST",), f"{_USER}/findMeetingTimes", _EXO, roles="",
         scopes="Calendars.Read.Shared Calendars.ReadWrite.Shared", own="Calendars.Read Calendars.ReadWrite"),
    _row(_READ, f"{_USER}/{_CALENDAR}", _EXO, roles="Calendars.Read Calendars.ReadWrite",
         scopes="Calendars.Read.Shared Calendars.ReadWrite.Shared", own="Calendars.Read Calendars.ReadWrite"),
    _row(_WRITE, f"{_USER}/{_CALENDAR}", _EXO, roles="Calendars.ReadWrite",
         scopes="Calendars.ReadWrite.Shared", own="Calendars.ReadWrite"),
    _row(("POST",), f"{_USER}/sendMail", _EXO, roles="Mail.Send", scopes="Mail.Send.Shared", own="Mail.Send"),
    _row(_READ, f"{_USER}/{_MESSAGES}", _EXO, roles="Mail.Read Mail.ReadWrite",
         scopes="Mail.Read.Shared Mail.ReadWrite.Shared", own="Mail.Read Mail.ReadWrite"),
    _row(_WRITE, f"{_USER}/{_MESSAGES}", _EXO, roles="Mail.ReadWrite",
         scopes="Mail.ReadWrite.Shared", own="Mail.ReadWrite"),
    _row(_READ, f"{_USER}/mailboxSettings(/.*)?", _EXO, roles="MailboxSettings.Read MailboxSettings.ReadWrite",
         scopes="", own="MailboxSettings.Read MailboxSettings.ReadWrite"),
    _row(_WRITE, f"{_USER}/mailboxSettings(/.*)?", _EXO, roles="MailboxSettings.ReadWrite",
         scopes="", own="MailboxSettings.ReadWrite"),
    _row(_READ, f"{_USER}/outlook/.*", _EXO, roles="User.Read.All User.ReadWrite.All",
         scopes="User.ReadBasic.All User.Read.All", own="User.Read"),
    _row(("POST",), f"{_USER}/translateExchangeIds", _EXO, roles="User.Read.All User.ReadWrite.All",
         scopes="User.ReadBasic.All User.Read.All", own="User.Read User.ReadBasic User.ReadWrite"),
    _row(_READ, f"{_USER}/(memberOf|transitiveMemberOf)(/.*)?", _DIR, roles=f"{_USERS} {_GROUPS}",
         scopes=f"{_USERS} {_GROUPS}", own="User.Read"),
    _row(("POST",), f"{_USER}/(checkMemberGroups|getMemberGroups)", _DIR, roles=f"{_USERS} {_GROUPS}",
         scopes=f"{_USERS} {_GROUPS}", own="User.Read"),
    _row(_READ, f"{_USER}/manager", _DIR, roles=_USERS, scopes=_USERS, own="User.Read.All"),
    _row(_READ, r"/users/(microsoft\.graph\.)?delta(\(\))?", _DIR, roles=_USERS, scopes=_USERS),
    _row(_READ, "/users", _DIR, roles=f"User.ReadBasic.All {_USERS}", scopes=f"User.ReadBasic.All {_USERS}"),
    _row(_READ, _USER, _DIR, roles=f"User.ReadBasic.All {_USERS}", scopes=f"User.ReadBasic.All {_USERS}",
         own="User.Read User.ReadWrite"),
    _row(_READ, "/groups(/.*)?", _DIR, roles=_GROUPS, scopes=_GROUPS),
    _row(_READ, r"/applications(\(.*)?(/.*)?", _DIR, roles=f"Application.ReadWrite.OwnedBy {_APPS}", scopes=_APPS),
    _row(_READ, r"/servicePrincipals(\(.*)?(/.*)?", _DIR, roles=_APPS, scopes=_APPS),
    _row(_READ, "/organization(/.*)?", _DIR, roles=f"Organization.Read.All {_DIRECTORY}",
         scopes=f"User.Read Organization.Read.All {_DIRECTORY}"),
    _row(("POST",), "/directoryObjects/getByIds", _DIR, roles=f"{_USERS} {_GROUPS} {_APPS}",
         scopes=f"{_USERS} {_GROUPS} {_APPS}"),
    _row(_ANY, "/places/[^/]+/checkIns(/.*)?", _EXO, roles="", scopes="Calendars.ReadWrite"),
    _row(_READ, "/places(/.*)?", _EXO, roles="Place.Read.All Place.ReadWrite.All",
         scopes="Place.Read.All Place.ReadWrite.All"),
    _row(_WRITE, "/places(/.*)?", _EXO, roles="Place.ReadWrite.All", scopes="Place.ReadWrite.All"),
)  # fmt: skip

# https://learn.microsoft.com/graph/api/subscription-post-subscriptions: a permission to write is no substitute.
WATCHED: tuple[Row, ...] = (
    _row(("POST",), f"{_USER}/(calendar/)?events(/.*)?", _EXO, roles="Calendars.Read", scopes="",
         own="Calendars.Read"),
    _row(("POST",), f"{_USER}/{_MESSAGES}", _EXO, roles="Mail.Read", scopes="", own="Mail.Read Mail.ReadBasic"),
    _row(("POST",), "/users(/.*)?", _DIR, roles="User.Read.All", scopes="User.Read.All"),
    _row(("POST",), "/groups(/.*)?", _DIR, roles="Group.Read.All GroupMember.Read.All", scopes="Group.Read.All"),
)  # fmt: skip


def row_for(method: str, path: str, table: tuple[Row, ...] = TABLE) -> tuple[Row, str] | None:
    """The first row that names this call, with the user of its path ('' where there is none). `path` is without the
    version."""
    asked = "GET" if method == "HEAD" else method
    for row in table:
        match = row.path.match(path) if asked in row.methods else None
        if match is not None:
            return row, match.groupdict().get("user") or ""
    return None


def allow(caller: Caller, method: str, path: str, table: tuple[Row, ...] = TABLE) -> None:
    """Raises GraphError 403 where the caller lacks the permission. `path` is without the version; /me is who is signed
    in."""
    if caller.is_person:
        path = _ME.sub(f"/users/{caller.user_id}", path)
    found = row_for(method, path, table)
    if found is None:
        return
    row, user = found
    if not _is_allowed(caller, row, user):
        raise _refused(row.refusal)


def allow_watching(caller: Caller, resource: str) -> None:
    """The same for the resource of a new subscription: a person may watch his own mailbox only."""
    path = "/" + resource.partition("?")[0].strip("/")
    allow(caller, "POST", re.sub(r"^/users\('([^']+)'\)", r"/users/\1", path, flags=re.IGNORECASE), WATCHED)


def _is_allowed(caller: Caller, row: Row, user: str) -> bool:
    if not caller.is_person:
        return bool(caller.roles & row.roles)
    is_own = user.casefold() in caller.names
    return bool(caller.scopes & (row.scopes | row.own if is_own else row.scopes))


def _refused(refusal: Refusal) -> GraphError:
    if refusal is Refusal.DIRECTORY:
        message = "Insufficient privileges to complete the operation."
        return GraphError(403, "Authorization_RequestDenied", message)
    return GraphError(403, "ErrorAccessDenied", "Access is denied. Check credentials and try again.")
