"""Reads answers of services, bounded in size, and says which error an answer means."""

import json
import math
from collections.abc import Mapping
from typing import Any

import aiohttp

from bot.teams.connector_errors import (
    ActivityGone,
    ConnectorError,
    ConversationDead,
    CredentialsRefused,
    Forbidden,
    MaybeSent,
    Throttled,
    TooLarge,
    Unreachable,
)

MOST_BYTES = 64 * 1024
LONGEST_RETRY_AFTER_S = 3600.0

# Teams says these with 403 or 404 where the bot is blocked, removed, disabled, or the conversation is no more.
DEAD = frozenset(
    {
        "conversationblockedbyuser",
        "botnotinconversationroster",
        "botdisabledbyadmin",
        "messagewritesblocked",
        "conversationnotfound",
    }
)
_FINAL = {413: TooLarge, 401: CredentialsRefused}
_PASSING = frozenset({412, 502, 503, 504})


async def read_object(response: aiohttp.ClientResponse, most: int = MOST_BYTES) -> Mapping[str, Any]:
    """The JSON object of an answer. Raises ValueError for anything else, or for more than `most` bytes."""
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > most:
            raise ValueError("the answer is too long")
    try:
        document = json.loads(body)
    except RecursionError:
        raise ValueError("the answer is nested too deeply") from None
    if not isinstance(document, dict):
        raise ValueError("the answer is no JSON object")
    return document


async def read_leniently(response: aiohttp.ClientResponse) -> Mapping[str, Any]:
    """The JSON object of an answer, empty where it has none."""
    try:
        return await read_object(response)
    except (ValueError, aiohttp.ClientError, TimeoutError):
        return {}


def error_of(response: aiohttp.ClientResponse, body: Mapping[str, Any], *, creates: bool) -> ConnectorError:
    """`creates`: the call was one whose repetition shows a second message."""
    code, status = _code_of(body), response.status
    if status == 429:
        return Throttled(code, status, retry_after_s=retry_after_s(response.headers.get("Retry-After", "")))
    if status in _FINAL:
        return _FINAL[status](code, status)
    if status in {403, 404}:
        return _absent(code, status, creates=creates)
    if status in _PASSING:
        return Unreachable(code, status)
    if status == 408 or status >= 500:
        return MaybeSent(code, status) if creates else Unreachable(code, status)
    return Forbidden(code, status)


def retry_after_s(header: str) -> float:
    """Seconds to wait; fractions count, nonsense and dates mean one second, and an hour is the most."""
    try:
        seconds = float(header)
    except ValueError:
        return 1.0
    return 1.0 if math.isnan(seconds) else min(max(seconds, 0.0), LONGEST_RETRY_AFTER_S)


def _absent(code: str, status: int, *, creates: bool) -> ConnectorError:
    if code.lower() in DEAD or (status == 404 and creates and "activity" not in code.lower()):
        return ConversationDead(code, status)
    return ActivityGone(code, status) if status == 404 else Forbidden(code, status)


def _code_of(body: Mapping[str, Any]) -> str:
    """The innermost code that is known to mean something, else the outer one."""
    if body.get("errorCode") == 209:  # the other shape in which a block is told
        return "MessageWritesBlocked"
    error = body.get("error")
    if not isinstance(error, dict):
        return ""
    inner = error.get("innerHttpError")
    details = inner.get("body") if isinstance(inner, dict) else None
    said = (error.get("subCode"), details.get("subCode") if isinstance(details, dict) else None, error.get("code"))
    return next((code[:64] for code in said if isinstance(code, str) and code), "")
