"""HTTP without sockets: sessions that hand requests straight to the applications that answer them."""

import asyncio
import random
from collections.abc import Callable, Coroutine, Mapping
from contextlib import AbstractAsyncContextManager
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import hdrs, web
from aiohttp.http import HttpVersion11, RawRequestMessage
from aiohttp.streams import EmptyStreamReader, StreamReader
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

Answerer = Callable[["Call"], Coroutine[Any, Any, web.StreamResponse]]

_SLOW_SHARE, _SLOW_S = 0.2, (0.5, 1.5)  # what Teams takes to show the answer to a press


@dataclass(kw_only=True)
class Call:
    """One request on its way. `is_cut` once either side has cut it."""

    method: str
    url: URL
    headers: CIMultiDictProxy[str]
    body: bytes
    is_cut: bool = False


class _Transport:
    """What handlers may do to a connection: ask whose it is, and cut it."""

    def __init__(self, call: Call) -> None:
        self._call = call

    def abort(self) -> None:
        self._call.is_cut = True

    def close(self) -> None:
        self._call.is_cut = True

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return ("127.0.0.1", 1) if name == "peername" else default

    def is_closing(self) -> bool:
        return self._call.is_cut


class _Protocol:
    """As much of aiohttp's as a request looks at."""

    ssl_context = None
    peername = ("127.0.0.1", 1)
    sockname = ("127.0.0.1", 1)
    _reading_paused = False
    upgraded = False
    connected = True

    def __init__(self, call: Call) -> None:
        self.transport = _Transport(call)

    def pause_reading(self) -> None:
        """A body is here as a whole already."""

    def resume_reading(self, **_: Any) -> None:
        """As above."""


class _Writer:
    """Where a streamed answer would go."""

    length: int | None = None
    output_size = 0
    transport = None

    async def write_headers(self, *_: Any) -> None: ...

    def send_headers(self) -> None: ...

    async def write(self, *_: Any, **__: Any) -> None: ...

    async def write_eof(self, *_: Any) -> None: ...

    async def drain(self) -> None: ...

    def enable_chunking(self) -> None: ...

    def enable_compression(self, *_: Any, **__: Any) -> None: ...

    def set_eof(self) -> None: ...


def answerer(app: web.Application) -> Answerer:
    """The application, which must have been set up, as what answers calls."""

    async def answer(call: Call) -> web.StreamResponse:
        try:
            return await app._handle(_request(call, app))
        except web.HTTPException as answered:
            return answered

    return answer


def _request(call: Call, app: web.Application) -> web.Request:
    loop = asyncio.get_running_loop()
    protocol: Any = _Protocol(call)
    message = RawRequestMessage(
        call.method, str(call.url.relative()), HttpVersion11, call.headers, (), False, None, False, False,
        call.url.relative(),
    )  # fmt: skip
    payload: Any = EmptyStreamReader()
    if call.body:
        payload = StreamReader(protocol, 2**22, loop=loop)
        payload.feed_data(call.body)
        payload.feed_eof()
    task: Any = asyncio.current_task()
    writer: Any = _Writer()
    return web.Request(message, payload, protocol, writer, task, loop, client_max_size=app._client_max_size)


class _Content:
    """The body's stream, which comes in one piece and may break off."""

    def __init__(self, reply: "Reply") -> None:
        self._reply = reply

    async def iter_any(self) -> Any:
        yield await self._reply.read()


@dataclass
class Reply:
    """An answer as a client of aiohttp sees it."""

    status: int
    headers: CIMultiDictProxy[str]
    _body: bytes
    _is_broken: bool = False
    method: str = ""
    reason: str = ""

    @property
    def content(self) -> _Content:
        return _Content(self)

    @property
    def content_length(self) -> int | None:
        return None if self._is_broken else len(self._body)

    @property
    def content_type(self) -> str:
        return self.headers.get(hdrs.CONTENT_TYPE, "application/octet-stream").partition(";")[0].strip()

    async def read(self) -> bytes:
        if self._is_broken:
            raise aiohttp.ClientPayloadError("the answer broke off")
        return self._body

    async def text(self) -> str:
        return (await self.read()).decode()

    def close(self) -> None: ...


@dataclass
class Net:
    """Who answers under which host and port. What is not there refuses the connection."""

    chance: random.Random
    hosts: dict[str, Answerer] = field(default_factory=dict)
    latency_s: tuple[float, float] = (0.005, 0.08)
    outside: Context = field(default_factory=copy_context)

    def session(self, guard: "Guard | None" = None) -> Any:
        return Session(self, guard)

    async def carry(self, call: Call) -> Reply:
        answer = self.hosts.get(call.url.authority)
        await pause(self.chance.uniform(*self.latency_s))
        if answer is None:
            raise refused()
        # The server works on, whatever becomes of the client.
        working = asyncio.get_running_loop().create_task(answer(call), context=self.outside)
        working.add_done_callback(_passed_over)
        response = await asyncio.shield(working)
        if call.is_cut:
            raise aiohttp.ServerDisconnectedError
        body = response.body if isinstance(response, web.Response) else b""
        if not isinstance(body, bytes | bytearray | type(None)):
            raise TypeError(type(body))
        headers = CIMultiDictProxy(CIMultiDict(response.headers))
        is_press = call.url.path.endswith("/api/messages") and self.chance.random() < _SLOW_SHARE
        await pause(self.chance.uniform(*(_SLOW_S if is_press else self.latency_s)))
        return Reply(response.status, headers, bytes(body or b""))


class Guard:
    """What a session asks before and after each call: of one that died, nothing goes out and nothing comes back."""

    async def before(self, call: Call) -> None: ...

    async def after(self, call: Call, reply: Reply) -> None: ...


class Session:
    """Stands in for aiohttp's ClientSession. Time-outs run on the loop's clock."""

    def __init__(self, net: Net, guard: Guard | None) -> None:
        self._net = net
        self._guard = guard or Guard()

    async def __aenter__(self) -> "Session":
        return self

    async def __aexit__(self, *_: object) -> None: ...

    async def close(self) -> None: ...

    def post(self, url: str | URL, **how: Any) -> AbstractAsyncContextManager[Reply]:
        return self.request("POST", url, **how)

    def get(self, url: str | URL, **how: Any) -> AbstractAsyncContextManager[Reply]:
        return self.request("GET", url, **how)

    def request(self, method: str, url: str | URL, **how: Any) -> AbstractAsyncContextManager[Reply]:
        return _Sending(self._net, self._guard, _call(method, url, how), how.get("timeout"))


class _Sending(AbstractAsyncContextManager[Reply]):
    def __init__(self, net: Net, guard: Guard, call: Call, timeout: aiohttp.ClientTimeout | None) -> None:
        self._net = net
        self._guard = guard
        self._call = call
        self._longest_s = timeout.total if timeout is not None else None

    async def __aenter__(self) -> Reply:
        await self._guard.before(self._call)
        async with asyncio.timeout(self._longest_s):
            reply = await self._net.carry(self._call)
        await self._guard.after(self._call, reply)
        return reply

    async def __aexit__(self, *_: object) -> None: ...


def _call(method: str, url: str | URL, how: Mapping[str, Any]) -> Call:
    whole = url if isinstance(url, URL) else URL(url)
    body = how.get("data") or b""
    if hasattr(body, "read"):
        body = body.read()
    headers = CIMultiDict(how.get("headers") or {})
    headers.setdefault("Host", whole.authority)
    if body:
        headers["Content-Length"] = str(len(body))
    return Call(method=method, url=whole, headers=CIMultiDictProxy(headers), body=bytes(body))


def refused() -> aiohttp.ClientConnectorError:
    """As for a port at which nobody listens."""
    key: Any = aiohttp.client_reqrep.ConnectionKey("", 0, False, False, None, None, None)
    return aiohttp.ClientConnectorError(key, ConnectionRefusedError("nobody listens"))


async def pause(seconds: float) -> None:
    """On the loop's clock."""
    await asyncio.sleep(seconds)  # noqa: TID251  the loop's time is virtual: this is the clock


async def never() -> None:
    """For whoever is dead."""
    await asyncio.get_running_loop().create_future()


def _passed_over(working: "asyncio.Task[Any]") -> None:
    """Nobody may be there any more to hear how it ended."""
    if not working.cancelled():
        working.exception()
