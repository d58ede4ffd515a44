"""Listings of several pages: all of them within one budget, and none that leads in a circle."""

from collections.abc import Callable
from typing import TypeVar

from bot.graph.client import Budget, GraphClient
from bot.graph.sansio import Request
from bot.ports.calendar import Busy, Rejected

P = TypeVar("P")

_MOST_PAGES = 1000
_CIRCLE_S = 30.0  # a service that contradicts itself is asked again, but not at once


async def every_page(
    client: GraphClient, budget: Budget, request: Callable[[str], Request[P]], link_of: Callable[[P], str]
) -> list[P]:
    """The pages, from `request("")` on. The budget's time is for all of them together, its tries are for each. Raises
    Busy where the time is over, and for a page that leads back to one that was read before."""
    ends_at_s = client.clock.monotonic() + budget.total_s
    pages: list[P] = []
    link, seen = "", {""}
    while len(pages) < _MOST_PAGES:
        left_s = ends_at_s - client.clock.monotonic()
        if pages and left_s <= 0:
            raise Busy("TooManyPages")
        page = await client.call(request(link), Budget(left_s, budget.tries))
        pages.append(page)
        link = link_of(page)
        if not link:
            return pages
        if link in seen:
            raise Busy("PagesInACircle", retry_after_s=_CIRCLE_S)
        seen.add(link)
    raise Rejected("EndlessPages")
