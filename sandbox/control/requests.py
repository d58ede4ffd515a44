"""Records the requests that the tenant saw, for tests to count."""

import re
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

_KEPT = 20_000


@dataclass(frozen=True, kw_only=True)
class Seen:
    """One request to the login endpoint or Graph, and its answer's status (0: the connection was cut)."""

    number: int
    at: datetime
    method: str
    path: str
    query: str
    status: int
    client_request_id: str


class RequestLog:
    def __init__(self) -> None:
        self._seen: deque[Seen] = deque(maxlen=_KEPT)
        self._next = 1

    @property
    def next_number(self) -> int:
        return self._next

    def add(self, *, at: datetime, method: str, path: str, query: str, status: int, client_request_id: str) -> None:  # noqa: PLR0913  one row
        row = Seen(
            number=self._next, at=at, method=method, path=path, query=query, status=status,
            client_request_id=client_request_id,
        )  # fmt: skip
        self._seen.append(row)
        self._next += 1

    def find(self, *, method: str = "", path: str = "", since: int = 0) -> list[Seen]:
        """Rows from number `since` on, whose method equals and whose path matches the pattern. Raises re.error."""
        pattern = re.compile(path)
        return [
            row
            for row in self._rows(since)
            if (not method or row.method == method.upper()) and pattern.search(row.path)
        ]

    def clear(self) -> None:
        self._seen.clear()

    def _rows(self, since: int) -> Iterable[Seen]:
        return (row for row in self._seen if row.number >= since)
