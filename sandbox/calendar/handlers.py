"""Calendar requests: HTTP in, operations on mailboxes, HTTP out."""

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import msgspec
from aiohttp import web

from sandbox import odata, wire
from sandbox.calendar import delta, reading, rendering
from sandbox.calendar.mailboxes import Mailbox
from sandbox.calendar.models import Answer, Content, Item
from sandbox.errors import (
    GraphError,
    bad_query,
    cannot_complete,
    changed_meanwhile,
    no_item,
    no_mailbox,
    no_user,
    no_window,
    not_honoured,
    used_transaction_id,
)  # fmt: skip
from sandbox.odata import Entity, Query
from sandbox.wire import Preferences
from sandbox.world import WORLD, World

PAGE = 10
LARGEST_PAGE = 1000
LONGEST_VIEW = timedelta(days=1825)
EVENT_TYPE = "Microsoft.OutlookServices.Event"
_ORDERS = ("start/dateTime", "end/dateTime", "createdDateTime", "lastModifiedDateTime", "subject")
_EXTENDED_FILTER = re.compile(
    r"^singleValueExtendedProperties/Any\(\s*(\w+)\s*:\s*\1/id eq '([^']+)' and \1/value eq '([^']*)'\s*\)$",
    re.IGNORECASE,
)
_EXTENDED_EXPAND = re.compile(r"^singleValueExtendedProperties\(\$filter=id eq '([^']+)'\)$", re.IGNORECASE)


class ResponseBody(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """The parameters of accept, decline and tentativelyAccept."""

    comment: str | None = ""
    send_response: bool = True
    proposed_new_time: object = None


class CancelBody(msgspec.Struct, forbid_unknown_fields=True):
    comment: str | None = ""


class ScheduleBody(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """The parameters of getSchedule. An explicit null interval is a known server error of the service."""

    schedules: list[str]
    start_time: reading.Moment
    end_time: reading.Moment
    availability_view_interval: int | None = 30


async def list_events(request: web.Request) -> web.Response:
    _world, mailbox, prefer = _opened(request)
    query = odata.read_query(request.query)
    query.refuse("search")
    items: Iterable[Item] = mailbox.items.values()
    if match := _EXTENDED_FILTER.match(query.filter):
        items = [item for item in items if item.extended.get(match[2]) == match[3]]
        query = replace(query, filter="")
    return _list(request, items, query, prefer, f"users('{request.match_info['user']}')/events")


async def create_event(request: web.Request) -> web.Response:
    world, mailbox, prefer = _opened(request)
    body = reading.event_body(await wire.body(request, dict))
    content = named(world, reading.new_content(body))
    transaction_id = body.transaction_id if isinstance(body.transaction_id, str) else ""
    item = mailbox.by_transaction(transaction_id) if transaction_id else None
    if item is None:
        item = world.organizing.create(
            mailbox, content, transaction_id=transaction_id, extended=body.extended()
        )  # fmt: skip
    elif item.posted != content:
        raise used_transaction_id()
    return wire.answer(_one(request, item, prefer), status=201, headers=prefer.applied())


async def get_event(request: web.Request) -> web.Response:
    _, mailbox, prefer = _opened(request)
    query = odata.read_query(request.query)
    query.refuse("filter", "search", "orderby", "top", "count")
    item = _item(request, mailbox)
    shape = _one(request, item, prefer) | _expanded(item, query)
    if "cancelledoccurrences" in {name.lower() for name in query.select}:
        shape["cancelledOccurrences"] = rendering.cancelled_occurrences(item)
    return wire.answer(_selected(shape, query), headers=prefer.applied())


async def patch_event(request: web.Request) -> web.Response:
    world, mailbox, prefer = _opened(request)
    item = _item(request, mailbox)
    _check_etag(request, item)
    body = reading.event_body(await wire.body(request, dict))
    if isinstance(body.transaction_id, str):
        raise cannot_complete("transactionId can only be set when the event is created.")
    content = named(world, reading.changed_content(item.content, body))
    if item.is_organizer:
        item = world.organizing.change(mailbox, item, content)
    else:
        world.attending.edit(mailbox, item, content)
    item.extended |= body.extended()
    return wire.answer(_one(request, item, prefer), headers=prefer.applied())


async def delete_event(request: web.Request) -> web.Response:
    world, mailbox, _ = _opened(request)
    item = _item(request, mailbox)
    _check_etag(request, item)
    if item.is_organizer:
        world.organizing.cancel(mailbox, item)
    else:
        world.attending.remove(mailbox, item)
    return wire.no_content()


async def cancel_event(request: web.Request) -> web.Response:
    world, mailbox, _ = _opened(request)
    body = await wire.body(request, CancelBody)
    item = _item(request, mailbox)
    if not item.is_organizer:
        raise cannot_complete("You need to be an organizer to cancel a meeting.")
    world.organizing.cancel(mailbox, item, body.comment or "")
    return wire.accepted()


async def accept(request: web.Request) -> web.Response:
    return await _respond(request, Answer.ACCEPTED)


async def decline(request: web.Request) -> web.Response:
    return await _respond(request, Answer.DECLINED)


async def tentatively_accept(request: web.Request) -> web.Response:
    return await _respond(request, Answer.TENTATIVE)


async def list_instances(request: web.Request) -> web.Response:
    _, mailbox, prefer = _opened(request)
    item = _item(request, mailbox)
    query = odata.read_query(request.query)
    query.refuse("search", "expand")
    found = sorted(item.instances(*_window(request)), key=lambda one: one.when.start_at)
    return _list(request, found, query, prefer, f"users('{request.match_info['user']}')/events")


async def calendar_view(request: web.Request) -> web.Response:
    _, mailbox, prefer = _opened(request)
    query = odata.read_query(request.query)
    query.refuse("search", "expand")
    if {"createddatetime", "lastmodifieddatetime"} & {name.lower() for name in query.select}:
        raise bad_query("createdDateTime and lastModifiedDateTime can't be selected in a calendarView.")
    found = mailbox.view(*_window(request))
    return _list(request, found, query, prefer, f"users('{request.match_info['user']}')/calendarView")


async def calendar_view_delta(request: web.Request) -> web.Response:
    _, mailbox, prefer = _opened(request)
    given = {name.lower(): value for name, value in request.query.items()}
    refused = sorted(name for name in given if name.startswith("$") and name not in {"$deltatoken", "$skiptoken"})
    if refused:
        names = ", ".join(refused)
        message = f"The following parameters are not supported with change tracking over the 'CalendarView': '{names}'."
        raise GraphError(400, "ErrorInvalidUrlQuery", message)
    token = given.get("$deltatoken", given.get("$skiptoken"))
    base = f"{wire.root(request)}{request.rel_url.with_query(None)}"
    try:
        state = (
            delta.first_state(mailbox, *_window(request), mailbox.sync_generation)
            if token is None
            else delta.read_token(token, mailbox, mailbox.sync_generation)
        )
    except GraphError as error:
        error.headers.update({"Location": f"{base}?$deltatoken="} if error.status == 410 else {})
        raise
    page = delta.page(mailbox, state, prefer)
    name, option = ("nextLink", "$skiptoken") if page.next_state.is_round else ("deltaLink", "$deltatoken")
    shape = {
        "@odata.context": wire.context(request, "Collection(event)"),
        f"@odata.{name}": f"{base}?{option}={page.next_state.token()}",
        "value": page.items,
    }
    applied = {"Preference-Applied": ", ".join(["odata.track-changes", *prefer.applied().values()])}
    return wire.answer(shape, headers=applied)


async def get_schedule(request: web.Request) -> web.Response:
    world, _, prefer = _opened(request)
    body = await wire.body(request, ScheduleBody)
    interval_min = body.availability_view_interval
    if interval_min is None:
        raise GraphError(500, "ErrorInternalServerError", "An internal server error occurred. The operation failed.")
    start_at, end_at = body.start_time.at(), body.end_time.at()
    if not 5 <= interval_min <= 1440 or end_at <= start_at:
        why = "The interval must be 5 to 1440 minutes, and the end after the start."
        raise GraphError(400, "ErrorInvalidParameter", why)
    found = world.schedules.look(body.schedules, start_at, end_at, interval_min, prefer.zone_name)
    shape = {"@odata.context": wire.context(request, "Collection(microsoft.graph.scheduleInformation)")}
    return wire.answer(shape | {"value": found}, headers=prefer.applied())


def opened(world: World, name: str) -> Mailbox:
    """The mailbox of a user id or address. Raises GraphError."""
    user = world.directory.user(name)
    if user is None:
        raise no_user(name)
    mailbox = world.exchange.mailboxes.get(user.address)
    if mailbox is None:
        raise no_mailbox()
    return mailbox


def named(world: World, content: Content) -> Content:
    """Attendees without a name get the directory's."""
    names = world.exchange.names
    return replace(
        content,
        attendees=tuple(
            replace(one, person=replace(one.person, name=names.get(one.person.address, one.person.name)))
            if one.person.name == one.person.address
            else one
            for one in content.attendees
        ),
    )


async def _respond(request: web.Request, answer: Answer) -> web.Response:
    world, mailbox, _ = _opened(request)
    body = await wire.body(request, ResponseBody)
    item = _item(request, mailbox)
    if body.proposed_new_time is not None and not item.is_organizer:
        if not body.send_response or not item.content.allow_proposals:
            raise cannot_complete("A new time can't be proposed for this meeting, or without sending the response.")
        raise not_honoured("proposedNewTime")
    world.attending.respond(mailbox, item, answer, comment=body.comment or "", tell=body.send_response)
    return wire.accepted()


def _opened(request: web.Request) -> tuple[World, Mailbox, Preferences]:
    world = request.app[WORLD]
    return world, opened(world, request.match_info["user"]), wire.preferences(request)


def _item(request: web.Request, mailbox: Mailbox) -> Item:
    item = mailbox.find(request.match_info["event"])
    if item is None:
        raise no_item()
    return item


def _check_etag(request: web.Request, item: Item) -> None:
    wanted = request.headers.get("If-Match")
    if wanted not in {None, "*", rendering.etag(item)}:
        raise changed_meanwhile()


def _window(request: web.Request) -> tuple[datetime, datetime]:
    """Both ends are required; an offset in the value wins, else it is UTC. Raises GraphError."""
    given = {name.lower(): value for name, value in request.query.items()}
    if not given.get("startdatetime") or not given.get("enddatetime"):
        raise no_window()
    # A plus sign that was not percent-encoded arrives as a space.
    start_at, end_at = (
        _utc(reading.parsed_time(given[name].replace(" ", "+"))) for name in ("startdatetime", "enddatetime")
    )
    if end_at < start_at:
        raise cannot_complete("The end of the range is before its start.")
    if end_at - start_at > LONGEST_VIEW:
        days = LONGEST_VIEW.days
        raise cannot_complete(
            "The range between the start and end dates is greater than the allowed range. "
            f"Maximum number of days: {days}"
        )
    return start_at, end_at


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _one(request: web.Request, item: Item, prefer: Preferences) -> Entity:
    path = f"users('{request.match_info['user']}')/events/$entity"
    return {"@odata.context": wire.context(request, path)} | rendering.event(item, prefer)


def _list(
    request: web.Request, items: Iterable[Item], query: Query, prefer: Preferences, path: str
) -> web.Response:  # fmt: skip
    found = [rendering.event(item, prefer) | _expanded(item, query) for item in items]
    found = odata.ordered(odata.filtered(found, query.filter), query.orderby, allowed=_ORDERS)
    page = odata.paged(found, query, size=prefer.max_page_size or PAGE, largest=LARGEST_PAGE)
    page = replace(page, items=[_selected(shape, query) for shape in page.items])
    return wire.answer(wire.collection(request, page, query, path), headers=prefer.applied())


def _selected(shape: Entity, query: Query) -> Entity:
    known = (*rendering.KEYS, "singleValueExtendedProperties")
    names = (*query.select, "singleValueExtendedProperties") if query.select and query.expand else query.select
    return odata.selected(shape, names, known=known, type_name=EVENT_TYPE)


def _expanded(item: Item, query: Query) -> Entity:
    if not query.expand:
        return {}
    match = _EXTENDED_EXPAND.match(query.expand.strip())
    if match is None:
        raise not_honoured(f"$expand={query.expand}")
    value = item.extended.get(match[1])
    return {} if value is None else {"singleValueExtendedProperties": [{"id": match[1], "value": value}]}
