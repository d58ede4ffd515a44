"""Requests for a mailbox's calendar, for views of it, and for what changed in it."""

from aiohttp import web

from sandbox import odata, wire
from sandbox.calendar import delta, ids
from sandbox.calendar.delta import Feed
from sandbox.calendar.requests import Opened, listed, opened, optional_time, refuse, window
from sandbox.errors import GraphError, bad_query
from sandbox.odata import Entity

_UNSELECTABLE = {"createddatetime", "lastmodifieddatetime"}
_CALENDAR_TYPE = "Microsoft.OutlookServices.Calendar"
_TOKENS = ("$deltatoken", "$skiptoken")


async def get_calendar(request: web.Request) -> web.Response:
    asked = opened(request)
    query = odata.read_query(request.query)
    query.refuse("filter", "search", "orderby", "top", "count", "expand")
    shape = _calendar(asked)
    shown = odata.selected(shape, query.select, known=shape, type_name=_CALENDAR_TYPE)
    return wire.answer({"@odata.context": asked.context("calendars/$entity")} | shown)


async def list_calendars(request: web.Request) -> web.Response:
    asked = opened(request)
    query = odata.read_query(request.query)
    query.refuse("search", "expand")
    shape = _calendar(asked)
    found = odata.ordered(odata.filtered([shape], query.filter), query.orderby, allowed=("name",))
    chosen = [odata.selected(one, query.select, known=shape, type_name=_CALENDAR_TYPE) for one in found]
    page = odata.paged(chosen, query, size=10, largest=1000)
    context = f"users('{request.match_info['user']}')/calendars"
    return wire.answer(wire.collection(request, page, query, context))


async def calendar_view(request: web.Request) -> web.Response:
    asked = opened(request)
    query = odata.read_query(request.query)
    refuse(query, "search", "expand")
    if _UNSELECTABLE & {name.lower() for name in query.select}:
        raise bad_query("createdDateTime and lastModifiedDateTime can't be selected in a calendarView.")
    return listed(asked, asked.mailbox.view(*window(request)), query, "calendarView")


async def calendar_view_delta(request: web.Request) -> web.Response:
    asked = opened(request)
    _refuse_options(request, "CalendarView")
    return _delta(asked, Feed.VIEW)


async def events_delta(request: web.Request) -> web.Response:
    asked = opened(request)
    _refuse_options(request, "Events")
    return _delta(asked, Feed.EVENTS)


def _delta(asked: Opened, feed: Feed) -> web.Response:
    request = asked.request
    given = {name.lower(): value for name, value in request.query.items()}
    token = next((given[name] for name in _TOKENS if given.get(name)), "")
    base = f"{wire.root(request)}{request.rel_url.with_query(None)}"
    try:
        state = delta.read_token(token, asked.mailbox, feed, asked.world.switches) if token else _first(asked, feed)
    except GraphError as error:
        error.headers.update({"Location": f"{base}?{_anew(request, token)}"} if error.status == 410 else {})
        raise
    page = delta.page(asked.mailbox, state, asked.prefer, asked.world.switches)
    name, option = ("nextLink", "$skiptoken") if page.next_state.is_round else ("deltaLink", "$deltatoken")
    shape = {
        "@odata.context": wire.context(request, "Collection(event)"),
        f"@odata.{name}": f"{base}?{option}={page.next_state.token()}",
        "value": page.items,
    }
    applied = ["odata.track-changes", *asked.prefer.applied().values()]
    applied += [f"odata.maxpagesize={asked.prefer.max_page_size}"] if asked.prefer.max_page_size else []
    return wire.answer(shape, headers={"Preference-Applied": ", ".join(applied)})


def _first(asked: Opened, feed: Feed) -> delta.SyncState:
    if feed is Feed.VIEW:
        return delta.first_state(asked.mailbox, feed, *window(asked.request))
    start_at, end_at = (optional_time(asked.request, name) for name in ("startdatetime", "enddatetime"))
    return delta.first_state(asked.mailbox, feed, start_at, end_at)


def _anew(request: web.Request, token: str) -> str:
    """The query that begins again with the window of the token, else of the request, and an empty token.

    https://learn.microsoft.com/graph/delta-query-overview
    """
    ends = delta.window_of(token)
    if ends == (None, None):
        ends = optional_time(request, "startdatetime"), optional_time(request, "enddatetime")
    names = ("startDateTime", "endDateTime")
    known = [f"{name}={wire.instant(at)}" for name, at in zip(names, ends, strict=True) if at is not None]
    return "&".join([*known, "$deltatoken="])


def _refuse_options(request: web.Request, over: str) -> None:
    refused = sorted(name for name in request.query if name.startswith("$") and name.lower() not in _TOKENS)
    if refused:
        names = ", ".join(refused)
        message = f"The following parameters are not supported with change tracking over the '{over}': '{names}'."
        raise GraphError(400, "ErrorInvalidUrlQuery", message)


def _calendar(asked: Opened) -> Entity:
    """https://learn.microsoft.com/graph/api/resources/calendar"""
    address = asked.mailbox.address
    return {
        "id": ids.calendar_id(address),
        "name": "Calendar",
        "color": "auto",
        "hexColor": "",
        "isDefaultCalendar": True,
        "changeKey": ids.calendar_change_key(address),
        "canShare": True,
        "canViewPrivateItems": True,
        "canEdit": True,
        "allowedOnlineMeetingProviders": ["teamsForBusiness"],
        "defaultOnlineMeetingProvider": "teamsForBusiness",
        "isTallyingResponses": True,
        "isRemovable": False,
        "owner": {"name": asked.world.exchange.person(address).name, "address": address},
    }
