"""What a Redis server tells of itself, and which servers are good enough."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import AuthenticationError, NoPermissionError, ResponseError

from bot.ports.store import StoreDown, StoreUnusable
from bot.store.redis_link import Link

log = logging.getLogger(__name__)

OLDEST = (7, 0)
_WANTED = {
    "appendonly": ("yes", "it keeps no append-only file (redis.conf: appendonly yes)"),
    "appendfsync": ("always", "it does not flush each write (redis.conf: appendfsync always)"),
    "maxmemory-policy": (
        "noeviction",
        "it drops keys when memory is short (redis.conf: maxmemory-policy noeviction)",
    ),
}


@dataclass(frozen=True, kw_only=True)
class Server:
    """`forgets` are the ways in which it would lose what it took, as sentences with their remedy. `most_bytes` is what
    it may use at most: its own limit, or the machine's memory; 0 where it does not tell."""

    version: str
    is_primary: bool
    forgets: tuple[str, ...]
    used_bytes: int
    most_bytes: int

    @property
    def is_too_old(self) -> bool:
        return tuple(int(part) for part in self.version.split(".")[:2]) < OLDEST


async def server_of(link: Link) -> Server:
    """Raises StoreUnusable for a server that does not answer."""
    try:
        told = await link.ask(lambda redis: redis.info("server"))
        role = await link.ask(lambda redis: redis.info("replication"))
        memory = await link.ask(lambda redis: redis.info("memory"))
        forgets = await _forgetfulness(link)
    except StoreDown as problem:
        raise StoreUnusable(_why_not(problem)) from problem
    return Server(
        version=str(told["redis_version"]),
        is_primary=role["role"] == "master",
        forgets=tuple(forgets),
        used_bytes=int(memory.get("used_memory", 0)),
        most_bytes=int(memory.get("maxmemory", 0)) or int(memory.get("total_system_memory", 0)),
    )


def _why_not(problem: StoreDown) -> str:
    """What was seen, and after a colon what to do. Source: https://redis.io/docs/latest/commands/auth/"""
    cause = problem.__cause__
    if isinstance(cause, NoPermissionError):
        return (
            f"Redis does not let the user of REDIS_URL work ({cause}): give it the keys and commands "
            "(ACL SETUSER … ~* &* +@all)"
        )
    if not isinstance(cause, AuthenticationError):
        return f"Redis cannot be used ({problem}): check REDIS_URL, and that the server runs"
    if "invalid" in str(cause):
        return (
            "Redis answered and refused the user or the password: correct them in REDIS_URL "
            "(redis://[user:password@]host:6379/0, special characters of a password as %xx)"
        )
    return "Redis answered and wants a password: put it into REDIS_URL, as redis://[user:password@]host:6379/0"


async def require_good(link: Link, *, accept_loss: bool) -> None:
    """Raises StoreUnusable for a server that does not answer, is too old, is a replica, or would forget what it took;
    the last is let pass with `accept_loss`. https://redis.io/docs/latest/operate/oss_and_stack/management/persistence/"""
    server = await server_of(link)
    if server.is_too_old:
        raise StoreUnusable(f"Redis {server.version} is too old: use {OLDEST[0]}.{OLDEST[1]} or newer")
    if not server.is_primary:
        raise StoreUnusable("REDIS_URL leads to a replica: name the primary")
    if server.forgets and not accept_loss:
        advice = "Set REDIS_ACCEPT_LOSS=1 to run all the same: what was answered may then be lost."
        raise StoreUnusable(f"Redis would lose what it took: {'; '.join(server.forgets)}. {advice}")
    for one in server.forgets:
        log.warning("store.forgetful", extra={"reason": one})


async def _forgetfulness(link: Link) -> list[str]:
    try:
        found = {name: str((await link.ask(_setting(name))).get(name, "")) for name in _WANTED}
    except StoreDown as problem:
        if not isinstance(problem.__cause__, ResponseError):
            raise
        return ["it does not tell its settings (CONFIG GET is forbidden, as managed services do)"]
    problems = [said for name, (value, said) in _WANTED.items() if found[name] != value]
    written = await link.ask(lambda redis: redis.info("persistence"))
    if written.get("aof_last_write_status", "ok") != "ok":
        problems.append("its last write to the append-only file failed: is the disk full?")
    return problems


def _setting(name: str) -> Callable[[Redis], Any]:
    return lambda redis: redis.config_get(name)
