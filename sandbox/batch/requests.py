"""Makes a request of a batch's item: the same as if it had come by itself on the batch's connection."""

import asyncio
import base64
import binascii
from typing import Any

import msgspec
from aiohttp import EMPTY_PAYLOAD, StreamReader, hdrs, web
from aiohttp.http import RawRequestMessage
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from sandbox.batch.models import Item, malformed
from sandbox.wire import GRAPH

# What an item has of its batch unless it says otherwise: who asks, and by which address.
_INHERITED = (hdrs.AUTHORIZATION, hdrs.HOST, "X-Forwarded-Proto", "client-request-id")


def request_of(item: Item, batch: web.Request) -> web.Request:
    """Raises GraphError for a body that can't be read."""
    body = _body(item)
    headers = CIMultiDict({name: batch.headers[name] for name in _INHERITED if name in batch.headers})
    headers.update({name: value for name, value in item.headers.items() if name.lower() != "host"})
    headers[hdrs.CONTENT_LENGTH] = str(len(body))
    url = URL(GRAPH + item.url.lstrip("/"))
    message = RawRequestMessage(
        method=item.method.upper(),
        path=str(url),
        version=batch.version,
        headers=CIMultiDictProxy(headers),
        raw_headers=tuple((name.encode(), value.encode()) for name, value in headers.items()),
        should_close=False,
        compression=None,
        upgrade=False,
        chunked=False,
        url=url,
    )
    loop = asyncio.get_running_loop()
    payload = EMPTY_PAYLOAD
    if body:
        payload = StreamReader(batch.protocol, len(body), loop=loop)
        payload.feed_data(body)
        payload.feed_eof()
    return web.Request(
        message, payload, batch.protocol, batch.writer, batch.task, loop, client_max_size=batch.client_max_size
    )


def _body(item: Item) -> bytes:
    if item.body is None:
        return b""
    if isinstance(item.body, str) and "json" not in item.header("Content-Type").lower():
        try:
            return base64.b64decode(item.body, validate=True)
        except binascii.Error as problem:
            raise malformed() from problem
    return msgspec.json.encode(item.body)


def shown_body(response: web.Response) -> Any:
    """JSON as it is, everything else in base64; None without a body."""
    body = response.body
    if not isinstance(body, bytes) or not body:
        return None
    if response.content_type == "application/json":
        return msgspec.Raw(body)
    return base64.b64encode(body).decode()
