"""Watches how fast endpoints take their notifications, and holds back what goes to slow ones.

https://learn.microsoft.com/graph/change-notifications-delivery-webhooks
"""

from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from urllib.parse import urlsplit

State = Literal["well", "slow", "drop"]
WINDOW = timedelta(minutes=10)
SLOW_DELAY_S = 600.0
_SLOW_SHARE = 0.10
_DROP_SHARE = 0.15


@dataclass(frozen=True)
class _Post:
    at: datetime
    over_3_s: bool
    over_10_s: bool


class Endpoints:
    """An endpoint is a URL without its query. A state lasts ten minutes and is then judged anew."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._posts: defaultdict[str, deque[_Post]] = defaultdict(deque)
        self._states: dict[str, tuple[State, datetime]] = {}

    def clear(self) -> None:
        self._posts.clear()
        self._states.clear()

    def note(self, url: str, *, over_3_s: bool, over_10_s: bool, least: int) -> None:
        """One POST has ended; the state follows where the last ten minutes hold `least` of them."""
        now, name = self._now(), endpoint(url)
        posts = self._posts[name]
        posts.append(_Post(now, over_3_s, over_10_s))
        while posts and posts[0].at <= now - WINDOW:
            posts.popleft()
        if self.state(url) != "drop" and len(posts) >= least:
            self._judge(name, posts, now)

    def put(self, url: str, state: State) -> None:
        """As if it had been judged so now."""
        name = endpoint(url)
        self._posts.pop(name, None)
        self._states[name] = (state, self._now() + WINDOW)

    def state(self, url: str) -> State:
        state, until = self._states.get(endpoint(url), ("well", self._now()))
        return state if until > self._now() else "well"

    def states(self) -> dict[str, State]:
        """Of the endpoints that were ever posted to or put into a state."""
        return {name: self.state(name) for name in sorted(self._posts.keys() | self._states.keys())}

    def _judge(self, name: str, posts: deque[_Post], now: datetime) -> None:
        if sum(one.over_10_s for one in posts) > _DROP_SHARE * len(posts):
            self._states[name] = ("drop", now + WINDOW)
        elif sum(one.over_3_s for one in posts) > _SLOW_SHARE * len(posts) and self.state(name) == "well":
            self._states[name] = ("slow", now + WINDOW)


def endpoint(url: str) -> str:
    return urlsplit(url)._replace(query="", fragment="").geturl()
