"""Requests for events: HTTP in, operations on mailboxes, HTTP out."""

from aiohttp import web

from sandbox import odata, wire
from sandbox.calendar import expanding, extended, extensions, ids, reading, rendering
from sandbox.calendar.models import Content, Item
from sandbox.calendar.reading import EventBody
from sandbox.calendar.requests import Opened, kept, listed, named, one, opened, raw, refuse, selected, window
from sandbox.errors import cannot_complete, not_honoured, used_transaction_id


async def list_events(request: web.Request) -> web.Response:
    asked = opened(request)
    query = odata.read_query(request.query)
    query.refuse("search")
    return listed(asked, list(asked.mailbox.items.values()), query, "events")


async def create_event(request: web.Request) -> web.Response:
    asked = opened(request)
    value = await raw(request)
    body = reading.event_body(wire.as_type(value, dict))
    given = extensions.inline(value)
    content = named(asked.world, reading.new_content(body))
    item = _standing(asked, body, content)
    if item is None:
        extended.check(body.single_value_extended_properties, body.multi_value_extended_properties)
        item = asked.world.organizing.create(asked.mailbox, content, transaction_id=_transaction(body))
        extended.store(item, body.single_value_extended_properties, body.multi_value_extended_properties)
        item.extensions |= given
    return wire.answer(one(asked, item), status=201, headers=asked.prefer.applied())


async def get_event(request: web.Request) -> web.Response:
    asked = opened(request)
    query = odata.read_query(request.query)
    query.refuse("filter", "search", "orderby", "top", "count")
    item = asked.item()
    shape = one(asked, item) | expanding.shown(item, expanding.read(query.expand))
    if "cancelledoccurrences" in {name.lower() for name in query.select}:
        shape["cancelledOccurrences"] = rendering.cancelled_occurrences(item)
    return wire.answer(selected(shape, query), headers=asked.prefer.applied())


async def patch_event(request: web.Request) -> web.Response:
    asked = opened(request)
    item = asked.item()
    asked.check_etag(item)
    value = await raw(request)
    body = reading.event_body(wire.as_type(value, dict))
    if _transaction(body) not in {"", item.transaction_id}:
        raise cannot_complete("transactionId can only be set when the event is created.")
    if extensions.inline(value):
        raise not_honoured("'extensions' in a PATCH of an event")
    extended.check(body.single_value_extended_properties, body.multi_value_extended_properties)
    content = named(asked.world, reading.changed_content(item.content, body))
    item = _changed(asked, item, content, body)
    return wire.answer(one(asked, item), headers=asked.prefer.applied())


async def delete_event(request: web.Request) -> web.Response:
    asked = opened(request)
    _remove(asked, asked.item())
    return wire.no_content()


async def delete_for_good(request: web.Request) -> web.Response:
    asked = opened(request)
    item = asked.mailbox.find_deleted(request.match_info["event"])
    if item is None:
        item = asked.item()
        _remove(asked, item)
    if item.original_start_at is None:
        asked.mailbox.purge(item)
    return wire.no_content()


async def list_instances(request: web.Request) -> web.Response:
    asked = opened(request)
    item = asked.item()
    query = odata.read_query(request.query)
    refuse(query, "search", "expand")
    found = sorted(item.instances(*window(request)), key=lambda each: each.when.start_at)
    return listed(asked, found, query, "events")


def _standing(asked: Opened, body: EventBody, content: Content) -> Item | None:
    """What the same transaction id has made before. Raises GraphError where that was something else."""
    name, switches = _transaction(body), asked.world.switches
    if not name:
        return None
    item = asked.mailbox.by_transaction(name)
    if item is None:
        if switches.keeps_transactions and asked.mailbox.has_spent(name):
            raise used_transaction_id(switches.duplicate_status)
        return None
    if item.posted != content:
        existing_id = ids.event_id(item, immutable=asked.prefer.immutable) if switches.names_existing else ""
        raise used_transaction_id(switches.duplicate_status, existing_id=existing_id)
    return item


def _changed(asked: Opened, item: Item, content: Content, body: EventBody) -> Item:
    singles, multis = body.single_value_extended_properties, body.multi_value_extended_properties
    if (singles or multis) and content == item.content:  # nobody else hears of what only this copy carries
        item = kept(asked, item)
        extended.store(item, singles, multis)
        asked.mailbox.touch(item, asked.world.clock.now())
        return item
    if item.is_organizer:
        item = asked.world.organizing.change(asked.mailbox, item, content)
    else:
        asked.world.attending.edit(asked.mailbox, item, content)
    extended.store(item, singles, multis)
    return item


def _remove(asked: Opened, item: Item) -> None:
    asked.check_etag(item)
    if item.is_organizer:
        asked.world.organizing.cancel(asked.mailbox, item)
    else:
        asked.world.attending.remove(asked.mailbox, item)


def _transaction(body: EventBody) -> str:
    return body.transaction_id if isinstance(body.transaction_id, str) else ""
