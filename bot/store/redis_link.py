"""The connection to Redis, and how a command that got no answer is sent again."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlsplit

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import (
    AuthenticationError,
    NoScriptError,
    ReadOnlyError,
    RedisError,
    ResponseError,
)
from redis.exceptions import (
    ConnectionError as NoConnection,
)
from redis.exceptions import (
    TimeoutError as NoAnswer,
)

from bot.ports.clock import Clock
from bot.ports.store import StoreDown, StoreUnusable

log = logging.getLogger(__name__)

_PAUSE_S = 0.05
_LONGEST_PAUSE_S = 1.0
_CONNECTIONS = 16
# What a server says that will be able to take commands again.
_FOR_NOW = ("LOADING", "BUSY", "TRYAGAIN", "CLUSTERDOWN", "MASTERDOWN")

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """`answer_s` for one answer or one connection; for `patience_s` from when the server was found to be away commands
    are sent again, and later ones are tried once; `most_changed` keys are kept in a tenant's change feed (a hundred
    thousand take some ten megabytes)."""

    answer_s: float = 2.0
    patience_s: float = 5.0
    most_changed: int = 100_000


class Link:
    """Commands over a pool of connections. All commands may be sent twice: whoever writes makes that harmless."""

    def __init__(self, url: str, clock: Clock, bounds: Bounds) -> None:
        """Raises StoreUnusable for a URL that is none of Redis'."""
        try:
            _require_plain(url)
            pool = BlockingConnectionPool.from_url(
                url,
                max_connections=_CONNECTIONS,
                timeout=bounds.patience_s,
                socket_timeout=bounds.answer_s,
                socket_connect_timeout=bounds.answer_s,
                health_check_interval=30,
                retry=Retry(NoBackoff(), 0),
            )
        except ValueError as problem:
            raise StoreUnusable(
                "REDIS_URL is no address of a Redis: use redis://host:6379/0, or rediss:// over TLS, without options"
            ) from problem
        self._redis = Redis(connection_pool=pool)
        self._is_closed = False
        self._down_since: float | None = None
        self._clock = clock
        self._patience_s = bounds.patience_s
        self._shas: dict[str, str] = {}

    async def run(self, script: str, stem: str, *values: str | bytes) -> Any:
        """Raises StoreDown."""

        async def once(redis: Redis) -> Any:
            return await redis.evalsha(await self.sha(redis, script), 1, stem, *values)

        return await self.ask(once)

    async def sha(self, redis: Redis, script: str) -> str:
        """By what name the server knows the script; it is told of it where it does not yet."""
        if script not in self._shas:
            self._shas[script] = str(await redis.script_load(_script(script)))
        return self._shas[script]

    async def ask(self, command: Callable[[Redis], Awaitable[T]]) -> T:
        """Raises StoreDown, also once `refuse` was called."""
        self.require_open()
        return await self.repeat(command)

    async def repeat(self, command: Callable[[Redis], Awaitable[T]]) -> T:
        """Sends it again while the server cannot be reached or is starting; where it has been away for long already,
        once, for a person's turn makes several commands. Raises StoreDown."""
        began_at = self._clock.monotonic() if self._down_since is None else self._down_since
        gives_up_at = began_at + self._patience_s
        pause_s = _PAUSE_S
        while True:
            try:
                answer = await command(self._redis)
            except NoScriptError:  # the server was started again and knows none
                self._shas.clear()
                continue
            except (RedisError, OSError) as problem:
                self._note(problem)
                # Connections that stood idle broke with this one.
                await self._redis.connection_pool.disconnect(inuse_connections=False)
                if not may_pass(problem) or self._clock.monotonic() + pause_s > gives_up_at:
                    raise StoreDown(told(problem)) from problem
            else:
                self._note(None)
                return answer
            await self._clock.sleep(pause_s)
            pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)

    async def can(self, command: Callable[[Redis], Awaitable[object]], *, within_s: float) -> bool:
        """Whether one attempt succeeds in time; nothing is sent again."""
        if self._is_closed:
            return False
        try:
            async with asyncio.timeout(within_s):
                await command(self._redis)
        except (RedisError, OSError):  # a TimeoutError is an OSError
            return False
        return True

    def require_open(self) -> None:
        """Raises StoreDown."""
        if self._is_closed:
            raise StoreDown("the store is closed")

    def refuse(self) -> None:
        """Takes nothing new."""
        self._is_closed = True

    async def close(self) -> None:
        self._is_closed = True
        await self._redis.aclose(close_connection_pool=True)

    def _note(self, problem: Exception | None) -> None:
        """One line when it goes, one when it is back."""
        if problem is not None and self._down_since is None:
            log.error("store.down", extra={"reason": told(problem)})
            self._down_since = self._clock.monotonic()
        elif problem is None and self._down_since is not None:
            log.info("store.back")
            self._down_since = None


def may_pass(problem: Exception) -> bool:
    """Whether the same command may be taken a little later."""
    if isinstance(problem, (NoConnection, NoAnswer, OSError, ReadOnlyError)):
        return not isinstance(problem, AuthenticationError)
    return isinstance(problem, ResponseError) and str(problem).startswith(_FOR_NOW)


def told(problem: Exception) -> str:
    """For a log: without addresses, for the text of a lost connection names the server."""
    if isinstance(problem, ResponseError):
        return str(problem).split(".", 1)[0][:120]
    return type(problem).__name__


def _script(name: str) -> str:
    return files("bot.store").joinpath("lua", f"{name}.lua").read_text(encoding="utf-8")


def _require_plain(url: str) -> None:
    """Raises ValueError: the library takes options from the address, and trips over those it does not know when it
    connects. A socket's database is the one that is needed."""
    if parse_qs(urlsplit(url).query).keys() - {"db"}:
        raise ValueError("options")
