"""Lists directory objects: pages by token, and the rule of what only an eventually consistent query may ask.

https://learn.microsoft.com/graph/aad-advanced-queries
"""

import base64
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from aiohttp import web

from sandbox import odata, wire
from sandbox.directory.searching import search
from sandbox.errors import GraphError, not_honoured
from sandbox.filters import compiled
from sandbox.odata import Entity, Query

PAGE = 100
LARGEST_PAGE = 999
_ADVANCED = {"ne": "NotEqual", "not": "Not", "endswith": "endsWith"}
_NEVER = frozenset({"contains"})
_MORE = "Refer to https://aka.ms/graph-docs/advanced-queries for more information"


@dataclass(frozen=True, kw_only=True)
class Collection:
    """What is listed. `known` are the type's properties, `defaults` those of a plain answer (none means all). `orders`
    are sorted by without an advanced query, other properties with one; a relation filters and sorts in advanced queries
    only. `expands` where the caller reads $expand itself."""

    path: str
    type_name: str
    searched: Sequence[str]
    known: Iterable[str]
    defaults: Sequence[str] = ()
    orders: Sequence[str] = ("displayName",)
    is_relation: bool = False
    expands: bool = False


def read(request: web.Request, what: Collection) -> Query:
    """The query options, checked against that rule. Raises GraphError."""
    query = odata.read_query(request.query, tokens=("skiptoken",))
    if query.expand and not what.expands:
        raise not_honoured(f"$expand={query.expand} here")
    if query.skip:
        raise _unsupported("'$skip' is not supported by the service.", code="Request_BadRequest")
    if query.top is not None and query.top > LARGEST_PAGE:
        message = f"Invalid page size specified: '{query.top}'. Must be between 1 and {LARGEST_PAGE} inclusive."
        raise _unsupported(message)
    is_eventual = request.headers.get("ConsistencyLevel", "").strip().lower() == "eventual"
    _check_search(query, is_eventual=is_eventual)
    _check_filter(query, what, is_advanced=is_eventual and query.count, is_eventual=is_eventual)
    # Without the header the service leaves the count out, and says nothing of it.
    return replace(query, count=query.count and is_eventual)


def answered(
    request: web.Request,
    things: Sequence[object],
    render: Callable[..., Entity],
    what: Collection,
    *,
    expand: Callable[[Entity], Entity] | None = None,
) -> web.Response:
    """One page of `things` as `render` writes them, with what `expand` adds to each; without a filter, a search or an
    order only what the page shows is rendered. Raises GraphError."""
    query = read(request, what)
    skip = _skip(query.skiptoken)
    query = replace(query, skip=skip)
    if query.filter or query.search or query.orderby:
        found = _found(query, map(render, things), what)
        page = odata.paged(found, query, size=PAGE, largest=LARGEST_PAGE)
    else:
        page = odata.paged(things, query, size=PAGE, largest=LARGEST_PAGE)  # type: ignore[arg-type]  # rendered below
        page = replace(page, items=[render(one) for one in page.items])
    items = [shown(one, query, what) | (expand(one) if expand else {}) for one in page.items]
    return wire.answer(_body(request, replace(page, items=items), query, what))


def shown(shape: Entity, query: Query, what: Collection) -> Entity:
    """The properties that were asked for, else the default ones; id only where it is one of them."""
    names = query.select or what.defaults
    if not names:
        return shape
    chosen = odata.selected(shape, names, known=what.known, type_name=what.type_name)
    if query.select and "id" not in {name.lower() for name in query.select} and not what.is_relation:
        chosen.pop("id", None)
    return chosen


def _found(query: Query, shapes: Iterable[Entity], what: Collection) -> list[Entity]:
    found = odata.filtered(shapes, query.filter)
    if query.search:
        test = search(query.search, allowed=what.searched)
        found = [one for one in found if test(one)]
    return odata.ordered(found, query.orderby, allowed=list(what.known)) if query.orderby else found


def _body(request: web.Request, page: odata.Page, query: Query, what: Collection) -> Entity:
    body: Entity = {"@odata.context": wire.context(request, what.path)}
    if query.count:
        body["@odata.count"] = page.total
    if page.next_skip is not None:
        token = base64.urlsafe_b64encode(f"page {page.next_skip}".encode()).decode().rstrip("=")
        body["@odata.nextLink"] = wire.link(request, {"$skiptoken": token})
    return body | {"value": page.items}


def _skip(token: str) -> int:
    if not token:
        return 0
    try:
        word, _, number = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode().partition(" ")
    except ValueError:
        word, number = "", ""
    skip = odata.whole_number(number)
    if word != "page" or skip is None:
        raise _unsupported("The specified page token value is not valid.", code="Directory_ExpiredPageToken")
    return skip


def _check_search(query: Query, *, is_eventual: bool) -> None:
    if query.search and not is_eventual:
        message = (
            "Request with $search query parameter only works through MSGraph with a special request header: "
            "'ConsistencyLevel: eventual'"
        )
        raise _unsupported(message)


def _check_filter(query: Query, what: Collection, *, is_advanced: bool, is_eventual: bool) -> None:
    used = compiled(query.filter).uses if query.filter else frozenset()
    if used & _NEVER:
        raise _unsupported("Unsupported or invalid query filter clause specified for a property of the resource.")
    advanced = sorted(used & _ADVANCED.keys())
    if advanced and not is_advanced:
        name = _ADVANCED[advanced[0]]
        why = (
            "the required parameters might be missing. Try adding $count=true query parameter and "
            "ConsistencyLevel:eventual header"
        )
        if not is_eventual:
            why = "the 'ConsistencyLevel:eventual' header is missing"
        raise _unsupported(f"Operator '{name}' is not supported because {why}. {_MORE}")
    sorts = [part.split()[0] for part in query.orderby.split(",") if part.strip()]
    is_sorted_so = bool(set(sorts) - set(what.orders)) or (bool(sorts) and bool(query.filter))
    if (is_sorted_so or (what.is_relation and (query.filter or sorts))) and not is_advanced:
        raise _unsupported("Sorting not supported for current query." if sorts else "Unsupported Query.")


def _unsupported(message: str, *, code: str = "Request_UnsupportedQuery") -> GraphError:
    return GraphError(400, code, message)
