"""Keeps sends below Teams' limits for each conversation and each tenant, and lets a throttled conversation rest.

Source: "Optimize your bot with rate limiting" (learn.microsoft.com/microsoftteams/platform/bots/how-to/rate-limit):
7 sends in 1 s, 8 in 2 s, 60 in 30 s, 1,800 in an hour for a conversation; 50 requests a second for an app in a tenant.
"""

from collections import OrderedDict, deque
from collections.abc import Sequence

Limit = tuple[int, float]  # so many in so many seconds

CONVERSATION_LIMITS: tuple[Limit, ...] = ((7, 1.0), (8, 2.0), (60, 30.0), (1800, 3600.0))
TENANT_LIMITS: tuple[Limit, ...] = ((50, 1.0),)
SLACK_S = 0.05  # sends spread on their way: what left within the limit may arrive above it
MOST_KEYS = 20_000


class Pace:
    """Sliding windows: a send gets the earliest moment at which no window holds more than its number."""

    def __init__(self, limits: Sequence[Limit], *, most_keys: int = MOST_KEYS) -> None:
        self._limits = limits
        self._longest = max((count for count, _ in limits), default=1)
        self._most_keys = most_keys
        self._moments: OrderedDict[str, deque[float]] = OrderedDict()
        self._resting: dict[str, float] = {}

    def wait_s(self, key: str, now: float) -> float:
        """How long a send must wait if it is booked at `now` (seconds of the monotonic clock)."""
        at = max(now, self._resting.get(key, now))  # a rest that is over says nothing
        moments = self._moments.get(key)
        if moments:
            for count, window_s in self._limits:
                if len(moments) >= count:
                    at = max(at, moments[-count] + window_s + SLACK_S)
        return at - now

    def book(self, key: str, at: float) -> None:
        """Counts a send at that moment; moments of one key must not go back."""
        moments = self._moments.get(key)
        if moments is None:
            moments = self._moments[key] = deque(maxlen=self._longest)
            self._forget_some()
        self._moments.move_to_end(key)
        moments.append(at)

    def rest(self, key: str, now: float, seconds: float) -> None:
        """No send for that long."""
        self._resting = {other: until for other, until in self._resting.items() if until > now}
        self._resting[key] = max(now + seconds, self._resting.get(key, now))

    def _forget_some(self) -> None:
        while len(self._moments) > self._most_keys:
            self._moments.popitem(last=False)
