"""Requests for the open extensions of one event."""

from aiohttp import web

from sandbox import odata, wire
from sandbox.calendar import extensions
from sandbox.calendar.models import Item
from sandbox.calendar.requests import Opened, kept, opened, raw


async def list_extensions(request: web.Request) -> web.Response:
    asked = opened(request)
    query = odata.read_query(request.query)
    query.refuse("search", "orderby", "expand")
    found = odata.filtered(extensions.shown_all(asked.item()), query.filter)
    page = odata.paged(found, query, size=len(found) or 1, largest=1000)
    context = f"users('{request.match_info['user']}')/events('{request.match_info['event']}')/extensions"
    return wire.answer(wire.collection(request, page, query, context))


async def add_extension(request: web.Request) -> web.Response:
    asked = opened(request)
    name, data = extensions.read(await raw(request))
    item = kept(asked, asked.item())
    extensions.add(item, name, data)
    _touch(asked, item)
    return wire.answer(_one(asked, item, name), status=201)


async def get_extension(request: web.Request) -> web.Response:
    asked = opened(request)
    item = asked.item()
    return wire.answer(_one(asked, item, extensions.named(item, request.match_info["extension"])))


async def patch_extension(request: web.Request) -> web.Response:
    asked = opened(request)
    value = await raw(request)
    item = asked.item()
    name = extensions.named(item, request.match_info["extension"])
    extensions.change(item, name, value)
    _touch(asked, item)
    return wire.answer(_one(asked, item, name))


async def delete_extension(request: web.Request) -> web.Response:
    asked = opened(request)
    item = asked.item()
    del item.extensions[extensions.named(item, request.match_info["extension"])]
    _touch(asked, item)
    return wire.no_content()


def _touch(asked: Opened, item: Item) -> None:
    asked.mailbox.touch(item, asked.world.clock.now())


def _one(asked: Opened, item: Item, name: str) -> odata.Entity:
    path = f"events('{asked.request.match_info['event']}')/extensions/$entity"
    return {"@odata.context": asked.context(path)} | extensions.shown(item, name)
