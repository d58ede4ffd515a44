"""Records the requests that the tenant saw, for tests to count, and what of them it did not honour."""

import re
from collections import deque
from collections.abc import Iterable
from datetime import datetime

import msgspec

_KEPT = 20_000


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """One request to the login endpoint or Graph, and its answer's status (0: the connection was cut).

    `mailbox` is the address of the mailbox that it was for, if any; `batch` is the request id of the batch that
    carried it."""

    number: int
    at: datetime
    method: str
    path: str
    query: str
    status: int
    client_request_id: str
    mailbox: str = ""
    batch: str = ""


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """Something that Graph has and this tenant does not; `times` counts how often it was asked for."""

    method: str
    path: str
    what: str
    first_at: datetime
    times: int


class RequestLog:
    def __init__(self) -> None:
        self._seen: deque[Seen] = deque(maxlen=_KEPT)
        self._refused: dict[tuple[str, str, str], Refusal] = {}
        self._next = 1

    @property
    def next_number(self) -> int:
        return self._next

    def add(self, row: Seen) -> None:
        self._seen.append(row)
        self._next = row.number + 1

    def find(self, *, method: str = "", path: str = "", since: int = 0) -> list[Seen]:
        """Rows from number `since` on, whose method equals and whose path matches the pattern. Raises re.error."""
        pattern = re.compile(path)
        return [
            row
            for row in self._rows(since)
            if (not method or row.method == method.upper()) and pattern.search(row.path)
        ]

    def refuse(self, *, method: str, path: str, what: str, at: datetime) -> None:
        """Counts it once for each method, path and thing asked for; the newest 20,000 stay."""
        key = (method, path, what)
        known = self._refused.pop(key, None)
        times, first_at = (known.times + 1, known.first_at) if known else (1, at)
        self._refused[key] = Refusal(method=method, path=path, what=what, first_at=first_at, times=times)
        if len(self._refused) > _KEPT:
            del self._refused[next(iter(self._refused))]

    def refused(self) -> list[Refusal]:
        """The latest last."""
        return list(self._refused.values())

    def clear(self) -> None:
        self._seen.clear()
        self._refused.clear()

    def _rows(self, since: int) -> Iterable[Seen]:
        return (row for row in self._seen if row.number >= since)
