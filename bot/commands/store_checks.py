"""What `doctor` looks at in the store: the file and its disk, or the Redis server; and what is owed in it."""

import os
import shutil
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from bot.commands.findings import Finding, Level, skipped
from bot.commands.untold import UNTOLD
from bot.config import Settings
from bot.edges import store_file
from bot.ports import keys
from bot.ports.clock import Clock
from bot.ports.records import Polling
from bot.ports.store import Document, Owed, StoreDown, StoreError, StoreUnusable
from bot.store.codec import JsonCodec
from bot.store.redis_peek import RedisPeek
from bot.store.redis_server import OLDEST, Server
from bot.store.sqlite_file import file_system_of, require_local
from bot.store.sqlite_peek import Peek

_IN_STORE = ("dead letters", "oldest dirty room", "notifications", "calendar items")
_OF_REDIS = ("durability", "memory")
_MIB = 1 << 20
_LOW_DISK, _NO_DISK = 1024 * _MIB, 100 * _MIB
_LONG_LOG = 64 * _MIB
_OLD = timedelta(minutes=15)  # three polls
_FULL, _ALMOST_FULL = 0.95, 0.8


async def store_findings(settings: Settings, clock: Clock) -> list[Finding]:
    """Of the store that the settings name, and of what is owed in it."""
    findings = await _of_redis(settings, clock) if settings.redis_url else _of_file(settings, clock)
    made = {(one.check, one.tenant) for one in findings}
    is_new = not settings.redis_url and not store_file(settings).exists()
    why = "there is no store yet" if is_new else "it needs the store"
    beside = _OF_REDIS if settings.redis_url else ()
    findings += skipped((check for check in beside if (check, "") not in made), why)
    for name in (tenant.name for tenant in settings.tenants):
        findings += skipped((check for check in _IN_STORE if (check, name) not in made), why, tenant=name)
    return findings


async def _of_redis(settings: Settings, clock: Clock) -> list[Finding]:
    findings: list[Finding] = []
    try:
        async with RedisPeek(settings.redis_url, clock) as peek:
            findings += [*_server(peek.server), _durability(peek.server, settings), _memory(peek.server)]
            now_s = clock.now().timestamp()
            for tenant in settings.tenants:
                findings += _owed(await peek.owed(tenant.tenant_id, now=now_s), tenant.name, now_s)
                polled = await peek.scan(tenant.tenant_id, keys.polling(""))
                findings += _not_had(polled, len(await peek.scan(tenant.tenant_id, keys.ODD)), tenant.name)
    except (StoreUnusable, StoreDown) as wrong:
        findings.append(_unusable(wrong, "look at the server's log, and run this again"))
    return findings


def _server(server: Server) -> list[Finding]:
    if server.is_too_old:
        fix = f"Use Redis {OLDEST[0]}.{OLDEST[1]} or newer: Foyer does not start on this one."
        return [Finding(check="store", level=Level.FAIL, said=f"Redis {server.version} is too old", fix=fix)]
    if not server.is_primary:
        said, fix = "REDIS_URL leads to a replica", "Name the primary: a replica takes no writes."
        return [Finding(check="store", level=Level.FAIL, said=said, fix=fix)]
    return [Finding(check="store", level=Level.OK, said=f"Redis {server.version} answers")]


def _durability(server: Server, settings: Settings) -> Finding:
    check = "durability"
    if not server.forgets:
        said = "each write is on its disk before it answers, and no key is dropped"
        return Finding(check=check, level=Level.OK, said=said)
    level = Level.WARN if settings.accept_loss else Level.FAIL
    fix = "Change the server's settings as said. REDIS_ACCEPT_LOSS=1 would accept that bookings may be lost."
    return Finding(check=check, level=level, said="; ".join(server.forgets), fix=fix)


def _memory(server: Server) -> Finding:
    """Without eviction a full Redis refuses writes: nothing can be booked then."""
    share = server.used_bytes / server.most_bytes if server.most_bytes else 0.0
    level = Level.FAIL if share > _FULL else Level.WARN if share > _ALMOST_FULL else Level.OK
    most = f" of {server.most_bytes // _MIB}" if server.most_bytes else ""
    fix = "Give the server more memory (maxmemory, or the machine): when it is full, nothing can be booked."
    said = f"{server.used_bytes // _MIB}{most} MiB used"
    return Finding(check="memory", level=level, said=said, fix=fix if level else "")


def _of_file(settings: Settings, clock: Clock) -> list[Finding]:
    path = store_file(settings)
    if not path.exists():
        return [_folder(settings.data), _new_store(path)]
    findings = [_folder(settings.data), _disk(settings.data), _log(path)]
    try:
        require_local(path.resolve(), file_system_of(path.resolve()))
        with Peek(path) as peek:
            findings.append(Finding(check="store", level=Level.OK, said=f"{path} can be read"))
            now_s = clock.now().timestamp()
            for tenant in settings.tenants:
                findings += _owed(peek.owed(tenant.tenant_id, now=now_s), tenant.name, now_s)
                polled = peek.scan(tenant.tenant_id, keys.polling(""))
                findings += _not_had(polled, len(peek.scan(tenant.tenant_id, keys.ODD)), tenant.name)
    except StoreUnusable as wrong:
        findings.append(_unusable(wrong, "look at the log of the service, and run this again"))
    return findings


def _unusable(wrong: StoreError, otherwise: str) -> Finding:
    """What the store refused says what to do after a colon."""
    said, _, fix = str(wrong).partition(": ")
    fix = fix or otherwise
    return Finding(check="store", level=Level.FAIL, said=said, fix=f"{fix[:1].upper()}{fix[1:]}.")


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
    fix = "Stop what keeps the file open beside Foyer, a backup tool say; a restart of Foyer folds it in."
    return Finding(check="write-ahead log", level=level, said=f"{size // _MIB} MiB", fix=fix if level else "")


def _owed(owed: dict[str, Owed], name: str, now_s: float) -> list[Finding]:
    dead = sum(one.dead for one in owed.values())
    fix = "Say “dead letters” to Foyer as an administrator, and “replay all” once the cause is gone." if dead else ""
    sync = owed.get("sync/")
    age_s = now_s - sync.since if sync and sync.since is not None else 0.0
    is_old = age_s > _OLD.total_seconds()
    read = "Start Foyer if it is stopped; else look at what follows: sign-in, permissions, the room's calendar."
    return [
        Finding(
            check="dead letters",
            level=Level.WARN if dead else Level.OK,
            said=f"{dead} given up on",
            fix=fix,
            tenant=name,
        ),
        Finding(
            check="oldest dirty room",
            level=Level.WARN if is_old else Level.OK,
            said=f"waiting for {round(age_s / 60)} min" if age_s else "none waits",
            fix=read if is_old else "",
            tenant=name,
        ),
    ]


def _not_had(pollings: Sequence[Document], odd: int, name: str) -> list[Finding]:
    """Rooms that no notifications come of, by why; items of calendars that nobody understands."""
    codec = JsonCodec()
    why = Counter(codec.decode(found.value, Polling).why for found in pollings)
    told = ", ".join(f"{count} rooms without: {UNTOLD[one][0]}" for one, count in sorted(why.items()))
    fix = "They block their time and are not answered. Open them in Outlook and save them anew, or report their shape."
    return [
        Finding(
            check="notifications",
            level=Level.WARN if why else Level.OK,
            said=told or "of every room, or not asked for yet",
            fix=" ".join(UNTOLD[one][1] for one in sorted(why)),
            tenant=name,
        ),
        Finding(
            check="calendar items",
            level=Level.WARN if odd else Level.OK,
            said=f"{odd} not understood",
            fix=fix if odd else "",
            tenant=name,
        ),
    ]
