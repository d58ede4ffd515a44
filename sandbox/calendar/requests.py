"""What calendar requests have in common: whose mailbox, which event, which window; and how events are answered."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import web

from sandbox import odata, wire
from sandbox.calendar import expanding, extended, extensions, ids, reading, rendering
from sandbox.calendar.mailboxes import Mailbox
from sandbox.calendar.models import Content, Item
from sandbox.errors import (
    GraphError,
    access_denied,
    bad_body,
    bad_query,
    cannot_complete,
    changed_meanwhile,
    no_item,
    no_mailbox,
    no_user,
    no_window,
)
from sandbox.front import CALLER
from sandbox.login.models import Caller
from sandbox.odata import Entity, Query
from sandbox.wire import Preferences
from sandbox.world import WORLD, World

PAGE = 10
LARGEST_PAGE = 1000
LONGEST_VIEW = timedelta(days=1825)
EVENT_TYPE = "Microsoft.OutlookServices.Event"
_HIDDEN = {extended.SINGLE, extended.MULTI, *extensions.SPELLINGS}
_ORDERS = (
    "start/dateTime", "end/dateTime", "createdDateTime", "lastModifiedDateTime", "subject", "importance", "isAllDay",
    "organizer/emailAddress/name", "organizer/emailAddress/address", "isCancelled", "location/displayName", "showAs",
    "type",
)  # fmt: skip


@dataclass(frozen=True)
class Opened:
    """A request that has found its mailbox. `folder` is what stood before the events in the path."""

    request: web.Request
    world: World
    mailbox: Mailbox
    prefer: Preferences

    def item(self) -> Item:
        """The event of the path. Raises GraphError."""
        name = self.request.match_info["event"]
        item = self.mailbox.find(name)
        if item is None and self.request.method == "GET" and self.world.switches.finds_deleted:
            item = self.mailbox.find_deleted(name)
        if item is None:
            raise no_item()
        return item

    def check_etag(self, item: Item) -> None:
        """Raises GraphError where If-Match names another state."""
        wanted = self.request.headers.get("If-Match", "*")
        if rendering.etag(item) not in [one.strip() for one in wanted.split(",")] and wanted.strip() != "*":
            raise changed_meanwhile(self.world.switches.stale_status)

    def context(self, path: str) -> str:
        return wire.context(self.request, f"users('{self.request.match_info['user']}')/{path}")


def opened(request: web.Request, *, needs_right: bool = True) -> Opened:
    """Raises GraphError where there is no such mailbox or calendar, and where it is somebody else's and the person who
    is signed in `needs_right` on it and has none."""
    world = request.app[WORLD]
    mailbox = mailbox_of(world, request.match_info["user"])
    if needs_right:
        check_right(world, request[CALLER], mailbox.address)
    _, _, calendar = request.match_info.get("folder", "").partition("calendars/")
    if calendar and calendar.rstrip("/") != ids.calendar_id(mailbox.address):
        raise no_item()
    return Opened(request, world, mailbox, wire.preferences(request))


def mailbox_of(world: World, name: str) -> Mailbox:
    """The mailbox of a user id or address. Raises GraphError."""
    user = world.directory.user(name)
    if user is None:
        raise no_user(name)
    mailbox = world.exchange.mailboxes.get(user.address)
    if mailbox is None:
        raise no_mailbox()
    return mailbox


def check_right(world: World, caller: Caller, mailbox: str) -> None:
    """A `….Shared` scope lets a person use a right on somebody else's mailbox; it gives none. Raises GraphError.

    https://learn.microsoft.com/graph/outlook-share-or-delegate-calendar
    """
    if not caller.is_person or mailbox in caller.names:
        return
    person = world.directory.users.get(caller.user_id)
    if person is None or not world.may_act_in(mailbox, person.address):
        raise access_denied()


def kept(asked: Opened, item: Item) -> Item:
    """The item itself, or the exception that an occurrence becomes when something is put on it."""
    if item.original_start_at is None:
        return item
    return asked.world.organizing.materialise(asked.mailbox.items[item.key], item.original_start_at) or item


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


async def raw(request: web.Request) -> dict[str, Any]:
    """The body as it was sent, annotations and capitals included. Raises GraphError."""
    value = wire.decoded(await request.read() or b"{}")
    if not isinstance(value, dict):
        raise bad_body("Unable to read JSON request payload.")
    return value


def window(request: web.Request) -> tuple[datetime, datetime]:
    """Both ends are required; an offset in the value wins, else it is UTC. Raises GraphError."""
    start_at, end_at = (optional_time(request, name) for name in ("startdatetime", "enddatetime"))
    if start_at is None or end_at is None:
        raise no_window()
    if end_at < start_at:
        raise cannot_complete("The end of the range is before its start.")
    if end_at - start_at > LONGEST_VIEW:
        raise cannot_complete(
            "The range between the start and end dates is greater than the allowed range. "
            f"Maximum number of days: {LONGEST_VIEW.days}"
        )
    return start_at, end_at


def optional_time(request: web.Request, name: str) -> datetime | None:
    """An instant of the query; `name` in lower case."""
    given = {key.lower(): value for key, value in request.query.items()}
    if not given.get(name):
        return None
    # A plus sign that was not percent-encoded arrives as a space.
    parsed = reading.parsed_time(given[name].strip().replace(" ", "+"))
    if not reading.FIRST_YEAR <= parsed.year <= reading.LAST_YEAR:
        parsed = parsed.replace(year=min(max(parsed.year, reading.FIRST_YEAR), reading.LAST_YEAR), month=1, day=1)
    return parsed.astimezone(UTC) if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def refuse(query: Query, *options: str) -> None:
    """Raises GraphError 400 for options that this collection does not take."""
    for option in options:
        if getattr(query, option):
            raise GraphError(400, "ErrorInvalidUrlQuery", f"The query parameter '${option}' is not supported here.")


def one(asked: Opened, item: Item) -> Entity:
    return {"@odata.context": asked.context("events/$entity")} | rendering.event(item, asked.prefer)


def listed(asked: Opened, items: Sequence[Item], query: Query, path: str) -> web.Response:
    """A page of events; without $filter and $orderby only the page itself is written out."""
    selected({}, query)  # refuses what is no property, even where there is nothing to show
    expand = expanding.read(query.expand)
    size = asked.prefer.max_page_size or PAGE
    if query.filter or query.orderby:
        found = _sifted(asked, items, query)
        page = odata.paged(found, query, size=size, largest=LARGEST_PAGE)
        page = replace(page, items=[_without_hidden(shape) for shape in page.items])
        by_id = {ids.event_id(item, immutable=asked.prefer.immutable): item for item in items} if expand else {}
        shapes = [shape | (expanding.shown(by_id[shape["id"]], expand) if expand else {}) for shape in page.items]
    else:
        end = query.skip + min(query.top or size, LARGEST_PAGE)
        chosen = items[query.skip : end]
        shapes = [rendering.event(item, asked.prefer) | expanding.shown(item, expand) for item in chosen]
        page = odata.Page([], end if end < len(items) else None, len(items))
    page = replace(page, items=[selected(shape, query) for shape in shapes])
    context = f"users('{asked.request.match_info['user']}')/{path}"
    return wire.answer(wire.collection(asked.request, page, query, context), headers=asked.prefer.applied())


def selected(shape: Entity, query: Query) -> Entity:
    """The properties that $select names; what $expand added stays."""
    names = (*query.select, *(name for name in expanding.NAMES if name in shape)) if query.select else ()
    return odata.selected(shape, names, known=(*rendering.KEYS, *expanding.NAMES), type_name=EVENT_TYPE)


def _sifted(asked: Opened, items: Sequence[Item], query: Query) -> list[Entity]:
    if extended.MULTI.lower() in query.filter.lower():
        raise bad_query(f"'{extended.MULTI}' can't be used in $filter: they are only read by $expand.")
    shapes = [rendering.event(item, asked.prefer) | extended.all_of(item) | extensions.names_of(item) for item in items]
    return odata.ordered(odata.filtered(shapes, query.filter), query.orderby, allowed=_ORDERS)


def _without_hidden(shape: Entity) -> Entity:
    return {name: value for name, value in shape.items() if name not in _HIDDEN}
