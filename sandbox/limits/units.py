"""What a request to the directory costs, in resource units.

https://learn.microsoft.com/graph/throttling-limits, identity and access service limits.
"""

import re
from functools import lru_cache
from urllib.parse import unquote

_COSTS: tuple[tuple[str, str, int], ...] = (
    ("POST", "checkmembergroups", 4),
    ("POST", "getmembergroups", 2),
    ("GET", "transitivememberof", 2),
    ("GET", "transitivemembers", 5),
    ("GET", "memberof", 2),
    ("GET", "members", 3),
)
_LISTS = frozenset({"users", "applications"})
_TOP = re.compile(r"\$top=(\d{1,9})(?!\d)", re.IGNORECASE | re.ASCII)
_SMALL_PAGE = 20


@lru_cache(maxsize=4096)
def units(method: str, path: str, query: str) -> int:
    """At least 1. `query` may be encoded."""
    parts = path.lower().split("/")
    cost = next((cost for verb, part, cost in _COSTS if verb == method and part in parts), 0)
    if not cost:
        cost = 2 if method == "GET" and parts[2].partition("(")[0] in _LISTS else 1
    if query:
        asked = unquote(query).lower()
        cost += ("$expand=" in asked) - ("$select=" in asked)
        top = _TOP.search(asked)
        cost -= bool(top and int(top[1]) < _SMALL_PAGE)
    return max(cost, 1)
