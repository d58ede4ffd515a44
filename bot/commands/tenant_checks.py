"""What `doctor` looks at in one tenant: the sign-in, each permission by a harmless read, clocks, the secret's end."""

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

import aiohttp

from bot.commands.findings import Finding, Level, skipped
from bot.commands.untold import UNTOLD
from bot.config import TenantSettings
from bot.domain.slots import Slot
from bot.edges import graph_client, login_of
from bot.graph.auth import Tokens
from bot.graph.calendar import GraphCalendar
from bot.graph.client import Budget, GraphClient
from bot.graph.directory import GraphDirectory
from bot.graph.registration import GraphRegistration
from bot.graph.verdicts import SignInRefused
from bot.ports.calendar import Busy, Denied, Missing, RemoteError, TooMany, Unheard
from bot.ports.clock import Clock
from bot.sync.subscriptions import why_untold

START_SANDBOX = "Start the sandbox (`make run`, or `app.py --sandbox`) and leave it running; then run this again."
_NO_ROOM = (Level.SKIP, "not looked at: no room is known", "")
_AFTER_SIGN_IN = ("rooms", "a room's calendar", "people", "subscriptions", "app secret", "clock")
_TRIED_FOR = timedelta(hours=1)  # the shortest life is 45 minutes; it is ended at once
_BUDGET = Budget(total_s=15.0, tries=2)
_SECRET_DAYS = 30
_SKEW_WARN_S, _SKEW_FAIL_S = 5.0, 240.0  # tokens are refused from five minutes on


@dataclass(frozen=True)
class Permission:
    """An application permission with the read that shows it, and what it is for."""

    name: str
    needed_for: str


PLACES = Permission("Place.Read.All", "find the rooms")
CALENDARS = Permission("Calendars.ReadWrite", "read and answer in rooms' calendars")
PEOPLE = Permission("User.Read.All", "know people and their managers")
OWN_APP = Permission("Application.Read.All", "know when the secret ends")


async def tenant_findings(
    settings: TenantSettings, session: aiohttp.ClientSession, clock: Clock, address: str, *, sandbox: bool = False
) -> list[Finding]:
    """Without a sign-in nothing else can be looked at. `address` is where notifications are to come. In a `sandbox`
    whoever does not answer is not running."""
    tokens = Tokens(login_of(settings), clock)
    client = graph_client(settings, session, clock, tokens)
    checks = _Checks(settings, client, clock, address)
    sign_in = await _sign_in(tokens, settings.name, sandbox=sandbox)
    if sign_in.level is Level.FAIL:
        return [sign_in, *skipped(_AFTER_SIGN_IN, "it needs the sign-in", tenant=settings.name)]
    return [sign_in, *await checks.all()]


async def _sign_in(tokens: Tokens, name: str, *, sandbox: bool) -> Finding:
    check = "sign-in"
    try:
        await tokens.token()
    except SignInRefused as refused:
        said = f"refused ({refused.code})"
        return Finding(check=check, level=Level.FAIL, said=said, fix=refused.advice, tenant=name)
    except RemoteError as fault:
        fix = "Let this machine reach the login host over https (proxy, firewall, DNS); then run this again."
        fix = START_SANDBOX if sandbox else fix
        return Finding(check=check, level=Level.FAIL, said=f"no answer ({fault.code})", fix=fix, tenant=name)
    return Finding(check=check, level=Level.OK, said="a token for Microsoft Graph was given", tenant=name)


class _Checks:
    """One tenant's, after it signed in."""

    def __init__(self, settings: TenantSettings, client: GraphClient, clock: Clock, address: str) -> None:
        self._settings = settings
        self._client = client
        self._clock = clock
        self._address = address
        self._directory = GraphDirectory(client, _BUDGET)
        self._calendar = GraphCalendar(client)
        self._registration = GraphRegistration(client, settings.client_id, settings.client_secret)
        self._addresses: tuple[str, ...] = ()

    async def all(self) -> list[Finding]:
        looks = (
            ("rooms", PLACES, self._rooms),
            ("a room's calendar", CALENDARS, self._one_calendar),
            ("people", PEOPLE, self._people),
            ("subscriptions", CALENDARS, self._subscriptions),
            ("app secret", OWN_APP, self._secret),
        )
        found = [await self._guarded(check, permission, look) for check, permission, look in looks]
        return [*found, self._clocks()]

    async def _guarded(
        self, check: str, permission: Permission, look: Callable[[], Awaitable[tuple[Level, str, str]]]
    ) -> Finding:
        try:
            level, said, fix = await look()
        except Denied as fault:
            level = Level.WARN if permission is OWN_APP else Level.FAIL
            said = f"not allowed ({fault.code or fault.status}): needed to {permission.needed_for}"
            fix = (
                f"Grant the app {permission.name} (application) with an administrator's consent; it counts in an hour."
            )
        except Busy as fault:
            level, said = Level.WARN, f"no answer now ({fault.code or fault.status})"
            fix = "Run this again in some minutes; if it stays, let this machine reach Microsoft Graph over https."
        except RemoteError as fault:
            level, said, fix = (
                Level.FAIL,
                f"refused ({fault.code or fault.status})",
                "Look the code up in Graph's list.",
            )
        return Finding(check=check, level=level, said=said, fix=fix, tenant=self._settings.name)

    async def _rooms(self) -> tuple[Level, str, str]:
        rooms = await self._directory.rooms()
        if not rooms:
            return (
                Level.FAIL,
                "no rooms are listed",
                "Make room mailboxes in Exchange; new ones are listed within a day.",
            )
        self._addresses = tuple(room.address for room in rooms)
        return Level.OK, f"{len(rooms)} rooms are listed", ""

    async def _one_calendar(self) -> tuple[Level, str, str]:
        if not self._addresses:
            return _NO_ROOM
        now = self._clock.now()
        try:
            await self._calendar.changes(self._addresses[0], Slot(now, now + timedelta(days=1)), "")
        except Missing:
            return Level.FAIL, "the room has no mailbox", "Give it an Exchange Online mailbox, or take it off the list."
        return Level.OK, "can be read", ""

    async def _people(self) -> tuple[Level, str, str]:
        known = 0
        for admin in sorted(self._settings.admins):
            try:
                await self._directory.person(admin)
                known += 1
            except Missing:
                continue
        if known < len(self._settings.admins):
            said = f"{len(self._settings.admins) - known} of the administrators are not in the directory"
            return Level.WARN, said, "Put the Entra object ids of living accounts into the setting ADMINS."
        return Level.OK, "administrators are found", ""

    async def _subscriptions(self) -> tuple[Level, str, str]:
        """A subscription that lives shows that the service was answered at our address when it was made."""
        if not self._addresses:
            return _NO_ROOM
        rooms, listed = len(self._addresses), await self._calendar.subscriptions()
        living = sum(one.notification_url == self._address for one in listed)
        if living >= rooms:
            return Level.OK, f"{living} subscriptions live, for {rooms} rooms", ""
        if living:
            said = f"{living} subscriptions live, for {rooms} rooms: the others are read once a minute"
            return Level.WARN, said, "Wait some minutes if Foyer was just started; else say “status” to it."
        return await self._tried()

    async def _tried(self) -> tuple[Level, str, str]:
        """Raises the calendar's errors but those that say why nothing comes."""
        room, ends_at = self._addresses[0], self._clock.now() + _TRIED_FOR
        try:
            made = await self._calendar.subscribe(
                room, url=self._address, client_state=secrets.token_hex(24), expires_at=ends_at
            )
        except (Unheard, TooMany) as fault:
            said, fix = UNTOLD[why_untold(fault)]
            return Level.FAIL, f"none lives, and none is given: {said}", fix
        await self._calendar.unsubscribe(made.id)
        fix = "Start Foyer: it subscribes within a minute, by itself."
        return Level.WARN, "none lives, but Microsoft 365 reaches the service", fix

    async def _secret(self) -> tuple[Level, str, str]:
        at = await self._registration.secret_ends_at()
        if at is None:
            return Level.WARN, "the registration does not list it", "Note its end yourself, and replace it before."
        days = (at - self._clock.now()).days
        if days >= _SECRET_DAYS:
            return Level.OK, f"ends in {days} days", ""
        fix = "Make a new secret, set CLIENT_SECRET to its value, restart Foyer, and only then delete the old one."
        return Level.WARN, f"ends in {days} days", fix

    def _clocks(self) -> Finding:
        skew_s = self._client.clock_skew_s
        if skew_s is None:
            said, level = "Microsoft Graph told no time", Level.WARN
        else:
            apart = abs(skew_s)
            level = Level.FAIL if apart > _SKEW_FAIL_S else Level.WARN if apart > _SKEW_WARN_S else Level.OK
            said = f"{apart:.0f} s apart from Microsoft Graph's"
        fix = "Let this machine keep its time by NTP." if level else ""
        return Finding(check="clock", level=level, said=said, fix=fix, tenant=self._settings.name)
