"""Several requests in one `$batch`: what to send, and what its answer says of each; without a socket.

https://learn.microsoft.com/graph/json-batching: at most 20, each with a status and headers of its own, answered in any
order, none of them before or after another.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeVar

import msgspec

from bot.graph.clouds import Cloud
from bot.graph.sansio import API, UNREADABLE, Effect, Request, Response, decipher, error_of, lost, own_headers, url_of
from bot.ports.calendar import Busy, Denied, Rejected, RemoteError, Unclear

T = TypeVar("T")

MOST = 20
PATH = "/$batch"
# The service itself passes on four of a batch at a time (https://learn.microsoft.com/graph/throttling-limits).
AT_ONCE = 4


class _Part(msgspec.Struct):
    id: str
    method: str
    url: str
    headers: dict[str, str]
    body: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


class _Answer(msgspec.Struct):
    id: str
    status: int
    headers: dict[str, Any] | None = None
    body: msgspec.Raw = msgspec.Raw(b"")


class _Answers(msgspec.Struct):
    responses: list[msgspec.Raw]


_ANSWERS = msgspec.json.Decoder(_Answers)
_ANSWER = msgspec.json.Decoder(_Answer)
_ASKED: Request[bytes] = Request(name="batch", method="POST", read=bytes, effect=Effect.READ)


def packs(requests: Sequence[Request[Any]], *, most: int = MOST, per_mailbox: int) -> list[list[int]]:
    """The requests' positions, each in one group: no group larger than a batch may be, none with more for one mailbox
    than that takes at once. Earlier requests stand in earlier groups."""
    found: list[list[int]] = []
    counts: list[Counter[str]] = []
    first_open = 0
    for position, request in enumerate(requests):
        mailbox = request.mailbox.casefold()
        while first_open < len(found) and len(found[first_open]) >= most:
            first_open += 1
        for group, count in zip(found[first_open:], counts[first_open:], strict=True):
            if len(group) < most and (not mailbox or count[mailbox] < per_mailbox):
                break
        else:
            group, count = [], Counter()
            found.append(group)
            counts.append(count)
        group.append(position)
        count[mailbox] += 1
    return found


def places(requests: Sequence[Request[Any]]) -> dict[str, int]:
    """How many calls a batch of these makes on each mailbox."""
    return dict(Counter(request.mailbox.casefold() for request in requests if request.mailbox))


def relative_of(cloud: Cloud, request: Request[Any]) -> str:
    """The request's URL below the API's root. Raises Rejected for a link that leaves the cloud or the API."""
    url, root = url_of(cloud, request), cloud.graph + API
    if not url.startswith(root + "/"):
        raise Rejected("ForeignLink")
    return url[len(root) :]


def body_of(cloud: Cloud, requests: Sequence[Request[Any]]) -> bytes:
    """Ids are the positions. Raises Rejected as `relative_of` does."""
    parts = [
        _Part(
            str(position),
            one.method,
            relative_of(cloud, one),
            own_headers(one),
            msgspec.Raw(one.body) if one.body else msgspec.UNSET,
        )
        for position, one in enumerate(requests)
    ]
    return msgspec.json.encode({"requests": parts})


def is_refused(response: Response, *, now: datetime) -> bool:
    """Whether the service took no batch, or not this one. Then none of it happened, and each may be sent alone."""
    if 200 <= response.status < 300:
        return False
    return not isinstance(error_of(_ASKED, response, now=now), Busy | Denied | Unclear)


def answers(requests: Sequence[Request[Any]], response: Response) -> list[Response | None]:
    """Each request's own answer; None where the batch holds none that can be told to be it, or two of them. An answer
    that is not a batch's is everybody's."""
    if not 200 <= response.status < 300:
        return [response] * len(requests)
    found: dict[str, Response | None] = {}
    for one in _readable(response.body):
        found[one.id] = None if one.id in found else _told(one)
    return [found.get(str(position)) for position in range(len(requests))]


def outcome(request: Request[T], answer: Response | None, *, now: datetime) -> T | RemoteError:
    """As `decipher`, but it returns what that raises."""
    if answer is None:
        return lost(request, "NoAnswerInBatch")
    try:
        return decipher(request, answer, now=now)
    except RemoteError as error:
        return error


def _readable(body: bytes) -> list[_Answer]:
    try:
        told = _ANSWERS.decode(body).responses
    except UNREADABLE:
        return []
    found = []
    for raw in told:
        try:
            found.append(_ANSWER.decode(raw))
        except UNREADABLE:
            continue
    return found


def _told(answer: _Answer) -> Response:
    body = bytes(answer.body)
    headers = {name.lower(): str(value) for name, value in (answer.headers or {}).items()}
    return Response(status=answer.status, headers=headers, body=b"" if body == b"null" else body)
