"""Reads request bodies: bounded in size and time, JSON only, and every refusal is a status with a code."""

import asyncio
import json
from typing import Any, TypeVar

import aiohttp
from aiohttp import web

T = TypeVar("T", bytes, bytearray)

_BROKEN = (
    web.RequestPayloadError,
    aiohttp.ClientPayloadError,
    ConnectionError,
    aiohttp.http_exceptions.HttpProcessingError,
)


class Unfit(Exception):
    """A request that is answered with `status` and `code`, and nothing else of it is told or logged."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(code)
        self.status = status
        self.code = code


async def read_object(request: web.Request, *, most: int, within_s: float) -> dict[str, Any]:
    """The body's JSON object. Raises Unfit: 415 not JSON, 413 more than `most` bytes, 408 slower than `within_s`, 400
    anything else that is wrong with it."""
    if request.content_type != "application/json" or (request.charset or "utf-8").lower() not in {"utf-8", "utf8"}:
        raise Unfit(415, "body.not_json")
    if "Content-Encoding" in request.headers:
        raise Unfit(415, "body.packed")
    document = _decoded(await _read(request, most, within_s))
    if not isinstance(document, dict):
        raise Unfit(400, "body.not_an_object")
    return document


async def _read(request: web.Request, most: int, within_s: float) -> bytes:
    if (request.content_length or 0) > most:
        raise Unfit(413, "body.too_large")
    body = bytearray()
    try:
        if request.content.is_eof():  # small ones came with their head: nothing to wait for
            return _bounded(request.content.read_nowait(), most)
        async with asyncio.timeout(within_s):
            async for chunk in request.content.iter_any():
                body += chunk
                _bounded(body, most)
    except TimeoutError:
        raise Unfit(408, "body.too_slow") from None
    except _BROKEN:
        raise Unfit(400, "body.broken") from None
    return bytes(body)


def _bounded(body: T, most: int) -> T:
    if len(body) > most:
        raise Unfit(413, "body.too_large")
    return body


def _decoded(body: bytes) -> object:
    try:
        return _DECODER.decode(body.decode())
    except (ValueError, RecursionError):  # no UTF-8, no JSON, NaN, a number of 5,000 digits; nested too deeply
        raise Unfit(400, "body.bad_json") from None


def _refused(name: str) -> object:
    raise ValueError(name)


_DECODER = json.JSONDecoder(parse_constant=_refused)
