"""Controls of who may act in whose mailbox: /sandbox/mailboxes/{address}/rights."""

import msgspec
from aiohttp import web

from sandbox import wire
from sandbox.errors import no_object
from sandbox.exchange.rights import Right
from sandbox.world import WORLD, World


class Grant(msgspec.Struct, forbid_unknown_fields=True):
    person: str
    right: Right


class Taken(msgspec.Struct, forbid_unknown_fields=True):
    person: str


async def list_rights(request: web.Request) -> web.Response:
    """Those that were given here, and the editor's right of a room's delegates."""
    world = request.app[WORLD]
    mailbox = _address(world, request.match_info["mailbox"])
    rights = dict.fromkeys(world.delegates(mailbox), "editor") | world.rights.of(mailbox)
    return wire.answer({"value": [{"person": person, "right": right} for person, right in rights.items()]})


async def grant_right(request: web.Request) -> web.Response:
    """A person has one right on a mailbox: the last one counts."""
    world = request.app[WORLD]
    mailbox = _address(world, request.match_info["mailbox"])
    order = await wire.body(request, Grant)
    world.rights = world.rights.granted(mailbox, _address(world, order.person), order.right)
    return await list_rights(request)


async def take_right(request: web.Request) -> web.Response:
    """A delegate's right stays for as long as the room names the person."""
    world = request.app[WORLD]
    mailbox = _address(world, request.match_info["mailbox"])
    order = await wire.body(request, Taken)
    world.rights = world.rights.taken(mailbox, _address(world, order.person))
    return await list_rights(request)


def _address(world: World, name: str) -> str:
    """Of an id or an address. Raises GraphError."""
    address = world.mailbox(name)
    if not address:
        raise no_object(name)
    return address
