"""The service's limits as numbers that a test may change.

https://learn.microsoft.com/graph/throttling-limits
"""

from typing import Annotated

import msgspec

Count = Annotated[int, msgspec.Meta(ge=1)]
Seconds = Annotated[float, msgspec.Meta(ge=0, le=1e9)]


class LimitSettings(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """`enabled` switches all of them. A window begins with its first request. `latency_ms` is how long every request
    to a mailbox takes on the tenant's clock: without it, few are ever in flight together."""

    enabled: bool = True
    mailbox_concurrency: Count = 4
    mailbox_requests: Count = 10_000
    mailbox_window_s: Seconds = 600
    app_requests: Count = 130_000
    app_window_s: Seconds = 10
    subscription_writes: Count = 1_000
    subscription_requests: Count = 5_000
    subscription_window_s: Seconds = 20
    mailbox_subscriptions: Count = 1_000
    identity_units: Count = 3_500
    identity_window_s: Seconds = 10
    identity_writes: Count = 3_000
    identity_writes_window_s: Seconds = 150
    latency_ms: Seconds = 0
