"""Knows a path however a client spells it: Graph takes names of segments in any case, and users('x') for users/x.

https://learn.microsoft.com/graph/use-the-api; change notifications name their resources in such spellings, too.
"""

import re
from collections.abc import Iterable

from aiohttp import web

_KEY = re.compile(r"/([A-Za-z.]+)\((?:'|%27)((?:[^'%]|''|%(?!27))*)(?:'|%27)\)")
# Where a parameter of a route begins with words of Graph's, and an id may follow.
_WORDS = {
    "folder": re.compile("calendars?(?=/|$)", re.IGNORECASE),
    "function": re.compile(".+"),
    "delta": re.compile(".+"),
}


_OWN = re.compile(r"/v1\.0/me(?:/|$)", re.IGNORECASE)


def is_own(path: str) -> bool:
    """Whether it is what belongs to whoever is signed in: /me and below."""
    return _OWN.match(path) is not None


class Spellings:
    """Made once of all routes."""

    def __init__(self, resources: Iterable[web.AbstractResource]) -> None:
        self._known: list[tuple[re.Pattern[str], str]] = []
        for resource in resources:
            info = resource.get_info()
            if "pattern" in info:
                self._known.append((re.compile(info["pattern"].pattern, re.IGNORECASE), info["formatter"]))
            elif "path" in info:
                self._known.append((re.compile(re.escape(info["path"]), re.IGNORECASE), info["path"]))

    def usual(self, raw_path: str) -> str:
        """The path as the routes spell it, ids left alone; '' where no route means it. Both are encoded."""
        plain = _KEY.sub(r"/\1/\2", raw_path)
        for pattern, formatter in self._known:
            if found := pattern.fullmatch(plain):
                parts = {name: _spelled(name, value) for name, value in found.groupdict().items()}
                return formatter.format_map(parts)
        return ""


def _spelled(name: str, value: str | None) -> str:
    words = _WORDS.get(name)
    return words.sub(lambda found: found[0].lower(), value or "", count=1) if words else value or ""
