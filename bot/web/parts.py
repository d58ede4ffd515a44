"""What the HTTP surface is given to work with, as callables, so that it knows neither Graph nor a store nor the SDK."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from bot.admin.readiness import Part
from bot.ports.figures import Family
from bot.teams.claims import Claims, FrontDoor
from bot.teams.inbound import Inbound


class Hint(NamedTuple):
    """One item of a change notification, as a stranger sent it: `client_state` is not compared yet."""

    subscription_id: str
    client_state: str
    resource: str
    lifecycle_event: str


@dataclass(frozen=True, kw_only=True)
class Watch:
    """What a process of a `role` tells of itself. `readiness` is of each part that serving needs, within a second;
    `figures` are for /metrics, which asks for `metrics_token` where there is one."""

    role: str
    readiness: Callable[[], Awaitable[Sequence[Part]]]
    figures: Callable[[], Awaitable[Sequence[Family]]]
    metrics_token: str = field(default="", repr=False)


@dataclass(frozen=True, kw_only=True)
class Parts:
    """`on_activity` answers a verified activity with a status and a JSON body or None, and may raise Malformed.

    `mark_dirty` compares every hint's client state in constant time, makes the known ones durable before it returns,
    and raises StoreDown where it cannot. It must not use the network. `new_id` makes the id under which an unexpected
    error is logged and told.
    """

    front_door: FrontDoor
    on_activity: Callable[[Inbound, Claims], Awaitable[tuple[int, Any | None]]]
    mark_dirty: Callable[[list[Hint]], Awaitable[None]]
    watch: Watch
    new_id: Callable[[], str]
