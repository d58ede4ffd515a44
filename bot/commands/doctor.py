"""`app.py doctor`: looks at everything that Foyer rests on, and says of each what is wrong and how to mend it.

It changes nothing: calls of Microsoft Graph are reads, the store is only looked into. It may run beside the service.
"""

import os
import shutil
import ssl
from collections import Counter
from datetime import timedelta
from pathlib import Path

import aiohttp

from bot.commands.findings import Finding, Level
from bot.commands.tenant_checks import tenant_findings
from bot.config import Settings
from bot.edges import credentials_of, store_file
from bot.ports import keys
from bot.ports.clock import Clock
from bot.ports.records import Polling, Untold
from bot.ports.store import StoreUnusable
from bot.store.codec import JsonCodec
from bot.store.sqlite_file import file_system_of, require_local
from bot.store.sqlite_peek import Peek
from bot.teams.connector_errors import ConnectorError

_REACH_S = 10.0
_MIB = 1 << 20
_LOW_DISK, _NO_DISK = 1024 * _MIB, 100 * _MIB
_LONG_LOG = 64 * _MIB
_OLD = timedelta(minutes=15)  # three polls
_UNTOLD = {
    Untold.ADDRESS: (
        "no answer at the public address",
        "Let Microsoft 365 reach FOYER_PUBLIC_URL over https, with a public certificate; it is tried again hourly.",
    ),
    Untold.FULL: (
        "the mailbox has as many subscriptions as it may",
        "Look which other app keeps up to 1,000 subscriptions to a room; Foyer needs one.",
    ),
    Untold.DENIED: (
        "no permission",
        "Grant the app Calendars.Read and Calendars.ReadWrite; look for an access policy that leaves rooms out.",
    ),
    Untold.MISSING: ("no such mailbox", "Give the room an Exchange Online mailbox, or take it off the list."),
    Untold.REFUSED: ("refused", "Look for “subscription.refused” in the log: it names the code."),
}


async def examine(settings: Settings, clock: Clock) -> list[Finding]:
    """Every finding, the service's own first, then each tenant's."""
    findings = [_settings(settings), *store_findings(settings, clock)]
    async with aiohttp.ClientSession() as session:
        findings.append(await _public_url(settings, session))
        findings.append(await _bot_credentials(settings, session, clock))
        for tenant in settings.tenants:
            findings += await tenant_findings(tenant, session, clock)
    return findings


def _settings(settings: Settings) -> Finding:
    names = ", ".join(tenant.name for tenant in settings.tenants)
    return Finding(check="settings", level=Level.OK, said=f"complete, with policy, for {names}")


def store_findings(settings: Settings, clock: Clock) -> list[Finding]:
    """Of the file and its disk, and of what is owed in it."""
    path = store_file(settings)
    if not path.exists():
        return [_folder(settings.data), _new_store(path)]
    findings = [_folder(settings.data), _disk(settings.data), _log(path)]
    try:
        require_local(path.resolve(), file_system_of(path.resolve()))
        with Peek(path) as peek:
            findings.append(Finding(check="store", level=Level.OK, said=f"{path} can be read"))
            for tenant in settings.tenants:
                findings += _owed(peek, tenant.tenant_id, tenant.name, clock)
                findings += _not_had(peek, tenant.tenant_id, tenant.name)
    except StoreUnusable as wrong:
        said, _, fix = str(wrong).partition(": ")
        findings.append(Finding(check="store", level=Level.FAIL, said=said, fix=fix))
    return findings


def _new_store(path: Path) -> Finding:
    return Finding(check="store", level=Level.OK, said=f"{path} is not there yet: the first start makes it")


def _folder(data: Path) -> Finding:
    nearest = next(one for one in (data.absolute(), *data.absolute().parents) if one.exists())
    if os.access(nearest, os.W_OK | os.X_OK):
        return Finding(check="data folder", level=Level.OK, said=f"{data} can be written")
    fix = f"Let the service's user write to {nearest}, or name another folder in FOYER_DATA."
    return Finding(check="data folder", level=Level.FAIL, said=f"{data} cannot be written", fix=fix)


def _disk(data: Path) -> Finding:
    free = shutil.disk_usage(data).free
    level = Level.FAIL if free < _NO_DISK else Level.WARN if free < _LOW_DISK else Level.OK
    fix = "Free some space: when the disk is full, nothing can be booked." if level else ""
    return Finding(check="disk", level=level, said=f"{free // _MIB} MiB free", fix=fix)


def _log(path: Path) -> Finding:
    beside = path.with_name(path.name + "-wal")
    size = beside.stat().st_size if beside.exists() else 0
    level = Level.WARN if size > _LONG_LOG else Level.OK
    fix = (
        "Stop what keeps the file open beside Foyer, a backup tool say; a restart of Foyer folds it in."
        if level
        else ""
    )
    return Finding(check="write-ahead log", level=level, said=f"{size // _MIB} MiB", fix=fix)


def _owed(peek: Peek, tenant: str, name: str, clock: Clock) -> list[Finding]:
    now_s = clock.now().timestamp()
    owed = peek.owed(tenant, now=now_s)
    dead = sum(one.dead for one in owed.values())
    fix = "Say “dead letters” to Foyer as an administrator, and “replay all” once the cause is gone." if dead else ""
    level = Level.WARN if dead else Level.OK
    sync = owed.get("sync/")
    age_s = now_s - sync.since if sync and sync.since is not None else 0.0
    old = Level.WARN if age_s > _OLD.total_seconds() else Level.OK
    read = "Start Foyer if it is stopped; else look at what follows: sign-in, permissions, the room's calendar."
    return [
        Finding(check="dead letters", level=level, said=f"{dead} given up on", fix=fix, tenant=name),
        Finding(
            check="oldest dirty room",
            level=old,
            said=f"waiting for {round(age_s / 60)} min" if age_s else "none waits",
            fix=read if old else "",
            tenant=name,
        ),
    ]


def _not_had(peek: Peek, tenant: str, name: str) -> list[Finding]:
    """Rooms that no notifications come of, by why; items of calendars that nobody understands."""
    codec = JsonCodec()
    why = Counter(codec.decode(found.value, Polling).why for found in peek.scan(tenant, keys.polling("")))
    odd = len(peek.scan(tenant, keys.ODD))
    fix = (
        "They block their time and are not answered. Open them in Outlook and save them anew, or report their shape."
        if odd
        else ""
    )
    told = Finding(
        check="notifications",
        level=Level.WARN if why else Level.OK,
        said=", ".join(f"{count} rooms without: {_UNTOLD[one][0]}" for one, count in sorted(why.items()))
        or "of every room, or not asked for yet",
        fix=" ".join(_UNTOLD[one][1] for one in sorted(why)),
        tenant=name,
    )
    level = Level.WARN if odd else Level.OK
    return [
        told,
        Finding(check="calendar items", level=level, said=f"{odd} not understood", fix=fix, tenant=name),
    ]


async def _public_url(settings: Settings, session: aiohttp.ClientSession) -> Finding:
    """That Microsoft 365 reaches it from outside, only the first notification shows."""
    url, check = f"{settings.public_url}/healthz", "public address"
    try:
        async with session.get(url, timeout=aiohttp.ClientTimeout(total=_REACH_S), allow_redirects=False) as answer:
            if answer.status == 200:
                return Finding(check=check, level=Level.OK, said=f"{settings.public_url} answers")
            said, fix = (
                f"answers {answer.status}",
                "Start Foyer, and let the proxy hand requests to its port unchanged.",
            )
    except (aiohttp.ClientConnectorCertificateError, aiohttp.ClientSSLError, ssl.SSLError) as fault:
        said = f"{settings.public_url} has no good certificate ({type(fault).__name__})"
        fix = "Put a certificate there that public clients trust, with its whole chain: Microsoft 365 calls no other."
        return Finding(check=check, level=Level.FAIL, said=said, fix=fix)
    except (aiohttp.ClientError, OSError) as fault:
        said = f"cannot be reached from here ({type(fault).__name__})"
        fix = "Start Foyer; check the name, the proxy and the firewall; from outside, try it from another network."
    return Finding(check=check, level=Level.WARN, said=f"{settings.public_url} {said}", fix=fix)


async def _bot_credentials(settings: Settings, session: aiohttp.ClientSession, clock: Clock) -> Finding:
    check = "bot credentials"
    if settings.sandbox:
        return Finding(check=check, level=Level.OK, said="none needed in the sandbox")
    try:
        await credentials_of(settings, session, clock).token()
    except ConnectorError as fault:
        fix = "Check FOYER_APP_ID, FOYER_APP_SECRET and FOYER_APP_TENANT against the bot's registration."
        return Finding(check=check, level=Level.FAIL, said=f"no token for Teams ({fault})", fix=fix)
    return Finding(check=check, level=Level.OK, said="a token for Teams was given")
