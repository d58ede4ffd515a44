"""The requests of users/delta and groups/delta."""

import re

from aiohttp import web

from sandbox import odata, wire
from sandbox.directory import delta
from sandbox.directory.handlers import GROUPS, USERS
from sandbox.directory.journal import Kind
from sandbox.directory.listing import Collection
from sandbox.errors import GraphError
from sandbox.world import WORLD

_IDS = re.compile(r"^id eq '([^']+)'(?:\s+or\s+id eq '[^']+')*$", re.IGNORECASE)
_ID = re.compile(r"id eq '([^']+)'", re.IGNORECASE)
_IDS_MAX = 50
_RELATIONS = {Kind.USER: "manager", Kind.GROUP: "members"}


async def users_delta(request: web.Request) -> web.Response:
    return _answered(request, Kind.USER, USERS)


async def groups_delta(request: web.Request) -> web.Response:
    return _answered(request, Kind.GROUP, GROUPS)


def _answered(request: web.Request, kind: Kind, what: Collection) -> web.Response:
    directory = request.app[WORLD].directory
    prefer = request.headers.get("Prefer", "").lower()
    preferences = wire.preferences(request)
    state = _state(request, kind, what)
    if request.query.get("$deltatoken", "").lower() == "latest":
        page = delta.Page([], delta.latest(state))
    else:
        size = min(preferences.max_page_size or delta.PAGE, delta.PAGE)
        page = delta.page(directory, state, size=size, is_minimal="return=minimal" in prefer)
    name, option = ("@odata.nextLink", "$skiptoken") if page.state.is_round else ("@odata.deltaLink", "$deltatoken")
    own = f"{wire.root(request)}{request.path}?{option}={page.state.token()}"
    body = {"@odata.context": wire.context(request, what.path), name: own, "value": page.items}
    return wire.answer(body, headers={"Preference-Applied": "odata.track-changes"})


def _state(request: web.Request, kind: Kind, what: Collection) -> delta.State:
    """Raises GraphError."""
    world = request.app[WORLD]
    now = world.clock.now()
    query = odata.read_query(request.query, tokens=("skiptoken", "deltatoken"))
    token = query.skiptoken or query.deltatoken
    if token and token.lower() != "latest":
        try:
            return delta.read_token(token, world.directory, kind, now)
        except GraphError as error:
            if error.status == 410:
                error.headers["Location"] = f"{wire.root(request)}{request.path}?$deltatoken="
            raise
    if query.expand or query.top or query.orderby or query.search or query.skip:
        message = "Only $select and a $filter by id are supported in a delta query."
        raise GraphError(400, "Request_UnsupportedQuery", message)
    select = odata.spelled(query.select, known=(*what.known, _RELATIONS[kind]), type_name=what.type_name)
    return delta.begin(world.directory, kind, now, tuple(sorted(select)), _ids(query.filter))


def _ids(expression: str) -> tuple[str, ...]:
    if not expression:
        return ()
    ids = tuple(one.lower() for one in _ID.findall(expression))
    if not _IDS.match(expression.strip()) or len(ids) > _IDS_MAX:
        message = f"A delta query is filtered by at most {_IDS_MAX} ids: id eq '…' or id eq '…'."
        raise GraphError(400, "Request_UnsupportedQuery", message)
    return ids
