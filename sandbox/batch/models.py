"""What a batch asks for, and the rules that it has to keep.

https://learn.microsoft.com/graph/json-batching
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from sandbox.errors import GraphError, bad_request
from sandbox.wire import decoded

MOST = 20
_WITH_BODY = frozenset({"POST", "PATCH", "PUT"})
_METHODS = frozenset({"GET", "DELETE"}) | _WITH_BODY


class Item(msgspec.Struct, rename="camel", kw_only=True):
    """One request. A body is JSON, or the bytes of another type in base64."""

    id: str
    method: str
    url: str
    headers: dict[str, str] = {}
    body: Any = None
    depends_on: tuple[str, ...] = ()

    def header(self, name: str) -> str:
        """In any case; '' where it is not given."""
        return next((value for key, value in self.headers.items() if key.lower() == name.lower()), "")


class Batch(msgspec.Struct):
    requests: tuple[Item, ...]


def read(raw: bytes) -> tuple[Item, ...]:
    """Raises GraphError where the whole batch is refused."""
    try:
        items = msgspec.convert(decoded(raw), Batch, strict=False).requests
    except (msgspec.ValidationError, GraphError) as problem:
        raise malformed() from problem
    if not items:
        raise malformed()
    if len(items) > MOST:
        raise bad_request(f"Number of batch request steps exceeds the maximum value of {MOST}.")
    seen: set[str] = set()
    for item in items:
        _check(item, seen)
        seen.add(item.id.lower())
    _check_order(items)
    return items


def malformed() -> GraphError:
    return bad_request("Invalid batch payload format.")


def _check(item: Item, earlier: set[str]) -> None:
    if not item.id or item.id.lower() in earlier:
        raise bad_request(f"Request Id {item.id} has to be unique in a batch.")
    if item.method.upper() not in _METHODS or "://" in item.url.partition("?")[0] or not item.url.strip("/"):
        raise malformed()
    writes = item.method.upper() in _WITH_BODY
    if writes and (item.body is None or not item.header("Content-Type")):
        raise bad_request(f"Write request id : {item.id} does not contain Content-Type header or body.")
    if any(one.lower() not in earlier for one in item.depends_on):
        raise bad_request(f"Invalid dependency for request Id {item.id}.")


def _check_order(items: Sequence[Item]) -> None:
    """A batch runs in parallel or in sequence: where one depends on another, all but the first have to."""
    if any(item.depends_on for item in items):
        for item in items[1:]:
            if not item.depends_on:
                raise bad_request(f"Invalid dependency for request Id {item.id}.")
